"""Tiles: paths as others write them, what a growth makes, bundles and hash tiles read strictly."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.merkle import compute_root, hash_leaf
from ledger.tiles import (
    CHECKPOINT,
    ENTRIES,
    MAX_LEVEL,
    TILE_WIDTH,
    Tile,
    choose_cache_control,
    choose_content_type,
    compute_edge_root,
    decode_bundle,
    decode_hashes,
    encode_bundle,
    encode_hashes,
    fold_tile,
    list_edge,
    list_tiles,
    parse_tile_path,
)
from tests.ledger.memory_tiles import MemoryLog

TILES = st.builds(Tile, st.integers(ENTRIES, MAX_LEVEL), st.integers(0, 1 << 62), st.integers(1, TILE_WIDTH))
HOSTILE = [
    *("", "tile", "tile/", "tile/0", "tile/0/", "tile/0/1", "tile/0/0001", "tile/0/000/", "/tile/0/000", "tile//0/000", "tile/0//000"),
    *("tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/100/000", "tile/data/000", "tile/Entries/000"),
    *("tile/0/x000", "tile/0/x000/001", "tile/0/x001/x000", "tile/0/001/000", "tile/0/X001/000", "tile/0/x01/000", "tile/0/x0001/000"),
    *("tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/1000", "tile/0/000.p/-1"),
    *("tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/000.p/x", "tile/0/000/.p/1", "tile/0/000.P/1", "tile/0/x000.p/1/001"),
    *(
        "tile/0/../checkpoint",
        "tile/0/..",
        "tile/entries/../../../etc/passwd",
        "tile/0/000\n",
        "tile/0/000\0",
        " tile/0/000",
        "tile/0/000 ",
    ),
    *("tile/0/٠٠٠", "tile/٠/000", "tile/0/000.p/١", "tile/0/0e0", "tile/0/1_0", "tile/0/" + "x999/" * 7 + "999", "tile/0/" + "9" * 5000),
    *("tile/0/000?x", "tile/0/000#", "tile/0/%30%30%30", "tile\\0\\000", "checkpoint", "tile/entries/000.p/1,2"),
]


def test_paths_are_those_of_gos_tlog(shared: Path) -> None:
    cases = json.loads((shared / "vectors/c2sp-tlog/go_tile_paths.json").read_text("utf-8"))["tile_paths_H_L_N_W"]

    tried = 0
    for case in cases:
        _, height, level, *rest = case["path"].split("/")
        if case["tile"] is None:
            with pytest.raises(Malformed):
                parse_tile_path("/".join(["tile", level, *rest]))
        else:  # ours has no height in it, calls the data entries, and knows tiles of 256 alone
            _, number, index, width = case["tile"]
            partial = rest[-2].endswith(".p") if len(rest) > 1 else False
            tile = Tile(number, index, width if partial else TILE_WIDTH)
            assert parse_tile_path("/".join(["tile", level.replace("data", "entries"), *rest])) == tile
        tried += bool(height)
    assert tried == len(cases) > 5


def test_the_example_of_the_specification_is_written_so() -> None:
    assert Tile(2, 1_234_067).path == "tile/2/x001/x234/067"
    assert Tile(ENTRIES, 0, 5).path == "tile/entries/000.p/5"


@given(TILES)
def test_every_path_is_read_back(tile: Tile) -> None:
    assert parse_tile_path(tile.path) == tile


@pytest.mark.parametrize("path", HOSTILE)
def test_no_other_spelling_is_a_path(path: str) -> None:
    with pytest.raises(Malformed):
        parse_tile_path(path)


@given(st.text(alphabet="tile/entries0123x.p/", max_size=30))
def test_whatever_is_taken_is_the_one_spelling(text: str) -> None:
    try:
        tile = parse_tile_path(f"tile/{text}")
    except Malformed:
        return

    assert tile.path == f"tile/{text}"


def test_the_specifications_tree_of_70000_has_its_tiles() -> None:
    tiles = list_tiles(0, 70_000)

    hashes = [tile for tile in tiles if tile.level >= 0]
    assert sum(tile.level == 0 and tile.is_full for tile in hashes) == 273
    assert [tile for tile in hashes if not tile.is_full] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert [tile for tile in hashes if tile.level == 1 and tile.is_full] == [Tile(1, 0)]
    assert [tile.level for tile in tiles] == sorted(tile.level for tile in tiles)  # entries first, then upwards


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above() -> None:
    assert list_tiles(0, 256) == [Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)]


@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=6))
def test_growing_in_steps_makes_each_tile_that_growing_at_once_makes(sizes: list[int]) -> None:
    steps = sorted({0, *sizes})

    made = [tile for old, size in itertools.pairwise(steps) for tile in list_tiles(old, size)]

    assert len(made) == len(set(made))
    assert set(list_tiles(0, steps[-1])) <= set(made)
    assert {tile for tile in made if tile.is_full} == {tile for tile in list_tiles(0, steps[-1]) if tile.is_full}
    assert set(list_edge(steps[-1])) <= set(made)


@given(st.integers(0, 70_000), st.lists(st.integers(1, 80_000), min_size=1, max_size=8))
def test_each_signed_size_gets_its_partial_tiles_unless_they_are_full_now(old: int, grown: list[int]) -> None:
    sizes = sorted(old + one for one in grown)
    size = sizes[-1]

    made = set(list_tiles(old, size, sizes))

    for one in sizes:
        for tile in list_edge(one):
            was_there = tile in list_edge(old)
            full = tile.full.least_size <= size
            assert (tile in made) == (not was_there and not full)
    assert all(tile.least_size <= size for tile in made)


@given(st.integers(0, 1500))
def test_the_edge_makes_up_the_root(size: int) -> None:
    log = MemoryLog().grow(size)

    edge = [log.read_hashes(tile.level * 8, tile.begin, tile.end) for tile in list_edge(size)]

    assert compute_edge_root(edge) == compute_root(hash_leaf(body) for body in log.bodies)


def test_a_full_tile_folds_into_the_hash_above() -> None:
    log = MemoryLog().grow(600)

    assert fold_tile(log.read_hashes(0, 256, 512)) == log.read_hashes(8, 1, 2)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=TILE_WIDTH))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), Tile(ENTRIES, 3, len(entries))) == entries


def test_a_bundles_bytes_are_those_of_the_specification() -> None:
    assert encode_bundle([b"ab", b"", b"c" * 258]) == b"\x00\x02ab\x00\x00\x01\x02" + b"c" * 258


def test_an_entry_of_65535_bytes_fits_and_no_longer_one() -> None:
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(Malformed):
        encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x02a", b"\x00\x01a", b"\x00\x01a\x00\x01b\x00\x01c", b"\x00\x01a\x00\x01b\x00"])
def test_a_bundle_of_another_length_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match=r"tile/entries/007\.p/2: "):
        decode_bundle(data, Tile(ENTRIES, 7, 2))


@pytest.mark.parametrize("length", [0, 31, 63, 65, 96])
def test_a_hash_tile_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed, match=r"tile/1/000\.p/2: 64 bytes"):
        decode_hashes(bytes(length), Tile(1, 0, 2))


def test_hash_tiles_are_read_back() -> None:
    hashes = [bytes([number]) * 32 for number in range(5)]

    assert decode_hashes(encode_hashes(hashes), Tile(0, 0, 5)) == hashes


def test_tiles_may_be_kept_for_ever_and_checkpoints_not() -> None:
    tile = Tile(0, 0, 3).path

    assert choose_cache_control(tile, public=True) == "public, max-age=31536000, immutable"
    assert choose_cache_control(tile, public=False) == "private, max-age=31536000, immutable"
    assert choose_cache_control(CHECKPOINT, public=True) == "public, no-cache"
    assert (choose_content_type(CHECKPOINT), choose_content_type(tile)) == ("text/plain; charset=utf-8", "application/octet-stream")
