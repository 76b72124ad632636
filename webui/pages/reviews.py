"""Reviews: the list, one review as a board member needs it, interests and votes, the opening of a review and its resolution."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import NotFound
from contracts.governance.facts import Choice, Interest
from contracts.governance.rules import Review
from contracts.governance.tally import Tally
from contracts.views import allocations, governance
from contracts.views.review_case import ALLOCATION, Case, find_case
from contracts.views.sight import Sight
from ledger.canonical import JSON
from ledger.store import StoredEntry
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.drafting import try_for_member
from webui.pages import governance_words as words
from webui.pages.entry_cursors import read_entry_cursor
from webui.pages.forms import Field, Form, answer_form, type_value
from webui.pages.history import read_history
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.problem_pages import redirect_to
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.savings_words import METHODS, RULES
from webui.pages.signing import show_signing
from webui.pages.wording import word_finding

pages = Pages("reviews")
BOARD, FACILITATOR = "board", "facilitator"
MOST_DIGITS = 12  #: of an entry's index
MOST_PROPOSED = 20  #: allocations that are offered for review
SPARE = timedelta(hours=1)  #: beyond the rulebook's least time, so that the review is not closed too soon by the time it is signed


def fetch_reviews(sight: Sight, wanted: Wanted) -> Sequence[Review]:
    """Fetch reviews, the newest first."""
    after = read_entry_cursor(wanted)
    return governance.list_reviews(sight, after=after, limit=wanted.limit, state=wanted.chosen.get("state"), down=True)


REVIEWS: Listing[Review] = Listing(
    name="reviews",
    title=_l("Reviews"),
    columns=(
        Column("matter", _l("Matter"), lambda one: words.word_matter(one.matter), link=lambda one: f"/reviews/{one.review}"),
        Column("state", _l("State"), lambda one: words.word_state(one, is_open=one.is_open(get_runtime().clock.now())), Kind.STATE),
        Column("closes", _l("Votes until"), lambda one: one.closes_at, Kind.MOMENT),
        Column("opened_by", _l("Opened by"), lambda one: one.opened_by, Kind.ORGANISATION),
        Column("opened", _l("Opened"), lambda one: one.opened_at, Kind.MOMENT),
        Column("resolution", _l("Resolution"), lambda one: one.number, link=lambda one: f"/resolutions/{one.number}"),
        Column("entry", _l("Entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_reviews,
    place=lambda row, _wanted: str(row.entry),
    filters=(
        Filter(
            "state",
            _l("State"),
            "choice",
            [("open", _l("without a resolution")), *((outcome.value, label) for outcome, (label, _tone) in words.OUTCOMES.items())],
        ),
    ),
    nothing=_l("There is no review for you to see."),
    nothing_more=_l("Reviews are for the board; every member reads the resolutions."),
)


@pages.page("GET /n/<network:network>/reviews", MEMBER_PERSONS)
def list_reviews(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List reviews."""
    return answer_list(REVIEWS, template="governance/reviews.html", may_open=may_open())


@pages.page("GET /n/<network:network>/reviews/<name:review>", MEMBER_PERSONS)
def show_review(network: str, review: str) -> Response:
    """Show a review."""
    return show_case(network, review)


def show_case(network: str, review: str, faults: Sequence[str] = (), typed: dict[str, str] | None = None) -> Response:
    """Show a review, with what was wrong with an interest or vote and what was typed, if anything."""
    with see() as sight:
        case = find_case(sight, review, get_runtime().clock.now())
    found = case.seen.review
    return render(
        "governance/review.html",
        status=422 if faults else 200,
        case=case,
        review=found,
        tally=case.seen.tally,
        tally_words=words.word_tally(case.seen.tally),
        state_words=words.word_state(found, is_open=case.open),
        matter=words.word_matter(found.matter),
        matter_path=find_matter_path(found),
        words=words,
        rules=RULES,
        method_words=METHODS.get(case.allocation.rule) if case.allocation else None,
        can=list_rights(case),
        faults=faults,
        typed=typed or {},
        history=read_history(network, f"review:{review}"),
    )


def list_rights(case: Case) -> dict[str, bool]:
    """List what the reader may do next; the log's own rules judge it again."""
    board = BOARD in get_member().roles
    seat = case.seat
    speaks = board and case.open and seat is not None and not seat.fallen
    return {
        "declare": speaks and seat is not None and seat.vote is None and seat.interest is not Interest.SPECIFIC,
        "vote": speaks and seat is not None and seat.interest in (Interest.NONE, Interest.GENERAL),
        "resolve": board and case.resolution is None and case.awaited is None,
        "reopen": case.resolution is not None and may_open(),
    }


def find_matter_path(review: Review) -> str:
    """Find the page of what is reviewed."""
    kind, _colon, rest = review.matter.partition(":")
    paths = {"allocation": f"/allocations/{rest}", "organisation": f"/organisations/{rest}", "rulebook": "/rulebook"}
    return get_place().path(paths.get(kind, f"/entries/{review.reviewed_index}"))


@pages.page("POST /n/<network:network>/reviews/<name:review>/interest", MEMBER_PERSONS)
def declare_interest(network: str, review: str) -> Response:
    """Try a declaration of interest, and go on to sign it."""
    chosen = request.form.get("interest", "")
    fields: dict[str, JSON] = {"review": review, "interest": chosen, "explanation": read_words("explanation")}
    return sign_or_show(network, review, "interest.declared", fields, _("Declare an interest"))


@pages.page("POST /n/<network:network>/reviews/<name:review>/vote", MEMBER_PERSONS)
def cast_vote(network: str, review: str) -> Response:
    """Try a vote, and go on to sign it."""
    chosen = request.form.get("choice", "")
    fields: dict[str, JSON] = {"review": review, "choice": chosen, "reason": read_words("reason")}
    title = _("Vote: %(choice)s", choice=words.CHOICES[Choice(chosen)]) if chosen in list(Choice) else _("Vote")
    return sign_or_show(network, review, "vote.cast", fields, title)


def read_words(name: str) -> str | None:
    """Read prose of a form; None where nothing was written."""
    return request.form.get(name, "").replace("\r\n", "\n").strip() or None


def sign_or_show(network: str, review: str, kind: str, fields: dict[str, JSON], title: str) -> Response:
    """Go on to sign a draft, or show the review again with what is wrong with it."""
    typed = {name: text for name, text in request.form.items() if name not in ("csrf_token", "edit")}
    if "edit" in request.form:
        return show_case(network, review, typed=typed)
    draft: dict[str, JSON] = {"kind": kind, "refs": [], "fields": fields}
    tried = try_for_member(draft)
    if tried.findings:
        return show_case(network, review, [word_finding(one) for one in tried.findings], typed)
    return show_signing(draft, then=get_place().path(f"/reviews/{review}"), title=title, typed=list(typed.items()))


def may_open() -> bool:
    """Tell whether the reader may open a review."""
    return bool({BOARD, FACILITATOR} & get_member().roles)


@pages.page("GET /n/<network:network>/reviews/new", MEMBER_PERSONS)
def choose_matter(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show what may be reviewed; an entry that the query names is gone on to."""
    text = request.args.get("entry", "").strip()
    if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS:
        return redirect_to(get_place().path(f"/reviews/new/{int(text)}"))
    with see() as sight:
        found = allocations.list_allocations(sight, period=None, after=-1, limit=MOST_PROPOSED, down=True)
    return render("governance/choose.html", proposed=[one for one in found if not one.adopted], rules=RULES, may_open=may_open())


@pages.page("GET /n/<network:network>/reviews/new/<index:entry>", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/reviews/new/<index:entry>", MEMBER_PERSONS)
def open_review(network: str, entry: int) -> Response:
    """Try the opening, and go on to sign it."""
    return answer_opening(find_entry(network, entry))


def find_entry(network: str, index: int) -> StoredEntry:
    """Find an entry by its index; its header is for every member. Raises NotFound."""
    found = get_runtime().log(network).read_entries(index, index + 1)
    if not found:
        raise NotFound(_("There is no such entry."))
    return found[0]


def answer_opening(entry: StoredEntry) -> Response:
    """Answer the form that opens a review of an entry: its subject is the matter, or just its statement."""
    with see() as sight:
        books = governance.list_rulebooks(sight)
    days = books[-1].rules.review_days if books else 0
    review = request.form.get("review") or f"rv-{secrets.token_hex(6)}"
    closes_at = get_runtime().clock.now() + timedelta(days=max(days, 1)) + SPARE
    matters = [(entry.about, words.word_matter(entry.about)), (f"statement:{entry.statement_hash}", _("just this statement"))]
    help_text = _("By the rulebook a review is open for at least %(days)s days.", days=days)
    form = Form(
        kind="review.opened",
        title=_("Open a review"),
        lead=_("The board declares its interests and votes until the review closes. The seats are counted as they are when it opens."),
        fields=[
            Field("review", kind="hidden"),
            Field("matter", _("Matter"), "choice", choices=matters),
            Field("question", _("Question that the board answers"), "long", help=_("Who votes for it wants this to be so.")),
            Field("closes_at", _("Votes until"), "moment", help=help_text),
        ],
        fixed={"index": entry.index, "statement": entry.statement_hash},
    )
    initial = {
        "review": review,
        "matter": entry.about,
        "question": propose_question(entry.about),
        "closes_at": type_value("moment", closes_at.replace(microsecond=0)),
    }
    place = get_place()
    path = place.path(f"/reviews/{review}")
    return answer_form(
        form, then=path, initial=initial, back=place.path("/reviews"), template="governance/open.html", entry=entry.index, books=books
    )


def propose_question(about: str) -> str:
    """Propose a question for a matter."""
    if not about.startswith(ALLOCATION):
        return ""
    return str(_("Shall the saving be shared as proposed: %(matter)s?", matter=words.word_matter(about)))


@pages.page("GET /n/<network:network>/reviews/<name:review>/resolution", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/reviews/<name:review>/resolution", MEMBER_PERSONS)
def record_resolution(network: str, review: str) -> Response:  # noqa: ARG001 - the sight has it
    """Answer the form that records a resolution: all but its text is what the votes give."""
    with see() as sight:
        now = get_runtime().clock.now()
        drafted = governance.draft_resolution(sight, review, now)
        tally = governance.find_review(sight, review, now).tally
    fixed: dict[str, JSON] = {
        "matter": drafted.matter,
        "outcome": drafted.outcome.value,
        "review": review,
        "number": drafted.number,
        "votes_for": drafted.votes_for,
        "votes_against": drafted.votes_against,
        "abstentions": drafted.abstentions,
        "recused": drafted.recused,
        "dissents": [{"holder": one.holder, "statement": one.statement} for one in drafted.dissents],
    }
    form = Form(
        kind="resolution.recorded",
        title=_("Record resolution %(number)s", number=drafted.number),
        lead=_("Outcome, counts and dissents are what the votes on the log give; only the text is yours to word."),
        fields=[Field("text", _("Text of the resolution"), "long", lines=6)],
        fixed=fixed,
    )
    place = get_place()
    return answer_form(
        form,
        then=place.path(f"/resolutions/{drafted.number}"),
        initial={"text": word_resolution(drafted.matter, tally)},
        back=place.path(f"/reviews/{review}"),
        template="governance/resolve.html",
        drafted=drafted,
        matter=words.word_matter(drafted.matter),
        outcome=words.OUTCOMES[drafted.outcome],
    )


def word_resolution(matter: str, tally: Tally) -> str:
    """Word a resolution for a matter that was counted."""
    outcome = words.OUTCOMES[tally.outcome][0]
    said = _("%(matter)s: %(outcome)s.", matter=words.word_matter(matter), outcome=outcome)
    return " ".join([str(said), *words.word_tally(tally)])
