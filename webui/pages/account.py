"""The account: password, second factor, recovery codes, passkeys, language, sessions. Its locks are changed after a young login only."""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any
from urllib.parse import quote

import segno
from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from contracts.errors import Finding, NotFound, Refusal
from webui.access import ENTRANTS, get_caller
from webui.api.runtime_of import get_runtime
from webui.pages.entry_forms import find_address, find_passkey_site, list_findings, make_form, read_form, show_form
from webui.pages.forms import Field
from webui.pages.home import YEAR
from webui.pages.languages import COOKIE, LANGUAGES
from webui.pages.login import answer_json, get_passkey_site, read_credential
from webui.pages.problem_pages import clean_next, redirect_to
from webui.pages.rendering import render
from webui.pages.reset import NEW_PASSWORD
from webui.pages.routes import Pages
from webui.people.factor_resets import cancel_reset, find_waiting_reset
from webui.people.factors import begin_totp, confirm_totp, read_factors, remove_totp, renew_recovery_codes
from webui.people.joining import pass_ready
from webui.people.letters import write_factor_changed
from webui.people.mail import queue_mail
from webui.people.passkeys import begin_registration, finish_registration, list_passkeys, remove_passkey
from webui.people.password_resets import change_password
from webui.people.persons import Person, end_sessions, find_person, set_language
from webui.people.sessions import count_factors, is_fresh, open_session, raise_factors
from webui.people.smtp import send_soon
from webui.people.totp import write_address, write_secret
from webui.problems import NoLogin

pages = Pages("account")
PASSWORD_FORM = make_form(_l("Change my password"), _l("Change it and end all other sessions"), [NEW_PASSWORD])
TOTP_FORM = make_form(
    _l("Second factor"),
    _l("Confirm"),
    [Field("code", _l("Code that the authenticator shows"), autocomplete="one-time-code"), Field("next", kind="hidden", required=False)],
)
Handler = Callable[..., Response]


def want_fresh(handler: Handler) -> Handler:
    """Ask for a new login before an account's own locks are changed, unless the last one is young."""

    @wraps(handler)
    def ask(**parts: Any) -> Response:  # noqa: ANN401 - the address's parts
        if is_fresh(get_runtime()):
            return handler(**parts)
        back = request.full_path.rstrip("?") if request.method == "GET" else "/account"
        return redirect_to(f"/login?next={quote(back)}")

    return ask


@pages.page("GET /account", ENTRANTS)
def show_account() -> Response:
    """Show the account."""
    return answer_account()


@pages.page("POST /account/password", ENTRANTS)
@want_fresh
def set_new_password() -> Response:
    """Change the password; other sessions end, this one goes on."""
    person, values = find_reader_person(), read_form()
    try:
        change_password(get_runtime(), person, values.get("password", ""))
    except Refusal as refusal:
        return answer_account(list_findings(refusal))
    reopen(person)
    return redirect_to("/account")


@pages.page("POST /account/language", ENTRANTS)
def set_own_language() -> Response:
    """Keep the language of pages and mails."""
    chosen = read_form().get("language", "")
    response = redirect_to("/account")
    if chosen in LANGUAGES:
        with get_runtime().writing() as connection:
            set_language(connection, find_reader_person().id, chosen)
        secure = get_runtime().settings.secure_cookies
        response.set_cookie(COOKIE, chosen, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
    return response


@pages.page("POST /account/sessions", ENTRANTS)
def end_other_sessions() -> Response:
    """End all sessions but this one."""
    person = find_reader_person()
    with get_runtime().writing() as connection:
        end_sessions(connection, person.id)
    reopen(person)
    return redirect_to("/account")


@pages.page("GET /account/factor", ENTRANTS)
@want_fresh
def show_own_factor() -> Response:
    """Show how a second factor is set up: an authenticator, or a passkey."""
    return answer_factor({"next": clean_next(request.args.get("next"), "/account")})


@pages.page("POST /account/factor", ENTRANTS)
@want_fresh
def confirm_factor() -> Response:
    """Confirm the authenticator; shows the recovery codes, this once."""
    person, values = find_reader_person(), read_form()
    try:
        codes = confirm_totp(get_runtime(), person, values.get("code", "")[:40], find_address())
    except Refusal as refusal:
        return answer_factor(values, list_findings(refusal))
    return finish_factor(person, codes, clean_next(values.get("next"), "/account"))


@pages.page("POST /account/factor/remove", ENTRANTS)
@want_fresh
def remove_factor() -> Response:
    """Take the authenticator away."""
    person = find_reader_person()
    with get_runtime().writing() as connection:
        remove_totp(connection, person.id)
        queue_mail(connection, get_runtime().settings, write_factor_changed(person), get_runtime().clock.now())
    send_soon(get_runtime())
    return redirect_to("/account")


@pages.page("POST /account/recovery-codes", ENTRANTS)
@want_fresh
def renew_codes() -> Response:
    """Make new recovery codes; shows them, this once."""
    person = find_reader_person()
    with get_runtime().writing() as connection:
        if not read_factors(connection, person.id).any:
            raise NotFound(_("Recovery codes stand in for a second factor: set one up first."))
        codes = renew_recovery_codes(connection, person.id)
    return render("entry/codes.html", codes=codes, target="/account")


@pages.page("GET /account/passkeys", ENTRANTS)
def begin_own_passkey() -> Response:
    """Give the browser what it needs to make a passkey."""
    return answer_json(begin_registration(get_runtime(), get_passkey_site(), find_reader_person()))


@pages.page("POST /account/passkeys", ENTRANTS)
@want_fresh
def add_passkey() -> Response:
    """Keep a passkey that the browser made; shows recovery codes if there were none."""
    person, values = find_reader_person(), read_form()
    target = clean_next(values.get("next"), "/account")
    try:
        codes = finish_registration(get_runtime(), get_passkey_site(), person, read_credential(values), values.get("name", ""))
    except NoLogin:
        return answer_factor(values, [Finding("", "bad-credential", _("The browser's answer does not hold: try again."))])
    except Refusal as refusal:
        return answer_factor(values, [Finding("", refusal.code, finding.message) for finding in list_findings(refusal)])
    return finish_factor(person, codes, target)


@pages.page("POST /account/passkeys/<index:passkey>/remove", ENTRANTS)
@want_fresh
def drop_passkey(passkey: int) -> Response:
    """Remove a passkey."""
    person = find_reader_person()
    with get_runtime().writing() as connection:
        remove_passkey(connection, person.id, passkey)
        queue_mail(connection, get_runtime().settings, write_factor_changed(person), get_runtime().clock.now())
    send_soon(get_runtime())
    return redirect_to("/account")


@pages.page("POST /account/keep-factor", ENTRANTS)
def keep_own_factor() -> Response:
    """Object to the removal of one's second factor."""
    with get_runtime().writing() as connection:
        cancel_reset(connection, find_reader_person().id, get_runtime().now_text())
    return redirect_to("/account")


def finish_factor(person: Person, codes: list[str], target: str) -> Response:
    """Go on after a second factor was set up: the session shows it by now, and who waited for it in joining goes on."""
    raise_factors()
    pass_ready(get_runtime(), person.id)
    send_soon(get_runtime())
    return render("entry/codes.html", codes=codes, target=target) if codes else redirect_to(target)


def answer_account(findings: list[Finding] | None = None) -> Response:
    """Show the account with what is wrong."""
    runtime, person = get_runtime(), find_reader_person()
    with runtime.reading() as connection:
        more: dict[str, Any] = {
            "person": person,
            "factors": read_factors(connection, person.id),
            "keys": list_passkeys(connection, person.id),
            "removal": find_waiting_reset(connection, person.id),
            "memberships": get_caller().members,
            "fresh": is_fresh(runtime),
        }
    return show_form(PASSWORD_FORM, "entry/account.html", findings=findings or [], **more)


def answer_factor(values: dict[str, str], findings: list[Finding] | None = None) -> Response:
    """Show the ways to a second factor; the authenticator's secret as a picture and as text."""
    runtime, person = get_runtime(), find_reader_person()
    with runtime.writing() as connection:
        factors = read_factors(connection, person.id)
        secret = None if factors.totp else begin_totp(connection, runtime.settings, person.id, runtime.clock.now())
    target = clean_next(values.get("next"), "/account")
    more: dict[str, Any] = {
        "factors": factors,
        "target": target,
        "passkeys": find_passkey_site() is not None,
        "secret": write_secret(secret) if secret else "",
        "picture": draw_code(write_address(secret, "Symbiosis Ledger", person.email)) if secret else "",
    }
    return show_form(TOTP_FORM, "entry/own_factor.html", values={"next": target}, findings=findings or [], **more)


def draw_code(text: str) -> Markup:
    """Draw a QR code as SVG, dark on light in every theme, without styles."""
    file = BytesIO()
    segno.make(text, error="m", micro=False).save(
        file, kind="svg", xmldecl=False, nl=False, omitsize=True, light="#fff", dark="#000", svgclass="qr", lineclass=None,
        title=_("QR code for your authenticator"),
    )  # fmt: skip
    return Markup(file.getvalue().decode())  # noqa: S704 - segno's own drawing; the text is in its modules


def reopen(person: Person) -> None:
    """Open this browser's session anew after all were ended."""
    factors = count_factors()
    with get_runtime().reading() as connection:
        found = find_person(connection, person.id)
    if found is not None:
        open_session(found, factors)
    send_soon(get_runtime())


def find_reader_person() -> Person:
    """Give who asks; these routes are for persons."""
    person = get_caller().person
    if person is None:
        raise NotFound(_("There is no such page."))
    return person
