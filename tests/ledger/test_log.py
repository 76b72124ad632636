"""The doors' view of a log: waiting for an answer, inbox and memory, checkpoints, and proofs from stored nodes."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ledger import inbox, store
from ledger.checkpoint import verify_checkpoint
from ledger.intake import Checked
from ledger.log import Log
from ledger.merkle import Frontier, check_consistency, check_inclusion, compute_root, prove_consistency, prove_inclusion
from ledger.outcome import PUBLISHED, SEQUENCED, LogLatched, Outcome, Pending, Receipt, Refused, read_acknowledgement
from ledger.statement import Submission
from tests.ledger.live_log import KEYS, LOG, LiveLog, check_stored_log

SIZE = 70


@pytest.fixture
def led(live: LiveLog) -> Iterator[LiveLog]:
    """A log whose sequencer thread runs in this process."""
    live.log.start()
    yield live
    live.log.stop()


# Waiting for an answer


def test_many_threads_each_get_their_own_receipt(led: LiveLog) -> None:
    submissions = [led.firm.deliver() for _ in range(40)]
    outcomes: dict[str, Outcome] = {}

    def submit(submission: Submission) -> None:
        outcomes[submission.signed.hash] = led.log.submit(submission)

    threads = [threading.Thread(target=submit, args=(submission,)) for submission in submissions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    receipts = {key: outcome for key, outcome in outcomes.items() if isinstance(outcome, Receipt)}
    assert sorted(receipt.index for receipt in receipts.values()) == list(range(2, 42))
    for submission in submissions:
        entry = led.log.find_entry(submission.signed.hash)
        assert entry is not None
        assert entry.index == receipts[submission.signed.hash].index


def test_a_refusal_reaches_the_thread_that_waits(led: LiveLog) -> None:
    outcome = led.log.submit(led.firm.deliver({"refuse": True}))

    assert isinstance(outcome, Refused)
    assert isinstance(led.log.submit(led.firm.deliver()), Receipt)


def test_a_submitter_in_another_process_is_answered_over_the_inbox(led: LiveLog) -> None:
    other, submission = led.open_second(), led.firm.deliver()

    receipt = other.submit(submission)
    refused = other.submit(led.firm.deliver({"refuse": True}))

    assert isinstance(receipt, Receipt)
    assert isinstance(refused, Refused)
    assert other.submit(submission) == receipt == led.log.submit(submission)
    assert led.count_rows()["ledger_inbox"] == 0
    close(other)


def close(log: Log) -> None:
    """Let go of a second view's database."""
    log._engine.dispose()


def test_without_a_sequencer_a_submission_waits_with_one_signed_acknowledgement(live: LiveLog) -> None:
    submission = live.firm.deliver()

    first = live.log.submit(submission, timeout=0)
    live.clock.advance(30)
    second = live.log.submit(submission, timeout=0)

    assert isinstance(first, Pending)
    assert first == second == live.log.find_outcome(submission.signed.hash)
    promise = read_acknowledgement(first.note, KEYS.receipts_verifier)
    assert (promise.log, promise.statement_hash, promise.time, promise.deadline) == (
        LOG,
        submission.signed.hash,
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:01:00Z",
    )
    live.start_again()
    live.log.start()
    receipt = live.log.submit(submission)
    live.log.stop()
    assert isinstance(receipt, Receipt)
    assert (receipt.index, receipt.received_at) == (2, "2026-01-01T00:00:30Z")
    assert live.count_rows()["ledger_inbox"] == 0


def test_what_waits_in_memory_too_long_is_acknowledged_only_from_the_inbox(led: LiveLog) -> None:
    held, go = threading.Event(), threading.Event()

    def hold(_connection: object, _candidate: object) -> None:
        held.set()
        go.wait(10)

    submission = led.firm.deliver()
    led.domain.before_fold = hold
    first = threading.Thread(target=lambda: led.log.submit(led.firm.deliver()))
    first.start()
    held.wait(10)
    answer: list[Outcome] = []
    waiter = threading.Thread(target=lambda: answer.append(led.log.submit(submission, timeout=0.05)))
    waiter.start()
    time.sleep(0.2)
    go.set()
    waiter.join()
    first.join()

    assert isinstance(answer[0], Pending)
    receipt = led.log.submit(submission)
    assert isinstance(receipt, Receipt)
    assert led.log.find_outcome(submission.signed.hash) == receipt


def test_a_damaged_row_of_the_inbox_does_not_reach_the_log(live: LiveLog) -> None:
    good, bad = live.firm.deliver(), live.firm.deliver()
    pending = [live.log.submit(submission, timeout=0) for submission in (bad, good)]
    with store.writing(live.engine, live.log.log_id) as connection:
        rows = {row.statement_hash: row for row in inbox.read_inbox(connection, live.log.log_id, 10)}
        inbox.drop_inbox(connection, [rows[bad.signed.hash].id])
        damaged = rows[bad.signed.hash].submission.replace(bad.signed.signature.hex()[:8], "00000000")
        inbox.put_inbox(connection, live.log.log_id, replace(rows[bad.signed.hash], submission=damaged), "note")
    live.log.start()

    receipt = live.log.submit(good)
    wait_for_inbox(live)
    live.log.stop()

    assert all(isinstance(one, Pending) for one in pending)
    assert isinstance(receipt, Receipt)
    refused = live.log.find_outcome(bad.signed.hash)
    assert isinstance(refused, Refused)
    assert {finding.code for finding in refused.findings} == {"bad-signature"}


def wait_for_inbox(live: LiveLog) -> None:
    """Wait until nothing waits, ten seconds at most."""
    for _ in range(500):
        if live.count_rows()["ledger_inbox"] == 0:
            return
        time.sleep(0.02)


def test_one_process_leads_and_another_follows_when_it_ends(live: LiveLog) -> None:
    other = live.open_second()
    live.log.start()
    other.start()

    assert (live.log._desk.leads, other._desk.leads) == (True, False)
    live.log.stop()
    for _ in range(200):
        if other._desk.leads:
            break
        time.sleep(0.02)

    assert other._desk.leads
    assert isinstance(other.submit(live.firm.deliver()), Receipt)
    other.stop()
    close(other)


def test_a_closed_log_says_so_to_every_waiting_thread(led: LiveLog) -> None:
    led.clock.now = "2025-01-01T00:00:00Z"

    for _ in range(2):
        with pytest.raises(LogLatched, match="set the clock"):
            led.log.submit(led.firm.deliver())

    assert led.log.read_head() is not None
    led.clock.now = "2026-01-01T00:00:00Z"
    led.log.stop()
    led.start_again()


def test_what_stands_in_memory_is_entered_before_the_thread_ends(live: LiveLog) -> None:
    live.log.start()
    checked = [live.log._intake.check(live.firm.deliver()) for _ in range(20)]
    tickets = [live.log._desk.queue.put(one) for one in checked if isinstance(one, Checked)]
    live.log.stop()

    assert [type(ticket.wait(0)) for ticket in tickets] == [Receipt] * 20


# Checkpoints


def test_a_checkpoint_is_signed_when_the_tree_grew_and_a_second_has_passed(live: LiveLog) -> None:
    now = live.clock
    first = live.log.publish_checkpoint(now.now)
    again = live.log.publish_checkpoint(now.now)
    live.send(live.firm.deliver())
    too_soon = live.log.publish_checkpoint(now.now)
    now.advance(1)
    second = live.log.publish_checkpoint(now.now)
    now.advance(1)
    unchanged = live.log.publish_checkpoint(now.now)

    assert first is not None
    assert second is not None
    assert (again, too_soon, unchanged) == (None, None, None)
    assert [verify_checkpoint(note, LOG, KEYS.log_verifier).size for note in (first, second)] == [2, 3]
    assert [(size, note) for size, _, note in live.log.list_checkpoints()] == [(2, first), (3, second)]
    assert live.log.latest_checkpoint() == (3, now.now[:-2] + "1Z", second)


def test_a_receipt_says_published_once_a_checkpoint_covers_it(live: LiveLog) -> None:
    submission = live.firm.deliver()
    before = live.accept(submission)
    live.log.publish_checkpoint(live.clock.now)

    after = live.accept(submission)

    assert (before.state, after.state) == (SEQUENCED, PUBLISHED)
    assert replace(after, state=SEQUENCED) == before
    assert live.log.find_outcome(submission.signed.hash) == after


# Proofs


@pytest.fixture
def grown(live: LiveLog) -> LiveLog:
    """A log of 71 entries, in commits of many sizes."""
    left = SIZE - 1
    for count in (1, 2, 3, 5, 8, 13, 21, 34):
        live.send(*[live.firm.deliver() for _ in range(min(count, left))])
        left -= count
        if left <= 0:
            break
    return live


def test_proofs_from_stored_nodes_are_those_of_the_whole_tree_at_every_size(grown: LiveLog) -> None:
    leaves = [bytes.fromhex(entry.leaf_hash) for entry in grown.log.read_entries(0, SIZE + 1)]
    nodes = {(0, index): leaf for index, leaf in enumerate(leaves)}
    frontier = Frontier()
    for leaf in leaves:
        nodes.update(frontier.append(leaf))
    roots = [compute_root(leaves[:size]) for size in range(len(leaves) + 1)]

    for size in range(1, len(leaves) + 1):
        for index in {0, size // 2, size - 1}:
            path = grown.log.prove_inclusion(index, size)
            assert path == prove_inclusion(lambda wanted: {node: nodes[node] for node in wanted}, index, size)
            check_inclusion(leaves[index], index, size, path, roots[size])
        for old in {1, size // 3 + 1, size}:
            proof = grown.log.prove_consistency(old, size)
            assert proof == prove_consistency(lambda wanted: {node: nodes[node] for node in wanted}, old, size)
            check_consistency(old, roots[old], size, roots[size], proof)


def test_there_is_no_proof_of_what_is_not_there(grown: LiveLog) -> None:
    size = len(grown.log.read_entries(0, SIZE + 10))

    for index, tree in ((0, size + 1), (size, size), (-1, size)):
        with pytest.raises(ValueError, match=r"no leaf|has not grown"):
            grown.log.prove_inclusion(index, tree)
    for old, tree in ((1, size + 1), (0, size), (size, 1)):
        with pytest.raises(ValueError, match=r"no proof|has not grown"):
            grown.log.prove_consistency(old, tree)


def test_a_log_that_is_opened_again_goes_on_from_its_stored_nodes(grown: LiveLog) -> None:
    grown.start_again()
    grown.send(*[grown.firm.deliver() for _ in range(5)])
    grown.clock.advance(1)
    grown.log.publish_checkpoint(grown.clock.now)

    head = grown.log.read_head()
    assert head is not None
    assert check_stored_log(grown.log) == head.size


def test_authority_is_read_as_the_log_has_it(live: LiveLog) -> None:
    authority = live.log.read_authority()

    assert set(authority.keys) == {live.operator.key.multikey, live.firm.key.multikey}
    assert authority.log == LOG
