"""Lost second factors: somebody who knows the person vouches, the person is told, and after a day without objection the factors go.

Who vouches: another signatory of the person's own organisation, or the facilitator. It is recorded who did, and how they made sure.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from contracts.clock import format_instant
from contracts.errors import Conflict, Forbidden, NotFound
from contracts.facts import Role
from webui.access import Member
from webui.people.addresses import check_line
from webui.people.attempts import begin_attempt, forgive_attempt
from webui.people.codes import hash_code, make_code
from webui.people.factors import drop_factors, read_factors
from webui.people.letters import write_factor_removed, write_factor_reset
from webui.people.mail import drop_mails, queue_mail
from webui.people.persons import Person, end_sessions, find_person, list_memberships
from webui.people.tables import factor_resets
from webui.runtime import Runtime

WAIT = timedelta(hours=24)  #: in which the person may object


@dataclass(frozen=True, slots=True)
class FactorReset:
    """A second factor that is to be taken away, was, or stays."""

    id: int
    person: int
    log_id: int
    organisation: str
    asked_by: int  #: person
    checked: str  #: how it was made sure who asked
    created_at: str  #: instant
    due_at: str  #: instant
    cancelled_at: str | None  #: instant
    done_at: str | None  #: instant

    @property
    def waits(self) -> bool:
        """Tell whether it is still to come."""
        return self.cancelled_at is None and self.done_at is None


def request_factor_reset(runtime: Runtime, member: Member, asker: Person, person: int, checked: str) -> FactorReset:
    """Vouch that a person lost its second factor; raises Invalid, Forbidden, NotFound or Conflict. Call smtp.send_soon afterwards."""
    words, code, now = check_line(checked, "checked", 500), make_code(), runtime.clock.now()
    with runtime.writing() as connection:
        found, organisation = _check_right(connection, member, asker, person)
        if not read_factors(connection, person).any:
            raise Conflict("this person has no second factor: it logs in with its password")
        if find_waiting_reset(connection, person) is not None:
            raise Conflict("this is under way already")
        due = format_instant(now + WAIT)
        values = {
            "person": person,
            "log_id": member.log_id,
            "organisation": organisation,
            "asked_by": asker.id,
            "checked": words,
            "hash": hash_code(code),
            "created_at": format_instant(now),
            "due_at": due,
        }
        connection.execute(insert(factor_resets).values(**values))
        queue_mail(connection, runtime.settings, write_factor_reset(runtime.settings, found, code, asker.name, due), now)
        made = find_waiting_reset(connection, person)
    if made is None:
        raise LookupError("a reset that was just asked for is not there")
    return made


def cancel_by_code(runtime: Runtime, code: str, address: str) -> None:
    """Object by the code of the mail; raises NotFound or TooMany. A second time changes nothing."""
    now, hashed = runtime.clock.now(), hash_code(code)
    with runtime.writing() as connection:
        attempt = begin_attempt(connection, f"factor reset {hashed.hex()}", address, now)
    with runtime.writing() as connection:
        row = connection.execute(select(factor_resets).where(factor_resets.c.hash == hashed)).first()
        if row is None:
            raise NotFound("this code is unknown")
        if row.done_at is not None:
            raise Conflict("the second factor was removed already: log in and set up a new one")
        forgive_attempt(connection, attempt)
        _cancel(connection, row.person, format_instant(now))


def cancel_reset(connection: Connection, person: int, now: str) -> None:
    """Object from within the account."""
    _cancel(connection, person, now)


def withdraw_reset(runtime: Runtime, member: Member, asker: Person, person: int) -> None:
    """Take back that one vouched; raises what vouching raises."""
    with runtime.writing() as connection:
        _check_right(connection, member, asker, person)
        _cancel(connection, person, runtime.now_text())


def carry_out_resets(runtime: Runtime) -> int:
    """Take away the second factors whose day of objection is over, and end the sessions; gives how many. A job."""
    now, done = runtime.clock.now(), 0
    at, columns = format_instant(now), factor_resets.c
    due = (columns.due_at <= at, columns.cancelled_at.is_(None), columns.done_at.is_(None))
    with runtime.reading() as connection:
        rows = connection.execute(select(columns.id, columns.person).where(*due)).all()
    for row in rows:
        with runtime.writing() as connection:
            if connection.execute(update(factor_resets).where(columns.id == row.id, *due).values(done_at=at)).rowcount != 1:
                continue  # another process was first, or the person objected this very moment
            drop_factors(connection, row.person)
            end_sessions(connection, row.person)
            person = find_person(connection, row.person)
            if person is not None:
                queue_mail(connection, runtime.settings, write_factor_removed(person), now)
            done += 1
    return done


def find_waiting_reset(connection: Connection, person: int) -> FactorReset | None:
    """Find what is about to happen to a person's second factor."""
    columns = factor_resets.c
    waiting = (columns.person == person, columns.cancelled_at.is_(None), columns.done_at.is_(None))
    row = connection.execute(select(factor_resets).where(*waiting)).first()
    return None if row is None else _read(row)


def list_factor_resets(connection: Connection, member: Member, limit: int = 100) -> list[FactorReset]:
    """List the resets of an organisation's people, the facilitator all of the network, newest first."""
    columns = factor_resets.c
    query = select(factor_resets).where(columns.log_id == member.log_id).order_by(columns.id.desc()).limit(limit)
    if Role.FACILITATOR.value not in member.roles:
        query = query.where(columns.organisation == member.organisation)
    return [_read(row) for row in connection.execute(query)]


def _check_right(connection: Connection, member: Member, asker: Person, person: int) -> tuple[Person, str]:
    """Hold whoever vouches to the rule; gives the person and its organisation."""
    found, own = find_person(connection, person), list_memberships(connection, person)
    here = next((one for one in own if one.log_id == member.log_id), None)
    facilitates = Role.FACILITATOR.value in member.roles
    if found is None or here is None or not (facilitates or here.organisation == member.organisation):
        raise NotFound("there is no such person in your organisation")
    if not (facilitates or Role.SIGNATORY.value in member.roles):
        raise Forbidden("another signatory of the organisation, or the facilitator, vouches for a lost second factor")
    if person == asker.id:
        raise Forbidden("somebody else vouches for you: you are logged in, so change your second factor in your account")
    if len(own) > 1:
        raise Conflict("this person reads in other networks too: its recovery codes help, or the service's operator by command")
    return found, here.organisation


def _cancel(connection: Connection, person: int, now: str) -> None:
    columns = factor_resets.c
    waiting = (columns.person == person, columns.cancelled_at.is_(None), columns.done_at.is_(None))
    connection.execute(update(factor_resets).where(*waiting).values(cancelled_at=now))
    drop_mails(connection, person=person, purpose="factor-reset")


def _read(row: Row[Any]) -> FactorReset:
    return FactorReset(**{name: value for name, value in row._mapping.items() if name != "hash"})  # noqa: SLF001 - SQLAlchemy's public name
