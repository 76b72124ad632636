"""Offering: a guided form from a standard contract's parameters, with the contract's text as it grows, for offers and counter-offers."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from contracts.agreements.rules import Agreement
from contracts.agreements.standing import Step
from contracts.errors import Conflict, Finding
from contracts.parties.rules import MemberState
from contracts.templates.catalogue import Template, find_template
from contracts.views import agreements, offers, parties, templates
from contracts.views.offers import Order
from contracts.views.sight import Sight
from ledger.canonical import JSON
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.drafting import try_for_member
from webui.pages.agreement_words import arrange_text, name_subject
from webui.pages.forms import Field, list_labels
from webui.pages.parameter_fields import (
    ROOT,
    ReadParameters,
    Terrain,
    list_oversized,
    list_sections,
    read_parameters,
    type_parameters,
)
from webui.pages.rendering import get_place, name_organisation, render
from webui.pages.routes import Pages
from webui.pages.signing import show_signing
from webui.pages.wording import word_finding

pages = Pages("offering")
MOST_MEMBERS = 1000  #: that may be chosen as parties


@dataclass(frozen=True, slots=True)
class Offering:
    """One offer in the making."""

    template: Template
    agreement: str  #: id
    title: str
    terrain: Terrain
    answered: Agreement | None = None  #: the standing offer that a counter-offer answers
    kept: Mapping[str, JSON] = field(default_factory=dict)  #: tables too long for a form, which go in unchanged

    @property
    def back(self) -> str:
        """Give the address for who gives up."""
        return get_place().path(f"/agreements/{self.agreement}" if self.answered else "/templates")


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of what was typed."""

    draft: dict[str, JSON]
    faults: dict[str, list[str]]  #: by field
    text: str | None  #: the contract as far as it goes


@pages.page("GET /n/<network:network>/agreements/new", MEMBER_PERSONS)
def begin_offer(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Begin an offer: choose a standard contract, or fill in the one that was chosen, like an earlier agreement if one is named."""
    ref, like = request.args.get("template", ""), request.args.get("like", "")
    with see() as sight:
        if not ref and not like:
            return render("agreements/choose.html", templates=templates.list_templates(sight))
        earlier = agreements.find_agreement(sight, like) if like else None
        offering = make_offering(sight, find_template(earlier.template if earlier else ref), f"a-{secrets.token_hex(6)}")
    return show_form(offering, MultiDict({"agreement": offering.agreement, **begin_values(offering, earlier)}))


@pages.page("POST /n/<network:network>/agreements/new", MEMBER_PERSONS)
def make_offer(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Take the form of an offer: show it anew with the contract's text, or show the offer for signing."""
    with see() as sight:
        offering = make_offering(sight, find_template(request.form.get("template", "")), request.form.get("agreement", ""))
    return answer_offer(offering)


@pages.page("GET /n/<network:network>/agreements/<name:agreement>/counter", MEMBER_PERSONS)
def begin_counter(network: str, agreement: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Begin a counter-offer with the values of the standing offer."""
    with see() as sight:
        offering = make_counter(sight, agreement)
    return show_form(offering, MultiDict(begin_values(offering, None)))


@pages.page("POST /n/<network:network>/agreements/<name:agreement>/counter", MEMBER_PERSONS)
def make_counter_offer(network: str, agreement: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Take the form of a counter-offer."""
    with see() as sight:
        offering = make_counter(sight, agreement)
    return answer_offer(offering)


def make_offering(sight: Sight, template: Template, agreement: str) -> Offering:
    """Make a new offer's form; an organisation that is not active is no party to choose."""
    found = parties.list_organisations(sight, after="", limit=MOST_MEMBERS)
    members = [(one.organisation, one.name or one.organisation) for one in found if one.state is MemberState.ACTIVE]
    terrain = Terrain(get_place().currency, sorted(members, key=lambda one: one[1].casefold()))
    return Offering(template, agreement, _("Offer a contract"), terrain)


def make_counter(sight: Sight, agreement: str) -> Offering:
    """Make a counter-offer's form; raises NotFound, or Conflict where the standing offer is not to be countered by the reader."""
    found = agreements.find_agreement(sight, agreement)
    if Step.COUNTER not in agreements.show_standing(sight, found).steps:
        raise Conflict(_("There is no offer here that you could answer with another one."))
    offering = make_offering(sight, find_template(found.template), agreement)
    title = _("Counter-offer to version %(version)s", version=found.version)
    return replace(offering, title=title, answered=found, kept=list_oversized(offering.template, found.parameters))


def begin_values(offering: Offering, earlier: Agreement | None) -> dict[str, str]:
    """Give what the form begins with: values of the offer that is answered, or of an earlier agreement, from whose end on the new one runs.

    Without either, who hands over and who takes is not guessed.
    """
    source = offering.answered or earlier
    if source is None:
        own = {f"{ROOT}.signatories.0.organisation": get_member().organisation}
        ones = {f"{ROOT}.signatories.{row}.{name}": "1" for row in (0, 1) for name in ("order", "joint")}
        return {f"{ROOT}.currency": offering.terrain.currency, **own, **ones}
    parameters = {name: value for name, value in source.parameters.items() if name not in offering.kept}
    if earlier is not None:
        parameters = {name: value for name, value in parameters.items() if name not in ("contract_no", "retroactive_reason")}
        today = get_runtime().clock.now().astimezone(get_place().zone).date()
        begin = max(earlier.end_day, today) if earlier.end_day else today  # nobody signs what binds from a day that is past
        days = {"effective_date": begin, "first_delivery_date": begin}
        parameters |= {name: day.isoformat() for name, day in days.items()}
    return type_parameters(offering.template, parameters)


def answer_offer(offering: Offering) -> Response:
    """Answer a form that was sent: with its faults, with the text, or with the page on which it is signed."""
    sent = request.form
    if "edit" in sent:
        return show_form(offering, MultiDict(sent))
    read = read_parameters(offering.template, sent)
    read.values.update(offering.kept)
    judged = judge_offer(offering, read)
    if "preview" in sent:
        return show_form(offering, MultiDict(sent), judged)
    if judged.faults:
        return show_form(offering, MultiDict(sent), replace(judged, text=None), status=422)
    typed = [(name, text) for name, text in sent.items(multi=True) if name not in ("csrf_token", "edit")]
    then = get_place().path(f"/agreements/{offering.agreement}")
    return show_signing(judged.draft, then=then, title=offering.title, typed=typed)


def judge_offer(offering: Offering, read: ReadParameters) -> Judged:
    """Judge what was typed by all rules at once."""
    findings = list(read.findings)
    reply_by = read_day(request.form.get("reply_by", ""), findings)
    message = request.form.get("message", "").replace("\r\n", "\n").strip() or None
    answers = offering.answered.offer_hash if offering.answered else None
    order = Order(offering.agreement, offering.template.ref, read.values, reply_by or date.max, message, answers)
    with see() as sight:
        drafted = offers.write_offer(sight, order)
        text = offers.preview_text(sight, offering.template.ref, read.values)
    tried = try_for_member(drafted.draft)
    unread = {finding.field for finding in findings}
    judged = [replace(finding, field=read.find_name(finding.field)) for finding in (*drafted.findings, *tried.findings)]
    findings += [finding for finding in judged if finding.field not in unread]
    return Judged(drafted.draft, sort_findings(findings), text)


def read_day(text: str, findings: list[Finding]) -> date | None:
    """Read the last day for signatures."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = _("There is no such day.") if text else _("Say until when the others may sign.")
        findings.append(Finding("reply_by", "malformed", message))
        return None


def sort_findings(findings: Sequence[Finding]) -> dict[str, list[str]]:
    """Sort findings by the form's fields; what belongs to none stands above the form."""
    faults: dict[str, list[str]] = {}
    for finding in findings:
        own = finding.field if finding.field.startswith(f"{ROOT}.") or finding.field in ("reply_by", "message") else ""
        words = word_finding(finding)
        if words not in faults.setdefault(own, []):
            faults[own].append(words)
    return faults


def show_form(offering: Offering, values: MultiDict[str, Any], judged: Judged | None = None, status: int = 200) -> Response:
    """Show the form with what was typed, its faults beside the fields, and the contract's text if it was asked for."""
    faults = judged.faults if judged else {}
    needed, further = list_sections(offering.template, values, offering.terrain, set(faults))
    ends = [
        Field("reply_by", _("Signatures until"), "day", _("The offer lapses after this day, in the network's time zone.")),
        Field("message", _("Message to the other parties"), "long", _("It is no part of the contract."), required=False),
    ]
    labels = list_labels([*ends, *(one for section in (*needed, *further) for one in section.fields)])
    return render(
        "agreements/offer.html",
        status=status,
        offering=offering,
        contract=offering.template,
        needed=needed,
        further=further,
        ends=ends,
        values=values,
        faults=faults,
        labels=labels,
        text=list(arrange_text(judged.text)) if judged and judged.text else [],
        previewed=judged is not None and status == 200,  # noqa: PLR2004 - answered as a page
        subject=name_subject(offering.answered) if offering.answered else "",
        partners=", ".join(map(name_organisation, offering.answered.organisations)) if offering.answered else "",
    )
