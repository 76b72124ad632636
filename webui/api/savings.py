"""Periods and savings; and closing a period on request of the facilitator, by the service's own key."""

from typing import Any

from contracts.views import savings
from contracts.views.savings import ClosedPeriod, SeenSavings
from webui import access, jobs
from webui.api.answering import answer_outcome
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.deriving import Page, make_page
from webui.schemas.fields import PageQuery
from webui.schemas.savings import PeriodPageSchema, PeriodSchema, SavingsSchema
from webui.schemas.statements import AnsweredSchema

routes = Routes("savings", "Closed periods and what cooperation saved in them")


@routes.route("GET /networks/<network:network>/periods", access.MEMBERS, query=PageQuery, answer=PeriodPageSchema)
def list_periods(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List closed periods in order."""
    with see() as sight:
        found = savings.list_periods(sight, after=query.get("after", ""), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.period)


@routes.route("GET /networks/<network:network>/periods/<period:period>", access.MEMBERS, answer=PeriodSchema)
def show_period(network: str, period: str) -> ClosedPeriod:  # noqa: ARG001 - the sight has it
    """Show a closed period."""
    with see() as sight:
        return savings.find_period(sight, period)


@routes.route("GET /networks/<network:network>/periods/<period:period>/savings", access.MEMBERS, answer=SavingsSchema)
def show_savings(network: str, period: str) -> SeenSavings:  # noqa: ARG001 - the sight has it
    """Show what a period saved: one's own lines, and the total over three organisations or more."""
    with see() as sight:
        return savings.find_savings(sight, period)


@routes.route("POST /networks/<network:network>/periods/<period:period>/close", access.FACILITATORS, answer=AnsweredSchema, status=201)
def close_period(network: str, period: str) -> Any:  # noqa: ANN401 - an answer, or a problem
    """Close a period that has ended: the service computes its savings and puts them on the log."""
    return answer_outcome(jobs.close_period(get_runtime(), network, period))
