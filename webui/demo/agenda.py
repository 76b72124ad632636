"""The agenda: what happens when, taken up in order of time; what happens may put more on the agenda."""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Act = Callable[[], None]  #: says something


class Agenda:
    """Acts by their instant; those of one instant in the order in which they were added."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._waiting: list[tuple[datetime, int, Act]] = []
        self._added = 0

    def at(self, day: date, hour: int, minute: int = 0, *, later: int = 0) -> datetime:
        """Give the instant of a local time, so many days later."""
        local = day + timedelta(days=later)
        return datetime(local.year, local.month, local.day, hour, minute, tzinfo=self.zone).astimezone(UTC)

    def add(self, instant: datetime, act: Act) -> None:
        """Put an act on the agenda."""
        heapq.heappush(self._waiting, (instant, self._added, act))
        self._added += 1

    def take_until(self, end: datetime) -> Iterator[tuple[datetime, Act]]:
        """Take what is due before an instant, in order."""
        while self._waiting and self._waiting[0][0] < end:
            instant, _, act = heapq.heappop(self._waiting)
            yield instant, act
