"""A rogue facilitator, and a signatory's key in wrong hands: what either may do stands on the log for everybody to see."""

from typing import Any

from ledger.authority import prove_possession
from ledger.instant import add_seconds
from ledger.log_kinds import hash_rules
from tests.ledger.small_log import FIRM as SMALL_FIRM
from tests.ledger.small_log import OPERATOR as SMALL_OPERATOR
from tests.ledger.small_log import build_small_log, deliver, make_key
from tests.ledger.test_own_kinds import FIRM, LOG, NOW, OPERATOR, OTHER, RIGHTS, Story, codes
from tests.ledger.test_verify import verify


def test_a_facilitator_alone_takes_no_firms_name_no_rights_and_not_the_logs_key(story: Story) -> None:
    rights: dict[str, Any] = {**RIGHTS, "facilitator": ["*.*", "key.enrolled", "role.granted", "rules.adopted"]}
    attempts = {
        "a second key for a firm": story.enrol("mine", FIRM, ["signatory"], by="founder", author=OPERATOR),
        "the firm's own word": story.sign("agreement.signed", "founder", FIRM, "agreement:1", {}),
        "the firm's key for itself": story.enrol("firm", OPERATOR, ["signatory"], by="founder", author=OPERATOR),
        "a key replaced": story.sign(
            "key.rotated", "founder", OPERATOR, f"key:{story.key('firm').multikey}",
            {"old": story.key("firm").multikey, "new": story.key("mine").multikey, "possession": "0" * 128},
        ),
        "other rights": story.sign(
            "rules.adopted", "founder", OPERATOR, f"log:{LOG}", {"version": "2", "hash": hash_rules("2", rights), "rights": rights}
        ),
        "a decision of the board": story.sign("resolution.recorded", "founder", OPERATOR, f"recovery:{FIRM}", {"outcome": "adopted"}),
        "the log's key": story.rotate_log_key(story.sign_rotation("mine", "mine too")),
        "a firm's contents": story.sign("contents.erased", "founder", OPERATOR, "statement:" + "ab" * 32, {}),
    }  # fmt: skip

    accepted = {name for name, signed in attempts.items() if not story.judge(signed)}

    assert accepted == set()


def test_a_firm_that_a_facilitator_shuts_out_sees_offline_who_did_it() -> None:
    log = build_small_log()
    key = make_key("firm").multikey
    public: dict[str, Any] = {"key": key, "reason": "left", "compromised_since": None}
    said = log.say("key.revoked", make_key("operator"), SMALL_OPERATOR, public, about=f"key:{key}")
    log.publish()
    shut = verify(log)
    deliver(log)
    log.publish()

    assert (shut.integrity, said.statement.author, said.holds()) == ("unwitnessed", SMALL_OPERATOR, True)
    assert said.statement.author != SMALL_FIRM
    assert {(fault.index, fault.code) for fault in verify(log).faults} == {(5, "revoked-key")}


def test_a_board_of_straw_takes_a_firms_name_only_in_view_of_all_and_after_the_waiting_time(story: Story) -> None:
    first = story.index
    story.say(story.sign("role.granted", "founder", OPERATOR, f"organisation:{OTHER}", {"organisation": OTHER, "role": "board"}))
    story.say(story.enrol("straw", OTHER, ["board"], by="founder", author=OPERATOR))
    adopted = story.say(story.sign("resolution.recorded", "straw", OTHER, f"recovery:{FIRM}", {"outcome": "adopted"}))
    at_once = story.judge(story.enrol("taken", FIRM, ["signatory"], by="founder", author=OPERATOR, refs=[adopted.hash]))
    story.now = add_seconds(NOW, 86_400)
    story.say(story.enrol("taken", FIRM, ["signatory"], by="founder", author=OPERATOR, refs=[adopted.hash]))

    answer = story.judge(story.revoke("taken", by="firm", author=FIRM))

    assert codes(at_once) == ["public.organisation"]
    assert story.index - first == 4, "role, key, resolution, recovery: each an entry that every member reads"
    assert answer == [], "the firm's own signatory revokes what was enrolled in its name"


def test_a_limited_signatorys_key_enrols_and_rotates_to_nothing_beyond_its_limits(story: Story) -> None:
    limits: dict[str, Any] = {"signatory": {"amount": 1000}}
    story.say(story.enrol("limited", FIRM, ["signatory"], by="firm", author=FIRM, limits=limits))

    attempts = {
        "without limits": story.enrol("thief", FIRM, ["signatory"], by="limited", author=FIRM),
        "with a higher one": story.enrol("thief", FIRM, ["signatory"], by="limited", author=FIRM, limits={"signatory": {"amount": 1001}}),
        "in place of a colleague": story.rotate("firm", "thief", by="limited", author=FIRM),
    }

    assert {name: codes(story.judge(signed)) for name, signed in attempts.items()} == {
        "without limits": ["public.limits.signatory.amount"],
        "with a higher one": ["public.limits.signatory.amount"],
        "in place of a colleague": ["public.old"],
    }
    assert story.judge(story.rotate("limited", "thief", by="limited", author=FIRM)) == [], "its own key it still rotates"


def test_a_signatorys_key_enrols_keys_under_invented_holders_and_each_can_be_revoked(story: Story) -> None:
    limits: dict[str, Any] = {"signatory": {"amount": 1000}}
    story.say(story.enrol("limited", FIRM, ["signatory"], by="firm", author=FIRM, limits=limits, not_after="2026-01-01T13:00:00Z"))
    invented: dict[str, Any] = {"holder": "h-invented", "possession": prove(story, "h-invented"), "limits": limits}

    story.say(story.enrol("thief", FIRM, ["signatory"], by="limited", author=FIRM, **invented))

    record = story.authority.keys[story.key("thief").multikey]
    assert (record.holder, record.limits, record.not_after) == ("h-invented", limits, None)
    assert story.judge(story.enrol("weigher", FIRM, ["operator"], by="limited", author=FIRM)) == [], "in a role without limits, any"
    assert story.judge(story.revoke("firm", by="thief", author=FIRM)) == [], "the firm's others"
    assert story.judge(story.revoke("thief", by="firm", author=FIRM)) == []


def test_in_the_facilitators_organisation_limits_are_escaped_by_its_office_in_two_entries(story: Story) -> None:
    limits: dict[str, Any] = {"signatory": {"amount": 1000}}
    story.say(story.enrol("limited", OPERATOR, ["signatory"], by="founder", author=OPERATOR, limits=limits))
    at_once = story.judge(story.enrol("thief", OPERATOR, ["signatory"], by="limited", author=OPERATOR))

    story.say(story.enrol("office", OPERATOR, ["facilitator"], by="limited", author=OPERATOR))
    story.say(story.enrol("thief", OPERATOR, ["signatory"], by="office", author=OPERATOR))

    assert codes(at_once) == ["public.limits.signatory.amount"]
    assert story.authority.keys[story.key("thief").multikey].limits == {}
    assert [story.judge(story.revoke(name, by="founder", author=OPERATOR)) for name in ("office", "thief")] == [[], []]


def prove(story: Story, holder: str) -> str:
    """Prove possession of the thief's key under a pseudonym."""
    key = story.key("thief")
    return prove_possession(LOG, FIRM, key.multikey, holder, ["signatory"], key.sign)
