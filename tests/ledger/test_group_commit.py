"""Sixty-four submitters wait for one commit: each is told its own outcome and nobody else's, and a commit takes whoever came meanwhile."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from ledger import inbox, store
from ledger.desk import QUIET
from ledger.intake import Checked, MemoryQueue, Ticket
from ledger.log import Log
from ledger.outcome import LogUnavailable, Outcome, Receipt, Refused
from ledger.statement import Submission
from tests.ledger.live_log import LiveLog, codes

SUBMITTERS = 64
GATHER = 0.2  #: seconds in which all threads come to wait
ID = "00000000-0000-4000-8000-000000000007"


@pytest.fixture
def led(live: LiveLog) -> Iterator[LiveLog]:
    """A live log whose sequencer thread runs in this process."""
    live.log.start()
    yield live
    live.log.stop()


def check_all(log: Log, submissions: list[Submission]) -> list[Checked]:
    checked = log._intake.check_many(submissions)
    return [one for one in checked if isinstance(one, Checked)]


def submit_together(led: LiveLog, checked: list[Checked]) -> list[Outcome]:
    """Submit each in a thread of its own, all of them while the sequencer is held up, so that one commit takes them."""
    with ThreadPoolExecutor(len(checked)) as pool:
        with led.log._writer._lock:
            waiting = [pool.submit(led.log.submit_checked, one) for one in checked]
            threading.Event().wait(GATHER)
        return [one.result() for one in waiting]


def test_each_waiting_submitter_is_told_its_own_failure(led: LiveLog, caplog: pytest.LogCaptureFixture) -> None:
    taken = led.firm.deliver(id=ID)
    led.accept(taken)
    submissions = [led.firm.deliver() for _ in range(SUBMITTERS)]
    expected: dict[int, set[str]] = {}
    for place, changes, found in (
        (3, {"public": {"refuse": True}}, {"unwanted"}),
        (17, {"public": {"break": True}}, {"quarantined"}),
        (18, {"log": "other.example/main"}, {"other-log"}),
        (40, {"id": ID}, {"replayed-id"}),
        (41, {"refs": ("ab" * 32,)}, {"unknown-ref"}),
        (63, {"expires_at": "2026-01-03T00:00:00Z"}, {"too-long"}),
    ):
        submissions[place], expected[place] = led.firm.deliver(**changes), found
    submissions[50] = submissions[49]  # the same bytes twice
    submissions[51] = taken

    outcomes = submit_together(led, check_all(led.log, submissions))

    assert {place: codes(one) for place, one in enumerate(outcomes) if isinstance(one, Refused)} == expected
    assert [one.statement_hash for one in outcomes] == [one.signed.hash for one in submissions]
    assert outcomes[49] == outcomes[50]
    entered = {one.index: one.leaf_hash for one in outcomes if isinstance(one, Receipt)}
    assert len(entered) == SUBMITTERS - len(expected) - 1
    stored = {entry.index: (entry.leaf_hash, entry.statement_hash) for entry in led.log.read_entries(0, 200)}
    assert all(stored[one.index] == (one.leaf_hash, one.statement_hash) for one in outcomes if isinstance(one, Receipt))
    assert "quarantined" in caplog.text


def test_a_database_that_is_away_is_told_to_all_and_sending_again_enters_each_once(
    led: LiveLog, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    checked = check_all(led.log, [led.firm.deliver() for _ in range(8)])
    append = store.append

    def commit_no_more(*_arguments: object) -> None:
        raise store.Outage("the disk is elsewhere")

    monkeypatch.setattr("ledger.writer.PAUSES", ())
    monkeypatch.setattr(store, "append", commit_no_more)
    with ThreadPoolExecutor(8) as pool:
        errors = [waiting.exception() for waiting in [pool.submit(led.log.submit_checked, one) for one in checked]]
    monkeypatch.setattr(store, "append", append)

    outcomes = submit_together(led, [*checked, *checked])

    assert [type(error) for error in errors] == [LogUnavailable] * len(checked)
    assert sorted({one.index for one in outcomes if isinstance(one, Receipt)}) == list(range(2, 10))
    assert [one.statement_hash for one in outcomes] == 2 * [one.signed.hash for one in checked]


def test_what_came_while_a_commit_ran_goes_into_the_next_one_together(live: LiveLog) -> None:
    led = live
    led.log.start()
    before = count_heads(led)

    submit_together(led, check_all(led.log, [led.firm.deliver() for _ in range(SUBMITTERS)]))

    led.log.stop()
    assert count_heads(led) - before <= 3


def test_a_queue_gives_what_waits_at_once_and_in_order(live: LiveLog) -> None:
    [checked] = check_all(live.log, [live.firm.deliver()])
    queue = MemoryQueue()
    tickets = [queue.put(replace(checked, inbox_id=number)) for number in range(5)]

    first, rest = queue.take(2, 60.0), queue.take(9, 60.0)

    assert [*first, *rest] == tickets
    assert queue.take(9, 0) == list[Ticket]()


def count_heads(led: LiveLog) -> int:
    with store.reading(led.engine) as connection:
        return len(store.list_heads(connection, led.log.log_id))


def test_many_who_wait_over_the_inbox_are_each_told_their_own_outcome(led: LiveLog) -> None:
    other = led.open_second()
    submissions = [led.firm.deliver({"refuse": True} if number % 5 == 3 else None) for number in range(16)]
    submissions[7] = submissions[6]  # two threads wait for the same bytes

    with ThreadPoolExecutor(len(submissions)) as pool:
        outcomes = list(pool.map(other.submit, submissions))

    assert [one.statement_hash for one in outcomes] == [one.signed.hash for one in submissions]
    assert [number for number, one in enumerate(outcomes) if isinstance(one, Refused)] == [3, 8, 13]
    assert sum(isinstance(one, Receipt) for one in outcomes) == 13
    assert outcomes[6] == outcomes[7]
    assert led.count_rows()["ledger_inbox"] == 0
    other._engine.dispose()


def test_an_inbox_into_which_nothing_comes_is_looked_into_less_often(led: LiveLog, monkeypatch: pytest.MonkeyPatch) -> None:
    real, looks = inbox.is_filled, list[float]()

    def look(connection: store.Connection, log_id: int) -> bool:
        looks.extend([time.monotonic()] if connection.engine.pool is led.engine.pool else ())  # other logs of this process look too
        return real(connection, log_id)

    monkeypatch.setattr(inbox, "is_filled", look)
    began = time.monotonic()
    threading.Event().wait(10 * QUIET)
    quiet, took = len(looks), time.monotonic() - began
    other = led.open_second()
    receipt = other.submit(led.firm.deliver())
    threading.Event().wait(5 * QUIET)
    other._engine.dispose()

    assert isinstance(receipt, Receipt)
    assert 0 < quiet <= took / QUIET + 1
    assert min(later - earlier for earlier, later in pairwise(looks[quiet:])) < QUIET
