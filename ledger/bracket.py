"""Brackets of time: what witnesses' and authorities' times say of when each entry came, against the operator's word in received_at.

An *anchor* is somebody's signed word that the tree had a size by a time. An entry under it existed by then: received_at well after that
time is `future`. An entry that is not under it came later, as far as the log showed its newest tree: received_at well before that time is
`back-dated`. An anchor that is later than another one which already covers the entry says nothing against it: an old checkpoint can be
stamped at any time. FORMAT.md, section "Verdicts".
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from ledger.instant import read_seconds, write_seconds

#: Seconds by which received_at may miss a bracket. A checkpoint is signed each second, witnesses are asked each 10 to 60 seconds and may
#: need as long, a published checkpoint may lag by ten minutes; clocks that are kept by NTP are apart by much less.
TOLERANCE = 600
LAST_SECOND = 253_402_300_799  #: 9999-12-31T23:59:59Z in seconds since 1970; what claims to be later is no time
_UNREAD = -(1 << 62)  #: in place of the time of an entry that could not be read


@dataclass(frozen=True, slots=True)
class Outlier:
    """An entry whose received_at does not fit between anchors."""

    index: int
    received_at: str  #: instant, the operator's word
    kind: str  #: `future` or `back-dated`
    bound: str  #: instant, the anchor's time
    who: str  #: name of a witness in the policy, or `timestamp`


@dataclass(frozen=True, slots=True)
class Times:
    """What the anchors say of all entries."""

    anchors: int = 0
    first: str = ""  #: instant of the earliest anchor, empty if there is none
    last: str = ""  #: instant of the latest one
    bracketed: int = 0  #: entries that an anchor covers
    beyond: int = 0  #: entries after the last anchor
    outliers: int = 0
    listed: tuple[Outlier, ...] = ()  #: the first of them, by index
    stamps: int = 0  #: timestamps that hold
    unheld: tuple[tuple[int, str], ...] = ()  #: timestamps that do not: size, and reason


class Brackets:
    """Gathers each entry's time (8 bytes an entry) and the anchors (28 bytes each), then compares them."""

    def __init__(self) -> None:
        self._received = array("q")  #: seconds since 1970 by index
        self._last = ("", _UNREAD)
        self._sizes, self._times, self._slacks, self._whos = array("Q"), array("q"), array("q"), array("I")
        self._names: dict[str, int] = {}

    def add_entry(self, received_at: str | None) -> None:
        """Add the next entry's instant, whose form was checked; None for one that could not be read."""
        if received_at is None:
            self._received.append(_UNREAD)
            return
        if received_at != self._last[0]:
            self._last = (received_at, read_seconds(received_at))
        self._received.append(self._last[1])

    def add_anchor(self, size: int, time: int, who: str, slack: int = 0) -> None:
        """Add somebody's word that the tree had a size by a time, in seconds since 1970, give or take `slack`; sizes do not fall.

        One of a smaller size than the last, which only a faulty file has, and one beyond the calendar count for nothing.
        """
        if time + slack > LAST_SECOND or (self._sizes and size < self._sizes[-1]):
            return
        self._sizes.append(size)
        self._times.append(time)
        self._slacks.append(slack)
        self._whos.append(self._names.setdefault(who, len(self._names)))

    def summarize(self, limit: int, unheld: tuple[tuple[int, str], ...] = (), stamps: int = 0) -> Times:
        """Compare all entries with all anchors; lists `limit` outliers at most. unheld, stamps: see Times."""
        size, count = len(self._received), len(self._sizes)
        covered = min(self._sizes[-1], size) if count else 0
        found, listed = 0, []
        for outlier in self._list_outliers():
            found += 1
            if found <= limit:
                listed.append(outlier)
        first, last = (write_seconds(min(self._times)), write_seconds(max(self._times))) if count else ("", "")
        return Times(count, first, last, covered, size - covered, found, tuple(listed), stamps, unheld)

    def _list_outliers(self) -> Iterator[Outlier]:
        """List the outliers by index, span by span: between two anchors' sizes all entries have the same bounds."""
        ceilings = self._find_ceilings()
        waiting: list[tuple[int, int]] = []  #: anchors that do not cover the span, later than all that is known to cover it
        floor, begin, count = -1, 0, len(self._sizes)
        for place in range(count + 1):
            end = min(self._sizes[place], len(self._received)) if place < count else len(self._received)
            if begin < end:
                ceiling = ceilings[place] if place < count else -1
                known = LAST_SECOND if ceiling < 0 else self._times[ceiling] + self._slacks[ceiling]
                while waiting and waiting[0][0] <= known:
                    floor = heappop(waiting)[1]
                yield from self._judge_span(begin, end, floor, ceiling)
                begin = end
            if place < count and (floor < 0 or self._read_lower(place) > self._read_lower(floor)):
                heappush(waiting, (self._read_lower(place), place))

    def _find_ceilings(self) -> "array[int]":
        """Find, for each anchor, the earliest of it and all of larger sizes."""
        found = array("q", range(len(self._sizes)))
        for place in range(len(found) - 2, -1, -1):
            after = found[place + 1]
            if self._times[after] + self._slacks[after] < self._times[place] + self._slacks[place]:
                found[place] = after
        return found

    def _read_lower(self, place: int) -> int:
        return self._times[place] - self._slacks[place]

    def _judge_span(self, begin: int, end: int, floor: int, ceiling: int) -> Iterator[Outlier]:
        least = self._read_lower(floor) - TOLERANCE if floor >= 0 else _UNREAD + 1
        most = self._times[ceiling] + self._slacks[ceiling] + TOLERANCE if ceiling >= 0 else 1 << 62
        span = self._received[begin:end]
        if min(span) >= least and max(span) <= most:
            return
        for index, received in enumerate(span, begin):
            if received == _UNREAD or least <= received <= most:
                continue
            kind, place = ("future", ceiling) if received > most else ("back-dated", floor)
            who = next(name for name, number in self._names.items() if number == self._whos[place])
            yield Outlier(index, write_seconds(received), kind, write_seconds(self._times[place]), who)
