"""Joining, in one guided way: account, second factor, organisation, key, first signed statement."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Conflict, Finding, NotFound, Refusal
from webui.access import ANYBODY, ENTRANTS, get_caller
from webui.api.runtime_of import get_runtime
from webui.pages.entry_forms import find_address, list_findings, make_form, read_form, show_form
from webui.pages.forms import Field
from webui.pages.languages import find_locale
from webui.pages.problem_pages import redirect_to
from webui.pages.rendering import find_reader
from webui.pages.reset import CODE
from webui.pages.routes import Pages
from webui.pages.signing_words import word_role
from webui.people.enrolments import ENROLLED, WAITING, Request, find_standing, list_own_requests, request_enrolment
from webui.people.factors import read_factors
from webui.people.joining import (
    Acceptance,
    Joining,
    JoiningState,
    accept_as,
    accept_invitation,
    get_joining,
    list_joinings,
    must_secure,
    pass_factor,
    propose_organisation,
    settle_entries,
)
from webui.people.persons import Person
from webui.people.sessions import open_session
from webui.people.smtp import send_soon
from webui.problems import TooMany

pages = Pages("join")
ACCOUNT_FORM = make_form(
    _l("You were invited"),
    _l("Make my account"),
    [
        Field("code", _l("Invitation code"), help=_l("The link in the mail fills it in."), autocomplete="off"),
        Field("name", _l("Your name"), help=_l("As your partners are to read it."), autocomplete="name"),
        Field(
            "way",
            _l("How you will log in"),
            "choice",
            choices=(("password", _l("With a password")), ("passkey", _l("With a passkey of this device, made in the next step"))),
        ),
        Field(
            "password",
            _l("Password"),
            "password",
            required=False,
            help=_l("12 characters or more; a few words in a row are easy to keep. Left empty with a passkey."),
            autocomplete="new-password",
        ),
    ],
)
CODE_FORM = make_form(_l("Use an invitation"), _l("Use it"), [CODE])
ORGANISATION_FORM = make_form(
    _l("Your organisation"),
    _l("Propose it to the facilitator"),
    [
        Field("name", _l("Registered name"), autocomplete="organization"),
        Field("legal_id", _l("Number in the public register"), help=_l("With its country's prefix, such as DK12345678.")),
        Field("country", _l("Country"), help=_l("Two letters, such as DK."), autocomplete="country"),
        Field("site", _l("Main site"), help=_l('What you call it, such as "North works".')),
        Field("place", _l("Town"), autocomplete="address-level2"),
    ],
)


class Step(StrEnum):
    """The steps of the way, in their order."""

    ACCOUNT = "account"
    FACTOR = "factor"
    ORGANISATION = "organisation"
    KEY = "key"
    STATEMENT = "statement"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody has come, and what is next."""

    joining: Joining
    network: str  #: short name
    step: Step
    waits: bool  #: for somebody else
    requests: tuple[Request, ...]
    has_factor: bool
    wants_factor: bool


@pages.page("GET /join", ANYBODY)
def show_joining() -> Response:
    """Show strangers where an invitation is used, and those on the way their next step."""
    reader = find_reader()
    return show_form(ACCOUNT_FORM, "entry/accept.html", values={"way": "password"}) if reader is None else answer_progress(reader)


@pages.page("POST /join", ANYBODY)
def accept() -> Response:
    """Make an account from an invitation, or use it with the account that the reader has."""
    reader, runtime, values = find_reader(), get_runtime(), read_form()
    if reader is not None:
        try:
            accept_as(runtime, values.get("code", ""), reader, find_address())
        except (NotFound, Conflict) as refusal:
            return answer_progress(reader, [Finding("code", refusal.code, refusal.message)], values)
        return redirect_to("/join")
    password = None if values.get("way") == "passkey" else values.get("password", "")
    try:
        language = find_locale().language
        person = accept_invitation(runtime, values.get("code", ""), Acceptance(values.get("name", ""), password, language), find_address())
    except TooMany:
        raise
    except (NotFound, Conflict) as refusal:
        return show_form(ACCOUNT_FORM, "entry/accept.html", values=values, findings=[Finding("code", refusal.code, refusal.message)])
    except Refusal as refusal:
        return show_form(ACCOUNT_FORM, "entry/accept.html", values=values, findings=list_findings(refusal))
    open_session(person, 1)
    return redirect_to("/join")


@pages.page("POST /join/<network:network>/factor", ENTRANTS)
def go_on_from_factor(network: str) -> Response:
    """Go on from the second factor, set up or left out where it may be."""
    pass_factor(get_runtime(), find_person().id, find_joining(network).log_id)
    return redirect_to("/join")


@pages.page("POST /join/<network:network>/organisation", ENTRANTS)
def describe_organisation(network: str) -> Response:
    """Propose a new organisation to the facilitator."""
    joining, values = find_joining(network), read_form()
    try:
        propose_organisation(get_runtime(), joining.person, joining.log_id, values)
    except Refusal as refusal:
        return answer_progress(find_person(), list_findings(refusal), values)
    return redirect_to("/join")


@pages.page("POST /join/<network:network>/key", ENTRANTS)
def ask_for_key(network: str) -> Response:
    """Ask that a key made in the browser be enrolled; for those on the way and for members alike."""
    standing = find_standing(get_runtime(), find_person(), network)
    values = read_form()
    request_enrolment(
        get_runtime(),
        standing,
        key=values.get("key", ""),
        roles=request.form.getlist("roles"),
        possession=values.get("possession", ""),
    )
    return redirect_to("/join")


def answer_progress(reader: Person, findings: list[Finding] | None = None, values: dict[str, str] | None = None) -> Response:
    """Show the newest way that is not at its end, with the form of its next step."""
    runtime = get_runtime()
    if settle_entries(runtime):
        send_soon(runtime)
    progress = find_progress(reader)
    if progress is None or progress.step is Step.DONE:
        form = CODE_FORM
        return show_form(form, "entry/arrived.html", values=values, findings=findings or [], progress=progress)
    more: dict[str, Any] = {"progress": progress, "steps": word_steps(progress)}
    if progress.step in (Step.KEY, Step.STATEMENT):
        standing = find_standing(runtime, reader, progress.network)
        more |= {
            "owner": standing,
            "roles": [(role, word_role(role)) for role in standing.roles],
            "wished": [word_role(role) for role in standing.wished],
            "chosen": standing.wished,
            "action": f"/join/{progress.network}/key",
        }
    form = ORGANISATION_FORM if progress.step is Step.ORGANISATION else CODE_FORM
    known = {name: str(text) for name, text in progress.joining.details.items() if isinstance(text, str)}
    return show_form(form, "entry/progress.html", values=known | (values or {}), findings=findings or [], **more)


def find_progress(reader: Person) -> Progress | None:
    """Find how far the reader has come on the newest way that is not at its end; None if there never was one."""
    runtime = get_runtime()
    names = {runtime.log(name).log_id: name for name in runtime.networks()}
    with runtime.reading() as connection:
        coming = [one for one in list_joinings(connection, reader.id) if one.log_id in names]
        has_factor = read_factors(connection, reader.id).any
    found = [measure(reader, one, names[one.log_id], has_factor=has_factor) for one in coming]
    return next((one for one in found if one.step is not Step.DONE), found[0] if found else None)


def measure(reader: Person, joining: Joining, network: str, *, has_factor: bool) -> Progress:
    """Measure one way: what is read from the log counts, not what was clicked."""
    runtime = get_runtime()
    wants = must_secure(runtime, joining)
    if joining.state is JoiningState.SECURING:
        return Progress(joining, network, Step.FACTOR, waits=False, requests=(), has_factor=has_factor, wants_factor=wants)
    if joining.state in (JoiningState.DESCRIBING, JoiningState.DECLINED):
        return Progress(joining, network, Step.ORGANISATION, waits=False, requests=(), has_factor=has_factor, wants_factor=wants)
    try:
        requests = tuple(list_own_requests(runtime, find_standing(runtime, reader, network)))
    except NotFound:  # let in, and has left again since
        return Progress(joining, network, Step.DONE, waits=False, requests=(), has_factor=has_factor, wants_factor=wants)
    log = runtime.log(network)
    own = [key for key in log.read_authority().keys.values() if key.organisation == joining.organisation and key.holder == joining.holder]
    if any(log.read_last_seq(key.key) > 0 for key in own):
        step = Step.DONE
    elif own or any(one.state == ENROLLED for one in requests):
        step = Step.STATEMENT
    else:
        step = Step.KEY
    waits = step is Step.KEY and any(one.state == WAITING for one in requests)
    return Progress(joining, network, step, waits=waits, requests=requests, has_factor=has_factor, wants_factor=wants)


def word_steps(progress: Progress) -> list[tuple[str, str]]:
    """Give each step's words and how it stands: done, now, waits or later."""
    words = {
        Step.ACCOUNT: _("My account"),
        Step.FACTOR: _("Second factor"),
        Step.ORGANISATION: _("Organisation"),
        Step.KEY: _("Your own key"),
        Step.STATEMENT: _("First signed statement"),
    }
    order = list(Step)
    shown = []
    for step, label in words.items():
        state = "done" if order.index(step) < order.index(progress.step) else "now" if step is progress.step else "later"
        if step is Step.ORGANISATION and state == "done" and progress.joining.state is JoiningState.PROPOSED:
            state = "waits"
        if step is Step.KEY and state == "now" and progress.waits:
            state = "waits"
        shown.append((label, state))
    return shown


def find_person() -> Person:
    """Give who asks; these routes are for persons."""
    person = get_caller().person
    if person is None:
        raise NotFound(_("There is no such page."))
    return person


def find_joining(network: str) -> Joining:
    """Find the reader's way into a network; raises NotFound, as for a network that does not exist."""
    runtime = get_runtime()
    with runtime.reading() as connection:
        return get_joining(connection, find_person().id, runtime.log(network).log_id)
