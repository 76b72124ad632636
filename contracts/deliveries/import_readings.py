"""Import of metered intervals: rows become whole days, one statement each; a day with a gap is rejected as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from contracts.deliveries.csv_rows import CellReader, CsvFile, Rejected
from contracts.deliveries.facts import Reading, ReadingQuality, ReadingsRecorded
from contracts.deliveries.import_drafts import Draft, ImportContext, derive_id
from contracts.deliveries.metered import check_readings
from contracts.deliveries.rules import Taken
from contracts.deliveries.trade import NOTHING
from contracts.errors import Finding


@dataclass(frozen=True, slots=True)
class _Interval:
    """One row of the file."""

    row: int
    reading: Reading
    register_start: Decimal | None
    register_end: Decimal | None


def draft_readings(draft: Draft, file: CsvFile, context: ImportContext) -> None:
    """Draft one fact per meter and local day; `draft` collects faults, known rows and conflicts."""
    days: dict[tuple[str, date], list[_Interval]] = {}
    faulty: dict[tuple[str, date], int] = {}
    for row, cells in file.rows:
        cell = CellReader(row, cells, file.separator, context.zone)
        meter, start = cell.require("meter"), cell.instant("start")
        interval = _read_interval(cell, start)
        draft.rejected += cell.rejected
        if start is not None and meter:
            key = (meter, start.astimezone(context.zone).date())
            if interval is None or cell.rejected:
                faulty.setdefault(key, row)
                days.setdefault(key, [])
            else:
                days.setdefault(key, []).append(interval)
    registers = dict(context.registers)
    for key in sorted(days):
        intervals = sorted(days[key], key=lambda one: (one.reading.start, one.row))
        if key in faulty:
            draft.rejected += [Rejected(one.row, "", _belongs_to(faulty[key])) for one in intervals]
        elif key in context.days:
            _compare_day(draft, intervals, context.days[key])
        else:
            _draft_day(draft, key, intervals, context, registers)


def _read_interval(cell: CellReader, start: datetime | None) -> _Interval | None:
    quantity, text = cell.decimal("quantity", required=True), cell.require("quality").lower()
    first, last = cell.decimal("register_start"), cell.decimal("register_end")
    if text and text not in set(ReadingQuality):
        cell.reject("quality", f"{text[:20]!r} is none of {', '.join(ReadingQuality)}")
    if cell.rejected or quantity is None or start is None:
        return None
    return _Interval(cell.row, Reading(start, quantity, ReadingQuality(text)), first, last)


def _compare_day(draft: Draft, intervals: Sequence[_Interval], known: Sequence[Sequence[str]]) -> None:
    logged = {start: (Decimal(quantity), quality) for start, quantity, quality in known}
    for one in intervals:
        start = f"{one.reading.start:%Y-%m-%dT%H:%M:%SZ}"
        quantity, quality = logged.get(start, (None, None))
        draft.compare(one.row, [("quantity", quantity, one.reading.quantity), ("quality", quality, one.reading.quality.value)])


def _draft_day(
    draft: Draft, key: tuple[str, date], intervals: Sequence[_Interval], context: ImportContext, registers: dict[str, Decimal]
) -> None:  # fmt: skip
    meter, day = key
    rows = [one.row for one in intervals]
    start, end = intervals[0].register_start, intervals[-1].register_end
    opening = registers.get(meter)
    if start is None and end is None and opening is not None:
        start, end = opening, opening + sum((one.reading.quantity for one in intervals), NOTHING)
    if start is None or end is None:
        column = "register_start" if start is None else "register_end"
        message = "the day's first row needs register_start and its last row register_end: what the meter showed"
        _reject_day(draft, rows, [Finding(column, "missing", message)])
        return
    registers[meter] = end
    trade = context.trade
    fact = ReadingsRecorded(
        delivery=derive_id(trade.agreement, meter, day.isoformat()),
        agreement=trade.agreement,
        user=context.user,
        meter=meter,
        day=day,
        interval=trade.interval or _measure_interval(intervals),
        unit=trade.unit,
        register_start=start,
        register_end=end,
        readings=tuple(one.reading for one in intervals),
    )
    findings = check_readings(fact, trade, context.author, context.now, context.zone, Taken(delivery=False))
    if findings:
        _reject_day(draft, rows, findings)
    else:
        draft.facts.append(((day.isoformat(), meter), fact))


def _measure_interval(intervals: Sequence[_Interval]) -> int:
    """Where no interval is agreed, the first two rows tell it; the rules check all others."""
    starts = [one.reading.start for one in intervals[:2]]
    return max(1, int((starts[-1] - starts[0]).total_seconds()) // 60)


def _reject_day(draft: Draft, rows: Sequence[int], findings: Sequence[Finding]) -> None:
    """Note each fault at its row, the day's own at the first; the other rows follow, so that the day can be imported again whole."""
    marked = set()
    for finding in findings:
        parts = finding.field.split(".")
        number = int(parts[1]) if len(parts) > 1 and parts[0] == "readings" and int(parts[1]) < len(rows) else 0
        column = parts[2] if len(parts) > 2 else finding.field  # noqa: PLR2004 - readings.3.start
        draft.rejected.append(Rejected(rows[number], column, finding.message))
        marked.add(rows[number])
    draft.rejected += [Rejected(row, "", _belongs_to(min(marked))) for row in rows if row not in marked]


def _belongs_to(row: int) -> str:
    return f"belongs to a day that cannot be recorded: see row {row}"
