"""Access: who may enter each route, and who it is that asks. Every route declares it; what does not is shut.

A session (a person's cookie) or a token says who asks. Both decide only what may be read; what is written is said by signatures.
Strangers to a network cannot tell whether it exists: for them it is not found, as is whatever lies in it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from contracts.clock import parse_instant
from contracts.errors import Forbidden, NotFound
from contracts.parties.reading import may_read
from ledger.authority import Authority
from webui.pages.endpoints import is_page
from webui.people.persons import Person, list_memberships
from webui.people.sessions import lacks_factor
from webui.people.tokens import Token, find_token
from webui.problems import NoLogin, NoSecondFactor, WrongOrigin
from webui.runtime import Runtime

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
_MARK = "__symbiosis_access__"
V = TypeVar("V", bound=Callable[..., Any])


class Who(StrEnum):
    """Kinds of callers."""

    ANYBODY = "anybody"  #: no login wanted
    CALLER = "caller"  #: a session or a token
    PERSON = "person"  #: a session
    MEMBER = "member"  #: a session or a token that belongs to the network in the address
    READER = "reader"  #: the same, or anybody where the network's log is public
    MEMBER_PERSON = "member-person"  #: a session that belongs to it


@dataclass(frozen=True, slots=True)
class Access:
    """Who may enter a route."""

    who: Who
    roles: frozenset[str] = frozenset()  #: one of these is wanted; empty: none in particular
    entrants: bool = False  #: open to sessions that still lack the second factor which their person's roles want

    @property
    def in_network(self) -> bool:
        """Tell whether the route lies in a network."""
        return self.who in (Who.MEMBER, Who.READER, Who.MEMBER_PERSON)


ANYBODY = Access(Who.ANYBODY)
CALLERS = Access(Who.CALLER)
PERSONS = Access(Who.PERSON)
ENTRANTS = Access(Who.PERSON, entrants=True)
MEMBERS = Access(Who.MEMBER)
READERS = Access(Who.READER)
MEMBER_PERSONS = Access(Who.MEMBER_PERSON)
FACILITATORS = Access(Who.MEMBER, frozenset({"facilitator"}))
AUDITORS = Access(Who.MEMBER, frozenset({"auditor"}))
FACILITATOR_PERSONS = Access(Who.MEMBER_PERSON, frozenset({"facilitator"}))
AUDITOR_PERSONS = Access(Who.MEMBER_PERSON, frozenset({"auditor"}))


@dataclass(frozen=True, slots=True)
class Member:
    """Who asks, as a member of one network."""

    network: str  #: short name
    log_id: int
    organisation: str
    holder: str  #: pseudonym on that log
    roles: frozenset[str]  #: that the log gives the holder's keys now; of a token those it was issued for, as far as still held


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, before any network."""

    person: Person | None  #: of a session
    token: int | None  #: id of a token
    members: tuple[Member, ...]  #: by network; a token has one

    @property
    def roles(self) -> frozenset[str]:
        """All roles that it has anywhere."""
        return frozenset().union(*(member.roles for member in self.members))


def allow(view: V, access: Access) -> V:
    """Declare who may enter a route."""
    setattr(view, _MARK, access)
    return view


def find_access(view: Callable[..., Any]) -> Access | None:
    """Find who may enter a route; None if nobody said."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Access) else None


def guard_routes(app: Flask, runtime: Runtime) -> None:
    """Ask before every request whether whoever asks may enter."""

    @app.before_request
    def enter() -> None:
        if request.endpoint is None:
            return  # no such address or method: the framework says so
        access = find_access(current_app.view_functions[request.endpoint])
        if access is None:
            raise Forbidden("nobody may enter here")
        if is_page(request.endpoint) and request.method not in SAFE_METHODS:
            check_csrf()  # of strangers too: nobody logs a browser in from elsewhere
        if access.who is not Who.ANYBODY and not (access.who is Who.READER and is_public(runtime)):
            g.caller = admit_caller(runtime, access)


def is_public(runtime: Runtime) -> bool:
    """Tell whether the network in the address shows its log to anybody."""
    network = (request.view_args or {}).get("network", "")
    return network in runtime.settings.public_logs and network in runtime.networks()


def admit_caller(runtime: Runtime, access: Access) -> Caller:
    """Find out who asks and hold them to a route's declaration; raises NoLogin, Forbidden, NotFound or WrongOrigin."""
    caller = read_caller(runtime)
    if access.who in (Who.PERSON, Who.MEMBER_PERSON) and caller.person is None:
        raise Forbidden("this is for persons who have logged in, not for tokens")
    if caller.person is not None and not access.entrants and lacks_factor(runtime, caller.roles):
        raise NoSecondFactor("your keys want a second factor: set one up in your account")
    if access.in_network:
        network = (request.view_args or {}).get("network", "")
        member = next((one for one in caller.members if one.network == network), None)
        if member is None:
            raise NotFound("there is no such network here")
        if access.roles and not access.roles & member.roles:
            raise Forbidden(f"this is for {' or '.join(sorted(access.roles))}")
        g.member = member
    if caller.person is not None and request.method not in SAFE_METHODS and not is_page(request.endpoint):
        check_csrf()
    return caller


def check_csrf() -> None:
    """Hold a request with a session cookie to its CSRF token, in the header or, from a page, in the form; raises WrongOrigin."""
    sent = request.headers.get(CSRF_HEADER) or (request.form.get(CSRF_FIELD) if is_page(request.endpoint) else None)
    try:
        validate_csrf(sent or "")
    except ValidationError:
        raise WrongOrigin(f"send the session's csrf_token in the header {CSRF_HEADER}") from None


def read_caller(runtime: Runtime) -> Caller:
    """Find out who asks; raises NoLogin. A token that is sent counts even where a session is open."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        with runtime.reading() as connection:
            token = find_token(connection, text.strip(), runtime.clock.now()) if scheme.lower() == "bearer" else None
            reads = token is not None and may_read(connection, token.log_id, token.organisation)
        if token is None:
            raise NoLogin("the token is unknown, expired or revoked")
        if not (reads and _has_key(runtime, token)):
            raise NoLogin("the token has ended: its organisation has left the network, or its holder has no key there any more")
        member = _find_member(runtime, token.log_id, token.organisation, token.holder, frozenset(token.roles))
        return Caller(None, token.id, (member,) if member else ())
    if not current_user.is_authenticated:
        raise NoLogin("log in, or send a token")
    person: Person = current_user._get_current_object()  # noqa: SLF001 - Flask-Login's proxy hides the person
    return Caller(person, None, read_members(runtime, person))


def read_members(runtime: Runtime, person: Person) -> tuple[Member, ...]:
    """Read for whom a person reads, with the roles that its keys have now."""
    with runtime.reading() as connection:
        found = list_memberships(connection, person.id)
    members = [_find_member(runtime, one.log_id, one.organisation, one.holder, None) for one in found]
    return tuple(member for member in members if member)


def _find_member(runtime: Runtime, log_id: int, organisation: str, holder: str, wanted: frozenset[str] | None) -> Member | None:
    for network in runtime.networks():
        log = runtime.log(network)
        if log.log_id == log_id:
            authority = log.read_authority()
            held = find_roles(authority, organisation, holder, runtime)
            given = authority.allowed_roles(organisation)
            return Member(network, log_id, organisation, holder, held if wanted is None else wanted & given)
    return None


def _has_key(runtime: Runtime, token: Token) -> bool:
    """Tell whether a token's holder has a key that is not revoked: who can say nothing more for an organisation reads no more for it."""
    authority = next((one.read_authority() for one in map(runtime.log, runtime.networks()) if one.log_id == token.log_id), None)
    if authority is None:
        return True  # a network that is not served here opens nothing anyway
    own = (one for one in authority.keys.values() if one.organisation == token.organisation and one.holder == token.holder)
    return any(one.revoked_at is None for one in own)


def find_roles(authority: Authority, organisation: str, holder: str, runtime: Runtime) -> frozenset[str]:
    """Give the roles of a holder's valid keys, as far as the organisation still holds them."""
    now = runtime.clock.now()
    roles: frozenset[str] = frozenset()
    for record in authority.keys.values():
        if record.organisation == organisation and record.holder == holder and record.revoked_at is None:
            with suppress(ValueError):
                if record.not_after is None or now <= parse_instant(record.not_after):
                    roles |= record.roles
    return roles & authority.allowed_roles(organisation)


def get_caller() -> Caller:
    """Give who asks; only where the route wants a login."""
    caller: Caller = g.caller
    return caller


def get_member() -> Member:
    """Give who asks, as a member of the network in the address."""
    member: Member = g.member
    return member
