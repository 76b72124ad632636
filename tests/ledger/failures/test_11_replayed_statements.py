"""A statement that was signed once is entered once: not on another log, under another author or key, nor with other bytes or contents."""

from dataclasses import replace
from typing import Any

from ledger.contents import Binding, commit_contents
from ledger.outcome import Receipt, Refused
from ledger.statement import Submission, read_submission, sign_statement
from tests.ledger.live_log import FIRM, LiveLog, make_firm, say_enrolment, say_rotation

OTHER_LOG = "ledger.example/other"


def list_codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [finding.code for finding in outcome.findings]


def submit(live: LiveLog, submission: Submission) -> object:
    return live.log.submit_many([submission])[0]


def test_a_statement_for_another_log_is_refused_here(live: LiveLog) -> None:
    for_elsewhere = live.firm.deliver(log=OTHER_LOG)

    assert "other-log" in list_codes(submit(live, for_elsewhere))


def test_a_statement_relabelled_for_this_log_no_longer_holds(live: LiveLog) -> None:
    header = {**live.firm.deliver(log=OTHER_LOG).to_json()}
    statement: Any = header["statement"]
    moved = read_submission({**header, "statement": {**statement, "log": live.log.name}})

    assert "bad-signature" in list_codes(submit(live, moved))


def test_contents_of_one_statement_cannot_be_hung_on_another(live: LiveLog) -> None:
    first, second = live.firm.deliver(), live.firm.deliver()

    for mixed in (replace(first, contents=second.contents), replace(second, contents=first.contents)):
        assert set(list_codes(submit(live, mixed))) & {"bad-proof", "contents"}


def test_a_root_copied_from_another_author_s_statement_opens_nothing(live: LiveLog) -> None:
    """Fields are bound to log, author and id: with the same values under the same salts another statement has another root."""
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2)]
    made = [commit_contents(Binding(live.log.name, FIRM, one), [("quantity", "23.230")], lambda: "ab" * 32) for one in ids]
    (here, root), (_, elsewhere) = made
    copied = live.firm.say("delivery.dispatched", id=ids[1], contents_root=root, fields=1)

    assert root != elsewhere
    assert list_codes(submit(live, replace(copied, contents=here)))


def test_the_same_bytes_get_the_same_place_and_other_bytes_under_the_id_are_a_conflict(live: LiveLog) -> None:
    said = live.firm.deliver()
    first = live.accept(said)
    other = live.firm.deliver(id=said.signed.statement.id)

    again = submit(live, said)

    assert isinstance(again, Receipt)
    assert again.index == first.index
    assert list_codes(submit(live, other)) == ["replayed-id"]


def test_a_statement_by_a_key_that_was_rotated_since_is_refused(live: LiveLog) -> None:
    late, fresh = live.firm.deliver(), make_firm("fresh")
    live.accept(say_rotation(live.firm, fresh))

    assert list_codes(submit(live, late)) == ["revoked-key"]
    live.accept(fresh.deliver())


def test_a_number_that_a_key_has_used_is_not_used_again(live: LiveLog) -> None:
    said = live.firm.deliver()
    live.accept(said)
    twice = live.firm.deliver(key_seq=said.signed.statement.key_seq)

    assert list_codes(submit(live, twice)) == ["used-key-seq"]


def test_a_statement_signed_again_by_another_key_of_its_author_is_another_statement(live: LiveLog) -> None:
    second = make_firm("second")
    live.accept(say_enrolment(live.firm, second))
    said = live.firm.deliver()
    live.accept(said)

    forged = sign_statement(replace(said.signed.statement, key=second.key.multikey, key_seq=1), second.key.sign)

    assert list_codes(submit(live, Submission(forged, said.contents))) == ["replayed-id"]


def test_a_signature_of_another_statement_does_not_hold(live: LiveLog) -> None:
    first, second = live.firm.deliver(), live.firm.deliver()
    exchanged = replace(first.signed, signature=second.signed.signature)

    assert list_codes(submit(live, Submission(exchanged, first.contents))) == ["bad-signature"]


def test_after_a_restart_the_same_bytes_get_the_same_place_too(live: LiveLog) -> None:
    said = live.firm.deliver()
    first = live.accept(said)

    live.start_again()

    assert live.accept(said).index == first.index
