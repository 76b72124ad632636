"""Publishing: in order, each path once, nothing that the log's own hashes do not bear out, and never back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import sign_checkpoint
from ledger.errors import BadProof, BadSignature, EvidenceError
from ledger.merkle import compute_root, hash_leaf
from ledger.note import VerifierKey
from ledger.tile_publication import Overtaken, Publication, TargetAhead, TileConflict, publish_tiles, read_tree_root
from ledger.tiles import CHECKPOINT, ENTRIES, Tile, list_tiles
from tests.ledger.memory_tiles import MemoryLog, MemoryTarget
from tests.ledger.small_log import LOG, LOG_KEY, LOG_VERIFIER, make_key, make_verifier_key


def test_entries_come_first_then_hashes_upwards_and_the_checkpoint_last() -> None:
    target = MemoryTarget()

    publish_tiles(MemoryLog().publish(600), target)

    written = [step.removeprefix("after ") for step in target.steps if step.startswith("after ")]
    tiles = [tile.path for tile in list_tiles(0, 600)]
    assert written == [*tiles, "flush", "removal", CHECKPOINT]
    assert list(target.files) == [*tiles, CHECKPOINT]


def test_a_log_without_a_checkpoint_publishes_nothing() -> None:
    target = MemoryTarget()

    done = publish_tiles(MemoryLog().grow(5), target)

    assert (done, target.files) == (Publication(0, 0, 0, 0), {})


def test_a_second_run_writes_nothing() -> None:
    log, target = MemoryLog().publish(300), MemoryTarget()
    publish_tiles(log, target)
    target.steps.clear()

    done = publish_tiles(log, target)

    assert (done, target.steps) == (Publication(300, 300, 0, 0), [])


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_whatever_the_steps_every_signed_size_is_served_or_full(grown: list[int], runs: list[bool]) -> None:
    log, target, size = MemoryLog(), MemoryTarget(), 0
    for step, runs_now in zip(grown, runs, strict=False):
        size += step
        log.publish(size)
        if runs_now:
            publish_tiles(log, target)
    publish_tiles(log, target)

    wanted = {tile if tile.full.least_size > size else tile.full for one in log.signed for tile in list_tiles(0, one)}
    assert set(target.files) == {CHECKPOINT, *(tile.path for tile in wanted)}
    assert target.files[CHECKPOINT].decode() == log.signed[size]
    assert read_tree_root(log, size) == compute_root(hash_leaf(body) for body in log.bodies)


def test_partial_tiles_go_when_the_full_one_is_there() -> None:
    log, target = MemoryLog().publish(250), MemoryTarget()
    publish_tiles(log, target)

    done = publish_tiles(log.publish(260), target)

    assert done.removed == 2
    assert {path for path in target.files if ".p/" in path} == {"tile/entries/001.p/4", "tile/0/001.p/4", "tile/1/000.p/1"}


def test_a_published_path_with_other_bytes_is_refused_and_left_alone() -> None:
    path = Tile(ENTRIES, 0).path
    target = MemoryTarget({path: b"something else"})

    with pytest.raises(TileConflict, match=path):
        publish_tiles(MemoryLog().publish(300), target)
    assert target.files == {path: b"something else"}


def test_a_target_ahead_of_the_database_is_named() -> None:
    target = MemoryTarget()
    publish_tiles(MemoryLog().publish(300), target)
    published = dict(target.files)

    with pytest.raises(TargetAhead, match=r"memory publishes 300 entries of .* the database ends at 200: it was restored") as caught:
        publish_tiles(MemoryLog().publish(200), target)
    assert (caught.value.published.size, caught.value.size, target.files) == (300, 200, published)


def test_a_target_of_another_tree_is_refused() -> None:
    target = MemoryTarget()
    publish_tiles(MemoryLog().publish(20), target)
    fork = MemoryLog().grow(10).grow(30, lambda index: b"other %d" % index).publish()

    with pytest.raises(TileConflict, match="which this log never had"):
        publish_tiles(fork, target)


def test_an_older_publication_changes_nothing() -> None:
    log, target = MemoryLog().publish(100).publish(200), MemoryTarget()
    publish_tiles(log, target)
    published = dict(target.files)
    del log.signed[200]

    done = publish_tiles(log, target)

    assert (done, target.files) == (Publication(200, 200, 0, 0), published)


def test_more_signature_lines_of_the_same_size_are_published() -> None:
    log, target = MemoryLog().publish(7), MemoryTarget()
    publish_tiles(log, target)
    witness = make_key("witness")
    more = sign_checkpoint(LOG, 7, log.roots[7], make_verifier_key("witness.example", witness), witness.sign)
    log.signed[7] += more.rpartition("\n\n")[2]

    done = publish_tiles(log, target)

    assert (done.size, done.written, target.files[CHECKPOINT].decode()) == (7, 0, log.signed[7])


@pytest.mark.parametrize("note", [b"", b"x", b"a\n12\nb\n\n", "ledger.example/main\n९\n".encode(), b"\xff\n" * 4])
def test_a_strange_checkpoint_in_the_target_is_named(note: bytes) -> None:
    with pytest.raises(EvidenceError, match=r"^memory/checkpoint: "):
        publish_tiles(MemoryLog().publish(3), MemoryTarget({CHECKPOINT: note}))


def test_a_checkpoint_that_the_log_did_not_sign_is_refused() -> None:
    log, thief = MemoryLog().publish(3), make_key("thief")
    forged = sign_checkpoint(LOG, 3, log.roots[3], make_verifier_key(LOG, thief), thief.sign)

    with pytest.raises(BadSignature):
        publish_tiles(log, MemoryTarget({CHECKPOINT: forged.encode()}))


def test_a_checkpoint_that_the_stored_tree_does_not_bear_out_is_not_published() -> None:
    log, target = MemoryLog().publish(300), MemoryTarget()
    log.signed[300] = sign_checkpoint(LOG, 300, bytes(32), LOG_VERIFIER, LOG_KEY.sign)

    with pytest.raises(BadProof, match="checkpoint of 300"):
        publish_tiles(log, target)
    assert target.files == {}


def test_a_damaged_entry_is_not_published() -> None:
    log, target = MemoryLog().publish(300), MemoryTarget()
    log.bodies[77] += b"!"

    with pytest.raises(BadProof, match="entry 77: "):
        publish_tiles(log, target)
    assert target.files == {}


def test_a_damaged_node_is_not_published() -> None:
    log, target = MemoryLog().publish(600), MemoryTarget()
    log.nodes[0, 77] = hash_leaf(b"other")
    log.bodies[77] = b"other"

    with pytest.raises(BadProof, match="tile/0/000: "):
        publish_tiles(log, target)
    assert (Tile(0, 0).path in target.files, CHECKPOINT in target.files) == (False, False)


def test_a_publisher_that_was_overtaken_does_not_put_the_checkpoint_back() -> None:
    log, target = MemoryLog().publish(10), MemoryTarget()

    def overtake(step: str) -> None:
        if step == f"before {CHECKPOINT}":
            target.fault = lambda _step: None
            publish_tiles(log.publish(20), target)

    target.fault = overtake

    with pytest.raises(Overtaken, match="meanwhile"):
        publish_tiles(log, target)
    assert target.files[CHECKPOINT].decode() == log.signed[20]


class RotatedLog(MemoryLog):
    """A log whose key was rotated by entry 15."""

    def find_key(self, size: int) -> VerifierKey:
        return LOG_VERIFIER if size <= 15 else make_verifier_key(LOG, make_key("new log"))


def test_each_size_is_signed_by_the_key_of_its_time() -> None:
    log, target, new = RotatedLog(), MemoryTarget(), make_key("new log")
    publish_tiles(log.publish(10), target)
    log.publish(20)
    stale = log.signed[20]
    log.signed[20] = sign_checkpoint(LOG, 20, log.roots[20], make_verifier_key(LOG, new), new.sign)

    done = publish_tiles(log, target)

    assert (done.previous, done.size, target.files[CHECKPOINT].decode()) == (10, 20, log.signed[20])
    with pytest.raises(BadSignature):
        publish_tiles(log, MemoryTarget({CHECKPOINT: stale.encode()}))
