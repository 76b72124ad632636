"""Derivations: an amount taken apart, down to what was said on the log, so that whoever reads can add it up again.

A derivation's parts add up to its amount; a leaf has its arithmetic (products of factors, summed, rounded once), or says why it is
closed to the reader. Money is in whole minor units, and each part has the sign with which it enters the sum above it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from contracts.deliveries.delivery import Figure

PERCENT, PERMILLE = 100, 1000


class What(StrEnum):
    """What an amount is."""

    ACCOUNT = "account"  #: total of a statement of account
    ACCOUNT_PRICE = "account_price"  #: line: prices of one agreement's deliveries
    ACCOUNT_SPLIT = "account_split"  #: line: what brings two parties to their agreed shares
    TRANSFER = "transfer"  #: line: allocated − saving of the pool
    FEE = "fee"
    RESERVE = "reserve"
    PAYMENT = "payment"
    PERIOD = "period"  #: what all saved together
    SAVING = "saving"  #: a saving line: baseline − cost + price
    OTHER_SAVINGS = "other_savings"  #: lines of others, together
    BASELINE = "baseline"
    YEAR_TO_MONTH = "year_to_month"  #: part of a yearly amount up to the month's end
    YEAR_BEFORE = "year_before"  #: part of a yearly amount up to the month's beginning
    AGREED_COST = "agreed_cost"  #: handling, processing and transport at the agreed cost of a unit
    RUNNING_COST = "running_cost"  #: a shared asset is run at cost: what its users were charged
    REPORTED_COST = "reported_cost"
    COST_ITEM = "cost_item"
    PRICE = "price"  #: of a saving line
    CHARGES = "charges"  #: what the users of a shared asset paid, all together
    CHARGE = "charge"  #: what one user pays
    FIXED_CHARGE = "fixed_charge"
    MONTH_COST = "month_cost"
    USE_CHARGE = "use_charge"
    DELIVERY = "delivery"  #: price of one delivery
    AGREED_PRICE = "agreed_price"
    TIERS_WITH = "tiers_with"  #: price of the contract year's quantity with this delivery
    TIERS_BEFORE = "tiers_before"  #: the same before it
    QUALITY = "quality"  #: bonus or discount by what is certified
    REFUSED = "refused"  #: the price falls away by what is certified
    EXCHANGE = "exchange"  #: what an agreement saved its parties together
    REPRICED = "repriced"  #: counted by an earlier close, priced anew by what was certified since
    HIDDEN_DELIVERIES = "hidden_deliveries"
    ALLOCATED = "allocated"
    OWN_SAVING = "own_saving"  #: of the pool's agreements, before sharing
    AGREED_PART = "agreed_part"  #: agreed part of what two parties saved together
    OTHER_ACCOUNT_LINES = "other_account_lines"


class Unit(StrEnum):
    """What a factor counts."""

    QUANTITY = "quantity"  #: in the unit `code`
    UNIT_PRICE = "unit_price"  #: currency's main unit for one `code`
    MONEY = "money"  #: minor units
    RATIO = "ratio"
    PERCENT = "percent"
    PERMILLE = "permille"


class Rounding(StrEnum):
    """How an exact amount became whole minor units."""

    NONE = "none"  #: it is whole
    HALF_EVEN = "half_even"
    DOWN = "down"
    REMAINDER_DOWN = "remainder_down"  #: largest remainder: no unit more
    REMAINDER_UP = "remainder_up"  #: largest remainder: rounded down, and one of the missing units


class Closed(StrEnum):
    """Why nothing stands below an amount."""

    SEALED = "sealed"  #: costs under seal
    OTHERS = "others"  #: rests on what others saved or are allocated
    CONTRACT = "contract"  #: the contract is not for the reader
    METHOD = "method"  #: a method's result as recorded; its inputs are not for the reader
    DENSE = "dense"  #: an average over all orders of the organisations, too many to write out
    ERASED = "erased"
    CHANGED = "changed"  #: several later closes have priced it anew; only their sum is known


class Rule(StrEnum):
    """What rules an amount."""

    CONTRACT = "contract"  #: `name` is the agreement, `version` its version
    METHOD = "method"  #: `name` is the method, such as period-close/1
    RULEBOOK = "rulebook"  #: `name` is the rulebook
    SAID = "said"  #: as somebody said it on the log


@dataclass(frozen=True, slots=True)
class Source:
    """The rule's source."""

    rule: Rule
    name: str = ""
    version: int | None = None
    terms: tuple[str, ...] = ()  #: parameters of the contract
    entry: int | None = None  #: that put the rule on the log


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a product."""

    value: Fraction
    unit: Unit
    code: str = ""  #: UN/ECE Rec 20, of quantities and unit prices
    name: str = ""  #: parameter or word that it is, such as baseline_receiver_cost


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """sign × round(Σ Π factors), in minor units."""

    terms: tuple[tuple[Factor, ...], ...]
    exact: Fraction  #: Σ Π factors, minor units
    rounding: Rounding
    sign: int = 1

    @property
    def result(self) -> int:
        """Whole minor units, with the sign."""
        floor = self.exact.numerator // self.exact.denominator
        match self.rounding:
            case Rounding.HALF_EVEN:
                whole = round(self.exact)
            case Rounding.REMAINDER_UP:
                whole = floor + 1
            case _:
                whole = floor
        return self.sign * whole


@dataclass(frozen=True, slots=True)
class Evidence:
    """An entry of the log on which an amount rests."""

    index: int
    kind: str  #: of the fact, such as delivery.received


@dataclass(frozen=True, slots=True)
class Use:
    """A delivery that an amount counts: what both sides said of it, and what was settled."""

    delivery: str
    settled: Decimal
    settled_unit: str
    settled_by: str  #: see contracts/deliveries/delivery.py
    sent: Figure  #: the supplier's
    got: Figure  #: the receiver's
    unit: str  #: of both
    of: str | None  #: what a reversal or replacement corrects
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """One amount, and how it comes about."""

    what: What
    amount: int  #: minor units, as it enters the sum above
    parts: tuple["Derivation", ...] = ()  #: add up to the amount
    arithmetic: Arithmetic | None = None  #: of a leaf
    closed: Closed | None = None  #: why a leaf has no arithmetic
    evidence: tuple[Evidence, ...] = ()
    source: Source | None = None
    uses: tuple[Use, ...] = ()  #: deliveries that are counted
    basis: tuple["Derivation", ...] = ()  #: amounts that stand in the arithmetic as factors
    organisation: str | None = None
    counterparty: str | None = None
    agreement: str | None = None
    delivery: str | None = None
    period: str | None = None  #: that it stands in, or that its deliveries are of
    name: str = ""  #: of a cost item, a fee's rate, a rule
    count: int | None = None  #: deliveries or organisations that it is over
    quantity: Decimal | None = None
    unit: str | None = None
    turned: bool = False  #: taken off the amount above: it and all below it stand with the other sign
    path: str = field(default="", compare=False)  #: address after /n/<network> of its own page, where it has one

    def walk(self) -> Iterator["Derivation"]:
        """Go through this amount and all below it."""
        yield self
        for part in (*self.parts, *self.basis):
            yield from part.walk()


def state_amount(amount: int, sign: int = 1, name: str = "") -> Arithmetic:
    """State a whole amount that is no product."""
    return Arithmetic(((Factor(Fraction(amount), Unit.MONEY, name=name),),), Fraction(amount), Rounding.NONE, sign)


def make_leaf(one: Derivation, arithmetic: Arithmetic) -> Derivation:
    """Give a leaf its arithmetic; where that gives another amount than was recorded, the amount stands alone."""
    if arithmetic.result == one.amount:
        return replace(one, arithmetic=arithmetic)
    return replace(one, closed=Closed.CHANGED)


def negate(one: Derivation) -> Derivation:
    """Turn a derivation's sign, and that of all below it."""
    turned = replace(one.arithmetic, sign=-one.arithmetic.sign) if one.arithmetic else None
    return replace(one, amount=-one.amount, parts=tuple(map(negate, one.parts)), arithmetic=turned)


def take_off(one: Derivation) -> Derivation:
    """Turn a derivation's sign because it is taken off the amount above, and say so."""
    return replace(negate(one), turned=not one.turned)


def multiply_factors(factors: Sequence[Factor], exponent: int) -> Fraction:
    """Multiply factors to minor units of a currency with so many decimals."""
    product = Fraction(1)
    for one in factors:
        scale = {Unit.UNIT_PRICE: Fraction(10**exponent), Unit.PERCENT: Fraction(1, PERCENT), Unit.PERMILLE: Fraction(1, PERMILLE)}
        product *= one.value * scale.get(one.unit, 1)
    return product


def compute(terms: Sequence[Sequence[Factor]], exponent: int, rounding: Rounding, sign: int = 1) -> Arithmetic:
    """Make arithmetic of terms; what is whole already is not rounded."""
    exact = sum((multiply_factors(one, exponent) for one in terms), Fraction(0))
    plain = Rounding.NONE if exact.denominator == 1 and rounding is not Rounding.REMAINDER_UP else rounding
    return Arithmetic(tuple(tuple(one) for one in terms), exact, plain, sign)
