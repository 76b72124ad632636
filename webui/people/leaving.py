"""Leaving: a person no longer reads for an organisation. What may be signed is the log's: the keys left behind are to be revoked there."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from contracts.errors import Conflict, Forbidden, NotFound
from contracts.facts import Role
from ledger.authority import Authority
from webui.access import Member
from webui.people.persons import end_sessions, list_memberships
from webui.people.tables import departures, enrolment_requests, memberships, people, tokens
from webui.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Departure:
    """Who read for an organisation and does no more."""

    id: int
    log_id: int
    organisation: str
    person: int
    holder: str
    left_at: str  #: instant
    ended_by: int | None  #: person


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of an organisation, as its people page shows it."""

    person: int
    name: str
    email: str
    active: bool
    organisation: str
    holder: str


def list_colleagues(connection: Connection, log_id: int, organisation: str | None) -> list[Colleague]:
    """List the persons of an organisation, or of all of a network, by organisation and name."""
    columns = (people.c.id, people.c.name, people.c.email, people.c.active, memberships.c.organisation, memberships.c.holder)
    query = select(*columns).join_from(people, memberships, memberships.c.person == people.c.id).where(memberships.c.log_id == log_id)
    if organisation is not None:
        query = query.where(memberships.c.organisation == organisation)
    return [Colleague(*row) for row in connection.execute(query.order_by(memberships.c.organisation, people.c.name, people.c.id))]


def end_membership(runtime: Runtime, member: Member, asker: int, person: int, *, anyway: bool = False) -> Departure:
    """End a person's membership, one's own or a colleague's: sessions, tokens and requests end with it.

    Raises NotFound, Forbidden, or Conflict for the last signatory of an organisation, unless `anyway`: nobody could then enrol or revoke
    its keys but the facilitator and the board.
    """
    log = runtime.log(member.network)
    authority = log.read_authority()
    with runtime.writing() as connection:
        own = next((one for one in list_memberships(connection, person) if one.log_id == member.log_id), None)
        facilitates = Role.FACILITATOR.value in member.roles
        if own is None or not (own.organisation == member.organisation or facilitates):
            raise NotFound("there is no such person in your organisation")
        if person != asker and not (facilitates or Role.SIGNATORY.value in member.roles):
            raise Forbidden("a membership is ended by its person, a signatory of the organisation, or the facilitator")
        if not anyway and is_last_signatory(connection, authority, log.log_id, own.organisation, own.holder):
            raise Conflict("this is the organisation's last signatory: have another key enrolled first, or say that you know")
        return _end(connection, runtime, asker, person, member.log_id)


def is_last_signatory(connection: Connection, authority: Authority, log_id: int, organisation: str, holder: str) -> bool:
    """Tell whether nobody else who can log in for an organisation holds a signatory key of it."""
    query = select(memberships.c.holder).where(memberships.c.log_id == log_id, memberships.c.organisation == organisation)
    present = set(connection.execute(query).scalars())
    signing = {
        record.holder
        for record in authority.keys.values()
        if record.organisation == organisation and record.revoked_at is None and Role.SIGNATORY.value in record.roles
    }
    return holder in signing and not (signing & present) - {holder}


def list_keys_to_revoke(connection: Connection, authority: Authority, log_id: int, organisation: str | None) -> list[tuple[Departure, str]]:
    """List the keys, not revoked yet, of those who left an organisation, or any: what its signatory, or the facilitator, is to revoke."""
    query = select(departures).where(departures.c.log_id == log_id).order_by(departures.c.id)
    if organisation is not None:
        query = query.where(departures.c.organisation == organisation)
    gone = [_read(row) for row in connection.execute(query)]
    return [
        (one, record.key)
        for one in gone
        for record in authority.keys.values()
        if record.organisation == one.organisation and record.holder == one.holder and record.revoked_at is None
    ]


def _end(connection: Connection, runtime: Runtime, asker: int, person: int, log_id: int) -> Departure:
    own = next(one for one in list_memberships(connection, person) if one.log_id == log_id)
    now = runtime.now_text()
    values = {"log_id": log_id, "organisation": own.organisation, "person": person, "holder": own.holder, "left_at": now, "ended_by": asker}
    key = connection.execute(insert(departures).values(**values)).inserted_primary_key
    connection.execute(delete(memberships).where(memberships.c.person == person, memberships.c.log_id == log_id))
    held = (tokens.c.log_id == log_id, tokens.c.organisation == own.organisation, tokens.c.holder == own.holder)
    connection.execute(update(tokens).where(*held, tokens.c.revoked_at.is_(None)).values(revoked_at=now))
    asked = (enrolment_requests.c.log_id == log_id, enrolment_requests.c.person == person, enrolment_requests.c.closed_at.is_(None))
    connection.execute(update(enrolment_requests).where(*asked).values(closed_at=now, reason="its person has left"))
    end_sessions(connection, person)
    return Departure(int(key[0]) if key is not None else 0, log_id, own.organisation, person, own.holder, now, asker)


def _read(row: Row[Any]) -> Departure:
    return Departure(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
