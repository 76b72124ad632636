"""Rulebooks: the first adopted by the facilitator, a changed one proposed to the board and, once adopted by it, put in force."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from contracts.errors import Conflict, Finding, NotFound
from contracts.governance.facts import Outcome, RulebookAdopted
from contracts.governance.rulebook import AllocationRule, Majority, Rulebook, TieRule, check_rules, hash_rules, word_rulebook_question
from contracts.views import governance
from contracts.views.review_case import find_minutes
from ledger.canonical import JSON, encode_canonical
from webui.access import MEMBER_PERSONS
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.drafting import try_for_member
from webui.pages.forms import Field, Form, list_labels, read_draft_form, sort_faults, type_value
from webui.pages.rendering import get_place, render
from webui.pages.reviews import SPARE, find_entry
from webui.pages.routes import Pages
from webui.pages.savings_words import RULES
from webui.pages.signing import show_signing

pages = Pages("rulebooks")
PREFIX = "rules."  #: of the form's fields, as the findings of the log's rules call them
_MATTER = "rulebook:"


@pages.page("GET /n/<network:network>/rulebook/new", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/rulebook/new", MEMBER_PERSONS)
def write_rulebook(network: str) -> Response:
    """Answer the form: before the first rulebook its adoption is signed, later the opening of a review of the new rules."""
    with see() as sight:
        books = governance.list_rulebooks(sight)
    book = books[-1] if books else None
    form = make_form(book)
    values: MultiDict[str, Any] = MultiDict(fill_form(book)) if request.method == "GET" else MultiDict(request.form)
    faults: dict[str, list[str]] = {}
    if request.method == "POST" and "edit" not in request.form:
        draft, findings = draft_rulebook(network, form, book)
        if not findings:
            typed = [(name, text) for name, text in request.form.items(multi=True) if name not in ("csrf_token", "edit")]
            return show_signing(
                draft, then=get_place().path("/rulebook" if book is None else "/reviews"), title=str(form.title), typed=typed
            )
        faults = sort_faults(form, findings)
    labels = list_labels(form.fields)
    status = 422 if faults else 200
    back = get_place().path("/rulebook")
    return render("form.html", status=status, form=form, values=values, faults=faults, labels=labels, back=back)


def make_form(book: Rulebook | None) -> Form:
    """Make the form of a rulebook."""
    majorities = {
        Majority.SIMPLE: _("simple: more for than against"),
        Majority.ABSOLUTE: _("absolute: more than half of all seats"),
        Majority.TWO_THIRDS: _("two thirds of the votes for and against"),
        Majority.UNANIMOUS: _("unanimous: nobody against"),
    }
    ties = {TieRule.REJECTS: _("rejects"), TieRule.CHAIR: _("the chair's vote decides")}
    fields = [
        Field("rulebook", _("Name of the rulebook"), help=_("An id of letters, digits and hyphens; each rulebook has another one.")),
        Field("rules.quorum_percent", _("Quorum"), "whole", unit=_("% of the seats that are not recused")),
        Field("rules.second_call_percent", _("Quorum of a second call"), "whole", required=False, unit="%"),
        Field("rules.majority", _("Majority"), "choice", choices=[(one.value, words) for one, words in majorities.items()]),
        Field("rules.tie", _("A tie"), "choice", choices=[(one.value, words) for one, words in ties.items()]),
        Field("rules.chair", _("Chair"), required=False, help=_("Its holder's pseudonym, such as h-1c9b2e; only where it breaks ties.")),
        Field("rules.seats_per_organisation", _("Seats of an organisation at most"), "whole", required=False),
        Field("rules.review_days", _("A review is open for at least"), "whole", unit=_("days")),
        Field("rules.allocation_rule", _("Rule of sharing"), "choice", choices=[(one.value, RULES[one.value]) for one in AllocationRule]),
        Field("rules.fee_permille", _("Fee to the operator"), "whole", unit=_("‰ of what each is allocated")),
        Field("rules.reserve_permille", _("Reserve of the network"), "whole", unit=_("‰ of what each is allocated")),
    ]
    if book is None:
        lead = _("The facilitator adopts the first rulebook; every later one takes a resolution of the board.")
        return Form("rulebook.adopted", _("Adopt the first rulebook"), fields, lead=lead)
    fields.append(Field("closes_at", _("Votes until"), "moment"))
    lead = _("The board decides about it in a review. Its question holds the rules in words and in full, so that just these are adopted.")
    return Form("review.opened", _("Propose a changed rulebook"), fields, lead=lead)


def fill_form(book: Rulebook | None) -> dict[str, str]:
    """Give what the form begins with: the rules in force."""
    if book is None:
        return {"rules.review_days": "7", "rules.quorum_percent": "50", "rules.fee_permille": "0", "rules.reserve_permille": "0"}
    rules = book.rules
    names = [one.name[len(PREFIX) :] for one in make_form(book).fields if one.name.startswith(PREFIX)]
    closes_at = (get_runtime().clock.now() + timedelta(days=max(rules.review_days, 1)) + SPARE).replace(microsecond=0)
    filled = {f"{PREFIX}{name}": type_value("text", getattr(rules, name)) for name in names}
    return filled | {"closes_at": type_value("moment", closes_at)}


def draft_rulebook(network: str, form: Form, book: Rulebook | None) -> tuple[dict[str, JSON], Sequence[Finding]]:
    """Draft the adoption of the first rulebook, or the review of a later one; with all that is wrong with it."""
    findings: list[Finding] = []
    fields = read_draft_form(form, request.form, findings)["fields"]
    written: Mapping[str, JSON] = fields if isinstance(fields, dict) else {}
    rules = {name[len(PREFIX) :]: value for name, value in written.items() if name.startswith(PREFIX)}
    name = str(written.get("rulebook") or "")
    findings += [one for one in check_rules(rules) if one.field not in {found.field for found in findings}]
    if book is None:
        draft: dict[str, JSON] = {"kind": form.kind, "fields": {"rulebook": name, "hash": hash_rules(rules), "rules": rules}}
    else:
        question = "" if findings else f"{word_rulebook_question(name, rules)}\n{encode_canonical(rules).decode()}"
        entry = find_entry(network, book.entry)
        review: dict[str, JSON] = {"review": f"rulebook-{name}", "matter": f"{_MATTER}{name}"}
        review |= {"index": entry.index, "statement": entry.statement_hash}
        draft = {"kind": form.kind, "fields": {**review, "question": question, "closes_at": written.get("closes_at")}}
    if not findings:
        findings += [_call_field(one) for one in try_for_member(draft).findings]
    return draft, findings


def _call_field(one: Finding) -> Finding:
    """Call a review's fields by those of the form."""
    named = {"about": "rulebook", "matter": "rulebook", "review": "rulebook"}
    return Finding(named.get(one.field, one.field), one.code, one.message)


@pages.page("GET /n/<network:network>/rulebook/adopt/<name:number>", MEMBER_PERSONS)
def adopt_rulebook(network: str, number: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the rulebook that a resolution adopted, to be put in force by a signature; raises NotFound or Conflict."""
    with see() as sight:
        resolution, case = find_minutes(sight, number, get_runtime().clock.now())
    if case is None or not resolution.matter.startswith(_MATTER):
        raise NotFound(_("This resolution is about no rulebook."))
    rules = read_rules_of(case.seen.review.question or "")
    if resolution.outcome is not Outcome.ADOPTED or rules is None:
        raise Conflict(_("The board has not adopted rules that could be put in force."))
    fact = RulebookAdopted(resolution.matter.removeprefix(_MATTER), hash_rules(rules), rules)
    fields: dict[str, JSON] = {"rulebook": fact.rulebook, "hash": fact.hash, "rules": dict(fact.rules)}
    draft: dict[str, JSON] = {"kind": "rulebook.adopted", "refs": [resolution.statement], "fields": fields}
    return show_signing(draft, then=get_place().path("/rulebook"), title=_("Put rulebook %(name)s in force", name=fact.rulebook))


def read_rules_of(question: str) -> dict[str, JSON] | None:
    """Read the rules that the last line of a review's question holds in full; None where it holds none."""
    try:
        found = json.loads(question.rpartition("\n")[2])
    except ValueError:
        return None
    return found if isinstance(found, dict) and not check_rules(found) else None
