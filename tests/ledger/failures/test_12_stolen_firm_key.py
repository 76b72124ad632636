"""A firm's key is stolen: once revoked it enters nothing more; what it signed before stays, marked; an auditor sees it offline."""

import io

import pytest

from ledger.outcome import Receipt, Refused
from ledger.verdict import Verdict
from ledger.verify import verify_audit_file
from tests.ledger.live_log import LiveLog, make_firm, say_enrolment, say_revocation, say_rotation
from tests.ledger.small_log import LOG as SMALL
from tests.ledger.small_log import LOG_VERIFIER, SmallLog, build_small_log, deliver, make_key


def list_codes(live: LiveLog, submission: object) -> list[str]:
    outcome = live.log.submit_many([submission])[0]  # type: ignore[list-item]  # a submission
    assert isinstance(outcome, Refused), outcome
    return [finding.code for finding in outcome.findings]


def judge(log: SmallLog) -> Verdict:
    return verify_audit_file(io.BytesIO(log.write()), origin=SMALL, log_key=LOG_VERIFIER.to_text())


def revoke_firm(log: SmallLog, since: int | None) -> None:
    """Revoke the key with which the firm weighs."""
    key = make_key("firm").multikey
    public = {"key": key, "reason": "compromised", "compromised_since": since}
    log.say("key.revoked", make_key("operator"), "o-operator", public, about=f"key:{key}")


def test_a_revoked_key_enters_nothing_more_and_what_it_entered_stays(live: LiveLog) -> None:
    second = make_firm("second")
    live.accept(say_enrolment(live.firm, second))
    before, late = live.accept(second.deliver()), second.deliver()

    revoked = live.accept(say_revocation(live.firm, second))

    assert list_codes(live, late) == ["revoked-key"]
    assert isinstance(live.log.find_outcome(before.statement_hash), Receipt)
    record = live.log.read_authority().keys[second.key.multikey]
    assert record.revoked_at == revoked.index


def test_a_thief_with_an_operator_s_key_gives_itself_no_further_key(live: LiveLog) -> None:
    clerk, thief = make_firm("clerk"), make_firm("thief")
    live.accept(say_enrolment(live.firm, clerk, roles=["operator"]))

    assert set(list_codes(live, say_enrolment(clerk, thief))) & {"wrong-role", "ledger-rule"}


def test_a_thief_s_rotation_ends_with_the_revocation_of_what_it_rotated_to(live: LiveLog) -> None:
    """Whoever holds a key can rotate it; the firm's signatory sees the entry and revokes the new one."""
    clerk, thief = make_firm("clerk"), make_firm("thief")
    live.accept(say_enrolment(live.firm, clerk))
    live.accept(say_rotation(clerk, thief))
    live.accept(thief.deliver())

    live.accept(say_revocation(live.firm, thief))

    assert list_codes(live, thief.deliver()) == ["revoked-key"]
    assert list_codes(live, clerk.deliver()) == ["revoked-key"]


def test_entries_since_the_theft_are_questioned_offline_and_nothing_is_undone() -> None:
    log = build_small_log()
    first = len(log.entries)
    deliver(log)
    deliver(log)
    revoke_firm(log, first)
    log.publish()

    verdict = judge(log)

    [doubt] = verdict.completeness.questioned
    assert (verdict.integrity, verdict.faults) == ("unwitnessed", ())
    assert (doubt.since, doubt.revoked_at, doubt.entries) == (first, first + 2, (first, first + 1))


def test_an_entry_by_a_revoked_key_is_invalid_for_whoever_verifies_offline() -> None:
    """An operator who is in league with the thief enters it all the same: the log is then not what its rules allow, and says where."""
    log = build_small_log()
    revoke_firm(log, None)
    deliver(log)
    log.publish()

    verdict = judge(log)

    assert verdict.integrity == "invalid"
    assert [(fault.index, fault.code) for fault in verdict.faults] == [(len(log.entries) - 1, "revoked-key")]


@pytest.mark.parametrize("since", [-1, 10**6, "0"])
def test_the_beginning_of_a_theft_lies_within_the_key_s_life(live: LiveLog, since: object) -> None:
    second = make_firm("second")
    live.accept(say_enrolment(live.firm, second))
    public = {"key": second.key.multikey, "reason": "compromised", "compromised_since": since}
    said = live.firm.say("key.revoked", public, about=f"key:{second.key.multikey}")  # type: ignore[arg-type]  # hostile

    if since == 10**6:
        live.accept(said)  # an index to come questions nothing
        assert live.log.read_authority().keys[second.key.multikey].revoked_at is not None
    else:
        assert list_codes(live, said) == ["ledger-rule"]
