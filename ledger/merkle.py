"""The Merkle tree of RFC 6962: hashes, roots, inclusion and consistency proofs, from nodes that whoever stores them hands in.

A node is named (level, index): the root of the complete subtree over leaves [index·2^level, (index+1)·2^level).
Proofs ask for complete nodes only, so a store that keeps each complete node once serves any proof of any size.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

from ledger.errors import BadProof

Node: TypeAlias = tuple[int, int]  #: (level, index) of a complete subtree
ReadNodes: TypeAlias = Callable[[Sequence[Node]], Mapping[Node, bytes]]

EMPTY_ROOT = sha256(b"").digest()  #: RFC 6962, 2.1: the hash of an empty list
HASH_BYTES = 32


def hash_leaf(data: bytes) -> bytes:
    """Hash one leaf: SHA-256(0x00 ‖ data), RFC 6962 section 2.1."""
    return sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash an interior node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees at a tree's right edge, largest first: all that appending needs."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)  #: one per set bit of size, largest subtree first

    def copy(self) -> "Frontier":
        """Copy, so that a batch that fails leaves the first one as it was."""
        return Frontier(self.size, self.hashes)

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """Add one leaf hash; returns the nodes above level 0 that became complete."""
        completed: list[tuple[Node, bytes]] = []
        level, position, current = 0, self.size, leaf
        while position & 1:
            current = hash_node(self.hashes.pop(), current)
            level, position = level + 1, position >> 1
            completed.append(((level, position), current))
        self.hashes.append(current)
        self.size += 1
        return completed

    def compute_root(self) -> bytes:
        """Compute the root of the tree as it stands."""
        return fold_right(self.hashes)


def fold_right(hashes: Sequence[bytes]) -> bytes:
    """Join the complete subtrees of a range, largest first, into the range's hash."""
    if not hashes:
        return EMPTY_ROOT
    current = hashes[-1]
    for left in reversed(hashes[:-1]):
        current = hash_node(left, current)
    return current


def compute_root(leaves: Iterable[bytes]) -> bytes:
    """Compute the root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.compute_root()


def cover_range(begin: int, end: int) -> list[Node]:
    """List the complete nodes that make up [begin, end), where begin is a multiple of the range's largest subtree."""
    nodes: list[Node] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


def prove_inclusion(read_nodes: ReadNodes, index: int, size: int) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size`: PATH(m, D[n]) of RFC 6962 section 2.1.1.

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    ranges: list[tuple[int, int]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return _hash_ranges(read_nodes, ranges[::-1])


def prove_consistency(read_nodes: ReadNodes, old: int, size: int) -> list[bytes]:
    """Prove that the tree of `old` is a prefix of the tree of `size`: PROOF(m, D[n]) of RFC 6962 section 2.1.2.

    Raises ValueError unless 0 < old <= size.
    """
    if not 0 < old <= size:
        raise ValueError(f"no proof from {old} to {size}")
    ranges: list[tuple[int, int]] = []
    begin, end, whole = 0, size, True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin, whole = middle, False
    if not whole:
        ranges.append((begin, end))
    return _hash_ranges(read_nodes, ranges[::-1])


def read_root(read_nodes: ReadNodes, size: int) -> bytes:
    """Compute the root of the tree of `size` from stored nodes."""
    return _hash_ranges(read_nodes, [(0, size)])[0] if size else EMPTY_ROOT


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof (RFC 9162 section 2.1.3.2); raises BadProof."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        raise BadProof(f"no leaf {index} in a tree of {size}")
    position, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise BadProof("the inclusion path is too long")
        if position & 1 or position == last:
            current = hash_node(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = hash_node(current, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise BadProof("the inclusion path is too short")
    if current != root:
        raise BadProof(f"leaf {index} does not lead to the root of the tree of {size}")


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Check a consistency proof (RFC 9162 section 2.1.4.2); raises BadProof.

    From an empty tree nothing can be proved: every tree continues it, so that a proof from size 0 would only look like one.
    """
    if not 0 < old <= size:
        raise BadProof(f"no proof leads from {old} to {size}")
    if old == size:
        if path:
            raise BadProof("nothing is to prove here, yet a path was given")
        if old_root != root:
            raise BadProof("equal sizes have different roots")
        return
    if not path:
        raise BadProof("the consistency path is empty")
    steps = list(path) if old & (old - 1) else [old_root, *path]
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            raise BadProof("the consistency path is too long")
        if position & 1 or position == last:
            before, after = hash_node(sibling, before), hash_node(sibling, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = hash_node(after, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise BadProof("the consistency path is too short")
    if before != old_root or after != root:
        raise BadProof(f"the tree of {size} does not continue the tree of {old}")


def _split(count: int) -> int:
    """Return the largest power of two below count (count > 1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _hash_ranges(read_nodes: ReadNodes, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    covers = [cover_range(begin, end) for begin, end in ranges]
    hashes = read_nodes([node for cover in covers for node in cover])
    return [fold_right([hashes[node] for node in cover]) for cover in covers]
