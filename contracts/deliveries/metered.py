"""Rules of metered days: every interval of the local day once, in order, and a register that moved by their sum.

Days of clock change have 92 or 100 quarter hours. A register shows fewer digits than intervals do, so sum and difference may lie
apart by one last digit of it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from contracts.deliveries.facts import ReadingsRecorded
from contracts.deliveries.rules import CLOCK_SKEW, MAX_QUANTITY, Taken, check_new_id, check_recording, check_unit, check_user
from contracts.deliveries.trade import Trade
from contracts.errors import Finding, Invalid
from contracts.period import find_day_start, interval_count, list_interval_starts

_NOTHING = Decimal(0)
#: reported one by one; a day shifted by an hour is wrong in each of its intervals and need not be told 96 times
_MOST_REPORTED = 5


def check_readings(fact: ReadingsRecorded, trade: Trade | None, author: str, now: datetime, zone: ZoneInfo, taken: Taken) -> list[Finding]:
    """Check that a metered day may be recorded."""
    findings = [*check_new_id(fact.delivery, taken=taken.delivery), *_check_intervals(fact, zone), *_check_amounts(fact)]
    if fact.day > now.astimezone(zone).date() or find_day_start(fact.day + timedelta(days=1), zone) > now + CLOCK_SKEW:
        findings.append(Finding("day", "in-the-future", "the day is not over by the log's clock"))
    if trade is None:
        return [*findings, Finding("agreement", "unknown-agreement", "you have no such agreement")]
    findings += [*check_recording(trade, author, fact.day), *check_unit(fact.unit, trade.unit), *check_user(trade, fact.user)]
    findings += _check_register(fact, trade.rollover)
    if trade.meters and fact.meter not in trade.meters:
        findings.append(Finding("meter", "unknown-meter", f"the agreement names the meters {', '.join(sorted(trade.meters))}"))
    if trade.interval is not None and fact.interval != trade.interval:
        findings.append(Finding("interval", "other-interval", f"intervals of {trade.interval} minutes are agreed"))
    if trade.moisture_counts:
        findings.append(Finding("agreement", "dry-mass", "dry mass is paid: record loads with their moisture"))
    if taken.ticket:
        findings.append(Finding("day", "day-taken", f"{fact.day} of meter {fact.meter} is on the log under this agreement"))
    return findings


def sum_readings(fact: ReadingsRecorded) -> Decimal:
    """Return the day's quantity: the exact sum of its intervals, in the fact's unit."""
    return sum((reading.quantity for reading in fact.readings), _NOTHING)


def find_difference(start: Decimal, end: Decimal, rollover: int | None) -> Decimal | None:
    """Return by how much a register moved; past its last digit it begins again at zero. None where it ran backwards."""
    if end >= start:
        return end - start
    return None if rollover is None else end + Decimal(10) ** rollover - start


def _check_intervals(fact: ReadingsRecorded, zone: ZoneInfo) -> Iterator[Finding]:
    try:
        if fact.interval < 1 or 60 % fact.interval:
            yield Finding("interval", "interval-does-not-divide", "an interval divides the hour: 15 minutes are usual")
            return
        count = interval_count(fact.day, fact.interval, zone)
        starts = list(list_interval_starts(fact.day, fact.interval, zone))
    except (Invalid, OverflowError):
        yield Finding("day", "not-a-day", "this day cannot be cut into intervals")
        return
    if len(fact.readings) != count:
        message = f"{fact.day} has {count} intervals of {fact.interval} minutes here; {len(fact.readings)} were given"
        yield Finding("readings", "interval-count", message)
    wrong = [number for number, (reading, start) in enumerate(zip(fact.readings, starts, strict=False)) if reading.start != start]
    for number in wrong[:_MOST_REPORTED]:
        message = f"interval {number + 1} starts at {starts[number]:%Y-%m-%dT%H:%M:%SZ}, without gap or overlap"
        yield Finding(f"readings.{number}.start", "not-contiguous", message)


def _check_amounts(fact: ReadingsRecorded) -> Iterator[Finding]:
    negative = [number for number, reading in enumerate(fact.readings) if reading.quantity < 0]
    for number in negative[:_MOST_REPORTED]:
        yield Finding(f"readings.{number}.quantity", "negative", "a quantity is not negative")
    if sum_readings(fact) > MAX_QUANTITY:
        yield Finding("readings", "out-of-range", f"the most that one day may bring is {MAX_QUANTITY:,}")
    for name in ("register_start", "register_end"):
        if getattr(fact, name) < 0:
            yield Finding(name, "negative", "a register does not show negative values")


def _check_register(fact: ReadingsRecorded, rollover: int | None) -> Iterator[Finding]:
    moved = find_difference(fact.register_start, fact.register_end, rollover)
    if moved is None:
        yield Finding("register_end", "ran-backwards", "the register ends below its start, and no rollover is agreed")
        return
    places = max(-int(value.as_tuple().exponent) for value in (fact.register_start, fact.register_end))
    total = sum_readings(fact)
    if abs(moved - total) > Decimal(1).scaleb(-places):
        message = f"the register moved by {moved}, the intervals add up to {total}: more than one last digit apart"
        yield Finding("register_end", "register-differs", message)
