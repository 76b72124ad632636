"""The agreement's side of a certificate: its quality specification, decision rule, and what off-spec goods cost."""

from dataclasses import dataclass
from decimal import Decimal

from contracts.certificates.conformity import DecisionRule, Disposition, ResultRow, SpecRow, price_off_spec
from contracts.certificates.facts import Verdict
from contracts.errors import Invalid
from contracts.period import Period
from contracts.templates.pricing import find_unit_price, read_tiers
from contracts.templates.terms import Terms

NOTHING = Decimal(0)
#: most that a discount per unit may be; a price of any goods lies far below
MAX_DISCOUNT = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class PriceEffect:
    """What a certificate does to the price of what it certifies, before the cap by the price itself."""

    discount: Decimal  #: currency per unit, >= 0
    refused: bool  #: the price falls away


def read_specification(terms: Terms) -> tuple[SpecRow, ...]:
    """Read the rows of the agreement's specification, contaminant limits last.

    A property that is limited on two bases is named with its basis, such as "chloride (dry)": results must say which they are.
    """
    rows = [*terms.rows("quality_spec"), *terms.rows("contaminant_limits")]
    names = [row.require_text("parameter") for row in rows]
    return tuple(
        SpecRow(
            parameter=name if names.count(name) == 1 else f"{name} ({row.text('basis') or 'as_received'})",
            unit=row.require_text("unit"),
            method=row.text("method") or "",
            minimum=row.decimal("min"),
            target=row.decimal("target"),
            maximum=row.decimal("max"),
            reject_minimum=row.decimal("reject_min"),
            reject_maximum=row.decimal("reject_max"),
            uncertainty=row.decimal("uncertainty"),
            step=row.decimal("adjustment_step"),
            step_price=row.decimal("adjustment_price"),
        )
        for name, row in zip(names, rows, strict=True)
    )


def read_decision_rule(terms: Terms) -> DecisionRule:
    """Read how uncertainty counts."""
    return DecisionRule(terms.text("decision_rule") or DecisionRule.SIMPLE)


def find_price_effect(terms: Terms, results: tuple[ResultRow, ...], verdict: Verdict) -> PriceEffect:
    """Find what the results do to the price by the agreement's `offspec_rule`.

    reject: whatever does not conform is not paid. discount: the steps of the specification; beyond a reject limit nothing is paid.
    accept_no_claim: nothing happens.
    """
    rule = terms.text("offspec_rule")
    if rule == "reject":
        return PriceEffect(NOTHING, refused=verdict is Verdict.NONCONFORM)
    if rule != "discount":
        return PriceEffect(NOTHING, refused=False)
    found = price_off_spec(read_specification(terms), results, read_decision_rule(terms), MAX_DISCOUNT)
    return PriceEffect(found.discount, refused=found.disposition is Disposition.REFUSE)


def cap_discount(terms: Terms, discount: Decimal, period: str) -> Decimal:
    """Return the discount per unit, cut so that it never exceeds the price of the period; of tiers the lowest price counts."""
    try:
        if terms.text("price_model") == "tiered":
            prices = [abs(tier.price) for tier in read_tiers(terms)]
        else:
            prices = [abs(find_unit_price(terms, Period(period)))]
    except Invalid:
        return NOTHING  # without a price there is nothing to deduct from
    return min(discount, *prices) if prices else NOTHING


def name_product(terms: Terms) -> str:
    """Return what the goods are called: the material, the carrier of the energy, or the kind of water."""
    names = (terms.text(name) for name in ("material_name", "carrier", "water_kind", "asset_type"))
    return next((name.replace("_", " ") for name in names if name), "goods")
