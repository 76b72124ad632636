"""What readers see of governance: rulebooks and outcomes for every member, the board's own work for the board."""

from dataclasses import dataclass
from datetime import datetime

from contracts.errors import NotFound
from contracts.governance import service, tables
from contracts.governance.tables import Resolution, Review, Rulebook
from contracts.governance.tally import Tally
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


def list_reviews(sight: Sight, *, after: int, limit: int) -> list[Review]:
    """List the reviews that the reader may see, in the order of their opening."""

    def fetch(place: int, count: int) -> list[Review]:
        return tables.list_reviews(sight.connection, sight.log_id, after=place, limit=count)

    return sight.collect(fetch, _ask_review, lambda row: row.entry, after, limit)


def find_review(sight: Sight, review: str, now: datetime) -> SeenReview:
    """Show a review with its count; raises NotFound, also where it is not for the reader."""
    found = tables.find_review(sight.connection, sight.log_id, review)
    if found is None or not sight.choose([found], _ask_review):
        raise NotFound("there is no such review for you to see")
    tally = service.read_tally(sight.connection, sight.log_id, review, now)
    return SeenReview(found, tally, service.describe_review(sight.connection, sight.log_id, review, now))


def list_resolutions(sight: Sight, *, after: int, limit: int) -> list[Resolution]:
    """List the resolutions that the reader may see, in the order of the log."""

    def fetch(place: int, count: int) -> list[Resolution]:
        return tables.list_resolutions(sight.connection, sight.log_id, after=place, limit=count)

    return sight.collect(fetch, _ask_resolution, lambda row: row.entry, after, limit)


def _ask_review(row: Review) -> Asked:
    return ask_open(row.entry, "review.opened")


def _ask_resolution(row: Resolution) -> Asked:
    return ask_open(row.entry, "resolution.recorded")
