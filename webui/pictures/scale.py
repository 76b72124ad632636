"""Scales: figures to places on the sheet, and the marks along an axis of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_STEPS = (
    *(timedelta(minutes=count) for count in (1, 5, 15, 30)),
    *(timedelta(hours=count) for count in (1, 3, 6, 12)),
    *(timedelta(days=count) for count in (1, 2, 7, 14, 30, 61, 91, 182, 365, 730, 1825, 3650, 36500)),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to places."""

    low: float
    high: float
    start: float  #: place of `low`
    end: float  #: place of `high`

    def __call__(self, value: float) -> float:
        """Give a value's place, never outside the two ends."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        place = self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
        return min(max(place, self.start), self.end)


def fit_scale(low: float, high: float, start: float, end: float) -> Scale:
    """Fit values between two places; where there is nothing to tell apart, zero stands at the start."""
    return Scale(low, high if high > low else low + 1, start, end)


def fit_times(moments: Sequence[datetime], start: float, end: float) -> Scale:
    """Fit moments between two places."""
    seconds = [moment.timestamp() for moment in moments]
    low, high = min(seconds), max(seconds)
    return Scale(low, high, start, end)


def list_ticks(first: datetime, last: datetime, most: int) -> list[datetime]:
    """List round moments between two, at most so many; the two themselves where there is none."""
    span = last - first
    step = next((one for one in _STEPS if span / one <= most), _STEPS[-1])
    seconds = int(step.total_seconds())
    begin = -(-int(first.timestamp()) // seconds) * seconds
    ticks = [datetime.fromtimestamp(at, UTC) for at in range(begin, int(last.timestamp()) + 1, seconds)]
    return ticks[:most] if len(ticks) > 1 else sorted({first, last})
