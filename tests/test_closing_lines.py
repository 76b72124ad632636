"""The test house seen from outside: what a run says at its end, with one process or two, with ../shared or without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture import ROOT

PLANTED = """
import pytest

def test_one_opens_a_database(empty_database_url):
    assert empty_database_url

def test_another_fails_on_sqlite_after_opening_it(empty_database_url, database_kind):
    assert database_kind != "sqlite"

def test_one_opens_none():
    assert True

def test_one_reads_vectors(shared):
    assert shared
"""


def build_clone(folder: Path) -> Path:
    """Lay a small clone with the test house alone, and tests with a known outcome; no `shared` folder stands beside it."""
    tests = folder / "clone" / "tests"
    tests.mkdir(parents=True)
    for name in ("architecture.py", "compiled_once.py", "conftest.py", "databases.py", "postgresql.py", "scheduling.py"):
        shutil.copy(ROOT / "tests" / name, tests / name)
    shutil.copy(ROOT / "pyproject.toml", tests.parent)
    (tests / "test_planted.py").write_text(PLANTED, "utf-8")
    return tests.parent


def run_tests(clone: Path, *options: str, **environment: str) -> str:
    """Run the tests of a clone in a process of their own and return what it prints."""
    inherited = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", *options]
    return subprocess.run(command, cwd=clone, env=inherited | environment, capture_output=True, text=True, check=False).stdout


def test_a_users_run_counts_both_databases_and_skips_missing_vectors(tmp_path: Path) -> None:
    output = run_tests(build_clone(tmp_path))

    assert "../shared is not here" in output
    assert "passed on SQLite: 1\npassed on PostgreSQL: 2\n" in output
    assert "1 failed, 4 passed, 1 skipped" in output


def test_our_own_run_in_two_processes_counts_the_same_and_fails_on_missing_vectors(tmp_path: Path) -> None:
    output = run_tests(build_clone(tmp_path), "-n", "2", CI="true")

    assert "../shared is not here" in output
    assert "passed on SQLite: 1\npassed on PostgreSQL: 2\n" in output
    assert "1 failed, 4 passed, 1 error" in output


def test_an_installed_package_that_differs_from_the_clone_stops_the_run(tmp_path: Path, code_home: Path) -> None:
    clone = build_clone(tmp_path)
    (clone / "ledger").mkdir()
    (clone / "ledger" / "newer.py").write_text("x = 1\n", "utf-8")

    output = run_tests(clone, "-k", "opens_none")

    if code_home == ROOT:  # nothing is installed beside this interpreter, so the clone itself is tested
        assert "1 passed" in output
    else:
        assert "the installed package differs from the clone" in output
