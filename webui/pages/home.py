"""The first pages: what this is, for strangers; my tasks, for who has logged in; how one wants to read."""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from contracts.views.awaited import MOST, Awaited, list_awaited
from contracts.views.sight import Reader
from ledger.authority import covers_kind
from webui.access import ANYBODY, PERSONS, Member, get_caller
from webui.api.runtime_of import get_runtime
from webui.pages.governance_words import word_matter
from webui.pages.languages import COOKIE, LANGUAGES, write_period
from webui.pages.problem_pages import HOME, clean_next, redirect_to
from webui.pages.rendering import THEMES, find_reader, render
from webui.pages.routes import Pages
from webui.people.entry_tasks import list_entry_tasks
from webui.people.invitations import may_invite

YEAR = 31_536_000  #: seconds
pages = Pages("home")


@dataclass(frozen=True, slots=True)
class TaskWords:
    """How one kind of task is said, and where it is done."""

    words: Any  #: what there is to do
    path: str  #: after /n/<network>; {} stands for the subject's id
    many: str = ""  #: where many of the kind are done


#: By the kinds of contracts/views/awaited.py.
TASKS = {
    "offer-awaits-signature": TaskWords(_l("Read and sign, or decline"), "/agreements/{}"),
    "delivery-unconfirmed": TaskWords(_l("Confirm what arrived"), "/deliveries/{}", "/deliveries?side=wait"),
    "delivery-disputed": TaskWords(_l("Settle a disputed quantity"), "/deliveries/{}", "/deliveries?state=disputed"),
    "correction-waits": TaskWords(_l("Answer a correction"), "/deliveries/{}", "/deliveries"),
    "review-closes": TaskWords(_l("Vote before the review closes"), "/reviews/{}"),
    "resolution-waits": TaskWords(_l("Record the resolution"), "/reviews/{}"),
    "allocation-waits": TaskWords(_l("Put the split of a month to the vote"), "/reviews/new/{}"),
    "accounts-wait": TaskWords(_l("State the accounts"), "/periods/{}"),
}


#: By the kinds of people/entry_tasks.py.
ENTRY_TASKS = {
    "admission-waits": _l("Admit an organisation, or decline"),
    "roles-wait": _l("Grant the roles of a new member"),
    "enrolment-waits": _l("Enrol a key, or decline"),
    "key-to-revoke": _l("Revoke a key whose holder has left"),
    "joining": _l("Go on joining"),
}


@dataclass(frozen=True, slots=True)
class ShownTask:
    """One task on the page."""

    network: str
    organisation: str
    words: str
    subject: str  #: what it is about, as its people call it
    path: str
    due_at: str | None  #: instant


@pages.page("GET /", ANYBODY)
def show_home() -> Response:
    """Show what this is; who has logged in goes to the tasks."""
    return redirect_to(HOME) if find_reader() else render("home.html")


@pages.page("GET /tasks", PERSONS)
def show_tasks() -> Response:
    """Show what waits for the reader, as the log stands: the earliest first, what runs out never at the end."""
    person, members = get_caller().person, get_caller().members
    with get_runtime().reading() as connection:
        found = [task for member in members for task in list_tasks(connection, member)]
    coming = list_entry_tasks(get_runtime(), person, members) if person is not None else []
    tasks = sorted(found, key=lambda task: (task.due_at is None, task.due_at or ""))
    doors = [member.network for member in members if may_invite(member.roles)]
    return render("tasks.html", tasks=tasks, coming=coming, coming_words=ENTRY_TASKS, now=get_runtime().now_text(), inviting=doors)


def list_tasks(connection: Connection, member: Member) -> list[ShownTask]:
    """List what waits for a member and what the roles of its keys may do."""
    reader = Reader(member.organisation, member.holder, member.roles)
    rights = get_runtime().log(member.network).read_authority().rights
    kinds = tuple(kind for role in member.roles for kind in rights.get(role, ()))
    found = list_awaited(connection, member.log_id, reader, get_runtime().clock.now())
    return [make_task(member, one) for one in found if not one.fact or covers_kind(kinds, one.fact)]


def make_task(member: Member, one: Awaited) -> ShownTask:
    """Put what waits in words, with the page on which it is done."""
    known = TASKS[one.kind]
    count = f"{one.count}+" if one.count == MOST else str(one.count)
    match one.kind:
        case "allocation-waits" | "accounts-wait":
            subject = write_period(one.name)
        case "review-closes" | "resolution-waits":
            subject = word_matter(one.name)
        case _:
            subject = one.name or _("%(count)s deliveries", count=count)
    path = known.path.format(one.subject) if one.subject else known.many
    return ShownTask(member.network, member.organisation, str(known.words), subject, f"/n/{member.network}{path}", one.due_at)


@pages.page("POST /reading", ANYBODY)
def choose_reading() -> Response:
    """Keep the language and the theme that a reader chose, in cookies of that browser."""
    response = redirect_to(clean_next(request.form.get("next"), "/"))
    for name, choices in ((COOKIE, tuple(LANGUAGES)), ("theme", THEMES)):
        chosen = request.form.get(name)
        if chosen in choices:
            secure = get_runtime().settings.secure_cookies
            response.set_cookie(name, chosen, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
    return response
