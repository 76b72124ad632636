"""What the tests of commands share: a network under a checkpoint."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.databases import Databases
from tests.webui.website import Website
from webui import jobs


@pytest.fixture(scope="module")
def site(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A network with an admission under a checkpoint: sites are rows, the name is a field."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("site") / "data", start=False)
    website.network.admit("powerco")
    website.network.clock.advance(timedelta(seconds=2))
    jobs.publish_checkpoints(website.runtime)
    yield website
    website.close()
    databases.drop(url)
