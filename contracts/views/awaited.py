"""What an organisation's people have to do now: offers to sign, deliveries to answer, reviews to vote on; read as the log stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from contracts.agreements.rules import AgreementState
from contracts.agreements.service import list_missing_signatures
from contracts.agreements.tables import find_contract_no, list_agreements
from contracts.allocation.tables import list_allocations
from contracts.clock import format_instant
from contracts.deliveries.delivery import Delivery, DeliveryKind, DeliveryState, Purpose
from contracts.deliveries.listing import DeliveryChoice, list_chosen, list_proposed_to
from contracts.deliveries.tables import list_open_proposals
from contracts.facts import Role
from contracts.governance.service import read_tally
from contracts.governance.tables import find_rulebook, is_adopted, list_reviews
from contracts.parties.tables import get_network
from contracts.period import find_day_start
from contracts.savings.tables import find_last_period
from contracts.settlement.tables import list_accounts
from contracts.views.reminders import DELIVERY_GRACE
from contracts.views.sight import Reader

FEW = 5  #: deliveries that are named one by one; of more, their number is said
MOST = 100  #: of one kind that are looked at


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing that a reader's organisation is to do."""

    kind: str  #: one of those that `webui/pages/home.py` has words for
    subject: str  #: id of what it is about; empty where it is many
    name: str  #: as its people call it, such as the number of a contract or of a ticket; empty where it is many
    fact: str  #: kind of fact by which it is done; empty where the service says it
    due_at: str | None = None  #: instant; None where nothing runs out
    count: int = 1  #: how many; MOST means "or more"


def list_awaited(connection: Connection, log_id: int, reader: Reader, now: datetime) -> list[Awaited]:
    """List what waits for a reader's organisation, and of reviews for the reader, in no order."""
    return [
        *_list_offers(connection, log_id, reader.organisation, now),
        *_list_deliveries(connection, log_id, reader.organisation),
        *_list_reviews(connection, log_id, reader, now),
        *_list_shares(connection, log_id, reader),
    ]


def _list_offers(connection: Connection, log_id: int, organisation: str, now: datetime) -> Iterator[Awaited]:
    zone = get_network(connection, log_id).zone
    for one in list_agreements(connection, log_id, organisation=organisation, state=AgreementState.OFFERED, limit=MOST):
        end = find_day_start(one.reply_by + timedelta(days=1), zone)
        if now <= end and organisation in list_missing_signatures(connection, log_id, one):
            number = find_contract_no(connection, log_id, one.agreement) or one.agreement
            yield Awaited("offer-awaits-signature", one.agreement, number, "agreement.signed", format_instant(end))


def _list_deliveries(connection: Connection, log_id: int, organisation: str) -> Iterator[Awaited]:
    sent = DeliveryChoice(state=DeliveryState.DISPATCHED, receiver=organisation, unreceived=True)
    arriving = [one for one in list_chosen(connection, log_id, sent, limit=MOST) if one.kind in (DeliveryKind.LOAD, DeliveryKind.METERED)]
    yield from _gather("delivery-unconfirmed", "delivery.received", arriving)
    sides = (
        DeliveryChoice(state=DeliveryState.DISPUTED, supplier=organisation),
        DeliveryChoice(state=DeliveryState.DISPUTED, receiver=organisation),
    )
    disputed = {one.delivery: one for side in sides for one in list_chosen(connection, log_id, side, limit=MOST)}
    mine = [one for one in disputed.values() if not _has_spoken(connection, log_id, organisation, one.delivery)]
    yield from _gather("delivery-disputed", "delivery.resolved", mine)
    proposed = list_proposed_to(connection, log_id, organisation, Purpose.CORRECTION, limit=MOST)
    corrected = {one.delivery: one for one in proposed if one.state is DeliveryState.SETTLED}
    yield from _gather("correction-waits", "delivery.correction_approved", list(corrected.values()))


def _has_spoken(connection: Connection, log_id: int, organisation: str, delivery: str) -> bool:
    """Tell whether an organisation has named a quantity last, so that the other side is to answer."""
    named = [one for one in list_open_proposals(connection, log_id, delivery) if one.purpose is Purpose.RESOLUTION]
    return bool(named) and named[-1].by == organisation


def _gather(kind: str, fact: str, found: list[Delivery]) -> Iterator[Awaited]:
    """Name few one by one; of many, say how many there are and when the first is due."""
    dues = [format_instant(one.dispatched_at + DELIVERY_GRACE) for one in found]
    if len(found) > FEW:
        yield Awaited(kind, "", "", fact, min(dues), min(len(found), MOST))
        return
    for one, due in zip(found, dues, strict=True):
        yield Awaited(kind, one.delivery, one.ticket or one.delivery, fact, due)


def _list_reviews(connection: Connection, log_id: int, reader: Reader, now: datetime) -> Iterator[Awaited]:
    for one in list_reviews(connection, log_id, state="open", limit=MOST):
        tally = read_tally(connection, log_id, one.review, now)
        if now > one.closes_at or not tally.waiting:
            yield Awaited("resolution-waits", one.review, one.matter, "resolution.recorded")
        elif any((seat.organisation, seat.holder) == (reader.organisation, reader.holder) for seat in tally.waiting):
            yield Awaited("review-closes", one.review, one.matter, "vote.cast", format_instant(one.closes_at))


def _list_shares(connection: Connection, log_id: int, reader: Reader) -> Iterator[Awaited]:
    """Look at the month that was closed last: its split wants a review, and once it is adopted its accounts are to be stated."""
    period = find_last_period(connection, log_id)
    if period is None or find_rulebook(connection, log_id) is None:
        return
    proposed = list_allocations(connection, log_id, period=period, limit=FEW)
    matters = [f"allocation:{one.allocation}" for one in proposed]
    if any(is_adopted(connection, log_id, matter) for matter in matters):
        is_stated = bool(list_accounts(connection, log_id, period=period, limit=1))
        if not is_stated and Role.FACILITATOR.value in reader.roles:
            yield Awaited("accounts-wait", period, period, "")
    elif proposed and not any(list_reviews(connection, log_id, matter=matter, limit=1) for matter in matters):
        yield Awaited("allocation-waits", str(proposed[0].entry), period, "review.opened")
