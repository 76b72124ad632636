"""Exact sums of decimals that stand as text: the database adds whole parts and fractions apart, in integers that cannot overflow."""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, literal, type_coerce

from contracts.quantity import MAX_PLACES

_DIGITS = "0123456789"
_MILLION = 1_000_000
_EXACT = Context(prec=80)


def sum_decimals(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """Give three columns whose sums `add_parts` puts together: millions, units below a million, and parts of 10^-9.

    Both databases cut integer division and its rest towards zero, so that the parts add up with their sign.
    """
    text = type_coerce(column, Text)
    dotted = func.length(text) - func.length(func.replace(text, ".", ""))
    places = dotted * (func.length(text) - func.length(func.rtrim(text, _DIGITS)))
    whole = cast(func.substr(text, 1, func.length(text) - places - dotted), BigInteger)
    # "-0.5" has the whole part "-0": its sign is read from the text, for the fraction.
    sign = 1 - 2 * (func.length(text) - func.length(func.replace(text, "-", "")))
    padded = func.substr(text, func.length(text) - places + 1, places).op("||")(literal("0" * MAX_PLACES))
    fraction = sign * cast(func.substr(padded, 1, MAX_PLACES), BigInteger)
    million = literal(_MILLION, BigInteger)
    return func.sum(whole.op("/")(million)), func.sum(whole.op("%")(million)), func.sum(fraction)


def add_parts(parts: Sequence[Any]) -> Decimal:
    """Put three sums together; without trailing zeros after the point."""
    millions, units, fractions = (int(part or 0) for part in parts)
    scaled = (millions * _MILLION + units) * 10**MAX_PLACES + fractions
    return trim_decimal(Decimal(scaled).scaleb(-MAX_PLACES, _EXACT))


def add_decimals(amounts: Sequence[Decimal]) -> Decimal:
    """Add bounded decimals exactly."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def trim_decimal(amount: Decimal) -> Decimal:
    """Drop trailing zeros after the point, without an exponent."""
    text = format(amount, "f")
    return Decimal((text.rstrip("0").rstrip(".") or "0") if "." in text else text)
