"""The archive of contents, and a database made anew from tiles and archive: every byte as it was, and nothing that was erased."""

from pathlib import Path
from typing import Any

import pytest

from contracts.database import make_engine
from ledger import contents_archive
from ledger.checkpoint import verify_checkpoint
from ledger.contents_archive import ContentsArchive
from ledger.errors import Malformed
from ledger.guard import GuardError
from ledger.log import open_log
from ledger.recover import Recovered, Source, recover_log
from ledger.soundness import check_stored
from tests.databases import Databases
from tests.ledger.live_log import KEYS, LOG, START, LiveLog, indexes, make_service

KEY = b"k" * 32


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContentsArchive:
    """An archive whose files hold five entries."""
    monkeypatch.setattr(contents_archive, "MAX_ENTRIES", 5)
    return ContentsArchive(tmp_path / "contents", LOG, KEY)


@pytest.fixture
def filled(live: LiveLog, archive: ContentsArchive) -> LiveLog:
    """A log of fourteen entries, archived twice, with a checkpoint."""
    for count in (6, 6):
        live.send(*(live.firm.deliver() for _ in range(count)))
        archive.update(live.engine, live.log.log_id)
    live.clock.advance(2)
    live.log.publish_checkpoint(live.clock.now)
    return live


def read_all(live: LiveLog) -> dict[int, Any]:
    """Read the contents that the database holds."""
    head = live.log.read_head()
    assert head is not None
    return live.log.read_contents_range(0, head.size)


def erase_driver(live: LiveLog, index: int) -> None:
    """Erase the driver of a delivery."""
    target = live.log.read_entries(index, index + 1)[0].statement_hash
    public: Any = {"statement": target, "fields": [1], "reason": "the driver asked for it"}
    live.accept(live.firm.say("contents.erased", public, about=f"statement:{target}"))


def test_what_is_archived_is_what_was_said_and_unreadable_without_the_key(
    filled: LiveLog, archive: ContentsArchive, tmp_path: Path
) -> None:
    names = sorted(path.name for path in (tmp_path / "contents").iterdir())

    assert dict(archive.read()) == read_all(filled)
    assert names == ["000000000000-000000000005.sealed", "000000000005-000000000010.sealed", "000000000010-000000000014.open"]
    assert archive.update(filled.engine, filled.log.log_id) == 0
    assert not any(b"Kim" in path.read_bytes() or path.stat().st_mode & 0o077 for path in (tmp_path / "contents").iterdir())
    with pytest.raises(Malformed, match="another key"):
        list(ContentsArchive(tmp_path / "contents", LOG, b"x" * 32).read())
    with pytest.raises(Malformed, match="of another log"):
        list(ContentsArchive(tmp_path / "contents", "ledger.example/other", KEY).read())


def test_a_file_that_was_cut_or_renamed_is_named(filled: LiveLog, archive: ContentsArchive, tmp_path: Path) -> None:
    path = tmp_path / "contents" / "000000000005-000000000010.sealed"
    assert filled.log.read_head() is not None

    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Malformed, match="000000000005"):
        list(archive.read())
    path.rename(tmp_path / "contents" / "000000000005-000000000011.sealed")
    with pytest.raises(Malformed, match="000000000011"):
        list(archive.read())


def test_what_is_erased_goes_out_of_a_full_file(filled: LiveLog, archive: ContentsArchive) -> None:
    before: Any = dict(archive.read())
    erase_driver(filled, 3)

    archive.update(filled.engine, filled.log.log_id)

    after: Any = dict(archive.read())
    assert (before[3] == after[3], "leaf" in after[3]["fields"][1]) == (False, True)
    assert after == read_all(filled)


def recover(live: LiveLog, url: str, archive: ContentsArchive) -> Recovered:
    """Recover a log into another database, from the entries under its newest checkpoint."""
    newest = live.log.latest_checkpoint()
    assert newest is not None
    checkpoint = verify_checkpoint(newest[2], LOG, KEYS.log_verifier)
    bodies = [entry.body for entry in live.log.read_entries(0, checkpoint.size)]
    engine = make_engine(url)
    try:
        return recover_log(engine, LOG, START, Source(checkpoint, newest[2], lambda: iter(bodies), archive.read()))
    finally:
        engine.dispose()


def test_a_lost_database_is_made_anew_byte_by_byte_and_goes_on(
    filled: LiveLog, archive: ContentsArchive, databases: Databases, database_kind: str
) -> None:
    erase_driver(filled, 3)  # after the archive was written: it is applied again
    filled.clock.advance(2)
    filled.log.publish_checkpoint(filled.clock.now)
    url = databases.create(database_kind)

    found = recover(filled, url, archive)

    engine = make_engine(url)
    log = open_log(engine, make_service(filled.folder, filled.clock, filled.domain))
    assert (found.begin, found.size, found.missing) == (0, 15, ())
    assert log.read_entries(0, 15) == filled.log.read_entries(0, 15)
    assert log.read_contents_range(0, 15) == read_all(filled)
    with engine.connect() as connection:
        assert check_stored(connection, log.log_id, LOG, KEYS.log_verifier) == ()
    log.start()  # the guard agrees
    log.stop()
    assert indexes(log.submit_many([filled.firm.deliver()])) == [15]
    filled.broken = True  # the first database is now the one that is behind
    engine.dispose()
    databases.drop(url)


def test_a_database_that_is_behind_is_brought_up_and_keeps_what_it_had(
    filled: LiveLog, archive: ContentsArchive, databases: Databases, database_kind: str
) -> None:
    url = databases.create(database_kind)
    first = recover(filled, url, archive)
    filled.send(filled.firm.deliver())
    filled.clock.advance(2)
    filled.log.publish_checkpoint(filled.clock.now)

    second, third = recover(filled, url, archive), recover(filled, url, archive)

    assert (first.size, second.begin, second.size, third.count) == (14, 14, 15, 0)
    assert second.missing == (14,)  # it came after the archive was written last
    databases.drop(url)


def test_another_history_is_not_touched(
    filled: LiveLog, archive: ContentsArchive, databases: Databases, database_kind: str, tmp_path: Path
) -> None:
    other = LiveLog(databases.create(database_kind), tmp_path / "other")

    with pytest.raises(GuardError, match="two histories"):
        recover(filled, other.url, archive)

    assert other.count_rows()["ledger_entries"] == 2
    other.close()


def test_what_a_crash_left_half_written_goes_with_the_next_update(live: LiveLog, tmp_path: Path) -> None:
    """Contents that are erased later would stay in it."""
    archive = ContentsArchive(tmp_path / "archive", LOG, bytes(32))
    live.accept(live.firm.deliver())
    archive.update(live.engine, live.log.log_id)
    (tmp_path / "archive" / "000000000000-000000000009.open.draft").write_bytes(b"sealed by a process that is no more")

    assert archive.update(live.engine, live.log.log_id) == 0
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["000000000000-000000000003.open"]
