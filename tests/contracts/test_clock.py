"""The clock: whole UTC seconds, one way of writing them, clocks that can be set."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import Clock, FixedClock, SteppingClock, SystemClock, format_instant, parse_instant
from contracts.errors import Invalid

START = datetime(2025, 1, 1, 12, tzinfo=UTC)
INSTANTS = st.datetimes(timezones=st.just(UTC)).map(lambda one: one.replace(microsecond=0))


@given(instant=INSTANTS)
def test_written_instants_read_back_as_themselves(instant: datetime) -> None:
    text = format_instant(instant)

    assert len(text) == 20
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21",
        "2026-11-21T18:00:00",
        "2026-11-21T18:00:00+00:00",
        "2026-11-21T18:00:00.0Z",
        "2026-11-21 18:00:00Z",
        "2026-02-29T18:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "2026-11-21T18:00:00Z\n",
        "２026-11-21T18:00:00Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_any_other_spelling_of_a_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_instant(text)


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001  the fault under test
        datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_only_aware_utc_of_whole_seconds_is_written(instant: datetime) -> None:
    with pytest.raises(ValueError, match="aware UTC"):
        format_instant(instant)


def test_the_system_clock_tells_whole_utc_seconds_and_never_runs_back() -> None:
    clock: Clock = SystemClock()

    assert parse_instant(format_instant(clock.now())).tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def test_a_fixed_clock_moves_only_when_it_is_set() -> None:
    clock = FixedClock(START)

    assert clock.now() == clock.now() == START
    assert clock.advance(timedelta(minutes=1)) == START + timedelta(minutes=1)
    clock.set_to(START)
    assert clock.now() == START
    assert clock.monotonic() == 60


def test_time_does_not_advance_backwards_or_by_fractions() -> None:
    clock = FixedClock(START)

    for step in (timedelta(seconds=-1), timedelta(milliseconds=1)):
        with pytest.raises(ValueError, match="whole seconds"):
            clock.advance(step)


def test_a_stepping_clock_gives_every_event_a_time_of_its_own() -> None:
    clock = SteppingClock(START, timedelta(seconds=2))

    assert [clock.now() for _ in range(3)] == [START, START + timedelta(seconds=2), START + timedelta(seconds=4)]
