"""Governance, in steps: a rulebook, a review of an entry, interests, votes, and a resolution that says what the votes give."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from contracts.errors import Finding, NotFound, NotYet
from contracts.governance import rules, tables
from contracts.governance.facts import Interest, InterestDeclared, Outcome, ResolutionRecorded, ReviewOpened, RulebookAdopted, VoteCast
from contracts.governance.rules import OpeningState, Review, ReviewedEntry
from contracts.governance.tally import (
    Seat,
    Tally,
    count_votes,
    describe_tally,
    list_interests_that_count,
    list_votes_that_count,
)
from contracts.parties.tables import BOARD, MEMBERS, find_key, get_network, open_to
from contracts.said import Handler, Handlers, Said
from ledger.store import find_by_hashes

_QUESTION, _EXPLANATION, _REASON, _DISSENTS, _TEXT = 3, 1, 1, 6, 7  #: positions of prose in the contents of their facts
_FACILITATOR, _KEY = "facilitator", "key:"


def read_tally(connection: Connection, log_id: int, review: str, now: datetime) -> Tally:
    """Count a review as it stands; raises NotFound.

    Args:
        connection: an open one.
        log_id: row of the log.
        review: its id.
        now: when the seats of an open review are counted: keys may have run out by then.
    """
    return _count(connection, log_id, _get_review(connection, log_id, review), now)


def describe_review(connection: Connection, log_id: int, review: str, now: datetime) -> str:
    """Say a review's count in words with its arithmetic, "as it stands" until it is resolved; raises NotFound."""
    found = _get_review(connection, log_id, review)
    return describe_tally(_count(connection, log_id, found, now), final=found.outcome is not None)


def draft_resolution(connection: Connection, log_id: int, review: str, now: datetime, *, text: str | None = None) -> ResolutionRecorded:
    """Word the resolution that a review's votes give, for a board key to sign; numbered by year.

    Raises:
        NotFound: there is no such review.
        NotYet: it is open, and not everybody entitled has voted.
    """
    found = _get_review(connection, log_id, review)
    tally = _count(connection, log_id, found, now)
    awaited = rules.find_awaited(found, tally, now)
    if awaited is not None:
        raise NotYet(awaited)
    number = _find_number(connection, log_id, now)
    return ResolutionRecorded(
        matter=found.matter,
        outcome=tally.outcome,
        review=review,
        number=number,
        votes_for=tally.votes_for,
        votes_against=tally.votes_against,
        abstentions=tally.abstentions,
        recused=tally.recused,
        dissents=tally.dissents,
        text=text or f"{found.matter} (entry {found.reviewed_index}) is {tally.outcome.value}. {describe_tally(tally)}.",
    )


def _find_number(connection: Connection, log_id: int, now: datetime) -> str:
    prefix = f"R-{now.astimezone(get_network(connection, log_id).zone).year}-"
    number = tables.count_numbers(connection, log_id, prefix) + 1
    while tables.find_resolution(connection, log_id, f"{prefix}{number:02d}") is not None:
        number += 1
    return f"{prefix}{number:02d}"


def _get_review(connection: Connection, log_id: int, review: str) -> Review:
    found = tables.find_review(connection, log_id, review)
    if found is None:
        raise NotFound(f"there is no review {review}")
    return found


def _count(connection: Connection, log_id: int, review: Review, now: datetime) -> Tally:
    rulebook = tables.find_rulebook(connection, log_id, review.rulebook)
    if rulebook is None:
        raise LookupError(f"review {review.review} was opened under rulebook {review.rulebook}, which is not folded")
    standing = set(review.roll) - set(review.fallen)
    if review.outcome is None:
        standing = {seat for seat, _ in tables.list_seats(connection, log_id, now)}
    interests = list_interests_that_count(review.interests, review.closes_at)
    votes = list_votes_that_count(review.votes, review.closes_at)
    return count_votes(rulebook.rules, review.call, review.roll, standing, interests, votes)


def _judge_rulebook(connection: Connection, said: Said[RulebookAdopted]) -> list[Finding]:
    fact = said.fact
    return rules.judge_rulebook(
        fact,
        is_first=tables.find_rulebook(connection, said.log_id) is None,
        is_taken=tables.find_rulebook(connection, said.log_id, fact.rulebook) is not None,
        is_facilitator=_FACILITATOR in said.roles,
        backing=tables.find_backing(connection, said.log_id, rules.RULEBOOK + fact.rulebook, said.refs),
    )


def _recompute_rulebook(_connection: Connection, said: Said[RulebookAdopted]) -> list[Finding]:
    return rules.check_hash(said.fact)


def _fold_rulebook(connection: Connection, said: Said[RulebookAdopted]) -> None:
    tables.insert_rulebook(connection, said)
    open_to(connection, said.log_id, said.index, [MEMBERS])


def _judge_opening(connection: Connection, said: Said[ReviewOpened]) -> list[Finding]:
    fact, log_id = said.fact, said.log_id
    pending = tables.list_reviews(connection, log_id, state="open", matter=fact.matter, limit=1)
    proposed = fact.matter.removeprefix(rules.RULEBOOK) if fact.matter.startswith(rules.RULEBOOK) else None
    state = OpeningState(
        received_at=said.received_at,
        rulebook=tables.find_rulebook(connection, log_id),
        is_taken=tables.has_review(connection, log_id, fact.review),
        open_review=pending[0].review if pending else None,
        reviewed=_find_reviewed(connection, log_id, fact.statement),
        is_adopted_rulebook=proposed is not None and tables.find_rulebook(connection, log_id, proposed) is not None,
    )
    return rules.judge_opening(fact, state)


def _find_reviewed(connection: Connection, log_id: int, statement: str) -> ReviewedEntry | None:
    """Find the entry under review on the log itself: only judging asks for it, a replay and an audit do not."""
    found = find_by_hashes(connection, log_id, [statement]).get(statement)
    if found is None:
        return None
    key = find_key(connection, log_id, found.about.removeprefix(_KEY)) if found.about.startswith(_KEY) else None
    return ReviewedEntry(found.index, statement, found.about, key.organisation if key else None)


def _fold_opening(connection: Connection, said: Said[ReviewOpened]) -> None:
    fact = said.fact
    rulebook = tables.find_rulebook(connection, said.log_id)
    if rulebook is None:
        raise LookupError(f"review {fact.review} was opened without a rulebook: the rules do not let it")
    lapsed = tables.find_newest_outcome(connection, said.log_id, fact.matter) is Outcome.LAPSED
    review = Review(
        review=fact.review,
        matter=fact.matter,
        reviewed_index=fact.index,
        statement=fact.statement,
        question=fact.question,
        rules_hash=rules.find_digest(fact.question) if fact.matter.startswith(rules.RULEBOOK) else None,
        rulebook=rulebook.rulebook,
        call=2 if lapsed else 1,
        opened_by=said.author,
        opened_at=said.received_at,
        closes_at=fact.closes_at,
        outcome=None,
        number=None,
        entry=said.index,
        resolution_entry=None,
        roll=_call_roll(connection, said.log_id, said.received_at, rulebook.rules.seats_per_organisation),
    )
    tables.insert_review(connection, said.log_id, review)
    open_to(connection, said.log_id, said.index, [BOARD])


def _call_roll(connection: Connection, log_id: int, now: datetime, most: int | None) -> tuple[Seat, ...]:
    """Give the seats of a review that opens now: of each organisation the earliest enrolled, as many as the rulebook lets it have."""
    by_organisation: dict[str, list[Seat]] = {}
    for seat, _ in tables.list_seats(connection, log_id, now):
        by_organisation.setdefault(seat.organisation, []).append(seat)
    return tuple(sorted(seat for seats in by_organisation.values() for seat in seats[:most]))


def _judge_interest(connection: Connection, said: Said[InterestDeclared]) -> list[Finding]:
    seat = Seat(said.author, said.holder)
    review, findings = _judge_voter(connection, said, said.fact.review, seat)
    if review is None:
        return findings
    has_voted = any(vote.seat == seat for vote in review.votes)
    return [*findings, *rules.judge_interest(seat, said.fact.interest, _find_interest(review, seat), has_voted=has_voted)]


def _judge_vote(connection: Connection, said: Said[VoteCast]) -> list[Finding]:
    seat = Seat(said.author, said.holder)
    review, findings = _judge_voter(connection, said, said.fact.review, seat)
    if review is None or findings:
        return findings
    return rules.judge_vote(seat, _find_interest(review, seat))


def _judge_voter(
    connection: Connection, said: Said[InterestDeclared | VoteCast], name: str, seat: Seat
) -> tuple[Review | None, list[Finding]]:  # fmt: skip
    review = tables.find_review(connection, said.log_id, name)
    standing = {one for one, _ in tables.list_seats(connection, said.log_id, said.received_at)}
    return review, rules.judge_voter(review, seat, standing, said.received_at)


def _find_interest(review: Review, seat: Seat) -> Interest | None:
    return list_interests_that_count(review.interests, review.closes_at).get(seat)


def _fold_interest(connection: Connection, said: Said[InterestDeclared]) -> None:
    tables.insert_interest(connection, said)
    open_to(connection, said.log_id, said.index, [BOARD])


def _fold_vote(connection: Connection, said: Said[VoteCast]) -> None:
    tables.insert_vote(connection, said)
    open_to(connection, said.log_id, said.index, [BOARD])


def _judge_resolution(connection: Connection, said: Said[ResolutionRecorded]) -> list[Finding]:
    fact = said.fact
    review = tables.find_review(connection, said.log_id, fact.review)
    is_taken = tables.find_resolution(connection, said.log_id, fact.number) is not None
    return rules.judge_resolution(fact, review, is_taken=is_taken)


def _recompute_resolution(connection: Connection, said: Said[ResolutionRecorded]) -> list[Finding]:
    """Count the votes anew, and name each difference."""
    review = tables.find_review(connection, said.log_id, said.fact.review)
    if review is None:
        return [Finding("review", "differs", f"resolves review {said.fact.review}, which is not on the log")]
    tally = _count(connection, said.log_id, review, said.received_at)
    awaited = rules.find_awaited(review, tally, said.received_at)
    early = [Finding("review", "not-yet", awaited)] if awaited is not None else []
    return early + rules.list_differences(said.fact, review.matter, tally)


def _fold_resolution(connection: Connection, said: Said[ResolutionRecorded]) -> None:
    tables.insert_resolution(connection, said)
    open_to(connection, said.log_id, said.index, [MEMBERS])


#: table → position of prose in the contents of its facts → its column and what it is when erased
_PROSE: Mapping[str, Mapping[int, tuple[str, Any]]] = {
    "reviews": {_QUESTION: ("question", None)},
    "review_interests": {_EXPLANATION: ("explanation", None)},
    "review_votes": {_REASON: ("reason", None)},
    "resolutions": {_DISSENTS: ("dissents", []), _TEXT: ("text", None)},
}


def blocks_erasure(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> str | None:
    """Say why contents of an entry may not be erased: open reviews stay whole, and of closed ones what the count rests on."""
    under = tables.find_review_of_entry(connection, log_id, index)
    if under is not None:
        return f"review {under} of it awaits its resolution"
    if any(one.entry == index for one in tables.list_rulebooks(connection, log_id, after=index - 1, limit=1)):
        return "it is a rulebook: what was decided and settled under it rests on it"
    part = tables.find_part(connection, log_id, index)
    if part is None:
        return None
    if part.is_open:
        return f"review {part.review} awaits its resolution"
    if not set(positions) <= set(_PROSE[part.table]):
        return f"the count of review {part.review} rests on it; only its prose can be erased"
    return None


def forget_contents(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
    """Scrub prose that was folded from erased contents of the entry at `index`; what the count rests on is never erased."""
    part = tables.find_part(connection, log_id, index)
    if part is not None:
        values = dict(scrubbed for position, scrubbed in _PROSE[part.table].items() if position in positions)
        tables.scrub_part(connection, log_id, part, index, values)


HANDLERS: Handlers = {
    RulebookAdopted: Handler(_judge_rulebook, _fold_rulebook, _recompute_rulebook),
    ReviewOpened: Handler(_judge_opening, _fold_opening),
    InterestDeclared: Handler(_judge_interest, _fold_interest),
    VoteCast: Handler(_judge_vote, _fold_vote),
    ResolutionRecorded: Handler(_judge_resolution, _fold_resolution, _recompute_resolution),
}
