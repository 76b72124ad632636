"""What an audit file shows of the contents: fields withheld, fields erased, gaps in numbers, entries in question."""

from bisect import bisect_right
from collections.abc import Iterator

from ledger.authority import Authority
from ledger.contents import Opened
from ledger.entry import Entry
from ledger.statement import Statement
from ledger.trail import Trail
from ledger.verdict import MAX_LISTED, Completeness, Erased, Gap, Questioned, Withheld

_MAX_REASON = 200  #: characters


class Disclosure:
    """Gathers, in one pass, what is missing; an erasure stands on the log after what it erases, so the end decides."""

    def __init__(self) -> None:
        self._hidden: dict[int, int] = {}  #: index → bit mask of positions that are not shown
        self._whole: list[list[int]] = []  #: runs [first, last] of entries of which nothing is shown
        self._erasures: list[tuple[int, int, Entry]] = []  #: target, number of the erasing entry, the entry

    def add_contents(self, index: int, statement: Statement, opened: Opened | None) -> None:
        """Note what is shown of an entry; None when nothing travelled."""
        if opened is not None:
            if opened.withheld:
                self._hidden[index] = sum(1 << position for position in opened.withheld)
        elif statement.fields:
            if self._whole and self._whole[-1][1] == index - 1:
                self._whole[-1][1] = index
            else:
                self._whole.append([index, index])

    def add_erasure(self, target: int, index: int, entry: Entry) -> None:
        """Note a contents.erased that was examined."""
        self._erasures.append((target, index, entry))

    def summarize(self, trail: Trail, authority: Authority) -> Completeness:
        """Weigh all that was noted."""
        erased_masks: dict[int, int] = {}
        erased: list[Erased] = []
        for target, index, entry in self._erasures:
            statement = entry.signed.statement
            named = statement.public["fields"]
            fields = tuple(sorted({int(place) for place in named if isinstance(place, int)})) if isinstance(named, list) else ()
            fields = tuple(place for place in fields if place < trail.count_fields(target))
            erased_masks[target] = erased_masks.get(target, 0) | sum(1 << place for place in fields)
            reason = str(statement.public["reason"])[:_MAX_REASON]
            erased.append(Erased(target, trail.find_author(target), fields, index, statement.author, reason))
        withheld: list[Withheld] = []
        withheld_fields = 0
        for index, mask in self._list_hidden(trail):
            left = mask & ~erased_masks.get(index, 0)
            withheld_fields += left.bit_count()
            if left and len(withheld) < MAX_LISTED:
                withheld.append(Withheld(index, trail.find_author(index), _list_bits(left)))
        still_shown = (
            index for index, mask in erased_masks.items() if mask & ~self._hidden.get(index, 0) and not self._is_hidden_whole(index)
        )
        gaps = [Gap(key, first, last) for key, sequence in trail.sequences.items() for first, last in sequence.gaps]
        return Completeness(
            withheld_fields=withheld_fields,
            withheld=tuple(withheld),
            erased_fields=sum(mask.bit_count() for mask in erased_masks.values()),
            erased=tuple(erased[:MAX_LISTED]),
            shown_though_erased=tuple(sorted(still_shown))[:MAX_LISTED],
            missing_numbers=sum(gap.last - gap.first + 1 for gap in gaps),
            gaps=tuple(gaps[:MAX_LISTED]),
            questioned=_list_questioned(trail, authority),
        )

    def _is_hidden_whole(self, index: int) -> bool:
        place = bisect_right(self._whole, index, key=lambda run: run[0]) - 1
        return place >= 0 and index <= self._whole[place][1]

    def _list_hidden(self, trail: Trail) -> Iterator[tuple[int, int]]:
        yield from self._hidden.items()
        for first, last in self._whole:
            for index in range(first, last + 1):
                yield index, (1 << trail.count_fields(index)) - 1


def _list_questioned(trail: Trail, authority: Authority) -> tuple[Questioned, ...]:
    found = []
    for record in authority.keys.values():
        if record.compromised_since is not None and record.revoked_at is not None:
            entries = tuple(trail.list_entries(record.key, record.compromised_since, record.revoked_at))
            found.append(Questioned(record.key, record.compromised_since, record.revoked_at, len(entries), entries[:MAX_LISTED]))
    return tuple(found[:MAX_LISTED])


def _list_bits(mask: int) -> tuple[int, ...]:
    return tuple(position for position in range(mask.bit_length()) if mask >> position & 1)
