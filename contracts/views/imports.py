"""What an import of deliveries is held against, for readers on the site: the agreement and what was recorded under it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from contracts.agreements.rules import Agreement, AgreementState
from contracts.deliveries.import_drafts import ImportContext
from contracts.deliveries.service import find_import_context
from contracts.errors import NotFound
from contracts.views.agreements import find_agreement, list_agreements
from contracts.views.sight import Sight

MOST = 200  #: agreements that are offered


def list_importable(sight: Sight) -> list[Agreement]:
    """List the agreements under which the reader may record deliveries or receipts."""
    found = list_agreements(sight, state=AgreementState.IN_FORCE, after="", limit=MOST)
    found += list_agreements(sight, state=AgreementState.TERMINATED, after="", limit=MOST)  # what was delivered before is still recorded
    return [one for one in found if sight.organisation in (one.supplier, *one.receivers)]


def read_context(
    sight: Sight, agreement: str, now: datetime, *, user: str | None, registers: Mapping[str, Decimal]
) -> ImportContext:  # fmt: skip
    """Read what the log says about an agreement; raises NotFound unless the reader hands over or receives under it."""
    found = find_agreement(sight, agreement)
    if sight.organisation not in (found.supplier, *found.receivers):
        raise NotFound("you hand over and receive nothing under this agreement")
    return find_import_context(sight.connection, sight.log_id, agreement, sight.organisation, now, user=user, registers=registers)
