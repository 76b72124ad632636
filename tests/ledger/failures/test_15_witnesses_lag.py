"""Failure 15: witnesses that are down, slow, ahead or hostile: no wait without bound, and the quorum goes by those that answer."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.log import open_log
from ledger.merkle import EMPTY_ROOT
from ledger.note import parse_note
from ledger.outcome import PUBLISHED, WITNESSED, LogLatched, Receipt
from ledger.policy import Policy, PolicyWitness
from ledger.witness_client import MAX_ANSWER, Ask, ask_witness
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_service
from tests.ledger.witness_world import RunningWitness, Stranger, answer_with, make_policy, run_stranger, run_witness

PATIENCE = 1.0  #: seconds that a witness gets in these tests


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.cosigning.PATIENCE", PATIENCE)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[RunningWitness, RunningWitness]]:
    """Two witnesses that are as they should be."""
    with run_witness(tmp_path, "north") as north, run_witness(tmp_path, "south") as south:
        yield north, south


def give_policy(live: LiveLog, policy: Policy) -> None:
    """Open the log anew with a policy."""
    live.log = open_log(live.engine, replace(make_service(live.folder, live.clock, live.domain), policy=policy))


def publish(live: LiveLog, entries: int = 1) -> str:
    """Enter something, and sign a checkpoint a second later."""
    for _ in range(entries):
        live.accept(live.firm.deliver())
    live.clock.advance(1)
    note = live.log.publish_checkpoint(live.clock.now)
    assert note is not None
    return note


def test_a_quorum_makes_a_checkpoint_witnessed_and_published(live: LiveLog, two: tuple[RunningWitness, RunningWitness]) -> None:
    policy = make_policy(two, 2)
    give_policy(live, policy)
    sent = live.firm.deliver()
    receipt = live.accept(sent)
    note = publish(live)
    before = live.log.find_outcome(receipt.statement_hash)

    replies = live.log.ask_witnesses()

    assert sorted(reply.witness.name for reply in replies if reply.line) == ["north", "south"], replies
    published = live.log.read_publication()
    assert published is not None
    assert published.startswith(note)
    assert policy.judge(published, KEYS.log_verifier).met
    after = [live.log.find_outcome(receipt.statement_hash), live.send(sent)[0]]
    assert [one.state for one in (before, *after) if isinstance(one, Receipt)] == [PUBLISHED, WITNESSED, WITNESSED]
    assert live.log.ask_witnesses() == [], "nothing is new, and the cosignatures are fresh"
    live.clock.advance(3600)
    two[0].now = two[1].now = two[0].now + 3600
    assert len([reply for reply in live.log.ask_witnesses() if reply.line]) == 2, "a quiet log is cosigned again"


def test_the_publication_waits_for_the_quorum_ten_minutes_and_no_longer(
    sqlite_live: LiveLog, two: tuple[RunningWitness, RunningWitness]
) -> None:
    give_policy(sqlite_live, make_policy(two, 2))
    first = publish(sqlite_live)
    sqlite_live.log.ask_witnesses()

    two[1].book.close()  # its disk fails: it answers 503
    second = publish(sqlite_live)
    replies = sqlite_live.log.ask_witnesses()
    waiting = sqlite_live.log.read_publication()
    sqlite_live.clock.advance(601)
    third = publish(sqlite_live)
    late = sqlite_live.log.read_publication()

    assert {reply.witness.name: reply.reason[:15] for reply in replies} == {"north": "", "south": "it answered 503"}
    assert waiting is not None
    assert waiting.startswith(first), "one of two is no quorum"
    assert parse_note(second).text != parse_note(third).text
    assert late == third
    assert sqlite_live.log.read_witnessed_size() == 3


def test_one_down_one_slow_and_the_quorum_of_the_others_stands(sqlite_live: LiveLog, two: tuple[RunningWitness, RunningWitness]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    released = threading.Event()

    def wait(_connection: socket.socket, _request: bytes) -> None:
        released.wait(20)

    with run_stranger("slow", wait) as slow:
        down = Stranger("down", f"http://127.0.0.1:{port}", replace(slow.key, name="down.example", public=KEYS.receipts_key.public))
        give_policy(sqlite_live, make_policy([*two, slow, down], 2))
        publish(sqlite_live)
        started = time.monotonic()

        replies = {reply.witness.name: reply for reply in sqlite_live.log.ask_witnesses()}

        took = time.monotonic() - started
        released.set()
    assert took < PATIENCE + 3
    assert (bool(replies["north"].line), bool(replies["south"].line)) == (True, True)
    assert replies["slow"].reason == "it did not answer in time"
    assert "ConnectionRefused" in replies["down"].reason
    assert sqlite_live.log.read_witnessed_size() == 3


def test_a_witness_that_was_away_is_asked_from_where_it_stands(live: LiveLog, two: tuple[RunningWitness, RunningWitness]) -> None:
    both, one = make_policy(two, 2), make_policy(two[:1], 1)
    give_policy(live, both)
    publish(live)
    live.log.ask_witnesses()
    give_policy(live, one)
    publish(live, 3)
    live.log.ask_witnesses()
    give_policy(live, both)
    publish(live, 2)

    replies = live.log.ask_witnesses()

    assert len([reply for reply in replies if reply.line]) == 2, replies
    assert live.log.read_witnessed_size() == 8


def test_a_witness_that_is_ahead_of_what_we_kept_is_asked_again_from_its_size(
    live: LiveLog, two: tuple[RunningWitness, RunningWitness]
) -> None:
    give_policy(live, make_policy(two, 2))
    note = publish(live)
    publish_and_ask_elsewhere(two[0], note)  # its answer was lost: the witness has cosigned, and nothing was kept here

    replies = live.log.ask_witnesses()

    assert len([reply for reply in replies if reply.line]) == 2, replies


def publish_and_ask_elsewhere(witness: RunningWitness, note: str) -> None:
    """Have a witness cosign a note without anybody keeping the answer."""
    assert witness.book.add_checkpoint(b"old 0\n\n" + note.encode(), witness.now).status == 200


def drip(connection: socket.socket, _request: bytes) -> None:
    """Send a header a byte at a time, without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def flood(connection: socket.socket, _request: bytes) -> None:
    """Send more than anybody wants to read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(2000):
        connection.sendall(b"x" * 65_536)


HOSTILE: dict[str, tuple[Callable[[socket.socket, bytes], None], str]] = {
    "garbage": (lambda connection, _request: connection.sendall(b"\x00\xff\x00 not HTTP\n\n"), "no answer that can be read"),
    "hangs up": (lambda connection, _request: connection.close(), "no answer that can be read"),
    "huge": (flood, f"more than {MAX_ANSWER} bytes"),
    "never ends": (drip, "it did not answer in time"),
    "redirects": (answer_with("302 Found\r\nLocation: http://127.0.0.1:1/add-checkpoint"), "it answered 302"),
    "empty": (answer_with("200 OK"), "not a list of signature lines"),
    "no UTF-8": (answer_with("200 OK", b"\xff\n"), "not UTF-8"),
    "no line": (answer_with("200 OK", b"cosigned\n"), "signature line"),
    "another key": (answer_with("200 OK", "— another.example AAAAAAAAAAAA\n".encode()), "its key is another"),
    "a size and no type": (answer_with("409 Conflict", b"1\n"), "it answered 409"),
    "a size that is none": (answer_with("409 Conflict\r\nContent-Type: text/x.tlog.size", b"01\n"), "it answered 409"),
    "our own size again": (answer_with("409 Conflict\r\nContent-Type: text/x.tlog.size", b"0\n"), "it answered 409"),
    "claims to be ahead": (answer_with("409 Conflict\r\nContent-Type: text/x.tlog.size", b"99\n"), "99"),
    "terminal codes": (answer_with("500 Oh", b"\x1b[2J\x07"), "it answered 500"),
}


def test_hostile_answers_are_refused_with_a_reason_and_shut_nothing(
    sqlite_live: LiveLog, two: tuple[RunningWitness, RunningWitness]
) -> None:
    with_names = {f"h{number}": case for number, case in enumerate(HOSTILE.values())}
    with ExitStack() as stack:
        strangers = [stack.enter_context(run_stranger(name, case[0])) for name, case in with_names.items()]
        give_policy(sqlite_live, make_policy([*two, *strangers], 2))
        publish(sqlite_live)
        started = time.monotonic()

        replies = {reply.witness.name: reply for reply in sqlite_live.log.ask_witnesses()}

        took = time.monotonic() - started
    assert took < PATIENCE + 3
    for name, (_, words) in with_names.items():
        assert not replies[name].line
        assert words in replies[name].reason, (name, replies[name].reason)
        assert replies[name].reason.isprintable()
    assert (bool(replies["north"].line), bool(replies["south"].line)) == (True, True)
    assert sqlite_live.log.read_witnessed_size() == 3
    publish(sqlite_live)


def test_one_witness_is_given_its_time_and_its_bytes_and_no_more() -> None:
    ask = Ask(Checkpoint(LOG, 0, EMPTY_ROOT), sign_checkpoint(LOG, 0, EMPTY_ROOT, KEYS.log_verifier, KEYS.log_key.sign), (), no_proof, 0)
    sent: list[int] = []

    def count(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        sent.extend(connection.send(b"x" * 65_536) for _ in range(2000))

    with run_stranger("drips", drip) as drips, run_stranger("floods", count) as floods:
        started = time.monotonic()
        slow = ask_witness(PolicyWitness("drips", drips.key, drips.url), ask, 0, 0.5)
        took = time.monotonic() - started
        loud = ask_witness(PolicyWitness("floods", floods.key, floods.url), ask, 0, 5)

    assert (slow.reason, took < 2) == ("it did not answer in time", True)
    assert loud.reason == f"its answer has more than {MAX_ANSWER} bytes"
    assert sum(sent) < 50_000_000, "what the kernel held, and not all that was offered"


def no_proof(_old: int, _size: int) -> list[bytes]:
    """Prove nothing: the tree is empty."""
    return []


def test_a_cosignature_on_another_checkpoint_or_by_a_wrong_clock_is_not_kept(
    sqlite_live: LiveLog, two: tuple[RunningWitness, RunningWitness]
) -> None:
    north, _ = two
    north.now += 86_400
    other = north.book.add_checkpoint(
        b"old 0\n\n" + sign_checkpoint(LOG, 1, bytes(32), KEYS.log_verifier, KEYS.log_key.sign).encode(), north.now
    )
    with run_stranger("copyist", answer_with("200 OK", other.body.encode())) as copyist:
        copyist.key = north.book.key
        give_policy(sqlite_live, make_policy([copyist], 1))
        publish(sqlite_live)

        replies = [*sqlite_live.log.ask_witnesses()]

    assert [reply.reason for reply in replies] == ["the cosignature by north.example does not hold"]


def test_only_our_own_signature_on_a_larger_tree_proves_a_restored_backup(
    live: LiveLog, two: tuple[RunningWitness, RunningWitness]
) -> None:  # fmt: skip
    live.broken = True
    give_policy(live, make_policy(two[:1], 1))
    publish(live)
    ahead = sign_checkpoint(LOG, 50, bytes(32), KEYS.log_verifier, KEYS.log_key.sign)
    publish_and_ask_elsewhere(two[0], ahead)  # signed by us before the database was set back

    with pytest.raises(LogLatched, match="two histories"):
        live.log.ask_witnesses()

    with pytest.raises(LogLatched, match="two histories"):
        live.send(live.firm.deliver())
    live.start_again()
    with pytest.raises(LogLatched, match="two histories"):
        live.send(live.firm.deliver())
