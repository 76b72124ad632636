"""A derivation written out for its reader: labels, the arithmetic as one line that can be checked by hand, rounding, source, entries."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal
from flask_babel import gettext as _

from contracts.allocation.exact import format_exact
from contracts.deliveries.delivery import Figure
from contracts.money import CURRENCY_EXPONENTS
from contracts.quantity import MAX_PLACES
from contracts.views.derivation import Arithmetic, Derivation, Evidence, Factor, Rounding, Source, Unit, Use, What
from webui.pages.languages import find_locale, write_money, write_number, write_quantity, write_symbol
from webui.pages.why_words import CLOSED, ROUNDINGS, SETTLED, list_details, name_factor, word_amount, word_source

MOST_PARTS = 100  #: that are written below one amount; the others stand together
APPROXIMATED = 4  #: decimals beyond the currency's of an amount that no decimal writes exactly
OPEN_DEPTH = 2  #: levels that are unfolded at first


@dataclass(frozen=True, slots=True)
class WrittenUse:
    """A delivery that is counted, as text."""

    delivery: str
    settled: str
    said: str  #: both figures
    how: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class WrittenTerms:
    """Which words of the contract rule an amount."""

    words: str
    path: str  #: after /n/<network>; empty where there is no page
    terms: tuple[str, ...]
    entry: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """One amount, as the page shows it."""

    label: str
    details: str
    amount: int
    formula: str  #: empty where there is none
    rounding: str
    closed: str
    turned: bool  #: it and all below it stand with the other sign
    parts: tuple["Written", ...]
    basis: tuple["Written", ...]
    uses: tuple[WrittenUse, ...]
    more: int  #: parts that are not written out
    more_amount: int
    evidence: tuple[Evidence, ...]
    source: WrittenTerms | None
    path: str  #: of its own page
    unfolded: bool

    @property
    def folds(self) -> bool:
        """Tell whether anything stands below it."""
        return bool(self.parts or self.basis or self.uses)


def write_derivation(one: Derivation, currency: str, depth: int = 0) -> Written:
    """Write an amount and all below it."""
    parts = one.parts[:MOST_PARTS]
    rest = one.parts[MOST_PARTS:]
    return Written(
        label=word_amount(one),
        details=" · ".join(list_details(one)),
        amount=one.amount,
        formula=write_arithmetic(one.arithmetic, currency) if one.arithmetic else "",
        rounding=str(ROUNDINGS[one.arithmetic.rounding]) if one.arithmetic and one.arithmetic.rounding is not Rounding.NONE else "",
        closed=str(CLOSED[one.closed]) if one.closed else "",
        turned=one.turned,
        parts=tuple(write_derivation(part, currency, depth + 1) for part in parts),
        basis=tuple(write_derivation(part, currency, OPEN_DEPTH) for part in one.basis),
        uses=tuple(write_use(use) for use in one.uses[:MOST_PARTS]) if lists_uses(one) else (),
        more=len(rest),
        more_amount=sum(part.amount for part in rest),
        evidence=tuple(each for each in one.evidence if one.source is None or each.index != one.source.entry),
        source=write_source(one.source),
        path=one.path if depth else "",
        unfolded=depth < OPEN_DEPTH,
    )


def lists_uses(one: Derivation) -> bool:
    """Tell whether deliveries stand with an amount: with each delivery's own price, and with a saving that names none of them below."""
    return one.what is What.DELIVERY or (one.what is What.SAVING and all(each.what is not What.DELIVERY for each in one.walk()))


def write_arithmetic(one: Arithmetic, currency: str) -> str:
    """Write products and their sum: `25.36 t × 12.40 EUR/t = 314.464 EUR`."""
    if len(one.terms) == 1 and len(one.terms[0]) == 1 and not one.terms[0][0].name:
        return ""  # stated, not computed
    exponent = CURRENCY_EXPONENTS[currency]
    products = [" × ".join(write_factor(factor, currency) for factor in term) for term in one.terms]
    terms = " + ".join(products) or write_exact(Fraction(0), currency)
    alone = len(one.terms) == 1 and len(one.terms[0]) == 1
    exact = one.exact / 10**exponent
    whole = terms if alone else f"{terms} = {write_exact(exact, currency)}"
    if one.sign < 0:
        whole = f"−({whole})"
    return whole if one.rounding is Rounding.NONE else f"{whole} → {write_money(one.result, currency)}"


def write_factor(one: Factor, currency: str) -> str:
    """Write a factor with its unit and, in brackets, what it is."""
    named = f" ({name_factor(one.name)})" if one.name and one.name != "quantity" else ""
    match one.unit:
        case Unit.QUANTITY:
            return write_quantity(_read_decimal(one.value), one.code)
        case Unit.UNIT_PRICE:
            return f"{write_price(_read_decimal(one.value), currency)} {currency}/{write_symbol(one.code)}{named}"
        case Unit.MONEY:
            return f"{write_exact(one.value / 10 ** CURRENCY_EXPONENTS[currency], currency)}{named}"
        case Unit.PERCENT:
            return f"{write_number(_read_decimal(one.value))} %{named}"
        case Unit.PERMILLE:
            return f"{write_number(_read_decimal(one.value))} ‰{named}"
        case Unit.RATIO:
            return f"{write_ratio(one.value)}{named}"


def write_price(value: Decimal, currency: str) -> str:
    """Write a price of a unit with as many decimals as it has, and at least those of the currency."""
    decimals = CURRENCY_EXPONENTS[currency]
    form = f"#,##0.{'0' * decimals}{'#' * MAX_PLACES}" if decimals else f"#,##0.{'#' * MAX_PLACES}"
    return format_decimal(value, format=form, locale=find_locale())


def write_exact(amount: Fraction, currency: str) -> str:
    """Write an exact amount of the main unit: as money where it is whole, else a decimal, or a fraction with its approximation."""
    exponent = CURRENCY_EXPONENTS[currency]
    minor = amount * 10**exponent
    if minor.denominator == 1:
        return write_money(int(minor), currency)
    text = format_exact(amount)
    if "/" not in text:
        return f"{write_number(Decimal(text))} {currency}"
    places = Decimal(1).scaleb(-(exponent + APPROXIMATED))
    about = (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(places)
    return f"{write_number(amount.numerator)}/{write_number(amount.denominator)} {currency} (≈ {write_number(about)})"


def write_ratio(value: Fraction) -> str:
    """Write a plain number: a decimal where one writes it exactly, else a fraction."""
    text = format_exact(value)
    if "/" in text:
        return f"{write_number(value.numerator)}/{write_number(value.denominator)}"
    return write_number(Decimal(text))


def write_use(one: Use) -> WrittenUse:
    """Write what both sides said of a delivery."""
    figures = [write_figure(figure, one.unit) for figure in (one.sent, one.got) if figure.quantity is not None]
    return WrittenUse(
        delivery=one.delivery,
        settled=write_quantity(one.settled, one.settled_unit),
        said=" / ".join(figures),
        how=str(SETTLED.get(one.settled_by, "")),
        evidence=one.evidence,
    )


def write_figure(one: Figure, unit: str) -> str:
    """Write what one side weighed, with the moisture that leads from it to a dry mass."""
    quantity = write_quantity(one.quantity, unit)
    return (
        quantity
        if one.moisture is None
        else _("%(quantity)s at %(moisture)s %% moisture", quantity=quantity, moisture=write_number(one.moisture))
    )


def write_source(one: Source | None) -> WrittenTerms | None:
    """Write a rule's source with the address of its page."""
    if one is None:
        return None
    paths = {"contract": f"/agreements/{one.name}", "rulebook": "/rulebook"}
    terms = tuple(name_factor(term) for term in one.terms)
    return WrittenTerms(word_source(one), paths.get(one.rule.value, ""), terms, one.entry)


def _read_decimal(value: Fraction) -> Decimal:
    return Decimal(format_exact(value))
