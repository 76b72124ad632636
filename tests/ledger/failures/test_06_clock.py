"""Failure 6: the clock stands, goes back or jumps ahead: `received_at` never decreases, a clock that cannot be right shuts the writer."""

import random  # noqa: TID251 - seeded

import pytest

from ledger.instant import add_seconds
from ledger.outcome import LogLatched
from tests.ledger.live_log import START, LiveLog, indexes

SEED = 6


def list_times(live: LiveLog) -> list[str]:
    """List when entries were received."""
    head = live.log.read_head()
    assert head is not None
    return [entry.received_at for entry in live.log.read_entries(0, head.size)]


def test_equal_times_are_kept(live: LiveLog) -> None:
    live.send(live.firm.deliver())
    live.send(live.firm.deliver())

    assert list_times(live) == [START] * 4


def test_a_step_back_of_two_seconds_is_waited_out(live: LiveLog) -> None:
    live.clock.advance(10)
    live.send(live.firm.deliver())
    live.clock.now = add_seconds(START, 8)

    live.send(live.firm.deliver())

    assert list_times(live)[2:] == [add_seconds(START, 10)] * 2


@pytest.mark.parametrize("back", [3, 30, 86_400 * 365])
def test_a_clock_further_back_shuts_the_writer_until_it_is_set_and_started_anew(live: LiveLog, back: int) -> None:
    live.clock.now = add_seconds(START, -back)

    with pytest.raises(LogLatched, match="set the clock") as caught:
        live.send(live.firm.deliver())
    live.clock.now = START
    with pytest.raises(LogLatched, match="set the clock"):
        live.send(live.firm.deliver())
    latch = live.log.read_latch()
    live.start_again()

    assert (caught.value.reason, latch.reason if latch else "") == ("clock", "clock")
    assert indexes(live.send(live.firm.deliver())) == [2]


@pytest.mark.parametrize("ahead", [61, 3600, 86_400 * 3650])
def test_a_jump_ahead_of_the_monotonic_clock_shuts_the_writer_and_nothing_is_stamped_with_it(live: LiveLog, ahead: int) -> None:
    live.clock.now = add_seconds(START, ahead)

    with pytest.raises(LogLatched, match="monotonic"):
        live.send(live.firm.deliver())
    live.clock.now = START
    live.start_again()
    live.send(live.firm.deliver())

    assert list_times(live) == [START] * 3


def test_an_hour_that_both_clocks_saw_is_an_hour(live: LiveLog) -> None:
    live.clock.advance(3600)
    live.send(live.firm.deliver(now=live.clock.now))

    assert list_times(live)[-1] == add_seconds(START, 3600)


def test_a_clock_that_trembles_never_makes_an_entry_older_than_the_one_before(sqlite_live: LiveLog) -> None:
    dice, live = random.Random(SEED), sqlite_live  # noqa: S311 - no secret
    shut = 0

    for _ in range(80):
        live.clock.advance(dice.choice([0, 0, 1, 2, 5]))
        live.clock.now = add_seconds(live.clock.now, dice.choice([0, 0, 0, -1, 1, -2, 2, -4, 70]))
        try:
            live.send(live.firm.deliver(now=live.clock.now))
        except LogLatched:
            shut += 1
            live.clock.now = max(live.clock.now, list_times(live)[-1])
            live.start_again()

    times = list_times(live)
    assert times == sorted(times), f"seed {SEED}"
    assert len(times) > 30
    assert shut > 3
