"""The first pages: what this is, for strangers; my tasks, for who has logged in; how one wants to read."""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import lazy_gettext as _l

from webui.access import ANYBODY, PERSONS, get_caller
from webui.api.runtime_of import get_runtime
from webui.pages.languages import COOKIE, LANGUAGES
from webui.pages.problem_pages import HOME, clean_next, redirect_to
from webui.pages.rendering import THEMES, find_reader, render
from webui.pages.routes import Pages
from webui.people.entry_tasks import list_entry_tasks
from webui.people.notices import Notice, list_notices

YEAR = 31_536_000  #: seconds
pages = Pages("home")


@dataclass(frozen=True, slots=True)
class TaskWords:
    """How one kind of task is said, and where it is done."""

    words: Any  #: what there is to do
    path: str  #: after /n/<network>; {} stands for the subject's id


#: By the kinds of contracts/views/reminders.py.
TASKS = {
    "offer-awaits-signature": TaskWords(_l("Read and sign, or decline"), "/agreements/{}"),
    "delivery-unconfirmed": TaskWords(_l("Confirm what arrived"), "/deliveries/{}"),
    "delivery-disputed": TaskWords(_l("Settle a disputed quantity"), "/deliveries/{}"),
    "review-closes": TaskWords(_l("Vote before the review closes"), "/reviews/{}"),
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
    notice: Notice
    words: str
    path: str


@pages.page("GET /", ANYBODY)
def show_home() -> Response:
    """Show what this is; who has logged in goes to the tasks."""
    return redirect_to(HOME) if find_reader() else render("home.html")


@pages.page("GET /tasks", PERSONS)
def show_tasks() -> Response:
    """Show what waits for the reader's organisations, the earliest first."""
    with get_runtime().reading() as connection:
        found = [
            make_task(member.network, notice)
            for member in get_caller().members
            for notice in list_notices(connection, member.log_id, member.organisation)
        ]
    person = get_caller().person
    coming = list_entry_tasks(get_runtime(), person, get_caller().members) if person is not None else []
    tasks = sorted(found, key=lambda task: task.notice.due_at)
    return render("tasks.html", tasks=tasks, coming=coming, coming_words=ENTRY_TASKS, now=get_runtime().now_text())


def make_task(network: str, notice: Notice) -> ShownTask:
    """Put a notice in words, with the page on which it is done."""
    known = TASKS.get(notice.kind)
    subject = notice.subject.partition(":")[2]
    if known is None:
        return ShownTask(network, notice, notice.kind.replace("-", " "), f"/n/{network}/ledger")
    return ShownTask(network, notice, str(known.words), f"/n/{network}{known.path.format(subject)}")


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
