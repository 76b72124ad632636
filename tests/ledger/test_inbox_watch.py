"""Waiting beside the leader: each gets the answer that was given to what it sent, and nobody's trouble is another one's."""

import threading
import time
from collections.abc import Mapping, Sequence

import pytest

from ledger import inbox, store
from ledger.errors import Finding
from ledger.inbox_watch import InboxWatch
from ledger.outcome import MAX_FINDINGS, Outcome, Refused, read_refusal, refuse
from tests.ledger.live_log import KEYS, START, LiveLog

ONE, OTHER = "11" * 32, "22" * 32


def test_a_statement_that_is_sent_again_gets_no_answer_of_before() -> None:
    """The first one's refusal is on its way while the second one puts its statement into the inbox."""
    looking, second_waits = threading.Event(), threading.Event()
    refusal = refuse(KEYS, ONE, START, [Finding("statement", "expired", "too late")])
    got: dict[str, Outcome | None] = {}

    def find(_hashes: Sequence[str]) -> Mapping[str, Outcome]:
        if looking.is_set():
            return {}  # it waits again
        looking.set()
        second_waits.wait(10)
        return {ONE: refusal}

    watch = InboxWatch(find)
    first = threading.Thread(target=lambda: got.update(first=watch.wait(ONE, time.monotonic() + 10)))
    first.start()
    looking.wait(10)
    second = threading.Thread(target=lambda: got.update(second=watch.wait(ONE, time.monotonic() + 0.5)))
    second.start()
    time.sleep(0.1)
    second_waits.set()
    first.join()
    second.join()

    assert got == {"first": refusal, "second": None}


def test_several_wait_for_the_same_statement_and_one_that_leaves_takes_nobody_along() -> None:
    answers: dict[str, Outcome] = {}
    watch = InboxWatch(lambda hashes: {one: answers[one] for one in hashes if one in answers})
    got: list[Outcome | None] = []
    threads = [threading.Thread(target=lambda wait=wait: got.append(watch.wait(ONE, time.monotonic() + wait))) for wait in (0.05, 10, 10)]
    for thread in threads:
        thread.start()
    threads[0].join()
    answers[ONE] = refuse(KEYS, ONE, START, [])
    for thread in threads[1:]:
        thread.join()

    assert got == [None, answers[ONE], answers[ONE]]


def test_a_refusal_of_thousands_of_faults_is_one_that_can_be_read() -> None:
    faults = [Finding(f"parameters.{'x' * 100}{number}", "unknown-parameter", "remove it" * 5000) for number in range(12_000)]

    refused = refuse(KEYS, ONE, START, faults)

    assert read_refusal(refused.note, KEYS.receipts_verifier).findings == refused.findings
    assert len(refused.findings) == MAX_FINDINGS + 1
    assert "11800 more" in refused.findings[-1].message


def test_a_refusal_that_cannot_be_read_keeps_nobody_elses_answer_back(live: LiveLog) -> None:
    good = refuse(KEYS, OTHER, START, [Finding("statement", "expired", "too late")])
    with store.writing(live.engine, live.log.log_id) as connection:
        rows = [inbox.OutcomeRow(name, "refused", START, note) for name, note in ((ONE, "damaged"), (OTHER, good.note))]
        inbox.insert_outcomes(connection, live.log.log_id, rows)

    found = live.log.find_outcomes([ONE, OTHER])

    assert found[OTHER] == good
    damaged = found[ONE]
    assert isinstance(damaged, Refused)
    assert "cannot be read any more" in damaged.findings[0].message


@pytest.mark.parametrize("again", [1, 3])
def test_the_first_acknowledgement_counts_however_often_the_same_is_sent(live: LiveLog, again: int) -> None:
    sent = live.firm.deliver()
    row = inbox.WaitingRow(0, sent.signed.hash, "{}", None)
    with store.writing(live.engine, live.log.log_id) as connection:
        notes = [inbox.put_inbox(connection, live.log.log_id, row, f"note {number}") for number in range(again + 1)]
        waiting = inbox.read_inbox(connection, live.log.log_id, 10)
        inbox.drop_inbox(connection, [one.id for one in waiting])

    assert (notes, len(waiting)) == (["note 0"] * (again + 1), 1)
