"""The yearly reconciliation of take-or-pay: level, deficiency, make-up, expiry, carry-forward, in that order.

Quantities are exact decimals in the agreement's unit. Identity of every year, and so of the term:
paid quantity = taken + deficiency - make-up used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from contracts.money import round_half_even_cents
from contracts.templates.terms import Terms

_EXACT = Context(prec=80)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class YearTaken:
    """What happened in one contract year."""

    #: settled quantity; loads rejected for quality do not count
    taken: Decimal
    #: not deliverable through force majeure, planned outage or the supplier's shortfall; lowers the year's quantity
    excused: Decimal = _ZERO
    #: days of the year that lie in the term
    days: int = 365
    #: days of the uncut contract year
    full_days: int = 365


@dataclass(frozen=True, slots=True)
class YearReconciled:
    """The reconciliation of one contract year."""

    #: annual quantity pro rata by days, less what was excused
    quantity: Decimal
    #: least quantity to be paid after carry-forward
    level: Decimal
    #: paid but not taken
    deficiency: Decimal
    #: taken without payment against earlier deficiencies
    make_up_used: Decimal
    #: earlier deficiencies whose right ended with this year
    make_up_expired: Decimal
    #: deficiencies still to be taken
    make_up_bank: Decimal
    #: credit that lowered this year's level and was needed
    carry_forward_used: Decimal
    #: credit for later years
    carry_forward_bank: Decimal
    #: taken beyond the supplier's duty (annual quantity + up_tolerance)
    excess: Decimal

    #: taken + deficiency - make-up used
    paid: Decimal


@dataclass(slots=True)
class _Lot:
    quantity: Decimal
    last_year: int


def reconcile_years(terms: Terms, years: Sequence[YearTaken]) -> tuple[YearReconciled, ...]:
    """Return the reconciliation of each contract year in order, from the first.

    Per year: (1) level = take_or_pay % of the year's quantity, less carry-forward; (2) deficiency below it;
    (3) what is taken above it uses make-up, oldest first; (4) old make-up and credits expire; (5) what is taken and paid
    above the year's quantity is carried forward, up to the cap.
    """
    make_up: list[_Lot] = []
    credit: list[_Lot] = []
    results = []
    for index, year in enumerate(years):
        quantity = _find_year_quantity(terms, year)
        base = _percent(quantity, terms.decimal("take_or_pay"))
        level = max(_ZERO, base - _sum(credit))  # 1
        deficiency = max(_ZERO, level - year.taken)  # 2
        make_up_used = _draw(make_up, max(_ZERO, year.taken - level))  # 3
        paid_taken = year.taken - make_up_used
        credit_used = _draw(credit, max(_ZERO, min(_sum(credit), base - paid_taken)))
        make_up.append(_Lot(deficiency, index + (terms.integer("make_up_years") or 0)))
        make_up_expired = _expire(make_up, index)  # 4
        _expire(credit, index)
        _carry(terms, credit, index, paid_taken - quantity, quantity)  # 5
        most = quantity + _percent(quantity, terms.decimal("up_tolerance"))
        results.append(
            YearReconciled(
                quantity=quantity,
                level=level,
                deficiency=deficiency,
                make_up_used=make_up_used,
                make_up_expired=make_up_expired,
                make_up_bank=_sum(make_up),
                carry_forward_used=credit_used,
                carry_forward_bank=_sum(credit),
                excess=max(_ZERO, year.taken - most),
                paid=paid_taken + deficiency,
            )
        )
    return tuple(results)


def price_deficiency(terms: Terms, deficiency: Decimal, unit_price: Decimal) -> int:
    """Return the take-or-pay payment in minor units: deficiency x price x take_or_pay_price %, rounded once."""
    percent = terms.decimal("take_or_pay_price")
    share = Fraction(100 if percent is None else percent) / 100
    return round_half_even_cents(Fraction(deficiency) * Fraction(unit_price) * share, terms.require_text("currency"))


def price_shortfall(terms: Terms, year: YearTaken, annual_value: int) -> int:
    """Return the supplier's damages for a year in minor units: shortfall below supply_or_pay x rate, up to the cap.

    ``annual_value`` is the contract's value of that year in minor units, the base of ``damages_cap``.
    """
    duty = _percent(_find_year_quantity(terms, year), terms.decimal("supply_or_pay"))
    shortfall = max(_ZERO, duty - year.taken)
    rate = terms.decimal("shortfall_damages") or _ZERO
    damages = round_half_even_cents(Fraction(shortfall) * Fraction(rate), terms.require_text("currency"))
    cap = terms.decimal("damages_cap")
    return damages if cap is None else min(damages, round(Fraction(annual_value) * Fraction(cap) / 100))


def _find_year_quantity(terms: Terms, year: YearTaken) -> Decimal:
    """Annual quantity pro rata by days (to 9 places, half-even), less what was excused; not negative."""
    annual = terms.require_decimal("annual_contract_quantity")
    if year.days != year.full_days:
        annual = Decimal(round(Fraction(annual) * year.days / year.full_days * 10**9)).scaleb(-9, _EXACT)
    return max(_ZERO, annual - year.excused)


def _percent(quantity: Decimal, percent: Decimal | None) -> Decimal:
    return _EXACT.multiply(quantity, (percent or _ZERO).scaleb(-2, _EXACT))


def _sum(lots: Sequence[_Lot]) -> Decimal:
    return sum((lot.quantity for lot in lots), _ZERO)


def _carry(terms: Terms, credit: list[_Lot], index: int, above: Decimal, quantity: Decimal) -> None:
    """Add what was taken and paid above the year's quantity to the credit, as far as the cap leaves room."""
    cap = _percent(quantity, terms.decimal("carry_forward_cap"))
    carried = max(_ZERO, min(above, cap - _sum(credit)))
    credit.append(_Lot(carried, index + (terms.integer("carry_forward_years") or 0)))
    _expire(credit, index)


def _draw(lots: list[_Lot], wanted: Decimal) -> Decimal:
    """Take up to ``wanted`` from the lots, oldest first; return what was taken."""
    left = wanted
    for lot in lots:
        part = min(lot.quantity, left)
        lot.quantity -= part
        left -= part
    return wanted - left


def _expire(lots: list[_Lot], index: int) -> Decimal:
    """Remove the lots whose last year is over; return their quantity."""
    over = _sum([lot for lot in lots if lot.last_year <= index])
    lots[:] = [lot for lot in lots if lot.last_year > index and lot.quantity > 0]
    return over
