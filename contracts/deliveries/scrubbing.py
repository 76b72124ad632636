"""What of a delivery may be erased, and what an erasure leaves of its rows.

Driver, vehicle and reasons may go once nothing waits for them. What a rule or a figure reads stays for good: quantities, scales, moisture,
times, ticket and batch, for a later certificate, correction or audit reads them long after the delivery was settled.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, or_, select, update

from contracts.deliveries.delivery import DeliveryState
from contracts.deliveries.tables import deliveries, delivery_proposals, delivery_readings
from ledger.store import read_entries

#: contents field of each kind, by position, to the columns folded from it; () = nothing that an erasure touches
_DISPATCHED: Sequence[tuple[str, ...]] = (
    (),
    ("sent_quantity", "silent_quantity"),
    (),
    ("sent_gross",),
    ("sent_tare",),
    ("sent_moisture",),
    (),
    ("ticket",),
    ("batch",),
    ("vehicle",),
    ("driver",),
)
_RECEIVED: Sequence[tuple[str, ...]] = (
    (),
    ("got_quantity",),
    ("got_gross",),
    ("got_tare",),
    ("got_moisture",),
    ("accepted",),
    ("refused",),
    ("refusal_reason",),
)
_READINGS_ROW: Sequence[tuple[str, ...]] = ((), (), (), (), (), (), ("register_start",), ("register_end",), ("readings",))
_READINGS_DELIVERY: Sequence[tuple[str, ...]] = ((), (), (), (), (), (), (), (), ("sent_quantity", "silent_quantity"))
#: position of the driver's name in a dispatch: personal, and nothing is settled by it
_DRIVER = 10
_DISPUTED: Sequence[tuple[str, ...]] = (("dispute_quantity",), ("dispute_reason",))
_RESOLVED: Sequence[tuple[str, ...]] = (("quantity",), ("reason",))
_PROPOSED: Sequence[tuple[str, ...]] = ((), ("quantity",), ("reason",))
#: how many fields of each kind, from the first on, a rule or a figure reads
_READ: Mapping[str, int] = {
    "delivery.dispatched": 9,
    "delivery.received": 7,
    "readings.recorded": 9,
    "delivery.disputed": 1,
    "delivery.resolved": 1,
    "delivery.correction_proposed": 2,
}


def forget_contents(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
    """Scrub what was folded from erased fields of the entry at `index`."""
    kinds = select(deliveries.c.meter).where(deliveries.c.log_id == log_id, deliveries.c.entry == index, deliveries.c.of.is_(None))
    created = connection.execute(kinds).first()
    if created is not None:
        fields = _DISPATCHED if created.meter is None else _READINGS_DELIVERY
        _scrub(connection, deliveries, log_id, "entry", index, _list_columns(fields, positions))
    _scrub(connection, delivery_readings, log_id, "entry", index, _list_columns(_READINGS_ROW, positions))
    _scrub(connection, deliveries, log_id, "received_entry", index, _list_columns(_RECEIVED, positions))
    if created is None:
        received = select(deliveries.c.delivery).where(deliveries.c.log_id == log_id, deliveries.c.received_entry == index)
        if connection.execute(received).first() is None:
            _scrub(connection, deliveries, log_id, "dispute_entry", index, _list_columns(_DISPUTED, positions))
    proposed = select(delivery_proposals.c.purpose).where(delivery_proposals.c.log_id == log_id, delivery_proposals.c.entry == index)
    proposal = connection.execute(proposed).first()
    if proposal is not None:
        fields = _PROPOSED if proposal.purpose == "correction" else _RESOLVED
        _scrub(connection, delivery_proposals, log_id, "entry", index, _list_columns(fields, positions))


def blocks_erasure(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> str | None:
    """Say why an entry's contents may not be erased: figures rest on them, or its delivery is disputed or not settled yet."""
    columns = deliveries.c
    mine = or_(columns.entry == index, columns.received_entry == index, columns.dispute_entry == index)
    proposed = select(delivery_proposals.c.delivery).where(delivery_proposals.c.log_id == log_id, delivery_proposals.c.entry == index)
    query = select(columns.delivery, columns.state, columns.entry, columns.meter).where(
        columns.log_id == log_id, or_(mine, columns.delivery.in_(proposed))
    )
    for row in connection.execute(query):
        if row.state == DeliveryState.DISPUTED:
            return f"delivery {row.delivery} is in dispute"
        is_name_alone = row.entry == index and row.meter is None and set(positions) <= {_DRIVER}
        if row.state == DeliveryState.DISPATCHED and not is_name_alone:
            return f"delivery {row.delivery} is not settled yet"
    entry = next(iter(read_entries(connection, log_id, index, index + 1)), None)
    if entry is not None and any(position < _READ.get(entry.kind, 0) for position in positions):
        return "figures rest on quantities, times, ticket and batch, which are kept for good; driver, vehicle and reasons may go"
    return None


def _list_columns(fields: Sequence[tuple[str, ...]], positions: Iterable[int]) -> list[str]:
    return [column for position in positions if position < len(fields) for column in fields[position]]


def _scrub(connection: Connection, table: Table, log_id: int, marker: str, index: int, names: Sequence[str]) -> None:
    if names:
        values: Mapping[str, Any] = {name: [] if name == "readings" else None for name in names}
        connection.execute(update(table).where(table.c.log_id == log_id, table.c[marker] == index).values(**values))
