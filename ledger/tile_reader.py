"""Reading tiles that others serve: every byte is led back to the checkpoint that the log's key signed, or refused with its path.

This needs no database and no server of ours: it is how published tiles are checked, and how a lost database gets its entries back.
"""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.errors import BadProof, EvidenceError, Malformed
from ledger.exchange import Answer, AnsweredTooMuch, ExchangeFailed, exchange_bytes
from ledger.merkle import HASH_BYTES, hash_leaf
from ledger.note import MAX_NOTE_BYTES, VerifierKey
from ledger.tiles import (
    CHECKPOINT,
    ENTRIES,
    MAX_BUNDLE_BYTES,
    TILE_WIDTH,
    HashTile,
    Tile,
    compute_edge_root,
    decode_bundle,
    decode_hashes,
    fold_tile,
    list_edge,
)

TIMEOUT = 30.0  #: seconds for one file


class Unreachable(Exception):
    """A place of tiles does not answer, or not in time: nothing is known about the log."""

    code = "unreachable"


class TilePlace(Protocol):
    """A place that serves static files."""

    @property
    def place(self) -> str:
        """Name the place for people."""

    def read(self, path: str, limit: int) -> bytes | None:
        """Read a file; None if there is none. Raises Malformed beyond `limit` bytes, Unreachable if nothing can be said."""


class FolderPlace:
    """Tiles in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """Name the folder."""
        return str(self._folder)

    def read(self, path: str, limit: int) -> bytes | None:
        """Read a file."""
        try:
            with (self._folder / path).open("rb") as file:
                data = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise Unreachable(f"{self._folder / path} cannot be read: {error.strerror}") from None
        return _hold_to_limit(data, path, limit)


class WebPlace:
    """Tiles under an http(s) address. No redirection is followed: a token is for the host that was named."""

    def __init__(self, address: str, *, token: str | None = None, timeout: float = TIMEOUT) -> None:
        self._address = address.rstrip("/")
        self._timeout = timeout
        self._headers = {"Accept-Encoding": "gzip, identity", **({"Authorization": f"Bearer {token}"} if token else {})}

    @property
    def place(self) -> str:
        """Name the address."""
        return self._address

    def read(self, path: str, limit: int) -> bytes | None:
        """Ask for a file."""
        try:
            answer = exchange_bytes(f"{self._address}/{path}", headers=self._headers, limit=limit, seconds=self._timeout)
        except AnsweredTooMuch:
            raise Malformed(f"{path}: longer than the {limit} bytes that it may have") from None
        except ExchangeFailed as error:
            raise Unreachable(f"{self._address}/{path}: {error}") from None
        if answer.status in (404, 410):
            return None
        if answer.status != 200:  # noqa: PLR2004 - the one status with a file
            raise Unreachable(f"{self._address}/{path}: the server answered {answer.status}")
        return _hold_to_limit(self._unpack(answer, path, limit), path, limit)

    def _unpack(self, answer: Answer, path: str, limit: int) -> bytes:
        """Undo the compression that a store may have put on a file, never beyond the limit."""
        if answer.encoding != "gzip":
            return answer.body
        unpack = zlib.decompressobj(wbits=31)  # 31: with gzip's header
        try:
            data = unpack.decompress(answer.body, limit + 1)
        except zlib.error as error:
            raise Unreachable(f"{self._address}/{path}: {error}") from None
        if not unpack.eof and len(data) <= limit:
            raise Unreachable(f"{self._address}/{path}: the answer broke off")
        return data


def open_place(text: str, *, token: str | None = None, timeout: float = TIMEOUT) -> TilePlace:
    """Open a folder or an http(s) address as a place of tiles; raises ValueError for another scheme."""
    scheme, parted, _ = text.partition("://")
    if not parted:
        return FolderPlace(Path(text))
    if scheme not in ("http", "https"):
        raise ValueError(f"{text}: a folder or an http(s) address is wanted")
    return WebPlace(text, token=token, timeout=timeout)


def read_checkpoint(source: TilePlace, origin: str, log_key: VerifierKey) -> Checkpoint:
    """Read and verify the checkpoint of a place; raises EvidenceError naming the path, or Unreachable."""
    note = source.read(CHECKPOINT, MAX_NOTE_BYTES)
    if note is None:
        raise Malformed(f"{source.place}/{CHECKPOINT}: there is none")
    try:
        return verify_checkpoint(note, origin, log_key)
    except EvidenceError as error:
        raise type(error)(f"{CHECKPOINT}: {error}") from None


def read_entries(source: TilePlace, checkpoint: Checkpoint) -> Iterator[bytes]:
    """Read all entries under a verified checkpoint, in order; each is led to the checkpoint's root before it is given.

    Raises EvidenceError naming the path that is missing, malformed or another log's, or Unreachable. Memory: one tile for each level and
    one entry bundle.
    """
    for index, leaves in read_leaf_tiles(source, checkpoint):
        tile = Tile(ENTRIES, index, len(leaves))
        for place, (body, leaf) in enumerate(zip(_read_bundle(source, tile), leaves, strict=True), tile.begin):
            if hash_leaf(body) != leaf:
                raise BadProof(f"{tile.path}: the entry is not the one that tile/0 and the checkpoint name", index=place)
            yield body


def read_leaf_tiles(source: TilePlace, checkpoint: Checkpoint) -> Iterator[tuple[int, HashTile]]:
    """Read the leaf hashes under a verified checkpoint, tile by tile from above: (index, hashes), every one led to its root.

    Raises EvidenceError naming the path, or Unreachable.
    """
    edge = list_edge(checkpoint.size)
    hashes = [_read_hashes(source, tile) for tile in edge]
    if compute_edge_root(hashes) != checkpoint.root:
        paths = ", ".join(tile.path for tile in edge) or "an empty log"
        raise BadProof(f"{paths}: the hashes do not lead to the checkpoint's root")
    for tile, found in reversed(list(zip(edge, hashes, strict=True))):
        yield from _descend(source, tile, found)


def check_tiles(
    source: TilePlace, origin: str, log_key: VerifierKey, *, on_progress: Callable[[int, int], None] | None = None
) -> Checkpoint:
    """Check everything that a place publishes of a log: checkpoint, hash tiles of all levels, every entry; gives the checkpoint.

    Args:
        source: where the tiles are.
        origin: the log's name.
        log_key: the key that signs its checkpoints, from elsewhere than the place.
        on_progress: called with (entries checked, entries in all).

    Raises EvidenceError naming the path, or Unreachable.
    """
    checkpoint = read_checkpoint(source, origin, log_key)
    for number, _ in enumerate(read_entries(source, checkpoint), 1):
        if on_progress is not None and not number % TILE_WIDTH:
            on_progress(number, checkpoint.size)
    return checkpoint


def _descend(source: TilePlace, tile: Tile, hashes: HashTile) -> Iterator[tuple[int, HashTile]]:
    """Give the leaf tiles under a tile whose hashes are known to be right."""
    if tile.level == 0:
        yield tile.index, hashes
        return
    for place, expected in enumerate(hashes, tile.begin):
        below = Tile(tile.level - 1, place)
        found = _read_hashes(source, below)
        if fold_tile(found) != [expected]:
            raise BadProof(f"{below.path}: its hashes do not lead to the hash in {tile.path}")
        yield from _descend(source, below, found)


def _read_hashes(source: TilePlace, tile: Tile) -> HashTile:
    """Read a hash tile; where a partial one has gone, the first hashes of the full one."""
    data = source.read(tile.path, TILE_WIDTH * HASH_BYTES)
    if data is None and not tile.is_full:
        full = source.read(tile.full.path, TILE_WIDTH * HASH_BYTES)
        data = None if full is None else full[: tile.width * HASH_BYTES]
    if data is None:
        raise Malformed(f"{source.place}/{tile.path}: it is missing")
    return decode_hashes(data, tile)


def _read_bundle(source: TilePlace, tile: Tile) -> list[bytes]:
    """Read an entry bundle; where a partial one has gone, the first entries of the full one."""
    data = source.read(tile.path, MAX_BUNDLE_BYTES)
    if data is not None:
        return decode_bundle(data, tile)
    full = None if tile.is_full else source.read(tile.full.path, MAX_BUNDLE_BYTES)
    if full is None:
        raise Malformed(f"{source.place}/{tile.path}: it is missing")
    return decode_bundle(full, tile.full)[: tile.width]


def _hold_to_limit(data: bytes, path: str, limit: int) -> bytes:
    if len(data) > limit:
        raise Malformed(f"{path}: longer than the {limit} bytes that it may have")
    return data
