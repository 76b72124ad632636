"""Savings: periods, what one saved and what is still wanted, its lines; having it closed, its saving shared, its accounts stated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Conflict, Finding, Invalid, NotFound
from contracts.governance.rulebook import AllocationRule
from contracts.period import Period
from contracts.savings.facts import LineCause, SavingLine
from contracts.views import allocations, savings, settlement
from contracts.views.savings import SeenSavings
from contracts.views.sight import Sight
from contracts.views.waterfall import Waterfall, find_waterfall
from ledger.outcome import Outcome, Receipt, Refused
from webui import jobs
from webui.access import FACILITATOR_PERSONS, MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.entry_cursors import read_entry_cursor
from webui.pages.history import read_history
from webui.pages.languages import write_period
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.problem_pages import redirect_to
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.savings_words import BASELINES, CAUSES, PERIOD_STATES, RULES
from webui.pictures.request_writing import write_for_request
from webui.pictures.steps import draw_waterfall

pages = Pages("savings")
MOST_ALLOCATIONS = 20  #: of one period
MOST_ACCOUNTS = 500  #: of one period
MOST_SHOWN = 50  #: baselines, and contracts with own costs, on the page of a period


@dataclass(frozen=True, slots=True)
class ListedPeriod:
    """A period in the list."""

    period: str
    state: str  #: closed, ended or runs
    total: int | None = None
    own: int | None = None
    organisations: int | None = None
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A saving line with its number in its close."""

    period: str
    number: int
    line: SavingLine


def fetch_periods(sight: Sight, wanted: Wanted) -> Sequence[ListedPeriod]:
    """Fetch periods, the latest first: the one that runs, the one that waits for its close, and all closed ones."""
    found: list[ListedPeriod] = []
    if not wanted.after:
        ended, running = savings.list_open_periods(sight, get_runtime().clock.now())
        found = [ListedPeriod(running, "runs"), *([ListedPeriod(ended, "ended")] if ended else [])]
    rows = savings.list_period_rows(sight, after=wanted.after, limit=wanted.limit - len(found))
    return [*found, *(ListedPeriod(one.period, "closed", one.total, one.own, one.organisations, one.entry) for one in rows)]


PERIODS: Listing[ListedPeriod] = Listing(
    name="periods",
    title=_l("Savings by period"),
    columns=(
        Column("period", _l("Period"), lambda one: one.period, Kind.PERIOD, link=lambda one: f"/periods/{one.period}"),
        Column("state", _l("State"), lambda one: PERIOD_STATES[one.state], Kind.STATE),
        Column("total", _l("Saved by all together"), lambda one: one.total, Kind.MONEY),
        Column("own", _l("Saved by us"), lambda one: one.own, Kind.MONEY),
        Column("organisations", _l("Organisations"), lambda one: one.organisations, Kind.NUMBER),
        Column("entry", _l("Closing entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_periods,
    place=lambda row, _wanted: row.period,
    nothing=_l("No period was closed yet."),
)


@pages.page("GET /n/<network:network>/savings", MEMBER_PERSONS)
def list_savings(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List periods with what was saved in them."""
    return answer_list(PERIODS, template="savings/list.html")


@pages.page("GET /n/<network:network>/periods/<period:period>", MEMBER_PERSONS)
def show_period(network: str, period: str) -> Response:
    """Show a period: what it saved, how that leads to the account, what was reported and what rules it."""
    with see() as sight:
        values = read_period(sight, period)
    roles = get_member().roles
    return render(
        "savings/period.html",
        period=period,
        **values,
        state_words=PERIOD_STATES[values["state_name"]],
        picture=draw_waterfall(values["waterfall"], write_for_request()) if values["waterfall"] else None,
        causes=CAUSES,
        rules=RULES,
        baseline_words=BASELINES,
        is_facilitator="facilitator" in roles,
        may_report="finance" in roles,
        enough=savings.ENOUGH,
        history=read_history(network, f"period:{period}"),
    )


def read_period(sight: Sight, period: str) -> dict[str, Any]:
    """Read what the page of a period shows."""
    month = Period(period)
    ended, running = savings.list_open_periods(sight, get_runtime().clock.now())
    seen = find_closed(sight, period)
    reports = savings.list_own_reports(sight, period)
    open_name = "runs" if period == running else "ahead" if period > running else "ended" if period == ended else "waits"
    return {
        "seen": seen,
        "state_name": "closed" if seen else open_name,
        "lines": savings.list_numbered_lines(sight, period) if seen else [],
        "closed": savings.find_period(sight, period) if seen else None,
        "reports": reports[:MOST_SHOWN],
        "more_reports": len(reports[MOST_SHOWN:]),
        "baselines": savings.list_baselines(sight, month.first_day, month.next().first_day, limit=MOST_SHOWN),
        "allocations": allocations.list_allocations(sight, period=period, after=-1, limit=MOST_ALLOCATIONS),
        "accounts": settlement.list_accounts(sight, period=period, after=-1, limit=MOST_ACCOUNTS),
        "waterfall": find_own_waterfall(sight, period) if seen else None,
    }


def find_closed(sight: Sight, period: str) -> SeenSavings | None:
    """Find what a closed period saved; None while it is open."""
    try:
        return savings.find_savings(sight, period)
    except NotFound:
        return None


def find_own_waterfall(sight: Sight, period: str) -> Waterfall | None:
    """Find the waterfall of the organisation that was asked for, the reader's own if none was; None where there is none."""
    try:
        return find_waterfall(sight, request.args.get("organisation") or sight.organisation, period)
    except NotFound:
        return None


@pages.page("GET /n/<network:network>/periods/<period:period>/lines", MEMBER_PERSONS)
def list_saving_lines(network: str, period: str) -> Response:  # noqa: ARG001 - the sight has it
    """List a closed period's saving lines, one row each, for export."""
    return answer_list(make_lines(period))


LINE_COLUMNS: tuple[Column[ShownLine], ...] = (
    Column("agreement", _l("Contract"), lambda row: row.line.agreement, Kind.ID, link=lambda row: f"/agreements/{row.line.agreement}"),
    Column("organisation", _l("Organisation"), lambda row: row.line.organisation, Kind.ORGANISATION),
    Column("cause", _l("Why here"), lambda row: CAUSES[row.line.cause]),
    Column("of_period", _l("Delivered in"), lambda row: row.line.of_period, Kind.PERIOD),
    Column("deliveries", _l("Deliveries"), lambda row: row.line.deliveries, Kind.NUMBER),
    Column("quantity", _l("Quantity"), lambda row: (row.line.quantity, row.line.unit), Kind.QUANTITY),
    Column("baseline", _l("Baseline"), lambda row: row.line.baseline, Kind.MONEY),
    Column("cost", _l("Costs"), lambda row: row.line.cost, Kind.MONEY),
    Column("price", _l("Price"), lambda row: row.line.price, Kind.MONEY),
    Column("saving", _l("Saving"), lambda row: row.line.saving, Kind.MONEY, link=lambda row: f"/why/savings/{row.period}/{row.number}"),
)


def make_lines(period: str) -> Listing[ShownLine]:
    """Make the list of a period's saving lines."""

    def fetch(sight: Sight, wanted: Wanted) -> Sequence[ShownLine]:
        after = read_entry_cursor(wanted)
        rows = [ShownLine(period, number, line) for number, line in savings.list_numbered_lines(sight, period) if number > after]
        cause = wanted.chosen.get("cause")
        return [row for row in rows if cause in (None, row.line.cause)][: wanted.limit]

    return Listing(
        name=f"savings-{period}",
        title=_("Saving lines of %(period)s", period=write_period(period)),
        columns=LINE_COLUMNS,
        fetch=fetch,
        place=lambda row, _wanted: str(row.number),
        filters=(Filter("cause", _l("Why here"), "choice", [(cause.value, CAUSES[cause]) for cause in LineCause]),),
        nothing=_l("No line of this period is for you to see."),
    )


@pages.page("POST /n/<network:network>/periods/<period:period>/close", FACILITATOR_PERSONS)
def close_period(network: str, period: str) -> Response:
    """Have the service close a period that has ended."""
    require_receipt(jobs.close_period(get_runtime(), network, period))
    return redirect_to(get_place().path(f"/periods/{period}"))


@pages.page("POST /n/<network:network>/periods/<period:period>/allocation", FACILITATOR_PERSONS)
def propose_allocation(network: str, period: str) -> Response:
    """Have the service propose how a closed period's saving is shared, by a rule."""
    rule = request.form.get("rule", "")
    if rule not in [one.value for one in AllocationRule]:
        raise Invalid(_("This is no rule that is known here."), [Finding("rule", "unknown", _("choose one of the rules"))])
    receipt = require_receipt(jobs.propose_allocation(get_runtime(), network, period, rule))
    with see() as sight:
        found = allocations.list_allocations(sight, period=period, after=receipt.index - 1, limit=1)
    return redirect_to(get_place().path(f"/allocations/{found[0].allocation}" if found else f"/periods/{period}"))


@pages.page("POST /n/<network:network>/periods/<period:period>/accounts", FACILITATOR_PERSONS)
def state_accounts(network: str, period: str) -> Response:
    """Have the service state the accounts of a period whose allocation was adopted."""
    for outcome in jobs.state_accounts(get_runtime(), network, period):
        require_receipt(outcome)
    return redirect_to(get_place().path(f"/accounts?period={period}"))


def require_receipt(outcome: Outcome) -> Receipt:
    """Give the receipt of what the service said; raises Conflict with the log's findings."""
    match outcome:
        case Receipt():
            return outcome
        case Refused(findings=findings):
            raise Conflict(_("The log refused it; nothing was changed."), [Finding(one.field, one.code, one.message) for one in findings])
        case _:
            raise Conflict(_("The log has it and has not judged it yet: look again in a moment."))
