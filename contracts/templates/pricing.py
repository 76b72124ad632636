"""What a quantity costs under the agreed price model: fixed, free, gate fee, tiered, indexed.

Amounts are seen from the supplier: positive, the receiver owes; negative, the supplier pays (gate fee). Products are
exact and rounded once, half-even, to minor units. Under tiers what is rounded is the year's running total, so that the
deliveries of a contract year add up to the price of its quantity, to the cent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from contracts.errors import Finding, Invalid
from contracts.money import price_quantity, round_half_even_cents
from contracts.period import Period
from contracts.quantity import round_half_even
from contracts.templates.terms import Terms

#: decimals of an indexed unit price where the agreement is silent
PRICE_PLACES = 2
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Tier:
    """One half-open range [start, end) of the contract year's quantity."""

    start: Decimal
    #: None: no end
    end: Decimal | None
    #: currency per unit
    price: Decimal


@dataclass(frozen=True, slots=True)
class IndexReading:
    """The value of an index that prices a period, and whether a newer one was missing."""

    index: str
    value: Decimal
    #: the month's own value was not known: the last one before it stands in, to be trued up
    provisional: bool


def price_delivery(terms: Terms, quantity: Decimal, *, taken_before: Decimal = Decimal(0), period: Period | None = None) -> int:
    """Return what the settled quantity costs, in minor units of the agreement's currency.

    Args:
        terms: normalised parameters of the agreement.
        quantity: settled quantity in the agreement's unit; negative for a reversal.
        taken_before: settled in the same contract year before this one; only tiers read it.
        period: the month of title transfer; only indexed prices read it.

    Raises:
        Invalid: the price model is one that cannot be settled, or a parameter that it needs is missing.

    """
    currency = terms.require_text("currency")
    if terms.text("price_model") == "tiered":
        tiers, mode = read_tiers(terms), terms.require_text("tier_mode")
        total = price_tiers(taken_before + quantity, tiers, mode)
        return round_half_even_cents(total, currency) - round_half_even_cents(price_tiers(taken_before, tiers, mode), currency)
    return price_quantity(quantity, find_unit_price(terms, period), currency)


def find_unit_price(terms: Terms, period: Period | None = None) -> Decimal:
    """Return the price of one unit of quantity in the currency's main unit; negative for a gate fee, 0 for a free handover.

    Indexed prices need the period and are rounded half-even to the agreed places, then held between floor and cap.
    """
    match terms.text("price_model"):
        case "free":
            return Decimal(0)
        case "fixed" | "gate_fee":
            return terms.require_decimal("base_price")
        case "indexed":
            if period is None:
                raise _refuse_price("period", "missing", "an indexed price depends on the month; say which")
            return _find_indexed_price(terms, period)
        case model:
            raise _refuse_price("price_model", "not-supported-yet", f"price model {model!r} has no unit price that can be settled")


def _find_indexed_price(terms: Terms, period: Period) -> Decimal:
    fixed_since = find_adjustment_period(terms.items("adjustment_dates"), period)
    readings = {reading.index: reading.value for reading in read_indices(terms, fixed_since)}
    weights = [
        (row.require_decimal("weight"), row.require_decimal("base_value"), readings[row.require_text("index")])
        for row in terms.rows("index_terms")
    ]
    exact = index_price(terms.require_decimal("base_price"), terms.decimal("index_fixed_share") or Decimal(0), weights)
    places = terms.integer("price_places")
    rounded = round_half_even(exact, PRICE_PLACES if places is None else places)
    return hold_price(rounded, terms.decimal("price_floor"), terms.decimal("price_cap"))


def find_adjustment_period(adjustment_dates: Sequence[str], period: Period) -> Period:
    """Return the month whose index values price the period: the latest adjustment date (``MM-01``) not after it.

    Without agreed dates the price moves every month.
    """
    if not adjustment_dates:
        return period
    months = {day[:2] for day in adjustment_dates}
    return next(one for one in (period.shift(-back) for back in range(_MONTHS_A_YEAR)) if one.name[5:] in months)


def index_price(base: Decimal, fixed_share: Decimal, weights: Sequence[tuple[Decimal, Decimal, Decimal]]) -> Fraction:
    """Return base x (fixed share + sum of weight x value / base value), exactly; weights are (weight, base value, value)."""
    factor = Fraction(fixed_share)
    for weight, base_value, value in weights:
        factor += Fraction(weight) * Fraction(value) / Fraction(base_value)
    return Fraction(base) * factor


def hold_price(price: Decimal, floor: Decimal | None, cap: Decimal | None) -> Decimal:
    """Return the price, lifted to the floor or cut to the cap where they are agreed."""
    if floor is not None and price < floor:
        return floor
    return cap if cap is not None and price > cap else price


def read_indices(terms: Terms, period: Period) -> tuple[IndexReading, ...]:
    """Return the value of each agreed index for a period: of the month that lies ``lag_months`` before it.

    Where that month has no value the latest earlier one stands in, and before all of them the base value, marked
    provisional.
    """
    known: dict[str, dict[str, Decimal]] = {}
    for row in terms.rows("index_values"):
        known.setdefault(row.require_text("index"), {})[row.require_text("month")] = row.require_decimal("value")
    readings = []
    for row in terms.rows("index_terms"):
        name = row.require_text("index")
        month = period.shift(-(row.integer("lag_months") or 0)).name
        values = {row.require_text("base_month"): row.require_decimal("base_value")} | known.get(name, {})
        latest = max((one for one in values if one <= month), default=row.require_text("base_month"))
        readings.append(IndexReading(name, values[latest], provisional=latest != month))
    return tuple(readings)


def read_tiers(terms: Terms) -> tuple[Tier, ...]:
    """Return the agreed tiers in order."""
    return tuple(Tier(row.require_decimal("from"), row.decimal("to"), row.require_decimal("price")) for row in terms.rows("price_tiers"))


def price_tiers(quantity: Decimal, tiers: Sequence[Tier], mode: str) -> Fraction:
    """Return the exact price of a contract year's quantity: ``marginal`` slices, or ``whole_quantity`` at its tier's price."""
    if mode == "marginal":
        amount = Fraction(0)
        for tier in tiers:
            top = quantity if tier.end is None else min(quantity, tier.end)
            amount += max(Fraction(0), Fraction(top) - Fraction(tier.start)) * Fraction(tier.price)
        return amount
    if mode != "whole_quantity":
        raise _refuse_price("tier_mode", "unknown-value", f"tier mode {mode!r} is neither marginal nor whole_quantity")
    tier = next((one for one in reversed(tiers) if quantity >= one.start), tiers[0])
    return Fraction(quantity) * Fraction(tier.price)


def estimate_contract_value(terms: Terms) -> int | None:
    """Return annual quantity x price x term in minor units, for authority limits; None where terms do not tell.

    Gate fees count by their size. For pooling it is the fixed cost over the term.
    """
    months, currency = terms.integer("initial_term"), terms.text("currency")
    if months is None or currency is None:
        return None
    years = Fraction(months, _MONTHS_A_YEAR)
    fixed_cost = terms.integer("fixed_cost")
    if fixed_cost is not None:
        return round(fixed_cost * years)
    quantity, price = terms.decimal("annual_contract_quantity"), terms.decimal("base_price")
    if quantity is None:
        return None
    tiers = read_tiers(terms) if terms.text("price_model") == "tiered" else ()
    if tiers:
        annual = price_tiers(quantity, tiers, terms.text("tier_mode") or "marginal")
    elif price is not None:
        annual = Fraction(quantity) * Fraction(price)
    else:
        annual = Fraction(0)
    return round_half_even_cents(abs(annual) * years, currency)


def summarise_readings(readings: Sequence[IndexReading]) -> Mapping[str, str]:
    """Return index names with the values used, provisional ones marked with a star; for the lines of a statement of account."""
    return {reading.index: f"{reading.value:f}{'*' if reading.provisional else ''}" for reading in readings}


def _refuse_price(field: str, code: str, message: str) -> Invalid:
    return Invalid(message, [Finding(f"parameters.{field}", code, message)])
