"""The rulebook: how the board decides and what it keeps for the network, as data with a strict schema, and in plain words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from contracts.errors import Finding
from ledger.canonical import encode_canonical

PERMILLE = 1000
PERCENT = 100
MOST_REVIEW_DAYS = 365
MOST_SEATS = 100
_HOLDER = re.compile(r"h-[0-9a-z]{6,40}", re.ASCII)


class Majority(StrEnum):
    """What a proposal needs; abstentions count for the quorum and never here."""

    SIMPLE = "simple"  #: more for than against
    ABSOLUTE = "absolute"  #: more than half of all seats that are not recused
    TWO_THIRDS = "two_thirds"  #: of the votes for and against
    UNANIMOUS = "unanimous"  #: somebody for, nobody against


class TieRule(StrEnum):
    """What becomes of as many votes for as against, under a simple majority."""

    REJECTS = "rejects"
    CHAIR = "chair"  #: the chair's own vote decides


class AllocationRule(StrEnum):
    """How a pooled saving is split unless the board decides otherwise."""

    EQUAL = "equal"
    PROPORTIONAL = "proportional"
    SHAPLEY = "shapley"
    NUCLEOLUS = "nucleolus"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a rulebook; written as JSON with just these names, those that may be None can be left out."""

    quorum_percent: int  #: of the eligible seats less the recused, rounded up; 1 to 100
    majority: Majority
    tie: TieRule
    allocation_rule: AllocationRule
    fee_permille: int  #: of what the pool saved, to the operator
    reserve_permille: int  #: of what the pool saved, kept for the network; both together at most 1000
    review_days: int  #: that a review stays open at least; 0 to 365
    second_call_percent: int | None = None  #: quorum of the next review of a matter that lapsed; below the first
    chair: str | None = None  #: holder whose vote breaks a tie
    seats_per_organisation: int | None = None  #: at most, the holders enrolled first; None: every holder of a board key


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A rulebook on the log."""

    rulebook: str
    hash: str  #: SHA-256 of the canonical rules
    rules: Rules
    entry: int

    @property
    def fee_permille(self) -> int:
        """What the operator gets of what the pool saved."""
        return self.rules.fee_permille

    @property
    def reserve_permille(self) -> int:
        """What is kept for the network of what the pool saved."""
        return self.rules.reserve_permille

    @property
    def allocation_rule(self) -> str:
        """How a pooled saving is split."""
        return self.rules.allocation_rule.value


#: name → (least, most) of the whole numbers; those of the second line may be left out
_WANTED_NUMBERS = {
    "quorum_percent": (1, PERCENT),
    "fee_permille": (0, PERMILLE),
    "reserve_permille": (0, PERMILLE),
    "review_days": (0, MOST_REVIEW_DAYS),
}
_FREE_NUMBERS = {"second_call_percent": (1, PERCENT), "seats_per_organisation": (1, MOST_SEATS)}
_CHOICES: Mapping[str, type[StrEnum]] = {"majority": Majority, "tie": TieRule, "allocation_rule": AllocationRule}
_NAMES = (*_WANTED_NUMBERS, *_FREE_NUMBERS, *_CHOICES, "chair")


def hash_rules(document: Mapping[str, Any]) -> str:
    """Give the SHA-256 of rules in canonical form, as 64 hex digits."""
    return sha256(encode_canonical(dict(document))).hexdigest()


def check_rules(document: Mapping[str, Any]) -> list[Finding]:
    """Check the rules of a rulebook; all findings at once, with paths under `rules`."""
    findings = [_fault(name, "unknown-rule", f"is not a rule; these are: {', '.join(_NAMES)}") for name in document if name not in _NAMES]
    for name, bounds in (_WANTED_NUMBERS | _FREE_NUMBERS).items():
        value = document.get(name)
        if value is None and name in _FREE_NUMBERS:
            continue
        if not _is_within(value, bounds):
            findings.append(_fault(name, "malformed", f"a whole number from {bounds[0]} to {bounds[1]} is wanted"))
    for name, choice in _CHOICES.items():
        if document.get(name) not in [one.value for one in choice]:
            findings.append(_fault(name, "malformed", f"one of {', '.join(one.value for one in choice)} is wanted"))
    return findings + _check_chair(document) + _check_together(document)


def _check_chair(document: Mapping[str, Any]) -> list[Finding]:
    chair = document.get("chair")
    if chair is not None and not (isinstance(chair, str) and _HOLDER.fullmatch(chair)):
        return [_fault("chair", "malformed", "a holder's pseudonym such as h-1c9b2e is wanted")]
    if (document.get("tie") == TieRule.CHAIR.value) != (chair is not None):
        return [_fault("chair", "chair", "a chair is named when, and only when, the chair breaks ties")]
    return []


def _check_together(document: Mapping[str, Any]) -> list[Finding]:
    """Check what only two rules together can get wrong, as far as each by itself is well formed."""
    findings = []
    parts = [document.get(name) for name in ("fee_permille", "reserve_permille")]
    if all(_is_within(part, (0, PERMILLE)) for part in parts) and sum(parts) > PERMILLE:  # type: ignore[arg-type]  # whole numbers by now
        message = f"fee and reserve take {sum(parts)} of 1,000 together: more than there is"  # type: ignore[arg-type]  # as above
        findings.append(_fault("reserve_permille", "too-much", message))
    first, second = document.get("quorum_percent"), document.get("second_call_percent")
    if _is_within(first, (1, PERCENT)) and _is_within(second, (1, PERCENT)) and second >= first:  # type: ignore[operator]  # as above
        findings.append(_fault("second_call_percent", "not-lower", f"a second call asks for less than the first, {first} %"))
    return findings


def _is_within(value: object, bounds: tuple[int, int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and bounds[0] <= value <= bounds[1]


def _fault(name: str, code: str, message: str) -> Finding:
    return Finding(f"rules.{name}", code, message)


def read_rules(document: Mapping[str, Any]) -> Rules:
    """Read checked rules; ValueError or KeyError for others (a fault in our own code)."""
    given = {name: document[name] for name in _NAMES if document.get(name) is not None}
    return Rules(**{**given, **{name: choice(given[name]) for name, choice in _CHOICES.items()}})


_MAJORITIES = {
    Majority.SIMPLE: "A proposal is adopted by more votes for than against.",
    Majority.ABSOLUTE: "A proposal is adopted by the votes of more than half of all seats that are not recused.",
    Majority.TWO_THIRDS: "A proposal is adopted by at least two thirds of the votes for and against.",
    Majority.UNANIMOUS: "A proposal is adopted if somebody votes for it and nobody against it.",
}
_ALLOCATIONS = {
    AllocationRule.EQUAL: "in equal parts",
    AllocationRule.PROPORTIONAL: "in proportion to what each saved",
    AllocationRule.SHAPLEY: "by each one's average contribution (Shapley value)",
    AllocationRule.NUCLEOLUS: "so that the group with most to complain of has as little as possible to complain of (nucleolus)",
}


def describe_rulebook(rules: Rules) -> list[str]:
    """Say in plain words what a rulebook rules, one sentence or two an item."""
    seats = rules.seats_per_organisation
    said = [
        "Each holder of a board key of an active member has one seat"
        + (f", at most {seats} for each organisation, the earliest enrolled first." if seats else "."),
        "The seats are counted when a review opens. Who has a specific interest is recused: it does not vote and is not counted.",
        f"A review is open for at least {_count(rules.review_days, 'day')}; until it closes, a vote may be changed.",
        f"It needs the votes of at least {rules.quorum_percent} % of the seats that are not recused; an abstention is counted here.",
    ]
    if rules.second_call_percent is not None:
        said.append(f"If too few vote, the matter lapses; when it is called again, {rules.second_call_percent} % suffice.")
    else:
        said.append("If too few vote, the matter lapses and may be called again.")
    said.append(_MAJORITIES[rules.majority] + " Abstentions count neither way.")
    if rules.majority is Majority.SIMPLE:
        said.append(f"The chair, {rules.chair}, breaks a tie." if rules.tie is TieRule.CHAIR else "A tie rejects.")
    said.append(f"What the pool saves is split {_ALLOCATIONS[rules.allocation_rule]}, unless the board adopts another allocation.")
    said.append(
        f"Of what the pool saves, {_percent(rules.fee_permille)} pays the operator and {_percent(rules.reserve_permille)} is kept "
        "as the network's reserve."
    )
    return said


def word_rulebook_question(rulebook: str, document: Mapping[str, Any]) -> str:
    """Word the question of a review that is to adopt rules: in plain words, with the hash that binds the vote to just these rules."""
    said = "\n".join(f"- {line}" for line in describe_rulebook(read_rules(document)))
    return f"Shall the network adopt rulebook {rulebook}, whose canonical rules have the SHA-256 {hash_rules(document)}?\n{said}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _percent(permille: int) -> str:
    whole, tenth = divmod(permille, 10)
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"
