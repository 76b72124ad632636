"""The store: every SQL sentence that the ledger speaks; with ledger/tables.py all that ledger/ knows of SQLAlchemy.

The insert of the next head, unique by (log, previous size), is the commit point: a compare-and-swap.
Functions take an open connection and belong to its caller's transaction; hashes are hex outside and 32 bytes in the tables.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from ledger.canonical import JSON
from ledger.merkle import Node
from ledger.tables import checkpoints, contents, entries, heads, logs, metadata, nodes

__all__ = ["metadata"]  # the tables, for whoever compares or migrates

Connection: TypeAlias = sa.Connection
Engine: TypeAlias = sa.Engine

READING = "ledger_reading"  #: execution option of engines whose transactions only read
CHUNK = 500  #: values in one IN list
_LOCK_CLASS = 0x4C4F4700  #: first key of the advisory locks: one log's writer, and, one above, its leader


class LostRace(Exception):
    """Another writer placed the next head first: nothing was stored; read the new head and try again."""


class Outage(Exception):
    """The database failed, not the data; whether a commit came through is unknown until it is read again."""


class DiskFault(Outage):
    """SQLite's file cannot be written or is damaged: full, read-only, an error of the disk. Trying again could lose what was acknowledged.

    After a failed fsync the kernel may drop what it could not write and report the next fsync as done. A PostgreSQL server deals with its
    own disks, so from there this never comes.
    """


@dataclass(frozen=True, slots=True)
class Head:
    """A log's newest state, as committed."""

    size: int
    root: bytes
    last_leaf: str  #: leaf hash of entry size − 1, 64 hex digits
    received_at: str  #: of entry size − 1


class StoredEntry(NamedTuple):
    """One entry as stored; `body` is what counts, the rest is read from it."""

    index: int  # type: ignore[assignment]  # nobody searches an entry for a value, which is what a tuple's index is for
    leaf_hash: str  #: 64 hex digits
    statement_hash: str  #: 64 hex digits
    author: str
    statement_id: str
    kind: str
    key: str
    key_seq: int
    about: str
    received_at: str
    body: bytes  #: canonical entry bytes


def open_reader(engine: Engine) -> Engine:
    """Give an engine on the same pool whose transactions only read; one that is such an engine itself.

    PostgreSQL, at its usual level, shows each query what was committed before it, in a transaction or out of one: there each query is by
    itself, which saves the two journeys of BEGIN and COMMIT. SQLite's transactions see one state.
    """
    # Making one costs a third of a proof: who reads often keeps it.
    if engine.get_execution_options().get(READING):
        return engine
    options = {"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {}
    return engine.execution_options(**{READING: True}, **options)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads; raises Outage when the database fails."""
    with naming_outages(), open_reader(engine).begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine, log_id: int) -> Iterator[Connection]:
    """Open a transaction that may append to a log; raises Outage when the database fails, at commit too."""
    with naming_outages(), engine.begin() as connection:
        lock_writers(connection, log_id)
        yield connection


def lock_writers(connection: Connection, log_id: int) -> None:
    """Let one writer of a log at a time begin. It saves work and no more: who comes second waits instead of losing the race."""
    if connection.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE does the same
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_CLASS, log_id)))


@contextmanager
def naming_outages() -> Iterator[None]:
    """Raise Outage for whatever says that the database failed."""
    try:
        yield
    except Exception as error:
        if is_outage(error):
            raise (DiskFault if is_disk_fault(error) else Outage)(f"{type(error).__name__}: {error}") from error
        raise


def is_disk_fault(error: BaseException) -> bool:
    """Tell whether the disk under a SQLite file is to blame: read-only, I/O error, damaged, full, no database any more."""
    if not isinstance(error, DBAPIError):
        return error.__cause__ is not None and is_disk_fault(error.__cause__)
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (8, 10, 11, 13, 26)


def is_outage(error: BaseException) -> bool:
    """Tell whether the database failed (connection, disk, lock, shutdown) and not what was asked of it."""
    if isinstance(error, sa.exc.TimeoutError):
        return True  # no connection became free
    if not isinstance(error, DBAPIError):
        return error.__cause__ is not None and is_outage(error.__cause__)
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in (5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26)  # busy, locked, memory, read-only … disk, full, cannot open
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError)
    return state[:2] in ("08", "40", "53", "57", "58") or state == "25006"  # connection, serialisation, resources … read-only standby


def try_leader_lock(connection: Connection, log_id: int) -> bool:
    """Take PostgreSQL's session lock of a log's leader, held as long as the connection lives; False if another has it."""
    return bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(_LOCK_CLASS + 1, log_id))).scalar())


def touch(connection: Connection) -> None:
    """Ask a connection whether it lives."""
    connection.execute(sa.select(1))
    connection.commit()


def insert_log(connection: Connection, name: str, founded_at: str) -> int:
    """Make a log's row; returns its id."""
    result = connection.execute(logs.insert().values(name=name, founded_at=founded_at))
    key = result.inserted_primary_key
    return int(key[0]) if key is not None else 0


def find_log(connection: Connection, name: str) -> int | None:
    """Find a log's id by its name."""
    return connection.execute(sa.select(logs.c.id).where(logs.c.name == name)).scalar()


def read_head(connection: Connection, log_id: int, size: int | None = None) -> Head | None:
    """Read the newest head, or the one that ended a commit at `size`."""
    query = sa.select(heads).where(heads.c.log_id == log_id)
    query = query.order_by(heads.c.size.desc()).limit(1) if size is None else query.where(heads.c.size == size)
    row = connection.execute(query).first()
    return None if row is None else Head(row.size, row.root, row.last_leaf.hex(), row.received_at)


def list_heads(connection: Connection, log_id: int, *, after: int = -1, limit: int | None = None) -> list[tuple[int, Head]]:
    """List heads in order, each with the size that it went on from, from previous size `after` + 1 on."""
    query = sa.select(heads).where(heads.c.log_id == log_id, heads.c.previous_size > after).order_by(heads.c.previous_size).limit(limit)
    found = connection.execute(query)
    return [(row.previous_size, Head(row.size, row.root, row.last_leaf.hex(), row.received_at)) for row in found]


def _insert_many(connection: Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows given in the order of the table's columns, in one call of the driver: SQLAlchemy's own way costs as much as SQLite's.

    Any fault here undoes the whole transaction, so that SQLite need not journal each sentence as well: hence OR FAIL.
    """
    if rows:
        sqlite = connection.dialect.name == "sqlite"
        places = ", ".join("?" if sqlite else "%s" for _ in table.columns)
        names = ", ".join(table.columns.keys())
        connection.exec_driver_sql(f"INSERT {'OR FAIL ' if sqlite else ''}INTO {table.name} ({names}) VALUES ({places})", list(rows))  # noqa: S608 - names of ledger/tables.py


def append(
    connection: Connection, log_id: int, previous_size: int, head: Head, new: Sequence[StoredEntry], complete: Iterable[tuple[Node, bytes]]
) -> None:
    """Append entries with the nodes they complete and the head they lead to; raises LostRace if another head follows `previous_size`."""
    last_leaf = bytes.fromhex(head.last_leaf)
    try:
        _insert_many(connection, heads, [(log_id, previous_size, head.size, head.root, last_leaf, head.received_at)])
    except IntegrityError as error:
        raise LostRace(f"another writer went on from {previous_size}") from error
    _insert_many(connection, entries, [_write_entry(log_id, entry) for entry in new])
    _insert_many(connection, nodes, [(log_id, *node, found) for node, found in complete])


def _write_entry(log_id: int, entry: StoredEntry) -> tuple[Any, ...]:
    index, leaf_hash, statement_hash, *rest = entry
    return (log_id, index, bytes.fromhex(leaf_hash), bytes.fromhex(statement_hash), *rest)


def read_entries(connection: Connection, log_id: int, begin: int, end: int) -> list[StoredEntry]:
    """Read entries [begin, end) in order; fewer where the log ends."""
    query = _ENTRIES.where(entries.c.log_id == log_id, entries.c.idx >= begin, entries.c.idx < end).order_by(entries.c.idx)
    return [_read_entry(row) for row in connection.execute(query)]


def list_entries(
    connection: Connection,
    log_id: int,
    *,
    kinds: Sequence[str] | None = None,
    about: str | None = None,
    author: str | None = None,
    after: int = -1,
    limit: int | None = None,
) -> list[StoredEntry]:
    """List entries in order from index `after` + 1 on, by kinds, subject and author."""
    query = _ENTRIES.where(entries.c.log_id == log_id, entries.c.idx > after).order_by(entries.c.idx).limit(limit)
    if about is not None:
        query = query.where(entries.c.about == about)
    if author is not None:
        query = query.where(entries.c.author == author)
    # One query for each kind: for several at once SQLite takes the order of the primary key and walks over the whole log.
    queries = [query] if kinds is None else [query.where(entries.c.kind == kind) for kind in kinds]
    found = [_read_entry(row) for one in queries for row in connection.execute(one)]
    return sorted(found, key=lambda entry: entry.index)[:limit]


def find_indexes(
    connection: Connection,
    log_id: int,
    kinds: Sequence[str] | None,
    *,
    about: str | None = None,
    author: str | None = None,
    span: range,
    down: bool = False,
    limit: int,
) -> list[int]:
    """Find which entries of some kinds, of a subject or an author, lie in a span of indexes, from either end of it.

    The cost does not grow with the log: each part of the query is a run through one index. Hence an author is asked for by kinds.
    """
    order = entries.c.idx.desc() if down else entries.c.idx
    query = sa.select(entries.c.idx).where(entries.c.log_id == log_id, entries.c.idx >= span.start, entries.c.idx < span.stop)
    query = query.order_by(order).limit(limit)
    if author is not None:
        query = query.where(entries.c.author == author)
    if about is not None:  # few entries share a subject: the rest is compared with them
        query = query.where(entries.c.about == about)
        queries = [query if kinds is None else query.where(entries.c.kind.in_(kinds))]
    else:
        queries = [query] if kinds is None else [query.where(entries.c.kind == kind) for kind in kinds]
    found = [index for one in queries for index in connection.execute(one).scalars()]
    return sorted(found, reverse=down)[:limit]


def find_first_at(connection: Connection, log_id: int, instant: str, size: int) -> int:
    """Find the first of `size` entries that was received at an instant or later, by halving: `received_at` never decreases."""
    query = sa.select(entries.c.received_at).where(entries.c.log_id == log_id)
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        received = connection.execute(query.where(entries.c.idx == middle)).scalar_one()
        low, high = (middle + 1, high) if received < instant else (low, middle)
    return low


def read_entries_at(connection: Connection, log_id: int, indexes: Sequence[int]) -> dict[int, StoredEntry]:
    """Read entries by index."""
    query = _ENTRIES.where(entries.c.log_id == log_id)
    parts = [indexes[begin : begin + CHUNK] for begin in range(0, len(indexes), CHUNK)]
    return {row[0]: _read_entry(row) for part in parts for row in connection.execute(query.where(entries.c.idx.in_(part)))}


def find_by_hashes(connection: Connection, log_id: int, hashes: Sequence[str]) -> dict[str, StoredEntry]:
    """Find entries by statement hash."""
    query = _ENTRIES.where(entries.c.log_id == log_id)
    found: dict[str, StoredEntry] = {}
    for begin in range(0, len(hashes), CHUNK):
        part = [bytes.fromhex(text) for text in hashes[begin : begin + CHUNK]]
        for row in connection.execute(query.where(entries.c.statement_hash.in_(part))):
            found[row[2].hex()] = _read_entry(row)
    return found


def find_by_ids(connection: Connection, log_id: int, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], StoredEntry]:
    """Find entries by (author, statement id)."""
    columns = ", ".join(f"t.{column.name}" for column in entries.c[1:])
    found = [_read_entry(row) for row in _join_keys(connection, log_id, (entries, columns, ("author", "statement_id"), ids))]
    return {(entry.author, entry.statement_id): entry for entry in found}


def find_used_seqs(connection: Connection, log_id: int, seqs: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Find which (key, key_seq) stand on the log."""
    return {(row[0], row[1]) for row in _join_keys(connection, log_id, (entries, "t.key, t.key_seq", ("key", "key_seq"), seqs))}


def read_last_seq(connection: Connection, log_id: int, key: str) -> int:
    """Read the highest key_seq of a key on the log, 0 if it signed nothing yet."""
    query = sa.select(sa.func.max(entries.c.key_seq)).where(entries.c.log_id == log_id, entries.c.key == key)
    return connection.execute(query).scalar() or 0


def _join_keys(connection: Connection, log_id: int, *lookups: tuple[sa.Table, str, tuple[str, ...], Sequence[Any]]) -> list[Any]:
    """Look up rows by many keys at once: table, columns wanted, names of the key's parts, keys; several look-ups have their rows joined.

    The keys travel as one JSON value and lead the join. SQLite would answer `(a, b) IN (VALUES …)` by a walk over the whole log, and one
    parameter each would make the database read another sentence for each number of keys. The sentence goes to the driver as it is, which
    halves the time of a proof.
    """
    sentences = [_write_join(connection.dialect.name, table, columns, names) for table, columns, names, _ in lookups]
    values = [value for *_, keys in lookups for value in (json.dumps(keys), log_id)]
    return list(connection.exec_driver_sql(" UNION ALL ".join(sentences), tuple(values)))


@lru_cache(maxsize=64)
def _write_join(dialect: str, table: sa.Table, columns: str, names: tuple[str, ...]) -> str:
    if dialect == "sqlite":
        source, place = "json_each(?)", "?"
        parts = [f"json_extract(j.value, '$[{number}]')" for number in range(len(names))]
    else:
        source, place = "jsonb_array_elements(CAST(%s AS jsonb))", "%s"
        kinds = ["bigint" if isinstance(table.c[name].type, sa.BigInteger) else "text" for name in names]
        parts = [f"CAST(j.value->>{number} AS {kind})" for number, kind in enumerate(kinds)]
    matches = " AND ".join(f"t.{name} = {part}" for name, part in zip(names, parts, strict=True))
    if dialect == "sqlite":
        return f"SELECT {columns} FROM {source} AS j CROSS JOIN {table.name} AS t WHERE t.log_id = {place} AND {matches}"  # noqa: S608 - our own names
    # One row each: PostgreSQL, which knows nothing of a young table, would read all of it and compare.
    found = f"(SELECT * FROM {table.name} AS t WHERE t.log_id = {place} AND {matches} LIMIT 1)"  # noqa: S608 - our own names
    return f"SELECT {columns} FROM {source} AS j CROSS JOIN LATERAL {found} AS t"  # noqa: S608 - our own names


_ENTRIES = sa.select(*entries.c[1:])


def _read_entry(row: Sequence[Any]) -> StoredEntry:
    return StoredEntry(row[0], row[1].hex(), row[2].hex(), *row[3:])


def read_nodes(connection: Connection, log_id: int, wanted: Sequence[Node]) -> dict[Node, bytes]:
    """Read complete nodes, leaf hashes included, in one query; a node that is missing is not in the answer."""
    leaves, upper = [(index,) for level, index in wanted if level == 0], [node for node in wanted if node[0] > 0]
    lookups: list[tuple[sa.Table, str, tuple[str, ...], Sequence[Any]]] = []
    if leaves:
        lookups.append((entries, "0, t.idx, t.leaf_hash", ("idx",), leaves))
    if upper:
        lookups.append((nodes, "t.level, t.idx, t.hash", ("level", "idx"), upper))
    return {(row[0], row[1]): bytes(row[2]) for row in _join_keys(connection, log_id, *lookups)} if lookups else {}


def insert_checkpoint(connection: Connection, log_id: int, size: int, signed_at: str, note: str) -> None:
    """Keep a signed checkpoint."""
    connection.execute(checkpoints.insert().values(log_id=log_id, size=size, signed_at=signed_at, note=note))


def list_checkpoints(
    connection: Connection, log_id: int, *, from_size: int = 0, newest_first: bool = False, limit: int | None = None
) -> list[tuple[int, str, str]]:
    """List checkpoints (size, signed_at, note) whose size is at least `from_size`, by size."""
    order = checkpoints.c.size.desc() if newest_first else checkpoints.c.size
    query = sa.select(*checkpoints.c[1:]).where(checkpoints.c.log_id == log_id, checkpoints.c.size >= from_size)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(order).limit(limit))]


def insert_contents(connection: Connection, log_id: int, bodies: Mapping[int, Mapping[str, JSON]]) -> None:
    """Keep the contents of new entries, by index."""
    rows = [(log_id, index, _NO_FIELDS if body == {"fields": []} else _write_json(body)) for index, body in bodies.items()]
    _insert_many(connection, contents, rows)


def read_contents(connection: Connection, log_id: int, begin: int, end: int) -> dict[int, dict[str, JSON]]:
    """Read the contents of the entries [begin, end), as far as they have any."""
    query = sa.select(contents.c.idx, contents.c.body)
    rows = connection.execute(query.where(contents.c.log_id == log_id, contents.c.idx >= begin, contents.c.idx < end))
    return {row.idx: json.loads(row.body) for row in rows}


def erase_contents(connection: Connection, log_id: int, index: int, rest: Mapping[str, JSON]) -> None:
    """Replace an entry's contents by what an erasure leaves of them."""
    query = contents.update().where(contents.c.log_id == log_id, contents.c.idx == index)
    connection.execute(query.values(body=_write_json(rest)))


_NO_FIELDS = '{"fields":[]}'
_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
