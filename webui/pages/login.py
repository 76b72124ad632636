"""Logging in: password, then the second factor; or a passkey, which is both. And logging out."""

from typing import Any

from flask import Response, request
from flask import json as flask_json
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Finding, NotFound
from webui.access import ANYBODY, ENTRANTS, get_caller
from webui.api.runtime_of import get_runtime
from webui.pages.entry_forms import find_address, find_passkey_site, make_form, read_form, show_form
from webui.pages.forms import Field
from webui.pages.problem_pages import HOME, clean_next, redirect_to
from webui.pages.routes import Pages
from webui.people.factors import check_second_factor, read_factors
from webui.people.joining import JoiningState, list_joinings
from webui.people.login import check_login
from webui.people.passkeys import Site, begin_passkey_login, finish_passkey_login
from webui.people.persons import Person
from webui.people.sessions import await_factor, close_sessions, find_awaited, open_session
from webui.problems import NoLogin, NoSecondFactor
from webui.reading_text import is_text

pages = Pages("login")
PASSWORD_FORM = make_form(
    _l("Log in"),
    _l("Log in"),
    [
        Field("email", _l("E-mail address"), "email", autocomplete="username webauthn"),
        Field("password", _l("Password"), "password", autocomplete="current-password"),
        Field("next", kind="hidden", required=False),
    ],
)
FACTOR_FORM = make_form(
    _l("Your second factor"),
    _l("Go on"),
    [
        Field(
            "code", _l("Code"), help=_l("What your authenticator shows now, or one of your recovery codes."), autocomplete="one-time-code"
        ),
        Field("next", kind="hidden", required=False),
    ],
)


@pages.page("GET /login", ANYBODY)
def show_login() -> Response:
    """Show the login."""
    return answer_login({"next": clean_next(request.args.get("next"))})


@pages.page("POST /login", ANYBODY)
def log_in() -> Response:
    """Check the password; who has a second factor goes on to it, and is nobody until then."""
    runtime, values = get_runtime(), read_form()
    try:
        person = check_login(runtime, values.get("email", ""), values.get("password", ""), find_address())
    except NoLogin:
        return answer_login(values, [Finding("", "no-login", _("No login with this address and password."))])
    with runtime.reading() as connection:
        has_factor = read_factors(connection, person.id).any
    target = clean_next(values.get("next"))
    if has_factor:
        await_factor(runtime, person)
        return answer_factor(person, {"next": target})
    return enter(person, 1, target)


@pages.page("GET /login/factor", ANYBODY)
def show_factor() -> Response:
    """Show where the second factor is typed, to whom it is awaited from."""
    person = find_awaited(get_runtime())
    return redirect_to("/login") if person is None else answer_factor(person, {"next": clean_next(request.args.get("next"))})


@pages.page("POST /login/factor", ANYBODY)
def check_factor() -> Response:
    """Check the second factor, and open the session."""
    runtime, values = get_runtime(), read_form()
    person = find_awaited(runtime)
    if person is None:
        return answer_login(values, [Finding("", "too-late", _("That took too long. Type your password once more."))])
    try:
        check_second_factor(runtime, person, values.get("code", "")[:100], find_address())
    except NoSecondFactor:
        words = _("This is not a code that holds now. Each code counts once, and your device's clock must be right.")
        return answer_factor(person, values, [Finding("code", "wrong-code", words)])
    return enter(person, 2, clean_next(values.get("next")))


@pages.page("GET /login/passkey", ANYBODY)
def begin_passkey() -> Response:
    """Give the browser what it needs to find a passkey."""
    return answer_json(begin_passkey_login(get_runtime(), get_passkey_site()))


@pages.page("POST /login/passkey", ANYBODY)
def log_in_with_passkey() -> Response:
    """Open a session by a passkey."""
    runtime, site, values = get_runtime(), get_passkey_site(), read_form()
    try:
        person = finish_passkey_login(runtime, site, read_credential(values), find_address())
    except NoLogin:
        return answer_login(values, [Finding("", "no-login", _("This passkey opens nothing here. Use another one, or your password."))])
    return enter(person, 2, clean_next(values.get("next")))


@pages.page("POST /logout", ENTRANTS)
def log_out() -> Response:
    """End the session, and every other one of the same person: a copied cookie is worth nothing from here on."""
    close_sessions(get_runtime(), get_caller().person)
    return redirect_to("/")


def enter(person: Person, factors: int, target: str) -> Response:
    """Open the session and go on: who is still on the way into a network goes on with that."""
    runtime = get_runtime()
    open_session(person, factors)
    with runtime.reading() as connection:
        coming = any(one.state is not JoiningState.MEMBER for one in list_joinings(connection, person.id))
    return redirect_to("/join" if coming and target == HOME else target)


def answer_login(values: dict[str, str], findings: list[Finding] | None = None) -> Response:
    """Show the login with what was typed."""
    target = clean_next(values.get("next"))
    shown = {"email": values.get("email", ""), "next": target}
    more: dict[str, Any] = {"target": target, "passkeys": find_passkey_site() is not None}
    return show_form(PASSWORD_FORM, "entry/login.html", values=shown, findings=findings or [], **more)


def answer_factor(person: Person, values: dict[str, str], findings: list[Finding] | None = None) -> Response:
    """Show the second step, with the ways that this person has."""
    with get_runtime().reading() as connection:
        factors = read_factors(connection, person.id)
    shown, target = {"next": clean_next(values.get("next"))}, clean_next(values.get("next"))
    more: dict[str, Any] = {"factors": factors, "target": target, "passkeys": find_passkey_site() is not None and factors.passkeys}
    return show_form(FACTOR_FORM, "entry/factor.html", values=shown, findings=findings or [], address="/login/factor", **more)


def get_passkey_site() -> Site:
    """Give the site that passkeys belong to; raises NotFound where there can be none."""
    site = find_passkey_site()
    if site is None:
        raise NotFound(_("Passkeys need the site's public address."))
    return site


def answer_json(value: dict[str, Any]) -> Response:
    """Answer a script."""
    return Response(flask_json.dumps(value), content_type="application/json")


def read_credential(values: dict[str, str]) -> dict[str, Any]:
    """Read what the browser says of a passkey; raises NoLogin for what is no JSON object, or holds what is no text."""
    try:
        found = flask_json.loads(values.get("credential", "")[:20_000])
    except (ValueError, RecursionError):
        raise NoLogin("no credential") from None
    if not isinstance(found, dict) or not is_text(str(found.get("id"))):
        raise NoLogin("no credential")
    return found
