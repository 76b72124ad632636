"""A year's figure, spread: whatever chance does inside the year, the parts add up to it."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from webui.demo.spreading import open_chance, place_lots, spread_over_days, spread_over_hours, spread_total, vary_figure


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 1_000), min_size=1, max_size=50).filter(any))
def test_parts_add_up_and_no_part_lies_a_unit_off_its_share(total: int, weights: list[int]) -> None:
    parts = spread_total(total, weights)

    assert sum(parts) == total
    assert all(abs(part * sum(weights) - total * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True))


@given(seed=st.integers())
def test_days_and_hours_add_up_to_the_years_figure_whatever_the_seed(seed: int) -> None:
    total = Decimal("215000.0")

    days = spread_over_days(total, 1, [100] * 12, 2025, open_chance(seed, "days"))
    hours = spread_over_hours(days[date(2025, 3, 30)], 1, 23, open_chance(seed, "hours"))

    assert len(days) == 365
    assert sum(days.values()) == total
    assert sum(hours) == days[date(2025, 3, 30)]


def test_the_same_seed_draws_the_same_and_another_one_does_not() -> None:
    years = [spread_over_days(Decimal(70_000), 0, [1] * 12, 2025, open_chance(seed, "days")) for seed in (1, 1, 2)]

    assert years[0] == years[1]
    assert years[0] != years[2]


def test_lots_fall_into_their_own_months_and_leave_the_last_days_free() -> None:
    placed = place_lots([3, 0, 4, *[1] * 9], 2025)

    assert [day.month for day in placed] == [1, 1, 1, 3, 3, 3, 3, *range(4, 13)]
    assert max(day.day for day in placed) < 26


@given(seed=st.integers(), amount=st.integers(1, 10**6))
def test_the_other_scale_is_off_by_no_more_than_said(seed: int, amount: int) -> None:
    other = vary_figure(Decimal(amount), 3, 2, open_chance(seed, "scale"))

    assert abs(other - amount) <= Decimal(amount) * 2 / 1_000 + Decimal("0.001")
