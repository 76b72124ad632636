"""Exact numbers: read from JSON values and text, written as decimals or fractions, never through a float."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

#: The longest number taken, in digits: room for any money, and no room for `1e999999999`.
DIGITS_LIMIT = 400

_NO_NUMBER = "{} is no number; write an integer, a decimal such as 12.5, or text such as 1/3"
_FRACTION = re.compile(r"([+-]?[0-9]+)/([0-9]+)")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")


def parse_exact(value: object) -> Fraction:
    """Read an int, a Decimal, or text such as `12.5` or `1/3` as the number that it writes.

    Raises:
        ValueError: for floats, booleans, NaN, infinities, other text, a zero denominator, or more than
            `DIGITS_LIMIT` digits. The message says what to write instead.
    """
    if isinstance(value, str):
        return _parse_text(value)
    if isinstance(value, Decimal):
        return _parse_decimal(value)
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        if abs(value) >= 10**DIGITS_LIMIT:
            raise ValueError(f"the number has more than {DIGITS_LIMIT} digits; choose a larger unit")
        return Fraction(value)
    raise ValueError(_NO_NUMBER.format(_shorten(value)))


def format_exact(value: Fraction) -> str:
    """Write an integer or terminating decimal as a decimal, anything else as `p/q` in lowest terms."""
    numerator, denominator = value.numerator, value.denominator
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{numerator}/{denominator}"
    places = max(twos, fives)
    if places == 0:
        return str(numerator)
    digits = str(abs(numerator) * 10**places // denominator).rjust(places + 1, "0")
    return f"{'-' if numerator < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _parse_text(text: str) -> Fraction:
    trimmed = text.strip()
    if len(trimmed) > 2 * DIGITS_LIMIT:
        raise ValueError(f"the number has more than {DIGITS_LIMIT} digits; choose a larger unit")
    fraction = _FRACTION.fullmatch(trimmed)
    if fraction:
        denominator = int(fraction[2])
        if denominator == 0:
            raise ValueError(f"{_shorten(text)} divides by zero; write a denominator of 1 or more")
        return Fraction(int(fraction[1]), denominator)
    if _DECIMAL.fullmatch(trimmed):
        return _parse_decimal(Decimal(trimmed))
    raise ValueError(_NO_NUMBER.format(_shorten(text)))


def _parse_decimal(value: Decimal) -> Fraction:
    if not value.is_finite():
        raise ValueError(f"{value} is not finite; write a finite number")
    _, digits, exponent = value.as_tuple()
    if len(digits) + abs(int(exponent)) > DIGITS_LIMIT:
        raise ValueError(f"the number has more than {DIGITS_LIMIT} digits; choose another unit")
    return Fraction(value)


def _shorten(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")  # noqa: PLR2004 - a line of a message
