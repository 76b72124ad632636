"""What readers see of governance: rulebooks and outcomes for every member, the board's own work for the board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.errors import NotFound
from contracts.governance import service, tables
from contracts.governance.facts import ResolutionRecorded
from contracts.governance.tables import Resolution, Review, Rulebook
from contracts.governance.tally import Seat, Tally
from contracts.parties.reading import Asked
from contracts.views.sight import Sight, ask_open

__all__ = ["Resolution", "Review", "Rulebook", "SeenReview", "find_review", "list_resolutions", "list_reviews", "list_rulebooks"]


@dataclass(frozen=True, slots=True)
class SeenReview:
    """A review with its seats, interests and votes, and their count."""

    review: Review
    tally: Tally  #: as it stands
    words: str  #: the count with its arithmetic


def list_rulebooks(sight: Sight) -> list[Rulebook]:
    """List the rulebooks in the order of their adoption."""
    return tables.list_rulebooks(sight.connection, sight.log_id)


def list_reviews(
    sight: Sight, *, after: int, limit: int, state: str | None = None, matter: str | None = None, down: bool = False
) -> list[Review]:
    """List the reviews that the reader may see, in the order of their opening, or the newest first; see tables.list_reviews."""

    def fetch(place: int, count: int) -> list[Review]:
        return tables.list_reviews(sight.connection, sight.log_id, state=state, matter=matter, after=place, limit=count, down=down)

    return sight.collect(fetch, _ask_review, lambda row: row.entry, after, limit)


def find_review(sight: Sight, review: str, now: datetime) -> SeenReview:
    """Show a review with its count; raises NotFound, also where it is not for the reader."""
    found = tables.find_review(sight.connection, sight.log_id, review)
    if found is None or not sight.choose([found], _ask_review):
        raise NotFound("there is no such review for you to see")
    tally = service.read_tally(sight.connection, sight.log_id, review, now)
    return SeenReview(found, tally, service.describe_review(sight.connection, sight.log_id, review, now))


def list_resolutions(sight: Sight, *, after: int, limit: int, matter: str | None = None, down: bool = False) -> list[Resolution]:
    """List the resolutions that the reader may see, in the order of the log, or the newest first; about one matter or all."""

    def fetch(place: int, count: int) -> list[Resolution]:
        return tables.list_resolutions(sight.connection, sight.log_id, matter=matter, after=place, limit=count, down=down)

    return sight.collect(fetch, _ask_resolution, lambda row: row.entry, after, limit)


def draft_resolution(sight: Sight, review: str, now: datetime) -> ResolutionRecorded:
    """Word the resolution that a review's votes give, for whom the review is open; raises NotFound or NotYet."""
    find_review(sight, review, now)
    return service.draft_resolution(sight.connection, sight.log_id, review, now)


def choose_resolutions(sight: Sight, rows: Sequence[Resolution]) -> list[Resolution]:
    """Choose the resolutions that the reader may see."""
    return sight.choose(rows, _ask_resolution)


def list_seats(sight: Sight, now: datetime) -> list[Seat]:
    """List the seats that a review opened now would have, by organisation; keys and roles stand in clear on the log."""
    return sorted(seat for seat, _ in tables.list_seats(sight.connection, sight.log_id, now))


def _ask_review(row: Review) -> Asked:
    return ask_open(row.entry, "review.opened")


def _ask_resolution(row: Resolution) -> Asked:
    return ask_open(row.entry, "resolution.recorded")
