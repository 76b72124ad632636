"""What is said when a board governs: rulebook, review, interest, vote, resolution."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.facts import Role, fact
from contracts.fields import About, Digest, Id, Json, Line, Public, StatementHash, Subject, Text


class Interest(StrEnum):
    """A voter's own stake in the matter."""

    NONE = "none"
    GENERAL = "general"  #: as affected as everybody by the same rule: may vote
    SPECIFIC = "specific"  #: a dispute, waiver or adjustment of the voter's own organisation: recused


class Choice(StrEnum):
    """A vote; to recuse oneself is an interest, not a vote."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class Outcome(StrEnum):
    """What became of a review."""

    ADOPTED = "adopted"
    REJECTED = "rejected"
    LAPSED = "lapsed"  #: no quorum


@fact("rulebook.adopted", about="rulebook", by=(Role.FACILITATOR, Role.BOARD))
@dataclass(frozen=True, slots=True)
class RulebookAdopted:
    """The network is governed by these rules from here on; after the first one a resolution stands in `refs`."""

    rulebook: About[Id]
    hash: Public[Digest]  #: SHA-256 of the canonical `rules`
    rules: Json  #: quorum, majority, seats, allocation rule, reserve and fees: see governance/rules.py


@fact("review.opened", about="review", by=(Role.BOARD, Role.FACILITATOR))
@dataclass(frozen=True, slots=True)
class ReviewOpened:
    """The board takes up a matter: the entry at an index with a hash, and the subject that a resolution will be about."""

    review: About[Id]
    matter: Subject  #: such as allocation:2025-03, organisation:o-…, statement:<hash>
    index: int
    statement: StatementHash
    question: Text
    closes_at: datetime


@fact("interest.declared", about="review", by=(Role.BOARD,))
@dataclass(frozen=True, slots=True)
class InterestDeclared:
    """A board member's holder states its interest in the matter before voting."""

    review: About[Id]
    interest: Interest
    explanation: Text | None


@fact("vote.cast", about="review", by=(Role.BOARD,))
@dataclass(frozen=True, slots=True)
class VoteCast:
    """One seat votes; a later vote of the same holder replaces the earlier until the review closes."""

    review: About[Id]
    choice: Choice
    reason: Text | None  #: printed as dissent in the resolution when against


@dataclass(frozen=True, slots=True)
class Dissent:
    """What an opposing vote said."""

    holder: Line
    statement: Text


@fact("resolution.recorded", about=None, by=(Role.BOARD,))
@dataclass(frozen=True, slots=True)
class ResolutionRecorded:
    """The outcome of a review, with the count that the log itself gives."""

    matter: About[Subject]
    outcome: Public[Outcome]
    review: Id
    number: Line  #: such as R-2025-03
    votes_for: int
    votes_against: int
    abstentions: int
    recused: int
    dissents: tuple[Dissent, ...]
    text: Text
