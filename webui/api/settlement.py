"""Statements of account and payments: one's own; and stating a period's accounts on request of the facilitator."""

from typing import Any

from contracts.views import settlement
from contracts.views.settlement import Account
from webui import access, jobs
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.deriving import Page, make_page
from webui.schemas.paging import PaymentsQuery, PeriodQuery
from webui.schemas.savings import AccountPageSchema, AccountSchema, AccountsOrderSchema, PaymentPageSchema
from webui.schemas.statements import BulkAnswerSchema
from webui.submitting import describe

routes = Routes("settlement", "Who owes whom what, and what was paid")


@routes.route("GET /networks/<network:network>/accounts", access.MEMBERS, query=PeriodQuery, answer=AccountPageSchema)
def list_accounts(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List statements of account in the order of the log."""
    with see() as sight:
        found = settlement.list_accounts(sight, period=query.get("period"), after=query.get("after", -1), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.entry)


@routes.route("GET /networks/<network:network>/accounts/<name:account>", access.MEMBERS, answer=AccountSchema)
def show_account(network: str, account: str) -> Account:  # noqa: ARG001 - the sight has it
    """Show a statement of account, line by line."""
    with see() as sight:
        return settlement.find_account(sight, account)


@routes.route("GET /networks/<network:network>/payments", access.MEMBERS, query=PaymentsQuery, answer=PaymentPageSchema)
def list_payments(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List payments that their payees confirmed."""
    with see() as sight:
        found = settlement.list_payments(sight, account=query.get("account"), after=query.get("after", -1), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.entry)


@routes.route(
    "POST /networks/<network:network>/accounts", access.FACILITATORS, body=AccountsOrderSchema, answer=BulkAnswerSchema, status=201
)
def state_accounts(body: dict[str, str], network: str) -> dict[str, Any]:
    """State the accounts of a period whose allocation was adopted: one entry for each organisation, by the service's own key."""
    outcomes = jobs.state_accounts(get_runtime(), network, body["period"])
    return {"results": [describe(outcome, before=0) for outcome in outcomes]}
