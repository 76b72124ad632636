"""What an agreement's terms say about quality, and how far a discount may go."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.certificates.conformity import ResultRow, parse_measured
from contracts.certificates.facts import Verdict
from contracts.certificates.specification import PriceEffect, cap_discount, find_price_effect, name_product, read_specification
from contracts.certificates.stated import find_verdict
from contracts.templates.terms import Terms

MOISTURE: dict[str, Any] = {
    "parameter": "free moisture",
    "basis": "as_received",
    "max": "10",
    "reject_max": "12",
    "unit": "P1",
    "method": "EN 13454-2",
    "adjustment_step": "0.1",
    "adjustment_price": "0.15",
}
LIMIT: dict[str, Any] = {"parameter": "mercury", "basis": "dry", "reject_max": "1.0", "unit": "NA", "method": "EN ISO 12846"}


def some_terms(**changes: Any) -> Terms:
    values: dict[str, Any] = {"quality_spec": [MOISTURE], "contaminant_limits": [LIMIT], "offspec_rule": "discount", "currency": "EUR"}
    return Terms({**values, "price_model": "fixed", "base_price": "12.40", **changes})


def measured(moisture: str, mercury: str = "<0.05") -> tuple[ResultRow, ...]:
    return (
        ResultRow("free moisture", parse_measured(moisture), "P1", "EN 13454-2"),
        ResultRow("mercury", parse_measured(mercury), "NA", "EN ISO 12846"),
    )


def test_contaminants_follow_the_specification_with_reject_limits_alone() -> None:
    moisture, mercury = read_specification(some_terms())

    assert (moisture.maximum, moisture.reject_maximum, moisture.step, moisture.step_price) == (
        Decimal(10),
        Decimal(12),
        Decimal("0.1"),
        Decimal("0.15"),
    )
    assert (mercury.maximum, mercury.reject_maximum, mercury.step) == (None, Decimal("1.0"), None)


def test_a_property_on_two_bases_is_named_with_its_basis() -> None:
    terms = some_terms(quality_spec=[MOISTURE, {**MOISTURE, "basis": "dry"}])

    assert [row.parameter for row in read_specification(terms)] == ["free moisture (as_received)", "free moisture (dry)", "mercury"]


@pytest.mark.parametrize(
    ("rule", "results", "effect"),
    [
        ("discount", measured("10.0"), PriceEffect(Decimal(0), refused=False)),
        ("discount", measured("10.01"), PriceEffect(Decimal("0.15"), refused=False)),
        ("discount", measured("10.2"), PriceEffect(Decimal("0.30"), refused=False)),
        ("discount", measured("12.1"), PriceEffect(Decimal(0), refused=True)),
        ("discount", measured("9", "1.1"), PriceEffect(Decimal(0), refused=True)),
        ("reject", measured("10.01"), PriceEffect(Decimal(0), refused=True)),
        ("reject", measured("9"), PriceEffect(Decimal(0), refused=False)),
        ("accept_no_claim", measured("12.1"), PriceEffect(Decimal(0), refused=False)),
    ],
)
def test_results_do_to_the_price_what_the_offspec_rule_says(rule: str, results: tuple[ResultRow, ...], effect: PriceEffect) -> None:
    terms = some_terms(offspec_rule=rule)

    assert find_price_effect(terms, results, find_verdict(terms, results)) == effect


def test_a_result_that_is_missing_costs_nothing_and_decides_nothing() -> None:
    terms = some_terms(offspec_rule="reject")

    assert find_verdict(terms, measured("9")[:1]) is Verdict.UNDECIDED
    assert find_price_effect(terms, measured("9")[:1], Verdict.UNDECIDED) == PriceEffect(Decimal(0), refused=False)


@pytest.mark.parametrize(
    ("price", "discount"),
    [
        ({}, "0.60"),
        ({"base_price": "0.40"}, "0.40"),
        ({"price_model": "gate_fee", "base_price": "-0.50"}, "0.50"),
        ({"price_model": "free", "base_price": None}, "0"),
        (
            {
                "price_model": "tiered",
                "price_tiers": [{"from": "0", "to": "10", "price": "14"}, {"from": "10", "to": None, "price": "0.3"}],
            },
            "0.3",
        ),
        ({"price_model": "two_part"}, "0"),
    ],
)
def test_a_discount_never_exceeds_the_price(price: dict[str, Any], discount: str) -> None:
    assert cap_discount(some_terms(**price), Decimal("0.60"), "2025-03") == Decimal(discount)


def test_goods_are_called_as_the_agreement_calls_them() -> None:
    assert name_product(Terms({"material_name": "FGD gypsum"})) == "FGD gypsum"
    assert name_product(Terms({"carrier": "hot_water"})) == "hot water"
    assert name_product(Terms({})) == "goods"
