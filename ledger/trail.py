"""What the entries so far have used up: ids, key sequences, statement hashes, and every root that the tree has had.

The sequencer reads the same from its tables; here it is kept in memory, about 120 bytes an entry, for one pass over a whole log.
Codes of findings are the sequencer's: replayed-id, used-key-seq, seen-contradicts, unknown-ref.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from ledger.entry import Entry
from ledger.errors import Finding
from ledger.key_table import KeyTable
from ledger.merkle import EMPTY_ROOT, HASH_BYTES, cover_range, fold_right

UNKNOWN = 0  #: number of the author and key of an entry that could not be read
_MAX_KNOWN = 10_000  #: roots kept, so that asking for every size does not fill the memory
_LOW = 3  #: the lowest level that is kept besides the leaves
_PAIR = 2 * HASH_BYTES
_NUMBER_BYTES = 4  #: of an author's number within an id's key
_UUID_BYTES = 16


class Roots:
    """A tree that remembers leaves and complete nodes from level 3, 40 bytes an entry, so that the root of any earlier size can be told."""

    def __init__(self) -> None:
        self.size = 0
        self._leaves = bytearray()
        self._levels: list[bytearray] = [bytearray()]  #: level _LOW and those above it
        self._known: dict[int, str] = {0: EMPTY_ROOT.hex()}

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend([leaf])

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes, level by level: quicker than one after another."""
        self._leaves += b"".join(leaves)
        self.size += len(leaves)
        begin, end = len(self._levels[0]) << _LOW, self.size >> _LOW << _LOW
        hashes = bytes(self._leaves[begin : end * HASH_BYTES])
        for _ in range(_LOW):
            hashes = _join_pairs(hashes)
        level = 0
        while hashes:
            self._levels[level] += hashes
            if level + 1 == len(self._levels):
                self._levels.append(bytearray())
            below, above = self._levels[level], self._levels[level + 1]
            hashes = _join_pairs(bytes(below[2 * len(above) : len(below) // _PAIR * _PAIR]))
            level += 1

    def compute_root(self, size: int) -> bytes:
        """Compute the root of the tree when it had this size (at most the present one)."""
        return bytes.fromhex(self.compute_root_hex(size))

    def compute_root_hex(self, size: int) -> str:
        """Compute the root as compute_root does, in 64 hex digits."""
        root = self._known.get(size)
        if root is None:
            root = fold_right([self._read_node(level, index) for level, index in cover_range(0, size)]).hex()
            if len(self._known) > _MAX_KNOWN:
                self._known = {0: EMPTY_ROOT.hex()}
            self._known[size] = root
        return root

    def _read_node(self, level: int, index: int) -> bytes:
        if level >= _LOW:
            return bytes(self._levels[level - _LOW][index * HASH_BYTES : (index + 1) * HASH_BYTES])
        hashes = bytes(self._leaves[(index << level) * HASH_BYTES : (index + 1 << level) * HASH_BYTES])
        for _ in range(level):
            hashes = _join_pairs(hashes)
        return hashes


def _join_pairs(hashes: bytes) -> bytes:
    """Hash nodes that stand one behind the other, two by two."""
    return b"".join([sha256(b"\x01" + hashes[at : at + _PAIR]).digest() for at in range(0, len(hashes), _PAIR)])


@dataclass(slots=True)
class Numbers:
    """Which numbers a key has used: those left out on the way up, and which of these came late."""

    last: int = 0
    firsts: "array[int]" = field(default_factory=lambda: array("Q"))  #: first number of each range left out, rising
    lasts: "array[int]" = field(default_factory=lambda: array("Q"))  #: last number of the same range
    late: set[int] = field(default_factory=set)  #: numbers out of these ranges that were used after all

    def use(self, number: int) -> bool:
        """Use a number; tells False if it was used before."""
        if number > self.last:
            if number > self.last + 1:
                self.firsts.append(self.last + 1)
                self.lasts.append(number - 1)
            self.last = number
            return True
        place = bisect_right(self.firsts, number) - 1
        if place < 0 or number > self.lasts[place] or number in self.late:
            return False
        self.late.add(number)
        return True

    def list_gaps(self) -> Iterator[tuple[int, int]]:
        """List the ranges that are still left out, first and last number of each, rising."""
        late, place = sorted(self.late), 0
        for first, last in zip(self.firsts, self.lasts, strict=True):
            begin = first
            while place < len(late) and late[place] <= last:
                if begin < late[place]:
                    yield begin, late[place] - 1
                begin, place = late[place] + 1, place + 1
            if begin <= last:
                yield begin, last


class Trail:
    """The state that uniqueness, references and seen checkpoints are judged by."""

    def __init__(self, expected: int = 0) -> None:
        """Expected: how many entries will come, if that is known."""
        self.roots = Roots()
        self.size = 0  #: entries that were added; the tree may be ahead of them
        self.received_at = ""  #: of the newest entry
        self.sequences: dict[str, Numbers] = {}  #: by key
        self._hashes = KeyTable(HASH_BYTES, expected)  #: statement hashes by index
        self._ids = KeyTable(_NUMBER_BYTES + _UUID_BYTES, expected)  #: author's number and id, by index
        self._names: list[str] = [""]  #: authors and keys, numbered as met
        self._numbers: dict[str, int] = {"": UNKNOWN}
        self._authors, self._keys, self._fields = array("I"), array("I"), array("H")  #: by index

    def add_leaves(self, leaves: Sequence[bytes]) -> None:
        """Let the tree grow by leaf hashes, before their entries are judged and added one by one."""
        self.roots.extend(leaves)

    def judge(self, entry: Entry, index: int) -> list[Finding]:
        """Judge an entry against all before it; call add_entry afterwards, whatever the findings."""
        statement = entry.signed.statement
        findings = []
        if not self._ids.add(self._number(statement.author).to_bytes(_NUMBER_BYTES, "big") + bytes.fromhex(statement.id.replace("-", ""))):
            findings.append(Finding("statement.id", "replayed-id", f"{statement.author} used the id {statement.id} before"))
        numbers = self.sequences.get(statement.key)
        if numbers is None:
            numbers = self.sequences[statement.key] = Numbers()
        if not numbers.use(statement.key_seq):
            findings.append(Finding("statement.key_seq", "used-key-seq", f"the key used the number {statement.key_seq} before"))
        seen = statement.seen
        if seen.size > index or self.roots.compute_root_hex(seen.size) != seen.root:
            words = f"its author saw a tree of {seen.size} with the root {seen.root}, which this log never had before entry {index}"
            findings.append(Finding("statement.seen", "seen-contradicts", words))
        findings.extend(
            Finding("statement.refs", "unknown-ref", f"no earlier entry holds the statement {ref}")
            for ref in statement.refs
            if self._hashes.find(bytes.fromhex(ref)) is None
        )
        if entry.received_at < self.received_at:
            words = f"received_at {entry.received_at} is before {self.received_at} of an earlier entry"
            findings.append(Finding("received_at", "received-earlier", words))
        return findings

    def add_entry(self, entry: Entry | None) -> None:
        """Remember an entry, or the place of one that could not be read."""
        self.size += 1
        if entry is None:
            self._hashes.skip()
            self._ids.skip()
            self._authors.append(UNKNOWN)
            self._keys.append(UNKNOWN)
            self._fields.append(0)
            return
        statement = entry.signed.statement
        self._hashes.add(bytes.fromhex(entry.signed.hash))
        self._authors.append(self._number(statement.author))
        self._keys.append(self._number(statement.key))
        self._fields.append(statement.fields)
        self.received_at = max(self.received_at, entry.received_at)

    def find_place(self, statement_hash: str) -> int | None:
        """Find the index of the entry that holds a statement."""
        return self._hashes.find(bytes.fromhex(statement_hash))

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
