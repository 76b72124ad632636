"""A real browser and a live site on each kind of database; where Chromium is missing, these tests say so and are skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import IS_CI
from tests.contracts.views.played import play_whole
from tests.databases import Databases
from tests.site.live_site import CHROMIUM, FLAGS, LiveSite
from tests.webui.website import admit_cast


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that the system has."""
    if not CHROMIUM.exists():
        if IS_CI:
            pytest.fail(f"{CHROMIUM} is missing")
        pytest.skip(f"{CHROMIUM} is missing: install the package chromium to run the tests in a browser")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
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
