"""What an agreement says about its deliveries: who hands over to whom, in which unit, whose figure settles, and when.

Read from normalised parameters of the standard contracts, so that the rules of this stage see values with types and nothing else.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from contracts.period import find_period
from contracts.templates.terms import Terms

NOTHING = Decimal(0)


class Authority(StrEnum):
    """Whose figure settles when both lie within the tolerance."""

    SUPPLIER = "supplier"
    RECEIVER = "receiver"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit on which the deliveries depend."""

    number: str
    expiry: date  #: last day


@dataclass(frozen=True, slots=True)
class Trade:
    """An agreement as far as deliveries go."""

    agreement: str
    supplier: str  #: of a shared asset its operator, who records the use
    receivers: tuple[str, ...]  #: one; of a shared asset its users
    shared: bool  #: a shared asset
    unit: str  #: UN/ECE Rec 20; of settled quantities
    invoice_mass: str  #: wet, dry or dry_capped
    moisture_reference: Decimal | None  #: percent m/m
    authority: Authority
    tolerance: Decimal  #: in `unit`
    tolerance_percent: Decimal  #: of the authority's figure
    title: str  #: the event at which title passes: loading, delivery_point, weighbridge or acceptance
    confirm_within: int | None  #: hours after which silence counts, where it counts
    silent_accept: bool
    meters: frozenset[str]  #: tags of the instruments that settle; empty = none named
    interval: int | None  #: minutes of one metered interval
    rollover: int | None  #: digits after which a meter begins again at zero
    first_day: date  #: of deliveries, in the network's time zone
    end_day: date | None  #: first day without deliveries; None = open
    in_force: bool  #: signed by all, neither suspended nor ended, as the log stands
    permits: tuple[Permit, ...] = ()
    use_is_open: bool = False  #: of a shared asset: every member reads what the others used

    @property
    def moisture_counts(self) -> bool:
        """A settled quantity needs its moisture."""
        return self.invoice_mass != "wet"

    def find_title_period(self, dispatched_at: datetime, received_at: datetime | None, zone: ZoneInfo) -> str:
        """Return the period of the title transfer; what nobody received passed when it was handed over."""
        at_dispatch = self.title == "loading" or (self.title == "weighbridge" and self.authority is Authority.SUPPLIER)
        return find_period(dispatched_at if at_dispatch or received_at is None else received_at, zone).name


def read_trade(
    agreement: str, terms: Terms, *, sides: tuple[str, tuple[str, ...]], shared: bool, in_force: bool, end_day: date | None = None
) -> Trade:  # fmt: skip
    """Read an agreement's terms; raises Invalid where a parameter is missing that the template requires.

    Args:
        agreement: its id.
        terms: normalised parameters.
        sides: who hands over, and who receives.
        shared: a shared asset: the operator records the use by those who hold shares.
        in_force: as the log stands.
        end_day: first day without deliveries: after termination or the end of the term.
    """
    authority = terms.text("measurement_authority") or (Authority.SUPPLIER if shared else Authority.RECEIVER)
    return Trade(
        agreement=agreement,
        supplier=sides[0],
        receivers=sides[1],
        shared=shared,
        unit=terms.require_text("quantity_unit"),
        invoice_mass=terms.text("invoice_mass") or "wet",
        moisture_reference=terms.decimal("moisture_reference"),
        authority=Authority(authority),
        tolerance=terms.decimal("match_tolerance_abs") or NOTHING,
        tolerance_percent=terms.decimal("match_tolerance_pct") or NOTHING,
        title=terms.text("title_and_risk") or "delivery_point",
        confirm_within=terms.integer("confirm_within"),
        silent_accept=terms.flag("silent_accept"),
        meters=frozenset(terms.items("meter_ids")),
        interval=terms.integer("interval"),
        rollover=terms.integer("meter_rollover"),
        first_day=terms.require_day("first_delivery_date"),
        end_day=end_day,
        in_force=in_force,
        permits=tuple(Permit(row.require_text("number"), row.require_day("expiry")) for row in terms.rows("permits")),
        use_is_open=terms.text("data_access") == "all",
    )
