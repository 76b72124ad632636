"""Admissions: what newcomers ask for and somebody must sign: an organisation to be admitted, a key to be enrolled."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.drafts import write_draft
from contracts.errors import Finding, Refusal
from contracts.facts import type_of
from ledger.canonical import JSON
from webui.access import FACILITATOR_PERSONS, MEMBER_PERSONS, get_caller, get_member
from webui.api.runtime_of import get_runtime
from webui.pages.entry_forms import list_findings, make_form, read_form, show_form
from webui.pages.forms import Field
from webui.pages.languages import write_money
from webui.pages.people import KIND_WORDS
from webui.pages.problem_pages import HOME, redirect_to
from webui.pages.rendering import get_place, name_organisation
from webui.pages.routes import Pages
from webui.pages.signing import list_signing_keys, read_authority, show_signing
from webui.pages.signing_words import word_role
from webui.people.enrolments import Request, decline_request, draft_enrolment, find_request, find_standing, list_limits, request_enrolment
from webui.people.joining import (
    Joining,
    decline_organisation,
    draft_admission,
    find_proposal,
    list_missing_roles,
    settle_entries,
)
from webui.people.smtp import send_soon

pages = Pages("admissions")
DECLINE_FORM = make_form(_l("Decline"), _l("Decline"), [Field("reason", _l("Why; the person reads it"))])


@pages.page("GET /n/<network:network>/proposals/<organisation:organisation>", FACILITATOR_PERSONS)
def show_proposal(network: str, organisation: str) -> Response:  # noqa: ARG001 - the member has it
    """Show an organisation that asks to be admitted."""
    return answer_proposal(read_proposal(organisation))


@pages.page("POST /n/<network:network>/proposals/<organisation:organisation>", FACILITATOR_PERSONS)
def admit(network: str, organisation: str) -> Response:  # noqa: ARG001 - the member has it
    """Show the admission for signing; the roles that the network gives follow as the next task."""
    admission = draft_admission(read_proposal(organisation))
    after = get_place().path(f"/admitted/{organisation}")
    return show_signing(write_draft(admission, type_of(admission)), then=after, title=_("Admit an organisation"))


@pages.page("GET /n/<network:network>/admitted/<organisation:organisation>", FACILITATOR_PERSONS)
def follow_up(network: str, organisation: str) -> Response:  # noqa: ARG001 - the member has it
    """Go on after an admission: roles that it was proposed with and does not hold yet are signed next, in one look."""
    runtime = get_runtime()
    if settle_entries(runtime):
        send_soon(runtime)
    missing = list_missing_roles(runtime, get_member()).get(organisation)
    if not missing:
        return redirect_to(HOME)
    return show_signing([write_draft(fact, type_of(fact)) for fact in missing], then=HOME, title=_("Grant its roles"))


@pages.page("POST /n/<network:network>/proposals/<organisation:organisation>/decline", FACILITATOR_PERSONS)
def decline_proposal(network: str, organisation: str) -> Response:  # noqa: ARG001 - the member has it
    """Decline an organisation as it is described."""
    values = read_form()
    try:
        decline_organisation(get_runtime(), get_member(), organisation, values.get("reason", ""))
    except Refusal as refusal:
        return answer_proposal(read_proposal(organisation), values, list_findings(refusal))
    return redirect_to(HOME)


@pages.page("GET /n/<network:network>/requests/<index:number>", MEMBER_PERSONS)
def show_request(network: str, number: int) -> Response:
    """Show a key that waits for the reader's signature."""
    return answer_request(network, number)


@pages.page("POST /n/<network:network>/requests/<index:number>", MEMBER_PERSONS)
def enrol(network: str, number: int) -> Response:
    """Show the enrolment for signing."""
    member = get_member()
    found = find_request(get_runtime(), network, member.organisation, member.roles, number)
    fact = draft_enrolment(found, read_limits(found))
    return show_signing(write_draft(fact, type_of(fact)), then=HOME, title=_("Enrol a key"))


@pages.page("POST /n/<network:network>/requests/<index:number>/decline", MEMBER_PERSONS)
def decline_key(network: str, number: int) -> Response:
    """Decline to enrol a key."""
    member, values = get_member(), read_form()
    try:
        decline_request(get_runtime(), network, member.organisation, member.roles, number, values.get("reason", ""))
    except Refusal as refusal:
        return answer_request(network, number, values, list_findings(refusal))
    return redirect_to(HOME)


@pages.page("POST /n/<network:network>/keys/ask", MEMBER_PERSONS)
def ask_for_enrolment(network: str) -> Response:
    """Ask that a key of the reader's be enrolled."""
    person, values = get_caller().person, read_form()
    if person is not None:
        standing = find_standing(get_runtime(), person, network)
        roles = request.form.getlist("roles")
        request_enrolment(get_runtime(), standing, key=values.get("key", ""), roles=roles, possession=values.get("possession", ""))
    return redirect_to(get_place().path("/keys"))


def answer_proposal(joining: Joining, values: dict[str, str] | None = None, findings: list[Finding] | None = None) -> Response:
    """Show a proposal with the form to decline it."""
    details = joining.details
    pairs = [
        (_("Registered name"), details["name"]),
        (_("Number in the public register"), details["legal_id"]),
        (_("Country"), details["country"]),
        (_("What it is"), KIND_WORDS.get(details["kind"], details["kind"])),
        (_("Main site"), f"{details['site']}, {details['place']}"),
        (_("Roles that the network gives it"), "; ".join(map(word_role, details.get("roles", []))) or _("none")),
        (_("Its id on the log"), joining.organisation),
    ]
    path = get_place().path(f"/proposals/{joining.organisation}")
    more: dict[str, Any] = {"title": _("Admit an organisation"), "pairs": pairs, "path": path, "sign": _("Check and go on to sign")}
    lead = _("Hold these details against the public register. By your signature the organisation becomes a member of the network.")
    return show_form(DECLINE_FORM, "people/admission.html", values=values, findings=findings or [], lead=lead, **more)


def answer_request(network: str, number: int, values: dict[str, str] | None = None, findings: list[Finding] | None = None) -> Response:
    """Show a request with the form to decline it."""
    member = get_member()
    found = find_request(get_runtime(), network, member.organisation, member.roles, number)
    pairs = [
        (_("Person"), found.name),
        (_("E-mail address"), found.email),
        (_("Organisation"), name_organisation(found.organisation)),
        (_("What it is for"), "; ".join(map(word_role, found.roles))),
        (_("Key"), found.key),
        (_("Holder, a pseudonym"), found.holder),
        *((_("Limit, as your own key has it"), words) for words in word_limits(read_limits(found))),
    ]
    lead = _(
        "Make sure with the person that this is their key: compare its last eight characters by telephone. "
        "From then on it signs for the organisation."
    )
    path = get_place().path(f"/requests/{number}")
    more: dict[str, Any] = {"title": _("Enrol a key"), "pairs": pairs, "path": path, "sign": _("Check and go on to sign")}
    return show_form(DECLINE_FORM, "people/admission.html", values=values, findings=findings or [], lead=lead, **more)


def read_limits(found: Request) -> dict[str, JSON]:
    """Read the limits that the new key gets: those of the keys with which the reader may sign for it."""
    return list_limits(read_authority(), found, list_signing_keys(["key.enrolled"]))


def word_limits(limits: Mapping[str, JSON]) -> list[str]:
    """Write limits, one role's and name's each; an amount is money, what else there may be is a number."""
    bounds = [(role, name, bound) for role, of_role in limits.items() if isinstance(of_role, dict) for name, bound in of_role.items()]
    currency = get_place().currency
    return [
        f"{word_role(role)} – {write_money(bound, currency) if name == 'amount' else f'{name} {bound}'}" for role, name, bound in bounds
    ]


def read_proposal(organisation: str) -> Joining:
    """Read an organisation that waits; raises NotFound."""
    with get_runtime().reading() as connection:
        return find_proposal(connection, get_member(), organisation)
