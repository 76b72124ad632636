"""Grants: who may read what others keep to themselves, until when and why; and what was read by right of them."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.parties.rules import Grant, MemberState
from contracts.views import parties
from contracts.views.parties import ReadingRow
from contracts.views.sight import Sight
from ledger.canonical import JSON
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.entry_cursors import read_number
from webui.pages.forms import Field, Form, answer_form
from webui.pages.history import read_history
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.organisation_words import SCOPES, word_grant, word_scope
from webui.pages.rendering import get_place
from webui.pages.routes import Pages

pages = Pages("grants")
GIVERS = frozenset({"facilitator", "board"})
MOST_MEMBERS = 1000
#: orders of the list; grants are few
ORDERS: dict[str, Callable[[Grant], Any]] = {
    "given": lambda row: row.given_entry,
    "until": lambda row: (row.valid_until, row.given_entry),
}


def find_today() -> date:
    """Give today's day in the network's time zone."""
    return get_runtime().clock.now().astimezone(get_place().zone).date()


def fetch_grants(sight: Sight, wanted: Wanted) -> Sequence[Grant]:
    """Fetch the grants that are wanted."""
    today, chosen = find_today(), wanted.chosen.get("state")
    found = [one for one in parties.list_grants(sight) if chosen is None or one.holds_on(today) == (chosen == "holds")]
    found.sort(key=ORDERS[wanted.sort], reverse=wanted.down)
    seen = [one.grant for one in found]
    begin = seen.index(wanted.after) + 1 if wanted.after in seen else 0
    return found[begin : begin + wanted.limit]


GRANTS: Listing[Grant] = Listing(
    name="grants",
    title=_l("Rights to read"),
    columns=[
        Column("grant", _l("Grant"), lambda row: row.grant, Kind.ID, link=lambda row: f"/grants/{row.grant}"),
        Column("organisation", _l("Who may read"), lambda row: row.organisation, Kind.ORGANISATION),
        Column("scope", _l("What"), word_scope),
        Column("until", _l("Until"), lambda row: row.valid_until, Kind.DAY, sort=True),
        Column("state", _l("State"), lambda row: word_grant(row, find_today()), Kind.STATE),
        Column("given", _l("Given by"), lambda row: row.given_entry, Kind.ENTRY, sort=True),
    ],
    fetch=fetch_grants,
    place=lambda row, _wanted: row.grant,
    filters=[Filter("state", _l("State"), "choice", [("holds", _l("holds")), ("ended", _l("withdrawn or expired"))])],
    sort="-given",
    nothing=_l("Nobody was given a right to read what others keep to themselves."),
    nothing_more=_l("An auditor reads by such a right; each reading is recorded."),
)


def fetch_readings(grant: Grant, sight: Sight, wanted: Wanted) -> Sequence[ReadingRow]:
    """Fetch what was read by right of a grant."""
    after = read_number(wanted.after) if wanted.after else None
    return parties.page_grant_readings(sight, grant, after=after, down=wanted.down, limit=wanted.limit)


def list_readings(grant: Grant) -> Listing[ReadingRow]:
    """Declare the list of what was read by right of a grant."""
    return Listing(
        name=f"readings-{grant.grant}",
        title=_("Right to read %(grant)s", grant=grant.grant),
        columns=[
            Column("holder", _("By the holder"), lambda row: row.holder, Kind.ID),
            Column("organisation", _("Of"), lambda row: row.organisation, Kind.ORGANISATION),
            Column("entry", _("Entry that was read"), lambda row: row.entry, Kind.ENTRY),
            Column("read", _("When"), lambda row: row.read_at, Kind.MOMENT, sort=True),
        ],
        fetch=lambda sight, wanted: fetch_readings(grant, sight, wanted),
        place=lambda row, _wanted: str(row.id),
        sort="-read",
        nothing=_("Nothing was read by this right that you may see."),
        nothing_more=_("What was read is shown to who holds the right, and to the network's operator."),
    )


@pages.page("GET /n/<network:network>/grants", MEMBER_PERSONS)
def list_grants(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """List the grants."""
    return answer_list(GRANTS, "parties/grants.html", may_give=bool(GIVERS & get_member().roles))


@pages.page("GET /n/<network:network>/grants/<name:grant>", MEMBER_PERSONS)
def show_grant(network: str, grant: str) -> Response:
    """Show a grant, and what was read by right of it."""
    with see() as sight:
        found = parties.find_grant(sight, grant)
    today = find_today()
    return answer_list(
        list_readings(found),
        "parties/grant.html",
        grant=found,
        scope=word_scope(found),
        state=word_grant(found, today),
        may_withdraw=bool(GIVERS & get_member().roles) and found.withdrawn_entry is None,
        history=read_history(network, f"grant:{grant}"),
    )


@pages.page("GET /n/<network:network>/grants/give", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/grants/give", MEMBER_PERSONS)
def give_grant(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Answer the form of a grant."""
    with see() as sight:
        found = parties.search_organisations(
            sight, kind=None, state=MemberState.ACTIVE, sort="name", down=False, after="", limit=MOST_MEMBERS
        )
    grant = request.form.get("grant", "").strip() or f"g-{secrets.token_hex(6)}"
    form = Form(
        kind="grant.given",
        title=_("Give a right to read"),
        lead=_("Every member sees who may read what, until when and why. Each reading is recorded."),
        fields=[
            Field("grant", kind="hidden"),
            Field("organisation", _("Who may read"), "choice", choices=[(one.organisation, one.name or one.organisation) for one in found]),
            Field("scope", _("What"), "choice", choices=list(SCOPES.items())),
            Field("agreement", _("Agreement"), help=_("Its id; only where the right covers one agreement."), required=False),
            Field("sealed", _("Sealed costs too"), "check", _("Only for an auditor.")),
            Field("valid_until", _("Until"), "day", _("The last day on which it may be used.")),
            Field("reason", _("Reason"), "long"),
        ],
        finish=finish_grant,
    )
    path = get_place().path
    return answer_form(form, then=path(f"/grants/{grant}"), initial={"grant": grant}, back=path("/grants"))


def finish_grant(fields: dict[str, JSON]) -> dict[str, JSON]:
    """Complete a grant: without an agreement it has none, and the tick is a yes or no."""
    return {"agreement": None, "sealed": False, **fields}


@pages.page("GET /n/<network:network>/grants/<name:grant>/withdraw", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/grants/<name:grant>/withdraw", MEMBER_PERSONS)
def withdraw_grant(network: str, grant: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Answer the form that ends a grant."""
    with see() as sight:
        parties.find_grant(sight, grant)
    form = Form(
        kind="grant.withdrawn",
        title=_("Withdraw the right to read %(grant)s", grant=grant),
        lead=_("From then on nothing is read by it. What was read stays recorded."),
        fields=[Field("reason", _("Reason"), "long")],
        fixed={"grant": grant},
    )
    place = get_place().path(f"/grants/{grant}")
    return answer_form(form, then=place, back=place)
