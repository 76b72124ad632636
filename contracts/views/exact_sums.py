"""Exact sums of decimals that stand as text: the database adds whole parts and fractions apart, in integers that cannot overflow."""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Text, case, cast, func, literal, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from contracts.quantity import MAX_PLACES

_MILLION = 1_000_000
_EXACT = Context(prec=80)


class find_place(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """Where a text first holds another one, from 1: the two databases call it by different names."""

    type = Integer()
    inherit_cache = True


@compiles(find_place, "sqlite")
def _name_for_sqlite(element: find_place, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - of sqlalchemy
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(find_place, "postgresql")
def _name_for_postgresql(element: find_place, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - of sqlalchemy
    return f"strpos({compiler.process(element.clauses, **options)})"


def sum_decimals(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """Give three columns whose sums `add_parts` puts together: millions, units below a million, and parts of 10^-9.

    Both databases cut integer division and its rest towards zero, so that the parts add up with their sign.
    """
    text = type_coerce(column, Text)
    point = find_place(text.op("||")(literal(".")), literal("."))
    whole = cast(func.substr(text, 1, point - 1), BigInteger)
    # "-0.5" has the whole part "-0": its sign is read from the text, for the fraction.
    sign = case((func.substr(text, 1, 1) == "-", -1), else_=1)
    fraction = sign * cast(func.substr(text.op("||")(literal("0" * MAX_PLACES)), point + 1, MAX_PLACES), BigInteger)
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
