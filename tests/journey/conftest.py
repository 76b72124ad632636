"""The whole main job, played once on each kind of database; the tests of this folder look at what came of it."""

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.journey.cast import OPERATOR, Keyring, gather_cast, make_keyring
from tests.journey.deployment import Deployment
from tests.journey.drafting import find_last_month
from tests.journey.story import Story


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Everybody's key files."""
    return make_keyring(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def story(databases: Databases, database_kind: str, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story on a running service, which runs on while the tests look."""
    url = databases.create(database_kind)
    deployment = Deployment(tmp_path_factory.mktemp("service"), url)
    try:
        deployment.start()
        deployment.found(keyring.open(OPERATOR), find_last_month().at(1, 6))
        story = Story(gather_cast(deployment, keyring))
        story.play()
        yield story
    finally:
        deployment.stop()
        databases.drop(url)
