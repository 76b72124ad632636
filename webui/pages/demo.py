"""The demo's own pages: become anybody with one click, let time pass, follow the tour, tamper with a copy. They exist in a demo only."""

from datetime import date, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from flask import Flask, Response, current_app, request, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Finding, Invalid, NotFound
from contracts.period import Period
from ledger.checkpoint import verify_checkpoint
from ledger.evidence import open_audit_file
from webui.access import ANYBODY, ENTRANTS, get_caller
from webui.api.runtime_of import get_runtime
from webui.demo.clock import PlayedClock
from webui.demo.stage import Stage, Visitor
from webui.demo.tampering import TRICKS, tamper
from webui.jobs import run_quietly
from webui.pages.checking_words import list_verdict_words
from webui.pages.problem_pages import clean_next, redirect_to
from webui.pages.rendering import find_reader, render
from webui.pages.routes import Pages
from webui.pages.tour import begin_tour, find_tour
from webui.people.persons import PersonStore
from webui.people.sessions import open_session

START = "/demo"
pages = Pages("demo")

#: What each role does, in the visitor's words.
ROLES = {
    "firm": _l("signs contracts, reports costs, confirms payments"),
    "clerk": _l("weighs what leaves and what arrives"),
    "lab": _l("tests lots and certifies them"),
    "board": _l("reviews who gains and why, and votes"),
    "facilitator": _l("runs the network: admits members, publishes contracts"),
    "auditor": _l("reads what its grant covers, verifies, recomputes"),
}
ROLE_NAMES = {
    "firm": _l("Firm"),
    "clerk": _l("Weighbridge clerk"),
    "lab": _l("Laboratory"),
    "board": _l("Board member"),
    "facilitator": _l("Facilitator"),
    "auditor": _l("Auditor"),
}


class DemoFrame:
    """What the banner of every page shows in a demo."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @property
    def now(self) -> datetime:
        """The demo's time."""
        return self.stage.clock.now()

    @property
    def visitor(self) -> Visitor | None:
        """Who the visitor is at present."""
        reader = find_reader()
        return self.stage.find_by_email(reader.email) if reader else None

    @property
    def role(self) -> str:
        """What the visitor is called at present."""
        visitor = self.visitor
        return f"{ROLE_NAMES[visitor.role]}, {visitor.organisation}" if visitor else ""

    @property
    def tour(self) -> Any:  # noqa: ANN401 - a Tour; None while none was begun
        """The tour, where one was begun."""
        return find_tour(get_runtime().log(self.stage.network), session.get("tour"))


def register_demo(app: Flask, stage: Stage) -> None:
    """Let an app serve the demo's pages."""
    app.extensions["symbiosis-demo"] = DemoFrame(stage)
    app.register_blueprint(pages.blueprint)


def get_stage() -> Stage:
    """Give the stage."""
    return cast("DemoFrame", current_app.extensions["symbiosis-demo"]).stage


@pages.page("GET /demo", ANYBODY)
def show_start() -> Response:
    """Show whom one may become, and what there is to see."""
    return render(
        "demo/start.html", visitors=get_stage().visitors, role_names=ROLE_NAMES, roles=ROLES, then=clean_next(request.args.get("next"))
    )


@pages.page("POST /demo/become", ANYBODY)
def become_visitor() -> Response:
    """Log in as somebody of the play; on the way the browser gets that person's throw-away key."""
    stage = get_stage()
    visitor = stage.find_visitor(request.form.get("visitor", ""))
    runtime = get_runtime()
    person = PersonStore(runtime.reading, runtime.writing).find_user(email=visitor.email) if visitor else None
    if person is None:
        raise NotFound("nobody of this name takes part in the demo")
    tour = session.get("tour")
    open_session(person, 2)
    if tour is not None:
        session["tour"] = tour
    return redirect_to(f"/demo/key?{urlencode({'next': clean_next(request.form.get('next'))})}")


@pages.page("GET /demo/key", ENTRANTS)
def hand_over_key() -> Response:
    """Hand the visitor's sealed key to the browser, which opens and keeps it like any other, and goes on."""
    stage, caller = get_stage(), get_caller()
    visitor = stage.find_by_email(caller.person.email) if caller.person else None
    member = next((one for one in caller.members if one.network == stage.network), None)
    if visitor is None or member is None:
        raise NotFound("this person is not one of the demo's")
    handed = {
        "owner": {"log": get_runtime().log(stage.network).name, "organisation": member.organisation, "holder": member.holder},
        "file": stage.read_key_file(visitor),
        "passphrase": stage.passphrase,
        "then": clean_next(request.args.get("next")),
        "failed": _("This browser could not take the key; the pages can be read all the same."),
    }
    return render("demo/key.html", handed=handed)


@pages.page("POST /demo/forward", ANYBODY)
def let_time_pass() -> Response:
    """Put the demo's clock forward by a day, or until the month has ended and been closed; the service's jobs run as they would have."""
    stage, runtime = get_stage(), get_runtime()
    by = request.form.get("by", "")
    now = stage.clock.now()
    if by not in ("day", "month"):
        raise Invalid("time passes by a day or a month", [Finding("by", "unknown-step", "day or month is wanted")])
    put_forward(stage.clock, now + timedelta(days=1) if by == "day" else find_month_end(now.date()))
    for job in ("heartbeat", "periods", "checkpoints", "reminders"):
        run_quietly(runtime, job)
    return redirect_to(clean_next(request.form.get("next"), START))


def put_forward(clock: PlayedClock, instant: datetime) -> None:
    """Put the clock forward; raises Invalid where the demo has caught up with the machine's own time."""
    before = clock.now()
    clock.put_forward(instant)
    if clock.now() - before < timedelta(minutes=1):
        raise Invalid(_("The demo has caught up with the present: no more time can pass. Play it anew with symbiosis demo --fresh."))


def find_month_end(day: date) -> datetime:
    """Find the morning of the fourth day of the next month, when a month's costs are in and it is closed."""
    first = Period(f"{day:%Y-%m}").next().first_day
    return datetime.fromisoformat(f"{first + timedelta(days=3)}T08:00:00+00:00")


@pages.page("GET /demo/tour", ANYBODY)
def show_tour() -> Response:
    """Show the tour: one full cycle, step by step."""
    log = get_runtime().log(get_stage().network)
    return render("demo/tour.html", tour=find_tour(log, session.get("tour")), role_names=ROLE_NAMES, stage=get_stage())


@pages.page("POST /demo/tour", ANYBODY)
def start_tour() -> Response:
    """Begin the tour: what was said before counts for none of its steps."""
    session["tour"] = begin_tour(get_runtime().log(get_stage().network))
    return redirect_to("/demo/tour")


@pages.page("GET /demo/tamper", ANYBODY)
def show_tampering() -> Response:
    """Show what could be changed in a copy of the log, and that it does not help."""
    stage = get_stage()
    log = get_runtime().log(stage.network)
    keys = get_runtime().service(stage.network).keys
    with open_audit_file(stage.place.audit_file) as file:
        newest = file.checkpoint
    head = verify_checkpoint(newest, log.name, keys.log_verifier)
    brought = {"origin": log.name, "logKey": keys.log_verifier.to_text(), "knownHeads": [newest]}
    words = list_verdict_words()
    return render("demo/tamper.html", tricks=TRICKS, brought=brought, head=f"{head.size}:{head.root.hex()}", verdict_words=words)


@pages.page("GET /demo/copy.zip", ANYBODY)
def send_copy() -> Response:
    """Send a copy of the auditor's file, changed by the trick that was asked for; the log itself is not touched."""
    trick = request.args.get("trick", "none")
    if trick not in TRICKS:
        raise Invalid("choose one of the tricks", [Finding("trick", "unknown-trick", f"one of {', '.join(TRICKS)} is wanted")])
    data = tamper(get_stage().place.audit_file, trick)
    return Response(data, 200, {"Content-Disposition": f'attachment; filename="copy-{trick}.zip"'}, content_type="application/zip")
