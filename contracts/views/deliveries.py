"""What readers see of deliveries: the two sides, the parties where the contract says so, and whoever a grant lets in."""

from contracts.deliveries import tables
from contracts.deliveries.delivery import Delivery, DeliveryState
from contracts.errors import NotFound
from contracts.parties.reading import Asked
from contracts.views.sight import Sight, ask_open

Place = tuple[int, str] | None  #: entry and id of the last delivery that was seen


def list_deliveries(
    sight: Sight, *, agreement: str | None, period: str | None, state: DeliveryState | None, after: Place, limit: int
) -> list[Delivery]:
    """List the deliveries that the reader may see, in the order of the log."""

    def fetch(place: Place, count: int) -> list[Delivery]:
        return tables.list_deliveries(
            sight.connection, sight.log_id, agreement=agreement, period=period, state=state, after=place, limit=count
        )

    return sight.collect(fetch, _ask, lambda row: (row.entry, row.delivery), after, limit)


def find_delivery(sight: Sight, delivery: str) -> Delivery:
    """Find a delivery; raises NotFound, also where it is not for the reader."""
    found = tables.find_delivery(sight.connection, sight.log_id, delivery)
    if found is None or not sight.choose([found], _ask):
        raise NotFound("there is no such delivery for you to see")
    return found


def read_readings(sight: Sight, delivery: Delivery) -> list[list[str]]:
    """Read the intervals of a metered day: start, quantity, quality; none for a load."""
    return [list(row) for row in tables.read_readings(sight.connection, sight.log_id, delivery.delivery)]


def _ask(row: Delivery) -> Asked:
    return ask_open(row.entry, "delivery.dispatched", row.supplier)
