"""The network's first page: who belongs to it, by which rules, how it fares; its map; and what flowed, by period and unit."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from contracts.clock import parse_instant
from contracts.money import CURRENCY_EXPONENTS
from contracts.period import find_period
from contracts.units import UNITS
from contracts.views.flows import Flows, find_flows
from contracts.views.health import IDLE_DAYS, find_figures, find_missing
from contracts.views.network_map import find_map
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.health import examine_health
from webui.pages.agreement_words import STATES
from webui.pages.exporting import Value, answer_export
from webui.pages.home import TASKS
from webui.pages.languages import read_month
from webui.pages.organisation_words import KINDS
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.savings_words import RULES
from webui.people.waiting import list_waiting
from webui.pictures.flow_rows import MONEY
from webui.pictures.network import draw_map
from webui.pictures.request_writing import write_for_request
from webui.pictures.sankey import draw_flows, list_units
from webui.pictures.table import Table

pages = Pages("network")
FACILITATOR = "facilitator"
MONTHS = 3  #: that the picture of flows shows unless others are asked for


@pages.page("GET /n/<network:network>/network", MEMBER_PERSONS)
def show_network(network: str) -> Response:
    """Show the network: who we are, rules in force, counts and map; to the facilitator what waits and what is missing."""
    runtime = get_runtime()
    values: dict[str, Any] = {}
    with see() as sight:
        figures = find_figures(sight)
        network_map = find_map(sight, runtime.clock.now().astimezone(figures.network.zone).date())
        if FACILITATOR in get_member().roles:
            values["missing"] = find_missing(sight, figures, runtime.clock.now())
            values["waiting"] = list_waiting(sight.connection, sight.log_id)
            values["health"] = examine_health(runtime, network)
    head = runtime.log(network).read_head()
    return render(
        "parties/network.html",
        figures=figures,
        picture=draw_map(network_map, write_for_request()),
        size=head.size if head else 0,
        founded=parse_instant(figures.network.founded_at).astimezone(figures.network.zone).date(),
        states=STATES,
        kinds=KINDS,
        rules=RULES,
        tasks=TASKS,
        idle_days=IDLE_DAYS,
        now=runtime.now_text(),
        **values,
    )


@pages.page("GET /n/<network:network>/flows", MEMBER_PERSONS)
def show_flows(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show what flowed between whom in some months, in one unit."""
    first, last = read_range(get_runtime().clock.now())
    with see() as sight:
        flows = find_flows(sight, first, last)
    units = list_units(flows)
    unit = choose_unit(flows, request.args.get("unit", ""))
    picture = draw_flows(flows, unit, write_for_request())
    form = request.args.get("format", "")
    if form:
        return answer_export(f"flows-{first}-{last}", form, *table_flows(picture.table, unit))
    return render("parties/flows.html", flows=flows, units=units, unit=unit, picture=picture)


def read_range(now: datetime) -> tuple[str, str]:
    """Read the months that are asked for; the last few that have ended, unless there are others."""
    newest = find_period(now, get_place().zone).shift(-1)
    last = read_month(request.args.get("last", "").strip()) or newest.name
    first = read_month(request.args.get("first", "").strip()) or min(newest.shift(1 - MONTHS).name, last)
    return first, last


def choose_unit(flows: Flows, wanted: str) -> str:
    """Choose the unit of the picture: the one that is asked for, else the one in which most was measured."""
    units = list_units(flows)
    codes = [one.code for one in units]
    if wanted in codes:
        return wanted
    return max(units, key=lambda one: one.flows).code if units else "TNE"


def table_flows(table: Table, unit: str) -> tuple[list[str], list[list[Value]]]:
    """Make heads and values of the picture's table: amounts as numbers, with their unit in a column of its own."""
    currency = get_place().currency
    symbol = currency if unit == MONEY else next((one.symbol for one in UNITS.values() if one.code == unit), unit)
    rows: list[list[Value]] = []
    for cells in table.rows:
        *words, amount = cells
        exact = amount.value
        if unit == MONEY and isinstance(exact, int):
            exact = Decimal(exact).scaleb(-CURRENCY_EXPONENTS[currency])
        rows.append([*(cell.text for cell in words), exact, symbol])
    return [*(column.name for column in table.columns), _("Unit")], rows
