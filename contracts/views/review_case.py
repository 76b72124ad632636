"""A review as a board member needs it: seats with interests and votes, one's own next step, gains and losses, what is still in dispute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.deliveries.delivery import DeliveryState
from contracts.deliveries.tables import list_deliveries
from contracts.errors import NotFound
from contracts.governance import tables
from contracts.governance.facts import Interest
from contracts.governance.rulebook import Rulebook
from contracts.governance.rules import find_awaited
from contracts.governance.tally import CastVote, Seat, list_interests_that_count, list_votes_that_count
from contracts.views import allocations, governance
from contracts.views.allocations import SeenAllocation
from contracts.views.governance import Resolution, Review, SeenReview
from contracts.views.sight import PAGE, Sight

ALLOCATION = "allocation:"
MOST_DISPUTES = 20  #: that are named; more are counted


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat of the roll."""

    seat: Seat
    interest: Interest | None  #: None: not declared
    explanation: str | None
    vote: CastVote | None  #: the one that counts
    earlier: int  #: votes that it replaced
    fallen: bool  #: the seat had fallen away at the resolution


@dataclass(frozen=True, slots=True)
class Gain:
    """What an allocation means for one organisation, minor units."""

    organisation: str
    saving: int
    allocated: int
    transfer: int
    before: int | None  #: allocated in the last period that was adopted; None where it had no share

    @property
    def change(self) -> int | None:
        """Against the last period."""
        return None if self.before is None else self.allocated - self.before


@dataclass(frozen=True, slots=True)
class Dispute:
    """A delivery whose quantity is in dispute."""

    delivery: str
    entry: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """A review with all that a vote needs."""

    seen: SeenReview
    rulebook: Rulebook  #: that governs it
    rows: Sequence[SeatRow]
    seat: SeatRow | None  #: the reader's own
    open: bool  #: votes are taken
    awaited: str | None  #: what a resolution waits for; None: it may be recorded
    allocation: SeenAllocation | None  #: that it decides, if it decides one
    before: SeenAllocation | None  #: the last one that was adopted
    gains: Sequence[Gain]
    disputes: Sequence[Dispute]
    disputed: int  #: how many there are
    others: Sequence[Review]  #: earlier and later reviews of the matter
    resolution: Resolution | None


def find_case(sight: Sight, review: str, now: datetime) -> Case:
    """Gather a review; raises NotFound, also where it is not for the reader."""
    seen = governance.find_review(sight, review, now)
    found = seen.review
    rulebook = tables.find_rulebook(sight.connection, sight.log_id, found.rulebook)
    if rulebook is None:
        raise LookupError(f"review {review} was opened under a rulebook that is not folded")
    rows = list_seat_rows(found)
    own = Seat(sight.organisation, sight.reader.holder)
    allocation, before = _find_allocations(sight, found.matter)
    disputes, disputed = _list_disputes(sight)
    related = governance.list_reviews(sight, after=-1, limit=PAGE, matter=found.matter)
    return Case(
        seen=seen,
        rulebook=rulebook,
        rows=rows,
        seat=next((row for row in rows if row.seat == own), None),
        open=found.is_open(now),
        awaited=find_awaited(found, seen.tally, now),
        allocation=allocation,
        before=before,
        gains=_list_gains(allocation, before),
        disputes=disputes,
        disputed=disputed,
        others=[one for one in related if one.review != review],
        resolution=tables.find_resolution(sight.connection, sight.log_id, found.number) if found.number else None,
    )


def list_seat_rows(review: Review) -> list[SeatRow]:
    """List the seats of a review with what counts of each."""
    interests = list_interests_that_count(review.interests, review.closes_at)
    votes = list_votes_that_count(review.votes, review.closes_at)
    cast: dict[Seat, int] = {}
    for vote in review.votes:
        cast[vote.seat] = cast.get(vote.seat, 0) + 1
    said: Mapping[Seat, str | None] = {one.seat: one.explanation for one in review.interests}
    return [
        SeatRow(seat, interests.get(seat), said.get(seat), votes.get(seat), max(0, cast.get(seat, 0) - 1), seat in review.fallen)
        for seat in review.roll
    ]


def find_minutes(sight: Sight, number: str, now: datetime) -> tuple[Resolution, Case | None]:
    """Find a resolution that the reader may see, with its review where that is open to the reader too; raises NotFound."""
    found = tables.find_resolution(sight.connection, sight.log_id, number)
    if found is None or not governance.choose_resolutions(sight, [found]):
        raise NotFound("there is no such resolution for you to see")
    try:
        return found, find_case(sight, found.review, now)
    except NotFound:
        return found, None


def _find_allocations(sight: Sight, matter: str) -> tuple[SeenAllocation | None, SeenAllocation | None]:
    if not matter.startswith(ALLOCATION):
        return None, None
    try:
        found = allocations.find_allocation(sight, matter.removeprefix(ALLOCATION))
    except NotFound:
        return None, None
    return found, allocations.find_adopted_before(sight, found.period)


def _list_gains(allocation: SeenAllocation | None, before: SeenAllocation | None) -> list[Gain]:
    earlier = {share.organisation: share.allocated for share in before.shares} if before else {}
    shares = allocation.shares if allocation else ()
    return [Gain(one.organisation, one.saving, one.allocated, one.transfer, earlier.get(one.organisation)) for one in shares]


def _list_disputes(sight: Sight) -> tuple[list[Dispute], int]:
    """List the deliveries in dispute; that they are is said in headers, which every member reads."""
    after: tuple[int, str] | None = None
    found: list[Dispute] = []
    while rows := list_deliveries(sight.connection, sight.log_id, state=DeliveryState.DISPUTED, after=after, limit=PAGE):
        found += [Dispute(one.delivery, one.dispute.entry if one.dispute else one.received_entry) for one in rows]
        after = rows[-1].entry, rows[-1].delivery
    return found[:MOST_DISPUTES], len(found)
