"""Failure 5: a fork is shown to somebody: the witness refuses and keeps both notes, and an auditor's verdict is `diverged` with both."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.checkpoint import hash_origin, parse_checkpoint, sign_checkpoint
from ledger.evidence import LogClaims, write_audit_file
from ledger.keys import SigningKey
from ledger.log import open_log
from ledger.merkle import Frontier, Node, hash_leaf, prove_consistency
from ledger.note import ED25519, VerifierKey, parse_note
from ledger.outcome import LogLatched
from ledger.verify import verify_audit_file
from ledger.witness import FORK, UNPROVED_GROWTH, write_request
from ledger.witness_book import WitnessBook, open_witness
from tests.databases import Databases
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_service
from tests.ledger.witness_world import RunningWitness, make_policy, run_witness


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[RunningWitness]:
    """A witness of the live log."""
    with run_witness(tmp_path, "witness") as running:
        yield running


@pytest.fixture
def fork(databases: Databases, tmp_path: Path) -> Iterator[LiveLog]:
    """Another history under the same keys: founded anew, as by a rogue operator or from a lost database."""
    (tmp_path / "fork").mkdir()
    url = databases.create("sqlite")
    other = LiveLog(url, tmp_path / "fork")
    yield other
    other.close()
    databases.drop(url)


def grow(live: LiveLog, size: int) -> str:
    """Let a log grow to a size, and sign it."""
    head = live.log.read_head()
    assert head is not None
    live.send(*[live.firm.deliver() for _ in range(size - head.size)])
    live.clock.advance(1)
    note = live.log.publish_checkpoint(live.clock.now)
    assert note is not None
    return note


def export(live: LiveLog, path: Path) -> None:
    """Write the audit file of a log."""
    newest = live.log.read_cosigned()
    head = live.log.read_head()
    assert newest is not None
    assert head is not None
    with path.open("wb") as file:
        write_audit_file(
            file,
            log=LogClaims(LOG, KEYS.log_verifier.to_text(), KEYS.receipts_verifier.to_text()),
            entries=[entry.body for entry in live.log.read_entries(0, head.size)],
            contents=[live.log.read_contents(index) for index in range(head.size)],
            checkpoints=list(live.log.list_cosigned(newest[0])),
            checkpoint=newest[2],
            extras={},
        )


def test_equal_size_and_other_root_is_refused_kept_and_shuts_the_log(
    sqlite_live: LiveLog, fork: LiveLog, witness: RunningWitness, tmp_path: Path
) -> None:
    shown, other = grow(sqlite_live, 5), grow(fork, 5)
    assert witness.book.add_checkpoint(write_request(0, [], shown), witness.now).status == 200
    fork.log = open_log(fork.engine, replace(make_service(fork.folder, fork.clock, fork.domain), policy=make_policy([witness], 1)))

    with pytest.raises(LogLatched, match="two histories"):
        fork.log.ask_witnesses()

    [kept] = [one for one in witness.book.list_evidence() if one.kind == FORK]
    assert (kept.shown, kept.known.startswith(shown)) == (other, True)
    assert fork.log.read_witnessed_size() == 0
    with pytest.raises(LogLatched):
        fork.send(fork.firm.deliver())
    export(fork, tmp_path / "fork.zip")
    verdict = verify_audit_file(tmp_path / "fork.zip", origin=LOG, log_key=KEYS.log_verifier.to_text(), known_heads=[kept.known])
    assert verdict.integrity == "diverged"
    assert {parse_note(note).text for note in verdict.evidence} == {parse_note(shown).text, parse_note(other).text}


def test_a_larger_tree_of_another_history_is_refused_with_422_and_kept(
    sqlite_live: LiveLog, fork: LiveLog, witness: RunningWitness, tmp_path: Path
) -> None:
    shown, other = grow(sqlite_live, 5), grow(fork, 9)
    assert witness.book.add_checkpoint(write_request(0, [], shown), witness.now).status == 200

    answer = witness.book.add_checkpoint(write_request(5, fork.log.prove_consistency(5, 9), other), witness.now)

    assert answer.status == 422
    [kept] = witness.book.list_evidence()
    assert (kept.kind, kept.shown, kept.known.startswith(shown), kept.old) == (UNPROVED_GROWTH, other, True, 5)
    export(fork, tmp_path / "fork.zip")
    verdict = verify_audit_file(tmp_path / "fork.zip", origin=LOG, log_key=KEYS.log_verifier.to_text(), known_heads=[kept.known])
    assert verdict.integrity == "diverged"
    assert len(verdict.evidence) == 2
    assert verify_file_of(sqlite_live, tmp_path / "true.zip", kept.known) == "consistent"


def verify_file_of(live: LiveLog, path: Path, known: str) -> str:
    """Give the verdict on a log's file, with a known head."""
    export(live, path)
    return verify_audit_file(path, origin=LOG, log_key=KEYS.log_verifier.to_text(), known_heads=[known]).integrity


def test_of_two_conflicting_checkpoints_at_once_exactly_one_is_cosigned(tmp_path: Path) -> None:
    key = SigningKey(bytes(range(32)))
    vkey = VerifierKey(LOG, ED25519, key.public)
    open_witness(tmp_path, "witness.example").add_log(LOG, vkey)
    books = [open_witness(tmp_path), open_witness(tmp_path)]  # as two processes have them; two threads use each
    leaves: list[bytes] = []

    for round_number in range(12):
        old, new = len(leaves), len(leaves) + 3
        rivals = [[*leaves, *(hash_leaf(f"{round_number} {name} {one}".encode()) for one in range(3))] for name in "abcd"]
        requests = [make_request(rival, old, new, key, vkey) for rival in rivals]
        answers = race(books, requests)

        assert sorted(answers) == [200, 409, 409, 409], (round_number, answers)
        leaves = rivals[answers.index(200)]
        held = books[0].read_checkpoint(hash_origin(LOG))
        assert held is not None
        assert parse_checkpoint(parse_note(held).text).root == make_tree(leaves)[0].compute_root(), (
            "what was cosigned is what is remembered"
        )
    for book in books:
        book.close()


def make_tree(leaves: list[bytes]) -> tuple[Frontier, dict[Node, bytes]]:
    """Make a tree with all its nodes."""
    frontier, nodes = Frontier(), {}
    for index, leaf in enumerate(leaves):
        nodes[0, index] = leaf
        nodes.update(frontier.append(leaf))
    return frontier, nodes


def make_request(leaves: list[bytes], old: int, new: int, key: SigningKey, vkey: VerifierKey) -> bytes:
    """Make a request in due form, with a proof that holds."""
    frontier, nodes = make_tree(leaves)
    proof = prove_consistency(lambda wanted: {one: nodes[one] for one in wanted}, old, new) if old else []
    return write_request(old, proof, sign_checkpoint(LOG, new, frontier.compute_root(), vkey, key.sign))


def race(books: list[WitnessBook], requests: list[bytes]) -> list[int]:
    """Send requests at once; gives their statuses."""
    barrier, statuses = threading.Barrier(len(requests)), [0] * len(requests)

    def send(number: int) -> None:
        barrier.wait()
        statuses[number] = books[number % len(books)].add_checkpoint(requests[number], 1_800_000_000).status

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses
