"""A log in memory for tests of its tiles: any number of entries, all nodes, notes signed at will; and a target that can fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from ledger.checkpoint import sign_checkpoint
from ledger.errors import BadProof
from ledger.merkle import Frontier, Node, hash_leaf
from ledger.note import VerifierKey
from ledger.tile_publication import TileConflict
from ledger.tiles import CHECKPOINT
from tests.ledger.small_log import LOG, LOG_KEY, LOG_VERIFIER


def make_entry(index: int) -> bytes:
    """Make an entry of its own length, from none to about a hundred bytes."""
    return sha256(b"entry %d" % index).digest() * (index % 4)


@dataclass(slots=True)
class MemoryLog:
    """The tiles' source."""

    name: str = LOG
    bodies: list[bytes] = field(default_factory=list)
    nodes: dict[Node, bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    signed: dict[int, str] = field(default_factory=dict)  #: notes by size
    roots: dict[int, bytes] = field(default_factory=dict)

    def grow(self, size: int, make: Callable[[int], bytes] = make_entry) -> "MemoryLog":
        """Append entries up to a size."""
        for index in range(len(self.bodies), size):
            body = make(index)
            leaf = hash_leaf(body)
            self.bodies.append(body)
            self.nodes[0, index] = leaf
            self.nodes.update(self.frontier.append(leaf))
        return self

    def publish(self, size: int | None = None) -> "MemoryLog":
        """Grow to a size and sign its checkpoint."""
        self.grow(len(self.bodies) if size is None else size)
        self.roots[len(self.bodies)] = self.frontier.compute_root()
        self.signed[len(self.bodies)] = sign_checkpoint(LOG, len(self.bodies), self.frontier.compute_root(), LOG_VERIFIER, LOG_KEY.sign)
        return self

    def find_key(self, size: int) -> VerifierKey:  # noqa: ARG002 - one key for all sizes
        """Give the log's key."""
        return LOG_VERIFIER

    def read_size(self) -> int:
        """Give the number of entries."""
        return len(self.bodies)

    def read_publication(self) -> str | None:
        """Give the newest note."""
        return self.signed[max(self.signed)] if self.signed else None

    def list_signed_sizes(self, after: int, end: int) -> Sequence[int]:
        """List signed sizes."""
        return sorted(size for size in self.signed if after < size <= end)

    def read_bodies(self, begin: int, end: int) -> list[bytes]:
        """Give entries."""
        return self.bodies[begin:end]

    def read_hashes(self, level: int, begin: int, end: int) -> list[bytes]:
        """Give nodes."""
        found = [self.nodes[level, index] for index in range(begin, end) if (level, index) in self.nodes]
        if len(found) != end - begin:
            raise BadProof(f"nodes of level {level} are missing")
        return found


class Failed(Exception):
    """A planted fault."""


@dataclass(slots=True)
class MemoryTarget:
    """A place in memory; `fault` is told of each step before and after it, and may raise."""

    files: dict[str, bytes] = field(default_factory=dict)
    fault: Callable[[str], None] = lambda _step: None
    steps: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Name the place."""
        return "memory"

    def read(self, path: str) -> bytes | None:
        """Read a file."""
        return self.files.get(path)

    def put_new(self, path: str, data: bytes) -> None:
        """Write a file that is not there."""
        self._step(f"before {path}")
        if self.files.setdefault(path, data) != data:
            raise TileConflict(path)
        self._step(f"after {path}")

    def flush(self) -> None:
        """Sync."""
        self._step("before flush")
        self._step("after flush")

    def remove_partials(self, full: Sequence[str]) -> int:
        """Remove partial tiles."""
        self._step("before removal")
        found = [path for path in self.files if path.rpartition(".p/")[0] in full]
        for path in found:
            del self.files[path]
        self._step("after removal")
        return len(found)

    def replace_checkpoint(self, note: bytes, expected: bytes | None) -> bool:
        """Compare and swap."""
        self._step(f"before {CHECKPOINT}")
        if self.files.get(CHECKPOINT) != expected:
            return False
        self.files[CHECKPOINT] = note
        self._step(f"after {CHECKPOINT}")
        return True

    def _step(self, name: str) -> None:
        self.steps.append(name)
        self.fault(name)
