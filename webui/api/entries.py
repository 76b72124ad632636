"""Entries: headers for every member, contents for whoever may read them, evidence of single ones, proofs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response

from contracts.errors import NotFound, NotYet
from contracts.parties.reading import Asked
from contracts.views.entries import Choice, search_entries
from contracts.views.sight import Sight
from ledger.canonical import decode_canonical
from ledger.contents import show_only
from ledger.entry import MAX_ENTRY_BYTES, decode_entry
from ledger.errors import Malformed
from ledger.evidence import build_evidence
from ledger.log import Log
from ledger.store import StoredEntry
from webui import access
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.openapi_parts import OBJECT
from webui.routes import Routes
from webui.schemas.deriving import make_page
from webui.schemas.networks import EntryPage, EntryPageSchema, EntrySchema, Proof, ProofSchema, SeenEntry
from webui.schemas.paging import ConsistencyQuery, EntriesQuery, EvidenceQuery, InclusionQuery

routes = Routes("entries", "What was said, provably: entries and proofs")


@routes.route("GET /networks/<network:network>/entries", access.MEMBERS, query=EntriesQuery, answer=EntryPageSchema)
def list_entries(query: dict[str, Any], network: str) -> EntryPage:
    """List entries in order: of a kind, a subject, an author or a time, or the one with a statement's hash or id.

    Every member sees headers; contents are shown where they may be read. With `proofs`, each entry comes with its inclusion proof.
    """
    log, limit = get_runtime().log(network), query["limit"]
    choice = Choice(
        **{name: query.get(name) for name in ("kind", "author", "about", "statement")}, begin=query.get("since"), end=query.get("until")
    )
    with see() as sight:
        found = search_entries(sight, choice, after=query.get("after"), down=False, limit=limit + 1)
    page = make_page(found, limit, lambda entry: entry.index)
    shown = show_entries(log, page.items)
    newest = log.read_published_checkpoint() if query["proofs"] else None
    if newest is None:
        return EntryPage(tuple(shown), page.next, None)
    size, _, note = newest
    proved = (replace(one, path=prove_entry(log, one.index, size)) if one.index < size else one for one in shown)
    return EntryPage(tuple(proved), page.next, note)


def prove_entry(log: Log, index: int, size: int) -> tuple[str, ...]:
    """Give the inclusion proof of an entry in the tree of a size, as hex."""
    return tuple(one.hex() for one in log.prove_inclusion(index, size))


@routes.route("GET /networks/<network:network>/entries/<index:index>", access.MEMBERS, answer=EntrySchema)
def show_entry(network: str, index: int) -> SeenEntry:
    """Show one entry."""
    log = get_runtime().log(network)
    return show_entries(log, [_read_entry(log, index)])[0]


@routes.route(
    "GET /networks/<network:network>/entries/<index:index>/evidence",
    access.MEMBERS,
    query=EvidenceQuery,
    answer=OBJECT,
    media="application/json",
)
def show_evidence(query: dict[str, list[str]], network: str, index: int) -> Response:
    """Give one entry as a file that anybody verifies offline: entry, inclusion proof, checkpoint, contents where they may be read.

    With `show`, just the named fields and rows travel in clear, each with its salt; all others as their hashes.
    """
    log = get_runtime().log(network)
    entry, newest = _read_entry(log, index), log.read_published_checkpoint()
    if newest is not None and newest[0] <= index:
        newest = log.read_cosigned()  # no quorum has seen the entry yet
    if newest is None or newest[0] <= index:
        raise NotYet("the entry is not under a published checkpoint yet: ask again in a few seconds")
    contents = pick_contents(entry, show_entries(log, [entry])[0].contents, query["show"])
    path = log.prove_inclusion(index, newest[0])
    evidence = build_evidence(entry=entry.body, path=path, checkpoint=newest[2], contents=contents)
    name = f"{network}-{index}.evidence.json"
    return Response(evidence, headers={"Content-Disposition": f'attachment; filename="{name}"'}, content_type="application/json")


@routes.route("GET /networks/<network:network>/proofs/inclusion", access.MEMBERS, query=InclusionQuery, answer=ProofSchema)
def prove_inclusion(query: dict[str, int], network: str) -> Proof:
    """Prove that an entry is in the tree of a size."""
    log = get_runtime().log(network)
    _check_size(log, query["size"])
    if query["index"] >= query["size"]:
        raise NotFound("a tree of this size has no such entry")
    return Proof(prove_entry(log, query["index"], query["size"]), _find_root(log, query["size"]))


@routes.route("GET /networks/<network:network>/proofs/consistency", access.MEMBERS, query=ConsistencyQuery, answer=ProofSchema)
def prove_consistency(query: dict[str, int], network: str) -> Proof:
    """Prove that the tree of one size begins the tree of another."""
    log = get_runtime().log(network)
    _check_size(log, query["second"])
    if query["first"] > query["second"]:
        raise NotFound("the first tree is larger than the second")
    return Proof(tuple(one.hex() for one in log.prove_consistency(query["first"], query["second"])), _find_root(log, query["second"]))


def show_entries(log: Log, entries: Sequence[StoredEntry]) -> list[SeenEntry]:
    """Show entries, with their contents where the caller may read them."""
    with see() as sight:
        visible = find_visible(sight, entries)
    contents = {index: log.read_contents(index) for index in visible}
    return [_show(entry, entry.index in visible, contents.get(entry.index)) for entry in entries]


def pick_contents(entry: StoredEntry, contents: Mapping[str, Any] | None, wanted: Sequence[str]) -> Mapping[str, Any] | None:
    """Leave of contents what is wanted, all of it if nothing is named; raises NotFound for what is not there to be shown."""
    if not wanted:
        return contents
    try:
        return show_only(decode_entry(entry.body).signed.statement, contents or {"fields": []}, wanted)
    except Malformed as error:
        raise NotFound(f"the evidence cannot show this: {error}") from None


def find_visible(sight: Sight, entries: Sequence[StoredEntry]) -> set[int]:
    """Find whose contents the reader may see, by index."""
    return sight.find_visible([Asked(entry.index, entry.kind, _read_version(entry), entry.author) for entry in entries])


def _show(entry: StoredEntry, readable: bool, contents: dict[str, Any] | None) -> SeenEntry:  # noqa: FBT001 - a column
    body: Any = decode_canonical(entry.body, MAX_ENTRY_BYTES)
    return SeenEntry(
        entry.index,
        entry.leaf_hash,
        entry.statement_hash,
        entry.kind,
        entry.about,
        entry.author,
        entry.received_at,
        body,
        readable,
        contents if readable else None,
    )


def _read_version(entry: StoredEntry) -> int:
    body: Any = decode_canonical(entry.body, MAX_ENTRY_BYTES)
    return int(body["statement"]["kind_version"])


def _read_entry(log: Log, index: int) -> StoredEntry:
    found = log.read_entries(index, index + 1)
    if not found:
        raise NotFound("the log has no such entry yet")
    return found[0]


def _check_size(log: Log, size: int) -> None:
    head = log.read_head()
    if head is None or size > head.size:
        raise NotFound("the log has not grown to this size yet")


def _find_root(log: Log, size: int) -> str | None:
    head = log.read_head()
    return head.root.hex() if head is not None and head.size == size else None
