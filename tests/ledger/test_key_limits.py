"""Limits handed on: a signatory's key enrols none and rotates no colleague's beyond what it may do itself."""

from typing import Any

import pytest

from ledger.canonical import JSON
from ledger.key_limits import find_excesses, narrow_limits
from tests.ledger.test_own_kinds import FIRM, OPERATOR, OTHER, RIGHTS, Story, codes

OWN: dict[str, Any] = {"signatory": {"amount": 1000}}
BAD: tuple[Any, ...] = (5, "much", True, [], [1000])
AMOUNT, ROLE = "public.limits.signatory.amount", "public.limits.signatory"


def hand_on(story: Story, own: JSON, given: JSON, roles: list[str]) -> list[str]:
    """Enrol a key with its own limits, which enrols another one with those given; gives the fields at fault."""
    story.say(story.enrol("limited", FIRM, ["signatory"], by="firm", author=FIRM, limits=own))
    findings = story.judge(story.enrol("next", FIRM, roles, by="limited", author=FIRM, limits=given))
    assert {finding.code for finding in findings} <= {"ledger-rule"}
    return codes(findings)


@pytest.mark.parametrize(
    ("own", "given"),
    [
        (OWN, OWN),
        (OWN, {"signatory": {"amount": 999}}),
        (OWN, {"signatory": {"amount": 0}}),
        (OWN, {"signatory": {"amount": -1}}),
        (OWN, {"signatory": {"amount": 1000, "tonnes": 7}, "finance": 3}),
        ({}, {}),
        ({}, {"signatory": "x"}),
        ({"signatory": {}}, {}),
        ({"signatory": None}, {}),
        ({"signatory": {"amount": None}}, {"signatory": 5}),
        ({"operator": {"amount": 1}, "finance": 7}, {}),
        ({"signatory": {"amount": 0}}, {"signatory": {"amount": 0}}),
        ({"signatory": {"amount": -5}}, {"signatory": {"amount": -5}}),
    ],
)
def test_a_key_hands_on_what_its_limits_allow(story: Story, own: JSON, given: JSON) -> None:
    assert hand_on(story, own, given, ["signatory"]) == []


@pytest.mark.parametrize(
    ("own", "given", "blamed"),
    [
        (OWN, {}, [AMOUNT]),
        (OWN, {"signatory": None}, [AMOUNT]),
        (OWN, {"signatory": {}}, [AMOUNT]),
        (OWN, {"signatory": {"amounts": 5}}, [AMOUNT]),
        (OWN, {"operator": {"amount": 5}}, [AMOUNT]),
        (OWN, {"amount": 5}, [AMOUNT]),
        (OWN, {"signatory": {"amount": 1001}}, [AMOUNT]),
        (OWN, {"signatory": {"amount": 2**53 - 1}}, [AMOUNT]),
        (OWN, {"signatory": {"amount": None}}, [AMOUNT]),
        (OWN, {"signatory": {"amount": "5"}}, [AMOUNT]),
        (OWN, {"signatory": {"amount": True}}, [AMOUNT]),
        (OWN, {"signatory": {"amount": False}}, [AMOUNT]),
        (OWN, {"signatory": {"amount": [5]}}, [AMOUNT]),
        (OWN, {"signatory": [5]}, [AMOUNT]),
        ({"signatory": {"amount": -5}}, {"signatory": {"amount": -4}}, [AMOUNT]),
        ({"signatory": {"amount": 9, "tonnes": 7}}, {"signatory": {"amount": 9}}, [f"{ROLE}.tonnes"]),
        ({"signatory": {"amount": 9, "tonnes": 7}}, {"signatory": {"tonnes": 8}}, [AMOUNT, f"{ROLE}.tonnes"]),
        ({"signatory": {"__proto__": 5}}, {"signatory": {}}, [f"{ROLE}.__proto__"]),
        ({"signatory": {"__proto__": 5}}, {"signatory": {"__proto__": 6}}, [f"{ROLE}.__proto__"]),
        ({"signatory": {"constructor": 5}}, {"signatory": {}}, [f"{ROLE}.constructor"]),
        *(({"signatory": bad}, {"signatory": bad}, [ROLE]) for bad in BAD),
        *(({"signatory": {"amount": bad}}, {"signatory": {"amount": bad}}, [AMOUNT]) for bad in BAD[1:]),
        *(({"signatory": {"amount": bad}}, {"signatory": {"amount": 0}}, [AMOUNT]) for bad in BAD[1:]),
        (OWN, "none", ["public.limits", AMOUNT]),
    ],
)
def test_a_key_that_hands_on_more_than_its_limits_enrols_nobody(story: Story, own: JSON, given: JSON, blamed: list[str]) -> None:
    assert hand_on(story, own, given, ["signatory"]) == blamed


@pytest.mark.parametrize(
    ("own", "roles", "given", "blamed"),
    [
        (OWN, ["operator"], {}, []),
        (OWN, ["operator", "signatory"], {}, [AMOUNT]),
        (OWN, ["operator", "signatory"], {"signatory": {"amount": 5}}, []),
        ({"operator": {"amount": 5}}, ["operator"], {}, ["public.limits.operator.amount"]),
        ({"operator": {"amount": 5}}, ["operator"], {"signatory": {"amount": 5}}, ["public.limits.operator.amount"]),
        ({"operator": {"amount": 5}}, ["operator"], {"operator": {"amount": 5}}, []),
        ({"operator": {"amount": 5}}, ["signatory"], {}, []),
    ],
)
def test_limits_bind_the_roles_that_are_handed_on(story: Story, own: JSON, roles: list[str], given: JSON, blamed: list[str]) -> None:
    assert hand_on(story, own, given, roles) == blamed


def test_a_role_named_as_what_scripts_inherit_has_no_limits_by_that() -> None:
    role: dict[str, JSON] = {"organisation": FIRM, "role": "constructor"}
    story = Story()
    story.say(story.found(rights=RIGHTS | {"constructor": []}))
    story.say(story.enrol("firm", FIRM, ["signatory"], by="founder", author=OPERATOR))
    story.say(story.sign("role.granted", "founder", OPERATOR, f"organisation:{FIRM}", role))

    assert hand_on(story, OWN, {}, ["constructor"]) == []


def test_keys_handed_on_hand_on_no_more(story: Story) -> None:
    assert hand_on(story, OWN, {"signatory": {"amount": 600}}, ["signatory"]) == []
    story.say(story.enrol("next", FIRM, ["signatory"], by="limited", author=FIRM, limits={"signatory": {"amount": 600}}))
    story.say(story.rotate("next", "renewed", by="next", author=FIRM))

    over, within = ({"signatory": {"amount": amount}} for amount in (601, 600))

    assert codes(story.judge(story.enrol("last", FIRM, ["signatory"], by="renewed", author=FIRM, limits=over))) == [AMOUNT]
    assert story.judge(story.enrol("last", FIRM, ["signatory"], by="renewed", author=FIRM, limits=within)) == []


@pytest.mark.parametrize("limits", [{}, {"signatory": {"amount": 1001}}, {"signatory": {"amount": True}}, {"signatory": 5}])
def test_a_colleagues_key_with_wider_limits_is_rotated_by_itself_alone(story: Story, limits: dict[str, JSON]) -> None:
    story.say(story.enrol("limited", FIRM, ["signatory"], by="firm", author=FIRM, limits=OWN))
    story.say(story.enrol("colleague", FIRM, ["signatory"], by="firm", author=FIRM, limits=limits))

    findings = story.judge(story.rotate("colleague", "taken", by="limited", author=FIRM))

    assert [(finding.field, finding.code) for finding in findings] == [("statement.public.old", "ledger-rule")]
    assert "signatory.amount: an integer up to 1000 is wanted" in findings[0].message
    assert story.judge(story.rotate("colleague", "taken", by="colleague", author=FIRM)) == []
    assert story.judge(story.rotate("colleague", "taken", by="firm", author=FIRM)) == []


@pytest.mark.parametrize(("own", "roles", "limits"), [(OWN, ["signatory"], OWN), (OWN, ["operator"], {}), ({}, ["signatory"], {})])
def test_a_colleagues_key_within_ones_own_limits_is_rotated_as_before(
    story: Story, own: JSON, roles: list[str], limits: dict[str, JSON]
) -> None:
    story.say(story.enrol("limited", FIRM, ["signatory"], by="firm", author=FIRM, limits=own))
    story.say(story.enrol("colleague", FIRM, roles, by="firm", author=FIRM, limits=limits))

    assert story.judge(story.rotate("colleague", "renewed", by="limited", author=FIRM)) == []


@pytest.mark.parametrize("own", [OWN, {"signatory": "unreadable"}])
def test_a_key_rotates_itself_whatever_its_limits_and_keeps_them(story: Story, own: dict[str, JSON]) -> None:
    story.say(story.enrol("limited", FIRM, ["signatory"], by="firm", author=FIRM, limits=own))

    story.say(story.rotate("limited", "renewed", by="limited", author=FIRM))

    assert story.authority.keys[story.key("renewed").multikey].limits == own


def test_who_is_no_signatory_is_told_that_and_nothing_of_limits(story: Story) -> None:
    story.say(story.enrol("weigher", FIRM, ["operator"], by="firm", author=FIRM, limits=OWN | {"operator": {"amount": 1}}))

    assert codes(story.judge(story.rotate("firm", "taken", by="weigher", author=FIRM))) == ["public.old"]


def test_a_facilitators_key_enrols_by_its_office_and_rotates_as_a_signatorys(story: Story) -> None:
    roles = ["facilitator", "signatory"]
    story.say(story.enrol("clerk", OPERATOR, roles, by="founder", author=OPERATOR, limits=OWN))

    assert story.judge(story.enrol("office", OPERATOR, ["signatory"], by="clerk", author=OPERATOR)) == []
    assert story.judge(story.enrol("first", OTHER, ["signatory"], by="clerk", author=OPERATOR)) == []
    assert codes(story.judge(story.rotate("founder", "taken", by="clerk", author=OPERATOR))) == ["public.old"]


def test_a_facilitators_office_that_was_withdrawn_frees_nobody_of_limits(story: Story) -> None:
    role: dict[str, JSON] = {"organisation": FIRM, "role": "facilitator"}
    story.say(story.sign("role.granted", "founder", OPERATOR, f"organisation:{FIRM}", role))
    story.say(story.enrol("clerk", FIRM, ["facilitator", "signatory"], by="firm", author=FIRM, limits=OWN))
    before = story.judge(story.enrol("next", FIRM, ["signatory"], by="clerk", author=FIRM))

    story.say(story.sign("role.withdrawn", "founder", OPERATOR, f"organisation:{FIRM}", role))

    assert before == []
    assert codes(story.judge(story.enrol("next", FIRM, ["signatory"], by="clerk", author=FIRM))) == [AMOUNT]


def test_what_several_keys_may_hand_on_is_the_least_of_each() -> None:
    keys: list[dict[str, JSON]] = [
        {"signatory": {"amount": 9, "tonnes": None}, "finance": {"amount": 1}},
        {"signatory": {"amount": 4, "loads": True}},
        {"signatory": "unreadable"},
        {},
    ]

    limits = narrow_limits(keys, ["operator", "signatory"])

    assert limits == {"signatory": {"amount": 4}}
    assert find_excesses(keys[0], limits, ["signatory"]) == {}
    assert find_excesses(keys[1], limits, ["signatory"]) == {"signatory.loads": None}
