"""A live site with a page on which any draft is shown for signing, as pages of every noun show theirs."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Response, request
from playwright.sync_api import Browser, Page, Route

from tests.architecture import ROOT
from tests.databases import Databases
from tests.site.live_site import LiveSite, listen
from tests.webui.website import admit_cast
from webui.access import MEMBER_PERSONS
from webui.headers import HEADERS
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.signing import show_signing


def add_trial(site: LiveSite) -> None:
    """Add GET and POST /n/…/trial: a form whose draft is shown for signing."""
    trial = Pages("trial")

    @trial.page("GET /n/<network:network>/trial", MEMBER_PERSONS)
    def show_trial(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
        return show_signing(json.loads(request.args["draft"]), then=get_place().path("/keys"), title="Trial")

    @trial.page("POST /n/<network:network>/trial", MEMBER_PERSONS)
    def try_trial(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
        draft = request.form["draft"]
        if "edit" in request.form:
            return render("problem.html", title="The form again", words=draft, detail="", findings=[])
        return show_signing(json.loads(draft), then="https://evil.test/", title="Trial", typed=[("draft", draft)])

    site.website.app.register_blueprint(trial.blueprint)


@pytest.fixture(scope="module")
def trial_site(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[LiveSite]:
    """A site with the cast and the page for trials; afterwards its log is verified and replayed."""
    url = databases.create(database_kind)
    site = LiveSite(url, tmp_path_factory.mktemp("site"), chromium)
    add_trial(site)
    admit_cast(site.network)
    yield site
    site.network.verify()
    site.network.check_replay()
    site.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def modules(chromium: Browser) -> Iterator[Page]:
    """An empty page, under our policy, that may import our modules; no site and no database behind it."""

    def serve(route: Route) -> None:
        name = urlsplit(route.request.url).path[1:]
        if name:
            route.fulfill(body=(ROOT / "webui" / "static" / name).read_text("utf-8"), headers=HEADERS | {"Content-Type": "text/javascript"})
        else:
            route.fulfill(body="<!doctype html><title>modules</title>", headers=HEADERS | {"Content-Type": "text/html"})

    context = chromium.new_context()
    page = context.new_page()
    page.route("https://modules.test/**", serve)
    page.goto("https://modules.test/")
    faults = listen(page)
    yield page
    assert not faults, faults
    context.close()
