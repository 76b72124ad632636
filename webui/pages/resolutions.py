"""Resolutions: the register, one resolution as minutes, and the rulebook in words with its earlier versions."""

from collections.abc import Sequence

from flask import Response
from flask_babel import lazy_gettext as _l

from contracts.governance.facts import Outcome
from contracts.views import governance
from contracts.views.governance import Resolution, Rulebook
from contracts.views.review_case import find_minutes
from contracts.views.sight import Sight
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages import governance_words as words
from webui.pages.entry_cursors import read_entry_cursor
from webui.pages.history import read_history
from webui.pages.listing import Column, Kind, Listing, Wanted, answer_list
from webui.pages.rendering import render
from webui.pages.routes import Pages
from webui.pages.savings_words import METHODS, RULES

pages = Pages("resolutions")


def fetch_resolutions(sight: Sight, wanted: Wanted) -> Sequence[Resolution]:
    """Fetch resolutions, the newest first."""
    after = read_entry_cursor(wanted)
    return governance.list_resolutions(sight, after=after, limit=wanted.limit, down=True)


RESOLUTIONS: Listing[Resolution] = Listing(
    name="resolutions",
    title=_l("Register of resolutions"),
    columns=(
        Column("number", _l("Number"), lambda one: one.number, link=lambda one: f"/resolutions/{one.number}"),
        Column("matter", _l("Matter"), lambda one: words.word_matter(one.matter)),
        Column("outcome", _l("Outcome"), lambda one: words.OUTCOMES[one.outcome], Kind.STATE),
        Column("for", _l("For"), lambda one: one.votes_for, Kind.NUMBER),
        Column("against", _l("Against"), lambda one: one.votes_against, Kind.NUMBER),
        Column("abstained", _l("Abstained"), lambda one: one.abstentions, Kind.NUMBER),
        Column("recused", _l("Recused"), lambda one: one.recused, Kind.NUMBER),
        Column("recorded", _l("Recorded"), lambda one: one.recorded_at, Kind.MOMENT),
        Column("entry", _l("Entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_resolutions,
    place=lambda row, _wanted: str(row.entry),
    nothing=_l("The board has resolved nothing yet."),
)


@pages.page("GET /n/<network:network>/resolutions", MEMBER_PERSONS)
def list_resolutions(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List resolutions."""
    return answer_list(RESOLUTIONS, template="governance/resolutions.html")


@pages.page("GET /n/<network:network>/resolutions/<name:number>", MEMBER_PERSONS)
def show_resolution(network: str, number: str) -> Response:
    """Show a resolution as minutes: who attended, interests, votes, dissents; the roll call for whom the review is open."""
    with see() as sight:
        found, case = find_minutes(sight, number, get_runtime().clock.now())
        books = governance.list_rulebooks(sight)
        holders = {one.holder: one.organisation for one in governance.list_seats(sight, get_runtime().clock.now())}
    holders |= {row.seat.holder: row.seat.organisation for row in case.rows} if case else {}
    return render(
        "governance/resolution.html",
        found=found,
        case=case,
        holders=holders,
        matter=words.word_matter(found.matter),
        outcome=words.OUTCOMES[found.outcome],
        tally_words=words.word_tally(case.seen.tally) if case else [],
        words=words,
        rules=RULES,
        method_words=METHODS.get(case.allocation.rule) if case and case.allocation else None,
        may_enforce=case is not None and awaits_force(found, books) and bool({"board", "facilitator"} & get_member().roles),
        may_object=bool({"board", "facilitator"} & get_member().roles),
        history=read_history(network, [found.matter, f"review:{found.review}"]),
    )


def awaits_force(found: Resolution, books: Sequence[Rulebook]) -> bool:
    """Tell whether a resolution adopted a rulebook that is not on the log yet."""
    adopts = found.outcome is Outcome.ADOPTED and found.matter.startswith("rulebook:")
    return adopts and found.matter.partition(":")[2] not in {book.rulebook for book in books}


@pages.page("GET /n/<network:network>/rulebook", MEMBER_PERSONS)
def show_rulebook(network: str) -> Response:
    """Show the rulebook in force in words, with the seats that it gives, and its earlier versions."""
    now = get_runtime().clock.now()
    with see() as sight:
        books = governance.list_rulebooks(sight)
        seats = governance.list_seats(sight, now)
    shown = [(book, words.word_rulebook(book.rules)) for book in reversed(books)]
    return render(
        "governance/rulebook.html",
        books=shown,
        seats=seats,
        may_write=bool(({"board", "facilitator"} if books else {"facilitator"}) & get_member().roles),
        history=read_history(network, [f"rulebook:{book.rulebook}" for book in books] or f"log:{network}"),
    )
