"""Charges beside the price: heat between its bounds, late delivery, investment surcharge."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.templates.charges import find_heat_price, price_late_delivery, price_surcharge

_DAY = 86_400


@pytest.mark.parametrize(
    ("days", "cap", "penalty"),
    [("8.64", None, "84"), ("5.76", None, "52.5"), ("12", "52", "104"), ("12", "55", "110"), ("0.99", None, "0"), ("-3", None, "0")],
)
def test_late_delivery_costs_what_the_published_cases_say(days: str, cap: str | None, penalty: str) -> None:
    seconds = int(Decimal(days) * _DAY)

    minor = price_late_delivery(20_000, seconds, Decimal("10.5"), 2, None if cap is None else Decimal(cap))

    assert minor == int(Decimal(penalty) * 100)


def test_the_price_of_heat_lies_between_marginal_and_substitution_cost() -> None:
    heat = find_heat_price(Decimal(12), Decimal(32), Decimal(40))

    assert heat.price == 20
    assert heat.floor == 12
    assert heat.ceiling == 32


def test_heat_dearer_than_its_substitute_is_not_exchanged() -> None:
    assert find_heat_price(Decimal(32), Decimal("31.99"), Decimal(40)).price is None


@given(quantities=st.lists(st.decimals(0, 100, places=2).map(abs), max_size=40), cost=st.integers(0, 50_000))
def test_a_surcharge_recovers_the_cost_and_never_more(quantities: list[Decimal], cost: int) -> None:
    recovered = 0
    for quantity in quantities:
        recovered += price_surcharge(recovered, cost, quantity, Decimal("2.50"), "EUR")

    assert recovered <= cost
    if sum(quantities) * 250 > cost + len(quantities):
        assert recovered == cost


def test_after_recovery_the_surcharge_is_nothing() -> None:
    assert price_surcharge(900, 1000, Decimal(1), Decimal("2.50"), "EUR") == 100
    assert price_surcharge(1000, 1000, Decimal(1), Decimal("2.50"), "EUR") == 0
