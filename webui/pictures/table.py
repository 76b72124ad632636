"""The table beside a picture: the same rows, written for the reader and exact underneath."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Value = int | Decimal | str | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head."""

    name: str
    numeric: bool = False  #: figures, set flush right


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure or word."""

    text: str  #: as the reader reads it
    value: Value = None  #: exact: minor units, an amount in the picture's unit, an id, a time; None where there is none


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the picture's order; the first cell of each heads it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] | None = None  #: of the numeric columns that add up

    def list_values(self, column: int) -> list[Value]:
        """List a column's exact values."""
        return [row[column].value for row in self.rows]


def make_table(
    caption: str, columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[Cell]], totals: Sequence[Cell] | None = None
) -> Table:
    """Make a table; ValueError where a row has not one cell for each column."""
    if any(len(row) != len(columns) for row in [*rows, *([totals] if totals else [])]):
        raise ValueError("a row has one cell for each column")
    heads = tuple(Column(name, numeric) for name, numeric in columns)
    return Table(caption, heads, tuple(tuple(row) for row in rows), tuple(totals) if totals else None)
