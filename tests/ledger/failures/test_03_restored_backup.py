"""Failure 3: the database was restored from an older copy: whatever remembers more is named, nothing is signed, and the way on is said."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from moto import mock_aws
from sqlalchemy.engine import make_url

from contracts.database import make_engine, migrate
from ledger.checkpoint import sign_checkpoint
from ledger.guard import FileGuard
from ledger.log import Log, found_log, open_log
from ledger.outcome import LogLatched
from ledger.recall import MemoryFault, TilesMemory
from ledger.tiles import CHECKPOINT
from tests.ledger.live_log import KEYS, LOG, LiveLog, indexes, make_operator, make_service, say_founding
from webui.tile_stores import BucketMemory, make_client, open_bucket


@dataclass
class Backups:
    """A log whose database and guard are copied and brought back, and the tiles that were published of it."""

    live: LiveLog
    folder: Path

    @property
    def tiles(self) -> TilesMemory:
        """The folder of tiles, which no restore touches."""
        return TilesMemory(self.folder / "tiles")

    def save(self) -> None:
        """Copy the database and the guard."""
        self.live.engine.dispose()
        shutil.copytree(Path(str(make_url(self.live.url).database)).parent, self.folder / "backup")
        shutil.copy(self.live.folder / "guard", self.folder / "guard.backup")

    def restore(self, *, guard: bool) -> Log:
        """Bring the copy back, the guard too or not, and start anew."""
        file = Path(str(make_url(self.live.url).database))
        self.live.engine.dispose()
        for path in file.parent.iterdir():
            path.unlink()
        shutil.copytree(self.folder / "backup", file.parent, dirs_exist_ok=True)
        if guard:
            shutil.copy(self.folder / "guard.backup", self.live.folder / "guard")
        self.live.start_again()
        return self.open()

    def open(self) -> Log:
        """Open the log with the tiles as a memory."""
        live = self.live
        live.log = open_log(live.engine, replace(make_service(live.folder, live.clock, live.domain), memories=(self.tiles,)))
        return live.log

    def publish(self) -> None:
        """Sign a checkpoint and put it where tiles are served."""
        self.live.clock.advance(2)
        self.live.log.publish_checkpoint(self.live.clock.now)
        newest = self.live.log.latest_checkpoint()
        assert newest is not None
        self.put(newest[2])

    def put(self, note: str) -> None:
        """Put a note at the top of the tiles."""
        self.tiles.folder.mkdir(exist_ok=True)
        (self.tiles.folder / "checkpoint").write_text(note, "utf-8")


@pytest.fixture
def backups(sqlite_url: str, tmp_path: Path) -> Iterator[Backups]:
    """A log of two entries, saved; then two more were entered and published."""
    live = LiveLog(sqlite_url, tmp_path / "guards")
    backups = Backups(live, tmp_path)
    backups.save()
    live.start_again()
    live.send(live.firm.deliver(), live.firm.deliver())
    backups.publish()
    yield backups
    live.close()


def check_refused(log: Log, live: LiveLog, words: str, reason: str) -> None:
    """Look that nothing is entered, signed or started, that everything says why, and that reading goes on."""
    live.clock.advance(2)
    for attempt in (
        lambda: log.submit_many([live.firm.deliver()]),
        lambda: log.publish_checkpoint(live.clock.now),
        log.start,
    ):
        with pytest.raises(LogLatched, match=words) as caught:
            attempt()
        assert caught.value.reason == reason
        assert "successor" in str(caught.value) or "Bring back the newer" in str(caught.value)
    latch = log.read_latch()
    assert latch is not None
    assert latch.reason == reason
    head = log.read_head()
    assert head is None or len(log.read_entries(0, head.size)) == head.size


def test_a_database_behind_its_guard_never_signs(backups: Backups) -> None:
    shutil.rmtree(backups.tiles.folder)

    log = backups.restore(guard=False)

    check_refused(log, backups.live, "the guard has answered for 4 entries.*symbiosis ledger recover", "behind")
    assert log.list_checkpoints() == []
    assert log.scrub().reason == "behind"


def test_a_database_restored_with_its_guard_is_behind_its_tiles(backups: Backups) -> None:
    log = backups.restore(guard=True)

    check_refused(log, backups.live, "the tiles in .*checkpoint of 4 is kept there.*symbiosis ledger recover.*successor log", "behind")
    assert log.list_checkpoints() == []
    found = log.scrub()
    assert (found.reason, "the tiles in" in found.words) == ("behind", True)


def test_a_database_restored_with_its_guard_is_behind_its_tiles_in_a_bucket(backups: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    published = (backups.tiles.folder / CHECKPOINT).read_bytes()
    with mock_aws(), closing(make_client()) as client:
        client.create_bucket(Bucket="ledger")
        assert BucketMemory("s3://ledger/logs").read() == []
        open_bucket("s3://ledger/logs", client).replace_checkpoint(published, None)
        shutil.rmtree(backups.tiles.folder)
        live = backups.live
        backups.restore(guard=True)
        service = replace(make_service(live.folder, live.clock, live.domain), memories=(BucketMemory("s3://ledger/logs"),))

        live.log = open_log(live.engine, service)

        check_refused(live.log, live, "the tiles in s3://ledger/logs: a signed checkpoint of 4 is kept there", "behind")
        assert live.log.scrub().reason == "behind"


def test_a_bucket_that_does_not_answer_says_nothing_against_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws(), pytest.raises(MemoryFault, match=r"the tiles in s3://nowhere/logs cannot be read .*NoSuchBucket"):
        BucketMemory("s3://nowhere/logs").read()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(MemoryFault, match="cannot be read"):
        BucketMemory("s3://nowhere/logs").read()


def test_a_checkpoint_alone_is_not_signed_by_a_database_that_is_behind(backups: Backups) -> None:
    log = backups.restore(guard=True)
    backups.live.clock.advance(2)

    with pytest.raises(LogLatched, match="the tiles in"):
        log.publish_checkpoint(backups.live.clock.now)


def test_a_lost_database_is_not_founded_a_second_time(backups: Backups) -> None:
    (backups.live.folder / "guard").unlink()
    url = f"sqlite:///{backups.folder / 'empty.db'}"
    migrate(url)
    engine = make_engine(url)
    service = replace(make_service(backups.live.folder), memories=(backups.tiles,))

    with pytest.raises(LogLatched, match="holds 0 entries, the tiles in"):
        found_log(engine, say_founding(make_operator()), service)
    engine.dispose()


def test_a_backup_that_lacks_nothing_goes_on(backups: Backups) -> None:
    live = backups.live
    live.engine.dispose()
    shutil.rmtree(backups.folder / "backup")
    backups.save()
    (live.folder / "guard").unlink()  # lost with the machine

    log = backups.restore(guard=False)

    assert indexes(log.submit_many([live.firm.deliver()])) == [4]
    head = log.read_head()
    assert head is not None
    assert FileGuard(live.folder / "guard", LOG).read() == (5, head.root)
    live.verify()


@pytest.mark.parametrize("size", [2, 4])
def test_another_history_under_the_logs_own_key_is_never_continued(backups: Backups, size: int) -> None:
    backups.put(sign_checkpoint(LOG, size, b"\x11" * 32, KEYS.log_verifier, KEYS.log_key.sign))

    check_refused(backups.open(), backups.live, "two histories", "guard")


@pytest.mark.parametrize(
    "note",
    ["", "no note", sign_checkpoint(LOG, 9, b"\x11" * 32, KEYS.receipts_verifier, KEYS.receipts_key.sign)],
    ids=["empty", "no note", "another's key"],
)
def test_what_the_log_did_not_sign_stops_nobody_and_is_told_by_the_scrub(
    backups: Backups, note: str, caplog: pytest.LogCaptureFixture
) -> None:
    backups.put(note)

    log = backups.open()

    assert indexes(log.submit_many([backups.live.firm.deliver()])) == [4]
    assert "not signed by this log's key" in caplog.text
    found = log.scrub(shut=True)
    assert (found.reason, len(found.odd), log.read_latch()) == ("", 1, None)


def test_a_memory_that_does_not_answer_stops_nobody_and_is_told_by_the_scrub(backups: Backups) -> None:
    class Silent:
        name = "the witness of Aalborg"

        def read(self) -> list[str]:
            raise MemoryFault("the witness of Aalborg does not answer")

    live = backups.live
    log = open_log(live.engine, replace(make_service(live.folder, live.clock, live.domain), memories=(Silent(),)))

    assert indexes(log.submit_many([live.firm.deliver()])) == [4]
    assert log.scrub().odd == ("the witness of Aalborg does not answer",)
