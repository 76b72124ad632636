"""A live site on which two firms trade, for all tests of a file; afterwards its log is verified and replayed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.databases import Databases
from tests.site.deliveries.trading import begin_trade
from tests.site.live_site import LiveSite
from tests.webui.website import admit_cast


@pytest.fixture(scope="module")
def trade_site(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[LiveSite]:
    """The cast, and a contract in force between powerco and plasterco."""
    url = databases.create(database_kind)
    site = LiveSite(url, tmp_path_factory.mktemp("site"), chromium)
    admit_cast(site.network)
    begin_trade(site)
    yield site
    site.network.verify()
    site.network.check_replay()
    site.close()
    databases.drop(url)
