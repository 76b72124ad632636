"""The timeline of an item or of the log: when it happened, when it was signed, and when it was recorded; three times, never mixed.

What happened is the author's word in the contents, and so only for whoever may read them; the signature's time is the author's word
too, but in clear; the record's time is the log's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.clock import parse_instant
from contracts.parties import tables as parties
from contracts.parties.reading import Asked
from contracts.views.sight import Sight
from ledger.scan import scan_entry
from ledger.store import StoredEntry, list_entries, read_contents, read_head

MOST = 200  #: entries of one timeline
#: the field of a kind's contents that says when it happened; of all other kinds the saying is what happens
EVENT_FIELDS: Mapping[str, str] = {
    "delivery.dispatched": "dispatched_at",
    "delivery.received": "received_at",
    "readings.recorded": "day",
    "certificate.issued": "sampled_at",
    "agreement.terminated": "effective",
    "payment.confirmed": "paid_on",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry with its three times."""

    entry: int  #: index
    kind: str  #: such as "delivery.received"
    about: str
    author: str  #: organisation
    happened: datetime | date | None  #: the event, by the author; None: the saying is the event, or it is not for the reader
    hidden: bool  #: whether an event time is kept from the reader
    signed_at: datetime  #: by the author's clock
    recorded_at: datetime  #: by the log's clock


@dataclass(frozen=True, slots=True)
class Timeline:
    """Entries in the order of the log."""

    about: tuple[str, ...]  #: subjects; none for the log as a whole
    happenings: tuple[Happening, ...]
    names: Mapping[str, str]  #: legal names of the authors
    more: bool  #: whether there are more entries than are shown


def find_timeline(sight: Sight, about: Sequence[str] = (), *, after: int | None = None, limit: int = 50) -> Timeline:
    """Find the timeline of some subjects, from the entry after `after` on; of the whole log without subjects, its newest entries.

    Args:
        sight: who reads.
        about: subjects such as "delivery:d-1", each with its certificates and agreement as the page wants them.
        after: index; None begins at the first entry of subjects, and at the end of the log.
        limit: how many entries at most, 200 or fewer.
    """
    most = min(limit, MOST)
    rows, older = (_list_subjects(sight, about, after, most), False) if about else _list_log(sight, after, most)
    shown = rows[:most]
    headers = {row.index: scan_entry(row.body).signed.statement for row in shown}
    wanted = [row for row in shown if row.kind in EVENT_FIELDS]
    visible = sight.find_visible([Asked(row.index, row.kind, headers[row.index].kind_version, row.author) for row in wanted])
    happenings = [
        Happening(
            entry=row.index,
            kind=row.kind,
            about=row.about,
            author=row.author,
            happened=_read_event(sight, row) if row.index in visible else None,
            hidden=row.kind in EVENT_FIELDS and row.index not in visible,
            signed_at=parse_instant(headers[row.index].issued_at),
            recorded_at=parse_instant(row.received_at),
        )
        for row in shown
    ]
    names = parties.list_names(sight.connection, sight.log_id, {row.author for row in shown})
    return Timeline(tuple(about), tuple(happenings), names, more=older or len(rows) > most)


def _list_subjects(sight: Sight, about: Sequence[str], after: int | None, most: int) -> list[StoredEntry]:
    place = -1 if after is None else after
    found = [
        row for subject in set(about) for row in list_entries(sight.connection, sight.log_id, about=subject, after=place, limit=most + 1)
    ]
    return sorted(found, key=lambda row: row.index)


def _list_log(sight: Sight, after: int | None, most: int) -> tuple[list[StoredEntry], bool]:
    """List the entries after an index, or the log's newest ones and whether there are older ones."""
    if after is not None:
        return list_entries(sight.connection, sight.log_id, after=after, limit=most + 1), False
    head = read_head(sight.connection, sight.log_id)
    begin = max(0, (head.size if head else 0) - most)
    return list_entries(sight.connection, sight.log_id, after=begin - 1, limit=most), begin > 0


def _read_event(sight: Sight, row: StoredEntry) -> datetime | date | None:
    """Read when it happened from an entry's contents; None where that was erased."""
    contents: Any = read_contents(sight.connection, sight.log_id, row.index, row.index + 1).get(row.index, {})
    name = EVENT_FIELDS[row.kind]
    text = next((one["value"] for one in contents.get("fields", ()) if one.get("name") == name), None)
    if text is None:
        return None
    return parse_instant(text) if "T" in text else date.fromisoformat(text)
