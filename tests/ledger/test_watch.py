"""The watch never lets time go back, and stops the writer when the clock cannot be believed."""

import pytest

from ledger.outcome import LogLatched
from ledger.watch import ClockWatch
from tests.ledger.live_log import START, Ticking


def make_watch() -> tuple[Ticking, ClockWatch]:
    clock = Ticking()
    return clock, ClockWatch(clock.read, clock.monotonic)


def test_the_first_entry_takes_the_wall_time() -> None:
    assert make_watch()[1].read("") == START


def test_time_goes_on() -> None:
    clock, watch = make_watch()
    clock.advance(3600)

    assert watch.read(START) == "2026-01-01T01:00:00Z"


@pytest.mark.parametrize("last", ["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"])
def test_a_step_back_of_two_seconds_keeps_the_last_time(last: str) -> None:
    assert make_watch()[1].read(last) == last


def test_a_step_back_of_three_seconds_latches() -> None:
    with pytest.raises(LogLatched, match="3 seconds before"):
        make_watch()[1].read("2026-01-01T00:00:03Z")


@pytest.mark.parametrize("wall", ["2026-01-01T00:01:01Z", "2025-12-31T23:58:59Z"])
def test_a_wall_clock_a_minute_off_the_monotonic_one_latches(wall: str) -> None:
    clock, watch = make_watch()
    clock.now = wall

    with pytest.raises(LogLatched, match="against the monotonic clock"):
        watch.read("")


def test_a_wall_clock_just_a_minute_off_is_believed() -> None:
    clock, watch = make_watch()
    clock.now = "2026-01-01T00:01:00Z"

    assert watch.read("") == "2026-01-01T00:01:00Z"


def test_slow_drift_is_no_jump() -> None:
    clock, watch = make_watch()

    for _ in range(10):
        clock.now = f"2026-01-01T00:{int(clock.now[14:16]) + 1:02d}:30Z"
        clock.seconds += 30
        read = watch.read("")

    assert read == "2026-01-01T00:10:30Z"
