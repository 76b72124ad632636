"""Tables of governance, all folded from the log, with their queries and writers: rulebooks, reviews, interests, votes, resolutions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, func, insert, select, update

from contracts.clock import format_instant, parse_instant
from contracts.database import Document, Whole, metadata, order_entries
from contracts.governance.facts import Choice, Dissent, Interest, InterestDeclared, Outcome, ResolutionRecorded, RulebookAdopted, VoteCast
from contracts.governance.rulebook import Rulebook, Rules, read_rules
from contracts.governance.rules import Resolution, Review
from contracts.governance.tally import CastVote, Declaration, Seat
from contracts.parties.tables import MemberState, keys, organisation_roles, organisations
from contracts.said import Said

__all__ = ["CastVote", "Declaration", "Resolution", "Review", "Rulebook", "Rules", "Seat"]

rulebooks = Table(
    "rulebooks",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("rulebook", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("rules", Document, nullable=False),
    Column("entry", Whole, nullable=False),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)
reviews = Table(
    "reviews",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("review", Text, primary_key=True),
    Column("matter", Text, nullable=False),
    Column("reviewed_index", Whole, nullable=False),
    Column("statement", Text, nullable=False),
    Column("question", Text),
    Column("rules_hash", Text),
    Column("rulebook", Text, nullable=False),
    Column("call", Whole, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("closes_at", Text, nullable=False),
    Column("outcome", Text),
    Column("number", Text),
    Column("entry", Whole, nullable=False),
    Column("resolution_entry", Whole),
    Index(None, "log_id", "entry"),
    Index(None, "log_id", "matter"),
    Index(None, "log_id", "reviewed_index"),
    sqlite_strict=True,
)
#: The roll: who had a seat when a review was opened; a resolution marks the seats that had fallen away by then.
review_seats = Table(
    "review_seats",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("review", Text, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("entry", Whole, nullable=False),
    Column("fallen_entry", Whole),
    sqlite_strict=True,
)
review_interests = Table(
    "review_interests",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("review", Text, primary_key=True),
    Column("entry", Whole, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("interest", Text, nullable=False),
    Column("explanation", Text),
    Column("declared_at", Text, nullable=False),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)
#: Every version of every vote; which one counts is a matter of counting.
review_votes = Table(
    "review_votes",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("review", Text, primary_key=True),
    Column("entry", Whole, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("choice", Text, nullable=False),
    Column("reason", Text),
    Column("cast_at", Text, nullable=False),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)
resolutions = Table(
    "resolutions",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("review", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("votes_for", Whole, nullable=False),
    Column("votes_against", Whole, nullable=False),
    Column("abstentions", Whole, nullable=False),
    Column("recused", Whole, nullable=False),
    Column("dissents", Document, nullable=False),
    Column("text", Text),
    Column("statement", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("entry", Whole, nullable=False),
    Index(None, "log_id", "review", unique=True),
    Index(None, "log_id", "matter"),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)

FOLDED = (rulebooks, reviews, review_seats, review_interests, review_votes, resolutions)
_BOARD = "board"


def find_rulebook(connection: Connection, log_id: int, rulebook: str | None = None) -> Rulebook | None:
    """Find the rulebook in force, the newest; or one by its id."""
    query = select(*rulebooks.c[1:]).where(rulebooks.c.log_id == log_id).order_by(rulebooks.c.entry.desc()).limit(1)
    if rulebook is not None:
        query = query.where(rulebooks.c.rulebook == rulebook)
    row = connection.execute(query).first()
    return None if row is None else _read_rulebook(row)


def list_rulebooks(connection: Connection, log_id: int, *, after: int = -1, limit: int = 100) -> list[Rulebook]:
    """List rulebooks in the order of the log, after an entry's index."""
    columns = rulebooks.c
    query = select(*columns[1:]).where(columns.log_id == log_id, columns.entry > after)
    return [_read_rulebook(row) for row in connection.execute(query.order_by(columns.entry).limit(limit))]


def is_adopted(connection: Connection, log_id: int, matter: str) -> bool:
    """Tell whether the board's newest decision about a matter adopted it; a review that lapsed decided nothing."""
    columns = resolutions.c
    query = select(columns.outcome).where(columns.log_id == log_id, columns.matter == matter, columns.outcome != Outcome.LAPSED.value)
    return connection.execute(query.order_by(columns.entry.desc()).limit(1)).scalar() == Outcome.ADOPTED.value


def list_seats(connection: Connection, log_id: int, now: datetime) -> list[tuple[Seat, int]]:
    """List the seats of the board with the index that enrolled each, the earliest first: one for each holder of a valid board key.

    A holder whom several organisations name sits for the one that enrolled it first: nobody can push a member from its seat by
    enrolling a key under its pseudonym.
    """
    given, members = organisation_roles.c, organisations.c
    query = (
        select(keys.c.organisation, keys.c.holder, keys.c.roles, keys.c.revoked_entry, keys.c.not_after, keys.c.enrolled_entry)
        .join(organisation_roles, (given.log_id == keys.c.log_id) & (given.organisation == keys.c.organisation))
        .outerjoin(organisations, (members.log_id == keys.c.log_id) & (members.organisation == keys.c.organisation))
        .where(keys.c.log_id == log_id, given.role == _BOARD)
        .where((members.state == MemberState.ACTIVE.value) | members.state.is_(None))
        .order_by(keys.c.enrolled_entry)
    )
    since: dict[Seat, int] = {}
    valid: set[Seat] = set()
    for row in connection.execute(query):
        if _BOARD in row.roles:
            seat = Seat(row.organisation, row.holder)
            since.setdefault(seat, row.enrolled_entry)  # a rotated or replaced key keeps its holder's seniority
            if row.revoked_entry is None and (row.not_after is None or parse_instant(row.not_after) > now):
                valid.add(seat)
    first: dict[str, Seat] = {}
    for seat in since:
        if seat in valid:
            first.setdefault(seat.holder, seat)
    return [(seat, since[seat]) for seat in since if seat in valid and first[seat.holder] == seat]


def find_review(connection: Connection, log_id: int, review: str) -> Review | None:
    """Find a review whole: with its roll, all interests and all votes, in order."""
    columns = reviews.c
    row = connection.execute(select(*columns[1:]).where(columns.log_id == log_id, columns.review == review)).first()
    if row is None:
        return None
    seats, interests, votes = (
        list(connection.execute(select(table).where(table.c.log_id == log_id, table.c.review == review).order_by(table.c[2])))
        for table in (review_seats, review_interests, review_votes)
    )
    return _read_review(
        row,
        roll=tuple(Seat(seat.organisation, seat.holder) for seat in seats),
        fallen=tuple(Seat(seat.organisation, seat.holder) for seat in seats if seat.fallen_entry is not None),
        interests=tuple(_read_interest(one) for one in interests),
        votes=tuple(_read_vote(one) for one in votes),
    )


def list_reviews(
    connection: Connection,
    log_id: int,
    *,
    state: str | None = None,
    matter: str | None = None,
    after: int = -1,
    limit: int = 100,
    down: bool = False,
) -> list[Review]:
    """List reviews without their votes in the order of the log, after an entry's index.

    Args:
        connection: an open one.
        log_id: row of the log.
        state: "open" (no resolution yet, though the time may be up), "resolved", or an outcome; None for all.
        matter: of one matter only.
        after: index of the last entry seen; -1 at the beginning.
        limit: at most so many.
        down: the newest first.
    """
    columns = reviews.c
    query = order_entries(select(*columns[1:]).where(columns.log_id == log_id), columns.entry, after, down=down).limit(limit)
    if state == "open":
        query = query.where(columns.outcome.is_(None))
    elif state is not None:
        query = query.where(columns.outcome.is_not(None) if state == "resolved" else columns.outcome == state)
    if matter is not None:
        query = query.where(columns.matter == matter)
    return [_read_review(row) for row in connection.execute(query)]


def has_review(connection: Connection, log_id: int, review: str) -> bool:
    """Tell whether a review's id is taken."""
    columns = reviews.c
    return connection.execute(select(columns.review).where(columns.log_id == log_id, columns.review == review)).first() is not None


def find_review_of_entry(connection: Connection, log_id: int, index: int) -> str | None:
    """Find an open review of the entry at an index, by id."""
    columns = reviews.c
    query = select(columns.review).where(columns.log_id == log_id, columns.reviewed_index == index, columns.outcome.is_(None))
    return connection.execute(query.order_by(columns.entry).limit(1)).scalar()


@dataclass(frozen=True, slots=True)
class Part:
    """The part that an entry has in a review."""

    table: str  #: that its row stands in: reviews, review_interests, review_votes or resolutions
    review: str
    is_open: bool  #: the review awaits its resolution


def find_part(connection: Connection, log_id: int, index: int) -> Part | None:
    """Find the review that the entry at an index opened, declared an interest in, voted in or resolved."""
    for table in (reviews, review_interests, review_votes, resolutions):
        review = connection.execute(select(table.c.review).where(table.c.log_id == log_id, table.c.entry == index)).scalar()
        if review is not None:
            query = select(reviews.c.outcome).where(reviews.c.log_id == log_id, reviews.c.review == review)
            return Part(table.name, review, connection.execute(query).scalar() is None)
    return None


def find_resolution(connection: Connection, log_id: int, number: str) -> Resolution | None:
    """Find a resolution by its number."""
    columns = resolutions.c
    row = connection.execute(select(*columns[1:]).where(columns.log_id == log_id, columns.number == number)).first()
    return None if row is None else _read_resolution(row)


def list_resolutions(
    connection: Connection, log_id: int, *, matter: str | None = None, after: int = -1, limit: int = 100, down: bool = False
) -> list[Resolution]:
    """List resolutions in the order of the log, after an entry's index, or the newest first; about one matter or all."""
    columns = resolutions.c
    query = order_entries(select(*columns[1:]).where(columns.log_id == log_id), columns.entry, after, down=down).limit(limit)
    if matter is not None:
        query = query.where(columns.matter == matter)
    return [_read_resolution(row) for row in connection.execute(query)]


def count_numbers(connection: Connection, log_id: int, prefix: str) -> int:
    """Count the resolutions whose number begins with a prefix."""
    columns = resolutions.c
    query = select(func.count()).where(columns.log_id == log_id, columns.number.startswith(prefix, autoescape=True))
    return int(connection.execute(query).scalar_one())


def find_newest_outcome(connection: Connection, log_id: int, matter: str) -> Outcome | None:
    """Find what the newest review of a matter gave, lapsed ones included."""
    columns = resolutions.c
    query = select(columns.outcome).where(columns.log_id == log_id, columns.matter == matter)
    outcome = connection.execute(query.order_by(columns.entry.desc()).limit(1)).scalar()
    return None if outcome is None else Outcome(outcome)


def find_backing(connection: Connection, log_id: int, matter: str, refs: Iterable[str]) -> str | None:
    """Find the hash of the rules that the board's newest decision about a rulebook adopted, if that stands among `refs`."""
    if not is_adopted(connection, log_id, matter):
        return None
    query = (
        select(reviews.c.rules_hash)
        .join(resolutions, (resolutions.c.log_id == reviews.c.log_id) & (resolutions.c.review == reviews.c.review))
        .where(resolutions.c.log_id == log_id, resolutions.c.matter == matter, resolutions.c.statement.in_(list(refs)))
        .where(resolutions.c.outcome == Outcome.ADOPTED.value)
    )
    return connection.execute(query.order_by(resolutions.c.entry.desc()).limit(1)).scalar()


def insert_rulebook(connection: Connection, said: Said[RulebookAdopted]) -> None:
    """Fold a rulebook."""
    fact = said.fact
    row = {"log_id": said.log_id, "rulebook": fact.rulebook, "hash": fact.hash, "rules": dict(fact.rules), "entry": said.index}
    connection.execute(insert(rulebooks), row)


def insert_review(connection: Connection, log_id: int, review: Review) -> None:
    """Fold the opening of a review, with its roll."""
    names = reviews.c.keys()[1:]
    times = {"opened_at": format_instant(review.opened_at), "closes_at": format_instant(review.closes_at)}
    connection.execute(insert(reviews), {**{name: getattr(review, name) for name in names}, **times, "log_id": log_id})
    shown = {"log_id": log_id, "review": review.review, "entry": review.entry}
    roll = [{**shown, "holder": seat.holder, "organisation": seat.organisation} for seat in review.roll]
    if roll:
        connection.execute(insert(review_seats), roll)


def insert_interest(connection: Connection, said: Said[InterestDeclared]) -> None:
    """Fold a declared interest."""
    row = {"interest": said.fact.interest.value, "explanation": said.fact.explanation, "declared_at": format_instant(said.received_at)}
    connection.execute(insert(review_interests), {**_place(said, said.fact.review), **row})


def insert_vote(connection: Connection, said: Said[VoteCast]) -> None:
    """Fold a vote, beside those that it replaces."""
    row = {"choice": said.fact.choice.value, "reason": said.fact.reason, "cast_at": format_instant(said.received_at)}
    connection.execute(insert(review_votes), {**_place(said, said.fact.review), **row})


def _place(said: Said[Any], review: str) -> dict[str, Any]:
    return {"log_id": said.log_id, "review": review, "entry": said.index, "organisation": said.author, "holder": said.holder}


def insert_resolution(connection: Connection, said: Said[ResolutionRecorded]) -> None:
    """Fold a resolution, end its review, and mark the seats that have fallen away, so that its count is the same for ever."""
    fact = said.fact
    names = ("number", "review", "matter", "votes_for", "votes_against", "abstentions", "recused", "text")
    row = {
        **{name: getattr(fact, name) for name in names},
        "log_id": said.log_id,
        "outcome": fact.outcome.value,
        "dissents": [{"holder": one.holder, "statement": one.statement} for one in fact.dissents],
        "statement": said.hash,
        "recorded_at": format_instant(said.received_at),
        "entry": said.index,
    }
    connection.execute(insert(resolutions), row)
    ended = update(reviews).where(reviews.c.log_id == said.log_id, reviews.c.review == fact.review)
    connection.execute(ended.values(outcome=fact.outcome.value, number=fact.number, resolution_entry=said.index))
    _mark_fallen(connection, said)


def _mark_fallen(connection: Connection, said: Said[ResolutionRecorded]) -> None:
    columns = review_seats.c
    of_review = (columns.log_id == said.log_id) & (columns.review == said.fact.review)
    standing = {seat for seat, _ in list_seats(connection, said.log_id, said.received_at)}
    roll = connection.execute(select(columns.organisation, columns.holder).where(of_review)).all()
    fallen = [row.holder for row in roll if Seat(row.organisation, row.holder) not in standing]
    if fallen:
        connection.execute(update(review_seats).where(of_review, columns.holder.in_(fallen)).values(fallen_entry=said.index))


def scrub_part(connection: Connection, log_id: int, part: Part, index: int, values: Mapping[str, Any]) -> None:
    """Overwrite columns of the row that an entry wrote."""
    table = metadata.tables[part.table]
    if values:
        connection.execute(update(table).where(table.c.log_id == log_id, table.c.entry == index).values(**values))


def _read_rulebook(row: Row[Any]) -> Rulebook:
    return Rulebook(row.rulebook, row.hash, read_rules(row.rules), row.entry)


def _read_review(row: Row[Any], **parts: Any) -> Review:  # noqa: ANN401 - roll, interests and votes
    values = row._asdict()
    values["opened_at"], values["closes_at"] = parse_instant(row.opened_at), parse_instant(row.closes_at)
    values["outcome"] = None if row.outcome is None else Outcome(row.outcome)
    return Review(**values, **parts)


def _read_interest(row: Row[Any]) -> Declaration:
    seat = Seat(row.organisation, row.holder)
    return Declaration(seat, Interest(row.interest), row.explanation, parse_instant(row.declared_at), row.entry)


def _read_vote(row: Row[Any]) -> CastVote:
    return CastVote(Seat(row.organisation, row.holder), Choice(row.choice), row.reason, parse_instant(row.cast_at), row.entry)


def _read_resolution(row: Row[Any]) -> Resolution:
    values = row._asdict()
    values["outcome"], values["recorded_at"] = Outcome(row.outcome), parse_instant(row.recorded_at)
    values["dissents"] = tuple(Dissent(one["holder"], one["statement"]) for one in row.dissents)
    return Resolution(**values)
