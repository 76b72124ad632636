"""Settlement periods: calendar months in the network's time zone, as half-open UTC bounds, and the days inside them.

A month starts at local midnight, so its length in hours changes with summer time; a day of clock change has 92 or 100
quarter hours instead of 96.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.errors import Finding, Invalid

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)
_MONTHS = 12
_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One calendar month, named ``2025-03``; periods order by time."""

    #: ``YYYY-MM``, years 0001 to 9998
    name: str

    def __post_init__(self) -> None:
        if _MONTH.fullmatch(self.name) is None or not "0001" <= self.name[:4] <= "9998":
            raise _refuse_time("period", "not-a-period", f"{self.name!r} is not a month; write it as 2025-03")

    @property
    def first_day(self) -> date:
        """The first local day."""
        return date(int(self.name[:4]), int(self.name[5:]), 1)

    def find_bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return [start, end) in UTC: local midnight of the first day of this month and of the next."""
        return find_day_start(self.first_day, zone), find_day_start(self.next().first_day, zone)

    def contains(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Tell whether the instant lies in [start, end)."""
        start, end = self.find_bounds(zone)
        return start <= instant < end

    def next(self) -> "Period":
        """Return the month after."""
        return self.shift(1)

    def previous(self) -> "Period":
        """Return the month before."""
        return self.shift(-1)

    def shift(self, months: int) -> "Period":
        """Return the month that is ``months`` later (earlier if negative)."""
        year, month = divmod(int(self.name[:4]) * _MONTHS + int(self.name[5:]) - 1 + months, _MONTHS)
        return Period(f"{year:04d}-{month + 1:02d}")

    def take_part(self, yearly: int) -> int:
        """Return this month's part of a yearly amount, so that a year's twelve months add up to it exactly."""
        month = self.first_day.month
        return yearly * month // _MONTHS - yearly * (month - 1) // _MONTHS

    def list_days(self) -> list[date]:
        """Return the local days of the month, in order."""
        first, end = self.first_day, self.next().first_day
        return [first + timedelta(days=offset) for offset in range((end - first).days)]


@dataclass(frozen=True, slots=True, order=True)
class ContractYear:
    """Twelve months from an agreement's own start day, cut at the agreement's first and last day."""

    #: first local day, included
    start: date
    #: first local day after it, excluded
    end: date
    #: days of the uncut year, 365 or 366, for quantities pro rata by days
    full_days: int

    @property
    def days(self) -> int:
        """How many days the (possibly cut) year has."""
        return (self.end - self.start).days


def find_zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name such as ``Europe/Copenhagen``; ``Invalid`` for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is not a known time zone; use an IANA name such as Europe/Copenhagen"
        raise _refuse_time("time_zone", "unknown-time-zone", message) from None


def find_period(instant: datetime, zone: ZoneInfo) -> Period:
    """Return the period that contains the aware instant, by the local calendar of the zone."""
    local = instant.astimezone(zone)
    return Period(f"{local.year:04d}-{local.month:02d}")


def find_day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the local day starts; where midnight is skipped, that of the clock change."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def interval_count(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return how many metering intervals the local day has: 96 quarter hours, 92 or 100 on days of clock change.

    ``Invalid`` unless the interval divides an hour (or is whole hours that divide 24) and fills the day evenly.
    """
    if minutes <= 0 or _MINUTES_A_DAY % minutes:
        message = f"an interval of {minutes} minutes does not divide a day; use 15"
        raise _refuse_time("interval", "interval-does-not-divide", message)
    length = find_day_start(day + timedelta(days=1), zone) - find_day_start(day, zone)
    count, rest = divmod(length, timedelta(minutes=minutes))
    if rest:
        message = f"{day} in {zone.key} cannot be cut into intervals of {minutes} minutes; use a shorter one"
        raise _refuse_time("interval", "interval-does-not-divide", message)
    return count


def list_interval_starts(day: date, minutes: int, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the UTC start of each interval of the local day; interval k is [start, start + minutes)."""
    start = find_day_start(day, zone)
    for index in range(interval_count(day, minutes, zone)):
        yield start + timedelta(minutes=minutes * index)


def find_contract_year(day: date, year_start: str, first_day: date, end_day: date) -> ContractYear:
    """Return the contract year that holds ``day``, for a term [first_day, end_day) and a year start ``MM-DD``.

    29 February as a start means 1 March in common years. ``Invalid`` when the day lies outside the term.
    """
    if not first_day <= day < end_day:
        message = f"{day} lies outside the term {first_day} to {end_day}"
        raise _refuse_time("day", "outside-term", message)
    start = _find_year_start(day.year, year_start)
    if start > day:
        start = _find_year_start(day.year - 1, year_start)
    end = _find_year_start(start.year + 1, year_start)
    return ContractYear(max(start, first_day), min(end, end_day), (end - start).days)


def add_months(day: date, months: int) -> date:
    """Return the day so many months later; a day that the month lacks becomes the first of the next (31 Jan + 1: 1 Mar)."""
    target = Period(f"{day.year:04d}-{day.month:02d}").shift(months)
    try:
        return target.first_day.replace(day=day.day)
    except ValueError:
        return target.next().first_day


def _find_year_start(year: int, month_day: str) -> date:
    match = _MONTH_DAY.fullmatch(month_day)
    if match is None:
        raise _refuse_time("contract_year_start", "not-a-month-day", f"{month_day!r} is not a day; write it as 06-01")
    month, day = int(match.group(1)), int(match.group(2))
    try:
        return date(year, month, day)
    except ValueError:
        return Period(f"{year:04d}-{month:02d}").next().first_day


def _refuse_time(field: str, code: str, message: str) -> Invalid:
    return Invalid(message, [Finding(field, code, message)])
