"""The guard remembers the furthest head and contradicts a second one."""

import os
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "text", ["", "symbiosis-ledger/guard/v1\n", "symbiosis-ledger/guard/v1\nledger.example/main\n-1\n" + "00" * 32 + "\n"]
)
def test_a_damaged_guard_stops_the_log_and_is_not_taken_as_new(tmp_path: Path, text: str) -> None:
    (tmp_path / "guard").write_text(text, "ascii")

    with pytest.raises(GuardError, match="damaged"):
        FileGuard(tmp_path / "guard", NAME).read()


def test_a_crash_while_writing_leaves_the_old_guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = FileGuard(tmp_path / "guard", NAME)
    guard.advance(7, ONE)

    def fail(_handle: int) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="gone"):
        guard.advance(8, TWO)

    assert guard.read() == (7, ONE)


def test_each_advance_is_synced_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def sync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", sync)
    FileGuard(tmp_path / "guard", NAME).advance(7, ONE)

    assert synced == [str(tmp_path / "guard.draft"), str(tmp_path)]
