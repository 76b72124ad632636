"""What readers see of agreements: their parties, and whoever a grant lets in."""

from contracts.agreements import tables
from contracts.agreements.rules import Agreement, AgreementState, Signature
from contracts.agreements.service import Version, list_history, list_missing_signatures
from contracts.errors import NotFound
from contracts.parties.reading import Asked
from contracts.views.sight import Sight, ask_open


def list_agreements(sight: Sight, *, state: AgreementState | None, after: str, limit: int) -> list[Agreement]:
    """List the agreements that the reader may see, by id."""
    mine = None if sight.viewer.grants else sight.organisation  # without grants nothing else is open

    def fetch(place: str, count: int) -> list[Agreement]:
        return tables.list_agreements(sight.connection, sight.log_id, organisation=mine, state=state, after=place, limit=count)

    return sight.collect(fetch, _ask, lambda row: row.agreement, after, limit)


def find_agreement(sight: Sight, agreement: str) -> Agreement:
    """Find an agreement; raises NotFound, also where it is not for the reader."""
    found = tables.find_agreement(sight.connection, sight.log_id, agreement)
    if found is None or not sight.choose([found], _ask):
        raise NotFound("there is no such agreement for you to see")
    return found


def list_versions(sight: Sight, agreement: Agreement) -> list[Version]:
    """List an agreement's offers, oldest first, each with its redline."""
    return list_history(sight.connection, sight.log_id, agreement.agreement)


def list_signatures(sight: Sight, agreement: Agreement) -> list[Signature]:
    """List the signatures under the standing offer."""
    return tables.list_signatures(sight.connection, sight.log_id, agreement.agreement, agreement.version)


def list_missing(sight: Sight, agreement: Agreement) -> tuple[str, ...]:
    """List the parties that have yet to sign."""
    return list_missing_signatures(sight.connection, sight.log_id, agreement)


def _ask(row: Agreement) -> Asked:
    return ask_open(row.offer_entry, "agreement.offered", row.offered_by)
