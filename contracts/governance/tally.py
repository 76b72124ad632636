"""Counting: what the votes of a review give under the rulebook that governs it, with the arithmetic in words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.governance.facts import Choice, Dissent, Interest, Outcome
from contracts.governance.rulebook import PERCENT, Majority, Rules, TieRule


@dataclass(frozen=True, slots=True, order=True)
class Seat:
    """One vote: a holder of a board key, for its organisation."""

    organisation: str
    holder: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """An interest as declared; the latest before the vote counts, but recusal stands."""

    seat: Seat
    interest: Interest
    explanation: str | None  #: None too where erased
    declared_at: datetime
    entry: int


@dataclass(frozen=True, slots=True)
class CastVote:
    """A vote as cast; the latest before the close counts."""

    seat: Seat
    choice: Choice
    reason: str | None  #: None too where erased
    cast_at: datetime
    entry: int


@dataclass(frozen=True, slots=True)
class Tally:
    """A count, as it stands."""

    rules: Rules
    call: int  #: 1, or 2 after the matter lapsed
    seats: int  #: eligible
    recused: int
    votes_for: int
    votes_against: int
    abstentions: int
    waiting: tuple[Seat, ...]  #: neither recused nor voted
    dissents: tuple[Dissent, ...]  #: the reasons of votes against, by holder
    chair: Choice | None  #: the chair's own vote, where the chair breaks ties

    @property
    def entitled(self) -> int:
        """Seats that may vote."""
        return self.seats - self.recused

    @property
    def cast(self) -> int:
        """Votes cast, abstentions included."""
        return self.votes_for + self.votes_against + self.abstentions

    @property
    def quorum_percent(self) -> int:
        """The quorum of this call."""
        second = self.rules.second_call_percent
        return second if self.call > 1 and second is not None else self.rules.quorum_percent

    @property
    def needed(self) -> int:
        """Votes that make the quorum, rounded up; a board of which nobody votes decides nothing."""
        return max(1, -(-self.quorum_percent * self.entitled // PERCENT))

    @property
    def is_tie(self) -> bool:
        """Whether as many are for as against, and a tie is something that the majority knows."""
        return self.rules.majority is Majority.SIMPLE and self.votes_for == self.votes_against > 0

    @property
    def outcome(self) -> Outcome:
        """What these votes give."""
        if self.cast < self.needed:
            return Outcome.LAPSED
        return Outcome.ADOPTED if self._has_majority() else Outcome.REJECTED

    def _has_majority(self) -> bool:
        if self.is_tie and self.rules.tie is TieRule.CHAIR:
            return self.chair is Choice.FOR
        match self.rules.majority:
            case Majority.SIMPLE:
                return self.votes_for > self.votes_against
            case Majority.ABSOLUTE:
                return 2 * self.votes_for > self.entitled
            case Majority.TWO_THIRDS:
                return self.votes_for > 0 and self.votes_for >= 2 * self.votes_against
            case Majority.UNANIMOUS:
                return self.votes_for > 0 and self.votes_against == 0


def list_interests_that_count(declarations: Iterable[Declaration], closes_at: datetime) -> dict[Seat, Interest]:
    """Give each seat's interest: the latest that was declared while the review was open, but once recused, recused."""
    found: dict[Seat, Interest] = {}
    for one in sorted(declarations, key=lambda one: one.entry):
        if one.declared_at < closes_at and found.get(one.seat) is not Interest.SPECIFIC:
            found[one.seat] = one.interest
    return found


def list_votes_that_count(votes: Iterable[CastVote], closes_at: datetime) -> dict[Seat, CastVote]:
    """Give each seat's vote: the latest that was cast while the review was open."""
    return {one.seat: one for one in sorted(votes, key=lambda one: one.entry) if one.cast_at < closes_at}


def count_votes(
    rules: Rules,
    call: int,
    roll: Collection[Seat],
    standing: Collection[Seat],
    interests: Mapping[Seat, Interest],
    votes: Mapping[Seat, CastVote],
) -> Tally:
    """Count a review.

    Args:
        rules: of the rulebook that was in force when it was opened.
        call: 1, or 2 after the matter lapsed.
        roll: the seats as they were when it was opened.
        standing: the seats as they are now; one that fell away is awaited no more, but it weighs in quorum and majority as on the roll, and
            what it voted or declared stands: nobody lowers a quorum by taking seats away while a vote is open.
        interests: see list_interests_that_count.
        votes: see list_votes_that_count.
    """
    recused = {seat for seat in roll if interests.get(seat) is Interest.SPECIFIC}
    counted = {seat: votes[seat] for seat in sorted(roll) if seat in votes and seat in interests and seat not in recused}
    choices = [vote.choice for vote in counted.values()]
    against = sorted((seat.holder, vote.reason) for seat, vote in counted.items() if vote.choice is Choice.AGAINST and vote.reason)
    chairs = [vote.choice for seat, vote in counted.items() if seat.holder == rules.chair]
    return Tally(
        rules=rules,
        call=call,
        seats=len(set(roll)),
        recused=len(recused),
        votes_for=choices.count(Choice.FOR),
        votes_against=choices.count(Choice.AGAINST),
        abstentions=choices.count(Choice.ABSTAIN),
        waiting=tuple(sorted(set(roll) & set(standing) - recused - set(counted))),
        dissents=tuple(Dissent(holder, reason) for holder, reason in against if reason),
        chair=chairs[0] if chairs else None,
    )


def describe_tally(tally: Tally, *, final: bool = True) -> str:
    """Say a count in words with its arithmetic; before the end, what it gives as it stands and who is awaited."""
    return f"{_word_quorum(tally)}; {_word_votes(tally)}: {_word_outcome(tally, final=final)}"


def _word_quorum(tally: Tally) -> str:
    hundredths = tally.quorum_percent * tally.entitled
    exact = f"{hundredths // PERCENT}.{hundredths % PERCENT:02d}".rstrip("0").rstrip(".")
    needed = exact if exact == str(tally.needed) else f"{exact}, so at least {tally.needed},"
    reached = "reached" if tally.cast >= tally.needed else "not reached"
    call = " of the second call" if tally.call > 1 and tally.rules.second_call_percent is not None else ""
    seats = _count(tally.seats, "seat")
    return (
        f"{seats}, {tally.recused} recused, quorum{call} {tally.quorum_percent} % of {tally.entitled} = {needed} "
        f"{reached} by {_count(tally.cast, 'vote')}"
    )


def _word_votes(tally: Tally) -> str:
    words = f"{tally.votes_for} for, {tally.votes_against} against"
    if tally.abstentions:
        words += f", {_count(tally.abstentions, 'abstention')} (counted for the quorum, not for the majority)"
    return words


def _word_outcome(tally: Tally, *, final: bool) -> str:
    words = {Outcome.LAPSED: "lapsed, no quorum", Outcome.ADOPTED: "adopted", Outcome.REJECTED: "rejected"}[tally.outcome]
    if tally.outcome is not Outcome.LAPSED:
        words += f" by {_word_majority(tally)}"
    if final:
        return words
    return f"as it stands {words}; {_count(len(tally.waiting), 'seat')} may still vote" if tally.waiting else f"as it stands {words}"


def _word_majority(tally: Tally) -> str:
    if tally.is_tie:
        return "the chair's vote in a tie" if tally.rules.tie is TieRule.CHAIR else "a tie"
    cast = tally.votes_for + tally.votes_against
    return {
        Majority.SIMPLE: "simple majority",
        Majority.ABSOLUTE: f"absolute majority, more than half of {tally.entitled} seats being needed",
        Majority.TWO_THIRDS: f"two-thirds majority, {-(-2 * cast // 3)} of {cast} being needed",
        Majority.UNANIMOUS: "the rule of unanimity",
    }[tally.rules.majority]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
