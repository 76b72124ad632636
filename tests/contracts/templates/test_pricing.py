"""Prices by model: the worked numbers of the field, and what holds for all numbers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import Invalid
from contracts.period import Period
from contracts.quantity import round_half_even
from contracts.templates.pricing import (
    Tier,
    estimate_contract_value,
    find_adjustment_period,
    find_unit_price,
    hold_price,
    index_price,
    price_delivery,
    price_tiers,
    read_indices,
    summarise_readings,
)
from contracts.templates.terms import Terms
from ledger.canonical import JSON

TIERS = (Tier(Decimal(0), Decimal(40_000), Decimal(14)), Tier(Decimal(40_000), None, Decimal(11)))
MARCH = Period("2026-03")
INDEXED: dict[str, JSON] = {
    "currency": "EUR",
    "price_model": "indexed",
    "base_price": "12.40",
    "index_fixed_share": "0.4",
    "price_places": 2,
    "index_terms": [{"index": "PPI-DK", "base_value": "118.2", "base_month": "2026-01", "weight": "0.6", "lag_months": 2}],
    "index_values": [
        {"index": "PPI-DK", "month": "2026-02", "value": "121.5"},
        {"index": "PPI-DK", "month": "2026-04", "value": "130"},
    ],
}
TIERED: dict[str, JSON] = {
    "currency": "EUR",
    "price_model": "tiered",
    "tier_mode": "marginal",
    "price_tiers": [{"from": "0", "to": "100", "price": "1.333"}, {"from": "100", "to": None, "price": "0.777"}],
}


def test_the_indexed_price_of_the_worked_example_is_12_61() -> None:
    exact = index_price(Decimal("12.40"), Decimal("0.4"), [(Decimal("0.6"), Decimal("118.2"), Decimal("121.5"))])

    assert round_half_even(exact, 6) == Decimal("12.607716")
    assert round_half_even(exact, 2) == Decimal("12.61")


def test_an_index_is_read_with_its_lag_and_a_missing_value_is_marked() -> None:
    terms = Terms(INDEXED)

    april, may, june = (read_indices(terms, Period(month))[0] for month in ("2026-04", "2026-05", "2026-06"))

    assert (april.value, april.provisional) == (Decimal("121.5"), False)
    assert (may.value, may.provisional) == (Decimal("121.5"), True)
    assert (june.value, june.provisional) == (Decimal(130), False)
    assert summarise_readings([may]) == {"PPI-DK": "121.5*"}


def test_before_the_first_index_value_the_base_value_counts() -> None:
    assert find_unit_price(Terms(INDEXED), MARCH) == Decimal("12.40")
    assert find_unit_price(Terms(INDEXED), Period("2026-04")) == Decimal("12.61")


def test_an_indexed_price_stays_between_floor_and_cap() -> None:
    assert find_unit_price(Terms(INDEXED | {"price_cap": "12.50"}), Period("2026-04")) == Decimal("12.50")
    assert find_unit_price(Terms(INDEXED | {"price_floor": "13"}), Period("2026-04")) == Decimal(13)
    assert hold_price(Decimal(5), None, None) == Decimal(5)


def test_an_indexed_price_stands_still_between_adjustment_dates() -> None:
    terms = Terms(INDEXED | {"adjustment_dates": ["01-01", "07-01"]})

    assert find_unit_price(terms, Period("2026-06")) == Decimal("12.40")
    assert find_unit_price(terms, Period("2026-07")) == find_unit_price(Terms(INDEXED), Period("2026-07"))
    assert find_adjustment_period(["07-01"], MARCH) == Period("2025-07")


def test_an_indexed_price_needs_the_month() -> None:
    with pytest.raises(Invalid):
        find_unit_price(Terms(INDEXED))


@pytest.mark.parametrize(("mode", "amount"), [("marginal", 780_000), ("whole_quantity", 660_000)])
def test_sixty_thousand_tonnes_by_tiers_cost_what_the_mode_says(mode: str, amount: int) -> None:
    assert price_tiers(Decimal(60_000), TIERS, mode) == amount


def test_an_unknown_tier_mode_is_refused() -> None:
    with pytest.raises(Invalid):
        price_tiers(Decimal(1), TIERS, "middle")


@pytest.mark.parametrize("mode", ["marginal", "whole_quantity"])
@given(quantities=st.lists(st.decimals("0.001", 400, places=3), min_size=1, max_size=12))
def test_the_deliveries_of_a_year_add_up_to_the_price_of_its_quantity(mode: str, quantities: list[Decimal]) -> None:
    terms = Terms(TIERED | {"tier_mode": mode})
    taken, amounts = Decimal(0), []

    for quantity in quantities:
        amounts.append(price_delivery(terms, quantity, taken_before=taken))
        taken += quantity

    assert sum(amounts) == price_delivery(terms, taken)


@given(quantity=st.decimals("0.001", 400, places=3), before=st.decimals(0, 400, places=3))
def test_a_reversal_costs_exactly_what_the_delivery_cost(quantity: Decimal, before: Decimal) -> None:
    for values in (TIERED, INDEXED, {"currency": "EUR", "price_model": "fixed", "base_price": "12.405"}):
        terms = Terms(values)

        there = price_delivery(terms, quantity, taken_before=before, period=MARCH)
        back = price_delivery(terms, -quantity, taken_before=before + quantity, period=MARCH)

        assert there + back == 0


def test_a_hundred_dry_tonnes_at_a_gate_fee_of_20_credit_2000() -> None:
    terms = Terms({"currency": "EUR", "price_model": "gate_fee", "base_price": "-20"})

    assert price_delivery(terms, Decimal(100)) == -200_000


def test_a_free_handover_costs_nothing() -> None:
    assert price_delivery(Terms({"currency": "EUR", "price_model": "free"}), Decimal(100)) == 0


@pytest.mark.parametrize("model", ["two_part", "shared_margin", None])
def test_a_price_model_that_cannot_be_settled_is_refused_clearly(model: str | None) -> None:
    with pytest.raises(Invalid) as refusal:
        price_delivery(Terms({"currency": "EUR", "price_model": model, "base_price": "1"}), Decimal(1))

    assert refusal.value.findings[0].code == "not-supported-yet"


@pytest.mark.parametrize(
    ("values", "value"),
    [
        ({"initial_term": 60, "annual_contract_quantity": "60000", "base_price": "12.40", "currency": "EUR"}, 372_000_000),
        ({"initial_term": 12, "annual_contract_quantity": "100", "base_price": "-20", "currency": "EUR"}, 200_000),
        ({"initial_term": 18, "fixed_cost": 48_000_000, "currency": "EUR"}, 72_000_000),
        ({"initial_term": 12, "annual_contract_quantity": "200"} | TIERED, 21_100),
        ({"initial_term": 12, "annual_contract_quantity": "200", "currency": "EUR"}, 0),
        ({"currency": "EUR"}, None),
    ],
)
def test_the_value_of_a_contract_is_year_times_term(values: dict[str, JSON], value: int | None) -> None:
    assert estimate_contract_value(Terms(values)) == value


def test_an_index_that_does_not_move_leaves_the_price() -> None:
    exact = index_price(Decimal("12.40"), Decimal("0.4"), [(Decimal("0.6"), Decimal("118.2"), Decimal("118.2"))])

    assert exact == Fraction("12.4")
