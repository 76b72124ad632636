"""The folder: whole files or none, synced before they count, one publisher at a time."""

import os
import threading
from pathlib import Path

import pytest

from ledger.tile_folder import FolderTarget
from ledger.tile_publication import TileConflict, publish_tiles
from ledger.tiles import CHECKPOINT, list_tiles
from tests.ledger.memory_tiles import MemoryLog, MemoryTarget


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def name_open(handle: int) -> str:
    """Name what a handle is open on."""
    return str(Path(f"/proc/self/fd/{handle}").readlink())


def test_a_folder_holds_what_memory_holds(tmp_path: Path) -> None:
    log, memory = MemoryLog().publish(100).publish(600), MemoryTarget()
    for _ in range(2):
        publish_tiles(log, memory)
        with FolderTarget(tmp_path / "deep" / "log") as target:
            publish_tiles(log, target)
        log.publish(700)

    assert read_files(tmp_path / "deep" / "log") == memory.files


def test_the_empty_folders_of_partial_tiles_go_with_them(tmp_path: Path) -> None:
    log = MemoryLog().publish(200)
    with FolderTarget(tmp_path) as target:
        publish_tiles(log, target)
        publish_tiles(log.publish(256), target)

    assert sorted(path.name for path in tmp_path.rglob("*.p")) == ["000.p"]  # of level 1
    assert set(read_files(tmp_path)) == {CHECKPOINT, *(tile.path for tile in list_tiles(0, 256))}


def test_other_bytes_under_a_published_name_are_refused(tmp_path: Path) -> None:
    with FolderTarget(tmp_path) as target:
        target.put_new("tile/0/000", b"one")
        target.put_new("tile/0/000", b"one")

        with pytest.raises(TileConflict, match="never rewritten"):
            target.put_new("tile/0/000", b"two")
    assert read_files(tmp_path) == {"tile/0/000": b"one"}


def test_the_checkpoint_is_replaced_only_by_who_saw_the_last_one(tmp_path: Path) -> None:
    with FolderTarget(tmp_path) as target:
        outcomes = [target.replace_checkpoint(b"1", None), target.replace_checkpoint(b"2", b"1"), target.replace_checkpoint(b"3", b"1")]

        assert (outcomes, target.read(CHECKPOINT)) == ([True, True, False], b"2")


def test_what_a_crash_left_among_the_drafts_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".drafts").mkdir()
    (tmp_path / ".drafts" / "half").write_bytes(b"half a ti")

    with FolderTarget(tmp_path) as target:
        publish_tiles(MemoryLog().publish(3), target)

    assert not [path for path in read_files(tmp_path) if path.startswith(".")]


def test_the_checkpoint_is_named_after_every_file_and_folder_was_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    sync, link, replace = os.fsync, os.link, Path.replace

    def watch_sync(handle: int) -> None:
        events.append(f"sync {name_open(handle)}")
        sync(handle)

    def watch_link(draft: Path, place: Path) -> None:
        events.append(f"name {place}")
        link(draft, place)

    def watch_replace(draft: Path, place: Path) -> Path:
        events.append(f"name {place}")
        return replace(draft, place)

    monkeypatch.setattr(os, "fsync", watch_sync)
    monkeypatch.setattr(os, "link", watch_link)
    monkeypatch.setattr(Path, "replace", watch_replace)

    with FolderTarget(tmp_path / "log") as target:
        publish_tiles(MemoryLog().publish(300), target)

    last = events.index(f"name {tmp_path / 'log' / CHECKPOINT}")
    names = [event.removeprefix("name ") for event in events[:last] if event.startswith("name ")]
    assert len(names) == len(list_tiles(0, 300))
    for name in names:
        at, folder = events.index(f"name {name}"), Path(name).parent
        assert ".drafts/" in events[at - 1]  # the file itself
        while folder != tmp_path:
            assert f"sync {folder}" in events[at:last]
            folder = folder.parent
    assert events[last + 1 :] == [f"sync {tmp_path / 'log'}"]
    assert f"sync {tmp_path}" in events


def test_a_failed_sync_of_a_folder_keeps_the_checkpoint_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def fail(handle: int) -> None:
        if name_open(handle).endswith("tile/0"):
            raise OSError(5, "Input/output error")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(OSError, match="Input/output"), FolderTarget(tmp_path) as target:
        publish_tiles(MemoryLog().publish(300), target)
    assert not (tmp_path / CHECKPOINT).exists()


def test_two_publishers_of_one_folder_take_turns(tmp_path: Path) -> None:
    log, entered, order = MemoryLog().publish(300), threading.Event(), []

    def publish() -> None:
        entered.set()
        with FolderTarget(tmp_path) as target:
            order.append("second")
            publish_tiles(log, target)

    second = threading.Thread(target=publish)
    with FolderTarget(tmp_path) as target:
        second.start()
        entered.wait()
        publish_tiles(log, target)
        order.append("first")
    second.join()

    assert order == ["first", "second"]
