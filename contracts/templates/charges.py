"""Charges beside the price of quantity: heat between floor and ceiling, late delivery, investment surcharge, standing alone."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from contracts.money import round_half_even_cents
from contracts.period import Period
from contracts.templates.terms import Terms

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class HeatPrice:
    """The price of heat in one hour or month, with both bounds, as the statement of account shows it."""

    #: marginal cost of recovery, currency per unit
    floor: Decimal
    #: substitution cost, currency per unit
    ceiling: Decimal
    #: floor + share x (ceiling - floor); None when the ceiling lies below the floor: then nothing is exchanged
    price: Fraction | None


def find_heat_price(floor: Decimal, ceiling: Decimal, supplier_share: Decimal) -> HeatPrice:
    """Return the price between the supplier's marginal cost and the receiver's substitution cost; the share is in percent."""
    if ceiling < floor:
        return HeatPrice(floor, ceiling, None)
    return HeatPrice(floor, ceiling, Fraction(floor) + Fraction(supplier_share) / 100 * (Fraction(ceiling) - Fraction(floor)))


def price_late_delivery(value: int, late_seconds: int, percent: Decimal, period_days: int, cap_percent: Decimal | None = None) -> int:
    """Return the penalty for late delivery in minor units, rounded once.

    ``percent`` of the value is due per ``period_days``. Whole elapsed days count, a begun day does not; a part of a
    period counts by its days; then the cap, in percent of the value, applies.
    """
    days = max(0, late_seconds) // _SECONDS_A_DAY
    share = Fraction(percent) / 100 * Fraction(days, period_days)
    if cap_percent is not None:
        share = min(share, Fraction(cap_percent) / 100)
    return round(value * share)


def price_surcharge(recovered: int, cost: int, quantity: Decimal, rate: Decimal, currency: str) -> int:
    """Return the investment surcharge of a quantity in minor units: rate x quantity, until the cost is recovered, then 0.

    ``recovered`` and ``cost`` are minor units; the caller adds the agreed return to ``cost`` as it accrues. The last
    surcharge is cut so that the sum is the cost exactly.
    """
    due = round_half_even_cents(Fraction(rate) * Fraction(quantity), currency)
    return max(0, min(due, cost - recovered))


def stand_alone_costs(terms: Terms, period: str) -> dict[str, int]:
    """Give what each user would pay alone for the month, minor units."""
    return {
        row.require_text("organisation"): Period(period).take_part(row.require_integer("cost")) for row in terms.rows("stand_alone_cost")
    }
