"""The one clock: what time it is, handed to whoever needs it, and the one way that times are written.

Every instant in the product is an aware UTC ``datetime`` of whole seconds, written ``YYYY-MM-DDThh:mm:ssZ``.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from contracts.errors import Finding, Invalid
from ledger import instant as instant_text
from ledger.errors import Malformed


class Clock(Protocol):
    """Where time comes from; two readings that may disagree are what the log's writer watches for."""

    def now(self) -> datetime:
        """Return the wall time: aware, UTC, whole seconds; it may be set back."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some start; it never goes back, whatever happens to the wall time."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC, cut to whole seconds."""
        return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  the one place that reads the wall clock

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()


class FixedClock:
    """A clock that stands still until it is set; for tests and for playing a past year."""

    def __init__(self, instant: datetime) -> None:
        self._now = check_instant(instant)
        self._monotonic = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant that was set last."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds that ``advance`` has added so far."""
        return self._monotonic

    def set_to(self, instant: datetime) -> None:
        """Set the wall time, forward or back; the monotonic reading follows forward steps only."""
        checked = check_instant(instant)
        with self._lock:
            self._monotonic += max(0.0, (checked - self._now).total_seconds())
            self._now = checked

    def advance(self, step: timedelta) -> datetime:
        """Let time pass by ``step`` (whole seconds, not negative) and return the new time."""
        if step < timedelta(0) or step.microseconds:
            raise ValueError("time advances by whole seconds, forward")
        with self._lock:
            self._monotonic += step.total_seconds()
            self._now += step
            return self._now


class SteppingClock(FixedClock):
    """A fixed clock that moves on by one step each time it is asked, so that events get an order."""

    def __init__(self, instant: datetime, step: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(instant)
        self._step = step

    def now(self) -> datetime:
        """Return the current instant, then let one step pass."""
        return self.advance(self._step) - self._step


def check_instant(instant: datetime) -> datetime:
    """Return the instant if it is aware, in UTC and of whole seconds; else ``ValueError`` (a fault in our own code)."""
    if instant.utcoffset() != timedelta(0) or instant.microsecond:
        raise ValueError(f"{instant!r} is not an aware UTC time of whole seconds")
    return instant


def format_instant(instant: datetime) -> str:
    """Write ``2026-11-21T18:00:00Z``; ``ValueError`` unless aware UTC of whole seconds."""
    return instant_text.format_instant(check_instant(instant))


def parse_instant(text: str) -> datetime:
    """Read exactly ``YYYY-MM-DDThh:mm:ssZ`` (no offset, no fraction, no leap second); ``Invalid`` otherwise."""
    try:
        return instant_text.parse_instant(text)
    except Malformed:
        message = f"{text!r} is not a time; write it in UTC as 2026-11-21T18:00:00Z"
        raise Invalid(message, [Finding("instant", "not-an-instant", message)]) from None
