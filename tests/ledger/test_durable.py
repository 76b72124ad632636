"""Files placed once: never over another, private from their first byte, and one of many writers at once is first."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from ledger.durable import place_file


def test_a_file_is_placed_once_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "key"

    done = [place_file(path, b"first"), place_file(path, b"second")]

    assert (done, path.read_bytes()) == ([True, False], b"first")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path], "no draft is left"


def test_of_many_writers_at_once_one_is_first_and_no_other_writes_over_it(tmp_path: Path) -> None:
    for number in range(20):
        path, barrier = tmp_path / f"key-{number}", Barrier(4)

        def place(data: bytes, path: Path = path, barrier: Barrier = barrier) -> tuple[bool, bytes]:
            barrier.wait()
            return place_file(path, data), path.read_bytes()

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(place, [b"a", b"b", b"c", b"d"]))

        assert sum(first for first, _ in found) == 1
        assert len({read for _, read in found}) == 1, "whoever read it at once read what stays"


def test_what_stops_between_the_looks_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"theirs")
    monkeypatch.setattr(Path, "exists", lambda _self: False)  # the other process came between the look and the link

    assert not place_file(path, b"ours")
    assert path.read_bytes() == b"theirs"
    assert [one.name for one in tmp_path.iterdir()] == ["key"]
