"""The network that tests of the stages speak to, verified and replayed after each of them."""

from collections.abc import Iterator

import pytest

from tests.network import TestNetwork


@pytest.fixture
def network(database_url: str) -> Iterator[TestNetwork]:
    """A founded network on each kind of database; afterwards its log is verified, and replay must give the same rows."""
    network = TestNetwork(database_url)
    yield network
    network.verify()
    network.check_replay()
    network.close()
