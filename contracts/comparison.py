"""Comparison: two databases' folded rows of one log, table by table, row by row, column by column, in the bytes that are stored.

Values are compared as stored, before any type reads them: a row that was changed by hand may hold what no type can read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, Text, select, type_coerce
from sqlalchemy.types import TypeDecorator

from contracts.database import Flag
from contracts.replay import Replayed, list_folded_tables
from ledger.canonical import JSON

MAX_LISTED = 100  #: differences listed; the count goes on
MAX_SHOWN = 200  #: characters of a value


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where live tables say something else than the log."""

    table: str
    key: str  #: of the row, such as "agreement=a-17, period=2025-03"
    column: str | None  #: None: the row as a whole is missing or surplus
    live: str | None  #: what the database says; None: NULL, or no such row
    replayed: str | None  #: what follows from the log; None: NULL, or no such row
    entry: int | None  #: index that wrote the row, as far as the row says
    uncertain: bool = False  #: may follow from an entry that cannot be folded again

    @property
    def words(self) -> str:
        """The difference in a line."""
        by = "" if self.entry is None else f" (written by entry {self.entry})"
        by += "; it may follow from an entry that cannot be folded again" if self.uncertain else ""
        if self.column is not None:
            return f"{self.table} [{self.key}] {self.column}: the database says {self.live}, the log {self.replayed}{by}"
        if self.live is None:
            return f"{self.table} [{self.key}]: the row is missing{by}"
        return f"{self.table} [{self.key}]: the log knows no such row{by}"

    def to_json(self) -> dict[str, JSON]:
        """Give it as JSON."""
        return {name: getattr(self, name) for name in Difference.__slots__}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing live rows with replayed ones came to."""

    tables: int
    rows: int  #: live ones compared
    differences: tuple[Difference, ...]  #: the first of them, those that nothing excuses before all others
    count: int  #: of differences that nothing excuses
    uncertain: int  #: of differences in rows that rest on entries which cannot be folded again


def compare_rows(live: Connection, replayed: Connection, log_id: int, came_to: Replayed | None = None) -> Comparison:
    """Compare every folded row of a log in two databases; `came_to` names the entries that the replay had to skip."""
    tables, rows, certain, uncertain = list_folded_tables(), 0, _Listed(), _Listed()
    for table in tables:
        compared = _compare_table(table, live, replayed, log_id)
        rows += compared.rows
        for difference, ground in compared.found:
            marked = _doubt(difference, ground, came_to)
            (uncertain if marked.uncertain else certain).add(marked)
    listed = (*certain.first, *uncertain.first)[:MAX_LISTED]
    return Comparison(len(tables), rows, listed, certain.count, uncertain.count)


@dataclass(slots=True)
class _Listed:
    """The first of many differences, and how many there are."""

    first: list[Difference] = field(default_factory=list)
    count: int = 0

    def add(self, difference: Difference) -> None:
        """Add one."""
        self.count += 1
        if len(self.first) < MAX_LISTED:
            self.first.append(difference)


def _doubt(difference: Difference, ground: "_Ground", came_to: Replayed | None) -> Difference:
    """Mark a difference that an entry which cannot be folded again may explain: it wrote the row, or the row is about its subject."""
    if came_to is None or not came_to.shaken:
        return difference
    explained = ground.writers & came_to.shaken if ground.writers else ground.names & came_to.subjects
    return replace(difference, uncertain=True) if explained else difference


Row = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a row rests on."""

    writers: frozenset[int]  #: entries that it names
    names: frozenset[str]  #: texts of its key


@dataclass(slots=True)
class _Compared:
    """What one table came to."""

    rows: int = 0
    found: list[tuple[Difference, _Ground]] = field(default_factory=list)


def _compare_table(table: Table, live: Connection, replayed: Connection, log_id: int) -> _Compared:
    expected = dict(_read_rows(table, replayed, log_id))
    compared = _Compared()

    def add(key: Key, row: Row, column: str | None, says: str | None, wanted: str | None) -> None:
        found = Difference(table.name, _write_key(table, key), column, says, wanted, _find_writer(row))
        ground = _Ground(frozenset(_list_writers(row)), frozenset(part for part in key if isinstance(part, str)))
        compared.found.append((found, ground))

    for key, row in _read_rows(table, live, log_id):
        compared.rows += 1
        wanted = expected.pop(key, None)
        if wanted is None:
            add(key, row, None, "a row", None)
        elif wanted != row:
            for name, value in wanted.items():
                if row[name] != value:
                    add(key, wanted, name, _show(row[name]), _show(value))
    for key, row in expected.items():
        add(key, row, None, None, "a row")
    compared.found.sort(key=lambda one: (one[0].entry is None, one[0].entry or 0, one[0].key, one[0].column or ""))
    return compared


def _read_rows(table: Table, connection: Connection, log_id: int) -> Iterator[tuple[Key, Row]]:
    """Read rows as stored, by primary key."""
    names = [column.name for column in table.columns]
    places = [names.index(column.name) for column in table.primary_key.columns]
    query = select(*(_read_raw(column) for column in table.columns)).where(table.c.log_id == log_id)
    for values in connection.execute(query):
        plain = [int(value) if isinstance(value, bool) else value for value in values]
        yield tuple(plain[place] for place in places), dict(zip(names, plain, strict=True))


def _read_raw(column: Column[Any]) -> Any:  # noqa: ANN401 - an SQL expression of the column's stored type
    if isinstance(column.type, Flag):
        return type_coerce(column, Integer())
    return type_coerce(column, Text()) if isinstance(column.type, TypeDecorator) else column


def _list_writers(row: Row) -> list[int]:
    """List the entries that a row names as having written it: columns `entry` and those that end in `_entry`."""
    return [value for name, value in row.items() if (name == "entry" or name.endswith("_entry")) and isinstance(value, int)]


def _find_writer(row: Row) -> int | None:
    """Find the entry that wrote a row last."""
    return row["entry"] if isinstance(row.get("entry"), int) else max(_list_writers(row), default=None)


def _write_key(table: Table, key: Sequence[Any]) -> str:
    names = [column.name for column in table.primary_key.columns]
    return ", ".join(f"{name}={value}" for name, value in zip(names, key, strict=True) if name != "log_id") or "the only row"


def _show(value: Any) -> str | None:  # noqa: ANN401 - whatever a column holds
    text = None if value is None else str(value)
    return text if text is None or len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
