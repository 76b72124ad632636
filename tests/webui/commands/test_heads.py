"""A signer remembers what it saw of the log, and notices a server that shows another one."""

from pathlib import Path

import pytest

from ledger.merkle import hash_leaf, prove_consistency
from tests.ledger.small_log import LOG, LOG_KEY, LOG_VERIFIER, SmallLog, build_small_log, deliver, make_key
from webui.commands.faults import Complaint
from webui.commands.heads import check_head, read_memory

KEY = LOG_VERIFIER.to_text()


def prove(log: SmallLog, old: int, size: int) -> list[bytes]:
    """Prove from a log's entries alone."""
    leaves = [hash_leaf(data) for data in log.entries]
    whole = SmallLog(entries=list(log.entries))

    def read(wanted: object) -> dict[tuple[int, int], bytes]:
        assert isinstance(wanted, list | tuple)
        return {
            (level, index): SmallLog(entries=whole.entries[index << level : (index + 1) << level]).compute_root()
            if level
            else leaves[index]
            for level, index in wanted
        }

    return prove_consistency(read, old, size)


def test_a_log_that_grew_is_followed_and_remembered(tmp_path: Path) -> None:
    log, memory = build_small_log(), tmp_path / "me.key.seen"
    first = check_head(memory, log.notes[-1], LOG, KEY, lambda old, new: prove(log, old, new))
    for _ in range(3):
        deliver(log)
    log.publish()

    second = check_head(memory, log.notes[-1], LOG, KEY, lambda old, new: prove(log, old, new))

    assert (second.size, second.root) == (first.size + 3, log.compute_root().hex())
    known = read_memory(memory)
    assert known is not None
    assert known.note == log.notes[-1]


def test_a_server_that_shows_fewer_entries_is_caught(tmp_path: Path) -> None:
    log, memory = build_small_log(), tmp_path / "me.key.seen"
    check_head(memory, log.notes[-1], LOG, KEY, lambda old, new: prove(log, old, new))

    with pytest.raises(Complaint, match="where you have seen 4") as caught:
        check_head(memory, log.notes[0], LOG, KEY, lambda old, new: prove(log, old, new))

    assert caught.value.exit_code == 1
    known = read_memory(memory)
    assert known is not None
    assert known.note == log.notes[-1]


def test_a_server_that_shows_another_log_of_the_same_size_is_caught(tmp_path: Path) -> None:
    log, memory = build_small_log(), tmp_path / "me.key.seen"
    check_head(memory, log.notes[-1], LOG, KEY, lambda old, new: prove(log, old, new))
    other = SmallLog(entries=[*log.entries[:-1], log.entries[0]])

    with pytest.raises(Complaint, match="shows another log of 4 entries"):
        check_head(memory, other.publish(), LOG, KEY, lambda old, new: prove(other, old, new))


def test_a_longer_log_that_does_not_continue_the_seen_one_is_caught(tmp_path: Path) -> None:
    log, memory = build_small_log(), tmp_path / "me.key.seen"
    check_head(memory, log.notes[-1], LOG, KEY, lambda old, new: prove(log, old, new))
    other = SmallLog(entries=[*log.entries[:-1], log.entries[0], log.entries[1]])

    with pytest.raises(Complaint, match="does not continue the one that you have seen"):
        check_head(memory, other.publish(), LOG, KEY, lambda old, new: prove(other, old, new))


def test_a_checkpoint_of_another_key_is_not_believed(tmp_path: Path) -> None:
    log = build_small_log()
    note = log.publish(make_key("somebody"))

    with pytest.raises(Complaint, match="nothing was signed"):
        check_head(tmp_path / "me.key.seen", note, LOG, KEY, lambda old, new: prove(log, old, new))

    assert read_memory(tmp_path / "me.key.seen") is None
    assert LOG_KEY.public != make_key("somebody").public
