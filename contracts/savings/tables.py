"""Tables of the savings stage, all folded: reported costs, closed periods with their lines, and which delivery which close counted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, func, insert, select, update

from contracts.database import DecimalText, Document, Flag, Whole, metadata
from contracts.savings.facts import CostItem, LineCause, SavingLine

cost_reports = Table(
    "cost_reports",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("report", Text, primary_key=True),
    Column("agreement", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("amount", Whole),
    Column("items", Document, nullable=False),
    Column("entry", Whole, nullable=False),
    Column("statement", Text, nullable=False),
    Index(None, "log_id", "agreement", "organisation", "period", unique=True),
    sqlite_strict=True,
)
closed_periods = Table(
    "closed_periods",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("entry", Whole, nullable=False),
    Column("statement", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("entries", Whole, nullable=False),
    Column("inputs_hash", Text, nullable=False),
    sqlite_strict=True,
)
saving_lines = Table(
    "saving_lines",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("number", Whole, primary_key=True),
    Column("agreement", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("of_period", Text, nullable=False),
    Column("deliveries", Whole, nullable=False),
    Column("quantity", DecimalText, nullable=False),
    Column("unit", Text, nullable=False),
    Column("baseline", Whole, nullable=False),
    Column("cost", Whole, nullable=False),
    Column("price", Whole, nullable=False),
    Column("saving", Whole, nullable=False),
    Index(None, "log_id", "organisation"),
    sqlite_strict=True,
)
#: Each settled delivery is counted by one close; with it the price that it got there, so that a line is traced to its deliveries.
counted_deliveries = Table(
    "counted_deliveries",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("delivery", Text, primary_key=True),
    Column("period", Text, nullable=False),
    Column("of_period", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("quantity", DecimalText, nullable=False),
    Column("price", Whole, nullable=False),
    Column("adjustment", DecimalText, nullable=False),  # this and `refused`: as the last close has priced it, true-ups included
    Column("refused", Flag, nullable=False),
    Column("taken_before", DecimalText, nullable=False),
    Index(None, "log_id", "period", "agreement"),
    sqlite_strict=True,
)

FOLDED = (cost_reports, closed_periods, saving_lines, counted_deliveries)


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """A period that was closed."""

    period: str
    entry: int
    statement: str  #: statement hash
    method: str
    entries: int
    inputs_hash: str


@dataclass(frozen=True, slots=True)
class CountedDelivery:
    """A delivery as a close counted it."""

    delivery: str
    period: str
    of_period: str
    agreement: str
    quantity: Any  #: Decimal, in the agreement's unit
    price: int  #: minor units, from the supplier's side, as `period` counted it; true-ups by quality stand on lines of later periods
    adjustment: Any  #: Decimal, currency per unit by quality, as the last close has it
    refused: bool  #: quality makes the price fall away, as the last close has it
    taken_before: Any  #: Decimal, counted before this one in the same contract year


@dataclass(frozen=True, slots=True)
class CostReport:
    """What an organisation reported of an agreement's costs."""

    report: str
    agreement: str
    organisation: str
    period: str
    amount: int | None  #: minor units; None where erased
    items: tuple[CostItem, ...]  #: none where erased
    entry: int


_SELECT_REPORTS = select(*(cost_reports.c[name] for name in ("report", "agreement", "organisation", "period", "amount", "items", "entry")))


def find_period(connection: Connection, log_id: int, period: str) -> ClosedPeriod | None:
    """Find a closed period."""
    columns = closed_periods.c
    row = connection.execute(select(*columns[1:]).where(columns.log_id == log_id, columns.period == period)).first()
    return None if row is None else ClosedPeriod(*row)


def find_last_period(connection: Connection, log_id: int) -> str | None:
    """Find the latest closed period."""
    return connection.execute(select(func.max(closed_periods.c.period)).where(closed_periods.c.log_id == log_id)).scalar()


def list_periods(connection: Connection, log_id: int, *, after: str = "", limit: int = 100, down: bool = False) -> list[ClosedPeriod]:
    """List closed periods in order, after one of them; `down`: the latest first."""
    columns = closed_periods.c
    query = select(*columns[1:]).where(columns.log_id == log_id)
    if after:
        query = query.where(columns.period < after if down else columns.period > after)
    query = query.order_by(columns.period.desc() if down else columns.period).limit(limit)
    return [ClosedPeriod(*row) for row in connection.execute(query)]


def list_lines(connection: Connection, log_id: int, period: str, *, organisation: str | None = None) -> list[SavingLine]:
    """List the saving lines of a closed period, of one organisation or of all."""
    columns = saving_lines.c
    query = select(*columns[3:]).where(columns.log_id == log_id, columns.period == period).order_by(columns.number)
    if organisation is not None:
        query = query.where(columns.organisation == organisation)
    return [_read_line(row) for row in connection.execute(query)]


def list_numbered_lines(connection: Connection, log_id: int, period: str) -> list[tuple[int, SavingLine]]:
    """List the saving lines of a closed period with their numbers, from 0."""
    columns = saving_lines.c
    query = select(*columns[2:]).where(columns.log_id == log_id, columns.period == period).order_by(columns.number)
    return [(row.number, _read_line(row)) for row in connection.execute(query)]


def sum_lines(connection: Connection, log_id: int, periods: Collection[str]) -> list[tuple[str, str, int]]:
    """Sum the savings of closed periods by (period, organisation), minor units."""
    columns = saving_lines.c
    query = select(columns.period, columns.organisation, func.sum(columns.saving)).where(columns.log_id == log_id)
    query = query.where(columns.period.in_(list(periods))).group_by(columns.period, columns.organisation)
    return [(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def find_cost_report(connection: Connection, log_id: int, agreement: str, organisation: str, period: str) -> CostReport | None:
    """Find what an organisation reported of an agreement's costs for a period."""
    columns = cost_reports.c
    query = _SELECT_REPORTS.where(columns.log_id == log_id, columns.agreement == agreement)
    row = connection.execute(query.where(columns.organisation == organisation, columns.period == period)).first()
    return None if row is None else _read_report(row)


def list_cost_reports(
    connection: Connection, log_id: int, *, organisation: str, period: str | None = None, after: int = -1, limit: int = 100
) -> list[CostReport]:
    """List an organisation's reports of costs in the order of the log, after an entry's index; of one period or of all."""
    columns = cost_reports.c
    query = _SELECT_REPORTS.where(columns.log_id == log_id, columns.organisation == organisation, columns.entry > after)
    if period is not None:
        query = query.where(columns.period == period)
    return [_read_report(row) for row in connection.execute(query.order_by(columns.entry).limit(limit))]


def list_costs(connection: Connection, log_id: int, period: str) -> dict[tuple[str, str], int]:
    """Give the costs reported for a period by (agreement, organisation), minor units; erased amounts count as nothing."""
    columns = cost_reports.c
    query = select(columns.agreement, columns.organisation, columns.amount).where(columns.log_id == log_id, columns.period == period)
    return {(row.agreement, row.organisation): row.amount or 0 for row in connection.execute(query)}


def find_first_report(connection: Connection, log_id: int) -> str | None:
    """Find the earliest period for which costs were reported."""
    return connection.execute(select(func.min(cost_reports.c.period)).where(cost_reports.c.log_id == log_id)).scalar()


def list_reports(connection: Connection, log_id: int, period: str) -> tuple[str, ...]:
    """Give the statement hashes of the reports of costs for a period, in the order of the log."""
    columns = cost_reports.c
    query = select(columns.statement).where(columns.log_id == log_id, columns.period == period).order_by(columns.entry)
    return tuple(connection.execute(query).scalars())


def has_report(connection: Connection, log_id: int, agreement: str, organisation: str, period: str) -> bool:
    """Tell whether an organisation has reported its costs of an agreement for a period."""
    columns = cost_reports.c
    query = select(columns.report).where(
        columns.log_id == log_id, columns.agreement == agreement, columns.organisation == organisation, columns.period == period
    )
    return connection.execute(query).first() is not None


def has_report_id(connection: Connection, log_id: int, report: str) -> bool:
    """Tell whether a report's id is taken."""
    columns = cost_reports.c
    return connection.execute(select(columns.report).where(columns.log_id == log_id, columns.report == report)).first() is not None


def find_reported_period(connection: Connection, log_id: int, entry: int) -> str | None:
    """Find the period that the report of costs of an entry is for."""
    columns = cost_reports.c
    return connection.execute(select(columns.period).where(columns.log_id == log_id, columns.entry == entry)).scalar()


def list_counted(connection: Connection, log_id: int, *, agreement: str | None = None, period: str | None = None) -> list[CountedDelivery]:
    """List counted deliveries, of an agreement or of the period that counted them."""
    columns = counted_deliveries.c
    query = select(*columns[1:]).where(columns.log_id == log_id)
    if agreement is not None:
        query = query.where(columns.agreement == agreement)
    if period is not None:
        query = query.where(columns.period == period)
    return [CountedDelivery(*row) for row in connection.execute(query.order_by(columns.of_period, columns.delivery))]


def find_counted(connection: Connection, log_id: int, delivery: str) -> CountedDelivery | None:
    """Find a delivery as a close counted it."""
    columns = counted_deliveries.c
    row = connection.execute(select(*columns[1:]).where(columns.log_id == log_id, columns.delivery == delivery)).first()
    return None if row is None else CountedDelivery(*row)


def restate_quality(connection: Connection, log_id: int, delivery: str, adjustment: Decimal, *, refused: bool) -> None:
    """Write how a close has priced the quality of a delivery that an earlier one counted."""
    columns = counted_deliveries.c
    values = {"adjustment": adjustment, "refused": refused}
    connection.execute(update(counted_deliveries).where(columns.log_id == log_id, columns.delivery == delivery).values(**values))


def insert_rows(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert folded rows; none is no statement."""
    wanted = list(rows)
    if wanted:
        connection.execute(insert(table), wanted)


def _read_report(row: Row[Any]) -> CostReport:
    values = row._asdict()
    return CostReport(**{**values, "items": tuple(CostItem(one["item"], one["amount"]) for one in values["items"])})


def _read_line(row: Row[Any]) -> SavingLine:
    values = row._asdict()
    values.pop("number", None)
    values["cause"] = LineCause(values["cause"])
    return SavingLine(**values)
