"""Logging in and out with a password, and who one is: JSON, a cookie, a CSRF token."""

from dataclasses import dataclass

from flask import request, session
from flask_security.utils import login_user, logout_user
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema

from webui import access
from webui.access import Caller, Member, get_caller, read_members
from webui.api.runtime_of import get_runtime
from webui.people.login import check_login
from webui.people.persons import MAX_PASSWORD, Person, end_sessions
from webui.routes import Routes
from webui.schemas.deriving import make_schema
from webui.schemas.fields import Line

routes = Routes("session", "Who one is: logging in, out, and what follows from it")


class LoginSchema(Schema):
    """A person's address and password."""

    email = Line(most=254, required=True)
    password = Line(most=MAX_PASSWORD, required=True)


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks, and what is open."""

    name: str | None  #: of a person; None for a token
    memberships: tuple[Member, ...]
    csrf_token: str | None  #: of a session, to be sent in the header X-CSRF-Token with whatever changes something


MeSchema = make_schema(Me, hide=("log_id",))


@routes.route("POST /session", access.ANYBODY, body=LoginSchema, answer=MeSchema)
def log_in(body: dict[str, str]) -> Me:
    """Log in with a password; the answer sets the session's cookie and gives its CSRF token."""
    runtime = get_runtime()
    person = check_login(runtime, body["email"], body["password"], request.remote_addr or "")
    session.clear()  # nothing of what an unknown visitor's cookie held lives on
    login_user(person, authn_via=["password"])
    session.permanent = True
    return describe_me(Caller(person, None, read_members(runtime, person)))


@routes.route("GET /session", access.CALLERS, answer=MeSchema)
def show_me() -> Me:
    """Show who asks, for which organisations of which networks, in which roles."""
    return describe_me(get_caller())


@routes.route("DELETE /session", access.PERSONS, status=204)
def log_out() -> None:
    """End the session, and every other one of the same person: a copied cookie is worth nothing from here on."""
    runtime, person = get_runtime(), get_caller().person
    if person is not None:
        with runtime.writing() as connection:
            end_sessions(connection, person.id)
    logout_user()
    session.clear()


def describe_me(caller: Caller) -> Me:
    """Describe who asks."""
    person: Person | None = caller.person
    return Me(person.name if person else None, caller.members, generate_csrf() if person else None)
