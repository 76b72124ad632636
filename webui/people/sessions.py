"""Sessions of persons: opened anew at each login, with how many factors were shown; before the second one a cookie grants nothing."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import g, session
from flask_security.utils import login_user, logout_user

from contracts.clock import parse_instant
from contracts.errors import Refusal
from webui.api.runtime_of import get_runtime
from webui.people.persons import Person, PersonStore, end_sessions
from webui.people.policy import wants_second_factor
from webui.runtime import Runtime

WAIT = timedelta(minutes=10)  #: between the password and the second factor
FRESH = timedelta(minutes=30)  #: after a login in which the account's own locks may be changed
_AWAITING, _FACTORS, _SINCE = "awaiting", "factors", "since"


def open_session(person: Person, factors: int) -> None:
    """Open a session for a person who showed a number of factors; nothing of what the browser's cookie held before lives on."""
    clear_session()
    login_user(person, authn_via=["password"] if factors == 1 else ["password", "authenticator"])
    session.permanent = True
    session[_FACTORS] = factors
    session[_SINCE] = get_runtime().now_text()


def close_sessions(runtime: Runtime, person: Person | None) -> None:
    """Close the open session and end every other one of its person, wherever it is."""
    if person is not None:
        with runtime.writing() as connection:
            end_sessions(connection, person.id)
    logout_user()
    clear_session()


def clear_session() -> None:
    """Forget all that the cookie held, the CSRF token too."""
    session.clear()
    g.pop("csrf_token", None)  # Flask-WTF would go on with the old one


def await_factor(runtime: Runtime, person: Person) -> None:
    """Remember that a person's password was right and the second factor is still to come. This opens nothing."""
    clear_session()
    session[_AWAITING] = {"person": person.fs_uniquifier, "since": runtime.now_text()}


def find_awaited(runtime: Runtime) -> Person | None:
    """Find the person whose second factor is awaited; None if nobody's is, or it took too long, or the sessions were ended since."""
    awaiting: Any = session.get(_AWAITING)
    try:
        who, since = str(awaiting["person"]), parse_instant(awaiting["since"])
    except (TypeError, KeyError, Refusal):
        return None
    if runtime.clock.now() - since > WAIT:
        return None
    person = PersonStore(runtime.reading, runtime.writing).find_user(fs_uniquifier=who)
    return person if person is not None and person.active else None


def is_fresh(runtime: Runtime) -> bool:
    """Tell whether the login is young enough to change the account's own locks: a cookie left in a browser is not."""
    try:
        return runtime.clock.now() - parse_instant(str(session.get(_SINCE))) <= FRESH
    except Refusal:
        return False


def raise_factors() -> None:
    """Note that the open session's person has shown a second factor by now."""
    session[_FACTORS] = 2


def count_factors() -> int:
    """Count the factors that the open session's person showed."""
    return 2 if session.get(_FACTORS) == 2 else 1  # noqa: PLR2004 - two factors


def lacks_factor(runtime: Runtime, roles: Iterable[str]) -> bool:
    """Tell whether the open session shows less than its person's roles want."""
    return count_factors() < 2 and wants_second_factor(runtime.settings.second_factor, roles)  # noqa: PLR2004 - two factors
