"""From two figures to one settled quantity: match within the tolerance, less what was refused, in the price basis.

Figures are compared as weighed, in the agreement's unit; moisture counts once, at the settled quantity.
"""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from contracts.deliveries.delivery import Figure
from contracts.deliveries.trade import NOTHING, Authority, Trade
from contracts.errors import Invalid
from contracts.quantity import MAX_PLACES, Quantity, convert_quantity, convert_rounded, round_half_even
from contracts.templates.metering import invoice_mass, match_tolerance

_EXACT = Context(prec=80)
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides' figures as weighed, in the agreement's unit, and how far apart they may lie."""

    unit: str  #: UN/ECE Rec 20
    sent: Decimal
    got: Decimal
    difference: Decimal  #: the receiver's less the supplier's
    tolerance: Decimal  #: cut to the places of a quantity
    within: bool
    near: bool  #: within, and more than half of the tolerance is used


def compare_figures(trade: Trade, unit: str, sent: Decimal, got: Decimal) -> Comparison:
    """Compare two net figures as settlement does; both in `unit`."""
    mine, theirs = (convert_figure(one, unit, trade.unit) for one in (sent, got))
    limit = match_tolerance(_find_agreed(trade, mine, theirs), trade.tolerance, trade.tolerance_percent)
    apart = abs(Fraction(mine) - Fraction(theirs))
    scale = 10**MAX_PLACES
    shown = Decimal(int(limit * scale)).scaleb(-MAX_PLACES, _EXACT).normalize(_EXACT)
    return Comparison(
        unit=trade.unit,
        sent=mine,
        got=theirs,
        difference=_EXACT.subtract(theirs, mine),
        tolerance=shown or NOTHING,
        within=apart <= limit,
        near=limit / 2 < apart <= limit,
    )


def settle_figures(trade: Trade, unit: str, sent: Figure, got: Figure, refused: Decimal) -> Decimal | None:
    """Return the settled quantity in the agreement's unit and price basis; None when the figures lie too far apart.

    Args:
        trade: what the agreement says.
        unit: of all figures.
        sent: the supplier's.
        got: the receiver's.
        refused: part of the receiver's figure.

    Raises:
        Invalid: a figure or its moisture is missing; the rules of dispatch and receipt keep that from happening.

    """
    mine, theirs = (convert_figure(_require(one.quantity, "quantity"), unit, trade.unit) for one in (sent, got))
    agreed = _find_agreed(trade, mine, theirs)
    if abs(Fraction(mine) - Fraction(theirs)) > match_tolerance(agreed, trade.tolerance, trade.tolerance_percent):
        return None
    if got.quantity == refused and refused > 0:
        accepted = NOTHING  # all of it was refused: what the other side's scale showed on top is not paid either
    else:
        accepted = max(NOTHING, _EXACT.subtract(agreed, convert_figure(refused, unit, trade.unit)))
    return price_basis(trade, accepted, _choose_moisture(trade, sent, got))


def claim_figure(trade: Trade, unit: str, sent: Figure) -> Decimal:
    """Return the supplier's figure in the agreement's unit and price basis: what silence settles."""
    quantity = convert_figure(_require(sent.quantity, "quantity"), unit, trade.unit)
    return price_basis(trade, quantity, sent.moisture)


def price_basis(trade: Trade, quantity: Decimal, moisture: Decimal | None) -> Decimal:
    """Return what is paid of a net quantity: as weighed, dry, or dry up to the reference moisture; rounded once."""
    if not trade.moisture_counts:
        return quantity
    return invoice_mass(Quantity(quantity, trade.unit), _require(moisture, "moisture"), trade.invoice_mass, trade.moisture_reference).amount


def convert_figure(amount: Decimal, unit: str, wanted: str) -> Decimal:
    """Return a figure in another unit: exactly, or half-even in as many places as a quantity has."""
    if unit == wanted:
        return amount
    try:
        return convert_quantity(Quantity(amount, unit), wanted).amount
    except Invalid:
        return convert_rounded(Quantity(amount, unit), wanted, MAX_PLACES).amount


def find_mean(one: Decimal, other: Decimal) -> Decimal:
    """Return the mean of two figures, exactly unless it needs more places than a quantity has."""
    mean = _EXACT.multiply(_EXACT.add(one, other), _HALF)
    places = -int(mean.as_tuple().exponent)
    if places > MAX_PLACES:
        return round_half_even(mean, MAX_PLACES)
    return mean.normalize(_EXACT).quantize(Decimal(1).scaleb(-_shown_places(one, other, mean)), context=_EXACT)


def negate(quantity: Decimal) -> Decimal:
    """Return the exact negative, with the same places and without a negative zero."""
    return quantity.copy_negate() if quantity else quantity


def _find_agreed(trade: Trade, mine: Decimal, theirs: Decimal) -> Decimal:
    """Choose the figure that settles when both lie within the tolerance."""
    return {Authority.SUPPLIER: mine, Authority.RECEIVER: theirs, Authority.MEAN: find_mean(mine, theirs)}[trade.authority]


def _shown_places(one: Decimal, other: Decimal, mean: Decimal) -> int:
    """As many places as the figures have, and more only where the mean needs one."""
    needed = -int(mean.normalize(_EXACT).as_tuple().exponent)
    return max(needed, *(-int(value.as_tuple().exponent) for value in (one, other)))


def _choose_moisture(trade: Trade, sent: Figure, got: Figure) -> Decimal | None:
    if not trade.moisture_counts:
        return None
    if trade.authority is Authority.MEAN:
        return find_mean(_require(sent.moisture, "moisture"), _require(got.moisture, "moisture"))
    return sent.moisture if trade.authority is Authority.SUPPLIER else got.moisture


def _require(value: Decimal | None, name: str) -> Decimal:
    if value is None:
        raise Invalid(f"{name} is missing: without it nothing can be settled")
    return value
