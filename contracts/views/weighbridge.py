"""What a clerk at the scale sees: the reader's contracts for loads, what is left on each, and today's loads, expected and arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from zoneinfo import ZoneInfo

from contracts.agreements.tables import Agreement, list_in_force
from contracts.certificates.specification import name_product
from contracts.deliveries.agreed import describe_trade
from contracts.deliveries.delivery import Delivery, DeliveryState
from contracts.deliveries.listing import DeliveryChoice, SortKey, sum_taken
from contracts.deliveries.trade import Authority
from contracts.errors import Invalid
from contracts.parties.tables import get_network
from contracts.period import find_contract_year
from contracts.views.deliveries import list_chosen
from contracts.views.sight import Sight

MOST_LANES = 60  #: contracts that one page offers
MOST_LOADS = 200  #: loads that are looked through for today's
_OPEN_END = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Lane:
    """One contract under which loads are weighed."""

    agreement: str
    contract_no: str
    product: str
    partner: str  #: organisation on the other side
    outgoing: bool  #: the reader hands over; else it receives
    unit: str  #: UN/ECE Rec 20
    moisture_wanted: bool  #: from the reader's side
    tolerance: Decimal  #: in `unit`
    tolerance_percent: Decimal
    loads_per_day: int | None
    contracted: Decimal  #: in the contract year that holds today
    taken: Decimal  #: settled in that year, in the price basis
    waiting: int  #: loads of that year that are not settled yet
    year_start: date

    @property
    def remaining(self) -> Decimal:
        """What is left of the year's quantity; negative where more was taken."""
        return self.contracted - self.taken


@dataclass(frozen=True, slots=True)
class Loads:
    """Loads under the reader's contracts."""

    expected: tuple[Delivery, ...]  #: handed over, and no receipt yet; the newest first
    arrived: tuple[Delivery, ...]  #: received today


def list_lanes(sight: Sight, today: date) -> list[Lane]:
    """List the contracts in force under which the reader hands over or receives loads, by product."""
    bound = list_in_force(sight.connection, sight.log_id, today, today + timedelta(days=1), party=sight.organisation)
    lanes = islice((lane for row in bound if (lane := _describe_lane(sight, row, today)) is not None), MOST_LANES)
    return sorted(lanes, key=lambda lane: (not lane.outgoing, lane.product, lane.contract_no))


def list_loads(sight: Sight, lanes: Sequence[Lane], now: datetime) -> Loads:
    """List the loads of contracts: those on their way, and those received on the local day."""
    zone = get_network(sight.connection, sight.log_id).zone
    known = {lane.agreement for lane in lanes}
    waiting = DeliveryChoice(state=DeliveryState.DISPATCHED, unreceived=True)
    disputed = DeliveryChoice(state=DeliveryState.DISPUTED, unreceived=True)
    expected = [
        one
        for chosen in (waiting, disputed)
        for one in list_chosen(sight, chosen, by=SortKey.RECORDED, down=True, after=None, limit=MOST_LOADS)
        if one.agreement in known
    ]
    newest = list_chosen(sight, DeliveryChoice(), by=SortKey.HANDED_OVER, down=True, after=None, limit=MOST_LOADS)
    arrived = [one for one in newest if one.agreement in known and is_on_day(one.received_at, now, zone) and one.of is None]
    return Loads(tuple(expected), tuple(arrived))


def is_on_day(moment: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an instant lies on the local day of another."""
    return moment is not None and moment.astimezone(zone).date() == now.astimezone(zone).date()


def _describe_lane(sight: Sight, row: Agreement, today: date) -> Lane | None:
    """Describe a contract for loads; None for others: metered ones, shared assets, those of strangers, or not begun or over."""
    me = sight.organisation
    if row.shared or me not in (row.supplier, *row.receivers) or not row.allows_delivery(today):
        return None
    try:
        trade = describe_trade(row)
        start = row.terms.text("contract_year_start") or "01-01"
        year = find_contract_year(today, start, row.effective_date, _OPEN_END)
    except Invalid:
        return None  # its terms were erased, or it does not bind yet
    if trade.interval is not None:
        return None
    outgoing = me == trade.supplier
    settles = trade.authority is not (Authority.RECEIVER if outgoing else Authority.SUPPLIER) or (outgoing and trade.silent_accept)
    taken, waiting = sum_taken(sight.connection, sight.log_id, row.agreement, f"{year.start:%Y-%m}")
    return Lane(
        agreement=row.agreement,
        contract_no=row.terms.text("contract_no") or row.agreement,
        product=name_product(row.terms),
        partner=trade.receivers[0] if outgoing else trade.supplier,
        outgoing=outgoing,
        unit=trade.unit,
        moisture_wanted=trade.moisture_counts and settles,
        tolerance=trade.tolerance,
        tolerance_percent=trade.tolerance_percent,
        loads_per_day=row.terms.integer("max_loads_per_day"),
        contracted=row.terms.decimal("annual_contract_quantity") or Decimal(0),
        taken=taken,
        waiting=waiting,
        year_start=year.start,
    )
