"""The writer: one answer for the same bytes, none twice for others, and shut rather than two histories."""

import shutil
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from ledger import inbox, store, writer
from ledger.checkpoint import sign_checkpoint
from ledger.guard import FileGuard, GuardError
from ledger.log import FoundingRefused, Log, found_log, open_log
from ledger.merkle import EMPTY_ROOT, compute_root
from ledger.outcome import LogKeys, LogLatched, LogUnavailable, Outcome, Receipt, Refused, read_refusal
from ledger.sequencer import Candidate
from ledger.statement import Seen, Submission
from ledger.store import reading
from ledger.writer import LogService
from tests.ledger.live_log import (
    KEYS,
    LOG,
    Author,
    LiveLog,
    make_firm,
    make_key,
    make_operator,
    make_service,
    say_enrolment,
    say_founding,
    say_revocation,
)

MY_ID, OTHER_ID = "00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001"


def codes(outcome: Outcome) -> set[str]:
    """Give the codes of a refusal."""
    assert isinstance(outcome, Refused), outcome
    return {finding.code for finding in outcome.findings}


def indexes(outcomes: list[Outcome]) -> list[int | None]:
    """Give the indexes of what was entered."""
    return [outcome.index if isinstance(outcome, Receipt) else None for outcome in outcomes]


# One answer for the same bytes


def test_the_same_bytes_give_the_same_receipt_in_a_batch_after_it_and_after_a_restart(live: LiveLog) -> None:
    submission = live.firm.deliver()

    first, twin = live.send(submission, submission)
    later = live.send(submission)[0]
    live.start_again()
    live.clock.advance(86_400 * 40)  # long after it has expired

    assert isinstance(first, Receipt)
    assert first == twin == later == live.send(submission)[0]


def test_other_bytes_under_one_id_are_a_conflict(live: LiveLog) -> None:
    first = live.firm.deliver(id=OTHER_ID)
    second, third = live.firm.deliver(id=OTHER_ID), live.firm.deliver(id=OTHER_ID)

    outcomes = live.send(first, second)

    assert indexes(outcomes) == [2, None]
    assert codes(outcomes[1]) == live.refuse(third) == {"replayed-id"}


def test_two_organisations_may_use_one_id(live: LiveLog) -> None:
    outcomes = live.send(live.firm.deliver(id=OTHER_ID), live.operator.say("log.heartbeat", about=f"log:{LOG}", id=OTHER_ID))

    assert indexes(outcomes) == [2, 3]


def test_a_key_sequence_number_is_used_once(live: LiveLog) -> None:
    outcomes = live.send(live.firm.deliver(key_seq=7), live.firm.deliver(key_seq=7))

    assert indexes(outcomes) == [2, None]
    assert codes(outcomes[1]) == live.refuse(live.firm.deliver(key_seq=7)) == {"used-key-seq"}


def test_a_late_number_of_a_key_is_taken(live: LiveLog) -> None:
    assert indexes(live.send(live.firm.deliver(key_seq=9))) == [2]
    assert indexes(live.send(live.firm.deliver(key_seq=4))) == [3]


def test_a_batch_is_entered_by_arrival_and_for_each_key_by_its_numbers(live: LiveLog) -> None:
    first, second, third = live.firm.deliver(), live.firm.deliver(), live.firm.deliver()
    beat = live.operator.say("log.heartbeat", about=f"log:{LOG}")

    outcomes = live.send(third, beat, first, second)

    assert indexes(outcomes) == [5, 3, 2, 4]


# Refusals


def test_a_refusal_is_signed_kept_and_leaves_nothing_else(live: LiveLog) -> None:
    submission = live.firm.deliver({"refuse": True})

    codes_found = live.refuse(submission)

    kept = live.log.find_outcome(submission.signed.hash)
    assert isinstance(kept, Refused)
    note = read_refusal(kept.note, KEYS.receipts_verifier)
    assert (note.log, note.statement_hash, note.time, note.findings) == (LOG, submission.signed.hash, live.clock.now, kept.findings)
    assert codes_found == {"unwanted"}


def test_what_was_refused_may_come_again_while_it_has_not_expired(live: LiveLog) -> None:
    early = live.firm.deliver()
    ref = early.signed.hash
    late = live.firm.deliver(refs=(ref,))

    assert live.refuse(late) == {"unknown-ref"}
    assert indexes(live.send(early)) == [2]
    assert indexes(live.send(late)) == [3]


def test_what_was_refused_cannot_come_again_when_it_has_expired(live: LiveLog) -> None:
    submission = live.firm.deliver({"refuse": True})
    live.refuse(submission)
    live.clock.advance(3601)

    assert live.refuse(submission) == {"expired"}


def test_one_bad_statement_does_not_hold_up_the_others(live: LiveLog) -> None:
    outcomes = live.send(
        live.firm.deliver(), live.firm.deliver({"refuse": 1}), live.firm.deliver(), live.firm.deliver(log="other.example/main")
    )

    assert indexes(outcomes) == [2, None, 3, None]
    assert codes(outcomes[3]) == {"other-log"}


def test_a_signature_that_does_not_hold_is_refused_and_not_kept(live: LiveLog) -> None:
    good = live.firm.deliver()
    bad = Submission(
        type(good.signed)(good.signed.statement, good.signed.encoded, good.signed.hash, good.signed.signature[:-1] + b"\x00"), good.contents
    )

    assert live.refuse(bad) == {"bad-signature"}
    assert live.log.find_outcome(good.signed.hash) is None


def test_contents_of_another_statement_are_refused(live: LiveLog) -> None:
    one, two = live.firm.deliver(), live.firm.deliver()

    assert live.refuse(Submission(one.signed, two.contents)) == {"bad-proof"}


def test_contents_are_shown_whole(live: LiveLog) -> None:
    whole = live.firm.deliver()
    fields: Any = whole.contents["fields"]
    hidden = live.log._intake.check(Submission(whole.signed, {"fields": [fields[0], {"leaf": "00" * 32}]}))

    assert codes(hidden) == {"bad-proof"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (lambda _log: Seen(0, "11" * 32), "seen-contradicts"),
        (lambda _log: Seen(2, "11" * 32), "seen-contradicts"),
        (lambda _log: Seen(99, "11" * 32), "seen-contradicts"),
        (lambda _log: Seen(1, EMPTY_ROOT.hex()), "seen-contradicts"),
    ],
)
def test_a_checkpoint_that_contradicts_the_tree_refuses_the_statement_alone(
    live: LiveLog, seen: Callable[[Log], Seen], code: str
) -> None:  # fmt: skip
    assert live.refuse(live.firm.deliver(seen=seen(live.log))) == {code}
    assert indexes(live.send(live.firm.deliver())) == [2]


def test_every_size_of_the_tree_may_have_been_seen(live: LiveLog) -> None:
    live.send(*[live.firm.deliver() for _ in range(9)])
    roots = [bytes.fromhex(entry.leaf_hash) for entry in live.log.read_entries(0, 11)]

    outcomes = live.send(*[live.firm.deliver(seen=Seen(size, compute_root(roots[:size]).hex())) for size in range(12)])

    assert indexes(outcomes) == list(range(11, 23))


# Keys


def test_a_key_enrolled_in_a_batch_signs_in_the_same_batch(live: LiveLog) -> None:
    second = make_firm("second")

    outcomes = live.send(second.deliver(), say_enrolment(live.firm, second), second.deliver())

    assert indexes(outcomes) == [None, 2, 3]
    assert codes(outcomes[0]) == {"unknown-key"}


def test_a_revocation_acts_from_its_index_on(live: LiveLog) -> None:
    outcomes = live.send(live.firm.deliver(), say_revocation(live.operator, live.firm), live.firm.deliver())

    assert indexes(outcomes) == [2, 3, None]
    assert codes(outcomes[2]) == {"revoked-key"}
    live.start_again()
    assert live.refuse(live.firm.deliver()) == {"revoked-key"}


# Erasure


def test_an_erasure_drops_value_and_salt_for_good(live: LiveLog) -> None:
    target, twin = live.firm.deliver(), live.firm.deliver()

    live.send(target)
    live.send(twin, say_erasure(live.firm, target.signed.hash, 1), say_erasure(live.firm, twin.signed.hash, 0, 1))

    assert list_shown(live.log, 2) == [["name", "salt", "value"], ["leaf"]]
    assert list_shown(live.log, 3) == [["leaf"], ["leaf"]]
    assert live.domain.forgotten == [(2, (1,)), (3, (0, 1))]


def say_erasure(author: Author, statement_hash: str, *fields: int) -> Submission:
    """Sign an erasure of fields."""
    public: Any = {"statement": statement_hash, "fields": fields, "reason": "asked for"}
    return author.say("contents.erased", public, about=f"statement:{statement_hash}")


def list_shown(log: Log, index: int) -> list[list[str]]:
    """List what each field of an entry still shows."""
    contents: Any = log.read_contents(index)
    return [sorted(field) for field in contents["fields"]]


def test_a_stranger_erases_nothing(live: LiveLog) -> None:
    target = live.firm.deliver()
    live.send(target)

    assert live.refuse(say_erasure(live.operator, target.signed.hash, 1)) == {"ledger-rule"}
    assert live.refuse(say_erasure(live.firm, "00" * 32, 1)) == {"ledger-rule"}
    assert live.refuse(say_erasure(live.firm, target.signed.hash, 2)) == {"unknown-field"}
    assert live.refuse(say_erasure(live.firm, "nohash", 1)) == {"ledger-rule"}


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
    assert FileGuard(live.folder / "guard", LOG).read() == (3, live.log.read_head().root)  # type: ignore[union-attr]


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
    assert FileGuard(live.folder / "guard", LOG).read() == (4, live.log.read_head().root)  # type: ignore[union-attr]


def test_a_duplicate_is_answered_only_with_the_guard_at_the_head(live: LiveLog) -> None:
    old, submission = (live.folder / "guard").read_bytes(), live.firm.deliver()
    live.send(submission)
    (live.folder / "guard").write_bytes(old)
    live.start_again()

    live.send(submission)

    assert FileGuard(live.folder / "guard", LOG).read() == (3, live.log.read_head().root)  # type: ignore[union-attr]


def test_a_database_behind_its_guard_never_signs(sqlite_url: str, tmp_path: Path) -> None:
    live = LiveLog(sqlite_url, tmp_path / "guards")
    file = Path(str(make_url(sqlite_url).database))
    live.engine.dispose()
    shutil.copytree(file.parent, tmp_path / "backup")
    live.start_again()
    live.send(live.firm.deliver())
    live.engine.dispose()
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (file.parent / name).unlink(missing_ok=True)
        if (tmp_path / "backup" / name).exists():
            shutil.copy(tmp_path / "backup" / name, file.parent / name)
    live.start_again()
    live.clock.advance(1)

    with pytest.raises(LogLatched, match="restored from an older copy"):
        live.send(live.firm.deliver())
    with pytest.raises(LogLatched, match="restored from an older copy"):
        live.log.publish_checkpoint(live.clock.now)
    with pytest.raises(LogLatched, match="restored from an older copy"):
        live.log.start()

    assert live.log.read_head().size == 2  # type: ignore[union-attr]  # reading goes on
    assert live.log.list_checkpoints() == []
    live.close()


def test_a_database_with_another_root_at_the_guards_size_never_signs(live: LiveLog) -> None:
    (live.folder / "guard").unlink()
    FileGuard(live.folder / "guard", LOG).advance(1, b"\x11" * 32)
    live.start_again()

    with pytest.raises(LogLatched, match="another log"):
        live.send(live.firm.deliver())

    assert live.log.read_head().size == 2  # type: ignore[union-attr]
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
    assert live.log.read_head().size == 2  # type: ignore[union-attr]
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


def test_a_clock_set_back_shuts_the_writer_until_it_is_started_anew(live: LiveLog) -> None:
    live.clock.now = "2025-12-31T23:59:30Z"

    with pytest.raises(LogLatched, match="set the clock"):
        live.send(live.firm.deliver())
    live.clock.now = "2026-01-01T00:00:00Z"
    with pytest.raises(LogLatched, match="set the clock"):
        live.send(live.firm.deliver())
    live.start_again()

    assert indexes(live.send(live.firm.deliver())) == [2]


def test_received_at_never_decreases(live: LiveLog) -> None:
    live.clock.advance(10)
    live.send(live.firm.deliver())
    live.clock.now = "2026-01-01T00:00:08Z"
    live.send(live.firm.deliver())

    assert [entry.received_at for entry in live.log.read_entries(2, 4)] == ["2026-01-01T00:00:10Z"] * 2


# Founding


def test_a_log_is_founded_once_whatever_happens_between(live: LiveLog) -> None:
    founding = live.log.read_entries(0, 1)
    again = say_founding(make_operator())

    with pytest.raises(FoundingRefused, match="there"):
        found_log(live.engine, again, make_service(live.folder, live.clock, live.domain))

    assert live.log.read_entries(0, 1) == founding


def test_a_founding_for_other_keys_than_the_services_is_refused(database_url: str, tmp_path: Path) -> None:
    live = LiveLog(database_url, tmp_path)
    strange = LogKeys(LOG, make_key("other"), make_key("receipts"))
    service = make_service(tmp_path, live.clock)

    with pytest.raises(FoundingRefused, match="log_key"):
        found_log(live.engine, say_founding(live.operator), with_keys(service, strange))
    with pytest.raises(GuardError, match="keys at hand"):
        open_log(live.engine, with_keys(service, strange))
    with pytest.raises(KeyError):
        open_log(live.engine, with_keys(service, LogKeys("ledger.example/none", make_key("log"), make_key("receipts"))))
    live.close()


def with_keys(service: LogService, keys: LogKeys) -> LogService:
    """Give the same service with other keys."""
    return LogService(keys, service.domain, service.clock, service.monotonic, service.guard)
