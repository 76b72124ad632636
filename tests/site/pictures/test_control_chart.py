"""The control chart: within its sheet whatever it is given, values where they belong, and limits that follow from the values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.certificates.conformity import Measured, Outcome
from contracts.views.certificates import Trend, TrendPoint
from tests.site.pictures.drawn import check_picture, find_meeting, list_texts
from tests.site.pictures.figures import WRITING, texts
from webui.pictures.control_chart import draw_trend, find_spread

START = datetime(2025, 1, 2, 8, tzinfo=UTC)
many = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large])
values = st.decimals(min_value=Decimal(-(10**9)), max_value=Decimal(10**9), places=3)


def a_point(value: str, hour: int = 0, **changes: object) -> TrendPoint:
    """A certified value."""
    moment = f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"
    point = TrendPoint(f"c-{hour}", f"QC-{hour}", moment, Measured("", Decimal(value)), None, Outcome.CONFORM, stands=True)
    return replace(point, **changes)  # type: ignore[arg-type]  # changes are named by whoever makes one


def a_trend(*points: TrendPoint, **changes: object) -> Trend:
    """The moisture of gypsum."""
    trend = Trend("a-1", "free moisture", ("free moisture",), "P1", None, Decimal(10), points)
    return replace(trend, **changes)  # type: ignore[arg-type]  # the same


@st.composite
def trends_of_any_kind(draw: st.DrawFn) -> Trend:
    """Draw any trend."""
    spread = st.none() | st.decimals(min_value=0, max_value=1000, places=2)
    points = st.builds(
        TrendPoint,
        certificate=texts,
        number=st.none() | texts,
        sampled_at=st.integers(0, 10**6).map(lambda hours: f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"),
        measured=st.builds(Measured, st.sampled_from(["", "<", ">"]), values),
        uncertainty=spread,
        outcome=st.sampled_from(Outcome),
        stands=st.booleans(),
    )
    low, high = draw(st.none() | values), draw(st.none() | values)
    found = sorted(draw(st.lists(points, max_size=60)), key=lambda point: point.sampled_at)
    return Trend(draw(texts), draw(texts), ("x",), draw(st.sampled_from(["P1", "NA", "Q30"])), low, high, tuple(found))


@many
@given(trends_of_any_kind())
def test_trends_of_any_kind_are_drawn_within_the_sheet(trend: Trend) -> None:
    picture = draw_trend(trend, WRITING)

    check_picture(picture)
    assert find_meeting(str(picture.wide)) == []
    assert find_meeting(str(picture.narrow)) == []
    assert len(picture.table.rows) == len(trend.points)


def test_natural_limits_follow_from_the_steps_between_neighbours() -> None:
    points = [a_point(value, hour) for hour, value in enumerate(["8", "9", "8", "9", "8", "9", "8", "9"])]

    spread = find_spread(points)

    assert spread is not None
    assert (spread.mean, spread.low, spread.high) == (Decimal("8.5"), Decimal("5.8"), Decimal("11.2"))  # 8.5 and 2.66 times 1


@pytest.mark.parametrize("change", [{"measured": Measured("<", Decimal(8))}, {"stands": False}])
def test_natural_limits_want_eight_standing_values_that_were_measured(change: dict[str, object]) -> None:
    points = [a_point("8", hour) for hour in range(7)]

    assert find_spread([*points, a_point("8", 8, **change)]) is None


def test_what_lies_outside_is_a_diamond_and_what_was_not_measured_a_triangle() -> None:
    trend = a_trend(
        a_point("8.4"),
        a_point("10.6", 1, outcome=Outcome.NONCONFORM),
        a_point("0.05", 2, measured=Measured("<", Decimal("0.05"))),
    )

    drawn = str(draw_trend(trend, WRITING).wide)

    assert drawn.count("<circle") == 1
    assert [mark.count(",") for mark in drawn.split('points="')[1:]] == [4, 3]


def test_the_limits_stand_in_words_beside_their_lines() -> None:
    trend = a_trend(a_point("8.4"), a_point("8.9", 1), minimum=Decimal(5))

    words = {form: [text.text for text in list_texts(str(svg))] for form, svg in draw_both(trend).items()}

    assert all({"at least 5 %", "at most 10 %"} <= set(found) for found in words.values())


def draw_both(trend: Trend) -> dict[str, object]:
    """Give both drawings."""
    picture = draw_trend(trend, WRITING)
    return {"wide": picture.wide, "narrow": picture.narrow}
