"""What the entries so far have used up: ids, key sequences, statement hashes, and every root that the tree has had.

The sequencer reads the same from its tables; here it is kept in memory, about 450 bytes an entry, for one pass over a whole log.
Codes of findings are the sequencer's: replayed-id, used-key-seq, seen-contradicts, unknown-ref.
"""

import secrets
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.entry import Entry
from ledger.errors import Finding
from ledger.merkle import EMPTY_ROOT, HASH_BYTES, cover_range, fold_right, hash_node

UNKNOWN = 0  #: number of the author and key of an entry that could not be read


class Roots:
    """A tree that remembers its complete nodes, 64 bytes an entry, so that the root of any earlier size can be asked for."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[bytearray] = [bytearray()]
        self._known: dict[int, bytes] = {0: EMPTY_ROOT}

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        levels = self._levels
        levels[0] += leaf
        position, level, current = self.size, 0, leaf
        while position & 1:
            current = hash_node(bytes(levels[level][-2 * HASH_BYTES : -HASH_BYTES]), current)
            position, level = position >> 1, level + 1
            if level == len(levels):
                levels.append(bytearray())
            levels[level] += current
        self.size += 1

    def compute_root(self, size: int) -> bytes:
        """Compute the root of the tree when it had this size (at most the present one)."""
        root = self._known.get(size)
        if root is None:
            nodes = cover_range(0, size)
            root = fold_right([bytes(self._levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES]) for level, index in nodes])
            if len(self._known) > 10_000:  # noqa: PLR2004 - a bound, so that asking for every size does not fill the memory
                self._known = {0: EMPTY_ROOT}
            self._known[size] = root
        return root


@dataclass(slots=True)
class Sequence:
    """Which numbers a key has used, as the ranges that it has not."""

    last: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)  #: first and last number of each range left out, rising

    def use(self, number: int) -> bool:
        """Use a number; tells False if it was used before."""
        if number > self.last:
            if number > self.last + 1:
                self.gaps.append((self.last + 1, number - 1))
            self.last = number
            return True
        place = bisect_right(self.gaps, (number, self.last)) - 1
        if place < 0 or not self.gaps[place][0] <= number <= self.gaps[place][1]:
            return False
        low, high = self.gaps[place]
        self.gaps[place : place + 1] = [gap for gap in ((low, number - 1), (number + 1, high)) if gap[0] <= gap[1]]
        return True


class Trail:
    """The state that uniqueness, references and seen checkpoints are judged by."""

    def __init__(self) -> None:
        self.roots = Roots()
        self.received_at = ""  #: of the newest entry
        self.sequences: dict[str, Sequence] = {}  #: by key
        self._salt = secrets.token_hex(16)  #: keeps a file's author from making two ids meet in their 64-bit digests
        self._places: dict[int, int] = {}  #: digest of statement hash → index
        self._ids: set[int] = set()
        self._names: list[str] = [""]  #: authors and keys, numbered as met
        self._numbers: dict[str, int] = {"": UNKNOWN}
        self._authors, self._keys, self._fields = array("I"), array("I"), array("H")  #: by index

    def judge(self, entry: Entry, index: int) -> list[Finding]:
        """Judge an entry against all before it; call add_entry afterwards, whatever the findings."""
        statement = entry.signed.statement
        findings = []
        if self._digest(statement.author, statement.id) in self._ids:
            findings.append(Finding("statement.id", "replayed-id", f"{statement.author} used the id {statement.id} before"))
        if not self.sequences.setdefault(statement.key, Sequence()).use(statement.key_seq):
            findings.append(Finding("statement.key_seq", "used-key-seq", f"the key used the number {statement.key_seq} before"))
        seen = statement.seen
        if seen.size > index or self.roots.compute_root(seen.size).hex() != seen.root:
            words = f"its author saw a tree of {seen.size} with the root {seen.root}, which this log never had before entry {index}"
            findings.append(Finding("statement.seen", "seen-contradicts", words))
        findings.extend(
            Finding("statement.refs", "unknown-ref", f"no earlier entry holds the statement {ref}")
            for ref in statement.refs
            if self.find_place(ref) is None
        )
        if entry.received_at < self.received_at:
            words = f"received_at {entry.received_at} is before {self.received_at} of an earlier entry"
            findings.append(Finding("received_at", "received-earlier", words))
        return findings

    def add_entry(self, entry: Entry | None, leaf: bytes) -> None:
        """Remember an entry, or the place of one that could not be read."""
        index = self.roots.size
        self.roots.append(leaf)
        if entry is None:
            self._authors.append(UNKNOWN)
            self._keys.append(UNKNOWN)
            self._fields.append(0)
            return
        statement = entry.signed.statement
        self._places.setdefault(self._digest(entry.signed.hash), index)
        self._ids.add(self._digest(statement.author, statement.id))
        self._authors.append(self._number(statement.author))
        self._keys.append(self._number(statement.key))
        self._fields.append(statement.fields)
        self.received_at = max(self.received_at, entry.received_at)

    def find_place(self, statement_hash: str) -> int | None:
        """Find the index of the entry that holds a statement."""
        return self._places.get(self._digest(statement_hash))

    def find_author(self, index: int) -> str:
        """Give the author of an entry, empty if it could not be read."""
        return self._names[self._authors[index]]

    def count_fields(self, index: int) -> int:
        """Count the contents fields of an entry."""
        return self._fields[index]

    def list_entries(self, key: str, first: int, end: int) -> Iterator[int]:
        """List the indexes in [first, end) that a key signed."""
        number = self._numbers.get(key)
        return (index for index in range(max(first, 0), min(end, len(self._keys))) if self._keys[index] == number)

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number

    def _digest(self, *parts: str) -> int:
        return hash((self._salt, *parts))
