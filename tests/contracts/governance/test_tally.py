"""Counting: quorum and majority with their arithmetic, recused apart from abstaining, and what falls away."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.governance.facts import Choice, Dissent, Interest, Outcome
from contracts.governance.rulebook import read_rules
from contracts.governance.tally import (
    CastVote,
    Declaration,
    Seat,
    Tally,
    count_votes,
    describe_tally,
    list_interests_that_count,
    list_votes_that_count,
)
from tests.contracts.governance.building import some_rules

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
ROLL = tuple(Seat(f"o-member{number}", f"h-member{number}") for number in range(5))
CHOICES = {"f": Choice.FOR, "a": Choice.AGAINST, "-": Choice.ABSTAIN}


def count(ballots: str, *, call: int = 1, standing: tuple[Seat, ...] = ROLL, reason: str | None = None, **rules: Any) -> Tally:
    """Count ballots, a letter for each seat: f(or), a(gainst), - abstains, r(ecused), a space does not vote."""
    letters = dict(zip(ROLL, ballots, strict=False))
    interests = {seat: Interest.SPECIFIC if letter == "r" else Interest.GENERAL for seat, letter in letters.items()}
    votes = {
        seat: CastVote(seat, CHOICES[letter], reason, NOON, number)
        for number, (seat, letter) in enumerate(letters.items())
        if letter in CHOICES
    }
    return count_votes(read_rules(some_rules(**rules)), call, ROLL[: len(ballots)], standing, interests, votes)


@pytest.mark.parametrize(
    ("ballots", "rules", "outcome"),
    [
        ("ffa  ", {}, Outcome.ADOPTED),
        ("ff   ", {}, Outcome.LAPSED),  # 50 % of 5 is 2.5: three are needed
        ("f-   ", {}, Outcome.LAPSED),
        ("f--  ", {}, Outcome.ADOPTED),  # abstentions make the quorum
        ("ffr  ", {}, Outcome.ADOPTED),  # 50 % of 4 is 2
        ("ffaa ", {}, Outcome.REJECTED),  # a tie
        ("---- ", {}, Outcome.REJECTED),
        ("     ", {"quorum_percent": 1}, Outcome.LAPSED),
        ("rrrrr", {"quorum_percent": 1}, Outcome.LAPSED),
        ("ff-- ", {"majority": "absolute"}, Outcome.REJECTED),
        ("fff  ", {"majority": "absolute"}, Outcome.ADOPTED),
        ("ff r ", {"majority": "absolute"}, Outcome.REJECTED),  # two of four are not more than half
        ("ffrr ", {"majority": "absolute"}, Outcome.ADOPTED),
        ("ffa- ", {"majority": "two_thirds"}, Outcome.ADOPTED),
        ("ffaaf", {"majority": "two_thirds"}, Outcome.REJECTED),
        ("---- ", {"majority": "two_thirds"}, Outcome.REJECTED),
        ("ff-- ", {"majority": "unanimous"}, Outcome.ADOPTED),
        ("fff a", {"majority": "unanimous"}, Outcome.REJECTED),
        ("---- ", {"majority": "unanimous"}, Outcome.REJECTED),
        ("ffaa ", {"tie": "chair", "chair": "h-member0"}, Outcome.ADOPTED),
        ("ffaa ", {"tie": "chair", "chair": "h-member3"}, Outcome.REJECTED),
        ("ffaar", {"tie": "chair", "chair": "h-member4"}, Outcome.REJECTED),  # who is recused breaks no tie
        ("ffaa-", {"tie": "chair", "chair": "h-member4"}, Outcome.REJECTED),
        ("-----", {"tie": "chair", "chair": "h-member0"}, Outcome.REJECTED),
    ],
)
def test_votes_give_the_outcome_that_the_rules_say(ballots: str, rules: dict[str, Any], outcome: Outcome) -> None:
    assert count(ballots, **rules).outcome is outcome


def test_an_abstention_counts_for_the_quorum_and_not_for_the_majority() -> None:
    without, with_abstentions = count("ff   "), count("ff-  ")

    assert (without.outcome, with_abstentions.outcome) == (Outcome.LAPSED, Outcome.ADOPTED)
    assert (with_abstentions.cast, with_abstentions.votes_for, with_abstentions.votes_against) == (3, 2, 0)


def test_recused_is_not_abstained() -> None:
    abstained, recused = count("ff-  "), count("ffr  ")

    assert (abstained.entitled, abstained.cast, abstained.needed) == (5, 3, 3)
    assert (recused.entitled, recused.cast, recused.needed) == (4, 2, 2)


def test_a_vote_of_a_recused_seat_does_not_count() -> None:
    seat = ROLL[0]
    votes = {seat: CastVote(seat, Choice.FOR, None, NOON, 1)}

    tally = count_votes(read_rules(some_rules()), 1, ROLL, ROLL, {seat: Interest.SPECIFIC}, votes)

    assert (tally.votes_for, tally.recused) == (0, 1)


def test_a_vote_from_outside_the_roll_does_not_count() -> None:
    stranger = Seat("o-stranger", "h-stranger")
    votes = {stranger: CastVote(stranger, Choice.FOR, None, NOON, 1)}

    tally = count_votes(read_rules(some_rules()), 1, ROLL, (*ROLL, stranger), {stranger: Interest.NONE}, votes)

    assert (tally.seats, tally.votes_for) == (5, 0)


def test_a_seat_that_fell_away_is_awaited_no_more_but_weighs_as_on_the_roll_and_its_vote_stands() -> None:
    tally = count("fa   ", standing=ROLL[1:4])

    assert (tally.seats, tally.votes_for, tally.votes_against) == (5, 1, 1)
    assert tally.waiting == ROLL[2:4]


def test_a_second_call_asks_for_less() -> None:
    first, second = count("f    ", second_call_percent=20), count("f    ", call=2, second_call_percent=20)

    assert (first.outcome, second.outcome) == (Outcome.LAPSED, Outcome.ADOPTED)
    assert "quorum of the second call 20 % of 5 = 1 reached by 1 vote" in describe_tally(second)


def test_a_second_call_without_a_rule_asks_for_as_much() -> None:
    assert count("f    ", call=2).needed == count("f    ").needed == 3


@pytest.mark.parametrize(("seats", "needed"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_a_quorum_is_rounded_up(seats: int, needed: int) -> None:
    assert count(" " * seats).needed == needed


def test_a_count_is_said_with_its_arithmetic() -> None:
    words = describe_tally(count("ffar "))

    assert words == "5 seats, 1 recused, quorum 50 % of 4 = 2 reached by 3 votes; 2 for, 1 against: adopted by simple majority"


def test_a_count_that_is_rounded_or_lapses_says_so() -> None:
    words = describe_tally(count("f-   "))

    assert words == (
        "5 seats, 0 recused, quorum 50 % of 5 = 2.5, so at least 3, not reached by 2 votes; 1 for, 0 against, 1 abstention "
        "(counted for the quorum, not for the majority): lapsed, no quorum"
    )


@pytest.mark.parametrize(
    ("ballots", "rules", "words"),
    [
        ("ffaa ", {}, "rejected by a tie"),
        ("ffaa ", {"tie": "chair", "chair": "h-member0"}, "adopted by the chair's vote in a tie"),
        ("ffa- ", {"majority": "two_thirds"}, "adopted by two-thirds majority, 2 of 3 being needed"),
        ("ff-- ", {"majority": "absolute"}, "rejected by absolute majority, more than half of 5 seats being needed"),
        ("ffa- ", {"majority": "unanimous"}, "rejected by the rule of unanimity"),
    ],
)
def test_an_outcome_is_said_with_the_majority_that_gave_it(ballots: str, rules: dict[str, Any], words: str) -> None:
    assert describe_tally(count(ballots, **rules)).endswith(f": {words}")


def test_a_count_before_the_end_says_who_may_still_vote() -> None:
    assert describe_tally(count("ffa r"), final=False).endswith("as it stands adopted by simple majority; 1 seat may still vote")


def test_dissents_are_the_reasons_of_votes_against() -> None:
    tally = count("faa- ", reason="too dear")

    assert tally.dissents == (Dissent("h-member1", "too dear"), Dissent("h-member2", "too dear"))
    assert count("faa- ").dissents == ()


def test_the_latest_vote_before_the_close_counts() -> None:
    seat = ROLL[0]
    votes = [CastVote(seat, choice, None, NOON + timedelta(hours=hour), hour) for hour, choice in enumerate(CHOICES.values())]

    counted = list_votes_that_count(reversed(votes), NOON + timedelta(hours=2))

    assert counted[seat].choice is Choice.AGAINST


def test_an_interest_that_recuses_is_not_taken_back() -> None:
    seat = ROLL[0]
    declared = [Declaration(seat, interest, None, NOON, entry) for entry, interest in enumerate((Interest.SPECIFIC, Interest.NONE))]

    assert list_interests_that_count(declared, NOON + timedelta(hours=1)) == {seat: Interest.SPECIFIC}
