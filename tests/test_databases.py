"""The test house's own databases: fresh, apart from each other, on the engine that they claim."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

from tests import postgresql
from tests.architecture import ROOT
from tests.databases import Databases

#: Starts a server, says where, and dies without a word of farewell.
DYING_PROCESS = """
import os, signal
from tests.postgresql import PostgresqlServer
server = PostgresqlServer()
print(server.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def read_dialect(url: str) -> str:
    """Ask the database itself what it is."""
    engine = create_engine(url, poolclass=NullPool)
    question = "SELECT sqlite_version()" if url.startswith("sqlite") else "SELECT version()"
    with engine.connect() as connection:
        answer = str(connection.execute(text(question)).scalar_one())
    return "postgresql" if answer.startswith("PostgreSQL") else "sqlite"


def test_a_database_runs_on_the_engine_that_the_test_is_counted_for(database_url: str, database_kind: str) -> None:
    assert read_dialect(database_url) == database_kind


def test_an_empty_database_holds_no_table(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url, poolclass=NullPool)

    assert inspect(engine).get_table_names() == []


def test_two_databases_of_one_test_share_nothing(new_database_url: Callable[..., str]) -> None:
    first, second = new_database_url(migrated=False), new_database_url(migrated=False)

    with create_engine(first, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE only_here (n INTEGER)"))

    assert inspect(create_engine(first, poolclass=NullPool)).get_table_names() == ["only_here"]
    assert inspect(create_engine(second, poolclass=NullPool)).get_table_names() == []


def test_a_dropped_database_is_gone_though_somebody_is_connected(databases: Databases) -> None:
    url = databases.create("postgresql", migrated=False)
    engine = create_engine(url, poolclass=NullPool)

    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        databases.drop(url)
        connection.invalidate()

    with pytest.raises(Exception, match="does not exist"):
        engine.connect()


def test_a_server_dies_with_the_process_that_started_it() -> None:
    dead = subprocess.run([sys.executable, "-c", DYING_PROCESS], cwd=ROOT, capture_output=True, text=True, check=False)

    folder = Path(dead.stdout.strip())
    wait_until_gone(folder)
    assert folder.name.startswith("symbiosis-pg-")
    assert not folder.exists()


@pytest.mark.usefixtures("durable_commits")
def test_commits_are_durable_where_a_test_asks(databases: Databases, postgresql_url: str) -> None:
    with create_engine(postgresql_url, poolclass=NullPool).connect() as connection:
        setting = connection.execute(text("SHOW fsync")).scalar_one()

    assert setting == "on" or databases.server_url


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_a_server_starts_from_a_wheel_below_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    programs = postgresql.copy_programs(postgresql.find_programs(), private)
    monkeypatch.setattr(postgresql, "find_programs", lambda: programs)

    server = postgresql.PostgresqlServer()
    server.stop()

    assert not postgresql.is_public(programs)
    assert not server.folder.exists()


def wait_until_gone(folder: Path) -> None:
    """Wait for a folder to vanish, ten seconds at most."""
    for _ in range(500):
        if not folder.exists():
            return
        time.sleep(0.02)
