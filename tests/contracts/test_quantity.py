"""Quantities: canonical text, exact conversion, comparison in one dimension, dry mass."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import Invalid
from contracts.quantity import (
    Quantity,
    compare_quantities,
    convert_quantity,
    convert_rounded,
    dry_mass,
    format_decimal,
    parse_decimal,
    parse_quantity,
    sum_quantities,
)
from contracts.units import UNITS

AMOUNTS = st.decimals("-999999999", "999999999", places=6).filter(lambda one: not (one.is_zero() and one.is_signed()))

#: every ordered pair of units that convert into each other
PAIRS = [(one, two) for one in UNITS for two in UNITS if UNITS[one].dimension == UNITS[two].dimension]


@pytest.mark.parametrize("text", ["0", "23.230", "-0.5", "999999999999999.999999999", "0.000000001"])
def test_canonical_text_keeps_its_places(text: str) -> None:
    assert format_decimal(parse_decimal(text)) == text
    assert parse_quantity(text, "TNE").text == text


@pytest.mark.parametrize(
    "text",
    ["", "+1", "01", "1.", ".5", "1e3", "NaN", "Infinity", "-0", "-0.00", " 1", "1\n", "1,5", "1_000", "٣", "1" * 16, "0." + "1" * 10],
)
def test_any_other_spelling_of_a_decimal_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_decimal(text)


@pytest.mark.parametrize("amount", [Decimal("1E+3"), Decimal("NaN"), Decimal("-0"), Decimal(10) ** 15])
def test_a_quantity_outside_the_form_cannot_be_made(amount: Decimal) -> None:
    with pytest.raises(Invalid):
        Quantity(amount, "TNE")


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        Quantity(Decimal(1), "TONNES")

    assert refusal.value.findings[0].code == "unknown-unit"


@pytest.mark.parametrize(
    ("text", "unit", "target", "expected"),
    [
        ("25360", "KGM", "TNE", "25.36"),
        ("18", "GV", "MWH", "5"),
        ("1.5", "MWH", "KWH", "1500"),
        ("7", "R9", "MTQ", "7000"),
        ("195", "CEL", "KEL", "468.15"),
        ("1", "ANN", "MON", "12"),
        ("250", "GRM", "KGM", "0.25"),
        ("0", "LTR", "MTQ", "0"),
    ],
)
def test_conversion_is_exact(text: str, unit: str, target: str, expected: str) -> None:
    assert convert_quantity(parse_quantity(text, unit), target).text == expected


def test_a_conversion_that_is_not_exact_asks_for_places() -> None:
    gigajoule = parse_quantity("1", "GV")

    with pytest.raises(Invalid) as refusal:
        convert_quantity(gigajoule, "MWH")

    assert refusal.value.findings[0].code == "not-exact"
    assert convert_rounded(gigajoule, "MWH", 3).text == "0.278"


@given(amount=AMOUNTS, units=st.sampled_from(PAIRS))
def test_a_conversion_there_and_back_changes_nothing(amount: Decimal, units: tuple[str, str]) -> None:
    here, there = units
    quantity = Quantity(amount, here)
    try:
        converted = convert_quantity(quantity, there)
    except Invalid:
        return

    assert convert_quantity(converted, here) == quantity
    assert converted == quantity


def test_quantities_compare_by_size_inside_a_dimension_only() -> None:
    tonne, kilogram = parse_quantity("1", "TNE"), parse_quantity("999.999", "KGM")

    assert kilogram < tonne
    assert tonne == parse_quantity("1000.000", "KGM")
    assert hash(tonne) == hash(parse_quantity("1000.000", "KGM"))
    assert tonne != parse_quantity("1", "MWH")
    with pytest.raises(Invalid):
        compare_quantities(tonne, parse_quantity("1", "MWH"))


def test_normal_and_plain_cubic_metres_are_not_mixed() -> None:
    with pytest.raises(Invalid):
        convert_quantity(parse_quantity("1", "NM3"), "MTQ")


@given(amounts=st.lists(AMOUNTS, max_size=20), data=st.data())
def test_a_sum_does_not_depend_on_order_and_a_reversal_cancels(amounts: list[Decimal], data: st.DataObject) -> None:
    quantities = [Quantity(amount, "TNE") for amount in amounts]
    shuffled = data.draw(st.permutations(quantities))

    total = sum_quantities(quantities, "TNE")

    assert total == sum_quantities(shuffled, "TNE")
    assert sum_quantities([*quantities, -total], "TNE").amount == 0


def test_the_dry_mass_of_the_worked_load_is_23_230_tonnes() -> None:
    assert dry_mass(parse_quantity("25.36", "TNE"), Decimal("8.4")).text == "23.230"


@given(net=st.decimals(0, 100, places=3), moisture=st.decimals(0, 100, places=2))
def test_dry_mass_never_exceeds_the_wet_mass_by_more_than_its_rounding(net: Decimal, moisture: Decimal) -> None:
    dry = dry_mass(Quantity(abs(net), "TNE"), abs(moisture))

    assert 0 <= dry.amount <= abs(net)
    assert abs(Fraction(dry.amount) - Fraction(net) * (100 - Fraction(moisture)) / 100) <= Fraction(1, 2000)


@pytest.mark.parametrize("moisture", ["-0.1", "100.1", "NaN"])
def test_an_impossible_moisture_is_refused(moisture: str) -> None:
    with pytest.raises(Invalid):
        dry_mass(parse_quantity("1", "TNE"), Decimal(moisture))


def test_every_unit_code_has_the_form_of_recommendation_20() -> None:
    for code, unit in UNITS.items():
        assert code == unit.code
        assert 2 <= len(code) <= 3
        assert code.isascii()
        assert code == code.upper()
        assert unit.factor > 0
