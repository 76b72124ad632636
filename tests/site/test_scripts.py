"""Scripts: what pages load is what was written, made shorter by esbuild and by nothing else; and all of it together stays small.

`SCRIPTS=write python -m pytest tests/site/test_scripts.py` makes `webui/static/` anew after a change in `webui/scripts/`.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture import ROOT
from tests.conftest import IS_CI

SOURCES, SERVED = ROOT / "webui" / "scripts", ROOT / "webui" / "static"
#: Other versions may shorten otherwise: `npm install esbuild@0.28.2`, and name its program in ESBUILD.
VERSION = "0.28.2"
LIMIT = 60_000  #: bytes of all scripts together, as they are served without compression


def list_scripts(folder: Path) -> set[str]:
    """List the scripts below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.js")}


@pytest.fixture
def esbuild() -> str:
    """The program that makes scripts shorter."""
    program = os.environ.get("ESBUILD", "node_modules/.bin/esbuild")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout if Path(program).is_file() else ""
    if version.strip() != VERSION:
        message = f"esbuild {VERSION} is not in {program}: npm install esbuild@{VERSION}, and name its program in ESBUILD"
        if IS_CI:
            pytest.fail(message)
        pytest.skip(message)
    return program


def shorten(esbuild: str, folder: Path) -> None:
    """Write every script, shortened, into a folder."""
    names = sorted(list_scripts(SOURCES))
    options = ("--minify", "--format=esm", "--charset=utf8", "--log-level=warning", f"--outdir={folder}", "--outbase=.")
    subprocess.run([str(Path(esbuild).resolve()), *names, *options], cwd=SOURCES, check=True)


def test_what_pages_load_is_what_was_written(esbuild: str, tmp_path: Path) -> None:
    made = SERVED if os.environ.get("SCRIPTS") == "write" else tmp_path

    shorten(esbuild, made)

    stale = [name for name in sorted(list_scripts(SOURCES)) if (made / name).read_bytes() != (SERVED / name).read_bytes()]

    assert stale == [], "run SCRIPTS=write python -m pytest tests/site/test_scripts.py"
    assert list_scripts(SERVED) == list_scripts(SOURCES)


def test_all_scripts_together_stay_small() -> None:
    sizes = {name: (SERVED / name).stat().st_size for name in list_scripts(SERVED)}

    assert len(sizes) > 20
    assert sum(sizes.values()) < LIMIT, sizes
