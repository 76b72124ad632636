"""What a laboratory sees of an agreement so that it can certify: specification, decision rule, deliveries; no price and no quantity.

A laboratory sees this of agreements that it is a party to or has a grant for, that name it as their referee, or under which it has
issued a certificate before. All others are not there for it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Unpack

from contracts.agreements.rules import Agreement
from contracts.agreements.tables import find_agreement, list_refereed
from contracts.certificates.conformity import DecisionRule, SpecRow
from contracts.certificates.service import CertificateDraft, LabWords, prepare_certificate
from contracts.certificates.specification import name_product, read_decision_rule, read_specification
from contracts.certificates.tables import CertificateChoice, Quality, find_qualities, list_chosen_certificates
from contracts.deliveries.delivery import Delivery, DeliveryKind, DeliveryState
from contracts.deliveries.listing import DeliveryChoice, SortKey, list_chosen
from contracts.errors import Invalid, NotFound
from contracts.facts import Role
from contracts.parties.tables import get_network
from contracts.savings.tables import find_last_period
from contracts.views import agreements
from contracts.views.sight import Sight

MOST_AGREEMENTS = 200
MOST_SAMPLES = 60  #: deliveries that are offered


@dataclass(frozen=True, slots=True)
class Bench:
    """An agreement as far as a laboratory needs it."""

    agreement: str
    contract_no: str
    product: str
    supplier: str  #: organisation
    receivers: tuple[str, ...]
    rows: tuple[SpecRow, ...]
    rule: DecisionRule
    is_referee: bool  #: the agreement names the reader as its referee laboratory


@dataclass(frozen=True, slots=True)
class Sample:
    """A delivery that may be certified; of its figures nothing is shown."""

    delivery: str
    ticket: str | None
    batch: str | None
    meter: str | None
    day: date | None
    handed_over: datetime
    quality: Quality
    late: bool  #: its period is closed: what is certified now changes a later close


def list_benches(sight: Sight) -> list[Bench]:
    """List the agreements under which the reader may certify."""
    if Role.LAB not in sight.reader.roles:
        return []
    me = sight.organisation
    found = {one.agreement: one for one in agreements.list_agreements(sight, state=None, after="", limit=MOST_AGREEMENTS)}
    found |= {one.agreement: one for one in list_refereed(sight.connection, sight.log_id, me, MOST_AGREEMENTS)}
    mine = list_chosen_certificates(sight.connection, sight.log_id, CertificateChoice(lab=me), down=True, limit=MOST_AGREEMENTS)
    for name in {one.agreement for one in mine} - set(found):
        earlier = find_agreement(sight.connection, sight.log_id, name)
        if earlier is not None:
            found[name] = earlier
    benches = (_describe(sight, one) for one in found.values())
    return sorted((one for one in benches if one is not None and one.rows), key=lambda one: (one.product, one.agreement))


def find_bench(sight: Sight, agreement: str) -> Bench:
    """Find what the reader needs to certify under an agreement; raises NotFound."""
    found = find_agreement(sight.connection, sight.log_id, agreement) if Role.LAB in sight.reader.roles else None
    bench = _describe(sight, found) if found is not None and _may_certify(sight, found) else None
    if bench is None:
        raise NotFound("there is no such agreement for you to certify under")
    return bench


def list_samples(sight: Sight, agreement: str) -> list[Sample]:
    """List the newest deliveries of an agreement, after `find_bench` has let the reader in."""
    rows = list_chosen(
        sight.connection, sight.log_id, DeliveryChoice(agreement=agreement), by=SortKey.RECORDED, down=True, limit=MOST_SAMPLES
    )
    open_ones = [one for one in rows if one.kind is not DeliveryKind.REVERSAL and one.state is not DeliveryState.REVERSED]
    qualities = find_qualities(sight.connection, sight.log_id, [one.delivery for one in open_ones])
    last = find_last_period(sight.connection, sight.log_id)
    return [_describe_sample(one, qualities[one.delivery], last) for one in open_ones]


def find_last_closed(sight: Sight) -> str | None:
    """Find the last closed period."""
    return find_last_period(sight.connection, sight.log_id)


def prepare(
    sight: Sight, *, key: str, issued_at: datetime, tested_on: date | None, **words: Unpack[LabWords]
) -> CertificateDraft:  # fmt: skip
    """Prepare a certificate for the reader's key; raises NotFound where it may not certify, Invalid with all findings."""
    find_bench(sight, words["agreement"])
    zone = get_network(sight.connection, sight.log_id).zone
    day = tested_on or words["sampled_at"].astimezone(zone).date()
    return prepare_certificate(sight.connection, sight.log_id, key=key, issued_at=issued_at, tested_on=day, **words)


def _may_certify(sight: Sight, found: Agreement) -> bool:
    me = sight.organisation
    if not found.was_signed:
        return False
    if found.is_party(me) or found.parameters.get("referee_lab") == me:
        return True
    chosen = CertificateChoice(agreement=found.agreement, lab=me)
    if list_chosen_certificates(sight.connection, sight.log_id, chosen, limit=1):
        return True
    try:
        agreements.find_agreement(sight, found.agreement)
    except NotFound:
        return False
    return True


def _describe(sight: Sight, found: Agreement) -> Bench | None:
    """Describe an agreement; None where nothing can be certified under it: never signed, erased, a shared asset."""
    if not found.was_signed or found.shared:
        return None
    try:
        return Bench(
            agreement=found.agreement,
            contract_no=found.terms.text("contract_no") or found.agreement,
            product=name_product(found.terms),
            supplier=found.supplier,
            receivers=found.receivers,
            rows=read_specification(found.terms),
            rule=read_decision_rule(found.terms),
            is_referee=found.terms.text("referee_lab") == sight.organisation,
        )
    except Invalid:
        return None


def _describe_sample(one: Delivery, quality: Quality, last: str | None) -> Sample:
    late = last is not None and one.period <= last
    return Sample(one.delivery, one.ticket, one.batch, one.meter, one.day, one.dispatched_at, quality, late)
