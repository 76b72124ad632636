"""Agreements: the list, one contract with text, versions, signatures and history, two versions side by side, the steps of its life."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.agreements.rules import Agreement, AgreementState
from contracts.agreements.service import Version
from contracts.agreements.standing import Step
from contracts.errors import NotFound
from contracts.templates.catalogue import load_templates
from contracts.templates.text_changes import compare_texts
from contracts.views import agreements, parties
from contracts.views.agreements import Search, SignedBy
from contracts.views.fulfilment import find_fulfilment
from contracts.views.parties import list_all_names
from contracts.views.sight import Sight
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.agreement_words import STATES, STEPS, arrange_text, find_form, name_subject, word_state
from webui.pages.forms import Field, Form, answer_form
from webui.pages.history import read_history
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.parameter_values import ShownValue, name_parameter, show_parameters, show_place
from webui.pages.rendering import get_place, name_organisation, render
from webui.pages.routes import Pages

pages = Pages("agreements")
SIGNATORY = "signatory"
SOME = 20  #: readings by right of a grant that are named


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One parameter that differs between two versions."""

    label: str
    before: ShownValue
    after: ShownValue


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """One signature with what proves it."""

    signed: SignedBy
    statement_hash: str
    leaf_hash: str


def name_contract(row: Agreement) -> str:
    """Give the number under which both sides file a contract; its id where the terms were erased."""
    return row.terms.text("contract_no") or row.agreement


def list_partners(row: Agreement) -> tuple[str, ...]:
    """List the other parties."""
    return tuple(one for one in row.organisations if one != get_member().organisation)


def name_partners(row: Agreement) -> str:
    """Name the other parties."""
    return ", ".join(map(name_organisation, list_partners(row)))


def word_row(row: Agreement) -> tuple[str, str]:
    """Say where an agreement of the list stands."""
    today = get_runtime().clock.now().astimezone(get_place().zone).date()
    return word_state(row, lapsed=row.state is AgreementState.OFFERED and today > row.reply_by)


def fetch_agreements(sight: Sight, wanted: Wanted) -> list[Agreement]:
    """Fetch the agreements that are wanted."""
    chosen = wanted.chosen
    state = AgreementState(chosen["state"]) if "state" in chosen else None
    search = Search(chosen.get("partner"), state, chosen.get("template"), wanted.sort, wanted.down)
    return agreements.search_agreements(sight, search, after=wanted.after, limit=wanted.limit)


AGREEMENTS: Listing[Agreement] = Listing(
    name="agreements",
    title=_l("Contracts"),
    columns=[
        Column("contract_no", _l("Contract"), name_contract, link=lambda row: f"/agreements/{row.agreement}", sort=True),
        Column("what", _l("What"), name_subject),
        Column("partner", _l("With"), name_partners),
        Column("state", _l("State"), word_row, Kind.STATE),
        Column("from", _l("Binds from"), lambda row: row.terms.day("effective_date"), Kind.DAY),
        Column("until", _l("Until"), lambda row: row.end_day if row.terms.day("effective_date") else None, Kind.DAY),
        Column("template", _l("Standard contract"), lambda row: row.template),
        Column("entry", _l("Last change"), lambda row: row.entry, Kind.ENTRY, sort=True),
    ],
    fetch=fetch_agreements,
    place=lambda row, wanted: agreements.place_agreement(row, wanted.sort),
    filters=[
        Filter("state", _l("State"), "choice", [(state.value, words) for state, words in STATES.items()]),
        Filter("partner", _l("Partner"), "choice"),
        Filter("template", _l("Standard contract"), "choice", [(ref, ref) for ref in load_templates()]),
    ],
    sort="-entry",
    nothing=_l("You have no contract yet."),
    nothing_more=_l("Choose one of the four standard contracts and offer it to a partner; both sign, and it is in force."),
)  # fmt: skip


@pages.page("GET /n/<network:network>/agreements", MEMBER_PERSONS)
def list_agreements(network: str) -> Response:
    """List the contracts that the reader may see."""
    runtime = get_runtime()
    with runtime.reading() as connection:
        names = list_all_names(connection, runtime.log(network).log_id)
    partners = sorted(((name, label) for name, label in names.items() if name != get_member().organisation), key=lambda one: one[1])
    filters = [replace(one, choices=partners) if one.key == "partner" else one for one in AGREEMENTS.filters]
    listing = replace(AGREEMENTS, filters=filters)
    return answer_list(listing, "agreements/list.html", may_offer=SIGNATORY in get_member().roles)


@pages.page("GET /n/<network:network>/agreements/<name:agreement>", MEMBER_PERSONS)
def show_agreement(network: str, agreement: str) -> Response:
    """Show one contract whole: where it stands, what it says, who signed, what came before, and what may happen next."""
    with see() as sight:
        found = agreements.find_agreement(sight, agreement)
        standing = agreements.show_standing(sight, found)
        versions = agreements.list_versions(sight, found)
        signed = agreements.list_signed(sight, found)
        is_party = found.is_party(sight.organisation)
        own = [*(one.entry for one in versions), *(one.entry for one in signed)]
        values: dict[str, Any] = {
            "fulfilment": find_fulfilment(sight, found),
            "reason": agreements.find_reason(sight, found),
            "readings": parties.list_readings_of(sight, own, SOME) if is_party else [],
        }
    form = find_form(found.template)
    return render(
        "agreements/show.html",
        agreement=found,
        form=form,
        roles={role.name: role.label for role in form.roles} if form else {},
        subject=name_subject(found),
        state=word_state(found, lapsed=standing.lapsed),
        standing=standing,
        versions=versions,
        signatures=[prove_signature(network, one) for one in signed],
        clauses=show_parameters(form, found.parameters) if form else [],
        text=list(arrange_text(versions[-1].text)),
        words=STEPS,
        is_party=is_party,
        own=next((one for one in standing.parties if one.organisation == get_member().organisation), None),
        may_sign=is_party and SIGNATORY in get_member().roles,
        history=read_history(network, f"agreement:{agreement}"),
        **values,
    )


def prove_signature(network: str, signed: SignedBy) -> ShownSignature:
    """Find the hashes of a signature's entry."""
    (entry,) = get_runtime().log(network).read_entries(signed.entry, signed.entry + 1)
    return ShownSignature(signed, entry.statement_hash, entry.leaf_hash)


@pages.page("GET /n/<network:network>/agreements/<name:agreement>/compare", MEMBER_PERSONS)
def compare_versions(network: str, agreement: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show two versions side by side: what changed in the parameters and in the text."""
    with see() as sight:
        found = agreements.find_agreement(sight, agreement)
        versions = agreements.list_versions(sight, found)
    last = versions[-1].version
    new = find_version(versions, request.args.get("new") or str(last))
    old = find_version(versions, request.args.get("old") or str(max(new.version - 1, 1)))
    return render(
        "agreements/compare.html",
        agreement=found,
        versions=versions,
        old=old,
        new=new,
        changes=show_changes(found, old, new),
        rows=compare_texts(old.text, new.text),
    )


def find_version(versions: list[Version], number: str) -> Version:
    """Find a version by its number; raises NotFound."""
    version = next((one for one in versions if str(one.version) == number), None)
    if version is None:
        raise NotFound(_("There is no such version."))
    return version


def show_changes(agreement: Agreement, old: Version, new: Version) -> list[ShownChange]:
    """Show the parameters that differ."""
    form = find_form(agreement.template)
    order = [one.name for one in form.parameters] if form else []
    found = agreements.compare_versions(old, new)
    changes = sorted(found, key=lambda one: order.index(name) if (name := one.field.split(".")[1]) in order else len(order))
    return [
        ShownChange(
            name_parameter(form, change.field),
            show_place(form, change.field, change.before, old.parameters),
            show_place(form, change.field, change.after, new.parameters),
        )
        for change in changes
    ]


@pages.page("GET /n/<network:network>/agreements/<name:agreement>/sign", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/agreements/<name:agreement>/sign", MEMBER_PERSONS)
def give_signature(network: str, agreement: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Answer the form of a signature."""
    with see() as sight:
        found = agreements.find_agreement(sight, agreement)
        standing = agreements.show_standing(sight, found)
        text = agreements.list_versions(sight, found)[-1].text
    own = next((one for one in standing.parties if one.organisation == get_member().organisation), None)
    offices = dict.fromkeys([*standing.offices, *(way.office for way in (own.ways if own else ()))])
    form = Form(
        kind="agreement.signed",
        title=_("Sign the contract"),
        fields=[
            Field(
                "capacity",
                _("You sign as"),
                "choice",
                _("By the contract these offices bind your organisation. Choose the one that you hold."),
                choices=[(office, office) for office in offices],
            )
        ],
        refs=[found.offer_hash],
        fixed={"agreement": agreement},
    )
    place = get_place().path(f"/agreements/{agreement}")
    initial = {"capacity": standing.offices[0] if len(standing.offices) == 1 else ""}
    shown = {"agreement": found, "standing": standing, "text": list(arrange_text(text))}
    return answer_form(form, then=place, initial=initial, back=place, template="agreements/sign.html", **shown)


@pages.page("GET /n/<network:network>/agreements/<name:agreement>/<name:step>", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/agreements/<name:agreement>/<name:step>", MEMBER_PERSONS)
def take_step(network: str, agreement: str, step: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Answer the form of a step; raises NotFound for one that there is not."""
    words = STEPS.get(Step(step)) if step in set(Step) else None
    if words is None:
        raise NotFound(_("There is no such step."))
    with see() as sight:
        found = agreements.find_agreement(sight, agreement)
    fields = {
        "effective": Field("effective", _("First day without deliveries"), "day", _("Deliveries may be made until the day before.")),
        "reason": Field("reason", _("Reason"), "long", _("Every party to the contract reads it, and it can be erased later on your word.")),
    }
    form = Form(
        kind=words.kind,
        title=str(words.title),
        lead=str(words.words),
        fields=[fields[name] for name in words.fields],
        refs=[found.offer_hash],
        fixed={"agreement": agreement},
    )
    place = get_place().path(f"/agreements/{agreement}")
    return answer_form(form, then=place, back=place, template="agreements/step.html", agreement=found, subject=name_subject(found))
