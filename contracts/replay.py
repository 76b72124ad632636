"""Replay: every folded row made anew from the log, by the code that made it live; and the two compared, row by row.

Tables are a view of the log. Entries whose contents were erased or withheld cannot be folded again: they are named, never guessed.
Replay folds and does not judge: what stands on the log was accepted by the rules of its day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, Table, delete

from contracts.database import make_engine, metadata
from contracts.errors import Conflict, Invalid
from contracts.facts import Withheld
from contracts.projections import Projections
from ledger import store
from ledger.authority import Authority
from ledger.canonical import JSON
from ledger.contents import Opened, open_contents
from ledger.entry import Entry, decode_entry
from ledger.own_kinds import apply_statement
from ledger.sequencer import ERASURE, Candidate

Progress = Callable[[int], None]  #: entries done
Line = tuple[Entry, Mapping[str, JSON] | None]  #: an entry and its contents in travelling form, None where nothing travels
CHUNK = 500  #: entries read at once


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that could not be folded again."""

    index: int
    kind: str
    code: str  #: "erased", "withheld", "unreadable" or "failed"
    message: str


@dataclass(slots=True)
class Replay:
    """Folds the entries of one log in order into tables that begin empty."""

    connection: Connection
    log_id: int
    projections: Projections
    size: int = 0  #: entries seen
    skipped: list[Skipped] = field(default_factory=list)
    authority: Authority = field(default_factory=Authority)
    shaken: set[int] = field(default_factory=set)  #: entries not shown, and later ones about the same or referring to one of these
    shaken_names: set[str] = field(default_factory=set)  #: subjects and statement hashes of shaken entries
    _places: dict[str, int] = field(default_factory=dict)  #: index by statement hash
    _erased: dict[int, int] = field(default_factory=dict)  #: index of an erasure by the index of what it erased

    def open(self, entry: Entry, contents: Mapping[str, JSON] | None) -> Candidate:
        """Make the candidate that the sequencer made; raises EvidenceError for contents that are not the statement's."""
        statement = entry.signed.statement
        opened = Opened({}, tuple(range(statement.fields))) if contents is None else open_contents(statement, contents)
        return Candidate(self.log_id, entry.index, entry.received_at, entry.signed, opened, self.authority)

    def fold(self, candidate: Candidate) -> Skipped | None:
        """Fold one entry; gives why it could not be, with no row changed by it."""
        skipped, signed = self._try_fold(candidate), candidate.signed
        if skipped is not None:
            self.skipped.append(skipped)
        hidden = skipped is not None and skipped.code == "withheld"
        if hidden or not self.shaken_names.isdisjoint((signed.statement.about, *signed.statement.refs)):
            self.shaken.add(candidate.index)
            self.shaken_names.update((signed.statement.about, signed.hash))
        if signed.statement.kind == ERASURE and skipped is None:
            self._forget(candidate)
        apply_statement(self.authority, signed, candidate.index, candidate.received_at)
        self._places[signed.hash] = candidate.index
        self.size += 1
        return skipped

    def list_skipped(self) -> tuple[Skipped, ...]:
        """List what was skipped; what a later entry erased is said to be erased."""
        return tuple(self.explain(one) for one in self.skipped)

    def explain(self, skipped: Skipped) -> Skipped:
        """Say of withheld contents that they are erased where the log says so."""
        by = self._erased.get(skipped.index)
        if skipped.code != "withheld" or by is None:
            return skipped
        return Skipped(skipped.index, skipped.kind, "erased", f"its contents were erased by entry {by}")

    def _try_fold(self, candidate: Candidate) -> Skipped | None:
        kind = candidate.signed.statement.kind
        try:
            with self.connection.begin_nested():
                self.projections.fold(self.connection, candidate)
        except Withheld:
            return Skipped(candidate.index, kind, "withheld", "its contents are withheld")
        except Invalid as error:
            return Skipped(candidate.index, kind, "unreadable", error.message)
        except Exception as error:  # noqa: BLE001 - whatever a fold trips over in a log that is not sound, the reader is told and goes on
            return Skipped(candidate.index, kind, "failed", f"it does not follow from the entries before it ({_name_fault(error)})")
        return None

    def _forget(self, candidate: Candidate) -> None:
        public = candidate.signed.statement.public
        target, positions = self._places.get(str(public.get("statement"))), public.get("fields")
        if target is not None and isinstance(positions, (list, tuple)):
            self._erased[target] = candidate.index
            self.projections.forget(self.connection, self.log_id, target, [place for place in positions if isinstance(place, int)])


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to."""

    size: int  #: entries
    skipped: tuple[Skipped, ...]
    shaken: frozenset[int] = frozenset()  #: entries whose rows may differ because of that
    subjects: frozenset[str] = frozenset()  #: ids of what these entries are about


def replay_log(
    connection: Connection, log_id: int, lines: Iterable[Line], projections: Projections, on_progress: Progress | None = None
) -> Replayed:
    """Fold every entry of a log, from the first, into tables that hold no row of it.

    Raises EvidenceError for contents that are not the statement's.
    """
    replay = Replay(connection, log_id, projections)
    for entry, contents in lines:
        replay.fold(replay.open(entry, contents))
        if on_progress is not None:
            on_progress(replay.size)
    subjects = frozenset(name.partition(":")[2] for name in replay.shaken_names if ":" in name)
    return Replayed(replay.size, replay.list_skipped(), frozenset(replay.shaken), subjects)


def rebuild_rows(
    engine: Engine, log_id: int, projections: Projections, on_progress: Progress | None = None, *, drop_erased: bool = False
) -> Replayed:
    """Delete every folded row of a log and fold it anew, in one transaction that keeps writers out.

    Raises Conflict, with nothing changed, if entries cannot be folded again, unless `drop_erased` gives their rows up.
    """
    with store.writing(engine, log_id) as connection:
        for table in reversed(list_folded_tables()):
            connection.execute(delete(table).where(table.c.log_id == log_id))
        replayed = replay_log(connection, log_id, read_lines(connection, log_id), projections, on_progress)
        if replayed.skipped and not drop_erased:
            first = replayed.skipped[0]
            count = len(replayed.skipped)
            raise Conflict(
                f"{count} entries cannot be folded again, the first is entry {first.index}: {first.message}; nothing was changed"
            )
    return replayed


@contextmanager
def replay_aside(
    live: Connection, log_id: int, projections: Projections, on_progress: Progress | None = None
) -> Iterator[tuple[Connection, Replayed]]:
    """Replay a log from its database into an empty one in memory; gives the connection to that, and what the replay came to."""
    with open_empty() as connection:
        yield connection, replay_log(connection, log_id, read_lines(live, log_id), projections, on_progress)


@contextmanager
def open_empty() -> Iterator[Connection]:
    """Open an empty database in memory with the folded tables; it ends with the block."""
    engine = make_engine("sqlite://")
    try:
        with engine.begin() as connection:
            metadata.create_all(connection, tables=list_folded_tables())
            yield connection
    finally:
        engine.dispose()


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads, and sees log and tables as they were at one moment."""
    with store.open_reader(engine).connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def read_lines(connection: Connection, log_id: int) -> Iterator[Line]:
    """Read entries and contents of a log in order from its database."""
    begin = 0
    while entries := store.read_entries(connection, log_id, begin, begin + CHUNK):
        contents = store.read_contents(connection, log_id, begin, begin + CHUNK)
        for stored in entries:
            yield decode_entry(stored.body), contents.get(stored.index)
        begin += len(entries)


def list_folded_tables() -> list[Table]:
    """List the tables that a replay makes anew, in the order of their references: all but those marked as outside the log."""
    return [table for table in metadata.sorted_tables if not table.info.get("outside_log")]


def _name_fault(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
