"""Lists of deliveries for doors: filtered, in either direction, by what an index answers; sums and reasons that pages show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_, union_all

from contracts.deliveries.delivery import Delivery, DeliveryState, Purpose
from contracts.deliveries.tables import deliveries, delivery_proposals, delivery_readings, read_delivery

#: agreements whose rows are looked up one by one: of more, the log's order is walked
FEW = 40
_D = deliveries.c
Place = tuple[int | str, str]  #: of a row in a list's order: what it is sorted by, and its id


class SortKey(StrEnum):
    """What a list is sorted by."""

    RECORDED = "recorded"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class DeliveryChoice:
    """Which deliveries are wanted; None chooses all."""

    agreement: str | None = None
    period: str | None = None
    state: DeliveryState | None = None
    supplier: str | None = None  #: organisation that hands over
    receiver: str | None = None
    unreceived: bool = False  #: only those whose receipt is not on the log
    among: tuple[str, ...] | None = None  #: only of these agreements


@dataclass(frozen=True, slots=True)
class Register:
    """What a meter showed around a day."""

    interval: int  #: minutes
    start: Decimal | None
    end: Decimal | None


def list_chosen(
    connection: Connection,
    log_id: int,
    chosen: DeliveryChoice,
    *,
    by: SortKey = SortKey.RECORDED,
    down: bool = False,
    after: Place | None = None,
    limit: int = 100,
) -> list[Delivery]:
    """List deliveries in an order, from the one after `after` on.

    Args:
        connection: an open one.
        log_id: row of the log.
        chosen: which ones.
        by: what they are sorted by; equal ones by id.
        down: the largest first.
        after: place of the last one that was seen.
        limit: how many at most.
    """
    few = chosen.among is not None and len(chosen.among) <= FEW and chosen.agreement is None and by is SortKey.RECORDED
    if few and not chosen.among:
        return []
    if few and chosen.among:
        parts = [_order(_choose(log_id, chosen).where(_D.agreement == one), _D, by, down, after, limit) for one in chosen.among]
        found = union_all(*(select(*part.subquery().c) for part in parts)).subquery()
        query = _order(select(*found.c), found.c, by, down, None, limit)
    else:
        query = _choose(log_id, chosen)
        if chosen.among is not None:
            query = query.where(_D.agreement.in_(chosen.among))
        query = _order(query, _D, by, down, after, limit)
    return [read_delivery(row) for row in connection.execute(query)]


def place_delivery(delivery: Delivery, by: SortKey) -> Place:
    """Give a delivery's place in an order."""
    return (delivery.entry if by is SortKey.RECORDED else f"{delivery.dispatched_at:%Y-%m-%dT%H:%M:%SZ}", delivery.delivery)


def sum_taken(connection: Connection, log_id: int, agreement: str, first_period: str) -> tuple[Decimal, int]:
    """Sum what is settled under an agreement from a period on, in its unit and price basis; and count what is not settled yet."""
    columns = (_D.settled, _D.state)
    query = select(*columns).where(_D.log_id == log_id, _D.agreement == agreement, _D.period >= first_period)
    rows = connection.execute(query).all()
    open_states = (DeliveryState.DISPATCHED.value, DeliveryState.DISPUTED.value)
    waiting = sum(1 for row in rows if row.state in open_states and row.settled is None)
    return sum((row.settled for row in rows if row.settled is not None), Decimal(0)), waiting


def find_reasons(connection: Connection, log_id: int, hashes: Sequence[str]) -> Mapping[str, str | None]:
    """Find the reasons of proposals by the hashes of their statements; None once erased."""
    columns = delivery_proposals.c
    query = select(columns.hash, columns.reason).where(columns.log_id == log_id, columns.hash.in_(list(hashes)))
    return {row.hash: row.reason for row in connection.execute(query)}


def list_proposed_to(connection: Connection, log_id: int, organisation: str, purpose: Purpose, limit: int) -> list[Delivery]:
    """List deliveries of which the other side proposed a quantity that waits for an organisation's answer, by id."""
    columns = delivery_proposals.c
    proposed = select(columns.delivery, columns.by).where(columns.log_id == log_id, columns.is_open, columns.purpose == purpose.value)
    by = {row.delivery: row.by for row in connection.execute(proposed.order_by(columns.delivery))}
    found: list[Delivery] = []
    for begin in range(0, len(by), 500):  # parameters of one query are limited
        part = list(by)[begin : begin + 500]
        rows = connection.execute(select(deliveries).where(_D.log_id == log_id, _D.delivery.in_(part)).order_by(_D.delivery))
        found += [one for one in map(read_delivery, rows) if one.is_other_side(organisation, by[one.delivery])]
    return found[:limit]


def find_register(connection: Connection, log_id: int, delivery: str) -> Register | None:
    """Find what the meter showed around a metered day; None for a load."""
    columns = delivery_readings.c
    query = select(columns.interval, columns.register_start, columns.register_end)
    row = connection.execute(query.where(columns.log_id == log_id, columns.delivery == delivery)).first()
    return None if row is None else Register(row.interval, row.register_start, row.register_end)


def _choose(log_id: int, chosen: DeliveryChoice) -> Select[Any]:
    query = select(deliveries).where(_D.log_id == log_id)
    wanted = {
        _D.agreement: chosen.agreement,
        _D.period: chosen.period,
        _D.state: chosen.state,
        _D.supplier: chosen.supplier,
        _D.receiver: chosen.receiver,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    return query.where(_D.received_entry.is_(None)) if chosen.unreceived else query


def _order(
    query: Select[Any], columns: Any, by: SortKey, down: bool, after: Place | None, limit: int  # noqa: ANN401, FBT001 - of any selectable
) -> Select[Any]:  # fmt: skip
    first = columns.entry if by is SortKey.RECORDED else columns.dispatched_at
    order = (first, columns.delivery)
    if after is not None:
        query = query.where(tuple_(*order) < tuple_(*after) if down else tuple_(*order) > tuple_(*after))
    return query.order_by(*(column.desc() for column in order) if down else order).limit(limit)
