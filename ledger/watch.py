"""The watch: what time an entry is stamped with, so that `received_at` never decreases and a broken clock stops the writer.

A wall clock that is set back by up to two seconds costs nothing: entries keep the last time until it catches up. Further back, or wall and
monotonic clock a minute apart, the writer latches: no time it could write would be true. (A machine that slept looks the same, unless
the monotonic clock counts sleep.)
"""

from collections.abc import Callable

from ledger.instant import parse_instant
from ledger.outcome import LogLatched

STEP_BACK = 2  #: seconds that are waited out
DRIFT = 60  #: seconds that wall and monotonic clock may differ between two readings


class ClockWatch:
    """Reads a wall clock against a monotonic one."""

    def __init__(self, clock: Callable[[], str], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._last = (parse_instant(clock()), monotonic())

    def read(self, last: str) -> str:
        """Give the instant for the next entries, at least `last` (an instant, or empty before entry 0); raises LogLatched."""
        text = self._clock()
        now, seconds = parse_instant(text), self._monotonic()
        drift = (now - self._last[0]).total_seconds() - (seconds - self._last[1])
        if abs(drift) > DRIFT:
            raise LogLatched(
                f"the wall clock moved {drift:+.0f} seconds against the monotonic clock: set the clock, then start the writer anew",
                "clock",
            )
        self._last = (now, seconds)
        if not last or text >= last:
            return text
        back = (parse_instant(last) - now).total_seconds()
        if back > STEP_BACK:
            raise LogLatched(
                f"the clock stands {back:.0f} seconds before the last entry ({last}): set the clock, then start the writer anew",
                "clock",
            )
        return last
