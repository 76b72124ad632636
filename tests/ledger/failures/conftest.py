"""What the tests of failures share: a live log on SQLite alone, for what is too slow or too particular for both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.live_log import LiveLog, lend_live


@pytest.fixture
def sqlite_live(sqlite_url: str, tmp_path: Path) -> Iterator[LiveLog]:
    """A founded log in a SQLite file; what the test leaves is verified, unless it says that it broke the log."""
    yield from lend_live(sqlite_url, tmp_path)
