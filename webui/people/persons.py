"""Persons: who logs in, for which organisation of which network, and the datastore that Flask-Security asks for them."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from flask_security import RoleMixin, UserMixin
from flask_security.datastore import UserDatastore
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from contracts.clock import format_instant
from contracts.errors import Conflict, Finding, Invalid
from webui.people.tables import memberships, people
from webui.settings import PasswordCost

MIN_PASSWORD = 12  #: characters; NIST SP 800-63B asks for 8 at least, 15 where nothing else protects
MAX_PASSWORD = 256
Open = Callable[[], AbstractContextManager[Connection]]  #: opens a transaction


class Person(UserMixin):
    """A person as Flask-Security and Flask-Login want it."""

    roles: list[RoleMixin]
    fs_uniquifier = ""  #: what a session names; Flask-Security looks for it on the class

    def __init__(self, row: Row[Any]) -> None:
        self.id: int = row.id
        self.email: str = row.email
        self.name: str = row.name
        self.password: str = row.password
        self.active: bool = row.active
        self.fs_uniquifier = row.uniquifier
        self.language: str | None = row.language
        self.roles = []  # what a person may do follows from memberships and from the log

    @classmethod
    def make_nobody(cls, password_hash: str) -> "Person":
        """Make a person that is in no table, to have somebody to check a password against."""
        nobody = cls.__new__(cls)
        nobody.id, nobody.email, nobody.name, nobody.password = 0, "", "", password_hash
        nobody.active, nobody.fs_uniquifier, nobody.roles, nobody.language = False, "", [], None
        return nobody


class NoRole(RoleMixin):
    """Flask-Security wants a class of roles; there are none here."""


class PersonStore(UserDatastore):
    """The people table as Flask-Security's datastore."""

    def __init__(self, reading: Open, writing: Open) -> None:
        super().__init__(Person, NoRole)
        self._reading = reading
        self._writing = writing

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> Person | None:  # noqa: ANN401, ARG002, FBT001, FBT002 - its signature
        """Find a person by one column."""
        name, value = next(iter(wanted.items()))
        column = people.c["uniquifier" if name == "fs_uniquifier" else name]
        with self._reading() as connection:
            row = connection.execute(select(people).where(column == value)).first()
        return None if row is None else Person(row)

    def find_role(self, role: str) -> None:
        """Find no role."""

    def put(self, model: Person) -> Person:
        """Keep a new password hash: the only thing that Flask-Security changes here, when its parameters were raised."""
        with self._writing() as connection:
            connection.execute(update(people).where(people.c.id == model.id).values(password=model.password))
        return model

    def commit(self) -> None:
        """Do nothing: each change is a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Membership:
    """For whom a person reads in a network."""

    log_id: int
    organisation: str
    holder: str  #: pseudonym of the person on that log


def check_length(password: str) -> list[Finding]:
    """Say whether a password is too short or too long."""
    if MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return []
    return [Finding("password", "password-length", f"{MIN_PASSWORD} to {MAX_PASSWORD} characters are wanted")]


def hash_password(password: str, cost: PasswordCost) -> str:
    """Hash a password with argon2id; raises Invalid for one that is too short or too long."""
    if findings := check_length(password):
        raise Invalid(f"password: {findings[0].message}", findings)
    return PasswordHasher(cost.time, cost.memory, cost.parallelism).hash(password)


def make_unknown_password(cost: PasswordCost) -> str:
    """Make the hash of a password that nobody knows, for who logs in with a passkey."""
    return hash_password(secrets.token_urlsafe(48), cost)


def add_person(
    connection: Connection, *, email: str, name: str, password_hash: str, now: datetime, language: str | None = None
) -> int:  # fmt: skip
    """Add a person who may log in; gives the id. Raises Conflict if the address is taken."""
    values = {
        "email": email.strip().lower(),
        "name": name,
        "password": password_hash,
        "active": True,
        "uniquifier": secrets.token_hex(16),
        "created_at": format_instant(now),
        "language": language,
    }
    try:
        with connection.begin_nested():
            key = connection.execute(insert(people).values(**values)).inserted_primary_key
    except IntegrityError:
        raise Conflict(f"{email} has a login already") from None
    return int(key[0]) if key is not None else 0


def add_membership(connection: Connection, person: int, log_id: int, organisation: str, holder: str) -> None:
    """Let a person read for an organisation of a network; raises Conflict if it reads for one there already."""
    try:
        with connection.begin_nested():
            connection.execute(insert(memberships).values(person=person, log_id=log_id, organisation=organisation, holder=holder))
    except IntegrityError:
        raise Conflict("this person reads for an organisation of this network already") from None


def list_memberships(connection: Connection, person: int) -> list[Membership]:
    """List for whom a person reads, by network."""
    query = select(*memberships.c[1:]).where(memberships.c.person == person).order_by(memberships.c.log_id)
    return [Membership(*row) for row in connection.execute(query)]


def find_person(connection: Connection, person: int) -> Person | None:
    """Find a person by its id."""
    row = connection.execute(select(people).where(people.c.id == person)).first()
    return None if row is None else Person(row)


def find_by_email(connection: Connection, email: str) -> Person | None:
    """Find a person by its address, as it is kept."""
    row = connection.execute(select(people).where(people.c.email == email)).first()
    return None if row is None else Person(row)


def set_password(connection: Connection, person: int, password_hash: str) -> None:
    """Keep a new password, and end all sessions that the old one opened."""
    connection.execute(update(people).where(people.c.id == person).values(password=password_hash))
    end_sessions(connection, person)


def set_language(connection: Connection, person: int, language: str) -> None:
    """Keep the language in which a person wants its mail."""
    connection.execute(update(people).where(people.c.id == person).values(language=language))


def end_sessions(connection: Connection, person: int) -> None:
    """End all sessions of a person, here and elsewhere."""
    connection.execute(update(people).where(people.c.id == person).values(uniquifier=secrets.token_hex(16)))


def set_active(connection: Connection, person: int, *, active: bool) -> None:
    """Let a person log in, or no more; running sessions end with it."""
    connection.execute(update(people).where(people.c.id == person).values(active=active))
