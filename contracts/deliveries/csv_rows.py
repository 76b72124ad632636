"""Rows of a CSV file from weighbridges and meters: columns by name, cells as typed values, faults with row and column.

Semicolon or comma separates, whichever the header has more of; decimals have a point, or a comma where semicolons separate. Text is
UTF-8, with or without byte order mark. A time without offset is local time of the network; one
that the clock change makes double or void is refused.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from contracts.errors import Invalid
from contracts.period import find_day_start
from contracts.quantity import parse_decimal
from contracts.units import UNITS

MAX_BYTES = 32 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 200  #: of a header: spreadsheets leave empty ones behind, not thousands
#: column that a file of rejected rows has more than the file that was read; ignored when such a file is read again
REASON_COLUMN = "rejected_because"

#: cells beginning like this are formulas to a spreadsheet
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: no weighbridge or meter wrote outside these years
_YEARS = ("1900", "2999")
_SYMBOLS = {unit.symbol: code for code, unit in UNITS.items() if unit.symbol}


@dataclass(frozen=True, slots=True)
class Rejected:
    """One fault in a row; a row can have several."""

    row: int  #: as a spreadsheet counts: the header is row 1
    column: str  #: empty where the row as a whole is at fault
    message: str


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file as read: header and rows of cells."""

    separator: str
    header: tuple[str, ...]
    #: row number and cells by column, empty rows left out
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    #: why the file or one of its rows cannot be read at all
    rejected: tuple[Rejected, ...]


class CellReader:
    """Reads the cells of one row as values and collects what is wrong with them."""

    def __init__(self, row: int, cells: Mapping[str, str], separator: str, zone: ZoneInfo) -> None:
        self.row = row
        self.cells = cells
        self.separator = separator
        self.zone = zone
        self.rejected: list[Rejected] = []

    def text(self, column: str) -> str | None:
        """Return the cell's text; None where it is empty or the column missing."""
        return self.cells.get(column, "") or None

    def require(self, column: str) -> str:
        """Return the cell's text, which must be there."""
        found = self.text(column)
        if found is None:
            self.reject(column, "is empty")
        return found or ""

    def decimal(self, column: str, *, required: bool = False) -> Decimal | None:
        """Return a decimal exactly as written."""
        text = self.require(column) if required else self.text(column)
        if not text:
            return None
        if self.separator == ";" and "," in text and "." not in text:
            text = text.replace(",", ".")
        try:
            return parse_decimal(text)
        except Invalid:
            marks = "23.230 or 23,230" if self.separator == ";" else "23.230"
            self.reject(column, f"{text[:40]!r} is not a decimal: write {marks}, without thousands separators")
            return None

    def instant(self, column: str) -> datetime | None:
        """Return a time in UTC; a bare day is its beginning in the network's zone."""
        text = self.require(column)
        try:
            if not _YEARS[0] <= text[:4] <= _YEARS[1]:
                raise ValueError(text)  # noqa: TRY301 - answered below, as any text that is no time
            if _DAY.fullmatch(text):
                return find_day_start(date.fromisoformat(text), self.zone)
            if _TIME.fullmatch(text):
                return self._read_time(datetime.fromisoformat(text), column)
        except (ValueError, OverflowError):
            pass  # a day or an hour that no calendar has
        if text:
            self.reject(column, f"{text[:40]!r} is not a time: write 2025-03-14T09:30:00+01:00, 2025-03-14 09:30 or 2025-03-14")
        return None

    def unit(self, column: str) -> str | None:
        """Return a Rec 20 code, written as such or as the unit's symbol."""
        text = self.require(column)
        code = text if text in UNITS else _SYMBOLS.get(text)
        if text and code is None:
            self.reject(column, f"{text[:20]!r} is no unit that is known here: write a UN/ECE Rec 20 code such as TNE")
        return code

    def reject(self, column: str, message: str) -> None:
        """Note a fault."""
        self.rejected.append(Rejected(self.row, column, message))

    def _read_time(self, moment: datetime, column: str) -> datetime | None:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        first, second = (moment.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() == second.utcoffset():
            return first.astimezone(UTC)
        exists = first.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) == moment
        why = "comes twice on this day of clock change" if exists else "does not exist on this day of clock change"
        self.reject(column, f"{moment:%Y-%m-%d %H:%M} {why}: write the time with its offset from UTC")
        return None


def read_csv(data: bytes, required: Sequence[str]) -> CsvFile:
    """Read a file whose header must have the required columns; faults of the whole file stand at row 1, and then there are no rows."""
    if len(data) > MAX_BYTES:
        return _refuse_file(f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refuse_file(f"the file is not UTF-8: byte {error.start} is not text; save it as CSV UTF-8")
    first_line = text.partition("\n")[0]
    separator = ";" if first_line.count(";") > first_line.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        return _refuse_file(f"the file cannot be read as CSV: {error}")
    fault = _find_fault(text, lines)
    if fault:
        return _refuse_file(fault)
    header = tuple(cell.strip().lower() for cell in lines[0])
    rejected = [Rejected(1, name, "this column is missing") for name in required if name not in header]
    rejected += [Rejected(1, name, "this column is there twice") for name in sorted({name for name in header if header.count(name) > 1})]
    if rejected:
        return CsvFile(separator, header, (), tuple(rejected))
    return _read_rows(separator, header, lines[1:])


def _find_fault(text: str, lines: Sequence[Sequence[str]]) -> str:
    """Say what is wrong with a file as a whole; "" where nothing is."""
    if "\0" in text:
        return "the file holds NUL, which is no text: save it as CSV UTF-8"
    if not lines:
        return "the file is empty"
    if len(lines) > MAX_ROWS:
        return f"the file has {len(lines):,} rows; at most {MAX_ROWS:,} are read"
    if len(lines[0]) > MAX_COLUMNS:
        return f"the header has {len(lines[0]):,} columns; at most {MAX_COLUMNS} are read"
    return ""


def write_csv(separator: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a file that a spreadsheet opens without running any cell: what looks like a formula gets an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([escape_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def escape_cell(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _read_rows(separator: str, header: tuple[str, ...], lines: Sequence[Sequence[str]]) -> CsvFile:
    rows, rejected = [], []
    for number, line in enumerate(lines, start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            rejected.append(Rejected(number, "", f"has {len(line)} cells, the header has {len(header)}"))
        cells = {name: _unescape_cell(cell) for name, cell in zip(header, line, strict=False)}
        if len(line) <= len(header):
            rows.append((number, cells))
    faulty = {one.row for one in rejected}
    return CsvFile(separator, header, tuple(row for row in rows if row[0] not in faulty), tuple(rejected))


def _unescape_cell(cell: str) -> str:
    """Undo `escape_cell`: a file of rejected rows may be mended and read again."""
    return cell[1:].strip() if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell.strip()


def _refuse_file(message: str) -> CsvFile:
    return CsvFile(",", (), (), (Rejected(1, "", message),))
