"""Publishing a log's tiles: from whoever holds entries and hashes to a place of static files, after commit and as often as one likes.

The order carries safety: entry bundles, hash tiles level by level, all of them durable, and the checkpoint that covers them last.
A run that ends anywhere is repaired by the next one, which writes the same bytes, for they follow from the log alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.errors import BadProof, EvidenceError
from ledger.merkle import hash_leaf
from ledger.note import VerifierKey
from ledger.tiles import (
    CHECKPOINT,
    ENTRIES,
    TILE_HEIGHT,
    Tile,
    compute_edge_root,
    encode_bundle,
    encode_hashes,
    fold_tile,
    list_edge,
    list_tiles,
)

BATCH = 256  #: tiles between two syncs of folders: bounds what is open at once


class TileConflict(Exception):
    """A published path holds other bytes than the log has for it: tiles are never rewritten, a person must find out why."""

    code: ClassVar[str] = "tile-conflict"


class TargetAhead(TileConflict):
    """The published checkpoint covers more than the database holds: the database was restored from an older copy."""

    code: ClassVar[str] = "target-ahead"

    def __init__(self, place: str, published: Checkpoint, size: int) -> None:
        super().__init__(
            f"{place} publishes {published.size} entries of {published.origin}, the database ends at {size}: it was restored from an older "
            "copy. Bring back the newer database, or recover the entries from the tiles; going on from here would be a second history"
        )
        self.published = published
        self.size = size  #: entries in the database


class Overtaken(TileConflict):
    """Another process has replaced the checkpoint meanwhile: nothing is wrong, the next run looks again."""

    code: ClassVar[str] = "overtaken"


class TileSource(Protocol):
    """A log, as far as its tiles need it."""

    @property
    def name(self) -> str:
        """Give the log's name, the origin of its checkpoints."""

    def find_key(self, size: int) -> VerifierKey:
        """Give the key that signs the checkpoint of a size."""

    def read_size(self) -> int:
        """Give the number of committed entries."""

    def read_publication(self) -> str | None:
        """Give the checkpoint to be published, if there is one."""

    def list_signed_sizes(self, after: int, end: int) -> Sequence[int]:
        """List the sizes of the checkpoints that were signed with after < size <= end."""

    def read_bodies(self, begin: int, end: int) -> list[bytes]:
        """Read the entries [begin, end); raises BadProof if one is missing."""

    def read_hashes(self, level: int, begin: int, end: int) -> list[bytes]:
        """Read the complete nodes [begin, end) of a level of the tree; raises BadProof if one is missing."""


class TileTarget(Protocol):
    """A place of static files. What `put_new` wrote is durable after `flush`; the checkpoint as soon as it is replaced."""

    @property
    def place(self) -> str:
        """Name the place for people."""

    def read(self, path: str) -> bytes | None:
        """Read what is published at a path, None if nothing is."""

    def put_new(self, path: str, data: bytes) -> None:
        """Publish bytes at a path; the same bytes again are fine, over others it raises TileConflict."""

    def flush(self) -> None:
        """Make all that was put durable."""

    def remove_partials(self, full: Sequence[str]) -> int:
        """Remove the partial tiles beside full ones; gives how many were there."""

    def replace_checkpoint(self, note: bytes, expected: bytes | None) -> bool:
        """Replace the checkpoint, durably, if it still is `expected`; gives whether it was."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What one run did."""

    size: int  #: entries that the published checkpoint covers now
    previous: int  #: that it covered before
    written: int  #: tiles and bundles
    removed: int  #: partial tiles whose full one is there


def publish_tiles(source: TileSource, target: TileTarget, on_batch: Callable[[], None] = lambda: None) -> Publication:
    """Bring a target up to the log's publication, from what its checkpoint covers on.

    1. The target's checkpoint is verified and held against the log.
    2. What the growth makes is built, checked against the root that is about to be published, and written.
    3. Partial tiles whose full one is durable are removed.
    4. The checkpoint is replaced.

    `on_batch` is called now and then, and may raise to end the run: the next one goes on.

    Raises TargetAhead, TileConflict, Overtaken, or EvidenceError if checkpoint or database are damaged.
    """
    old = target.read(CHECKPOINT)
    known = check_target(source, target.place, old)  # 1
    previous = known.size if known else 0
    note = source.read_publication()
    if note is None or note.encode() == old:
        return Publication(previous, previous, 0, 0)
    fresh = verify_checkpoint(note, source.name, source.find_key(_read_claimed_size(note)))
    if known is not None and fresh.size < known.size:
        return Publication(previous, previous, 0, 0)  # never by an older one
    tiles = list_tiles(previous, fresh.size, source.list_signed_sizes(previous, fresh.size))
    if read_tree_root(source, fresh.size) != fresh.root:  # 2
        raise BadProof(f"the stored tree does not lead to the root of the checkpoint of {fresh.size}")
    for begin in range(0, len(tiles), BATCH):
        on_batch()
        _put_tiles(source, target, tiles[begin : begin + BATCH])
    # A crash up to here: tiles that no checkpoint covers yet; the next run writes the same ones again.
    removed = target.remove_partials([tile.path for tile in tiles if tile.is_full])  # 3
    # A crash here: readers of the old checkpoint find the full tiles instead, as the specification has it.
    if not target.replace_checkpoint(note.encode(), old):  # 4
        raise Overtaken(f"{target.place}: another process has replaced the checkpoint meanwhile; run it again")
    return Publication(fresh.size, previous, len(tiles), removed)


def check_target(source: TileSource, place: str, note: bytes | None) -> Checkpoint | None:
    """Hold what a target publishes against the log; gives its checkpoint, None if it has none.

    Raises TargetAhead, TileConflict for another tree, EvidenceError for a checkpoint that the log did not sign.
    """
    if note is None:
        return None
    try:
        found = verify_checkpoint(note, source.name, source.find_key(_read_claimed_size(note)))
    except EvidenceError as error:
        raise type(error)(f"{place}/{CHECKPOINT}: {error}") from None
    size = source.read_size()
    if found.size > size:
        raise TargetAhead(place, found, size)
    if read_tree_root(source, found.size) != found.root:
        raise TileConflict(f"{place} publishes {found.size} entries under the root {found.root.hex()}, which this log never had")
    return found


def read_tree_root(source: TileSource, size: int) -> bytes:
    """Compute the tree's root at a size from the hashes of the tiles at its right edge; raises BadProof if one is missing."""
    return compute_edge_root([source.read_hashes(tile.level * TILE_HEIGHT, tile.begin, tile.end) for tile in list_edge(size)])


def build_tile(source: TileSource, tile: Tile) -> bytes:
    """Build a tile's bytes, checked against the hashes beside or below it: what is published stays for ever.

    Raises BadProof if an entry or a node of the log is damaged or missing.
    """
    if tile.level == ENTRIES:
        bodies = source.read_bodies(tile.begin, tile.end)
        for index, (body, leaf) in enumerate(zip(bodies, source.read_hashes(0, tile.begin, tile.end), strict=True), tile.begin):
            if hash_leaf(body) != leaf:
                raise BadProof("the stored bytes do not have the stored leaf hash", index=index)
        return encode_bundle(bodies)
    hashes = source.read_hashes(tile.level * TILE_HEIGHT, tile.begin, tile.end)
    if tile.is_full and fold_tile(hashes) != source.read_hashes((tile.level + 1) * TILE_HEIGHT, tile.index, tile.index + 1):
        raise BadProof(f"{tile.path}: its hashes do not lead to the hash in the tile above")
    return encode_hashes(hashes)


def _put_tiles(source: TileSource, target: TileTarget, tiles: Sequence[Tile]) -> None:
    for tile in tiles:
        target.put_new(tile.path, build_tile(source, tile))
    target.flush()


def _read_claimed_size(note: str | bytes) -> int:
    """Read which size a note speaks of, before its signature is verified by that size's key; 0 if it cannot be read."""
    lines = (note if isinstance(note, bytes) else note.encode()).split(b"\n", 2)
    text = lines[1] if len(lines) > 1 else b""
    return int(text) if text.isdigit() and len(text) < 20 else 0  # noqa: PLR2004 - digits of a size
