"""Allocations: what was proposed, as far as the caller sees it; and proposing one on request of the facilitator."""

from typing import Any

from contracts.views import allocations
from contracts.views.allocations import SeenAllocation
from webui import access, jobs
from webui.api.answering import answer_outcome
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.deriving import Page, make_page
from webui.schemas.paging import PeriodQuery
from webui.schemas.savings import AllocationPageSchema, AllocationSchema, ProposalSchema
from webui.schemas.statements import AnsweredSchema

routes = Routes("allocations", "Who is allocated what of a period's saving, under which rule")


@routes.route("GET /networks/<network:network>/allocations", access.MEMBERS, query=PeriodQuery, answer=AllocationPageSchema)
def list_allocations(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List allocations in the order of the log: all shares for the board, one's own for members."""
    with see() as sight:
        found = allocations.list_allocations(sight, period=query.get("period"), after=query.get("after", -1), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.entry)


@routes.route("GET /networks/<network:network>/allocations/<name:allocation>", access.MEMBERS, answer=AllocationSchema)
def show_allocation(network: str, allocation: str) -> SeenAllocation:  # noqa: ARG001 - the sight has it
    """Show an allocation with the game that it rests on, as far as the caller sees it."""
    with see() as sight:
        return allocations.find_allocation(sight, allocation)


@routes.route("POST /networks/<network:network>/allocations", access.FACILITATORS, body=ProposalSchema, answer=AnsweredSchema, status=201)
def propose_allocation(body: dict[str, Any], network: str) -> Any:  # noqa: ANN401 - an answer, or a problem
    """Propose an allocation of a closed period: the service computes it and puts it on the log for the board to review."""
    return answer_outcome(jobs.propose_allocation(get_runtime(), network, body["period"], body["rule"]))
