"""Instants in one spelling, `YYYY-MM-DDThh:mm:ssZ`: their order as text is their order in time."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from ledger.errors import Malformed

_EPOCH = "1970-01-01T00:00:00Z"
_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


def parse_instant(text: str) -> datetime:
    """Read an instant, aware, UTC, whole seconds; raises Malformed."""
    if not _FORM.fullmatch(text):
        raise Malformed(f"{text[:40]!r} is not an instant: write YYYY-MM-DDThh:mm:ssZ")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{text!r} is not a day and time of the calendar") from None


def format_instant(moment: datetime) -> str:
    """Write an aware instant in UTC, cut to whole seconds."""
    # Not strftime: it writes the year 999 with three digits, and text would no longer be in the order of time.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def add_seconds(text: str, seconds: int) -> str:
    """Give the instant that is `seconds` after another one, or the calendar's last second; raises Malformed."""
    try:
        return format_instant(parse_instant(text) + timedelta(seconds=seconds))
    except OverflowError:
        return "9999-12-31T23:59:59Z"


@lru_cache(maxsize=4096)
def count_seconds(text: str) -> int:
    """Count the seconds from 1 January of the year 1 to an instant whose form was checked."""
    return _count_days(text[:10]) * 86_400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


def read_seconds(instant: str) -> int:
    """Give an instant, whose form was checked, in seconds since 1970."""
    return count_seconds(instant) - count_seconds(_EPOCH)


def write_seconds(seconds: int) -> str:
    """Write seconds since 1970, of the years 1 to 9999, as an instant."""
    return add_seconds(_EPOCH, seconds)


@lru_cache(maxsize=4096)
def _count_days(day: str) -> int:
    return date.fromisoformat(day).toordinal()
