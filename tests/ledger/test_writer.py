"""The writer: what breaks stops nobody else, what the database lost is found, and shut rather than two histories."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from ledger import inbox, store, writer
from ledger.checkpoint import sign_checkpoint
from ledger.guard import FileGuard
from ledger.outcome import LogLatched, LogUnavailable, Outcome
from ledger.sequencer import Candidate
from ledger.statement import Seen
from ledger.store import reading
from tests.ledger.live_log import (
    KEYS,
    LOG,
    LiveLog,
    codes,
    indexes,
    make_key,
)

MY_ID, OTHER_ID = "00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001"


# What breaks


def test_what_breaks_a_batch_is_quarantined_and_the_others_are_entered(live: LiveLog, caplog: pytest.LogCaptureFixture) -> None:
    culprit = live.firm.deliver({"break": True})

    outcomes = live.send(live.firm.deliver(), culprit, live.firm.deliver())

    assert indexes(outcomes) == [2, None, 3]
    assert codes(outcomes[1]) == {"quarantined"}
    assert live.log.find_outcome(culprit.signed.hash) == outcomes[1]
    with reading(live.engine) as connection:
        details = [row.detail for row in inbox.list_outcomes(connection, live.log.log_id, outcome="quarantined")]
    assert details == ["ZeroDivisionError: a bug in a fold"]
    assert "one by one" in caplog.text


def test_a_quarantined_statement_is_tried_alone_and_entered_when_the_bug_is_mended(live: LiveLog) -> None:
    culprit = live.firm.deliver({"break": True})
    live.send(culprit)
    sizes: list[int] = []
    live.domain.before_fold = lambda connection, _candidate: sizes.append(count_entries_of(connection))
    live.start_again()
    live.log.start()
    live.log.stop()

    again = live.send(live.firm.deliver(), culprit)

    assert indexes(again) == [2, None]
    assert sizes == [2, 3]  # the second one saw the first committed: they were not in one batch


def count_entries_of(connection: Any) -> int:
    """Count the stored entries of log 1."""
    head = store.read_head(connection, 1)
    return 0 if head is None else head.size


@pytest.mark.parametrize("raced_id", [OTHER_ID, MY_ID])
def test_a_lost_race_is_judged_anew_on_the_new_head(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raced_id: str
) -> None:  # fmt: skip
    live = LiveLog(postgresql_url, tmp_path)
    other, mine, raced = live.open_second(), live.firm.deliver(id=MY_ID), [live.firm.deliver(id=raced_id)]
    outcomes: list[Outcome] = []

    def race(_connection: Any, _candidate: Candidate) -> None:
        """Commit another statement between our judgement and our head."""
        while raced:
            outcomes.extend(other.submit_many([raced.pop()]))

    monkeypatch.setattr(store, "lock_writers", lambda _connection, _log_id: None)  # the compare-and-swap alone decides
    live.domain.before_fold = race
    mine_outcome = live.send(mine)[0]

    assert indexes(outcomes) == [2]
    if raced_id == MY_ID:
        assert codes(mine_outcome) == {"replayed-id"}
    else:
        assert indexes([mine_outcome]) == [3]
    live.verify()
    live.close()
    other._engine.dispose()


def test_a_fold_that_stumbles_over_another_writers_rows_blames_nobody(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveLog(postgresql_url, tmp_path)
    other, raced = live.open_second(), [live.firm.deliver()]

    def stumble(_connection: Any, _candidate: Candidate) -> None:
        if raced:
            other.submit_many([raced.pop()])
            raise ZeroDivisionError("a key that the other writer's fold has made")

    monkeypatch.setattr(store, "lock_writers", lambda _connection, _log_id: None)
    live.domain.before_fold = stumble

    assert indexes(live.send(live.firm.deliver())) == [3]
    live.close()
    other._engine.dispose()


def test_a_commit_of_unknown_outcome_is_read_again_and_not_repeated(live: LiveLog, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = store.writing, [True]

    @contextmanager
    def lose_answer(engine: store.Engine, log_id: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
        with real(engine, log_id) as connection:
            yield connection
        if failures:
            failures.pop()
            raise store.Outage("the connection was lost at commit")

    monkeypatch.setattr(store, "writing", lose_answer)
    monkeypatch.setattr(writer, "PAUSES", (0.0,))
    submission = live.firm.deliver()

    receipt = live.send(submission)[0]

    assert indexes([receipt]) == [2]
    assert live.count_rows()["ledger_entries"] == 3
    assert FileGuard(live.folder / "guard", LOG).read() == (3, live.log.read_head().root)  # type: ignore[union-attr]  # there is a head


def test_a_database_that_stays_away_makes_the_log_unavailable_and_costs_nothing(live: LiveLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_connection: Any, _candidate: Candidate) -> None:
        raise OperationalError("INSERT", {}, Exception("server closed the connection unexpectedly"), connection_invalidated=True)

    monkeypatch.setattr(writer, "PAUSES", (0.0, 0.0))
    submission = live.firm.deliver()
    live.domain.before_fold = fail

    with pytest.raises(LogUnavailable, match="3 times"):
        live.send(submission)
    live.domain.before_fold = None

    assert indexes(live.send(submission)) == [2]


# Guard


def test_the_guard_is_at_the_head_before_an_answer_goes_out(live: LiveLog) -> None:
    live.send(live.firm.deliver())

    head = live.log.read_head()
    assert head is not None
    assert FileGuard(live.folder / "guard", LOG).read() == (head.size, head.root)


def test_a_database_ahead_of_its_guard_goes_on(live: LiveLog) -> None:
    old = (live.folder / "guard").read_bytes()
    live.send(live.firm.deliver())
    (live.folder / "guard").write_bytes(old)  # a crash between commit and guard
    live.start_again()

    assert indexes(live.send(live.firm.deliver())) == [3]
    assert FileGuard(live.folder / "guard", LOG).read() == (4, live.log.read_head().root)  # type: ignore[union-attr]  # there is a head


def test_a_duplicate_is_answered_only_with_the_guard_at_the_head(live: LiveLog) -> None:
    old, submission = (live.folder / "guard").read_bytes(), live.firm.deliver()
    live.send(submission)
    (live.folder / "guard").write_bytes(old)
    live.start_again()

    live.send(submission)

    assert FileGuard(live.folder / "guard", LOG).read() == (3, live.log.read_head().root)  # type: ignore[union-attr]  # there is a head


def test_a_database_with_another_root_at_the_guards_size_never_signs(live: LiveLog) -> None:
    (live.folder / "guard").unlink()
    FileGuard(live.folder / "guard", LOG).advance(1, b"\x11" * 32)
    live.start_again()

    with pytest.raises(LogLatched, match="another log"):
        live.send(live.firm.deliver())

    assert live.log.read_head().size == 2  # type: ignore[union-attr]  # there is a head
    live.broken = True


def test_a_database_exchanged_under_a_running_writer_is_noticed(live: LiveLog) -> None:
    live.send(live.firm.deliver())
    tip = live.log._writer._tip
    live.log._writer._tip = type(tip)(tip.frontier, b"x" * 32, tip.last_leaf, tip.received_at, tip.authority)

    with pytest.raises(LogLatched, match="replaced or restored"):
        live.send(live.firm.deliver())
    live.start_again()


# Latches


def test_a_note_of_our_own_key_that_contradicts_the_tree_shuts_the_log_for_all(live: LiveLog) -> None:
    note = sign_checkpoint(LOG, 2, b"\x11" * 32, KEYS.log_verifier, KEYS.log_key.sign)
    other = live.open_second()
    live.log.start()

    with pytest.raises(LogLatched, match="two histories"):
        live.log.submit(live.firm.deliver(seen=Seen(2, "11" * 32)), shown_note=note)
    live.log.stop()

    for log in (live.log, other):
        with pytest.raises(LogLatched, match="two histories"):
            log.submit_many([live.firm.deliver()])
    live.start_again()
    with pytest.raises(LogLatched, match="two histories"):
        live.send(live.firm.deliver())
    with pytest.raises(LogLatched, match="two histories"):
        live.log.publish_checkpoint(live.clock.now)
    with reading(live.engine) as connection:
        assert [row.note for row in inbox.list_outcomes(connection, live.log.log_id, outcome="latched")] == [note]
    assert live.log.read_head().size == 2  # type: ignore[union-attr]  # there is a head
    assert live.log.find_outcome("00" * 32) is None  # the latch is recorded under no statement
    other._engine.dispose()
    live.broken = True


@pytest.mark.parametrize(
    "note",
    [
        "no note at all",
        sign_checkpoint(LOG, 2, b"\x11" * 32, KEYS.receipts_verifier, KEYS.receipts_key.sign),
        sign_checkpoint(LOG, 2, b"\x11" * 32, KEYS.log_verifier, make_key("stranger").sign),
        sign_checkpoint("ledger.example/other", 2, b"\x11" * 32, KEYS.log_verifier, KEYS.log_key.sign),
    ],
)
def test_a_note_that_our_key_did_not_sign_stops_nobody(live: LiveLog, note: str) -> None:
    live.log.start()

    outcome = live.log.submit(live.firm.deliver(seen=Seen(2, "11" * 32)), shown_note=note)
    live.log.stop()

    assert codes(outcome) == {"seen-contradicts"}
    assert indexes(live.send(live.firm.deliver())) == [2]
