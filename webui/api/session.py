"""Logging in and out with a password, and who one is: JSON, a cookie, a CSRF token."""

from dataclasses import dataclass

from flask import request
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema

from webui import access
from webui.access import Caller, Member, get_caller, read_members
from webui.api.runtime_of import get_runtime
from webui.people.factors import check_second_factor, read_factors
from webui.people.login import check_login
from webui.people.persons import MAX_PASSWORD, Person
from webui.people.policy import wants_second_factor
from webui.people.sessions import close_sessions, open_session
from webui.problems import NoSecondFactor
from webui.routes import Routes
from webui.runtime import Runtime
from webui.schemas.deriving import make_schema
from webui.schemas.fields import Line

routes = Routes("session", "Who one is: logging in, out, and what follows from it")


class LoginSchema(Schema):
    """A person's address and password, and the second factor of who has one."""

    email = Line(most=254, required=True)
    password = Line(most=MAX_PASSWORD, required=True)
    code = Line(most=40, about="what the authenticator shows, or a recovery code; wanted where the answer is the problem second-factor")


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks, and what is open."""

    name: str | None  #: of a person; None for a token
    memberships: tuple[Member, ...]
    csrf_token: str | None  #: of a session, to be sent in the header X-CSRF-Token with whatever changes something


MeSchema = make_schema(Me, hide=("log_id",))


@routes.route("POST /session", access.ANYBODY, body=LoginSchema, answer=MeSchema)
def log_in(body: dict[str, str]) -> Me:
    """Log in with a password and, where the person has or must have one, a second factor.

    The answer sets the session's cookie and gives its CSRF token.
    """
    runtime, address = get_runtime(), request.remote_addr or ""
    person = check_login(runtime, body["email"], body["password"], address)
    caller = Caller(person, None, read_members(runtime, person))
    open_session(person, check_factor(runtime, caller, body.get("code"), address))
    return describe_me(caller)


@routes.route("GET /session", access.CALLERS, answer=MeSchema)
def show_me() -> Me:
    """Show who asks, for which organisations of which networks, in which roles."""
    return describe_me(get_caller())


@routes.route("DELETE /session", access.ENTRANTS, status=204)
def log_out() -> None:
    """End the session, and every other one of the same person: a copied cookie is worth nothing from here on."""
    close_sessions(get_runtime(), get_caller().person)


def check_factor(runtime: Runtime, caller: Caller, code: str | None, address: str) -> int:
    """Check the second factor of a person whose password was right; gives how many factors were shown. Raises NoSecondFactor or TooMany."""
    person: Person | None = caller.person
    if person is None:
        return 1
    with runtime.reading() as connection:
        has_one = read_factors(connection, person.id).any
    if has_one and code is None:
        raise NoSecondFactor("send the code of your second factor too, as `code`")
    if has_one and code is not None:
        check_second_factor(runtime, person, code, address)
        return 2
    if wants_second_factor(runtime.settings.second_factor, caller.roles):
        raise NoSecondFactor("your keys want a second factor: log in on the site and set one up")
    return 1


def describe_me(caller: Caller) -> Me:
    """Describe who asks."""
    person: Person | None = caller.person
    return Me(person.name if person else None, caller.members, generate_csrf() if person else None)
