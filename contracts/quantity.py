"""Quantities: exact decimals with a UN/ECE Rec 20 unit; they keep the places that were written.

At most 15 digits stand before the point and 9 after it; there is no exponent, no NaN, no negative zero. Conversion is
exact or refused; rounding is a step of its own that says its places.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from contracts.errors import Finding, Invalid
from contracts.units import Unit, find_unit

#: most digits before and after the point
MAX_WHOLE_DIGITS = 15
MAX_PLACES = 9

#: places of a settled dry mass in tonnes: a kilogram, the last digit that weighbridges of 20 kg divisions can carry
DRY_MASS_PLACES = 3

#: the canonical text of a decimal: no plus sign, no leading zero, no bare point; minus zero is refused apart
DECIMAL_PATTERN = rf"-?(0|[1-9][0-9]{{0,{MAX_WHOLE_DIGITS - 1}}})(\.[0-9]{{1,{MAX_PLACES}}})?"
_DECIMAL = re.compile(DECIMAL_PATTERN, re.ASCII)

#: wide enough that sums and products of bounded decimals stay exact
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """An amount of something in a unit; equal and ordered by size within one dimension."""

    #: finite, at most 15 digits before and 9 after the point
    amount: Decimal
    #: UN/ECE Rec 20 common code
    unit: str

    def __post_init__(self) -> None:
        find_unit(self.unit)
        check_decimal(self.amount)

    @property
    def text(self) -> str:
        """The canonical decimal text, with its places: ``23.230``."""
        return format_decimal(self.amount)

    def describe(self) -> str:
        """Write the quantity for people: ``23.230 t``."""
        return f"{self.text} {find_unit(self.unit).symbol}".rstrip()

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(_EXACT.add(self.amount, self._match_unit(other)), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(_EXACT.subtract(self.amount, self._match_unit(other)), self.unit)

    def __neg__(self) -> "Quantity":
        return Quantity(self.amount.copy_negate() if self.amount else self.amount, self.unit)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        same = find_unit(self.unit).dimension == find_unit(other.unit).dimension
        return same and _find_base_value(self) == _find_base_value(other)

    def __hash__(self) -> int:
        return hash((find_unit(self.unit).dimension, _find_base_value(self)))

    def __lt__(self, other: "Quantity") -> bool:
        return compare_quantities(self, other) < 0

    def __le__(self, other: "Quantity") -> bool:
        return compare_quantities(self, other) <= 0

    def __gt__(self, other: "Quantity") -> bool:
        return compare_quantities(self, other) > 0

    def __ge__(self, other: "Quantity") -> bool:
        return compare_quantities(self, other) >= 0

    def _match_unit(self, other: "Quantity") -> Decimal:
        return other.amount if other.unit == self.unit else convert_quantity(other, self.unit).amount


def parse_decimal(text: str) -> Decimal:
    """Read the canonical text of a decimal; ``Invalid`` for exponents, plus signs, leading zeros, ``-0`` and too many digits."""
    if _DECIMAL.fullmatch(text) is None or (text.startswith("-") and not text.strip("-0.")):
        message = (
            f"{text!r} is not a decimal; write it as 23.230, with at most {MAX_WHOLE_DIGITS} digits before and {MAX_PLACES} after the point"
        )
        raise Invalid(message, [Finding("amount", "not-a-decimal", message)])
    return Decimal(text)


def format_decimal(amount: Decimal) -> str:
    """Write the canonical text, keeping the places; ``parse_decimal`` reads it back; ``Invalid`` past the bounds."""
    check_decimal(amount)
    return format(amount, "f")


def check_decimal(amount: Decimal) -> None:
    """Raise ``Invalid`` unless finite, not minus zero, within the digits allowed, and written without an exponent."""
    if amount.is_finite() and not (amount.is_zero() and amount.is_signed()):
        exponent = amount.as_tuple().exponent
        whole = amount.adjusted() < MAX_WHOLE_DIGITS
        if isinstance(exponent, int) and -MAX_PLACES <= exponent <= 0 and whole:
            return
    message = f"{amount} is out of bounds: at most {MAX_WHOLE_DIGITS} digits before and {MAX_PLACES} after the point"
    raise Invalid(message, [Finding("amount", "out-of-range", message)])


def parse_quantity(text: str, unit: str) -> Quantity:
    """Read a canonical decimal with its Rec 20 unit."""
    return Quantity(parse_decimal(text), unit)


def compare_quantities(left: Quantity, right: Quantity) -> int:
    """Return -1, 0 or 1 by size; ``Invalid`` across dimensions."""
    _check_dimension(find_unit(left.unit), find_unit(right.unit))
    a, b = _find_base_value(left), _find_base_value(right)
    return (a > b) - (a < b)


def convert_quantity(quantity: Quantity, unit: str) -> Quantity:
    """Return the same quantity in another unit of its dimension, exactly, in the fewest places.

    ``Invalid`` when the exact value needs more places than are allowed (1 GJ is 0.2777… MWh): round it by name then.
    """
    if unit == quantity.unit:
        return quantity
    value = _find_value_in(quantity, find_unit(unit))
    scaled = value * 10**MAX_PLACES
    if scaled.denominator != 1:
        message = f"{quantity.describe()} is no exact decimal in {find_unit(unit).symbol}; say how many places to round to"
        raise Invalid(message, [Finding("unit", "not-exact", message)])
    text = format(Decimal(scaled.numerator).scaleb(-MAX_PLACES, _EXACT), "f")
    return Quantity(Decimal(text.rstrip("0").rstrip(".") or "0"), unit)


def convert_rounded(quantity: Quantity, unit: str, places: int) -> Quantity:
    """Return the quantity in another unit of its dimension, rounded half-even, once, to so many places."""
    return Quantity(round_half_even(_find_value_in(quantity, find_unit(unit)), places), unit)


def round_half_even(value: Fraction | Decimal, places: int) -> Decimal:
    """Round an exact value to so many decimal places (0 to 9), halves to the even neighbour."""
    if not 0 <= places <= MAX_PLACES:
        raise ValueError(f"places must be 0 to {MAX_PLACES}")
    return Decimal(round(Fraction(value) * 10**places)).scaleb(-places, _EXACT)


def sum_quantities(quantities: Iterable[Quantity], unit: str) -> Quantity:
    """Add up quantities of one dimension, exactly, in ``unit``; nothing adds up to zero."""
    total = Quantity(Decimal(0), unit)
    for quantity in quantities:
        total = total + quantity
    return total


def dry_mass(net_wet: Quantity, moisture_percent: Decimal, places: int = DRY_MASS_PLACES) -> Quantity:
    """Return net wet mass x (1 - moisture / 100) in the same unit, rounded half-even once: 25.36 t at 8.4 % is 23.230 t.

    ``Invalid`` unless the quantity is a mass (or a volume of slurry, by the same formula) and moisture lies in 0..100.
    """
    if not moisture_percent.is_finite() or not 0 <= moisture_percent <= 100:  # noqa: PLR2004  percent
        message = f"moisture of {moisture_percent} % is impossible; give a percentage from 0 to 100"
        raise Invalid(message, [Finding("moisture", "out-of-range", message)])
    dry = Fraction(net_wet.amount) * (100 - Fraction(moisture_percent)) / 100
    return Quantity(round_half_even(dry, places), net_wet.unit)


def _find_base_value(quantity: Quantity) -> Fraction:
    unit = find_unit(quantity.unit)
    return Fraction(quantity.amount) * unit.factor + unit.offset


def _find_value_in(quantity: Quantity, unit: Unit) -> Fraction:
    _check_dimension(find_unit(quantity.unit), unit)
    return (_find_base_value(quantity) - unit.offset) / unit.factor


def _check_dimension(left: Unit, right: Unit) -> None:
    if left.dimension != right.dimension:
        message = f"{left.name} ({left.dimension}) and {right.name} ({right.dimension}) cannot be compared or converted"
        raise Invalid(message, [Finding("unit", "other-dimension", message)])
