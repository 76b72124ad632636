"""A site for everybody who checks a file; the page reads no network, so that one kind of database is enough."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.databases import Databases
from tests.site.live_site import LiveSite


@pytest.fixture(scope="module")
def open_site(databases: Databases, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[LiveSite]:
    """A site with a network that strangers must not learn of."""
    url = databases.create("sqlite")
    site = LiveSite(url, tmp_path_factory.mktemp("site"), chromium)
    yield site
    site.close()
    databases.drop(url)
