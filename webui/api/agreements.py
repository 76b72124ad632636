"""Agreements: the caller's own, and those that a grant opens, with history, redline and missing signatures."""

from typing import Any

from contracts.views import agreements
from webui import access
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.agreements import AgreementPageSchema, AgreementSchema, AgreementSeen
from webui.schemas.deriving import Page, make_page
from webui.schemas.paging import AgreementsQuery

routes = Routes("agreements", "Contracts between members")


@routes.route("GET /networks/<network:network>/agreements", access.MEMBERS, query=AgreementsQuery, answer=AgreementPageSchema)
def list_agreements(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List agreements by id."""
    with see() as sight:
        found = agreements.list_agreements(sight, state=query.get("state"), after=query.get("after", ""), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.agreement)


@routes.route("GET /networks/<network:network>/agreements/<name:agreement>", access.MEMBERS, answer=AgreementSchema)
def show_agreement(network: str, agreement: str) -> AgreementSeen:  # noqa: ARG001 - the sight has it
    """Show an agreement with every offer, what each changed, who signed and who has yet to."""
    with see() as sight:
        found = agreements.find_agreement(sight, agreement)
        return AgreementSeen(
            found,
            agreements.list_versions(sight, found),
            agreements.list_signatures(sight, found),
            agreements.list_missing(sight, found),
        )
