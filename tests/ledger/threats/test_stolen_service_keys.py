"""Thieves of a service's keys: the log's key enters nothing, the receipts key signs no checkpoint, the service's says what jobs say."""

from typing import Any

import pytest

from contracts import stages
from contracts.facts import FACT_TYPES, list_rights
from ledger.checkpoint import sign_checkpoint
from ledger.errors import BadProof, BadSignature, Finding
from ledger.evidence import build_evidence, check_evidence
from ledger.log_kinds import sign_rotation
from ledger.note import ED25519, VerifierKey
from ledger.outcome import LogKeys, read_acknowledgement, read_refusal, sign_acknowledgement, sign_refusal
from ledger.statement import sign_statement
from tests.ledger.small_log import (
    CLAIMS,
    FIRM,
    LOG,
    LOG_KEY,
    LOG_VERIFIER,
    OPERATOR,
    RECEIPT_VERIFIER,
    SmallLog,
    build_small_log,
    deliver,
    make_key,
    make_verifier_key,
)
from tests.ledger.test_evidence import prove_entry
from tests.ledger.test_heads import rotate
from tests.ledger.test_own_kinds import FIRM as STORY_FIRM
from tests.ledger.test_own_kinds import LOG as STORY_LOG
from tests.ledger.test_own_kinds import OPERATOR as STORY_OPERATOR
from tests.ledger.test_own_kinds import Story
from tests.ledger.test_verify import verify
from tests.ledger.threats.retelling import judge, list_told, retell

KEYS = LogKeys(LOG, LOG_KEY, make_key("receipts"))
SERVICE = "service key"
assert stages.STAGES  # its imports register every kind of fact


# The log's key


def enter_under_a_firms_name(log: SmallLog) -> None:
    """Sign with the log's key what names the firm's."""
    signed, contents = log.compose("delivery.dispatched", make_key("firm"), FIRM)
    log.enter(sign_statement(signed.statement, LOG_KEY.sign), contents)


def enter_under_its_own(log: SmallLog) -> None:
    """Sign with the log's key in its own name."""
    log.say("delivery.dispatched", LOG_KEY, FIRM)


def change_what_stands(log: SmallLog) -> None:
    """Change a delivery and sign the tree anew."""
    log.entries[3] = log.entries[3].replace(b'"about":"thing:1"', b'"about":"thing:2"')
    log.notes.clear()


def name_another_log_key(log: SmallLog) -> None:
    """Hand the log over to a key of the thief's, in an entry that no facilitator signed."""
    thief = make_key("thief")
    note = sign_rotation(LOG_VERIFIER, make_verifier_key(LOG, thief), LOG_KEY.sign, thief.sign)
    log.say("log.key_rotated", LOG_KEY, OPERATOR, {"note": note}, about=f"log:{LOG}")


@pytest.mark.parametrize(
    ("cheat", "code"),
    [
        (enter_under_a_firms_name, "bad-signature"),
        (enter_under_its_own, "unknown-key"),
        (change_what_stands, "bad-signature"),
        (name_another_log_key, "unknown-key"),
    ],
)
def test_a_thief_of_the_logs_key_enters_nothing_and_hands_the_log_to_nobody(cheat: Any, code: str) -> None:
    log = build_small_log()
    cheat(log)
    log.publish(make_key("thief") if cheat is name_another_log_key else LOG_KEY)

    integrity, codes = judge(log)

    assert integrity == "invalid"
    assert code in codes


def test_what_a_thief_of_the_logs_key_leaves_out_is_missed_by_whoever_saw_it() -> None:
    log = build_small_log()
    seen = log.see()
    shorter = SmallLog(log.entries[:3], log.contents[:3])
    shorter.publish()

    assert judge(shorter) == ("unwitnessed", set()), "to a newcomer without any head it is a log"
    assert judge(shorter, known_heads=[f"{seen.size}:{seen.root}"]) == ("diverged", {"rollback"})


def test_a_key_that_was_rotated_away_still_signs_a_past_without_its_rotation() -> None:
    log = build_small_log()
    rotate(log)
    story = list_told(log)

    past = retell([*story[:4], story[5]])  # under the old key

    assert judge(past) == ("unwitnessed", set()), "to a newcomer without any head it is a log"
    assert judge(past, known_heads=[f"5:{log.compute_root(5).hex()}"]) == ("diverged", {"known-head"})


# The receipts key


@pytest.mark.parametrize("name", [LOG, f"{LOG}/receipts"])
def test_a_thief_of_the_receipts_key_signs_no_checkpoint(name: str) -> None:
    log = build_small_log()
    key = KEYS.receipts_key
    log.notes[-1] = sign_checkpoint(LOG, 4, log.compute_root(), VerifierKey(name, ED25519, key.public), key.sign)

    assert judge(log) == ("invalid", {"bad-signature"})


def test_a_thief_of_the_receipts_key_enters_no_statement() -> None:
    log = build_small_log()
    log.say("delivery.dispatched", KEYS.receipts_key, FIRM)
    log.publish()

    assert judge(log) == ("invalid", {"unknown-key"})


def test_a_false_refusal_is_contradicted_by_evidence_and_a_false_acknowledgement_proves_no_entry() -> None:
    log = build_small_log()
    entered = log.signed[3].hash
    lie = sign_refusal(KEYS, entered, log.now, [Finding("statement.key", "unknown-key", "never heard of it")])
    promise = sign_acknowledgement(KEYS, "ab" * 32, log.now, log.now)

    proved = check_evidence(
        build_evidence(entry=log.entries[3], path=prove_entry(log, 3), checkpoint=log.notes[-1], contents=None),
        origin=LOG,
        log_key=CLAIMS.log_key,
    )

    assert read_refusal(lie, RECEIPT_VERIFIER).statement_hash == proved.entry.signed.hash
    with pytest.raises(BadSignature):
        read_acknowledgement(promise, LOG_VERIFIER)
    assert "ab" * 32 not in {signed.hash for signed in log.signed}


def test_a_forged_acknowledgement_makes_an_honest_operator_look_like_a_censor() -> None:
    log = build_small_log()
    key = make_key("firm")
    never_sent, _ = log.compose("delivery.dispatched", key, FIRM)
    log.numbers[key.multikey] = never_sent.statement.key_seq
    deliver(log)  # the firm, in league with the thief, counts on
    log.publish()

    forged = read_acknowledgement(sign_acknowledgement(KEYS, never_sent.hash, log.now, log.now), RECEIPT_VERIFIER)
    verdict = verify(log)

    [gap] = verdict.completeness.gaps
    assert (gap.key, gap.first, gap.last) == (key.multikey, never_sent.statement.key_seq, never_sent.statement.key_seq)
    assert (forged.statement_hash, verdict.faults) == (never_sent.hash, ())


# The service's key


@pytest.fixture
def story() -> Story:
    """A log with the rights of a real network; the operator has a service key, and a firm its first key."""
    one = Story()
    one.say(one.found(rights={role: list(kinds) for role, kinds in list_rights().items()}, own_roles=["signatory", "operator", "finance"]))
    role = {"organisation": STORY_OPERATOR, "role": "service"}
    one.say(one.sign("role.granted", "founder", STORY_OPERATOR, f"organisation:{STORY_OPERATOR}", dict(role)))
    one.say(one.enrol(SERVICE, STORY_OPERATOR, ["service"], by="founder", author=STORY_OPERATOR))
    one.say(one.enrol("firm", STORY_FIRM, ["signatory"], by="founder", author=STORY_OPERATOR))
    return one


def test_the_services_key_says_what_jobs_compute_and_nothing_else(story: Story) -> None:
    record = story.authority.keys[story.key(SERVICE).multikey]

    allowed = {kind for kind, _ in FACT_TYPES if story.authority.may_say(record, kind)}

    computed = {"period.closed", "allocation.proposed", "account.stated"}
    of_every_key = {"key.rotated", "key.revoked", "contents.erased"}  # its own key; contents of its own organisation
    assert allowed == computed | of_every_key | {"log.heartbeat", "clock.corrected"}


def test_a_thief_of_the_services_key_enrols_revokes_and_speaks_for_nobody(story: Story) -> None:
    enrolling = story.enrol("thief", STORY_OPERATOR, ["signatory"], by=SERVICE, author=STORY_OPERATOR)
    revoking = story.revoke("firm", by=SERVICE, author=STORY_OPERATOR)
    speaking = story.sign("period.closed", SERVICE, STORY_FIRM, "period:2026-01", {})
    sealing = story.sign("log.sealed", SERVICE, STORY_OPERATOR, f"log:{STORY_LOG}", {"reason": "x", "successor": None})

    codes = [[finding.code for finding in story.judge(said)] for said in (enrolling, revoking, speaking, sealing)]

    assert codes == [["wrong-role"], ["ledger-rule"], ["other-author"], ["wrong-role"]]


def test_a_stolen_service_key_is_revoked_by_the_facilitator(story: Story) -> None:
    closing = story.sign("period.closed", SERVICE, STORY_OPERATOR, "period:2026-01", {})
    assert story.judge(closing) == []

    story.say(story.revoke(SERVICE, by="founder", author=STORY_OPERATOR))

    assert [finding.code for finding in story.judge(closing)] == ["revoked-key"]


def test_a_receipt_is_worth_a_proof_only_under_a_checkpoint() -> None:
    log = build_small_log()
    deliver(log, seen=log.see())  # entered, and under no checkpoint yet

    with pytest.raises(BadProof, match="no leaf 4"):
        check_evidence(
            build_evidence(entry=log.entries[4], path=prove_entry(log, 4), checkpoint=log.notes[-1], contents=None),
            origin=LOG,
            log_key=CLAIMS.log_key,
        )
