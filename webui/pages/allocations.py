"""Allocations: what was proposed, who gets what under which rule, whether anybody would be better off leaving, and what it rests on."""

from collections.abc import Sequence

from flask import Response
from flask_babel import lazy_gettext as _l

from contracts.errors import NotFound
from contracts.views import allocations, governance
from contracts.views.allocations import SeenAllocation
from contracts.views.rule_comparison import RuleComparison, compare_rules
from contracts.views.sight import Sight
from webui.access import MEMBER_PERSONS, get_member
from webui.api.seeing import see
from webui.pages.entry_cursors import read_entry_cursor
from webui.pages.history import read_history
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.rendering import render
from webui.pages.routes import Pages
from webui.pages.savings_words import METHODS, RULES
from webui.pictures.request_writing import write_for_request
from webui.pictures.shares import draw_comparison

pages = Pages("allocations")
MOST_REVIEWS = 20  #: of one allocation


def fetch_allocations(sight: Sight, wanted: Wanted) -> Sequence[SeenAllocation]:
    """Fetch allocations, the newest first."""
    after = read_entry_cursor(wanted)
    return allocations.list_allocations(sight, period=wanted.chosen.get("period"), after=after, limit=wanted.limit, down=True)


def find_own(one: SeenAllocation) -> int | None:
    """Find what the reader's organisation is allocated."""
    return next((share.allocated for share in one.shares if share.organisation == get_member().organisation), None)


ALLOCATIONS: Listing[SeenAllocation] = Listing(
    name="allocations",
    title=_l("Allocations"),
    columns=(
        Column("period", _l("Period"), lambda one: one.period, Kind.PERIOD, link=lambda one: f"/allocations/{one.allocation}"),
        Column("rule", _l("Rule"), lambda one: RULES.get(one.rule, one.rule)),
        Column("state", _l("State"), lambda one: (_l("adopted"), "good") if one.adopted else (_l("proposed"), "plain"), Kind.STATE),
        Column("total", _l("Shared"), lambda one: one.total, Kind.MONEY),
        Column("own", _l("Our share"), find_own, Kind.MONEY),
        Column("organisations", _l("Organisations"), lambda one: one.organisations, Kind.NUMBER),
        Column("entry", _l("Entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_allocations,
    place=lambda row, _wanted: str(row.entry),
    filters=(Filter("period", _l("Period"), "period"),),
    nothing=_l("No allocation was proposed yet."),
    nothing_more=_l("One is proposed when a period is closed."),
)


@pages.page("GET /n/<network:network>/allocations", MEMBER_PERSONS)
def list_allocations(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List allocations."""
    return answer_list(ALLOCATIONS)


@pages.page("GET /n/<network:network>/allocations/<name:allocation>", MEMBER_PERSONS)
def show_allocation(network: str, allocation: str) -> Response:
    """Show an allocation: shares, rules side by side, the core, method and inputs, and where its review stands."""
    with see() as sight:
        found = allocations.find_allocation(sight, allocation)
        comparison = find_comparison(sight, allocation)
        reviews = governance.list_reviews(sight, after=-1, limit=MOST_REVIEWS, matter=f"allocation:{allocation}")
        resolutions = governance.list_resolutions(sight, after=-1, limit=MOST_REVIEWS, matter=f"allocation:{allocation}")
    return render(
        "allocations/show.html",
        found=found,
        comparison=comparison,
        picture=draw_comparison(comparison, write_for_request()) if comparison else None,
        reviews=reviews,
        resolutions=resolutions,
        rules=RULES,
        method_words=METHODS.get(found.rule),
        may_open=bool({"board", "facilitator"} & get_member().roles),
        own=get_member().organisation,
        components=list_components(found),
        below=list_below(comparison),
        history=read_history(network, f"allocation:{allocation}"),
    )


def find_comparison(sight: Sight, allocation: str) -> RuleComparison | None:
    """Find the rules side by side; None for whom no share is open."""
    try:
        return compare_rules(sight, allocation)
    except NotFound:
        return None


def list_below(comparison: RuleComparison | None) -> list[str]:
    """List who is allocated less than it would have saved with nobody else."""
    if comparison is None:
        return []
    given = comparison.rules[0].shares
    return [name for name in comparison.organisations if given.get(name, 0) < comparison.alone.get(name, 0)]


def list_components(found: SeenAllocation) -> list[dict[str, object]]:
    """List the parts into which the game falls, as the allocation records them; none for whom they are not open."""
    return list((found.components or {}).get("components", ()))
