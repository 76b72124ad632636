"""The demo for tests: played once by a real process, however many workers ask for it."""

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import webui

#: Where the code under test lies: the clone, or the installed package.
HOME = Path(webui.__file__).resolve().parents[1]
SEED = 7


@dataclass(frozen=True, slots=True)
class Performance:
    """A demo that was played."""

    folder: Path
    exit_code: int
    output: str


def run_command(*arguments: str, module: str = "webui.commands.main") -> subprocess.CompletedProcess[str]:
    """Run a command of the package in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": str(HOME)}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, encoding="utf-8", timeout=600)


def play(folder: Path, *options: str) -> Performance:
    """Play a demo into a folder, without serving it."""
    done = run_command("demo", "--data", str(folder), "--no-serve", "--quiet", *options)
    return Performance(folder, done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="session")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    """Give the whole year, played once in a test run: the first worker plays, the others wait for it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = shared / "demo.json"
        if not kept.exists():
            done = play(shared / "demo", "--seed", str(SEED))
            kept.write_text(json.dumps([done.exit_code, done.output]), "utf-8")
        exit_code, output = json.loads(kept.read_text("utf-8"))
    return Performance(shared / "demo", exit_code, output)
