"""Deliveries: the caller's own, and those that a contract or a grant opens."""

from typing import Any

from contracts.views import deliveries
from webui import access
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.deliveries import DeliveryPageSchema, DeliverySchema, DeliverySeen
from webui.schemas.deriving import Page, make_page
from webui.schemas.paging import DeliveriesQuery

routes = Routes("deliveries", "What was handed over")


@routes.route("GET /networks/<network:network>/deliveries", access.MEMBERS, query=DeliveriesQuery, answer=DeliveryPageSchema)
def list_deliveries(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List deliveries in the order of the log, of an agreement, a period or a state."""
    entry, _, delivery = query.get("after", "").partition(":")
    with see() as sight:
        found = deliveries.list_deliveries(
            sight,
            agreement=query.get("agreement"),
            period=query.get("period"),
            state=query.get("state"),
            after=(int(entry), delivery) if entry else None,
            limit=query["limit"] + 1,
        )
    return make_page(found, query["limit"], lambda one: f"{one.entry}:{one.delivery}")


@routes.route("GET /networks/<network:network>/deliveries/<name:delivery>", access.MEMBERS, answer=DeliverySchema)
def show_delivery(network: str, delivery: str) -> DeliverySeen:  # noqa: ARG001 - the sight has it
    """Show a delivery: both sides' figures, its state in words, what was settled, a metered day's intervals."""
    with see() as sight:
        found = deliveries.find_delivery(sight, delivery)
        return DeliverySeen(found, found.words, deliveries.read_readings(sight, found))
