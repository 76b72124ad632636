"""Rulebooks, reviews with their counts, resolutions."""

from typing import Any

from contracts.views import governance
from contracts.views.governance import SeenReview
from webui import access
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.deriving import Page, make_page
from webui.schemas.governance import ResolutionPageSchema, ReviewPageSchema, ReviewSchema, RulebookList, RulebookListSchema
from webui.schemas.paging import IndexPageQuery

routes = Routes("governance", "What a board reviews, votes on and resolves")


@routes.route("GET /networks/<network:network>/rulebooks", access.MEMBERS, answer=RulebookListSchema)
def list_rulebooks(network: str) -> RulebookList:  # noqa: ARG001 - the sight has it
    """List the rulebooks; the last one holds."""
    with see() as sight:
        return RulebookList(governance.list_rulebooks(sight))


@routes.route("GET /networks/<network:network>/reviews", access.MEMBERS, query=IndexPageQuery, answer=ReviewPageSchema)
def list_reviews(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List reviews in the order of their opening."""
    with see() as sight:
        found = governance.list_reviews(sight, after=query.get("after", -1), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.entry)


@routes.route("GET /networks/<network:network>/reviews/<name:review>", access.MEMBERS, answer=ReviewSchema)
def show_review(network: str, review: str) -> SeenReview:  # noqa: ARG001 - the sight has it
    """Show a review with its seats and interests and, once it is final, its count in words."""
    with see() as sight:
        return governance.find_review(sight, review, get_runtime().clock.now())


@routes.route("GET /networks/<network:network>/resolutions", access.MEMBERS, query=IndexPageQuery, answer=ResolutionPageSchema)
def list_resolutions(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List resolutions in the order of the log, dissents included."""
    with see() as sight:
        found = governance.list_resolutions(sight, after=query.get("after", -1), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.entry)
