"""Soundness of a stored log: entries, tree nodes, heads, checkpoints and contents recomputed from the entries' bytes, row by row.

The writer reads what it needs for the next batch; a row that somebody with the database's own rights changed far behind the tip is found
here. Only the entries' bytes and the log's public key are believed; whether a signer had the right to sign is the offline verifier's work.

1. Each entry's bytes: form, signature, chain, and the columns that were read from them.
2. Each complete node of the tree over the entries' hashes.
3. Each head, and each checkpoint with its signature, against the root at its size.
4. Each entry's contents against the root that its statement commits to; what is withheld must have been erased on the log.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

from ledger import store
from ledger.authority import Authority
from ledger.canonical import JSON
from ledger.checkpoint import verify_checkpoint
from ledger.contents import open_contents
from ledger.entry import FIRST_PREVIOUS, Entry
from ledger.errors import EvidenceError, Malformed
from ledger.merkle import Frontier, Node, hash_leaf
from ledger.note import VerifierKey, read_verifier_key
from ledger.own_kinds import apply_statement
from ledger.scan import scan_entry
from ledger.tip import STATE_KINDS

MAX_FAULTS = 100  #: faults that are named; the check ends there
CHUNK = 500  #: entries read at once
_ERASURE = "contents.erased"
Progress = Callable[[int], None]  #: entries done


@dataclass(frozen=True, slots=True)
class Unsound:
    """One row that is not what follows from the entries."""

    index: int  #: the entry that it belongs to; of a node, head or checkpoint the newest one that it covers
    table: str  #: name of its table
    message: str

    @property
    def words(self) -> str:
        """It in a line."""
        return f"entry {self.index}, {self.table}: {self.message}"


class _Full(Exception):
    """So much is wrong that more would say nothing new."""


def check_stored(
    connection: store.Connection, log_id: int, origin: str, log_key: VerifierKey, on_progress: Progress | None = None
) -> tuple[Unsound, ...]:
    """Recompute everything stored of a log and name each row that differs, by index; empty for a sound log.

    Args:
        connection: in one transaction, so that all tables are of one moment.
        log_id: row of the log.
        origin: name of the log.
        log_key: verifier key of its checkpoints; of a log that changed its key the newest.
        on_progress: called now and then with the number of entries done.
    """
    return _run(_Check(log_id, origin, log_key), lambda: nullcontext(connection), on_progress)


def check_quietly(
    engine: store.Engine, log_id: int, origin: str, log_key: VerifierKey, on_progress: Progress | None = None
) -> tuple[Unsound, ...]:
    """Do the same beside a running writer, in a short transaction for each 500 entries and in memory that does not grow with the log.

    What was read does not change any more, but for erasures, which are read again with each part. `on_progress` may wait: that is the pace.
    """
    return _run(_Check(log_id, origin, log_key), lambda: store.reading(engine), on_progress)


def _run(
    check: "_Check", connect: Callable[[], AbstractContextManager[store.Connection]], on_progress: Progress | None
) -> tuple[Unsound, ...]:
    try:
        while True:
            with connect() as connection:
                more = check.read_part(connection)
            if not more:
                break
            if on_progress is not None:
                on_progress(check.size)
    except _Full:
        pass
    return tuple(sorted(check.faults, key=lambda fault: fault.index))


class _Check:
    """One pass over a log, part by part; each part may have a transaction of its own, and sees a log that only grew."""

    def __init__(self, log_id: int, origin: str, log_key: VerifierKey) -> None:
        self._log_id, self._origin, self._key = log_id, origin, log_key
        self.faults: list[Unsound] = []
        self._frontier, self._last_leaf, self._received_at = Frontier(), FIRST_PREVIOUS, ""
        self._heads: deque[tuple[int, store.Head]] = deque()  #: read and not yet passed, each with the size that it goes on from
        self._notes: deque[tuple[int, str]] = deque()  #: the same of checkpoints
        self._next_head = self._next_note = 0  #: where the next page of them begins
        self._reached = 0  #: size of the newest head that was passed
        self._authority = Authority()
        self._erased: dict[str, set[int]] = defaultdict(set)  #: positions by statement hash
        self._erasures_read = -1  #: index up to which erasures were read

    @property
    def size(self) -> int:
        """Entries done."""
        return self._frontier.size

    def read_part(self, connection: store.Connection) -> bool:
        """Check the next entries with what lies at their sizes, after the last one what only the end shows; tell whether there was more."""
        begin = self.size
        self._read_erasures(connection)
        stored = store.read_entries(connection, self._log_id, begin, begin + CHUNK)
        if not stored:
            self._finish(connection)
            return False
        nodes: list[tuple[Node, bytes]] = []
        for one in stored:
            if one.index != self.size:
                self._blame(self.size, "ledger_entries", f"the entry is missing: the next one is {one.index}")
                raise _Full  # the tree over what is left is another one: nothing more can be compared
            self._check_entry(one)
            nodes += self._frontier.append(bytes.fromhex(self._last_leaf))
            self._check_size(connection, one.index)
        self._check_nodes(connection, nodes)
        self._check_contents(connection, begin, stored)
        return True

    def _finish(self, connection: store.Connection) -> None:
        """Check that the newest head is at the end, and nothing lies beyond it."""
        while (beyond := self._peek_head(connection)) is not None:
            self._pass_head(*beyond)
        if self._reached != self.size:
            self._blame(
                min(self.size, self._reached), "ledger_heads", f"the newest head covers {self._reached} entries, there are {self.size}"
            )
        while (note := self._peek_note(connection)) is not None:
            self._notes.popleft()
            self._blame(self.size, "ledger_checkpoints", f"a checkpoint covers {note[0]} entries, there are {self.size}")

    def _peek_head(self, connection: store.Connection) -> tuple[int, store.Head] | None:
        if not self._heads:
            self._heads.extend(store.list_heads(connection, self._log_id, after=self._next_head - 1, limit=CHUNK))
            self._next_head = self._heads[-1][0] + 1 if self._heads else self._next_head
        return self._heads[0] if self._heads else None

    def _pass_head(self, previous: int, head: store.Head) -> None:
        self._heads.popleft()
        if previous != self._reached:
            place = max(self._reached - 1, 0)
            self._blame(place, "ledger_heads", f"no head goes on from {self._reached}: the next one begins at {previous}")
        self._reached = head.size

    def _peek_note(self, connection: store.Connection) -> tuple[int, str] | None:
        if not self._notes:
            page = store.list_checkpoints(connection, self._log_id, from_size=self._next_note, limit=CHUNK)
            self._notes.extend((size, note) for size, _, note in page)
            self._next_note = page[-1][0] + 1 if page else self._next_note
        return self._notes[0] if self._notes else None

    def _blame(self, index: int, table: str, message: str) -> None:
        self.faults.append(Unsound(index, table, message))
        if len(self.faults) >= MAX_FAULTS:
            raise _Full

    def _check_entry(self, stored: store.StoredEntry) -> None:
        """Check one entry's bytes and columns; its stored hash goes into the tree, so that one changed row is one fault."""
        previous, self._last_leaf = self._last_leaf, stored.leaf_hash
        if (leaf := hash_leaf(stored.body).hex()) != stored.leaf_hash:
            self._blame(stored.index, "ledger_entries", f"its bytes have the hash {leaf}, the row says {stored.leaf_hash}")
        try:
            entry = scan_entry(stored.body)
        except EvidenceError as error:
            self._blame(stored.index, "ledger_entries", str(error))
            return
        if entry.previous != previous:
            self._blame(stored.index, "ledger_entries", f"previous names {entry.previous}, the entry before has the hash {previous}")
        if not entry.signed.holds():
            self._blame(stored.index, "ledger_entries", "the signature does not hold")
        for name, says, wanted in _list_columns(stored, entry):
            if says != wanted:
                self._blame(stored.index, "ledger_entries", f"the column {name} says {says}, its bytes {wanted}")
        self._received_at = entry.received_at
        if stored.kind in STATE_KINDS and stored.leaf_hash == leaf:
            with suppress(
                EvidenceError, KeyError, ValueError
            ):  # of an entry that should never have been taken; the offline verifier says so
                apply_statement(self._authority, entry.signed, entry.index, entry.received_at)

    def _check_size(self, connection: store.Connection, index: int) -> None:
        """Check head and checkpoint at the size that the tree has now."""
        size = index + 1
        while (next_head := self._peek_head(connection)) is not None and next_head[1].size <= size:
            self._pass_head(*next_head)
            if next_head[1].size == size:
                self._check_head(next_head[1], index)
        while (next_note := self._peek_note(connection)) is not None and next_note[0] <= size:
            self._notes.popleft()
            if next_note[0] == size:
                self._check_note(next_note[1], index)

    def _check_head(self, head: store.Head, index: int) -> None:
        wanted = (self._frontier.compute_root(), self._last_leaf, self._received_at)
        found = (head.root, head.last_leaf, head.received_at)
        for name, says, right in zip(("root", "last_leaf", "received_at"), found, wanted, strict=True):
            if says != right:
                self._blame(index, "ledger_heads", f"at size {head.size} the column {name} is not what the entries give")

    def _check_note(self, note: str, index: int) -> None:
        size = index + 1
        changed = len(self._authority.log_keys) > 1
        try:
            key = read_verifier_key(self._authority.log_key_at(size)) if changed else self._key
            checkpoint = verify_checkpoint(note, self._origin, key)
        except EvidenceError as error:
            self._blame(index, "ledger_checkpoints", f"at size {size}: {error}")
            return
        if (checkpoint.size, checkpoint.root) != (size, self._frontier.compute_root()):
            self._blame(index, "ledger_checkpoints", f"at size {size}: it was signed over {checkpoint.size} entries with another root")

    def _check_nodes(self, connection: store.Connection, wanted: Sequence[tuple[Node, bytes]]) -> None:
        upper = {node: found for node, found in wanted if node[0] > 0}
        stored = store.read_nodes(connection, self._log_id, list(upper))
        for node, right in upper.items():
            level, place = node
            newest = ((place + 1) << level) - 1
            if node not in stored:
                self._blame(newest, "ledger_nodes", f"node {place} of level {level} is missing")
            elif stored[node] != right:
                first = place << level
                self._blame(newest, "ledger_nodes", f"node {place} of level {level} is not the hash over entries {first} to {newest}")

    def _check_contents(self, connection: store.Connection, begin: int, entries: Sequence[store.StoredEntry]) -> None:
        kept = self._read_contents(connection, begin, begin + len(entries))
        for stored in entries:
            try:
                statement = scan_entry(stored.body).signed.statement
                if stored.index in kept:
                    withheld = set(open_contents(statement, kept[stored.index]).withheld)
                elif statement.fields:
                    raise Malformed("its contents are missing")
                else:
                    continue
            except EvidenceError as error:
                self._blame(stored.index, "ledger_contents", str(error))
                continue
            erased = self._erased.get(stored.statement_hash, set()) & set(range(statement.fields))
            for place in sorted(withheld ^ erased):
                words = "was erased, and is there" if place in erased else "is not there, and no entry erased it"
                self._blame(stored.index, "ledger_contents", f"field {place} {words}")

    def _read_contents(self, connection: store.Connection, begin: int, end: int) -> Mapping[int, JSON]:
        """Read contents; where a row is no JSON at all, one by one, so that it is named."""
        try:
            return store.read_contents(connection, self._log_id, begin, end)
        except ValueError:
            if end - begin > 1:
                middle = (begin + end) // 2
                return {**self._read_contents(connection, begin, middle), **self._read_contents(connection, middle, end)}
            return {begin: ""}  # no form of contents: opening it says so

    def _read_erasures(self, connection: store.Connection) -> None:
        """Read which positions the log says were erased; what cannot be read is blamed where it stands."""
        for stored in store.list_entries(connection, self._log_id, kinds=[_ERASURE], after=self._erasures_read):
            self._erasures_read = stored.index
            with suppress(EvidenceError):
                public = scan_entry(stored.body).signed.statement.public
                named = public.get("fields")
                places = named if isinstance(named, (list, tuple)) else ()
                self._erased[str(public.get("statement"))].update(place for place in places if isinstance(place, int))


def _list_columns(stored: store.StoredEntry, entry: Entry) -> list[tuple[str, object, object]]:
    """List what a row says beside its bytes, and what the bytes say."""
    signed, statement = entry.signed, entry.signed.statement
    return [
        ("idx", stored.index, entry.index),
        ("statement_hash", stored.statement_hash, signed.hash),
        ("author", stored.author, statement.author),
        ("statement_id", stored.statement_id, statement.id),
        ("kind", stored.kind, statement.kind),
        ("key", stored.key, statement.key),
        ("key_seq", stored.key_seq, statement.key_seq),
        ("about", stored.about, statement.about),
        ("received_at", stored.received_at, entry.received_at),
    ]
