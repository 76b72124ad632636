"""What every test may ask for: others' vectors, databases of both kinds, the code under test; and the closing count.

Which code is tested: an installed package if this interpreter has one, as README's command installs it, so that a file
missing from the wheel fails a test; the clone otherwise. Hence the clone stands last on the import path, and an
installed copy that differs from the clone stops the run instead of testing yesterday's code.
"""

import gc
import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.architecture import ROOT
from tests.databases import KINDS, Databases

#: On the project's own machines nothing may be skipped.
IS_CI = os.environ.get("CI") == "true"

#: Fixtures that open a database of one kind, whatever the parameter says.
FIXED_KINDS = {"sqlite_url": "sqlite", "postgresql_url": "postgresql", "sqlite_live": "sqlite", "postgresql_live": "postgresql"}

sys.path[:] = [*(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT), str(ROOT)]

settings.register_profile("ci", max_examples=200, stateful_step_count=30, deadline=None, print_blob=True)
settings.register_profile("dev", max_examples=40, stateful_step_count=15, deadline=None, print_blob=True)
settings.load_profile("ci" if IS_CI else "dev")


def find_code_home() -> Path:
    """Return the folder that `import ledger` reads from: site-packages or the clone."""
    spec = importlib.util.find_spec("ledger")
    if spec is None or spec.origin is None:
        return ROOT
    return Path(spec.origin).resolve().parents[1]


def find_stale_files(home: Path) -> list[str]:
    """Return the Python files in which the installed packages differ from the clone's, either way."""
    if home == ROOT or not (ROOT / "ledger").is_dir():
        return []
    files = [
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for package in ("ledger", "contracts", "webui", "migrations")
            for path in (folder / package).rglob("*.py")
        }
        for folder in (home, ROOT)
    ]
    return sorted({name for name, _ in files[0].items() ^ files[1].items()})


def pytest_sessionstart() -> None:
    """Stop before the first test if the installed package is not this clone's."""
    stale = find_stale_files(find_code_home())
    if stale:
        pytest.exit(f"the installed package differs from the clone, remove build/ and run pip install '.[test]' again: {stale[:5]}", 4)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: browsers and databases work in processes of their own, for which tests wait."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Let one process run what shares something."""
    from tests.scheduling import ByFile  # noqa: PLC0415  # a run in one process needs no scheduler

    config.option.loadscopereorder = False  # the number of tests says nothing of how long they take
    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Keep what was collected out of the search for garbage, and search less often: it took an eighth of the processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 50)


def pytest_report_header() -> str:
    """Say which code is tested."""
    home = find_code_home()
    return f"code under test: {'the clone' if home == ROOT else 'the installed package'} in {home}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Mark a test with the kinds of database that it opens; the mark travels with its report, between processes too."""
    fixtures = getattr(item, "fixturenames", ())
    callspec = getattr(item, "callspec", None)
    kinds = {kind for fixture, kind in FIXED_KINDS.items() if fixture in fixtures}
    if callspec is not None and "database_kind" in callspec.params:
        kinds.add(callspec.params["database_kind"])
    item.user_properties.extend(("database", kind) for kind in sorted(kinds))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many tests passed on each database."""
    passed = Counter(
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in dict.fromkeys(tuple(pair) for pair in report.user_properties)
        if name == "database"
    )
    terminalreporter.write_sep("-", "tests that opened a database")
    terminalreporter.write_line(f"passed on SQLite: {passed['sqlite']}")
    terminalreporter.write_line(f"passed on PostgreSQL: {passed['postgresql']}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with others' vectors beside the clone; a user's machine may lack it, ours may not."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        message = f"../shared is not here: {folder} holds others' test vectors, which are read in place"
        if IS_CI:
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def code_home() -> Path:
    """The folder that holds the packages under test: the working folder of `python -m ledger` in a second process."""
    return find_code_home()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Everything that makes databases; for fixtures of modules that share one database between tests."""
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.close()


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`: whatever asks for it runs twice, and is counted at the end."""
    return str(request.param)


@pytest.fixture
def new_database_url(databases: Databases, database_kind: str) -> Iterator[Callable[..., str]]:
    """A function that makes one more database of the test's kind: `new_database_url(migrated=True)`."""
    made: list[str] = []

    def create(*, migrated: bool = True) -> str:
        made.append(databases.create(database_kind, migrated=migrated))
        return made[-1]

    yield create
    for url in made:
        databases.drop(url)


@pytest.fixture
def database_url(new_database_url: Callable[..., str]) -> str:
    """A fresh database with all migrations applied, on both kinds."""
    return new_database_url()


@pytest.fixture
def empty_database_url(new_database_url: Callable[..., str]) -> str:
    """A fresh database without tables, on both kinds."""
    return new_database_url(migrated=False)


@pytest.fixture
def sqlite_url(databases: Databases) -> Iterator[str]:
    """A fresh migrated SQLite file, for what only SQLite has."""
    url = databases.create("sqlite")
    yield url
    databases.drop(url)


@pytest.fixture
def postgresql_url(databases: Databases) -> Iterator[str]:
    """A fresh migrated PostgreSQL database, for what only PostgreSQL has, such as roles."""
    url = databases.create("postgresql")
    yield url
    databases.drop(url)


@pytest.fixture
def durable_commits(databases: Databases) -> Iterator[None]:
    """PostgreSQL's fsync switched on for this test: for figures, and for faults that the disk must survive."""
    databases.set_fsync(on=True)
    yield
    databases.set_fsync(on=False)
