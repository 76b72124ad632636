"""Checkpoints with a line by ML-DSA-44: written while the key is there, read by every verifier, cosigned, and asked for by policies."""

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.checkpoint import hash_origin, peek_checkpoint
from ledger.cosignature import COSIGNATURE, ML_DSA_44, cosign_by_ml_dsa
from ledger.evidence import LogClaims, write_audit_file
from ledger.instant import read_seconds
from ledger.log import Log, open_log
from ledger.ml_dsa import MlDsaKey
from ledger.note import ED25519, parse_note
from ledger.policy import Policy, read_policy
from ledger.verify import verify_audit_file
from tests import second_verifier
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_service
from tests.ledger.ml_dsa_lines import KEY, make_log_policy, name_key
from tests.ledger.witness_world import Stranger, make_policy, run_stranger, run_witness

SOUTH = MlDsaKey(bytes(32))
KINDS = {key.id: key.type for key in (KEYS.log_verifier, name_key(LOG))}


def open_with(live: LiveLog, key: MlDsaKey | None, policy: Policy | None = None) -> None:
    """Open the log anew, with the key or without, and with witnesses."""
    live.log = open_log(live.engine, replace(make_service(live.folder, live.clock, live.domain), post_quantum=key, policy=policy))


def publish(live: LiveLog) -> str:
    """Enter something, and sign a checkpoint a second later."""
    live.accept(live.firm.deliver())
    live.clock.advance(1)
    note = live.log.publish_checkpoint(live.clock.now)
    assert note is not None
    return note


def list_lines(note: str) -> list[tuple[str, int]]:
    """List who signed a note, by name and by signature type, as the key id says."""
    return [(line.name, KINDS[line.id]) for line in parse_note(note).signatures]


def write_file(log: Log) -> bytes:
    """Write the log's audit file."""
    head, notes = log.read_head(), [note for _, _, note in log.list_checkpoints()]
    assert head is not None
    claims, file = LogClaims(LOG, KEYS.log_verifier.to_text(), KEYS.receipts_verifier.to_text()), io.BytesIO()
    entries = [entry.body for entry in log.read_entries(0, head.size)]
    contents = [log.read_contents(index) for index in range(head.size)]
    write_audit_file(file, log=claims, entries=entries, contents=contents, checkpoints=notes, checkpoint=notes[-1], extras={})
    return file.getvalue()


def test_each_checkpoint_carries_the_line_while_the_key_is_there_and_lacks_it_afterwards(live: LiveLog) -> None:
    found = []
    for key in (None, KEY, KEY, None):
        open_with(live, key)
        found.append((live.log.find_post_quantum_key(), publish(live)))

    both, policy = [(LOG, ED25519), (LOG, ML_DSA_44)], make_log_policy(LOG)
    assert [list_lines(note) for _, note in found] == [both[:1], both, both, both[:1]]
    assert [key for key, _ in found] == [None, name_key(LOG).to_text(), name_key(LOG).to_text(), None]
    assert [note for _, _, note in live.log.list_checkpoints()] == [note for _, note in found], "what was signed is what is kept"
    judged = [policy.judge(note, KEYS.log_verifier) for _, note in found]
    assert [quorum.met for quorum in judged] == [False, True, True, False]
    assert judged[2].witnesses[0].times == (read_seconds(live.clock.now) - 1,), "the line's time is the checkpoint's"


def test_every_verifier_takes_the_log_without_knowing_the_key_and_a_policy_asks_for_it(live: LiveLog) -> None:
    open_with(live, KEY)
    publish(live)
    publish(live)
    data = write_file(live.log)
    options: dict[str, Any] = {"origin": LOG, "log_key": KEYS.log_verifier.to_text()}

    ours, second = verify_audit_file(io.BytesIO(data), **options), second_verifier.verify_file(data, **options)
    policed = verify_audit_file(io.BytesIO(data), **options, policy=make_log_policy(LOG))
    other = verify_audit_file(io.BytesIO(data), **options, policy=make_log_policy(LOG, SOUTH))

    assert (ours.integrity, ours.exit_code, ours.checkpoints) == ("unwitnessed", 0, 2)
    assert (second["integrity"], second["exit_code"], second["checkpoints"]) == ("unwitnessed", 0, 2)
    assert (policed.integrity, policed.exit_code) == ("witnessed", 0)
    assert (other.integrity, other.exit_code) == ("unwitnessed", 1)
    assert list_lines(policed.checkpoint) == [(LOG, ED25519), (LOG, ML_DSA_44)]


def test_our_witness_cosigns_such_a_checkpoint_and_the_log_reads_its_answer(live: LiveLog, tmp_path: Path) -> None:
    with run_witness(tmp_path, "north") as north:
        open_with(live, KEY, make_policy([north], 1))
        notes = []
        for _ in range(2):
            notes.append(publish(live))
            [reply] = live.log.ask_witnesses()
            assert reply.line, reply.reason
        shown = north.book.read_checkpoint(hash_origin(LOG))
        published = live.log.read_publication()

    assert published is not None
    assert published == notes[-1] + reply.line
    text = make_log_policy(LOG).witnesses[0].key.to_text()
    both = read_policy(f"witness n {north.book.key.to_text()}\nwitness log {text}\ngroup both all n log\nquorum both\n")
    assert both.judge(published, KEYS.log_verifier).met
    assert shown is not None
    assert [line.name for line in parse_note(shown).signatures] == [LOG, "north.example"], "a witness keeps the lines that it verified"


@contextmanager
def run_modern_witness(live: LiveLog, change: Callable[[int], int] = lambda time: time) -> Iterator[Stranger]:
    """Run a witness that cosigns by ML-DSA-44, at a time that a test may change."""

    def answer(connection: socket.socket, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).split(b":")[1])
        while len(body) < length:
            body += connection.recv(65_536)
        note = body.decode().partition("\n\n")[2]
        line = cosign_by_ml_dsa(peek_checkpoint(note), change(read_seconds(live.clock.now)), "south.example", SOUTH).encode()
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(line)}\r\n\r\n".encode() + line)

    with run_stranger("south", answer) as stranger:
        stranger.key = name_key("south.example", SOUTH)
        yield stranger


def test_a_witness_that_cosigns_by_ml_dsa_counts_in_the_quorum(live: LiveLog, tmp_path: Path) -> None:
    with run_witness(tmp_path, "north") as north, run_modern_witness(live) as south:
        policy = make_policy([north, south], 2)
        open_with(live, KEY, policy)
        publish(live)
        replies = live.log.ask_witnesses()

    assert all(reply.line for reply in replies), replies
    published = live.log.read_publication()
    assert published is not None
    assert [one.key.type for one in policy.judge(published, KEYS.log_verifier).witnesses] == [COSIGNATURE, ML_DSA_44]
    assert live.log.read_witnessed_size() == 3
    assert not policy.judge(published.replace(replies[0].line, ""), KEYS.log_verifier).met


@pytest.mark.parametrize(("change", "words"), [(lambda _time: 0, "seconds apart"), (lambda time: time + 301, "301 seconds apart")])
def test_a_witness_that_leaves_the_time_out_or_is_far_off_is_not_kept(
    live: LiveLog, change: Callable[[int], int], words: str
) -> None:  # tlog-witness, "add-checkpoint": the timestamp must not be zero
    with run_modern_witness(live, change) as south:
        open_with(live, None, make_policy([south], 1))
        publish(live)
        [reply] = live.log.ask_witnesses()

    assert (reply.line, words in reply.reason) == ("", True), reply.reason
    assert live.log.read_witnessed_size() == 0
