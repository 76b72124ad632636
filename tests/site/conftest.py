"""A real browser and a live site on each kind of database; where Chromium is missing, these tests say so and are skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import IS_CI
from tests.contracts.views.played import play_whole
from tests.databases import Databases
from tests.site.hostile import FORM_PAGES, READERS, Seen, list_rules, open_sessions, play_hostile, walk_pages
from tests.site.hostile_entry import play_entry
from tests.site.live_site import BROWSERS, FLAGS, LiveSite
from tests.site.posting import open_forms, open_pages
from tests.webui.website import NETWORK, Caller, Website, admit_cast


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that the system has."""
    found = next((path for path in BROWSERS if path.exists()), None)
    if found is None:
        if IS_CI:
            pytest.fail(f"{BROWSERS[0]} is missing")
        pytest.skip(f"{BROWSERS[0]} is missing: install the package chromium-headless-shell to run the tests in a browser")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(found), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(database_url: str, tmp_path: Path, chromium: Browser) -> Iterator[LiveSite]:
    """A fresh network with its site; afterwards its log is verified and replayed."""
    site = LiveSite(database_url, tmp_path, chromium)
    yield site
    site.website.network.verify()
    site.website.network.check_replay()
    site.close()


@pytest.fixture(scope="module")
def shared_site(
    databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[LiveSite]:
    """One network with firms, laboratory, town and auditor, for all tests of a file."""
    url = databases.create(database_kind)
    site = LiveSite(url, tmp_path_factory.mktemp("site"), chromium)
    admit_cast(site.network)
    yield site
    site.close()
    databases.drop(url)


@pytest.fixture(scope="session")
def played_site(
    databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[LiveSite]:
    """Two settled months and an open review, for tests of many files that only read; afterwards its log is verified and replayed."""
    url = databases.create(database_kind)
    site = LiveSite(url, tmp_path_factory.mktemp("site"), chromium)
    play_whole(site.network)
    yield site
    site.network.verify()
    site.network.check_replay()
    site.close()
    databases.drop(url)


@pytest.fixture(scope="session")
def hostile(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A network in which every free text is hostile, for tests of many files that leave nothing on its log."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("hostile"))
    play_hostile(website.network)
    yield website
    website.close()
    databases.drop(url)


@pytest.fixture(scope="session")
def callers(hostile: Website) -> dict[str, Caller]:
    """The sessions of members who see different things, and of people on the way into the network."""
    members = open_sessions(hostile, READERS)
    return {**members, **play_entry(hostile)}


@pytest.fixture(scope="session")
def seen(hostile: Website, callers: dict[str, Caller]) -> list[Seen]:
    """All pages that links lead to, as each of them sees them."""
    starts = tuple(
        path.replace("<network:network>", NETWORK)
        for path in sorted(rule.rule for rule in list_rules(hostile, "GET"))
        if "<" not in path.replace("<network:network>", "")
    )
    found = list(walk_pages(hostile.app, callers, starts, most=1))
    for by in READERS:
        found += open_pages(hostile.app, callers[by], by, (f"/n/{NETWORK}/{path}" for path in FORM_PAGES))
    return [*found, *open_forms(hostile.app, callers, found)]
