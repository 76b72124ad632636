"""Tiles of C2SP tlog-tiles: a log as static files, named by place, whose bytes never change once their name is out.

https://c2sp.org/tlog-tiles: `tile/<L>/<N>[.p/<W>]` holds up to 256 hashes of level 8·L, `tile/entries/<N>[.p/<W>]` up to 256 entries,
`checkpoint` the signed note. N is written in groups of three digits, all but the last with an `x`: 1234067 is `x001/x234/067`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ledger.errors import Malformed
from ledger.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, fold_right

TILE_HEIGHT = 8  #: levels of the tree in one tile
TILE_WIDTH = 1 << TILE_HEIGHT  #: hashes of a full tile, entries of a full bundle
ENTRIES = -1  #: level of entry bundles, as golang.org/x/mod/sumdb/tlog counts them
MAX_LEVEL = 63
MAX_BUNDLED_BYTES = 65_535  #: of one entry: its length has two bytes
MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_BUNDLED_BYTES)
CHECKPOINT = "checkpoint"
_PLACE = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)
_YEAR = 31_536_000  #: seconds

HashTile: TypeAlias = list[bytes]


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of one tile or entry bundle."""

    level: int  #: 0 to 63, or ENTRIES
    index: int  #: within its level
    width: int = TILE_WIDTH  #: 1 to 256; below 256 the tile is partial

    @property
    def is_full(self) -> bool:
        """Tell whether it can grow no more."""
        return self.width == TILE_WIDTH

    @property
    def full(self) -> "Tile":
        """Give the full tile in this place."""
        return Tile(self.level, self.index)

    @property
    def path(self) -> str:
        """Write its path from the log's prefix on."""
        name = "entries" if self.level == ENTRIES else str(self.level)
        groups, rest = [f"{self.index % 1000:03d}"], self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        partial = "" if self.is_full else f".p/{self.width}"
        return f"tile/{name}/{'/'.join(reversed(groups))}{partial}"

    @property
    def begin(self) -> int:
        """Give the first of its hashes or entries, counted on its level."""
        return self.index * TILE_WIDTH

    @property
    def end(self) -> int:
        """Give the place after the last of its hashes or entries, counted on its level."""
        return self.begin + self.width

    @property
    def least_size(self) -> int:
        """Give the size of the smallest tree that has this tile."""
        return self.end << (TILE_HEIGHT * max(self.level, 0))


def parse_tile_path(path: str) -> Tile:
    """Parse a path from the log's prefix on; raises Malformed for whatever `Tile.path` would not write."""
    found = _PLACE.fullmatch(path)
    if found is None:
        raise Malformed("a tile's path is tile/<level>/<index>, its index in groups of three digits, all but the last with an x")
    level = ENTRIES if found[1] == "entries" else int(found[1])
    tile = Tile(level, int(found[2].replace("/", "").replace("x", "")), TILE_WIDTH if found[3] is None else int(found[3]))
    if level > MAX_LEVEL or tile.width > TILE_WIDTH or tile.path != path:
        raise Malformed("a tile's path has one spelling: levels to 63, widths to 255, no zeros in front")
    return tile


def list_tiles(old: int, size: int, between: Iterable[int] = ()) -> list[Tile]:
    """List the tiles that a growth from `old` to `size` makes: entry bundles first, then level by level upwards.

    Full ones are each listed once; partial ones at the right edge for `size`, and for those sizes `between` (of checkpoints that were
    signed on the way) whose tile is not full at `size`.
    """
    tiles = []
    sizes = sorted({size, *(one for one in between if old < one < size)})
    for level in (ENTRIES, *range(MAX_LEVEL + 1)):
        shift = TILE_HEIGHT * max(level, 0)
        count = size >> shift
        if not count:
            break
        edge = count >> TILE_HEIGHT
        tiles += [Tile(level, index) for index in range(old >> shift >> TILE_HEIGHT, edge)]
        widths = {(one >> shift) - (edge << TILE_HEIGHT) for one in sizes if one >> shift > max(edge << TILE_HEIGHT, old >> shift)}
        tiles += [Tile(level, edge, width) for width in sorted(widths)]
    return tiles


def list_edge(size: int) -> list[Tile]:
    """List the partial hash tiles of a tree, lowest level first: their hashes are the complete subtrees that make up its root."""
    levels = range((size.bit_length() + TILE_HEIGHT - 1) // TILE_HEIGHT)
    widths = [(level, size >> (TILE_HEIGHT * level)) for level in levels]
    return [Tile(level, count >> TILE_HEIGHT, count % TILE_WIDTH) for level, count in widths if count % TILE_WIDTH]


def compute_edge_root(edge: Sequence[HashTile]) -> bytes:
    """Compute a tree's root from the hashes of list_edge, lowest level first."""
    subtrees: list[bytes] = []
    for hashes in reversed(edge):
        subtrees += fold_tile(hashes)
    return fold_right(subtrees) if subtrees else EMPTY_ROOT


def fold_tile(hashes: Iterable[bytes]) -> list[bytes]:
    """Fold a tile's hashes into its complete subtrees, largest first; a full tile's is one, the hash that stands in the tile above."""
    frontier = Frontier()
    for one in hashes:
        frontier.append(one)
    return frontier.hashes


def encode_hashes(hashes: Iterable[bytes]) -> bytes:
    """Write a hash tile: the hashes, one behind the other."""
    return b"".join(hashes)


def decode_hashes(data: bytes, tile: Tile) -> HashTile:
    """Read a hash tile; raises Malformed if its length is not that of its width."""
    if len(data) != tile.width * HASH_BYTES:
        raise Malformed(f"{tile.path}: {tile.width * HASH_BYTES} bytes were expected, {len(data)} are here")
    return [data[begin : begin + HASH_BYTES] for begin in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Write an entry bundle: before each entry its length, two bytes, big-endian; raises Malformed for an entry that is too long."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_BUNDLED_BYTES:
            raise Malformed(f"an entry of {len(entry)} bytes fits in no bundle, {MAX_BUNDLED_BYTES} at most")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def decode_bundle(data: bytes, tile: Tile) -> list[bytes]:
    """Read an entry bundle; raises Malformed unless it holds as many entries as its width and nothing else."""
    entries = list(_split_bundle(data, tile))
    if len(entries) != tile.width:
        raise Malformed(f"{tile.path}: {tile.width} entries were expected, {len(entries)} are here")
    return entries


def _split_bundle(data: bytes, tile: Tile) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        end = place + 2 + int.from_bytes(data[place : place + 2], "big")
        if place + 2 > len(data) or end > len(data):
            raise Malformed(f"{tile.path}: it breaks off in an entry")
        yield data[place + 2 : end]
        place = end


def choose_content_type(path: str) -> str:
    """Give the content type of a published path."""
    return "text/plain; charset=utf-8" if path == CHECKPOINT else "application/octet-stream"


def choose_cache_control(path: str, *, public: bool) -> str:
    """Give the Cache-Control of a published path: a tile, partial ones too, never changes; a checkpoint is asked for anew each time.

    Args:
        path: from the log's prefix on.
        public: whether caches that many readers share may keep it.
    """
    scope = "public" if public else "private"
    return f"{scope}, no-cache" if path == CHECKPOINT else f"{scope}, max-age={_YEAR}, immutable"
