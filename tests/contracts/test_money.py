"""Money: rounding once, text both ways, splits that add up."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import Invalid
from contracts.money import (
    CURRENCY_EXPONENTS,
    MAX_MINOR,
    format_money,
    minor_units,
    parse_money,
    price_quantity,
    round_half_even_cents,
    split_money,
)

CURRENCIES = st.sampled_from(sorted(CURRENCY_EXPONENTS))


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0.125", "EUR", 12),
        ("0.135", "EUR", 14),
        ("-0.125", "EUR", -12),
        ("2.5", "JPY", 2),
        ("3.5", "JPY", 4),
        ("1.0005", "KWD", 1000),
    ],
)
def test_halves_go_to_the_even_minor_unit(amount: str, currency: str, minor: int) -> None:
    assert round_half_even_cents(Decimal(amount), currency) == minor


def test_a_product_is_rounded_once_even_where_its_factors_are_long() -> None:
    quantity, price = Decimal("123456789012345.123456789"), Decimal("0.000000001")

    assert price_quantity(quantity, price, "EUR") == 12345679


def test_a_gate_fee_is_a_credit_to_the_one_who_takes() -> None:
    assert price_quantity(Decimal(100), Decimal(-20), "EUR") == -200_000


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+999999", "1E-999999"])
def test_what_is_no_amount_of_money_is_refused(amount: str) -> None:
    with pytest.raises(Invalid):
        round_half_even_cents(Decimal(amount), "EUR")


def test_an_amount_beyond_exact_integers_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        round_half_even_cents(Decimal(MAX_MINOR), "EUR")

    assert refusal.value.findings[0].code == "out-of-range"


def test_an_unlisted_currency_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        minor_units("ZZZ")

    assert refusal.value.findings[0].code == "unknown-currency"


@given(minor=st.integers(-MAX_MINOR, MAX_MINOR), currency=CURRENCIES)
def test_written_money_reads_back_as_itself(minor: int, currency: str) -> None:
    assert parse_money(format_money(minor, currency), currency) == minor


@pytest.mark.parametrize("text", ["", "1.", ".5", "1,00", "1e3", "12.345", "1 234.50", "+1", "١", "5 USD"])
def test_text_that_is_no_amount_of_the_currency_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_money(text, "EUR")


@given(
    total=st.integers(-(10**12), 10**12),
    weights=st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.fractions(0, 1000), min_size=1, max_size=8),
)
def test_a_split_adds_up_and_no_part_is_a_cent_away_from_its_share(total: int, weights: dict[str, Fraction]) -> None:
    if not any(weights.values()):
        with pytest.raises(Invalid):
            split_money(total, weights)
        return

    parts = split_money(total, weights)

    assert sum(parts.values()) == total
    whole = sum(weights.values())
    assert all(abs(parts[name] - total * weights[name] / whole) < 1 for name in weights)


def test_a_split_does_not_depend_on_the_order_of_names() -> None:
    forward = {"a": Fraction(1), "b": Fraction(1), "c": Fraction(1)}
    backward = dict(reversed(forward.items()))

    assert split_money(100, forward) == split_money(100, backward) == {"a": 34, "b": 33, "c": 33}
