"""The test house seen from outside: what a run says at its end, with one process or two, with ../shared or without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A small clone with the test house alone, and tests with a known outcome; no `shared` folder stands beside it."""
    tests = tmp_path / "clone" / "tests"
    tests.mkdir(parents=True)
    for name in ("architecture.py", "conftest.py", "databases.py", "postgresql.py"):
        shutil.copy(ROOT / "tests" / name, tests / name)
    shutil.copy(ROOT / "pyproject.toml", tests.parent)
    (tests / "test_planted.py").write_text(PLANTED, "utf-8")
    return tests.parent


def run_tests(clone: Path, *options: str, ci: bool = False) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    ran = subprocess.run(command, cwd=clone, env=environment | ({"CI": "true"} if ci else {}), capture_output=True, text=True, check=False)
    return ran.stdout


@pytest.mark.parametrize("processes", [0, 2])
def test_the_closing_lines_count_passed_tests_on_each_database(clone: Path, processes: int) -> None:
    output = run_tests(clone, "-n", str(processes), "-k", "open")

    assert "passed on SQLite: 1\npassed on PostgreSQL: 2\n" in output
    assert "1 failed, 4 passed" in output


def test_missing_vectors_are_skipped_on_a_users_machine(clone: Path) -> None:
    output = run_tests(clone, "-k", "vectors")

    assert "../shared is not here" in output
    assert "1 skipped" in output


def test_missing_vectors_are_a_failure_on_our_own(clone: Path) -> None:
    output = run_tests(clone, "-k", "vectors", ci=True)

    assert "../shared is not here" in output
    assert "1 error" in output


def test_an_installed_package_that_differs_from_the_clone_stops_the_run(clone: Path, code_home: Path) -> None:
    (clone / "ledger").mkdir()
    (clone / "ledger" / "newer.py").write_text("x = 1\n", "utf-8")

    output = run_tests(clone, "-k", "opens_none")

    if code_home == ROOT:  # nothing is installed beside this interpreter, so the clone itself is tested
        assert "1 passed" in output
    else:
        assert "the installed package differs from the clone" in output
