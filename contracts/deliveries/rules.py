"""Rules of deliveries: who may record what, when, and which figures may stand; all faults at once.

`now` is the log's time. Reality is recorded first: nothing here asks for a certificate, and a receipt outside the tolerance is
entered and disputed, not refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from contracts.deliveries.delivery import (
    REPLACEMENT_SUFFIX,
    REVERSAL_SUFFIX,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Proposal,
    Purpose,
)
from contracts.deliveries.facts import (
    CorrectionApproved,
    CorrectionProposed,
    DeliveryDispatched,
    DeliveryDisputed,
    DeliveryReceived,
    DeliveryResolved,
)
from contracts.deliveries.trade import Authority, Trade
from contracts.errors import Finding
from contracts.units import UNITS

#: how far a recorder's clock may run ahead of the log's
CLOCK_SKEW = timedelta(minutes=5)
#: most that one delivery may bring, in any unit: more is a slip of the keyboard
MAX_QUANTITY = Decimal(1_000_000_000)

_PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Taken:
    """What is on the log already."""

    delivery: bool  #: the id
    ticket: bool = False  #: the ticket, or the meter's day, under this agreement


def check_dispatch(
    fact: DeliveryDispatched, trade: Trade | None, author: str, now: datetime, zone: ZoneInfo, taken: Taken
) -> list[Finding]:
    """Check that a load may be recorded as handed over."""
    findings = [*check_new_id(fact.delivery, taken=taken.delivery), *_check_moment("dispatched_at", fact.dispatched_at, now)]
    findings += [*_check_figure(fact), *_check_moisture_range(fact.moisture)]
    if trade is None:
        return [*findings, _unknown_agreement()]
    if trade.shared:
        findings.append(Finding("agreement", "shared-asset", "use of a shared asset is metered: record it as readings of a user"))
    findings += _check_recorder(trade, author)
    findings += check_in_force(trade, _find_local_day(fact.dispatched_at, zone))
    findings += check_unit(fact.unit, trade.unit)
    wanted = trade.moisture_counts and (trade.authority is not Authority.RECEIVER or trade.silent_accept)
    if wanted and fact.moisture is None:
        findings.append(Finding("moisture", "missing", "dry mass is paid by this side's figure: give the moisture"))
    if taken.ticket:
        findings.append(Finding("ticket", "ticket-taken", f"ticket {fact.ticket} is on the log under this agreement"))
    return findings


def check_receipt(fact: DeliveryReceived, delivery: Delivery | None, trade: Trade | None, author: str, now: datetime) -> list[Finding]:
    """Check that a receipt may be recorded; whether the figures match is not asked here."""
    findings = [*_check_figure(fact), *_check_moisture_range(fact.moisture), *_check_moment("received_at", fact.received_at, now)]
    for name in ("accepted", "refused"):
        findings += _check_amount(name, getattr(fact, name))
    if fact.accepted + fact.refused != fact.quantity:
        findings.append(Finding("refused", "does-not-add-up", "accepted and refused must add up to the quantity received"))
    if fact.refused > 0 and fact.reason is None:
        findings.append(Finding("reason", "missing", "say why a part was refused"))
    if delivery is None or trade is None:
        return [*findings, _unknown_delivery()]
    if author != delivery.receiver:
        findings.append(Finding("delivery", "not-receiver", "only the receiver records what arrived"))
    if delivery.received_entry is not None:
        findings.append(Finding("delivery", "already-received", "its receipt is on the log: propose a correction instead"))
    elif delivery.state not in (DeliveryState.DISPATCHED, DeliveryState.DISPUTED):
        findings.append(_not_open(delivery))
    if fact.received_at < delivery.dispatched_at:
        findings.append(Finding("received_at", "before-dispatch", "nothing arrives before it was handed over"))
    if trade.moisture_counts and trade.authority is not Authority.SUPPLIER and fact.moisture is None:
        findings.append(Finding("moisture", "missing", "dry mass is paid by this side's figure: give the moisture"))
    return findings


def check_dispute(fact: DeliveryDisputed, delivery: Delivery | None) -> list[Finding]:
    """Check that a side may contest a delivery."""
    findings = [*_check_amount("quantity", fact.quantity)]
    if delivery is None:
        return [*findings, _unknown_delivery()]
    if delivery.state not in (DeliveryState.DISPATCHED, DeliveryState.SETTLED) or _is_reversal(delivery):
        findings.append(_not_open(delivery))
    return findings


def check_resolution(
    fact: DeliveryResolved, delivery: Delivery | None, author: str, named: tuple[Proposal, ...]
) -> list[Finding]:  # fmt: skip
    """Check one side's answer to a dispute; `named` are the open resolutions of this delivery that stand in its refs."""
    findings = [*_check_amount("quantity", fact.quantity)]
    if delivery is None:
        return [*findings, _unknown_delivery()]
    if delivery.state is not DeliveryState.DISPUTED:
        findings.append(Finding("delivery", "not-disputed", f"the delivery is not in dispute: {delivery.words}"))
    for proposal in named:
        if not delivery.is_other_side(author, proposal.by):
            findings.append(Finding("refs", "own-proposal", "the other side must name the quantity too"))
        elif proposal.quantity != fact.quantity:
            message = "the proposal referred to names another quantity: name the same one, or none in refs to propose anew"
            findings.append(Finding("quantity", "other-quantity", message))
    return findings


def check_correction(fact: CorrectionProposed, delivery: Delivery | None, *, replacement_taken: bool) -> list[Finding]:
    """Check that a side may ask to reverse and replace a settled delivery."""
    findings = [*_check_amount("quantity", fact.quantity)]
    findings += check_new_id(fact.replacement, taken=replacement_taken, field="replacement")
    if fact.replacement == fact.delivery:
        findings.append(Finding("replacement", "same-delivery", "the replacement is a delivery of its own: give it another id"))
    return [*findings, _unknown_delivery()] if delivery is None else [*findings, *_check_reversible(delivery)]


def check_approval(
    _fact: CorrectionApproved, delivery: Delivery | None, author: str, proposal: Proposal | None, *, replacement_taken: bool
) -> list[Finding]:
    """Check the other side's approval of the correction that stands first in its refs."""
    if delivery is None:
        return [_unknown_delivery()]
    findings = [*_check_reversible(delivery)]
    if proposal is None or proposal.purpose is not Purpose.CORRECTION or not proposal.is_open:
        findings.append(Finding("refs", "no-proposal", "refs must begin with an open proposal to correct this delivery"))
    elif not delivery.is_other_side(author, proposal.by):
        findings.append(Finding("refs", "own-proposal", "the other side approves a correction"))
    elif replacement_taken:
        findings.append(Finding("refs", "delivery-taken", "the replacement's id was given to another delivery since"))
    return findings


def check_new_id(delivery: str, *, taken: bool, field: str = "delivery") -> Iterator[Finding]:
    """Yield the faults of an id that a delivery is to get."""
    if taken:
        yield Finding(field, "delivery-taken", "a delivery with this id is on the log")
    if delivery.endswith((REVERSAL_SUFFIX, REPLACEMENT_SUFFIX)):
        yield Finding(field, "reserved-id", f"ids that end in {REVERSAL_SUFFIX} or {REPLACEMENT_SUFFIX} are made by corrections")


def check_in_force(trade: Trade, day: date) -> Iterator[Finding]:
    """Yield why nothing may be handed over under the agreement on a day of the network's calendar."""
    if not trade.in_force:
        yield Finding("agreement", "not-in-force", "the agreement is not in force: it lacks a signature, is suspended or has ended")
    if day < trade.first_day:
        yield Finding("agreement", "too-early", f"deliveries begin on {trade.first_day}")
    if trade.end_day is not None and day >= trade.end_day:
        yield Finding("agreement", "too-late", f"nothing is delivered from {trade.end_day} on")
    for permit in trade.permits:
        if permit.expiry < day:
            yield Finding("agreement", "permit-expired", f"permit {permit.number} expired on {permit.expiry}")


def check_unit(unit: str, agreed: str) -> Iterator[Finding]:
    """Yield why a figure in this unit cannot be turned into the agreement's."""
    if unit not in UNITS:
        yield Finding("unit", "unknown-unit", f"{unit} is no UN/ECE Rec 20 unit that is known here")
    elif agreed in UNITS and UNITS[unit].dimension != UNITS[agreed].dimension:
        yield Finding("unit", "other-dimension", f"the agreement counts in {UNITS[agreed].symbol}, which is no {UNITS[unit].dimension}")


def check_user(trade: Trade, user: str | None) -> Iterator[Finding]:
    """Yield why a metered day cannot be put down to this user."""
    if not trade.shared and user is not None and user not in trade.receivers:
        yield Finding("user", "not-a-user", "the agreement has one receiver: leave the user out")
    elif trade.shared and user is None:
        yield Finding("user", "missing", "say who used the shared asset")
    elif trade.shared and user not in trade.receivers:
        yield Finding("user", "not-a-user", "this organisation has no share in the asset")


def _find_local_day(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.date()  # the first or last day of the calendar: early or late enough in any zone


def _check_recorder(trade: Trade, author: str) -> Iterator[Finding]:
    if author != trade.supplier:
        who = "operator of the asset" if trade.shared else "supplier"
        yield Finding("agreement", "not-supplier", f"only the {who} records this")


def check_recording(trade: Trade, author: str, day: date) -> list[Finding]:
    """Check who records under an agreement, and on which day."""
    return [*_check_recorder(trade, author), *check_in_force(trade, day)]


def _check_figure(fact: DeliveryDispatched | DeliveryReceived) -> Iterator[Finding]:
    yield from _check_amount("quantity", fact.quantity)
    if (fact.gross is None) != (fact.tare is None):
        yield Finding("tare" if fact.tare is None else "gross", "missing", "gross and tare belong together: give both or neither")
    if fact.gross is None or fact.tare is None:
        return
    yield from _check_amount("gross", fact.gross)
    yield from _check_amount("tare", fact.tare)
    if fact.gross - fact.tare != fact.quantity:
        yield Finding("quantity", "not-net", f"gross minus tare is {fact.gross - fact.tare}, not {fact.quantity}")


def _check_amount(name: str, amount: Decimal) -> Iterator[Finding]:
    if amount < 0:
        yield Finding(name, "negative", "a quantity is not negative")
    elif amount > MAX_QUANTITY:
        yield Finding(name, "out-of-range", f"the most that one delivery may bring is {MAX_QUANTITY:,}")


def _check_moisture_range(moisture: Decimal | None) -> Iterator[Finding]:
    if moisture is not None and not 0 <= moisture <= _PERCENT:
        yield Finding("moisture", "out-of-range", "moisture is a percentage from 0 to 100")


def _check_moment(name: str, moment: datetime, now: datetime) -> Iterator[Finding]:
    if moment > now + CLOCK_SKEW:
        yield Finding(name, "in-the-future", f"{moment:%Y-%m-%d %H:%M} UTC is later than the log's clock")


def _check_reversible(delivery: Delivery) -> Iterator[Finding]:
    if delivery.state is DeliveryState.REVERSED:
        yield Finding("delivery", "already-reversed", f"it was reversed: correct {delivery.replaced_by} instead")
    elif delivery.state is not DeliveryState.SETTLED or _is_reversal(delivery):
        yield _not_open(delivery)


def _is_reversal(delivery: Delivery) -> bool:
    return delivery.kind is DeliveryKind.REVERSAL


def _unknown_agreement() -> Finding:
    return Finding("agreement", "unknown-agreement", "you have no such agreement")


def _unknown_delivery() -> Finding:
    return Finding("delivery", "unknown-delivery", "you are a side of no such delivery")


def _not_open(delivery: Delivery) -> Finding:
    what = "a reversal stands as it is" if _is_reversal(delivery) else f"the delivery is {delivery.words}"
    return Finding("delivery", "not-open", what)
