"""Numbers are read and written exactly."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation.exact import format_exact, parse_exact


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, Fraction(7)),
        (-(10**30), Fraction(-(10**30))),
        (Decimal("0.1"), Fraction(1, 10)),
        (Decimal("1E+3"), Fraction(1000)),
        ("1/3", Fraction(1, 3)),
        (" -12.5 ", Fraction(-25, 2)),
        ("-0", Fraction(0)),
    ],
)
def test_a_number_is_read_as_it_is_written(value: object, expected: Fraction) -> None:
    assert parse_exact(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        0.5,
        [],
        "",
        "one",
        "1/0",
        "1/-3",
        "١",
        "0x10",
        "1_000",
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E9999"),
        "1e99999",
        10**400,
    ],
)
def test_what_is_no_sensible_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"write|choose"):
        parse_exact(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(0), "0"),
        (Fraction(-3), "-3"),
        (Fraction(201513, 2), "100756.5"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(1, 20), "0.05"),
        (Fraction(2290, 3), "2290/3"),
        (Fraction(-1, 30), "-1/30"),
        (Fraction(10**30), "1" + 30 * "0"),
    ],
)
def test_a_terminating_decimal_is_written_so_and_all_else_as_a_fraction(value: Fraction, expected: str) -> None:
    assert format_exact(value) == expected


@given(st.fractions())
def test_what_is_written_is_read_back(value: Fraction) -> None:
    assert parse_exact(format_exact(value)) == value
