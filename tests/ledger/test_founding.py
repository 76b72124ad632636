"""A log is founded once, for the keys that its service holds."""

from pathlib import Path

import pytest

from ledger.guard import GuardError
from ledger.log import FoundingRefused, found_log, open_log
from ledger.outcome import LogKeys
from ledger.writer import LogService
from tests.ledger.live_log import (
    LOG,
    LiveLog,
    make_key,
    make_operator,
    make_service,
    say_founding,
)

MY_ID, OTHER_ID = "00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001"


def test_a_log_is_founded_once_whatever_happens_between(live: LiveLog) -> None:
    founding = live.log.read_entries(0, 1)
    again = say_founding(make_operator())

    with pytest.raises(FoundingRefused, match="there"):
        found_log(live.engine, again, make_service(live.folder, live.clock, live.domain))

    assert live.log.read_entries(0, 1) == founding


def test_a_founding_for_other_keys_than_the_services_is_refused(database_url: str, tmp_path: Path) -> None:
    live = LiveLog(database_url, tmp_path)
    strange = LogKeys(LOG, make_key("other"), make_key("receipts"))
    service = make_service(tmp_path, live.clock)

    with pytest.raises(FoundingRefused, match="log_key"):
        found_log(live.engine, say_founding(live.operator), with_keys(service, strange))
    with pytest.raises(GuardError, match="keys at hand"):
        open_log(live.engine, with_keys(service, strange))
    with pytest.raises(KeyError):
        open_log(live.engine, with_keys(service, LogKeys("ledger.example/none", make_key("log"), make_key("receipts"))))
    live.close()


def with_keys(service: LogService, keys: LogKeys) -> LogService:
    """Give the same service with other keys."""
    return LogService(keys, service.domain, service.clock, service.monotonic, service.guard)
