"""What an audit file shows of the contents: fields withheld, fields erased, gaps in numbers, entries in question."""

from array import array
from collections.abc import Iterator, Mapping

from ledger.authority import Authority
from ledger.canonical import JSON
from ledger.entry import Entry
from ledger.trail import Trail
from ledger.verdict import MAX_LISTED, Completeness, Erased, Gap, Questioned, Withheld

_MAX_REASON = 200  #: characters
_WHOLE = 1  #: flag of an entry of which nothing travelled


class Disclosure:
    """Gathers, in one pass, what is missing; an erasure stands on the log after what it erases, so the end decides.

    In memory: for each entry ten bytes and two bits for each of its fields.
    """

    def __init__(self) -> None:
        self._begins = array("Q", [0])  #: by index: where its bits begin, in bytes; and where the last one's end
        self._hidden, self._erased = bytearray(), bytearray()  #: bits of positions that are not shown, and that were erased
        self._whole = bytearray()  #: by index: _WHOLE or 0
        self._listed: list[Erased] = []  #: the first erasures

    def add_entry(self, fields: int) -> None:
        """Make room for the next entry; fields: how many its contents have."""
        size = (fields + 7) // 8
        self._begins.append(self._begins[-1] + size)
        self._hidden += bytes(size)
        self._erased += bytes(size)
        self._whole.append(0)

    def hide_whole(self, index: int, fields: int) -> None:
        """Note that nothing travelled of an entry."""
        if fields:
            self._whole[index] = _WHOLE
            self._mark(self._hidden, index, (1 << fields) - 1)

    def hide_fields(self, index: int, positions: tuple[int, ...]) -> None:
        """Note what is not shown of an entry."""
        self._mark(self._hidden, index, sum(1 << position for position in set(positions)))

    def add_erasure(self, target: int, index: int, entry: Entry, trail: Trail) -> None:
        """Note a contents.erased that was examined, and the earlier entry that it names."""
        statement = entry.signed.statement
        fields = _read_fields(statement.public, trail.count_fields(target))
        self._mark(self._erased, target, sum(1 << place for place in fields))
        if len(self._listed) < MAX_LISTED:
            reason = str(statement.public["reason"])[:_MAX_REASON]
            self._listed.append(Erased(target, trail.find_author(target), fields, index, statement.author, reason))

    def summarize(self, trail: Trail, authority: Authority) -> Completeness:
        """Weigh all that was noted."""
        withheld: list[Withheld] = []
        withheld_fields = erased_fields = 0
        still_shown: list[int] = []
        for flag in (0, _WHOLE):
            for index, hidden, erased in self._list_marked(flag):
                left = hidden & ~erased
                withheld_fields, erased_fields = withheld_fields + left.bit_count(), erased_fields + erased.bit_count()
                if left and len(withheld) < MAX_LISTED:
                    withheld.append(Withheld(index, trail.find_author(index), _list_bits(left)))
                if erased & ~hidden:
                    still_shown.append(index)
        missing, gaps = _list_gaps(trail)
        return Completeness(
            withheld_fields=withheld_fields,
            withheld=tuple(withheld),
            erased_fields=erased_fields,
            erased=tuple(self._listed),
            shown_though_erased=tuple(sorted(still_shown))[:MAX_LISTED],
            missing_numbers=missing,
            gaps=gaps,
            questioned=_list_questioned(trail, authority),
        )

    def _mark(self, bits: bytearray, index: int, mask: int) -> None:
        begin, end = self._begins[index], self._begins[index + 1]
        bits[begin:end] = (int.from_bytes(bits[begin:end], "little") | mask).to_bytes(end - begin, "little")

    def _list_marked(self, flag: int) -> Iterator[tuple[int, int, int]]:
        """List index, hidden bits and erased bits of the entries with this flag that have any."""
        if not (any(self._hidden) or any(self._erased)):
            return
        for index, whole in enumerate(self._whole):
            begin, end = self._begins[index], self._begins[index + 1]
            if whole == flag and (any(self._hidden[begin:end]) or any(self._erased[begin:end])):
                yield index, int.from_bytes(self._hidden[begin:end], "little"), int.from_bytes(self._erased[begin:end], "little")


def _read_fields(public: Mapping[str, JSON], count: int) -> tuple[int, ...]:
    named = public["fields"]
    places = {place for place in named if isinstance(place, int)} if isinstance(named, list) else set()
    return tuple(sorted(place for place in places if place < count))


def _list_gaps(trail: Trail) -> tuple[int, tuple[Gap, ...]]:
    """Count all numbers that were left out, and list the first gaps."""
    gaps: list[Gap] = []
    missing = 0
    for key, numbers in trail.sequences.items():
        for first, last in numbers.list_gaps():
            missing += last - first + 1
            if len(gaps) < MAX_LISTED:
                gaps.append(Gap(key, first, last))
    return missing, tuple(gaps)


def _list_questioned(trail: Trail, authority: Authority) -> tuple[Questioned, ...]:
    found = []
    for record in authority.keys.values():
        if record.compromised_since is not None and record.revoked_at is not None:
            entries = tuple(trail.list_entries(record.key, record.compromised_since, record.revoked_at))
            found.append(Questioned(record.key, record.compromised_since, record.revoked_at, len(entries), entries[:MAX_LISTED]))
    return tuple(found[:MAX_LISTED])


def _list_bits(mask: int) -> tuple[int, ...]:
    return tuple(position for position in range(mask.bit_length()) if mask >> position & 1)
