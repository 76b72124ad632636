"""Costs of exchanges, reported under seal by those who bear them; and the baselines in force, with their source."""

import secrets
from collections.abc import Sequence

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.period import Period
from contracts.views import savings
from contracts.views.savings import Baseline, CostReport
from contracts.views.sight import Sight
from webui.access import MEMBER_PERSONS
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.entry_cursors import read_entry_cursor
from webui.pages.forms import Field, Form, answer_form
from webui.pages.languages import write_money
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.rendering import get_place
from webui.pages.routes import Pages
from webui.pages.savings_words import BASELINES

pages = Pages("costs")


def fetch_reports(sight: Sight, wanted: Wanted) -> Sequence[CostReport]:
    """Fetch the reader's own reports."""
    after = read_entry_cursor(wanted)
    return savings.list_reports(sight, period=wanted.chosen.get("period"), after=after, limit=wanted.limit)


def write_items(one: CostReport) -> str:
    """Write a report's items in a line."""
    return "; ".join(f"{item.item} {write_money(item.amount, get_place().currency)}" for item in one.items)


REPORTS: Listing[CostReport] = Listing(
    name="costs",
    title=_l("Our reported costs"),
    columns=(
        Column("period", _l("Period"), lambda one: one.period, Kind.PERIOD, link=lambda one: f"/periods/{one.period}"),
        Column("agreement", _l("Contract"), lambda one: one.agreement, Kind.ID, link=lambda one: f"/agreements/{one.agreement}"),
        Column("items", _l("Items"), write_items),
        Column("amount", _l("Together"), lambda one: one.amount, Kind.MONEY),
        Column("entry", _l("Entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_reports,
    place=lambda row, _wanted: str(row.entry),
    filters=(Filter("period", _l("Period"), "period"),),
    nothing=_l("We have reported no costs yet."),
    nothing_more=_l("Costs that are agreed for each unit stand in the contract and need no report."),
)


@pages.page("GET /n/<network:network>/costs", MEMBER_PERSONS)
def list_costs(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List the reader's own reported costs; nobody else's are listed anywhere."""
    return answer_list(REPORTS, template="savings/costs.html")


@pages.page("GET /n/<network:network>/costs/new", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/costs/new", MEMBER_PERSONS)
def report_costs(network: str) -> Response:  # noqa: ARG001 - the place has it
    """Answer the form; its contracts are those of which the reader's organisation is a side in the period, or now."""
    running = get_runtime().clock.now().astimezone(get_place().zone).strftime("%Y-%m")
    chosen = request.values.get("period", "")
    with see() as sight:
        names = {one.agreement for period in {running, *_read_period(chosen)} for one in savings.list_own_reports(sight, period)}
    form = Form(
        kind="costs.reported",
        title=_("Report costs of an exchange"),
        lead=_(
            "What an exchange really cost you in a month, beside what the contract agrees for each unit. The costs are sealed: the other "
            "party, the facilitator and the board do not see them; an auditor does whose grant says so. The server's operator stores them."
        ),
        fields=[
            Field("report", kind="hidden"),
            Field("agreement", _("Contract"), "choice", choices=[(name, name) for name in sorted(names)]),
            Field("period", _("Period"), "period", help=_("A month that is not closed yet. One report for each contract and month.")),
            Field(
                "items",
                _("Costs"),
                "rows",
                help=_("One row for each kind of cost, such as transport, drying or pumping."),
                columns=[Field("item", _("What for")), Field("amount", _("Amount"), "money", unit=get_place().currency)],
            ),
        ],
    )
    initial = {"report": f"r-{secrets.token_hex(8)}", "agreement": request.args.get("agreement", ""), "period": chosen or running}
    return answer_form(form, then=get_place().path("/costs"), initial=initial, back=get_place().path("/costs"))


def _read_period(text: str) -> list[str]:
    return [text] if len(text) == len("2025-03") and text[:4].isdigit() and text[4] == "-" and text[5:] in _MONTHS else []


_MONTHS = [f"{month:02d}" for month in range(1, 13)]


def fetch_baselines(sight: Sight, wanted: Wanted) -> Sequence[Baseline]:
    """Fetch the baselines in force in a period, this one unless another is chosen."""
    name = wanted.chosen.get("period") or get_runtime().clock.now().astimezone(get_place().zone).strftime("%Y-%m")
    month = Period(name)
    agreement, parameter, organisation, *_rest = (*wanted.after.split(":"), "", "", "")
    return savings.list_baselines(
        sight, month.first_day, month.next().first_day, limit=wanted.limit, after=(agreement, parameter, organisation)
    )


BASELINE_LIST: Listing[Baseline] = Listing(
    name="baselines",
    title=_l("Baselines in force"),
    columns=(
        Column("organisation", _l("For whom"), lambda one: one.organisation, Kind.ORGANISATION),
        Column("parameter", _l("What was avoided"), lambda one: BASELINES[one.parameter]),
        Column("unit_cost", _l("For a unit"), lambda one: one.unit_cost, Kind.NUMBER),
        Column("unit", _l("Unit"), lambda one: None if one.unit_cost is None else one.unit),
        Column("ratio", _l("Units replaced"), lambda one: one.ratio, Kind.NUMBER),
        Column("yearly", _l("A year"), lambda one: one.yearly, Kind.MONEY),
        Column("agreement", _l("Contract"), lambda one: one.agreement, Kind.ID, link=lambda one: f"/agreements/{one.agreement}"),
        Column("version", _l("Version"), lambda one: one.version, Kind.NUMBER),
        Column("factors", _l("Emission factors"), lambda one: one.factor_set),
        Column("entry", _l("Entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_baselines,
    place=lambda row, _wanted: ":".join(row.place),
    filters=(Filter("period", _l("Period"), "period"),),
    nothing=_l("No contract with a baseline that you may see is in force."),
)


@pages.page("GET /n/<network:network>/baselines", MEMBER_PERSONS)
def list_baselines(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List the baselines that contracts in force agree on."""
    return answer_list(BASELINE_LIST, template="savings/baseline_list.html")
