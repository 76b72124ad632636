"""Rows of a picture of flows: what was measured in the chosen unit, converted within its dimension only; what was not, is counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import TypeAlias

from contracts.quantity import round_half_even
from contracts.units import find_unit
from contracts.views.flows import Flow, Flows

MONEY = "money"
UNITS = ("TNE", "MWH", "MTQ")  #: tonnes, megawatt hours, cubic metres
PLACES = 3  #: of amounts that no decimal holds: 1 GJ is 0.2777… MWh
DRAWN = 24  #: flows that are drawn one by one; the smaller ones together
_EXACT = Context(prec=80)
Amount: TypeAlias = Decimal | int


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit in which something was measured."""

    code: str  #: TNE, MWH, MTQ or money
    symbol: str  #: t, MWh, m³ or the currency
    flows: int  #: that were measured in it


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One band of the picture and one row of its table."""

    source: str | None  #: organisation; None: several
    target: str | None  #: organisation; None: several
    what: str | None
    exchange_type: str
    agreement: str | None
    amount: Amount  #: in the picture's unit, of money minor units
    parts: int  #: flows in it

    @property
    def size(self) -> Amount:
        """The amount without its sign."""
        return -self.amount if self.amount < 0 else self.amount


@dataclass(frozen=True, slots=True)
class FlowRows:
    """All rows in one unit."""

    unit: str
    rows: tuple[FlowRow, ...]  #: largest first; smaller ones together at the end
    elsewhere: int  #: flows that were measured in other units, or have no price yet
    rounded: bool  #: whether a conversion had to be rounded

    @property
    def total(self) -> Amount:
        """All amounts together, exactly."""
        return add_amounts([row.amount for row in self.rows])


def list_units(flows: Flows) -> tuple[UnitChoice, ...]:
    """List the units in which anything was measured, for a switch."""
    found = [UnitChoice(code, write_symbol(code, flows.currency), count_rows(flows, code)) for code in (*UNITS, MONEY)]
    return tuple(choice for choice in found if choice.flows)


def count_rows(flows: Flows, unit: str) -> int:
    """Count the flows that were measured in a unit."""
    return sum(1 for flow in flows.flows if measure_flow(flow, unit))


def write_symbol(unit: str, currency: str) -> str:
    """Write a unit's symbol."""
    return currency if unit == MONEY else find_unit(unit).symbol.replace("m3", "m³")


def select_rows(flows: Flows, unit: str) -> FlowRows:
    """Select and convert the flows for a unit; ValueError for one that pictures do not know."""
    if unit not in (*UNITS, MONEY):
        raise ValueError(f"{unit}: one of {', '.join(UNITS)} and {MONEY} is a picture's unit")
    measured = [(flow, amount) for flow in flows.flows if (amount := measure_flow(flow, unit))]
    rows = [FlowRow(flow.supplier, flow.receiver, flow.what, flow.exchange_type, flow.agreement, amount, 1) for flow, amount in measured]
    rows.sort(key=lambda row: (-row.size, row.agreement or "~", row.source or "~", row.target or "~"))
    rounded = any(unit != MONEY and not _is_exact(flow, unit) for flow, _ in measured)
    return FlowRows(unit, tuple(fold_rows(rows)), len(flows.flows) - len(measured), rounded)


def measure_flow(flow: Flow, unit: str) -> Amount | None:
    """Measure a flow in a unit: None unless it was measured in a unit of the same dimension, or priced."""
    if unit == MONEY:
        return flow.paid
    if find_unit(flow.unit).dimension != find_unit(unit).dimension:
        return None
    if flow.unit == unit:
        return flow.quantity
    value = _convert(flow, unit)
    exact = _write_exact(value)
    return round_half_even(value, PLACES) if exact is None else exact


def fold_rows(rows: Sequence[FlowRow]) -> list[FlowRow]:
    """Keep the largest rows and add up the rest, kind by kind."""
    if len(rows) <= DRAWN:
        return list(rows)
    kept, rest = list(rows[: DRAWN - 4]), rows[DRAWN - 4 :]
    for kind in sorted({row.exchange_type for row in rest}):
        alike = [row for row in rest if row.exchange_type == kind]
        if len(alike) == 1:
            kept += alike
            continue
        folded = replace(alike[0], source=None, target=None, what=None, agreement=None, parts=len(alike))
        kept.append(replace(folded, amount=add_amounts([row.amount for row in alike])))
    return kept


def add_amounts(amounts: Iterable[Amount]) -> Amount:
    """Add minor units or decimals, exactly."""
    total: Amount = 0
    for amount in amounts:
        total = total + amount if isinstance(total, int) and isinstance(amount, int) else _EXACT.add(Decimal(total), Decimal(amount))
    return total


def _convert(flow: Flow, unit: str) -> Fraction:
    return Fraction(flow.quantity) * find_unit(flow.unit).factor / find_unit(unit).factor


def _is_exact(flow: Flow, unit: str) -> bool:
    return flow.unit == unit or _write_exact(_convert(flow, unit)) is not None


def _write_exact(value: Fraction) -> Decimal | None:
    """Write a fraction as a decimal of at most nine places; None if it has none."""
    scaled = value * 10**9
    if scaled.denominator != 1:
        return None
    text = format(Decimal(scaled.numerator).scaleb(-9, _EXACT), "f")
    return Decimal(text.rstrip("0").rstrip(".") or "0")
