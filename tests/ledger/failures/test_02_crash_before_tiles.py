"""Failure 2: a crash between the database's commit and the publication of tiles. The next run writes the same bytes, and none twice."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ledger.errors import EvidenceError
from ledger.tile_bucket import BucketTarget
from ledger.tile_folder import FolderTarget
from ledger.tile_publication import TileConflict, publish_tiles
from ledger.tile_reader import FolderPlace, check_tiles
from ledger.tiles import CHECKPOINT, Tile, decode_bundle, list_tiles
from tests.ledger.live_log import KEYS, LOG, LiveLog
from tests.ledger.memory_tiles import MemoryLog, MemoryTarget
from tests.ledger.small_log import LOG as SMALL_LOG
from tests.ledger.small_log import LOG_VERIFIER
from webui.tile_stores import make_client

#: Every way in which a folder is written to, as ledger/tile_folder.py does it.
WRITES = ("mkdir", "open", "write", "fsync", "link", "replace", "unlink", "rmdir")


class Killed(BaseException):
    """The process is dead: nothing that it would still do is done."""


class Injector:
    """Lets the n-th write-side step of a folder fail, before or after it is done, with an error or with the end of the process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self.at = 0  #: number of the step that fails; 0: none
        self.stored = False
        self.kills = False
        self.dead = False
        for name in WRITES:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            if self.dead:
                raise Killed
            if name == "open" and not arguments[1] & os.O_CREAT:
                return call(*arguments, **options)
            self.steps += 1
            if self.steps != self.at:
                return call(*arguments, **options)
            if self.stored:
                with suppress(OSError):  # a name that is there, or is not
                    done = call(*arguments, **options)
                    if name == "open":
                        os.close(done)
            elif name == "write":
                call(arguments[0], arguments[1][: len(arguments[1]) // 2])  # torn
            if self.kills:
                self.dead = True
                raise Killed
            raise OSError(5, "Input/output error")

        return step

    def arm(self, at: int, *, stored: bool, kills: bool) -> None:
        """Let a step of the next run fail."""
        self.steps, self.at, self.stored, self.kills, self.dead = 0, at, stored, kills, False


def publish(log: MemoryLog, folder: Path) -> None:
    with FolderTarget(folder) as target:
        publish_tiles(log, target)


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes die here, not machines; that everything is synced in order is another test's."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


@pytest.fixture(scope="module")
def grown() -> tuple[MemoryLog, MemoryLog]:
    """A log at 250 entries, and the same at 300, by when its first tiles are full."""
    return MemoryLog().publish(250), MemoryLog().publish(250).publish(300)


@pytest.mark.parametrize("kills", [False, True], ids=["error", "kill"])
@pytest.mark.parametrize("stored", [False, True], ids=["not stored", "yet stored"])
@pytest.mark.parametrize("first", [False, True], ids=["grown", "new"])
def test_every_write_step_of_a_publication_may_fail(
    grown: tuple[MemoryLog, MemoryLog],
    tmp_path: Path,
    first: bool,  # noqa: FBT001 - a parameter of the test
    stored: bool,  # noqa: FBT001 - the same
    kills: bool,  # noqa: FBT001 - the same
) -> None:
    before, log = grown
    base, clean, folder = tmp_path / "base", tmp_path / "clean", tmp_path / "folder"
    base.mkdir()
    if not first:
        publish(before, base)
    shutil.copytree(base, clean)
    with pytest.MonkeyPatch.context() as monkeypatch:
        injector = Injector(monkeypatch)
        publish(log, clean)
        steps = injector.steps
    wanted, failed = read_files(clean), 0

    for number in range(1, steps + 1):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base, folder)
        with pytest.MonkeyPatch.context() as monkeypatch:
            Injector(monkeypatch).arm(number, stored=stored, kills=kills)
            try:
                publish(log, folder)
            except (OSError, Killed):
                failed += 1
        left = read_files(folder)
        published = {path: data for path, data in left.items() if not path.startswith(".drafts/")}
        assert all(data in (wanted.get(path, data), read_files(base).get(path)) for path, data in published.items()), number
        if CHECKPOINT in published:
            check_tiles(FolderPlace(folder), SMALL_LOG, LOG_VERIFIER)  # whoever comes now finds all that the checkpoint covers

        publish(log, folder)

        assert read_files(folder) == wanted, number
    print(f"{steps} write steps failed, {'stored' if stored else 'not stored'}, {'killed' if kills else 'with an error'}")
    made = sum(path.is_dir() for path in clean.rglob("*"))  # pathlib takes a folder that is there after all for made
    assert steps >= failed >= (steps if kills else steps - made) > 20


@pytest.mark.parametrize("size", [3, 300, 600])
def test_a_target_may_fail_at_each_of_its_steps(size: int) -> None:
    log, clean = MemoryLog().publish(250).publish(250 + size), MemoryTarget()
    publish_tiles(log, clean)

    for step in clean.steps:
        target = MemoryTarget()

        def fail(now: str, step: str = step) -> None:
            if now == step:
                raise ConnectionError(step)

        target.fault = fail
        with pytest.raises(ConnectionError):
            publish_tiles(log, target)
        target.fault = lambda _step: None
        publish_tiles(log, target)

        assert target.files == clean.files, step


@pytest.mark.parametrize("stored", [False, True], ids=["not stored", "yet stored"])
def test_every_request_to_a_bucket_may_fail(
    grown: tuple[MemoryLog, MemoryLog],
    monkeypatch: pytest.MonkeyPatch,
    stored: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    log = grown[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws():
        client = make_client()
        client.create_bucket(Bucket="tiles")
        counted = Requests(client, at=0)
        publish_tiles(log, BucketTarget(counted, "tiles", "clean"))
        wanted = read_objects(client, "clean")

        for number in range(1, counted.count + 1):
            prefix = f"try-{number}"
            with pytest.raises(ConnectionError):
                publish_tiles(log, BucketTarget(Requests(client, at=number, stored=stored), "tiles", prefix))
            publish_tiles(log, BucketTarget(client, "tiles", prefix))

            assert read_objects(client, prefix) == wanted, number
    assert counted.count > 8


class Requests:
    """A client whose n-th request fails, after it was carried out or instead."""

    def __init__(self, client: Any, *, at: int, stored: bool = False) -> None:
        self.exceptions = client.exceptions
        self.count = 0
        self._client, self._at, self._stored = client, at, stored

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def request(**options: Any) -> Any:
            self.count += 1
            if self.count == self._at and not self._stored:
                raise ConnectionError(name)
            try:
                return getattr(self._client, name)(**options)
            finally:
                if self.count == self._at:
                    raise ConnectionError(name)

        return request


def read_objects(client: Any, prefix: str) -> dict[str, bytes]:
    found = client.list_objects_v2(Bucket="tiles", Prefix=f"{prefix}/")["Contents"]
    return {one["Key"].removeprefix(prefix): client.get_object(Bucket="tiles", Key=one["Key"])["Body"].read() for one in found}


def test_what_was_committed_before_a_crash_is_published_after_it(live: LiveLog, tmp_path: Path) -> None:
    live.accept(live.firm.deliver())
    live.clock.advance(2)
    live.log.publish_checkpoint(live.clock.now)
    with FolderTarget(tmp_path / "never crashed") as target:
        publish_tiles(live.log.tiles, target)

    live.start_again()  # the process that crashed had not come as far
    with FolderTarget(tmp_path / "crashed") as target:
        publish_tiles(live.log.tiles, target)

    assert read_files(tmp_path / "crashed") == read_files(tmp_path / "never crashed")
    assert check_tiles(FolderPlace(tmp_path / "crashed"), LOG, KEYS.log_verifier).size == 3
    bundle = Tile(-1, 0, 3)
    bodies = [entry.body for entry in live.log.read_entries(0, 3)]
    assert decode_bundle((tmp_path / "crashed" / bundle.path).read_bytes(), bundle) == bodies


@pytest.mark.parametrize("tile", list_tiles(0, 300), ids=lambda tile: str(tile.path))
def test_a_published_path_with_other_bytes_is_never_written_over(tile: Tile, tmp_path: Path) -> None:
    path = tmp_path / tile.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"other bytes")

    with pytest.raises(TileConflict, match="never rewritten"):
        publish(MemoryLog().publish(300), tmp_path)

    assert (path.read_bytes(), (tmp_path / CHECKPOINT).exists()) == (b"other bytes", False)


def test_a_torn_tile_of_a_foreign_hand_is_refused_by_reader_and_writer(tmp_path: Path) -> None:
    log = MemoryLog().publish(300)
    publish(log, tmp_path)
    torn = tmp_path / Tile(0, 1, 44).path
    torn.write_bytes(torn.read_bytes()[:100])
    (tmp_path / CHECKPOINT).unlink()

    with pytest.raises(TileConflict):
        publish(log, tmp_path)
    with pytest.raises(EvidenceError):
        check_tiles(FolderPlace(tmp_path), SMALL_LOG, LOG_VERIFIER)
