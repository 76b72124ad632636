"""What follows from test results: a verdict per agreed limit and for the whole, and the price step of what is off-spec.

Sources: ISO/IEC 17025:2017 7.8.6 (the decision rule is stated), JCGM 106:2012 (simple and guarded acceptance).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum

from contracts.certificates.facts import Verdict
from contracts.errors import Finding, Invalid

#: digits of a measured value or limit: as many as a JSON number (IEEE 754 double) carries exactly
MAX_DIGITS = 15

#: sums and differences of two such numbers are exact within these digits
_EXACT = Context(prec=80)
_INFINITY = Decimal("Infinity")
_VALUE = re.compile(r"(?P<sign>[<>]?) ?(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)", re.ASCII)


class DecisionRule(StrEnum):
    """How uncertainty counts when a result is compared with a limit."""

    #: the value itself lies inside the limits
    SIMPLE = "simple"
    #: value minus U to value plus U lies inside the limits; outside for sure is nonconform; between is not decidable
    GUARDED = "guarded"


class Outcome(StrEnum):
    """What one result says about one agreed limit."""

    CONFORM = "conform"
    NONCONFORM = "nonconform"
    NOT_DECIDABLE = "not_decidable"
    MISSING = "missing"


class Disposition(StrEnum):
    """What the agreement makes of the goods; the agreement's ``offspec_rule`` decides about ``OFF_SPEC``."""

    ACCEPT = "accept"
    #: off-spec, and every row at fault has a price step
    DISCOUNT = "discount"
    #: off-spec without an agreed price step
    OFF_SPEC = "off_spec"
    REFUSE = "refuse"
    #: a result is missing or not decidable, and nothing else is at fault
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value as the laboratory wrote it."""

    #: "" for a value, "<" below the limit of detection or quantification, ">" above the measuring range
    sign: str
    #: in the unit of its row
    value: Decimal

    def __str__(self) -> str:
        """Write it as a certificate shows it, such as ``8.4`` or ``<0.05``."""
        return f"{self.sign}{self.value:f}"


@dataclass(frozen=True, slots=True)
class SpecRow:
    """One row of an agreement's quality specification; at least one of the four limits is set."""

    #: unique within the specification, such as "free moisture"
    parameter: str
    #: UN/ECE Rec 20 code of all values in the row, such as P1 (percent)
    unit: str
    #: agreed test method, such as "EN 13454-2"; empty = any
    method: str = ""
    minimum: Decimal | None = None
    #: wished value; never judged
    target: Decimal | None = None
    maximum: Decimal | None = None
    #: below it the load is refused; a row with reject limits alone (contaminants) knows no discount
    reject_minimum: Decimal | None = None
    #: above it the load is refused
    reject_maximum: Decimal | None = None
    #: expanded (k = 2), same unit; used where the result states none
    uncertainty: Decimal | None = None
    #: width of one price step, in the row's unit; None = no discount agreed
    step: Decimal | None = None
    #: currency per unit of goods for each started step, >= 0
    step_price: Decimal | None = None

    @property
    def lowest(self) -> Decimal | None:
        """The limit that a conforming value may not fall below."""
        return self.reject_minimum if self.minimum is None else self.minimum

    @property
    def highest(self) -> Decimal | None:
        """The limit that a conforming value may not exceed."""
        return self.reject_maximum if self.maximum is None else self.maximum


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One test result."""

    parameter: str
    measured: Measured
    #: UN/ECE Rec 20
    unit: str
    method: str = ""
    #: expanded (k = 2), same unit; None = not stated
    uncertainty: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What was found for one row of the specification."""

    parameter: str
    outcome: Outcome
    #: surely beyond a reject limit
    refused: bool
    #: one sentence with the figures
    reason: str


@dataclass(frozen=True, slots=True)
class OffSpec:
    """What off-spec goods cost the supplier."""

    disposition: Disposition
    #: currency per unit of goods, >= 0, unrounded; 0 unless the disposition is DISCOUNT
    discount: Decimal
    #: (parameter, started steps, currency per unit) of each row that costs something, before the cap
    lines: tuple[tuple[str, int, Decimal], ...]


def parse_measured(text: str) -> Measured:
    """Read ``8.4``, ``-0.2``, ``<0.05`` or ``>2000``; anything else is ``Invalid``."""
    found = _VALUE.fullmatch(text) if len(text) <= 2 * MAX_DIGITS + 4 else None
    if found is None or len(Decimal(found["number"]).as_tuple().digits) > MAX_DIGITS:
        message = f"{text[:40]!r} is no measured value: write a number of at most {MAX_DIGITS} digits, < or > before it"
        raise Invalid(message, [Finding("value", "not-a-value", message)])
    return Measured(found["sign"], Decimal(found["number"]))


def check_specification(rows: Sequence[SpecRow]) -> list[Finding]:
    """Return all faults of a specification: twins, rows without limits, limits out of order, half price steps."""
    counts = Counter(row.parameter for row in rows)
    findings = []
    for position, row in enumerate(rows):
        field = f"{position}"
        if counts[row.parameter] > 1:
            findings.append(Finding(f"{field}.parameter", "not-unique", f"{row.parameter!r} appears more than once"))
        if row.lowest is None and row.highest is None:
            findings.append(Finding(field, "no-limit", f"{row.parameter!r} has no limit: give min, max or a reject limit"))
        ladder = [row.reject_minimum, row.minimum, row.target, row.maximum, row.reject_maximum]
        limits = [limit for limit in ladder if limit is not None]
        if not all(_is_number(limit) for limit in limits):
            findings.append(Finding(field, "not-a-value", f"a limit of {row.parameter!r} is no finite number"))
        elif limits != sorted(limits):
            message = f"{row.parameter!r} needs reject_min <= min <= target <= max <= reject_max"
            findings.append(Finding(field, "limits-out-of-order", message))
        if (row.step is None) != (row.step_price is None):
            findings.append(Finding(field, "half-a-step", f"{row.parameter!r} needs both a step and its price, or neither"))
        if row.step is not None and not (_is_number(row.step) and row.step > 0):
            findings.append(Finding(f"{field}.step", "not-positive", f"the step of {row.parameter!r} must be above zero"))
        if row.step_price is not None and not (_is_number(row.step_price) and row.step_price >= 0):
            message = f"the step price of {row.parameter!r} is a deduction: write it without a minus"
            findings.append(Finding(f"{field}.step_price", "negative", message))
        if row.uncertainty is not None and not (_is_number(row.uncertainty) and row.uncertainty >= 0):
            findings.append(Finding(f"{field}.uncertainty", "negative", "an uncertainty is not negative"))
    return findings


def judge_row(row: SpecRow, results: Sequence[ResultRow], rule: DecisionRule) -> RowVerdict:
    """Judge one row by the results for its parameter; of several results the worst counts."""
    mine = [result for result in results if result.parameter == row.parameter]
    if not mine:
        return RowVerdict(row.parameter, Outcome.MISSING, refused=False, reason=f"no result for {row.parameter}")
    verdicts = [_judge_result(row, result, rule) for result in mine]
    severity = [Outcome.NONCONFORM, Outcome.NOT_DECIDABLE, Outcome.CONFORM]
    return min(verdicts, key=lambda verdict: (not verdict.refused, severity.index(verdict.outcome)))


def judge_rows(rows: Sequence[SpecRow], results: Sequence[ResultRow], rule: DecisionRule) -> tuple[RowVerdict, ...]:
    """Judge every row of the specification, in its order; results for other parameters are information only."""
    return tuple(judge_row(row, results, rule) for row in rows)


def judge_goods(outcomes: Sequence[Outcome]) -> Verdict:
    """One verdict for the goods: one nonconform row suffices; a gap leaves the goods undecided, and so do no rows."""
    if Outcome.NONCONFORM in outcomes:
        return Verdict.NONCONFORM
    if not outcomes or any(outcome is not Outcome.CONFORM for outcome in outcomes):
        return Verdict.UNDECIDED
    return Verdict.CONFORM


def price_off_spec(rows: Sequence[SpecRow], results: Sequence[ResultRow], rule: DecisionRule, price: Decimal) -> OffSpec:
    """Return what the agreement makes of the results; ``price`` in currency per unit of goods, of any sign.

    Each row surely outside min..max costs step price x ceil(distance / step). The sum is capped at the amount of the
    price, so that a discount never turns a sale into a payment; with a gate fee it at most doubles the fee.
    """
    verdicts = judge_rows(rows, results, rule)
    if any(verdict.refused for verdict in verdicts):
        return OffSpec(Disposition.REFUSE, Decimal(0), ())
    faulty = [row for row, verdict in zip(rows, verdicts, strict=True) if verdict.outcome is Outcome.NONCONFORM]
    if not faulty:
        goods = judge_goods([verdict.outcome for verdict in verdicts])
        settled = goods is Verdict.CONFORM
        return OffSpec(Disposition.ACCEPT if settled else Disposition.UNDECIDED, Decimal(0), ())
    lines = []
    for row in faulty:
        steps = max(_count_steps(row, result) for result in results if _is_outside(row, result, rule))
        if row.step_price is None or steps == 0:
            return OffSpec(Disposition.OFF_SPEC, Decimal(0), ())
        lines.append((row.parameter, steps, _EXACT.multiply(row.step_price, Decimal(steps))))
    cap = abs(price)
    total = sum((amount for _, _, amount in lines), Decimal(0))
    return OffSpec(Disposition.DISCOUNT, min(total, cap), tuple(lines))


def _judge_result(row: SpecRow, result: ResultRow, rule: DecisionRule) -> RowVerdict:
    unfit = _why_not_comparable(row, result, rule)
    if unfit:
        return RowVerdict(row.parameter, Outcome.NOT_DECIDABLE, refused=False, reason=unfit)
    span = _span(row, result, rule)
    outcome = _place(span, result.measured.sign, row.lowest, row.highest)
    beyond = _place(span, result.measured.sign, row.reject_minimum, row.reject_maximum)
    words = {
        Outcome.CONFORM: "lies inside",
        Outcome.NONCONFORM: "lies outside",
        Outcome.NOT_DECIDABLE: "may lie inside or outside",
    }
    low, high = (("-" if limit is None else f"{limit:f}") for limit in (row.lowest, row.highest))
    reason = f"{result.measured} {words[outcome]} {low} to {high} {row.unit} by the {rule} rule"
    return RowVerdict(row.parameter, outcome, refused=beyond is Outcome.NONCONFORM, reason=reason)


def _why_not_comparable(row: SpecRow, result: ResultRow, rule: DecisionRule) -> str:
    if result.unit != row.unit:
        return f"measured in {result.unit}, agreed in {row.unit}"
    if row.method and result.method != row.method:
        return f"measured by {result.method or 'an unnamed method'}, agreed was {row.method}"
    if row.lowest is None and row.highest is None:
        return "no limit was agreed"
    if rule is DecisionRule.GUARDED and result.uncertainty is None and row.uncertainty is None:
        return "the guarded rule needs an uncertainty, and none is stated"
    return ""


def _span(row: SpecRow, result: ResultRow, rule: DecisionRule) -> tuple[Decimal, Decimal]:
    """The values that the truth may have, as the rule sees it."""
    margin = Decimal(0)
    if rule is DecisionRule.GUARDED:
        stated = row.uncertainty if result.uncertainty is None else result.uncertainty
        margin = stated or Decimal(0)
    value = result.measured.value
    low = -_INFINITY if result.measured.sign == "<" else _EXACT.subtract(value, margin)
    high = _INFINITY if result.measured.sign == ">" else _EXACT.add(value, margin)
    return low, high


def _place(span: tuple[Decimal, Decimal], sign: str, lowest: Decimal | None, highest: Decimal | None) -> Outcome:
    low, high = span
    floor = -_INFINITY if lowest is None else lowest
    ceiling = _INFINITY if highest is None else highest
    if low >= floor and high <= ceiling:
        return Outcome.CONFORM
    # "<0.05" excludes 0.05 itself, so that it is outside a minimum of 0.05 for sure.
    below = high < floor or (sign == "<" and high == floor)
    above = low > ceiling or (sign == ">" and low == ceiling)
    return Outcome.NONCONFORM if below or above else Outcome.NOT_DECIDABLE


def _is_outside(row: SpecRow, result: ResultRow, rule: DecisionRule) -> bool:
    return result.parameter == row.parameter and _judge_result(row, result, rule).outcome is Outcome.NONCONFORM


def _count_steps(row: SpecRow, result: ResultRow) -> int:
    """Started steps between the value and the nearest limit of min..max; 0 where none can be counted."""
    if row.step is None or result.measured.sign:
        return 0
    distance = Decimal(0)
    if row.maximum is not None:
        distance = max(distance, _EXACT.subtract(result.measured.value, row.maximum))
    if row.minimum is not None:
        distance = max(distance, _EXACT.subtract(row.minimum, result.measured.value))
    whole = _EXACT.divide_int(distance, row.step)
    return int(whole) + (_EXACT.multiply(whole, row.step) < distance)


def _is_number(value: Decimal) -> bool:
    try:
        return value.is_finite() and len(value.as_tuple().digits) <= MAX_DIGITS
    except InvalidOperation:
        return False
