"""Listing: a list declared once is filtered, sorted, paged, shown, and exported by one and the same query.

A noun declares a Listing: its columns, filters, and how rows are fetched; `answer_list` does the rest from the query string:
`?state=settled&sort=-recorded&after=CURSOR`, and `&format=csv` or `&format=xlsx` for all rows of the same query.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import Response, request
from flask_babel import gettext as _
from markupsafe import Markup, escape

from contracts.errors import Finding, Invalid
from contracts.views.sight import Sight
from webui.api.seeing import see
from webui.pages import languages
from webui.pages.rendering import get_place, link_organisation, render

R = TypeVar("R")
ROWS = 50  #: on one page
MAX_EXPORT = 100_000  #: rows in one export
STEP = 1000  #: rows that an export fetches at once
_VALUE = re.compile(r"[^\x00-\x1f\x7f]{1,120}")


class Kind(StrEnum):
    """What a column holds, and so how it is written on pages and in exports."""

    TEXT = "text"
    ID = "id"
    ORGANISATION = "organisation"
    MONEY = "money"  #: whole minor units of the network's currency
    NUMBER = "number"  #: int or Decimal
    QUANTITY = "quantity"  #: (Decimal | None, unit)
    MOMENT = "moment"  #: datetime or instant
    DAY = "day"
    PERIOD = "period"
    STATE = "state"  #: (words, tone): tone is plain, good, warn or bad
    ENTRY = "entry"  #: index on the log


_FIGURES = (Kind.MONEY, Kind.NUMBER, Kind.QUANTITY, Kind.ENTRY)


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column."""

    key: str
    label: Any
    read: Callable[[R], Any]  #: the value, of the kind's type
    kind: Kind = Kind.TEXT
    link: Callable[[R], str] | None = None  #: address after /n/<network> to which the value leads
    sort: bool = False  #: whether `fetch` sorts by it, quickly at any size

    @property
    def is_figure(self) -> bool:
        """Tell whether the column stands right-aligned."""
        return self.kind in _FIGURES


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: a choice, a period, a day, or a text."""

    key: str
    label: Any
    kind: str = "text"  #: text, choice, period or day
    choices: Sequence[tuple[str, Any]] = ()  #: value and label


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows, in which order."""

    chosen: Mapping[str, str]  #: filters that are set
    sort: str  #: key of a column, or "" for the list's own order
    down: bool
    after: str  #: cursor of the last row that was seen; "" at the beginning
    limit: int


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A list."""

    name: str  #: of exported files
    title: Any
    columns: Sequence[Column[R]]
    fetch: Callable[[Sight, Wanted], Sequence[R]]  #: up to `limit` rows after the cursor
    place: Callable[[R, Wanted], str]  #: cursor of a row in the wanted order
    filters: Sequence[Filter] = ()
    sort: str = ""  #: the order where none is asked for, such as "-recorded"
    nothing: Any = ""  #: what an empty list says
    nothing_more: Any = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value on the page."""

    column: Column[Any]
    shown: Markup | str


@dataclass(frozen=True, slots=True)
class ShownList:
    """What the template gets."""

    title: Any
    columns: Sequence[Column[Any]]
    filters: Sequence[Filter]
    rows: Sequence[Sequence[Cell]]
    chosen: Mapping[str, str]
    sort: str  #: as asked for
    sorted_by: str
    down: bool
    after: str
    next: str | None
    nothing: Any = ""
    nothing_more: Any = ""
    path: str = field(default_factory=lambda: request.path)

    def address(self, **changes: str) -> str:
        """Give this list's address with changes; what is empty is left out, and another order begins anew."""
        query = {**self.chosen, "sort": self.sort, "after": "" if "sort" in changes else self.after, **changes}
        kept = {name: value for name, value in query.items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path


def answer_list(listing: Listing[R], template: str = "list.html", **more: Any) -> Response:  # noqa: ANN401 - what a template wants
    """Answer a request for a list: a page, or the file that was asked for."""
    wanted = read_wanted(listing)
    form = request.args.get("format", "")
    if form:
        from webui.pages import exporting  # noqa: PLC0415 - it imports this module, and few requests want it

        return exporting.export_list(listing, wanted, form)
    with see() as sight:
        shown = show_list(listing, wanted, sight)
    return render(template, page=shown, **more)


def show_list(listing: Listing[R], wanted: Wanted, sight: Sight) -> ShownList:
    """Fetch one page of a list and make it ready to be shown."""
    found = listing.fetch(sight, Wanted(wanted.chosen, wanted.sort, wanted.down, wanted.after, wanted.limit + 1))
    rows = found[: wanted.limit]
    following = listing.place(rows[-1], wanted) if len(found) > wanted.limit else None
    cells = [[Cell(column, show_value(column, row)) for column in listing.columns] for row in rows]
    return ShownList(
        title=listing.title,
        columns=listing.columns,
        filters=listing.filters,
        rows=cells,
        chosen=wanted.chosen,
        sort=request.args.get("sort", ""),
        sorted_by=wanted.sort,
        down=wanted.down,
        after=wanted.after,
        next=following,
        nothing=listing.nothing,
        nothing_more=listing.nothing_more,
    )


def read_wanted(listing: Listing[Any]) -> Wanted:
    """Read the query string; raises Invalid with all findings."""
    findings: list[Finding] = []
    sent = {one.key: request.args.get(one.key, "").strip() for one in listing.filters}
    months = {one.key for one in listing.filters if one.kind == "period"}
    chosen = {key: languages.read_month(value) if key in months else value for key, value in sent.items() if value}
    for one in listing.filters:
        text = chosen.get(one.key, "")
        if text and not _fits(one, text):
            findings.append(Finding(str(one.label), "malformed", _("“%(text)s” is no value of this filter", text=text[:40])))
    order = request.args.get("sort", "") or listing.sort
    key, down = order.removeprefix("-"), order.startswith("-")
    if key and key not in {column.key for column in listing.columns if column.sort} and order != listing.sort:
        findings.append(Finding("sort", "unknown-column", _("this list is not sorted by “%(column)s”", column=key[:40])))
    after = request.args.get("after", "")
    if after and not _VALUE.fullmatch(after):
        findings.append(Finding("after", "malformed", _("take the address of the next page as it is given")))
    if findings:
        raise Invalid(_("the list cannot be shown like this"), findings)
    return Wanted(chosen, key, down, after, ROWS)


def _fits(one: Filter, text: str) -> bool:
    if one.choices:
        return text in {key for key, _label in one.choices}
    form = {"period": r"[0-9]{4}-(0[1-9]|1[0-2])", "day": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"}.get(one.kind)
    return bool(re.fullmatch(form, text) if form else _VALUE.fullmatch(text))


def show_value(column: Column[R], row: R) -> Markup | str:
    """Write a value for a page, with its link."""
    value = column.read(row)
    shown = write_value(column.kind, value)
    if column.link is None or value is None:
        return shown
    return Markup('<a href="{}">{}</a>').format(get_place().path(column.link(row)), shown)


def write_value(kind: Kind, value: Any) -> Markup | str:  # noqa: ANN401, PLR0911 - whatever the kind holds, each in its own way
    """Write a value of a kind as the reader writes it."""
    if value is None or value == "":
        return "–"
    match kind:
        case Kind.MONEY:
            return languages.write_money(value, get_place().currency)
        case Kind.NUMBER:
            return languages.write_number(value)
        case Kind.QUANTITY:
            return languages.write_quantity(*value)
        case Kind.MOMENT:
            return languages.write_moment(value)
        case Kind.DAY:
            return languages.write_day(value)
        case Kind.PERIOD:
            return languages.write_period(value)
        case Kind.ORGANISATION:
            return link_organisation(value)
        case Kind.STATE:
            return Markup('<span class="state {}">{}</span>').format(value[1], value[0])
        case Kind.ENTRY:
            return Markup('<a href="{}">{}</a>').format(get_place().path(f"/entries/{value}"), value)
        case Kind.ID:
            return Markup('<span class="id">{}</span>').format(value)
        case Kind.TEXT:
            return escape(value)
