"""What readers see of deliveries: the two sides, the parties where the contract says so, and whoever a grant lets in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from contracts.agreements.tables import find_contract_no
from contracts.certificates.tables import Quality, find_qualities
from contracts.deliveries import listing, tables
from contracts.deliveries.agreed import find_trade
from contracts.deliveries.delivery import Delivery, DeliveryState, Proposal
from contracts.deliveries.listing import DeliveryChoice, Register, SortKey, place_delivery
from contracts.deliveries.settling import Comparison, compare_figures
from contracts.deliveries.trade import Trade
from contracts.errors import Invalid, NotFound
from contracts.parties.reading import Asked
from contracts.parties.tables import list_agreements_of
from contracts.views.sight import Sight, ask_open

__all__ = [
    "Delivery",
    "DeliveryChoice",
    "DeliveryItem",
    "DeliveryState",
    "SortKey",
    "find_delivery",
    "find_item",
    "find_trades",
    "list_chosen",
    "list_deliveries",
    "place_delivery",
    "read_readings",
]

Place = tuple[int, str] | None  #: entry and id of the last delivery that was seen


@dataclass(frozen=True, slots=True)
class DeliveryItem:
    """A delivery with all that its page says of it."""

    delivery: Delivery
    contract_no: str | None  #: as both sides file the contract; None for who is no party to it
    trade: Trade | None  #: what the agreement says; None once its terms were erased
    comparison: Comparison | None  #: None until both sides have a figure
    proposals: tuple[Proposal, ...]  #: quantities that one side named and that wait for the other
    reasons: Mapping[str, str | None]  #: of the proposals, by hash
    quality: Quality
    readings: tuple[tuple[str, Decimal, str], ...]  #: of a metered day: start, quantity, quality
    register: Register | None  #: of a metered day

    def find_proposal(self, organisation: str) -> Proposal | None:
        """Find what waits for an organisation's answer."""
        return next((one for one in self.proposals if self.delivery.is_other_side(organisation, one.by)), None)


def list_deliveries(
    sight: Sight, *, agreement: str | None, period: str | None, state: DeliveryState | None, after: Place, limit: int
) -> list[Delivery]:
    """List the deliveries that the reader may see, in the order of the log."""

    def fetch(place: Place, count: int) -> list[Delivery]:
        return tables.list_deliveries(
            sight.connection, sight.log_id, agreement=agreement, period=period, state=state, after=place, limit=count
        )

    return sight.collect(fetch, _ask, lambda row: (row.entry, row.delivery), after, limit)


def list_chosen(
    sight: Sight, chosen: DeliveryChoice, *, by: SortKey, down: bool, after: listing.Place | None, limit: int
) -> list[Delivery]:  # fmt: skip
    """List the chosen deliveries that the reader may see, in an order."""
    if not sight.viewer.grants:  # without grants nothing else is open: the rows of others need not be looked at
        mine = list_agreements_of(sight.connection, sight.log_id, sight.organisation)
        chosen = replace(chosen, among=tuple(sorted(mine)))

    def fetch(place: listing.Place | None, count: int) -> list[Delivery]:
        return listing.list_chosen(sight.connection, sight.log_id, chosen, by=by, down=down, after=place, limit=count)

    return sight.collect(fetch, _ask, lambda row: place_delivery(row, by), after, limit)


def find_delivery(sight: Sight, delivery: str) -> Delivery:
    """Find a delivery; raises NotFound, also where it is not for the reader."""
    found = tables.find_delivery(sight.connection, sight.log_id, delivery)
    if found is None or not sight.choose([found], _ask):
        raise NotFound("there is no such delivery for you to see")
    return found


def find_item(sight: Sight, delivery: str) -> DeliveryItem:
    """Find a delivery with all that its page says; raises NotFound, also where it is not for the reader."""
    found = find_delivery(sight, delivery)
    connection, log_id = sight.connection, sight.log_id
    trade = _find_trade(sight, found.agreement)
    proposals = tuple(tables.list_open_proposals(connection, log_id, delivery))
    register = listing.find_register(connection, log_id, delivery)
    readings = tables.read_readings(connection, log_id, delivery) if register else []
    is_party = found.agreement in list_agreements_of(connection, log_id, sight.organisation)
    return DeliveryItem(
        delivery=found,
        contract_no=find_contract_no(connection, log_id, found.agreement) if is_party else None,
        trade=trade,
        comparison=_compare(found, trade),
        proposals=proposals,
        reasons=listing.find_reasons(connection, log_id, [one.hash for one in proposals]),
        quality=find_qualities(connection, log_id, [delivery])[delivery],
        readings=tuple((start, Decimal(quantity), quality) for start, quantity, quality in readings),
        register=register,
    )


def read_readings(sight: Sight, delivery: Delivery) -> list[list[str]]:
    """Read the intervals of a metered day: start, quantity, quality; none for a load."""
    return [list(row) for row in tables.read_readings(sight.connection, sight.log_id, delivery.delivery)]


def find_trades(sight: Sight, shown: Sequence[Delivery]) -> dict[str, Trade | None]:
    """Find what the agreements of deliveries that the reader sees say, by agreement."""
    return {agreement: _find_trade(sight, agreement) for agreement in {one.agreement for one in shown}}


def _find_trade(sight: Sight, agreement: str) -> Trade | None:
    try:
        return find_trade(sight.connection, sight.log_id, agreement)
    except Invalid:
        return None


def _compare(found: Delivery, trade: Trade | None) -> Comparison | None:
    if trade is None or found.sent.quantity is None or found.got.quantity is None:
        return None
    return compare_figures(trade, found.unit, found.sent.quantity, found.got.quantity)


def _ask(row: Delivery) -> Asked:
    return ask_open(row.entry, "delivery.dispatched", row.supplier)
