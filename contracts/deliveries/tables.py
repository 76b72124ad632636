"""Tables of deliveries, all folded from the log, with their queries and writers; what later stages read stands in `__all__`."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Select, Table, Text, bindparam, insert, or_, select, tuple_, update

from contracts.clock import format_instant, parse_instant
from contracts.database import DecimalText, Document, Flag, Whole, metadata
from contracts.deliveries.delivery import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Dispute,
    Figure,
    Proposal,
    Purpose,
    SettledBy,
    SettledRow,
    silently_accepted,
)

__all__ = [
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "SettledBy",
    "SettledRow",
    "find_deliveries",
    "find_delivery",
    "find_origin",
    "list_deliveries",
    "list_settled",
    "settle_silently",
    "silently_accepted",
]

deliveries = Table(
    "deliveries",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("delivery", Text, primary_key=True),
    Column("agreement", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("of", Text),
    Column("supplier", Text, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("entry", Whole, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("dispatched_at", Text, nullable=False),
    Column("sent_quantity", DecimalText),
    Column("sent_gross", DecimalText),
    Column("sent_tare", DecimalText),
    Column("sent_moisture", DecimalText),
    Column("ticket", Text),
    Column("batch", Text),
    Column("vehicle", Text),
    Column("driver", Text),
    Column("meter", Text),
    Column("day", Text),
    Column("received_entry", Whole),
    Column("received_at", Text),
    Column("got_quantity", DecimalText),
    Column("got_gross", DecimalText),
    Column("got_tare", DecimalText),
    Column("got_moisture", DecimalText),
    Column("accepted", DecimalText),
    Column("refused", DecimalText),
    Column("refusal_reason", Text),
    Column("dispute_entry", Whole),
    Column("dispute_by", Text),
    Column("dispute_quantity", DecimalText),
    Column("dispute_reason", Text),
    Column("period", Text, nullable=False),
    Column("settled", DecimalText),
    Column("settled_unit", Text, nullable=False),
    Column("settled_entry", Whole),
    Column("settled_by", Text),
    Column("silent_from", Text),
    Column("silent_quantity", DecimalText),
    Column("reversed_by", Text),
    Column("replaced_by", Text),
    Index(None, "log_id", "entry"),
    Index(None, "log_id", "agreement", "entry"),
    Index(None, "log_id", "state", "entry"),
    Index(None, "log_id", "dispatched_at", "delivery"),
    Index(None, "log_id", "agreement", "ticket", unique=True),
    Index(None, "log_id", "agreement", "meter", "day", unique=True),
    Index(None, "log_id", "period"),
    Index(None, "log_id", "agreement", "batch"),
    sqlite_strict=True,
)
for _name in ("received_entry", "dispute_entry"):
    # of what is there alone: else SQLite would look there for what is not received or not disputed, which is nearly all
    _there = deliveries.c[_name].is_not(None)
    Index(None, deliveries.c.log_id, deliveries.c[_name], sqlite_where=_there, postgresql_where=_there)
#: The intervals of a metered day in one row: they are read together, and a year of them is 35,000.
delivery_readings = Table(
    "delivery_readings",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("delivery", Text, primary_key=True),
    Column("entry", Whole, nullable=False),
    Column("interval", Whole, nullable=False),
    Column("register_start", DecimalText),
    Column("register_end", DecimalText),
    Column("readings", Document, nullable=False),
    sqlite_strict=True,
)
#: Quantities that one side has named and that wait for the other.
delivery_proposals = Table(
    "delivery_proposals",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("delivery", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("quantity", DecimalText),
    Column("replacement", Text),
    Column("reason", Text),
    Column("entry", Whole, nullable=False),
    Column("is_open", Flag, nullable=False),
    Index(None, "log_id", "delivery"),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)

FOLDED = (deliveries, delivery_readings, delivery_proposals)

_D = deliveries.c
_MINE = _D.log_id == bindparam("log_id")
_FIND = select(deliveries).where(_MINE, _D.delivery == bindparam("delivery"))
_TAKEN = select(_D.entry).where(_MINE, _D.delivery == bindparam("delivery"))
_TICKET_TAKEN = select(_D.entry).where(_MINE, _D.agreement == bindparam("agreement"), _D.ticket == bindparam("ticket"))
_DAY_TAKEN = select(_D.entry).where(
    _MINE, _D.agreement == bindparam("agreement"), _D.meter == bindparam("meter"), _D.day == bindparam("day")
)
_INSERT = insert(deliveries)
_UPDATE = update(deliveries).where(_D.log_id == bindparam("of_log"), _D.delivery == bindparam("of_delivery"))


def find_delivery(connection: Connection, log_id: int, delivery: str) -> Delivery | None:
    """Find a delivery by its id."""
    row = connection.execute(_FIND, {"log_id": log_id, "delivery": delivery}).first()
    return None if row is None else read_delivery(row)


def is_taken(connection: Connection, log_id: int, delivery: str) -> bool:
    """Tell whether a delivery has this id."""
    return connection.execute(_TAKEN, {"log_id": log_id, "delivery": delivery}).first() is not None


def is_ticket_taken(connection: Connection, log_id: int, agreement: str, ticket: str) -> bool:
    """Tell whether a load under this agreement has this ticket."""
    return connection.execute(_TICKET_TAKEN, {"log_id": log_id, "agreement": agreement, "ticket": ticket}).first() is not None


def find_deliveries(connection: Connection, log_id: int, wanted: Iterable[str]) -> dict[str, Delivery]:
    """Find deliveries by their ids, as far as they are known."""
    columns = deliveries.c
    query = select(deliveries).where(columns.log_id == log_id, columns.delivery.in_(list(wanted)))
    return {row.delivery: read_delivery(row) for row in connection.execute(query)}


def list_deliveries(  # noqa: PLR0913 - filters of a list
    connection: Connection,
    log_id: int,
    *,
    agreement: str | None = None,
    organisation: str | None = None,
    period: str | None = None,
    state: DeliveryState | None = None,
    batch: str | None = None,
    after: tuple[int, str] | None = None,
    limit: int = 100,
) -> list[Delivery]:
    """List deliveries in the order of the log, from the one after `after` (entry, delivery) on.

    Args:
        connection: an open one.
        log_id: row of the log.
        agreement: of one agreement.
        organisation: with this organisation on one of the two sides.
        period: of the title transfer, such as 2025-03.
        state: in one state.
        batch: of one batch.
        after: the cursor: (entry, delivery) of the last one that was seen.
        limit: how many at most.
    """
    columns = deliveries.c
    query = select(deliveries).where(columns.log_id == log_id)
    for column, value in ((columns.agreement, agreement), (columns.period, period), (columns.state, state), (columns.batch, batch)):
        if value is not None:
            query = query.where(column == value)
    if organisation is not None:
        query = query.where(or_(columns.supplier == organisation, columns.receiver == organisation))
    if after is not None:
        query = query.where(tuple_(columns.entry, columns.delivery) > tuple_(*after))
    return [read_delivery(row) for row in connection.execute(query.order_by(columns.entry, columns.delivery).limit(limit))]


def list_settled(
    connection: Connection,
    log_id: int,
    *,
    period: str | None = None,
    agreement: str | None = None,
    settled_after: int | None = None,
    now: datetime | None = None,
) -> list[SettledRow]:
    """List settled quantities in order of settlement; reversed ones stay, with their reversal and replacement beside them.

    Args:
        connection: an open one.
        log_id: row of the log.
        period: of the title transfer; None lists all.
        agreement: of one agreement; None lists all.
        settled_after: only what was settled by a later entry than this.
        now: also what silence settles at this instant, with `settled_entry` None, at the end; `settle_silently` puts it on the rows.
    """
    columns = deliveries.c
    query = select(deliveries).where(columns.log_id == log_id)
    if period is not None:
        query = query.where(columns.period == period)
    if agreement is not None:
        query = query.where(columns.agreement == agreement)
    settled = query.where(columns.settled_entry.is_not(None)).order_by(columns.settled_entry, columns.delivery)
    if settled_after is not None:
        settled = settled.where(columns.settled_entry > settled_after)
    rows = [_read_settled(read_delivery(row)) for row in connection.execute(settled)]
    return rows if now is None else rows + [_read_settled(one) for one in _list_silent(connection, query, now)]


def settle_silently(connection: Connection, log_id: int, index: int, now: datetime) -> int:
    """Settle by the entry at `index`, a close of a period, what silence settles at `now`; return how many.

    The close's fold calls it after reading `list_settled(..., now=now)` with the same `now`, so that each of these quantities is
    settled by exactly one entry.
    """
    silent = _list_silent(connection, select(deliveries).where(deliveries.c.log_id == log_id), now)
    for one in silent:
        values = {"settled": one.silent_quantity, "settled_entry": index, "settled_by": SettledBy.SILENCE, "state": DeliveryState.SETTLED}
        change_delivery(connection, log_id, one.delivery, **values)
    return len(silent)


def find_origin(connection: Connection, log_id: int, delivery: str) -> str:
    """Find the delivery as first recorded that a replacement goes back to; itself if it replaces none."""
    found = find_delivery(connection, log_id, delivery)
    while found is not None and found.of is not None:
        found = find_delivery(connection, log_id, found.of)
    return delivery if found is None else found.delivery


def is_day_taken(connection: Connection, log_id: int, agreement: str, meter: str, day: date) -> bool:
    """Tell whether a meter's day was recorded under this agreement."""
    values = {"log_id": log_id, "agreement": agreement, "meter": meter, "day": day.isoformat()}
    return connection.execute(_DAY_TAKEN, values).first() is not None


def read_readings(connection: Connection, log_id: int, delivery: str) -> list[list[str]]:
    """Read the intervals of a metered day: [start, quantity, quality] each, in order; empty once erased."""
    query = select(delivery_readings.c.readings).where(delivery_readings.c.log_id == log_id, delivery_readings.c.delivery == delivery)
    found: list[list[str]] | None = connection.execute(query).scalar()
    return found or []


def read_recorded(
    connection: Connection, log_id: int, agreement: str
) -> tuple[dict[str, Delivery], dict[tuple[str, date], list[list[str]]]]:  # fmt: skip
    """Read all that was recorded under an agreement: loads by ticket, and the intervals of metered days by (meter, day)."""
    columns, readings = deliveries.c, delivery_readings.c
    mine = select(deliveries).where(columns.log_id == log_id, columns.agreement == agreement)
    loads = {row.ticket: read_delivery(row) for row in connection.execute(mine.where(columns.ticket.is_not(None)))}
    metered = select(columns.meter, columns.day, readings.readings).join(
        delivery_readings, (readings.log_id == columns.log_id) & (readings.delivery == columns.delivery)
    )
    rows = connection.execute(metered.where(columns.log_id == log_id, columns.agreement == agreement))
    return loads, {(row.meter, date.fromisoformat(row.day)): row.readings for row in rows}


def find_proposals(connection: Connection, log_id: int, hashes: Sequence[str]) -> dict[str, Proposal]:
    """Find proposals by the hashes of their statements."""
    columns = delivery_proposals.c
    query = select(delivery_proposals).where(columns.log_id == log_id, columns.hash.in_(list(hashes)))
    return {row.hash: _read_proposal(row) for row in connection.execute(query)}


def list_open_proposals(connection: Connection, log_id: int, delivery: str) -> list[Proposal]:
    """List what was proposed about a delivery and waits for the other side."""
    columns = delivery_proposals.c
    query = select(delivery_proposals).where(columns.log_id == log_id, columns.delivery == delivery, columns.is_open)
    return [_read_proposal(row) for row in connection.execute(query.order_by(columns.entry))]


def insert_delivery(connection: Connection, log_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write a new row."""
    connection.execute(_INSERT, {"log_id": log_id, **_write_instants(values)})


def change_delivery(connection: Connection, log_id: int, delivery: str, **values: Any) -> None:  # noqa: ANN401 - columns
    """Change columns of a row."""
    connection.execute(_UPDATE, {"of_log": log_id, "of_delivery": delivery, **_write_instants(values)})


def insert_readings(connection: Connection, log_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write the intervals of a metered day."""
    connection.execute(insert(delivery_readings), {"log_id": log_id, **values})


def insert_proposal(connection: Connection, log_id: int, proposal: Proposal, reason: str) -> None:
    """Write a proposal; what the same side proposed before about the delivery waits no more."""
    columns = delivery_proposals.c
    earlier = (columns.log_id == log_id, columns.delivery == proposal.delivery, columns.by == proposal.by)
    connection.execute(update(delivery_proposals).where(*earlier).values(is_open=False))
    values = {name: getattr(proposal, name) for name in Proposal.__slots__}
    connection.execute(insert(delivery_proposals).values(log_id=log_id, reason=reason, **values))


def close_proposals(connection: Connection, log_id: int, delivery: str) -> None:
    """Mark all proposals about a delivery as answered or overtaken."""
    columns = delivery_proposals.c
    connection.execute(update(delivery_proposals).where(columns.log_id == log_id, columns.delivery == delivery).values(is_open=False))


def _list_silent(connection: Connection, query: Select[Any], now: datetime) -> list[Delivery]:
    columns = deliveries.c
    waiting = query.where(columns.state == DeliveryState.DISPATCHED, columns.silent_from <= format_instant(now))
    rows = connection.execute(waiting.order_by(columns.entry, columns.delivery))
    return [one for one in map(read_delivery, rows) if silently_accepted(one, now)]


def _write_instants(values: dict[str, Any]) -> dict[str, Any]:
    return {name: format_instant(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _read_instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)


def read_delivery(row: Row[Any]) -> Delivery:
    """Read a delivery from a whole row."""
    fields = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    by = ("quantity", "gross", "tare", "moisture")
    plain = {name: fields[name] for name in Delivery.__slots__ if name in fields}
    contested = None
    if row.dispute_entry is not None:
        contested = Dispute(row.dispute_entry, row.dispute_by, row.dispute_quantity, row.dispute_reason)
    return Delivery(
        **{
            **plain,
            "kind": DeliveryKind(row.kind),
            "state": DeliveryState(row.state),
            "settled_by": None if row.settled_by is None else SettledBy(row.settled_by),
            "recorded_at": parse_instant(row.recorded_at),
            "dispatched_at": parse_instant(row.dispatched_at),
            "received_at": _read_instant(row.received_at),
            "silent_from": _read_instant(row.silent_from),
            "day": None if row.day is None else date.fromisoformat(row.day),
            "sent": Figure(*(fields[f"sent_{name}"] for name in by)),
            "got": Figure(*(fields[f"got_{name}"] for name in by)),
            "dispute": contested,
        }
    )


def _read_settled(one: Delivery) -> SettledRow:
    quantity = one.silent_quantity if one.settled is None else one.settled
    if quantity is None:
        raise LookupError(f"delivery {one.delivery} has no settled quantity")
    by = SettledBy.SILENCE if one.settled_by is None else one.settled_by
    entry = one.settled_entry
    sides = (one.supplier, one.receiver)
    return SettledRow(one.delivery, one.agreement, one.kind, one.of, *sides, quantity, one.settled_unit, one.period, entry, by, one.batch)


def _read_proposal(row: Row[Any]) -> Proposal:
    values = {name: getattr(row, name) for name in Proposal.__slots__}
    return Proposal(**{**values, "purpose": Purpose(row.purpose)})
