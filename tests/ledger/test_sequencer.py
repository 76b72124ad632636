"""The sequencer: one answer for the same bytes, none for others under their names, each statement judged by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.log import Log
from ledger.merkle import EMPTY_ROOT, compute_root
from ledger.outcome import Receipt, Refused, read_refusal
from ledger.statement import Seen, Submission
from tests.ledger.live_log import (
    KEYS,
    LOG,
    Author,
    LiveLog,
    codes,
    indexes,
    make_firm,
    say_enrolment,
    say_revocation,
)

MY_ID, OTHER_ID = "00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001"


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
    newest = live.log.find_outcome(submission.signed.hash)
    assert newest is not None
    assert codes(newest) == {"expired"}


def test_one_bad_statement_does_not_hold_up_the_others(live: LiveLog) -> None:
    outcomes = live.send(
        live.firm.deliver(), live.firm.deliver({"refuse": 1}), live.firm.deliver(), live.firm.deliver(log="other.example/main")
    )

    assert indexes(outcomes) == [2, None, 3, None]
    assert codes(outcomes[3]) == {"other-log"}


def test_a_signature_that_does_not_hold_is_refused_and_not_kept(live: LiveLog) -> None:
    good = live.firm.deliver()
    other = bytes([good.signed.signature[0] ^ 1]) + good.signed.signature[1:]
    bad = Submission(replace(good.signed, signature=other), good.contents)

    assert live.refuse(bad) == {"bad-signature"}
    assert live.log.find_outcome(good.signed.hash) is None


def test_contents_of_another_statement_are_refused(live: LiveLog) -> None:
    one, two = live.firm.deliver(), live.firm.deliver()

    assert live.refuse(Submission(one.signed, two.contents)) == {"bad-proof"}


def test_contents_are_shown_whole(live: LiveLog) -> None:
    whole = live.firm.deliver()
    fields: Any = whole.contents["fields"]
    hidden = live.log._intake.check(Submission(whole.signed, {"fields": [fields[0], {"leaf": "00" * 32}]}))

    assert codes(hidden) == {"bad-proof"}  # type: ignore[arg-type]  # it was refused


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
