"""Recovery: a log's database made anew, or brought up from an older copy, from its tiles and the archive of its contents.

1. What is there must be the beginning of what the tiles hold: else there are two histories, and nothing is touched.
2. The other entries are taken over byte by byte, each checked for form, chain and signature under the tiles' signed root.
3. Contents come from the archive; each is opened against its statement, and the log's erasures are applied again.
4. All of it is one transaction. The guard stays as it is: if it remembers more than the tiles, the log ends here and wants a successor.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from ledger import store
from ledger.canonical import JSON
from ledger.checkpoint import Checkpoint
from ledger.contents import open_contents, withhold_fields
from ledger.contents_archive import read_erasures
from ledger.entry import Entry
from ledger.errors import BadProof, BadSignature, EvidenceError
from ledger.guard import GuardError
from ledger.merkle import Node, hash_leaf
from ledger.scan import scan_entry
from ledger.sequencer import make_row
from ledger.tip import Tip, read_tip

_PART = 500  #: entries in one head
Archived = Iterable[tuple[int, Mapping[str, JSON]]]  #: index and contents, in order


@dataclass(frozen=True, slots=True)
class Source:
    """Where a log is recovered from."""

    checkpoint: Checkpoint  #: verified
    note: str  #: the checkpoint as signed
    bodies: Callable[[], Iterator[bytes]]  #: entry bytes under the checkpoint, led to its root, from the first; asked for twice
    contents: Archived


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery came to."""

    begin: int  #: entries that were there
    size: int  #: entries that are there now
    missing: tuple[int, ...]  #: entries whose contents were not found, or do not open

    @property
    def count(self) -> int:
        """Entries taken over."""
        return self.size - self.begin


def recover_log(engine: store.Engine, name: str, founded_at: str, source: Source) -> Recovered:
    """Bring a log up to a checkpoint; tables folded from it are made anew by its caller.

    Args:
        engine: of the database, migrated; fresh or behind.
        name: of the log.
        founded_at: instant for the log's row, if it has none.
        source: tiles and archive.

    Raises GuardError if the database holds another history, EvidenceError for what does not follow; then nothing is changed.
    """
    erased = read_erasures(source.bodies())
    with store.writing(engine, 0) as connection:
        log_id = store.find_log(connection, name)
        if log_id is None:
            log_id = store.insert_log(connection, name, founded_at)
        tip = read_tip(connection, log_id, Tip())
        recovery = _Recovery(connection, log_id, tip, erased, source.contents)
        bodies = source.bodies()
        recovery.compare(list(islice(bodies, tip.size))[-1:])
        while part := list(islice(bodies, _PART)):
            recovery.take(part)
        if tip.size < source.checkpoint.size and recovery.root != source.checkpoint.root:
            raise BadProof("the entries do not lead to the checkpoint's root")
        if not store.list_checkpoints(connection, log_id, from_size=source.checkpoint.size, limit=1):
            received = recovery.received_at
            store.insert_checkpoint(connection, log_id, source.checkpoint.size, received, source.note)
    return Recovered(tip.size, max(tip.size, source.checkpoint.size), tuple(recovery.missing))


class _Recovery:
    """The entries after a tip, taken over part by part."""

    def __init__(
        self, connection: store.Connection, log_id: int, tip: Tip, erased: Mapping[str, set[int]], contents: Archived
    ) -> None:  # fmt: skip
        self._connection, self._log_id, self._erased = connection, log_id, erased
        self._frontier, self._last_leaf, self.received_at = tip.frontier.copy(), tip.last_leaf, tip.received_at
        self._archived = iter(contents)
        self._next: tuple[int, Mapping[str, JSON]] | None = None
        self.missing: list[int] = []

    @property
    def root(self) -> bytes:
        """Root over all entries so far."""
        return self._frontier.compute_root()

    def compare(self, last: list[bytes]) -> None:
        """Compare the newest entry that is there with the tiles' at its place: the chain in it stands for all before."""
        if (
            self._frontier.size
            and last
            and hash_leaf(last[0]).hex() != self._last_leaf
            and scan_entry(last[0]).index == self._frontier.size - 1
        ):
            raise GuardError(
                f"entry {self._frontier.size - 1} of the database is not the one in the tiles: there are two histories; keep both"
            )

    def take(self, bodies: list[bytes]) -> None:
        """Store entries with their nodes, one head and their contents."""
        previous = self._frontier.size
        entries: list[store.StoredEntry] = []
        nodes: list[tuple[Node, bytes]] = []
        contents: dict[int, dict[str, JSON]] = {}
        for body in bodies:
            entry, leaf = self._read(body), hash_leaf(body)
            entries.append(make_row(entry, leaf, body))
            nodes += self._frontier.append(leaf)
            self._last_leaf, self.received_at = leaf.hex(), entry.received_at
            found = self._find_contents(entry)
            if found is not None:
                contents[entry.index] = found
        head = store.Head(self._frontier.size, self.root, self._last_leaf, self.received_at)
        store.append(self._connection, self._log_id, previous, head, entries, nodes)
        store.insert_contents(self._connection, self._log_id, contents)

    def _read(self, body: bytes) -> Entry:
        entry = scan_entry(body)
        if (entry.index, entry.previous) != (self._frontier.size, self._last_leaf):
            raise BadProof("it does not follow from the entry before it", index=self._frontier.size)
        if not entry.signed.holds():
            raise BadSignature("its signature does not hold", index=entry.index)
        return entry

    def _find_contents(self, entry: Entry) -> dict[str, JSON] | None:
        """Find the contents of an entry, without what was erased; None, and noted, if there are none that hold."""
        while self._next is None or self._next[0] < entry.index:
            self._next = next(self._archived, (1 << 62, {}))
        statement = entry.signed.statement
        if self._next[0] == entry.index:
            erased = sorted(self._erased.get(entry.signed.hash, set()) & set(range(statement.fields)))
            try:
                open_contents(statement, dict(self._next[1]))
                return withhold_fields(statement, self._next[1], erased) if erased else dict(self._next[1])
            except EvidenceError:
                pass
        if not statement.fields:
            return {"fields": []}
        self.missing.append(entry.index)
        return None
