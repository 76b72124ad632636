"""Reminders: what waits for whom as the log stands; computed anew each time, kept as notices by the worker."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from contracts.agreements.rules import AgreementState
from contracts.agreements.service import list_missing_signatures
from contracts.agreements.tables import list_agreements
from contracts.clock import format_instant
from contracts.deliveries.delivery import DeliveryState
from contracts.deliveries.tables import list_deliveries
from contracts.governance.service import read_tally
from contracts.governance.tables import list_reviews
from contracts.parties.tables import get_network
from contracts.period import find_day_start

OFFER_AHEAD = timedelta(days=7)  #: an offer is brought to mind this long before its last day
DELIVERY_GRACE = timedelta(days=2)  #: a delivery that nobody received this long after its dispatch
REVIEW_AHEAD = timedelta(days=3)  #: a review is brought to mind this long before it closes
PAGE = 200


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that waits for one organisation."""

    organisation: str
    kind: str  #: offer-awaits-signature, delivery-unconfirmed, delivery-disputed or review-closes
    subject: str  #: such as agreement:a-1
    due_at: str  #: instant


def list_due(connection: Connection, log_id: int, now: datetime) -> list[Due]:
    """List what waits for whom."""
    return [*_list_offers(connection, log_id, now), *_list_deliveries(connection, log_id, now), *_list_reviews(connection, log_id, now)]


def _list_offers(connection: Connection, log_id: int, now: datetime) -> Iterator[Due]:
    zone, after = get_network(connection, log_id).zone, ""
    while rows := list_agreements(connection, log_id, state=AgreementState.OFFERED, after=after, limit=PAGE):
        after = rows[-1].agreement
        for one in rows:
            end = find_day_start(one.reply_by + timedelta(days=1), zone)
            if now <= end <= now + OFFER_AHEAD:
                for organisation in list_missing_signatures(connection, log_id, one):
                    yield Due(organisation, "offer-awaits-signature", f"agreement:{one.agreement}", format_instant(end))


def _list_deliveries(connection: Connection, log_id: int, now: datetime) -> Iterator[Due]:
    for state in (DeliveryState.DISPATCHED, DeliveryState.DISPUTED):
        after: tuple[int, str] | None = None
        while rows := list_deliveries(connection, log_id, state=state, after=after, limit=PAGE):
            after = rows[-1].entry, rows[-1].delivery
            for one in rows:
                subject, due = f"delivery:{one.delivery}", one.dispatched_at + DELIVERY_GRACE
                if state is DeliveryState.DISPUTED:
                    for side in sorted({one.supplier, one.receiver}):
                        yield Due(side, "delivery-disputed", subject, format_instant(due))
                elif one.received_entry is None and due <= now:
                    yield Due(one.receiver, "delivery-unconfirmed", subject, format_instant(due))


def _list_reviews(connection: Connection, log_id: int, now: datetime) -> Iterator[Due]:
    after = -1
    while rows := list_reviews(connection, log_id, after=after, limit=PAGE):
        after = rows[-1].entry
        for one in rows:
            if one.outcome is None and now <= one.closes_at <= now + REVIEW_AHEAD:
                waiting = {seat.organisation for seat in read_tally(connection, log_id, one.review, now).waiting}
                for organisation in sorted(waiting):
                    yield Due(organisation, "review-closes", f"review:{one.review}", format_instant(one.closes_at))
