"""Soundness of a stored log: entries, tree nodes, heads, checkpoints and contents recomputed from the entries' bytes, row by row.

The writer reads what it needs for the next batch; a row that somebody with the database's own rights changed far behind the tip is found
here. Only the entries' bytes and the log's public key are believed; whether a signer had the right to sign is the offline verifier's work.

1. Each entry's bytes: form, signature, chain, and the columns that were read from them.
2. Each complete node of the tree over the entries' hashes.
3. Each head, and each checkpoint with its signature, against the root at its size.
4. Each entry's contents against the root that its statement commits to; what is withheld must have been erased on the log.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from ledger import store
from ledger.canonical import JSON
from ledger.checkpoint import verify_checkpoint
from ledger.contents import open_contents
from ledger.entry import FIRST_PREVIOUS, Entry
from ledger.errors import EvidenceError, Malformed
from ledger.merkle import Frontier, Node, hash_leaf
from ledger.note import VerifierKey
from ledger.scan import scan_entry

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
        log_key: verifier key of its checkpoints.
        on_progress: called now and then with the number of entries done.
    """
    check = _Check(connection, log_id, origin, log_key)
    try:
        for begin in check.read_entries():
            if on_progress is not None:
                on_progress(begin)
        check.finish()
    except _Full:
        pass
    return tuple(sorted(check.faults, key=lambda fault: fault.index))


class _Check:
    """One pass over a log."""

    def __init__(self, connection: store.Connection, log_id: int, origin: str, log_key: VerifierKey) -> None:
        self._connection, self._log_id, self._origin, self._key = connection, log_id, origin, log_key
        self.faults: list[Unsound] = []
        self._frontier, self._last_leaf, self._received_at = Frontier(), FIRST_PREVIOUS, ""
        self._heads = {head.size: (previous, head) for previous, head in store.list_heads(connection, log_id)}
        self._notes = {size: note for size, _, note in store.list_checkpoints(connection, log_id)}
        self._erased = _read_erasures(connection, log_id)  #: positions by statement hash

    def read_entries(self) -> Iterator[int]:
        """Check all entries with what lies at their sizes; gives how many are done, chunk by chunk."""
        begin = 0
        while stored := store.read_entries(self._connection, self._log_id, begin, begin + CHUNK):
            nodes: list[tuple[Node, bytes]] = []
            for one in stored:
                if one.index != self._frontier.size:
                    self._blame(self._frontier.size, "ledger_entries", f"the entry is missing: the next one is {one.index}")
                    raise _Full  # the tree over what is left is another one: nothing more can be compared
                self._check_entry(one)
                nodes += self._frontier.append(bytes.fromhex(self._last_leaf))
                self._check_size(one.index)
            self._check_nodes(nodes)
            self._check_contents(begin, stored)
            begin += len(stored)
            yield begin

    def finish(self) -> None:
        """Check what only the end shows: the newest head, heads without a gap, nothing beyond them, nothing withheld unsaid."""
        size = self._frontier.size
        chain = sorted((previous, head.size) for previous, head in self._heads.values())
        for (_, reached), (previous, _) in pairwise([(0, 0), *chain]):
            if previous != reached:
                self._blame(max(reached - 1, 0), "ledger_heads", f"no head goes on from {reached}: the next one begins at {previous}")
        newest = max(self._heads, default=0)
        if newest != size:
            self._blame(min(size, newest), "ledger_heads", f"the newest head covers {newest} entries, there are {size}")
        for beyond in sorted(one for one in self._notes if one > size):
            self._blame(size, "ledger_checkpoints", f"a checkpoint covers {beyond} entries, there are {size}")

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

    def _check_size(self, index: int) -> None:
        """Check head and checkpoint at the size that the tree has now."""
        size = index + 1
        if size in self._heads:
            _, head = self._heads[size]
            wanted = (self._frontier.compute_root(), self._last_leaf, self._received_at)
            for name, says, right in zip(
                ("root", "last_leaf", "received_at"), (head.root, head.last_leaf, head.received_at), wanted, strict=True
            ):
                if says != right:
                    self._blame(index, "ledger_heads", f"at size {size} the column {name} is not what the entries give")
        if size in self._notes:
            try:
                checkpoint = verify_checkpoint(self._notes[size], self._origin, self._key)
            except EvidenceError as error:
                self._blame(index, "ledger_checkpoints", f"at size {size}: {error}")
                return
            if (checkpoint.size, checkpoint.root) != (size, self._frontier.compute_root()):
                self._blame(index, "ledger_checkpoints", f"at size {size}: it was signed over {checkpoint.size} entries with another root")

    def _check_nodes(self, wanted: Sequence[tuple[Node, bytes]]) -> None:
        upper = {node: found for node, found in wanted if node[0] > 0}
        stored = store.read_nodes(self._connection, self._log_id, list(upper))
        for node, right in upper.items():
            level, place = node
            newest = ((place + 1) << level) - 1
            if node not in stored:
                self._blame(newest, "ledger_nodes", f"node {place} of level {level} is missing")
            elif stored[node] != right:
                first = place << level
                self._blame(newest, "ledger_nodes", f"node {place} of level {level} is not the hash over entries {first} to {newest}")

    def _check_contents(self, begin: int, entries: Sequence[store.StoredEntry]) -> None:
        kept = self._read_contents(begin, begin + len(entries))
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

    def _read_contents(self, begin: int, end: int) -> Mapping[int, JSON]:
        """Read contents; where a row is no JSON at all, one by one, so that it is named."""
        try:
            return store.read_contents(self._connection, self._log_id, begin, end)
        except ValueError:
            if end - begin > 1:
                middle = (begin + end) // 2
                return {**self._read_contents(begin, middle), **self._read_contents(middle, end)}
            return {begin: ""}  # no form of contents: opening it says so


def _read_erasures(connection: store.Connection, log_id: int) -> dict[str, set[int]]:
    """Read which positions the log says were erased, by statement hash; what cannot be read is blamed where it stands."""
    erased: dict[str, set[int]] = defaultdict(set)
    for stored in store.list_entries(connection, log_id, kinds=[_ERASURE]):
        with suppress(EvidenceError):
            public = scan_entry(stored.body).signed.statement.public
            named = public.get("fields")
            places = named if isinstance(named, (list, tuple)) else ()
            erased[str(public.get("statement"))].update(place for place in places if isinstance(place, int))
    return erased


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
