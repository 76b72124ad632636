"""Tables of the allocation stage, all folded: proposed allocations with their shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, insert, select

from contracts.allocation.facts import AllocationProposed, Share
from contracts.database import Document, Whole, metadata, order_entries

allocations = Table(
    "allocations",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("allocation", Text, primary_key=True),
    Column("period", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("game", Text, nullable=False),
    Column("entries", Whole, nullable=False),
    Column("inputs_hash", Text, nullable=False),
    Column("components", Document, nullable=False),
    Column("entry", Whole, nullable=False),
    Column("statement", Text, nullable=False),
    Index(None, "log_id", "period"),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)
allocation_shares = Table(
    "allocation_shares",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("allocation", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("saving", Whole, nullable=False),
    Column("allocated", Whole, nullable=False),
    Column("transfer", Whole, nullable=False),
    Column("exact", Text, nullable=False),
    sqlite_strict=True,
)

FOLDED = (allocations, allocation_shares)


@dataclass(frozen=True, slots=True)
class ProposedAllocation:
    """An allocation on the log."""

    allocation: str
    period: str
    rule: str
    method: str
    game: str
    entries: int
    inputs_hash: str
    components: Mapping[str, Any]
    entry: int
    statement: str  #: statement hash
    shares: tuple[Share, ...] = ()


def find_allocation(connection: Connection, log_id: int, allocation: str) -> ProposedAllocation | None:
    """Find an allocation with its shares."""
    columns = allocations.c
    row = connection.execute(select(*columns[1:]).where(columns.log_id == log_id, columns.allocation == allocation)).first()
    return None if row is None else _with_shares(connection, log_id, row)


def list_allocations(
    connection: Connection, log_id: int, *, period: str | None = None, after: int = -1, limit: int = 100, down: bool = False
) -> list[ProposedAllocation]:
    """List allocations in the order of their proposal, after an entry's index, or the newest first; of one period or of all."""
    columns = allocations.c
    query = order_entries(select(*columns[1:]).where(columns.log_id == log_id), columns.entry, after, down=down).limit(limit)
    if period is not None:
        query = query.where(columns.period == period)
    return [_with_shares(connection, log_id, row) for row in connection.execute(query).all()]


def insert_allocation(connection: Connection, log_id: int, fact: AllocationProposed, entry: int, statement: str) -> None:
    """Fold a proposal."""
    row = {name: getattr(fact, name) for name in ("allocation", "period", "rule", "method", "game", "entries", "inputs_hash")}
    connection.execute(
        insert(allocations), {**row, "log_id": log_id, "components": fact.components, "entry": entry, "statement": statement}
    )
    shares = [
        {
            "log_id": log_id,
            "allocation": fact.allocation,
            "organisation": share.organisation,
            "saving": share.saving,
            "allocated": share.allocated,
            "transfer": share.transfer,
            "exact": share.exact,
        }
        for share in fact.shares
    ]
    if shares:
        connection.execute(insert(allocation_shares), shares)


def _with_shares(connection: Connection, log_id: int, row: Row[Any]) -> ProposedAllocation:
    columns = allocation_shares.c
    query = select(columns.organisation, columns.saving, columns.allocated, columns.transfer, columns.exact)
    query = query.where(columns.log_id == log_id, columns.allocation == row.allocation).order_by(columns.organisation)
    return ProposedAllocation(**row._asdict(), shares=tuple(Share(*share) for share in connection.execute(query)))
