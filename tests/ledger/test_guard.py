"""The guard remembers the furthest head and contradicts a second one."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger import guard as guard_module
from ledger.guard import FileGuard, GuardError

ONE, TWO = b"\x01" * 32, b"\x02" * 32
NAME = "ledger.example/main"


def test_a_new_guard_knows_nothing(tmp_path: Path) -> None:
    assert FileGuard(tmp_path / "guard", NAME).read() is None


def test_a_guard_remembers_over_a_restart(tmp_path: Path) -> None:
    FileGuard(tmp_path / "folder" / "guard", NAME).advance(7, ONE)

    assert FileGuard(tmp_path / "folder" / "guard", NAME).read() == (7, ONE)


def test_a_guard_never_goes_back(tmp_path: Path) -> None:
    guard = FileGuard(tmp_path / "guard", NAME)
    guard.advance(7, ONE)

    guard.advance(5, TWO)

    assert guard.read() == (7, ONE)


def test_a_second_root_for_one_size_is_refused(tmp_path: Path) -> None:
    guard = FileGuard(tmp_path / "guard", NAME)
    guard.advance(7, ONE)

    with pytest.raises(GuardError, match="two roots"):
        guard.advance(7, TWO)

    assert guard.read() == (7, ONE)


def test_a_guard_of_another_log_is_refused(tmp_path: Path) -> None:
    FileGuard(tmp_path / "guard", "ledger.example/other").advance(7, ONE)

    with pytest.raises(GuardError, match="is of the log"):
        FileGuard(tmp_path / "guard", NAME).read()


@pytest.mark.parametrize("data", [b"", b"symbiosis-ledger/guard/v1\n", b"\x00" * 1024, b"\xff" * 1024])
def test_a_damaged_guard_stops_the_log_and_is_not_taken_as_new(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "guard").write_bytes(data)

    with pytest.raises(GuardError, match="damaged"):
        FileGuard(tmp_path / "guard", NAME).read()
    with pytest.raises(GuardError, match="damaged"):
        FileGuard(tmp_path / "guard", NAME).advance(9, ONE)


@pytest.mark.parametrize("torn", [1, 50, 100])
def test_a_crash_while_writing_leaves_the_guard_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: int) -> None:
    guard = FileGuard(tmp_path / "guard", NAME)
    for size in range(1, 8):
        guard.advance(size, ONE)
    real = os.pwrite

    def tear(handle: int, data: bytes, place: int) -> int:
        real(handle, data[:torn], place)
        raise OSError("the power went")

    monkeypatch.setattr(os, "pwrite", tear)
    with pytest.raises(GuardError, match="power"):
        guard.advance(8, TWO)
    monkeypatch.undo()

    assert guard.read() == (7, ONE)
    guard.advance(9, TWO)
    assert guard.read() == (9, TWO)


def test_each_advance_is_synced_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    real_write, real_sync = os.pwrite, guard_module._sync

    def write(handle: int, data: bytes, place: int) -> int:
        events.append("write")
        return real_write(handle, data, place)

    def sync(handle: int) -> None:
        events.append("sync")
        real_sync(handle)

    monkeypatch.setattr(os, "pwrite", write)
    monkeypatch.setattr(guard_module, "_sync", sync)
    guard = FileGuard(tmp_path / "guard", NAME)
    guard.advance(7, ONE)
    guard.advance(8, TWO)

    assert events == ["write", "sync"] * 2


def test_a_new_guard_is_durable_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def sync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", sync)
    FileGuard(tmp_path / "guard", NAME).advance(7, ONE)

    assert len(synced) == 2
    assert synced[1] == str(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["guard"]


def test_many_threads_never_take_a_guard_back(tmp_path: Path) -> None:
    sizes = list(range(1, 60))
    guards = [FileGuard(tmp_path / "guard", NAME) for _ in range(4)]

    def advance(number: int) -> None:
        for size in sizes[number::4]:
            guards[number].advance(size, ONE)
            known = guards[number].read()
            assert known is not None
            assert known[0] >= size

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(advance, range(4)))

    assert guards[0].read() == (59, ONE)
