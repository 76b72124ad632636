"""The weighbridge: a page for tablets on which a clerk records loads, and sends what a browser kept while the network was away."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from babel.numbers import get_decimal_symbol
from flask import Response, request
from flask_babel import gettext as _

from contracts.deliveries.delivery import Delivery
from contracts.errors import Finding, Invalid
from contracts.units import UNITS
from contracts.views.sight import Sight
from contracts.views.weighbridge import Lane, Loads, list_lanes, list_loads
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.delivery_words import name_delivery, word_state
from webui.pages.languages import find_locale, write_quantity
from webui.pages.problem_pages import redirect_to
from webui.pages.rendering import get_place, name_organisation, render
from webui.pages.routes import Pages
from webui.pages.signing import show_signing
from webui.pages.weighing import NAMES, Weighed, read_load
from webui.reading_text import is_text

MOST_UNSENT = 200  #: loads that are sent at once
MOST_TYPED = 300  #: characters of one field
pages = Pages("weighbridge")


@pages.page("GET /n/<network:network>/weighbridge", MEMBER_PERSONS)
def show_weighbridge(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the clerk's contracts, the form and today's loads."""
    chosen = request.args.get("agreement", "")
    return show_page({"agreement": chosen, "load": request.args.get("load", ""), "new_id": make_id()}, {}, 200)


@pages.page("POST /n/<network:network>/weighbridge", MEMBER_PERSONS)
def weigh_load(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show one load for signing, or its faults beside the fields."""
    values = {name: request.form.get(name, "") for name in NAMES}
    if "edit" in request.form:
        return show_page(values, {}, 200)
    with see() as sight:
        lanes = list_lanes(sight, find_today())
        loads = list_loads(sight, lanes, get_runtime().clock.now())
    weighed = read_load(values, lanes, list_receivable(loads))
    if weighed.faults or weighed.draft is None:
        return show_page(values, weighed.faults, 422)
    typed = [(name, value) for name, value in values.items() if value]
    then = get_place().path(f"/deliveries/{weighed.delivery}/slip")
    return show_signing(weighed.draft, then=then, title=_("Record a load"), typed=typed)


@pages.page("POST /n/<network:network>/weighbridge/loads", MEMBER_PERSONS)
def send_loads(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show what a browser kept for signing in one go; where some have faults, show these first."""
    then = get_place().path("/weighbridge")
    if "edit" in request.form:
        return redirect_to(then)
    kept = read_kept(request.form.get("loads", ""))
    with see() as sight:
        lanes = list_lanes(sight, find_today())
        loads = list_loads(sight, lanes, get_runtime().clock.now())
    receivable = list_receivable(loads)
    weighed = mark_twins([read_load(one, lanes, receivable) for one in kept])
    good = [one for one in weighed if not one.faults and one.draft is not None]
    if len(good) == len(weighed):
        drafts = [one.draft for one in good if one.draft is not None]
        return show_signing(drafts, then=then, title=_("Send the unsent loads"), typed=[("loads", request.form["loads"])])
    again = json.dumps([dict(one.values) for one in good])
    faulty = [(number, one) for number, one in enumerate(weighed, 1) if one not in good]
    names = name_lanes(lanes)
    return render("deliveries/unsent.html", status=422, faulty=faulty, good=good, again=again, names=names, labels=list_labels())


def show_page(values: Mapping[str, str], faults: Mapping[str, Sequence[str]], status: int) -> Response:
    """Show the page with what was typed."""
    with see() as sight:
        lanes = list_lanes(sight, find_today())
        loads = list_loads(sight, lanes, get_runtime().clock.now())
        rest = count_rest(sight, lanes, loads)
    member, place = get_member(), get_place()
    script = {
        "owner": {"log": place.log, "organisation": member.organisation, "holder": member.holder},
        "api": f"/api/v1/networks/{place.network}/deliveries/",
        "point": get_decimal_symbol(find_locale()),
        "words": list_script_words(),
    }
    return render(
        "deliveries/weighbridge.html",
        status=status,
        lanes=lanes,
        rest=rest,
        expected=[show_load(one, lanes) for one in loads.expected],
        arrived=[show_load(one, lanes) for one in loads.arrived],
        values=values,
        faults=faults,
        labels=list_labels(),
        script=script,
        symbols={lane.agreement: UNITS[lane.unit].symbol for lane in lanes},
    )


def show_load(one: Delivery, lanes: Sequence[Lane]) -> dict[str, Any]:
    """Give what the page says of a load."""
    lane = next(lane for lane in lanes if lane.agreement == one.agreement)
    return {
        "delivery": one,
        "lane": lane,
        "name": name_delivery(one),
        "state": word_state(one),
        "label": " · ".join(filter(None, (one.ticket, one.vehicle, write_quantity(one.sent.quantity, one.unit)))),
    }


def count_rest(sight: Sight, lanes: Sequence[Lane], loads: Loads) -> dict[str, dict[str, Any]]:  # noqa: ARG001 - read while it is open
    """Say for each contract what is left on it, and how many loads are expected and have arrived today."""
    return {
        lane.agreement: {
            "partner": name_organisation(lane.partner),
            "expected": sum(1 for one in loads.expected if one.agreement == lane.agreement),
            "arrived": sum(1 for one in loads.arrived if one.agreement == lane.agreement),
        }
        for lane in lanes
    }


def read_kept(text: str) -> list[dict[str, str]]:
    """Read the loads that a browser kept; raises Invalid."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    is_list = isinstance(value, list) and 1 <= len(value) <= MOST_UNSENT and all(isinstance(one, dict) for one in value)
    if not is_list:
        raise Invalid(_("These are no unsent loads."), [Finding("loads", "malformed", f"a list of 1 to {MOST_UNSENT} loads is wanted")])
    loads = [{name: str(one.get(name) or "")[:MOST_TYPED] for name in NAMES} for one in value]
    if not all(is_text(typed) for one in loads for typed in one.values()):
        raise Invalid(_("These are no unsent loads."), [Finding("loads", "malformed", "a load holds what is no text")])
    return loads


def mark_twins(weighed: Sequence[Weighed]) -> list[Weighed]:
    """Mark loads whose ticket, or whose delivery, stands among them twice: the log knows neither yet."""
    seen: set[tuple[str, str]] = set()
    marked = []
    for one in weighed:
        ticket = one.values["ticket"]
        mine = {("delivery", one.delivery), *([(one.values["agreement"], ticket)] if ticket else [])}
        if one.delivery and seen & mine:
            told = {**one.faults, "ticket": [*one.faults.get("ticket", ()), _("This ticket stands among the unsent loads twice.")]}
            marked.append(Weighed(one.values, one.draft, one.delivery, told))
        else:
            marked.append(one)
        seen |= mine
    return marked


def list_receivable(loads: Loads) -> dict[str, str]:
    """List the agreements of loads that wait for a receipt, by delivery."""
    return {one.delivery: one.agreement for one in loads.expected}


def name_lanes(lanes: Sequence[Lane]) -> dict[str, str]:
    """Name contracts by what people know them by."""
    return {lane.agreement: f"{lane.product}, {lane.contract_no}" for lane in lanes}


def list_labels() -> dict[str, str]:
    """List the labels of the form's fields, for the summary of faults."""
    return {
        "agreement": _("Contract"),
        "load": _("Load"),
        "ticket": _("Ticket"),
        "vehicle": _("Vehicle"),
        "driver": _("Driver"),
        "batch": _("Batch"),
        "gross": _("Gross"),
        "tare": _("Tare"),
        "quantity": _("Net"),
        "moisture": _("Moisture"),
        "moment": _("When"),
        "refused": _("Refused part"),
        "reason": _("Why refused"),
    }


def list_script_words() -> dict[str, str]:
    """List what the page's script says."""
    return {
        "good": _("Green: within the tolerance of the supplier's figure"),
        "warn": _("Amber: within the tolerance, but near its end"),
        "bad": _("Red: more than the tolerance from the supplier's figure; this opens a dispute"),
        "offline": _("No connection: loads are kept in this browser."),
        "online": _("Connected."),
        "kept": _("Kept in this browser, not yet on the log."),
        "twin": _("This one stands among the unsent loads already."),
        "missing": _("Choose the contract, and write the ticket or choose the load."),
        "sure": _("Remove this load? It was never sent."),
    }


def make_id() -> str:
    """Make the id of a new load."""
    return f"d-{secrets.token_hex(16)}"


def find_today() -> Any:  # noqa: ANN401 - a date of the network's calendar
    """Give the day in the network's time zone."""
    return get_runtime().clock.now().astimezone(get_place().zone).date()
