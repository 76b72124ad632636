"""A new password by mail, and the objection against the removal of a second factor: for people who cannot log in."""

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Finding, NotFound, Refusal
from webui.access import ANYBODY
from webui.api.runtime_of import get_runtime
from webui.pages.entry_forms import find_address, list_findings, make_form, read_form, show_form
from webui.pages.forms import Field
from webui.pages.rendering import render
from webui.pages.routes import Pages
from webui.people.factor_resets import cancel_by_code
from webui.people.password_resets import request_password_reset, reset_password
from webui.people.smtp import send_soon
from webui.problems import TooMany

pages = Pages("reset")
CODE = Field("code", _l("Code from the mail"), help=_l("The link in the mail fills it in."), autocomplete="off")
NEW_PASSWORD = Field(
    "password",
    _l("New password"),
    "password",
    help=_l("12 characters or more; a few words in a row are easy to keep."),
    autocomplete="new-password",
)
RESET_FORM = make_form(_l("Set a new password"), _l("Set it"), [CODE, NEW_PASSWORD])
KEEP_FORM = make_form(_l("Keep my second factor"), _l("Keep it"), [CODE])


@pages.page("GET /reset", ANYBODY)
def show_reset() -> Response:
    """Show where a new password is asked for, and where it is set."""
    return answer_reset({})


@pages.page("POST /reset", ANYBODY)
def set_password() -> Response:
    """Set a new password by a code."""
    values = read_form()
    try:
        reset_password(get_runtime(), values.get("code", ""), values.get("password", ""), find_address())
    except TooMany:
        raise
    except NotFound:
        words = _("This code is unknown, used or has expired: ask for a new one.")
        return answer_reset(values, [Finding("code", "unknown-code", words)])
    except Refusal as refusal:
        return answer_reset(values, list_findings(refusal))
    send_soon(get_runtime())
    return show_done(
        _("Your password was changed"), _("All your sessions were ended. Log in with the new password."), "/login", _("Log in")
    )


@pages.page("POST /reset/mail", ANYBODY)
def ask_for_reset() -> Response:
    """Send a code to an address; the answer is the same whoever's it is."""
    runtime = get_runtime()
    request_password_reset(runtime, read_form().get("email", "")[:300], find_address())
    send_soon(runtime)
    sent = _("If somebody here has this address, a mail with a code is on its way. It holds for an hour.")
    unsent = _("No mail server is set here, so no mail can be sent. Ask the operator of this service.")
    return show_done(_("Look into your mail"), sent if runtime.settings.mail_server else unsent, "/reset", _("I have the code"))


@pages.page("GET /keep-factor", ANYBODY)
def show_keeping() -> Response:
    """Show where one objects to the removal of the second factor."""
    return show_form(KEEP_FORM, "entry/code.html", back="/")


@pages.page("POST /keep-factor", ANYBODY)
def keep_factor() -> Response:
    """Object to the removal of the second factor."""
    values = read_form()
    try:
        cancel_by_code(get_runtime(), values.get("code", ""), find_address())
    except TooMany:
        raise
    except Refusal as refusal:
        return show_form(KEEP_FORM, "entry/code.html", values=values, findings=[Finding("code", refusal.code, refusal.message)], back="/")
    words = _("It was not removed. If you did not ask for the removal, tell your organisation: somebody pretended to be you.")
    return show_done(_("Your second factor stays"), words, "/login", _("Log in"))


def answer_reset(values: dict[str, str], findings: list[Finding] | None = None) -> Response:
    """Show both steps of a new password."""
    return show_form(RESET_FORM, "entry/reset.html", values=values, findings=findings or [])


def show_done(title: str, words: str, path: str, label: str) -> Response:
    """Show that something was done, and the way on."""
    return render("entry/done.html", title=title, words=words, path=path, label=label)
