"""A live log for each test of the writing side, verified as a whole when the test is over; and a story that rules are tried on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.live_log import LiveLog, lend_live
from tests.ledger.test_own_kinds import FIRM, OPERATOR, Story


@pytest.fixture
def live(database_url: str, tmp_path: Path) -> Iterator[LiveLog]:
    """A founded log with one firm, on both kinds of database; what the test leaves is verified, unless it says that it broke the log."""
    yield from lend_live(database_url, tmp_path)


@pytest.fixture
def story() -> Story:
    """A founded log on which a firm has its first key, a signatory's without limits."""
    one = Story()
    one.say(one.found())
    one.say(one.enrol("firm", FIRM, ["signatory", "operator"], by="founder", author=OPERATOR))
    return one
