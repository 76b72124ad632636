"""Go's own packages read what we publish: `sumdb/note` opens the checkpoint, `tlog.TileHashReader` proves every record and older trees."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.tile_folder import FolderTarget
from ledger.tile_publication import publish_tiles
from tests.architecture import ROOT
from tests.conftest import IS_CI
from tests.ledger.memory_tiles import MemoryLog
from tests.ledger.ml_dsa_lines import add_line, fill_with_lines
from tests.ledger.small_log import LOG_VERIFIER

PACKAGES = Path("/usr/share/gocode")  #: where Debian's golang-golang-x-mod-dev puts Go's module packages
SIZES = [1, 2, 255, 256, 257, 600, 66_000]


@pytest.fixture(scope="module")
def prove(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built; a user's machine may lack Go, ours may not."""
    if shutil.which("go") is None or not (PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        message = "Go and its module packages are not here: apt install golang-go golang-golang-x-mod-dev"
        if IS_CI:
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("go")
    program = folder / "prove"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GO")}
    run(
        ["go", "build", "-o", str(program), str(ROOT / "tests/ledger/go/prove.go")],
        {**kept, "GO111MODULE": "off", "GOPATH": str(PACKAGES), "GOCACHE": str(folder / "cache"), "GOFLAGS": "", "CGO_ENABLED": "0"},
    )
    return program


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("size", SIZES)
def test_go_proves_every_record_and_the_trees_before(size: int, prove: Path, tmp_path: Path) -> None:
    log, older = MemoryLog(), sorted({1, max(1, size // 3), max(1, size - 1), size})
    for one in older:
        log.publish(one)
    with FolderTarget(tmp_path) as target:
        publish_tiles(log, target)

    said = run([str(prove), str(tmp_path), LOG_VERIFIER.to_text(), *map(str, older)]).splitlines()

    proofs = len({*range(0, size, size // 1500 + 1), size - 1})
    assert said[:-1] == [f"tree {one} {log.roots[one].hex()}" for one in older]
    assert said[-1] == f"proved {size} records and {proofs} proofs under {log.roots[size].hex()}"


@pytest.mark.parametrize("change", [add_line, fill_with_lines], ids=["the log's own line", "as many lines as there may be"])
def test_go_passes_lines_by_ml_dsa_over(change: Callable[[str], str], prove: Path, tmp_path: Path) -> None:
    log = MemoryLog().publish(300)
    log.signed[300] = change(log.signed[300])
    with FolderTarget(tmp_path) as target:
        publish_tiles(log, target)

    said = run([str(prove), str(tmp_path), LOG_VERIFIER.to_text()]).splitlines()

    assert said[-1].startswith("proved 300 records")


@pytest.mark.parametrize(
    "path", ["checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44"]
)
def test_go_refuses_a_changed_byte(path: str, prove: Path, tmp_path: Path) -> None:
    with FolderTarget(tmp_path) as target:
        publish_tiles(MemoryLog().publish(300), target)
    data = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:] if len(data) > 40 else bytes(len(data)))

    done = subprocess.run([str(prove), str(tmp_path), LOG_VERIFIER.to_text()], capture_output=True, check=False, timeout=60)

    assert done.returncode == 1
