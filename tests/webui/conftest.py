"""A website on each kind of database, fresh for each test or shared by the tests of a file that only read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.webui.website import Website, admit_cast


@pytest.fixture
def website(database_url: str, tmp_path: Path) -> Iterator[Website]:
    """A fresh network with its web door; afterwards its log is verified and replayed."""
    website = Website(database_url, tmp_path / "data")
    yield website
    website.network.verify()
    if not website.has_harbour:  # the comparison is of whole tables
        website.network.check_replay()
    website.close()


@pytest.fixture(scope="module")
def shared_website(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One network with firms, laboratory, town and auditor, for all tests of a file."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("data"))
    admit_cast(website.network)
    yield website
    website.close()
    databases.drop(url)
