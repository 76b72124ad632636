"""A board at random against a model: opening, declaring, voting, changing votes, falling away, resolving, calling again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from contracts.errors import NotYet
from contracts.facts import Role
from contracts.governance.facts import Choice, Interest, InterestDeclared, Outcome, ResolutionRecorded, ReviewOpened, VoteCast
from contracts.governance.service import read_tally
from contracts.parties.facts import OrganisationResumed, OrganisationSuspended
from ledger.outcome import Receipt, Refused
from tests.contracts.governance.building import NAMES, Board, seat_board
from tests.databases import Databases
from tests.network import OPERATOR, TestNetwork

#: One network for each, shared by all runs: every run opens reviews of its own.
RULEBOOKS: tuple[dict[str, Any], ...] = (
    {"quorum_percent": 50, "second_call_percent": 20, "review_days": 0},
    {"quorum_percent": 60, "majority": "two_thirds", "review_days": 1},
    {"quorum_percent": 34, "majority": "absolute", "review_days": 0},
    {"quorum_percent": 1, "majority": "unanimous", "review_days": 0},
    {"quorum_percent": 40, "tie": "chair", "chair": "h-aspen00001", "review_days": 0},
)
#: Two keys of one holder, and one under another member's pseudonym, beside everybody's own.
VOTERS = (*NAMES, "aspen/phone", "birch/mask")
SEATS = {**{name: name for name in NAMES}, "aspen/phone": "aspen"}


def make_boards(databases: Databases, kind: str) -> list[Board]:
    """Seat a board under each rulebook."""
    boards = []
    for rules in RULEBOOKS:
        board = seat_board(TestNetwork(databases.create(kind)), **rules)
        board.network.enrol("aspen/phone", [Role.BOARD], holder=board.network.holder("aspen"))
        board.network.enrol("birch/mask", [Role.BOARD], holder=board.network.holder("aspen"))
        boards.append(board)
    return boards


@pytest.fixture
def boards(databases: Databases, database_kind: str) -> Iterator[list[Board]]:
    """A board under each rulebook; afterwards each log is verified and replayed."""
    boards = make_boards(databases, database_kind)
    yield boards
    for board in boards:
        board.network.verify()
        board.network.check_replay()
        board.network.close()


class Model:
    """What a board's review should come to, worked out another way: from sets of names and fractions."""

    def __init__(self, rulebook: dict[str, Any], call: int, closes_at: datetime, roll: set[str]) -> None:
        self.rulebook, self.call, self.closes_at, self.roll = rulebook, call, closes_at, roll
        self.interests: dict[str, Interest] = {}
        self.votes: dict[str, tuple[Choice, str | None]] = {}
        self.outcome: Outcome | None = None

    def recused(self) -> set[str]:
        return {name for name, interest in self.interests.items() if interest is Interest.SPECIFIC}

    def entitled(self, away: set[str]) -> set[str]:
        return ((self.roll - away) | set(self.votes)) - self.recused()

    def names(self, choice: Choice) -> list[str]:
        return sorted(name for name, (chosen, _) in self.votes.items() if chosen is choice)

    def decide(self) -> Outcome:
        percent = self.rulebook["quorum_percent"]
        if self.call == 2:
            percent = self.rulebook.get("second_call_percent", percent)
        pro, contra = len(self.names(Choice.FOR)), len(self.names(Choice.AGAINST))
        if not self.votes or Fraction(len(self.votes)) < Fraction(percent, 100) * len(self.entitled(set())):
            return Outcome.LAPSED
        if self.rulebook.get("tie") == "chair" and pro == contra:
            return Outcome.ADOPTED if pro and self.votes.get("aspen", (None,))[0] is Choice.FOR else Outcome.REJECTED
        passed = {
            "simple": pro > contra,
            "absolute": pro > Fraction(len(self.entitled(set())), 2),
            "two_thirds": pro > 0 and Fraction(pro, pro + contra or 1) >= Fraction(2, 3),
            "unanimous": pro > 0 and contra == 0,
        }[self.rulebook.get("majority", "simple")]
        return Outcome.ADOPTED if passed else Outcome.REJECTED

    def numbers(self) -> tuple[int, int, int, int]:
        pro, contra, abstained = (len(self.names(choice)) for choice in (Choice.FOR, Choice.AGAINST, Choice.ABSTAIN))
        return pro, contra, abstained, len(self.recused())


class ReviewMachine(RuleBasedStateMachine):
    """One board, one matter, review after review."""

    boards: list[Board]
    opened = 0  #: reviews ever opened, for their ids
    resolved = 0  #: in all runs

    @initialize(number=st.integers(0, len(RULEBOOKS) - 1), hours=st.integers(25, 60))
    def convene(self, number: int, hours: int) -> None:
        self.board, self.rulebook = self.boards[number], RULEBOOKS[number]
        self.network, self.away = self.board.network, set[str]()
        head = self.network.log.read_head()
        assert head is not None
        self.reviewed = self.network.log.read_entries(head.size - 1, head.size)[0]  # a matter that no run before this one has touched
        self._open(hours, call=1)

    def _open(self, hours: int, call: int) -> None:
        ReviewMachine.opened += 1
        self.review = f"v{ReviewMachine.opened}"
        fact = self._word_review(self.review, hours)
        self.network.accept(fact, by=OPERATOR)
        self.model = Model(self.rulebook, call, fact.closes_at, set(NAMES) - self.away)

    def _word_review(self, review: str, hours: int) -> ReviewOpened:
        matter, closes_at = f"statement:{self.reviewed.statement_hash}", self.network.clock.now() + timedelta(hours=hours)
        return self.board.a_review(review, entry=self.reviewed, matter=matter, closes_at=closes_at)

    def _say(self, fact: object, by: str) -> str | None:
        """Say a fact; gives the code of a refusal."""
        outcome = self.network.say(fact, by=by)
        if isinstance(outcome, Receipt):
            return None
        assert isinstance(outcome, Refused)
        return "/".join(sorted({finding.code for finding in outcome.findings}))

    def _expect_of(self, voter: str) -> str | None:
        """What bars a voter whatever it says; None if nothing does."""
        codes = set()
        if voter.partition("/")[0] in self.away:
            return "suspended"
        if self.model.outcome is not None or self.network.clock.now() + timedelta(seconds=1) >= self.model.closes_at:
            codes.add("not-open")
        if SEATS.get(voter) not in self.model.roll:
            codes.add("no-seat")
        return "/".join(sorted(codes)) or None

    @rule(voter=st.sampled_from(VOTERS), interest=st.sampled_from(Interest))
    def declare(self, voter: str, interest: Interest) -> None:
        expected, seat = self._expect_of(voter), SEATS.get(voter, "")
        late = {"already-voted"} if seat in self.model.votes else set()
        if not late and self.model.interests.get(seat) is Interest.SPECIFIC and interest is not Interest.SPECIFIC:
            late = {"recused"}
        if late and expected != "suspended":
            expected = "/".join(sorted(late | set(filter(None, (expected or "").split("/")))))

        refusal = self._say(InterestDeclared(self.review, interest, None), voter)

        self._compare(refusal, expected)
        if refusal is None:
            self.model.interests[seat] = interest

    @rule(voter=st.sampled_from(VOTERS), choice=st.sampled_from(Choice), reason=st.sampled_from([None, "too dear", "unfair"]))
    def vote(self, voter: str, choice: Choice, reason: str | None) -> None:
        expected, seat = self._expect_of(voter), SEATS.get(voter, "")
        if expected is None:
            expected = {None: "no-interest", Interest.SPECIFIC: "recused"}.get(self.model.interests.get(seat))

        refusal = self._say(VoteCast(self.review, choice, reason), voter)

        self._compare(refusal, expected)
        if refusal is None:
            self.model.votes[seat] = (choice, reason)

    @rule(choices=st.lists(st.sampled_from(Choice), min_size=5, max_size=5))
    def vote_in_a_row(self, choices: list[Choice]) -> None:
        for name, choice in zip(NAMES, choices, strict=True):
            if name not in self.model.interests:
                self.declare(name, Interest.GENERAL)
            self.vote(name, choice, None)

    @rule(name=st.sampled_from(NAMES[1:]))
    def suspend_or_resume(self, name: str) -> None:
        organisation = self.network.id(name)
        if name in self.away:
            self.network.accept(OrganisationResumed(organisation, "paid"), by=OPERATOR)
        else:
            self.network.accept(OrganisationSuspended(organisation, "unpaid dues"), by=OPERATOR)
        self.away ^= {name}

    @rule(hours=st.integers(1, 40))
    def let_time_pass(self, hours: int) -> None:
        self.network.clock.advance(timedelta(hours=hours))

    @rule(forged=st.sampled_from([None, None, "votes_for", "abstentions"]))
    def resolve(self, forged: str | None) -> None:
        if self.model.outcome is not None:
            return
        try:
            draft = self.board.draft(self.review)
        except NotYet:
            assert self.network.clock.now() < self.model.closes_at
            assert self._list_entitled() - set(self.model.votes)
            return
        assert self.network.clock.now() >= self.model.closes_at or not self._list_entitled() - set(self.model.votes)
        assert (draft.votes_for, draft.votes_against, draft.abstentions, draft.recused) == self.model.numbers()
        assert draft.outcome is self.model.decide()
        against = {self.network.holder(name): self.model.votes[name][1] for name in self.model.names(Choice.AGAINST)}
        assert {one.holder: one.statement for one in draft.dissents} == {name: reason for name, reason in against.items() if reason}
        if forged is not None:
            values = {name: getattr(draft, name) for name in ResolutionRecorded.__slots__}
            assert self._say(ResolutionRecorded(**{**values, forged: values[forged] + 1}), "aspen") == "differs"
            return
        assert self._say(draft, "aspen") is None
        self.model.outcome = draft.outcome
        ReviewMachine.resolved += 1

    @precondition(lambda self: self.model.outcome is None)
    @rule()
    def open_a_second_review(self) -> None:
        assert self._say(self._word_review("second", 30), OPERATOR) == "already-open"

    @precondition(lambda self: self.model.outcome is not None)
    @rule(hours=st.integers(25, 60))
    def call_again(self, hours: int) -> None:
        self._open(hours, call=2 if self.model.outcome is Outcome.LAPSED else 1)

    def _list_entitled(self) -> set[str]:
        return self.model.entitled(self.away)

    def _compare(self, refusal: str | None, expected: str | None) -> None:
        if expected == "suspended":
            assert refusal is not None
        else:
            assert refusal == expected

    @invariant()
    def the_count_is_the_models(self) -> None:
        if self.model.outcome is not None:
            return
        with self.network.connect() as connection:
            tally = read_tally(connection, self.network.log_id, self.review, self.network.clock.now())
        assert (tally.votes_for, tally.votes_against, tally.abstentions, tally.recused) == self.model.numbers()
        assert tally.entitled == len(self.model.entitled(set()))
        assert tally.outcome is self.model.decide()
        assert len(tally.waiting) == len(self._list_entitled() - set(self.model.votes))

    def teardown(self) -> None:
        """Leave the board as it was found: nobody suspended, nothing open."""
        for name in sorted(self.away):
            self.suspend_or_resume(name)
        self.network.clock.set_to(max(self.network.clock.now(), self.model.closes_at))
        self.resolve(None)
        assert self.model.outcome is not None


def test_a_board_at_random_is_counted_as_the_model_counts(boards: list[Board], database_kind: str) -> None:
    ReviewMachine.resolved = 0
    profile = settings()
    # Counting knows no database: PostgreSQL, some thirty round trips a step, gets a quarter of the runs.
    runs = profile.max_examples if database_kind == "sqlite" else profile.max_examples // 4

    run_state_machine_as_test(type("Machine", (ReviewMachine,), {"boards": boards}), settings=settings(profile, max_examples=runs))

    assert ReviewMachine.resolved > 0
    print(f"reviews resolved: {ReviewMachine.resolved}")
