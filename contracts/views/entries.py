"""Entries as every member sees them: headers of the whole log, filtered and paged at a cost that does not grow with it; contents of one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.clock import format_instant
from contracts.errors import Invalid, NotFound
from contracts.facts import FACT_TYPES, Withheld, put_together
from contracts.parties import tables as parties
from contracts.parties.reading import Asked
from contracts.views.sight import Sight
from contracts.words import PLAIN, Line, Speech, describe_lines
from ledger.canonical import JSON
from ledger.contents import Opened, open_contents
from ledger.entry import Entry, decode_entry
from ledger.errors import EvidenceError
from ledger.scan import scan_entry
from ledger.statement import HASH, Statement
from ledger.store import (
    StoredEntry,
    find_by_hashes,
    find_by_ids,
    find_first_at,
    find_indexes,
    list_checkpoints,
    read_contents,
    read_entries_at,
    read_head,
)

_UNBOUNDED = 1 << 53


@dataclass(frozen=True, slots=True)
class Header:
    """One entry as every member sees it."""

    index: int
    kind: str  #: such as "delivery.received"
    about: str
    author: str  #: organisation
    key: str  #: Multikey text
    key_seq: int
    signed_at: str  #: instant, by the author's clock
    received_at: str  #: instant, by the log's clock
    statement_hash: str  #: 64 hex digits
    leaf_hash: str  #: 64 hex digits
    published: bool  #: whether it stands under a published checkpoint


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries are wanted."""

    kind: str | None = None
    author: str | None = None
    about: str | None = None
    statement: str | None = None  #: its hash, 64 hex digits, or its id, a UUID
    begin: datetime | None = None  #: received then or later
    end: datetime | None = None  #: received before


@dataclass(frozen=True, slots=True)
class Ref:
    """A statement that an entry refers to."""

    statement_hash: str
    entry: int | None  #: index of its entry


@dataclass(frozen=True, slots=True)
class OneEntry:
    """One entry with whatever of it the reader may see."""

    header: Header
    entry: Entry
    body: str  #: canonical bytes, as text
    holder: str | None  #: pseudonym of who holds the key
    refs: tuple[Ref, ...]
    size: int  #: entries on the log
    readable: bool  #: whether the reader may see the contents
    lines: tuple[Line, ...]  #: the fact in words; none where contents are withheld or erased
    shown: Mapping[str, JSON]  #: what is left of contents that are not whole
    erased: tuple[int, ...]  #: positions of fields that were erased
    provable: tuple[tuple[str, int], ...]  #: fields that evidence can show one by one, with the number of their rows, 0 for a plain field


def list_headers(sight: Sight, choice: Choice, *, after: int | None, down: bool, limit: int) -> list[Header]:
    """List the headers of entries after a cursor, newest first if `down`; every member sees them."""
    published = read_published_size(sight)
    return [_make_header(row, published) for row in search_entries(sight, choice, after=after, down=down, limit=limit)]


def search_entries(sight: Sight, choice: Choice, *, after: int | None, down: bool, limit: int) -> list[StoredEntry]:
    """Search entries after a cursor, newest first if `down`; the cost does not grow with the log."""
    span = _find_span(sight, choice)
    if after is not None:
        span = range(span.start, min(span.stop, after)) if down else range(max(span.start, after + 1), span.stop)
    kinds = [choice.kind] if choice.kind else None
    if choice.author and not kinds and not choice.about:
        kinds = sorted({kind for kind, _version in FACT_TYPES})
    if choice.statement:
        return sorted(_find_named(sight, choice, span), key=lambda row: row.index, reverse=down)[:limit]
    found = find_indexes(sight.connection, sight.log_id, kinds, about=choice.about, author=choice.author, span=span, down=down, limit=limit)
    rows = read_entries_at(sight.connection, sight.log_id, found)
    return [rows[index] for index in found]


def _find_named(sight: Sight, choice: Choice, span: range) -> Iterator[StoredEntry]:
    """Find what bears a statement's hash or id; what else is chosen is compared with the few. An id is one author's: all are asked."""
    name = str(choice.statement)
    if HASH.fullmatch(name):
        found = list(find_by_hashes(sight.connection, sight.log_id, [name]).values())
    else:
        authors = [choice.author] if choice.author else list(parties.list_all_names(sight.connection, sight.log_id))
        found = list(find_by_ids(sight.connection, sight.log_id, [(author, name) for author in authors]).values())
    wanted = {"kind": choice.kind, "author": choice.author, "about": choice.about}
    for row in found:
        if row.index in span and all(value is None or getattr(row, field) == value for field, value in wanted.items()):
            yield row


def _find_span(sight: Sight, choice: Choice) -> range:
    """Find the indexes that a range of time comes to."""
    head = read_head(sight.connection, sight.log_id)
    size = head.size if head else 0
    first, last = (
        None if moment is None else find_first_at(sight.connection, sight.log_id, format_instant(moment), size)
        for moment in (choice.begin, choice.end)
    )
    return range(first or 0, size if last is None else last)


def read_published_size(sight: Sight) -> int:
    """Read how many entries stand under the newest published checkpoint."""
    newest = list_checkpoints(sight.connection, sight.log_id, newest_first=True, limit=1)
    return newest[0][0] if newest else 0


def _make_header(row: StoredEntry, published: int) -> Header:
    return Header(
        index=row.index,
        kind=row.kind,
        about=row.about,
        author=row.author,
        key=row.key,
        key_seq=row.key_seq,
        signed_at=scan_entry(row.body).signed.statement.issued_at,
        received_at=row.received_at,
        statement_hash=row.statement_hash,
        leaf_hash=row.leaf_hash,
        published=row.index < published,
    )


def find_entry(sight: Sight, index: int, speech: Speech = PLAIN) -> OneEntry:
    """Find one entry, in words as far as the reader may see its contents; raises NotFound.

    Args:
        sight: who reads.
        index: of the entry.
        speech: the reader's.
    """
    row = read_entries_at(sight.connection, sight.log_id, [index]).get(index) if index < _UNBOUNDED else None
    head = read_head(sight.connection, sight.log_id)
    if row is None or head is None:
        raise NotFound("the log has no such entry yet")
    entry = decode_entry(row.body)
    statement = entry.signed.statement
    asked = Asked(index, row.kind, statement.kind_version, row.author)
    readable = statement.fields == 0 or index in sight.find_visible([asked])  # what has no contents says all in clear
    contents: Any = read_contents(sight.connection, sight.log_id, index, index + 1).get(index) if readable else None
    opened = _open(statement, contents) if readable else None
    lines = _describe(sight, statement, opened, speech) if opened else ()
    key = parties.find_key(sight.connection, sight.log_id, statement.key)
    return OneEntry(
        header=_make_header(row, read_published_size(sight)),
        entry=entry,
        body=row.body.decode(),
        holder=key.holder if key else None,
        refs=_find_refs(sight, statement.refs),
        size=head.size,
        readable=readable,
        lines=lines,
        shown={} if lines or opened is None else dict(opened.values),
        erased=opened.withheld if opened else (),
        provable=_list_provable(contents) if opened else (),
    )


def _list_provable(contents: Any) -> tuple[tuple[str, int], ...]:  # noqa: ANN401 - contents that were opened
    fields = contents["fields"] if contents else ()
    return tuple((shown["name"], len(shown.get("rows", ()))) for shown in fields if "name" in shown)


def _open(statement: Statement, contents: Mapping[str, JSON] | None) -> Opened | None:
    """Open contents as the auditor does; what does not lead to the statement's commitment is not shown as said."""
    if contents is None:
        return Opened({}, ()) if statement.fields == 0 else None
    try:
        return open_contents(statement, contents)
    except EvidenceError:
        return None


def _describe(sight: Sight, statement: Statement, opened: Opened, speech: Speech) -> tuple[Line, ...]:
    kind = FACT_TYPES.get((statement.kind, statement.kind_version))
    if kind is None:
        return ()
    try:
        fact = put_together(kind, statement.about, statement.public, opened)
    except (Withheld, Invalid):
        return ()
    names = parties.list_all_names(sight.connection, sight.log_id)
    currency = parties.get_network(sight.connection, sight.log_id).currency
    return tuple(describe_lines(fact, currency=currency, names=names, speech=speech))


def _find_refs(sight: Sight, refs: Sequence[str]) -> tuple[Ref, ...]:
    found = find_by_hashes(sight.connection, sight.log_id, refs)
    return tuple(Ref(one, found[one].index if one in found else None) for one in refs)
