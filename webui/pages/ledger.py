"""The ledger: every entry's header for every member, the log's head, and what this browser remembers of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Finding, Invalid, NotFound
from contracts.views.entries import Choice, Header, list_headers
from contracts.views.parties import list_all_names
from contracts.views.sight import Sight
from contracts.views.timeline import find_timeline
from ledger.statement import HASH, UUID
from webui import access
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.kinds import list_kinds, word_kind
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.log_states import say_log_state
from webui.pages.problem_pages import redirect_to
from webui.pages.rendering import get_place
from webui.pages.routes import Pages
from webui.pictures.happenings import draw_timeline
from webui.pictures.picture import Picture
from webui.pictures.request_writing import write_for_request

DRAWN, DRAWN_OF_ONE = 8, 20  #: entries in the picture above the list: the log's newest, or those about one subject
pages = Pages("ledger")


def read_day(text: str | None, days: int = 0) -> datetime | None:
    """Read a day as the instant at which it, or the one so many days later, begins in the network's time zone; raises Invalid."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=get_place().zone).astimezone(UTC)
    except (ValueError, OverflowError):
        message = _("%(day)s is no day of the calendar", day=text[:20])
        raise Invalid(_("the list cannot be shown like this"), [Finding("from", "malformed", message)]) from None


def read_cursor(text: str) -> int | None:
    """Read the cursor of a list of entries, an index; raises Invalid."""
    if text and not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - digits of 2^53
        message = _("take the address of the next page as it is given")
        raise Invalid(_("the list cannot be shown like this"), [Finding("after", "malformed", message)])
    return int(text) if text else None


def read_statement(text: str | None) -> str | None:
    """Read a statement's hash or id; raises Invalid."""
    name = (text or "").strip().lower()
    if name and not HASH.fullmatch(name) and not UUID.fullmatch(name):
        message = _("a statement's hash has 64 hex digits, its id is a UUID")
        raise Invalid(_("the list cannot be shown like this"), [Finding("statement", "malformed", message)])
    return name or None


def fetch_headers(sight: Sight, wanted: Wanted) -> Sequence[Header]:
    """Fetch entries for the list."""
    chosen = wanted.chosen
    choice = Choice(
        kind=chosen.get("kind"),
        author=chosen.get("author"),
        about=chosen.get("about"),
        statement=read_statement(chosen.get("statement")),
        begin=read_day(chosen.get("from")),
        end=read_day(chosen.get("until"), days=1),
    )
    return list_headers(sight, choice, after=read_cursor(wanted.after), down=wanted.down, limit=wanted.limit)


def shorten_subject(header: Header) -> str:
    """Give what an entry is about with keys and hashes cut in their middle, for a column of a page."""
    kind, colon, name = header.about.partition(":")
    return f"{kind}{colon}{name[:8]}…{name[-6:]}" if len(name) > 40 else header.about  # noqa: PLR2004 - longer than any id that a person gives


def say_state(header: Header) -> tuple[Any, str]:
    """Say how far an entry has come."""
    return say_log_state(header.index, published=header.published)


COLUMNS: tuple[Column[Header], ...] = (
    Column("entry", _l("Entry"), lambda one: one.index, Kind.ENTRY, sort=True),
    Column("what", _l("What was said"), lambda one: word_kind(one.kind), link=lambda one: f"/entries/{one.index}"),
    Column("about", _l("About"), shorten_subject, Kind.ID, link=lambda one: f"/ledger?about={quote(one.about)}"),
    Column("by", _l("By"), lambda one: one.author, Kind.ORGANISATION),
    Column("recorded", _l("Recorded"), lambda one: one.received_at, Kind.MOMENT),
    Column("state", _l("State"), say_state, Kind.STATE),
)
#: What a spreadsheet has room for besides.
MORE_COLUMNS: tuple[Column[Header], ...] = (
    Column("signed", _l("Signed"), lambda one: one.signed_at, Kind.MOMENT),
    Column("kind", _l("Kind"), lambda one: one.kind, Kind.ID),
    Column("subject", _l("Subject"), lambda one: one.about, Kind.ID),
    Column("key", _l("Key"), lambda one: one.key, Kind.ID),
    Column("number", _l("Number of the key"), lambda one: one.key_seq, Kind.NUMBER),
    Column("statement_hash", _l("Statement hash"), lambda one: one.statement_hash, Kind.ID),
    Column("leaf_hash", _l("Leaf hash"), lambda one: one.leaf_hash, Kind.ID),
)
LISTING: Listing[Header] = Listing(
    name="ledger",
    title=_l("Ledger"),
    columns=COLUMNS,
    fetch=fetch_headers,
    place=lambda header, _wanted: str(header.index),
    filters=(
        Filter("kind", _l("What was said"), "choice", list_kinds()),
        Filter("author", _l("By"), "choice"),
        Filter("about", _l("About, such as delivery:d-1")),
        Filter("statement", _l("Hash or id of a statement")),
        Filter("from", _l("Recorded from"), "day"),
        Filter("until", _l("Recorded until"), "day"),
    ),
    sort="-entry",
    nothing=_l("The log is empty."),
)


def make_listing(names: Mapping[str, str]) -> Listing[Header]:
    """Make the list with the network's organisations to choose from; a file gets more columns than a page."""
    authors = sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
    filters = [replace(one, choices=authors) if one.key == "author" else one for one in LISTING.filters]
    return replace(LISTING, filters=filters, columns=(*COLUMNS, *MORE_COLUMNS) if request.args.get("format") else COLUMNS)


@pages.page("GET /n/<network:network>/ledger", access.MEMBER_PERSONS)
def show_ledger(network: str) -> Response:
    """Show the log's head and its entries."""
    runtime = get_runtime()
    log = runtime.log(network)
    with runtime.reading() as connection:
        names = list_all_names(connection, log.log_id)
    return answer_list(make_listing(names), "ledger/list.html", data=describe_log(network), head=log.read_head(), picture=draw_picture())


def draw_picture() -> Picture | None:
    """Draw the newest entries, or those about one subject, with their three times; only where the list begins with them."""
    if any(value for name, value in request.args.items() if name != "about"):
        return None
    get_place()  # before anything is written: it brings the network's time zone
    about = request.args.get("about", "").strip()
    with see() as sight:
        timeline = find_timeline(sight, [about], limit=DRAWN_OF_ONE) if about else find_timeline(sight, limit=DRAWN)
    return draw_timeline(timeline, write_for_request(), "ledger-timeline") if timeline.happenings else None


@pages.page("GET /n/<network:network>/entries", access.MEMBER_PERSONS)
def go_to_entry(network: str) -> Response:
    """Go to the entry whose index was typed in, or to the ledger."""
    index = request.args.get("index", "").strip()
    path = get_place().path()
    if not index:
        return redirect_to(f"{path}/ledger?{urlencode(request.args)}".rstrip("?"))
    head = get_runtime().log(network).read_head()
    if not (index.isascii() and index.isdigit() and len(index) < 16) or head is None or int(index) >= head.size:  # noqa: PLR2004 - digits of 2^53
        raise NotFound(_("the log has no such entry yet"))
    return redirect_to(f"{path}/entries/{int(index)}")


def describe_log(network: str) -> dict[str, Any]:
    """Describe a log for the browser: what it is checked by, and the newest checkpoint that the server shows."""
    runtime = get_runtime()
    newest = runtime.log(network).read_cosigned()
    return {
        "network": network,
        "log": runtime.log(network).name,
        "logKey": runtime.service(network).keys.log_verifier.to_text(),
        "rotations": runtime.log(network).list_rotations(),
        "note": newest[2] if newest else None,
        "founding": runtime.log(network).read_entries(0, 1)[0].leaf_hash,
        "size": newest[0] if newest else 0,
        "signedAt": newest[1] if newest else None,
    }
