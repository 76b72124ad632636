"""Metered days: every interval once, and a register that moved by their sum."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.deliveries.metered import check_readings, find_difference
from contracts.deliveries.rules import Taken
from contracts.deliveries.trade import Trade
from tests.contracts.deliveries.building import ZONE, a_metered_day, a_trade, codes, some_readings

NOW = datetime(2025, 12, 1, tzinfo=UTC)
DAY = date(2025, 1, 2)


def judge(trade: Trade | None = None, taken: Taken | None = None, **changes: Any) -> set[tuple[str, str]]:
    chosen = trade or a_trade(unit="MWH", interval=15)
    return codes(check_readings(a_metered_day(**changes), chosen, "o-powerco", NOW, ZONE, taken or Taken(delivery=False)))


@pytest.mark.parametrize(("day", "count"), [(DAY, 96), (date(2025, 3, 30), 92), (date(2025, 10, 26), 100)])
def test_a_day_has_as_many_quarter_hours_as_the_clock_gives_it(day: date, count: int) -> None:
    readings = some_readings(day)

    assert len(readings) == count
    assert judge(day=day, readings=readings) == set()
    assert judge(day=day, readings=readings[:-1]) == {("readings", "interval-count")}


def test_a_gap_or_an_overlap_is_named_with_its_interval() -> None:
    readings = list(some_readings(DAY))
    readings[3] = replace(readings[3], start=readings[3].start + timedelta(minutes=1))

    assert judge(readings=readings) == {("readings.3.start", "not-contiguous")}


@pytest.mark.parametrize(("end", "fine"), [("1144.0", True), ("1144.1", True), ("1143.9", True), ("1144.2", False), ("1143.8", False)])
def test_intervals_and_register_agree_within_one_last_digit(end: str, fine: bool) -> None:  # noqa: FBT001 - a table of cases
    found = judge(register_end=Decimal(end))

    assert found == (set() if fine else {("register_end", "register-differs")})


def test_a_register_past_its_last_digit_begins_again() -> None:
    assert find_difference(Decimal(999900), Decimal(44), 6) == Decimal(144)
    assert find_difference(Decimal(999900), Decimal(44), None) is None
    rolling = a_trade(unit="MWH", interval=15, rollover=6)
    assert judge(rolling, register_start=Decimal("999900.0"), register_end=Decimal("44.0")) == set()
    assert judge(register_start=Decimal("999900.0"), register_end=Decimal("44.0")) == {("register_end", "ran-backwards")}


def test_meters_intervals_and_days_are_those_agreed() -> None:
    strict = a_trade(unit="MWH", interval=30, meters=frozenset({"HM-18"}))

    assert judge(strict) == {("meter", "unknown-meter"), ("interval", "other-interval")}
    assert judge(taken=Taken(delivery=False, ticket=True)) == {("day", "day-taken")}


def test_a_day_that_is_not_over_cannot_be_recorded() -> None:
    now = datetime(2025, 1, 2, 22, 54, tzinfo=UTC)
    trade = a_trade(unit="MWH")

    early = codes(check_readings(a_metered_day(), trade, "o-powerco", now, ZONE, Taken(delivery=False)))
    in_time = codes(check_readings(a_metered_day(), trade, "o-powerco", now + timedelta(minutes=1), ZONE, Taken(delivery=False)))

    assert early == {("day", "in-the-future")}
    assert in_time == set()


def test_negative_intervals_are_refused() -> None:
    readings = list(some_readings(DAY))
    readings[5] = replace(readings[5], quantity=Decimal("-0.5"))

    assert ("readings.5.quantity", "negative") in judge(readings=readings)


def test_of_a_shared_asset_the_operator_names_a_user_who_has_a_share() -> None:
    pool = a_trade(unit="MWH", shared=True, receivers=("o-plasterco", "o-refinery"))

    assert judge(pool, user="o-refinery") == set()
    assert judge(pool) == {("user", "missing")}
    assert judge(pool, user="o-strange") == {("user", "not-a-user")}
    assert judge(user="o-strange") == {("user", "not-a-user")}


@pytest.mark.parametrize("minutes", [0, -15, 7, 120, 10**9])
def test_an_interval_divides_the_hour(minutes: int) -> None:
    assert ("interval", "interval-does-not-divide") in judge(a_trade(unit="MWH"), interval=minutes)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_are_answered(day: date) -> None:
    fact = replace(a_metered_day(), day=day)

    found = codes(check_readings(fact, a_trade(unit="MWH"), "o-powerco", NOW, ZONE, Taken(delivery=False)))

    assert found
