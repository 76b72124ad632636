"""A website with a real mail server beside it, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.people.mail_sink import MailSink
from tests.site.people.people import Town
from webui.mail_server import read_mail_server


@pytest.fixture
def sink() -> Iterator[MailSink]:
    """A mail server that takes whatever it gets."""
    sink = MailSink()
    yield sink
    sink.shut()


@pytest.fixture
def town(database_url: str, tmp_path: Path, sink: MailSink) -> Iterator[Town]:
    """A network with its people, who can be written to; second factors as by default."""
    server = read_mail_server(sink.url)
    town = Town(
        database_url,
        tmp_path / "data",
        mail_server=server,
        mail_from="ledger@works.example",
        public_url="http://localhost",
        second_factor="by-role",
    )
    town.sink = sink
    yield town
    if not town.has_harbour:  # the comparison is of whole tables
        town.network.check_replay()
    town.close()


@pytest.fixture
def quiet_town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    """The same without a mail server."""
    town = Town(database_url, tmp_path / "data", second_factor="by-role")
    yield town
    town.close()
