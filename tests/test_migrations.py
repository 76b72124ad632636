"""Migrations and tables agree, on both kinds of database, from empty."""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from contracts.database import Document, Flag, grant_rights, make_engine, metadata, migrate, open_reader
from ledger import tables
from tests.architecture import STAGES
from tests.conftest import find_code_home


@contextlib.contextmanager
def connect(url: str) -> Iterator[sa.Connection]:
    """Open a connection and close the pool behind it."""
    engine = make_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def load_all_tables() -> list[sa.MetaData]:
    """Import every module of tables that exists; gives the MetaData that they hang on."""
    home = find_code_home()
    for path in sorted([*(home / "contracts").rglob("tables.py"), *(home / "webui").rglob("tables.py")]):
        importlib.import_module(".".join(path.relative_to(home).with_suffix("").parts))
    return [tables.metadata, metadata]


def list_differences(url: str, target: list[sa.MetaData]) -> list[object]:
    """Compare a database with the tables of the code."""
    with connect(url) as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": target, "compare_type": True})
        return list(compare_metadata(context, target))  # type: ignore[arg-type]  # alembic takes several


def test_migrated_tables_are_the_tables_of_the_code(database_url: str) -> None:
    assert list_differences(database_url, load_all_tables()) == []


def test_every_stage_with_tables_is_compared() -> None:
    load_all_tables()

    stages = {stage for stage in STAGES if (find_code_home() / "contracts" / stage / "tables.py").is_file()}

    assert stages <= {name.partition(".")[2].partition(".")[0] for name in list(sys.modules) if name.endswith(".tables")}


def test_a_column_that_no_migration_makes_is_noticed(database_url: str) -> None:
    planted = sa.MetaData(naming_convention=tables.NAMING)
    for table in tables.metadata.tables.values():
        table.to_metadata(planted)
    planted.tables["ledger_heads"].append_column(sa.Column("forgotten", sa.Text))

    assert "forgotten" in str(list_differences(database_url, [planted, *load_all_tables()[1:]]))


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate(database_url)

    assert list_differences(database_url, load_all_tables()) == []


def test_migrations_are_numbered_in_one_line() -> None:
    files = sorted((find_code_home() / "migrations" / "versions").glob("0*.py"))

    numbers = [path.name[:4] for path in files]

    assert numbers == [f"{number:04d}" for number in range(1, len(files) + 1)]
    for path, before in zip(files[1:], numbers, strict=False):
        assert f'down_revision = "{before}"' in path.read_text("utf-8")


def test_each_table_of_sqlite_is_strict(sqlite_url: str) -> None:
    with connect(sqlite_url) as connection:
        made = {str(row[0]): str(row[1]) for row in connection.execute(sa.text("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))}

    loose = {name for name, sql in made.items() if "STRICT" not in sql and not name.startswith(("sqlite_", "alembic_"))}

    assert loose == set()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("trusted_schema", 0),
        ("secure_delete", 1),
    ],
)
def test_each_connection_to_sqlite_has_its_settings(sqlite_url: str, pragma: str, value: object) -> None:
    with connect(sqlite_url) as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_reader_does_not_wait_for_a_writer(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)

    with engine.begin() as writer, open_reader(engine).begin() as reader:
        writer.execute(tables.logs.insert().values(name="a.example/main", founded_at="2026-01-01T00:00:00Z"))
        seen = reader.execute(sa.select(tables.logs.c.name)).all()
    engine.dispose()

    assert seen == []


def test_a_database_in_memory_is_one_for_all_threads() -> None:
    engine = make_engine("sqlite://")

    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE here (n INTEGER) STRICT"))
    with engine.begin() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM here")).scalar()
    engine.dispose()

    assert count == 0


def test_flags_and_documents_come_back_as_they_went(empty_database_url: str) -> None:
    own = sa.MetaData()
    table = sa.Table("kept", own, sa.Column("flag", Flag), sa.Column("document", Document), sqlite_strict=True)

    with connect(empty_database_url) as connection:
        own.create_all(connection)
        connection.execute(table.insert(), [{"flag": True, "document": {"b": [1, "é"], "a": None}}, {"flag": False, "document": None}])
        rows = [tuple(row) for row in connection.execute(table.select())]
        text = connection.execute(sa.text("SELECT document FROM kept")).scalars().all()

    assert rows == [(True, {"a": None, "b": [1, "é"]}), (False, None)]
    assert text == ['{"a":null,"b":[1,"é"]}', "null"]


def test_rights_are_granted_for_every_table(postgresql_url: str) -> None:
    role = "symbiosis_rights"

    with connect(postgresql_url) as connection:
        grant_rights(connection, role)
        granted = {
            (row.table_name, row.privilege_type)
            for row in connection.execute(
                sa.text("SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = :role"), {"role": role}
            )
        }
        connection.execute(sa.text(f"DROP OWNED BY {role}"))
        connection.execute(sa.text(f"DROP ROLE {role}"))

    ledger = {(name, right) for name, right in granted if name.startswith("ledger_")}
    wanted = {(name, right) for name, rights in tables.RIGHTS.items() for right in rights.split(", ") if "(" not in right}
    assert ledger == wanted
    assert {name for name, _ in granted} >= {table.name for table in load_all_tables()[1].tables.values()}


def test_a_migration_that_fails_leaves_nothing(
    new_database_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = new_database_url(migrated=False)
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    home = find_code_home() / "migrations"
    (folder / "env.py").write_bytes((home / "env.py").read_bytes())
    (folder / "versions" / "0001_ledger.py").write_bytes((home / "versions" / "0001_ledger.py").read_bytes())
    (folder / "versions" / "0002_broken.py").write_text(
        'revision, down_revision = "0002", "0001"\n\n\ndef upgrade():\n    raise ZeroDivisionError\n', "utf-8"
    )
    monkeypatch.setattr("contracts.database.files", lambda _package: folder)

    with pytest.raises(ZeroDivisionError):
        migrate(url)

    with connect(url) as connection:
        assert sa.inspect(connection).get_table_names() == []
