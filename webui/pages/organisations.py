"""Organisations: the register of members, one member with roles, keys and contracts, admission, roles, and the steps of a membership."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import NotFound
from contracts.parties.rules import MemberState, Organisation
from contracts.views import agreements, parties
from contracts.views.agreements import Search
from contracts.views.sight import Sight
from webui.access import FACILITATOR_PERSONS, MEMBER_PERSONS, get_member
from webui.api.seeing import see
from webui.pages.agreement_words import name_subject, word_state
from webui.pages.forms import Field, Form, answer_form
from webui.pages.history import read_history
from webui.pages.keys import describe_key
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.organisation_words import KINDS, STATES, STEPS, MemberStep, word_member
from webui.pages.problem_pages import redirect_to
from webui.pages.rendering import get_place, name_organisation, render
from webui.pages.routes import Pages
from webui.pages.signing import read_authority, show_signing
from webui.pages.signing_words import word_role

pages = Pages("organisations")
FACILITATOR = "facilitator"
#: roles that the network gives; a member has the others by itself
GIVEN = ("lab", "board", "auditor", "facilitator", "service")
SOME = 10  #: contracts that a member's page names


def fetch_organisations(sight: Sight, wanted: Wanted) -> Sequence[Organisation]:
    """Fetch the members that are wanted."""
    state = MemberState(wanted.chosen["state"]) if "state" in wanted.chosen else None
    kind = wanted.chosen.get("kind")
    return parties.search_organisations(
        sight, kind=kind, state=state, sort=wanted.sort, down=wanted.down, after=wanted.after, limit=wanted.limit
    )


def link_member(row: Organisation) -> str:
    """Give the address of a member's page."""
    return f"/organisations/{row.organisation}"


ORGANISATIONS: Listing[Organisation] = Listing(
    name="organisations",
    title=_l("Organisations"),
    columns=[
        Column("name", _l("Name"), lambda row: row.name or row.organisation, link=link_member, sort=True),
        Column("kind", _l("Kind"), lambda row: KINDS.get(row.kind or "", row.kind)),
        Column("state", _l("State"), lambda row: word_member(row.state), Kind.STATE),
        Column("place", _l("Place"), lambda row: "; ".join(dict.fromkeys(site["place"] for site in row.sites))),
        Column("country", _l("Country"), lambda row: row.country),
        Column("organisation", _l("Id"), lambda row: row.organisation, Kind.ID, sort=True),
        Column("entry", _l("Last change"), lambda row: row.entry, Kind.ENTRY, sort=True),
    ],
    fetch=fetch_organisations,
    place=lambda row, _wanted: row.organisation,
    filters=[
        Filter("kind", _l("Kind"), "choice", list(KINDS.items())),
        Filter("state", _l("State"), "choice", [(state.value, words) for state, (words, _tone) in STATES.items()]),
    ],
    sort="name",
    nothing=_l("Nobody belongs to this network yet."),
)  # fmt: skip


@pages.page("GET /n/<network:network>/organisations", MEMBER_PERSONS)
def list_organisations(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """List the members."""
    return answer_list(ORGANISATIONS, "parties/organisations.html", may_admit=FACILITATOR in get_member().roles)


@pages.page("GET /n/<network:network>/organisations/<organisation:organisation>", MEMBER_PERSONS)
def show_organisation(network: str, organisation: str) -> Response:
    """Show one member: roles, keys, the contracts that the reader may see, history."""
    with see() as sight:
        found = parties.find_organisation(sight, organisation)
        roles = parties.list_roles(sight, organisation)
        partner = None if organisation == sight.organisation else organisation
        contracts = agreements.search_agreements(sight, Search(partner), after="", limit=SOME + 1)
    own = sorted((one for one in read_authority().keys.values() if one.organisation == organisation), key=lambda one: -one.enrolled_at)
    return render(
        "parties/organisation.html",
        organisation=found,
        kind=KINDS.get(found.kind or "", found.kind),
        state=word_member(found.state),
        roles=[(role, word_role(role)) for role in roles],
        grantable=[(role, word_role(role)) for role in GIVEN if role not in roles],
        keys=[describe_key(one) for one in own],
        contracts=[(one, name_subject(one), word_state(one)) for one in contracts[:SOME]],
        more=len(contracts) > SOME,
        steps=[(name, step) for name, step in STEPS.items() if may_take(step, found)],
        is_own=organisation == get_member().organisation,
        may_grant=FACILITATOR in get_member().roles and found.state is not MemberState.LEFT,
        may_invite=FACILITATOR in get_member().roles or organisation == get_member().organisation,
        history=read_history(network, f"organisation:{organisation}"),
    )


def may_take(step: MemberStep, organisation: Organisation) -> bool:
    """Tell whether the reader may take a step with a member now; the log has the last word."""
    member = get_member()
    allowed = step.roles | (step.own if organisation.organisation == member.organisation else frozenset())
    known = organisation.organisation != get_place().operator and organisation.state in step.states
    return known and bool(allowed & member.roles)


@pages.page("GET /n/<network:network>/organisations/admit", FACILITATOR_PERSONS)
@pages.page("POST /n/<network:network>/organisations/admit", FACILITATOR_PERSONS)
def admit_organisation(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Answer the form of an admission."""
    organisation = request.form.get("organisation", "").strip() or f"o-{secrets.token_hex(6)}"
    kinds = [(kind, words) for kind, words in KINDS.items() if kind != "operator"]
    sites = [
        Field("site", _("Short name"), help=_("such as works")),
        Field("name", _("Name")),
        Field("place", _("Place, or geo:latitude,longitude")),
    ]
    form = Form(
        kind="organisation.admitted",
        title=_("Admit an organisation"),
        lead=_("Every member reads this, and it stays while the organisation belongs to the network. Its first key you enrol afterwards."),
        fields=[
            Field("organisation", kind="hidden"),
            Field("name", _("Legal name"), autocomplete="organization"),
            Field("legal_id", _("Register number"), help=_("With its country, such as DK-12345678: one legal person is one member.")),
            Field("country", _("Country"), help=_("Two letters, such as DK.")),
            Field("kind", _("Kind"), "choice", choices=kinds),
            Field("sites", _("Sites"), "rows", _("Where it hands over and takes."), columns=sites, required=False),
        ],
        finish=lambda fields: {"sites": [], **fields},
    )  # fmt: skip
    path = get_place().path
    return answer_form(
        form, then=path(f"/organisations/{organisation}"), initial={"organisation": organisation}, back=path("/organisations")
    )


@pages.page("GET /n/<network:network>/organisations/<organisation:organisation>/<name:step>", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/organisations/<organisation:organisation>/<name:step>", MEMBER_PERSONS)
def take_member_step(network: str, organisation: str, step: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Answer the form of a step; raises NotFound for one that there is not."""
    words = STEPS.get(step)
    if words is None:
        raise NotFound(_("There is no such step."))
    with see() as sight:
        parties.find_organisation(sight, organisation)
    form = Form(
        kind=words.kind,
        title=f"{words.title}: {name_organisation(organisation)}",
        lead=str(words.words),
        fields=[Field("reason", _("Reason"), "long")],
        fixed={"organisation": organisation},
    )
    place = get_place().path(f"/organisations/{organisation}")
    return answer_form(form, then=place, back=place)


@pages.page("POST /n/<network:network>/organisations/<organisation:organisation>/roles", FACILITATOR_PERSONS)
def change_roles(network: str, organisation: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show for signing that a member gets, or loses, a role that the network gives."""
    place = get_place().path(f"/organisations/{organisation}")
    role, change = request.form.get("role", ""), request.form.get("change", "")
    if "edit" in request.form:
        return redirect_to(place)
    if role not in GIVEN or change not in ("granted", "withdrawn"):
        raise NotFound(_("There is no such role that the network gives."))
    with see() as sight:
        parties.find_organisation(sight, organisation)
    draft: dict[str, Any] = {
        "kind": f"role.{change}",
        "about": f"organisation:{organisation}",
        "fields": {"organisation": organisation, "role": role},
    }
    title = _("Grant a role") if change == "granted" else _("Withdraw a role")
    return show_signing(draft, then=place, title=title, typed=[("role", role), ("change", change)])
