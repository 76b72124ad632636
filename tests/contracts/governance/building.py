"""A board to test with: members with a seat each, a rulebook, and the steps of a review in a line each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contracts.facts import Role
from contracts.governance.facts import Choice, Interest, InterestDeclared, ResolutionRecorded, ReviewOpened, RulebookAdopted, VoteCast
from contracts.governance.rulebook import hash_rules
from contracts.governance.rules import Review
from contracts.governance.service import draft_resolution
from contracts.governance.tables import find_review
from ledger.outcome import Receipt
from ledger.store import StoredEntry
from tests.network import OPERATOR, TestNetwork

NAMES = ("aspen", "birch", "cedar", "douglas", "elm")
RULES: Mapping[str, Any] = {
    "quorum_percent": 50,
    "majority": "simple",
    "tie": "rejects",
    "allocation_rule": "shapley",
    "fee_permille": 20,
    "reserve_permille": 30,
    "review_days": 7,
}


def some_rules(**changes: Any) -> dict[str, Any]:
    """Give the rules of a rulebook."""
    return {**RULES, **changes}


def a_rulebook(rulebook: str = "r1", **changes: Any) -> RulebookAdopted:
    """Build a rulebook; changes are of its rules."""
    rules = some_rules(**changes)
    return RulebookAdopted(rulebook=rulebook, hash=hash_rules(rules), rules=rules)


@dataclass(slots=True)
class Board:
    """A board on a network; its first member's admission is what it reviews unless told otherwise."""

    network: TestNetwork
    names: tuple[str, ...]

    def find_admission(self, name: str | None = None) -> StoredEntry:
        """Find the entry that admitted a member."""
        about = f"organisation:{self.network.id(name or self.names[0])}"
        return self.network.log.list_entries(kinds=["organisation.admitted"], about=about)[0]

    def a_review(self, review: str = "v1", *, entry: StoredEntry | None = None, days: int = 7, **changes: Any) -> ReviewOpened:
        """Build a review that closes so many days, and an hour, from now."""
        found = entry or self.find_admission()
        values: dict[str, Any] = {
            "review": review,
            "matter": found.about,
            "index": found.index,
            "statement": found.statement_hash,
            "question": "Shall the board agree?",
            "closes_at": self.network.clock.now() + timedelta(days=days, hours=1),
        }
        return ReviewOpened(**{**values, **changes})

    def open(self, review: str = "v1", **changes: Any) -> Receipt:
        """Open a review."""
        return self.network.accept(self.a_review(review, **changes), by=self.names[0])

    def declare(self, name: str, interest: Interest = Interest.GENERAL, review: str = "v1") -> Receipt:
        """Declare an interest."""
        return self.network.accept(InterestDeclared(review, interest, None), by=name)

    def vote(self, name: str, choice: Choice, reason: str | None = None, review: str = "v1") -> Receipt:
        """Declare a general interest and vote."""
        with self.network.connect() as connection:
            found = find_review(connection, self.network.log_id, review)
        seat_holder = self.network.holder(name)
        if found is None or seat_holder not in {one.seat.holder for one in found.interests}:
            self.declare(name, review=review)
        return self.network.accept(VoteCast(review, choice, reason), by=name)

    def vote_all(self, choices: Mapping[str, Choice], review: str = "v1") -> None:
        """Vote with several members."""
        for name, choice in choices.items():
            self.vote(name, choice, review=review)

    def find(self, review: str = "v1") -> Review:
        """Find a review whole."""
        with self.network.connect() as connection:
            found = find_review(connection, self.network.log_id, review)
        assert found is not None
        return found

    def close(self, review: str = "v1") -> None:
        """Let time pass until a review has closed."""
        self.network.clock.set_to(max(self.find(review).closes_at, self.network.clock.now()))

    def draft(self, review: str = "v1") -> ResolutionRecorded:
        """Draft the resolution of a review; raises NotYet."""
        with self.network.connect() as connection:
            return draft_resolution(connection, self.network.log_id, review, self.network.clock.now())

    def resolve(self, review: str = "v1") -> Receipt:
        """Close a review and record its resolution."""
        self.close(review)
        return self.network.accept(self.draft(review), by=self.names[0])


def seat_board(network: TestNetwork, count: int = 5, **rules: Any) -> Board:
    """Seat a board of so many members, each with one seat, under a rulebook."""
    for name in NAMES[:count]:
        network.admit(name, roles=[Role.BOARD])
    network.accept(a_rulebook(**rules), by=OPERATOR)
    return Board(network, NAMES[:count])
