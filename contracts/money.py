"""Money: whole minor units (cents, øre, yen) of the network's one currency; decimals are rounded to it once, half-even.

An amount is a plain ``int``; the currency stands beside it (on the network, on the agreement), never inside it.
"""

import re
from decimal import Decimal
from fractions import Fraction

from contracts.errors import Finding, Invalid

#: minor-unit exponents, ISO 4217:2015 list one as published by SIX, 2026-01-01; currencies with members in sight
CURRENCY_EXPONENTS: dict[str, int] = {
    "AUD": 2,
    "BHD": 3,
    "BRL": 2,
    "CAD": 2,
    "CHF": 2,
    "CLP": 0,
    "CNY": 2,
    "CZK": 2,
    "DKK": 2,
    "EUR": 2,
    "GBP": 2,
    "HUF": 2,
    "INR": 2,
    "ISK": 0,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "MXN": 2,
    "NOK": 2,
    "NZD": 2,
    "PLN": 2,
    "RON": 2,
    "SEK": 2,
    "SGD": 2,
    "TND": 3,
    "TRY": 2,
    "UAH": 2,
    "USD": 2,
    "VND": 0,
    "ZAR": 2,
}

#: largest amount either way: integers of the canonical form end at 2**53 - 1
MAX_MINOR = 2**53 - 1

#: most digits before the point that a decimal may bring; more cannot be money and would only cost time
_MAX_DIGITS = 40

_AMOUNT = re.compile(r"(-?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,16})(?:\.([0-9]{1,3}))?(?: ([A-Z]{3}))?", re.ASCII)


def minor_units(currency: str) -> int:
    """Return how many decimals the currency's minor unit has (EUR 2, JPY 0); ``Invalid`` for an unlisted code."""
    exponent = CURRENCY_EXPONENTS.get(currency)
    if exponent is None:
        raise _refuse_money("currency", "unknown-currency", f"{currency!r} is not a listed ISO 4217 code; use one such as EUR")
    return exponent


def round_half_even_cents(amount: Decimal | Fraction, currency: str) -> int:
    """Round an exact amount of the currency to whole minor units, halves to the even neighbour; ``Invalid`` past bounds."""
    scale = 10 ** minor_units(currency)
    if isinstance(amount, Decimal) and (not amount.is_finite() or abs(amount.adjusted()) > _MAX_DIGITS):
        raise _refuse_money("amount", "out-of-range", "the amount is not a number of money; give a finite decimal")
    minor = round(Fraction(amount) * scale)
    return _check_bounds(minor)


def price_quantity(quantity: Decimal, unit_price: Decimal, currency: str) -> int:
    """Return quantity x unit price in minor units: exact product, rounded once, half-even; the sign is the price's."""
    for name, value in (("quantity", quantity), ("unit_price", unit_price)):
        if not value.is_finite() or abs(value.adjusted()) > _MAX_DIGITS:
            raise _refuse_money(name, "out-of-range", f"{name} is not a usable number; give a finite decimal")
    return round_half_even_cents(Fraction(quantity) * Fraction(unit_price), currency)


def format_money(minor: int, currency: str) -> str:
    """Write an amount for people: ``6200000`` of EUR is ``62,000.00 EUR``; ``parse_money`` reads it back."""
    exponent = minor_units(currency)
    whole, part = divmod(abs(minor), 10**exponent)
    sign = "-" if minor < 0 else ""
    decimals = f".{part:0{exponent}d}" if exponent else ""
    return f"{sign}{whole:,}{decimals} {currency}"


def parse_money(text: str, currency: str) -> int:
    """Read ``62000``, ``62,000.00`` or ``62,000.00 EUR`` as minor units.

    Raises:
        Invalid: not a number of that form, more decimals than the currency has, another currency, or out of range.

    """
    exponent = minor_units(currency)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise _refuse_money("amount", "not-money", f"{text!r} is not an amount; write it as 1234.50")
    sign, whole, decimals, named = match.groups()
    if named is not None and named != currency:
        raise _refuse_money("amount", "other-currency", f"the amount is in {named}; this network settles in {currency}")
    decimals = decimals or ""
    if len(decimals) > exponent:
        raise _refuse_money("amount", "too-many-decimals", f"{currency} has {exponent} decimals; {text!r} has more")
    minor = int(whole.replace(",", "") + decimals.ljust(exponent, "0"))
    return _check_bounds(-minor if sign else minor)


def split_money(total: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """Split whole minor units by weights so that the parts add up to the total: largest remainder, ties by name.

    Weights are non-negative, in any scale; ``Invalid`` when none is positive. Negative totals split alike: floors are
    towards minus infinity, the missing units go to the largest fractional parts.
    """
    whole = sum(weights.values(), Fraction(0))
    if whole <= 0 or any(weight < 0 for weight in weights.values()):
        raise _refuse_money("weights", "no-weight", "weights must not be negative, and one must be positive")
    exact = {name: total * weight / whole for name, weight in weights.items()}
    floors = {name: share.numerator // share.denominator for name, share in exact.items()}
    missing = total - sum(floors.values())
    by_remainder = sorted(exact, key=lambda name: (floors[name] - exact[name], name))
    return {name: floors[name] + (name in by_remainder[:missing]) for name in weights}


def _check_bounds(minor: int) -> int:
    if abs(minor) > MAX_MINOR:
        raise _refuse_money("amount", "out-of-range", f"the amount is beyond {MAX_MINOR} minor units")
    return minor


def _refuse_money(field: str, code: str, message: str) -> Invalid:
    return Invalid(message, [Finding(field, code, message)])
