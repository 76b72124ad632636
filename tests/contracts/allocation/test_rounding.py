"""Cents add up: in one period, and over many."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation.rounding import round_cumulative, round_largest_remainder

NAMES = ["a", "b", "c", "d"]
SHARES = st.lists(st.fractions(-1000, 1000, max_denominator=97), min_size=3, max_size=3)


def fill(shares: list[Fraction], total: int) -> dict[str, Fraction]:
    """Shares of a, b, c, and d with the rest of a whole total."""
    return dict(zip(NAMES, [*shares, total - sum(shares, Fraction(0))], strict=True))


@given(SHARES, st.integers(-5000, 5000))
def test_cents_sum_to_the_total_and_nobody_is_a_cent_off(shares: list[Fraction], total: int) -> None:
    exact = fill(shares, total)

    cents = round_largest_remainder(exact, NAMES)

    assert sum(cents.values()) == total
    assert all(abs(cents[name] - exact[name]) < 1 for name in NAMES)


def test_ties_go_to_who_comes_first_in_the_fixed_order() -> None:
    thirds = dict.fromkeys(["a", "b", "c"], Fraction(100, 3))

    assert round_largest_remainder(thirds, ["a", "b", "c"]) == {"a": 34, "b": 33, "c": 33}
    assert round_largest_remainder(thirds, ["c", "b", "a"]) == {"a": 33, "b": 33, "c": 34}


def test_losses_are_rounded_down_first_too() -> None:
    shares = {"a": Fraction(-5, 2), "b": Fraction(-3, 4), "c": Fraction(13, 4)}

    assert round_largest_remainder(shares, ["a", "b", "c"]) == {"a": -2, "b": -1, "c": 3}


@given(st.lists(st.tuples(SHARES, st.integers(-500, 500)), min_size=1, max_size=30))
def test_over_many_periods_nobody_drifts_by_a_cent(periods: list[tuple[list[Fraction], int]]) -> None:
    entitled = dict.fromkeys(NAMES, Fraction(0))
    paid = dict.fromkeys(NAMES, 0)

    for shares, total in periods:
        earned = fill(shares, total)
        entitled = {name: entitled[name] + earned[name] for name in NAMES}
        now = round_cumulative(entitled, paid, NAMES)
        paid = {name: paid[name] + now[name] for name in NAMES}

        assert sum(now.values()) == total
        assert all(abs(paid[name] - entitled[name]) < 1 for name in NAMES)


@pytest.mark.parametrize(
    ("shares", "order"),
    [({"a": Fraction(1, 2)}, ["a"]), ({"a": Fraction(1)}, ["a", "b"]), ({"a": Fraction(1)}, []), ({"a": Fraction(1)}, ["b"])],
)
def test_what_cannot_be_whole_cents_of_everybody_is_refused(shares: dict[str, Fraction], order: list[str]) -> None:
    with pytest.raises(ValueError, match=r"whole number|everybody"):
        round_largest_remainder(shares, order)


def test_who_was_paid_stays_in_the_account() -> None:
    with pytest.raises(ValueError, match="paid before"):
        round_cumulative({"a": Fraction(1)}, {"b": 1}, ["a"])
