"""Periods: months in a time zone, days of clock change, contract years."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import Invalid
from contracts.period import (
    Period,
    add_months,
    find_contract_year,
    find_period,
    find_zone,
    interval_count,
    list_interval_starts,
)

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
ZONES = st.sampled_from(["Europe/Copenhagen", "UTC", "Asia/Seoul", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe"])
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
MONTHS = st.dates(date(1990, 1, 1), date(2090, 1, 1)).map(lambda day: Period(f"{day:%Y-%m}"))


def test_a_month_starts_at_local_midnight() -> None:
    start, end = Period("2025-03").find_bounds(COPENHAGEN)

    assert start == datetime(2025, 2, 28, 23, tzinfo=UTC)
    assert end == datetime(2025, 3, 31, 22, tzinfo=UTC)


@given(instant=INSTANTS, zone=ZONES)
def test_every_instant_lies_in_exactly_the_month_that_is_found(instant: datetime, zone: str) -> None:
    where = ZoneInfo(zone)

    period = find_period(instant, where)

    assert period.contains(instant, where)
    assert not period.next().contains(instant, where)
    assert not period.previous().contains(instant, where)


@given(period=MONTHS, zone=ZONES)
def test_months_leave_no_gap_and_neighbours_are_inverse(period: Period, zone: str) -> None:
    where = ZoneInfo(zone)

    assert period.find_bounds(where)[1] == period.next().find_bounds(where)[0]
    assert period.next().previous() == period
    assert period < period.next()
    assert len(period.list_days()) in (28, 29, 30, 31)


@pytest.mark.parametrize("name", ["2025-13", "2025-00", "2025-3", "25-03", "0000-01", "9999-12", "2025-03 ", "２025-03"])
def test_what_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        Period(name)


@pytest.mark.parametrize(("day", "count"), [("2025-03-29", 96), ("2025-03-30", 92), ("2025-10-26", 100), ("2025-10-27", 96)])
def test_days_of_clock_change_have_92_or_100_quarter_hours(day: str, count: int) -> None:
    starts = list(list_interval_starts(date.fromisoformat(day), 15, COPENHAGEN))

    assert interval_count(date.fromisoformat(day), 15, COPENHAGEN) == count
    assert len(starts) == count
    assert starts[-1] + timedelta(minutes=15) == Period(day[:7]).find_bounds(COPENHAGEN)[0] + sum(
        (
            timedelta(minutes=15 * interval_count(one, 15, COPENHAGEN))
            for one in Period(day[:7]).list_days()
            if one <= date.fromisoformat(day)
        ),
        timedelta(0),
    )


def test_a_day_that_starts_with_a_skipped_hour_has_23_hours() -> None:
    assert interval_count(date(2024, 4, 26), 60, ZoneInfo("Africa/Cairo")) == 23


def test_a_day_of_half_an_hour_shift_cannot_be_cut_into_hours() -> None:
    day, lord_howe = date(2025, 10, 5), ZoneInfo("Australia/Lord_Howe")

    assert interval_count(day, 30, lord_howe) == 47
    with pytest.raises(Invalid):
        interval_count(day, 60, lord_howe)


@pytest.mark.parametrize("minutes", [0, -15, 7])
def test_an_interval_that_does_not_divide_the_day_is_refused(minutes: int) -> None:
    with pytest.raises(Invalid):
        interval_count(date(2025, 1, 1), minutes, COPENHAGEN)


def test_the_first_and_last_contract_year_are_cut_to_the_term() -> None:
    term = (date(2026, 4, 1), date(2028, 4, 1))

    first = find_contract_year(date(2026, 5, 31), "06-01", *term)
    second = find_contract_year(date(2026, 6, 1), "06-01", *term)
    last = find_contract_year(date(2028, 3, 31), "06-01", *term)

    assert (first.start, first.end, first.days, first.full_days) == (date(2026, 4, 1), date(2026, 6, 1), 61, 365)
    assert (second.days, second.full_days) == (365, 365)
    assert (last.end, last.full_days) == (date(2028, 4, 1), 366)


def test_a_contract_year_from_29_february_starts_on_1_march_in_common_years() -> None:
    year = find_contract_year(date(2026, 3, 1), "02-29", date(2024, 1, 1), date(2030, 1, 1))

    assert year.start == date(2026, 3, 1)


def test_a_day_outside_the_term_has_no_contract_year() -> None:
    with pytest.raises(Invalid):
        find_contract_year(date(2026, 3, 31), "06-01", date(2026, 4, 1), date(2027, 4, 1))


def test_months_are_added_by_the_calendar() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 3, 1)
    assert add_months(date(2026, 4, 1), 60) == date(2031, 4, 1)


def test_an_unknown_zone_is_refused_and_every_real_one_found() -> None:
    assert "Europe/Copenhagen" in available_timezones()
    assert find_zone("Europe/Copenhagen") == COPENHAGEN
    for name in ("Europe/Kalundborg", "../etc/passwd", ""):
        with pytest.raises(Invalid):
            find_zone(name)
