"""The store refuses, by itself, to change what was said; whoever holds a connection, with our code or without."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from contracts.database import grant_rights
from ledger import store, tables
from ledger.cosigned_rows import insert_cosignatures
from ledger.outcome import Receipt
from ledger.statement import Submission
from tests.databases import Databases
from tests.ledger.live_log import LiveLog, make_firm

APPEND_ONLY = ("ledger_logs", "ledger_entries", "ledger_nodes", "ledger_heads", "ledger_checkpoints", "ledger_cosignatures")
CHANGED_COLUMN = {
    "ledger_logs": "name",
    "ledger_entries": "received_at",
    "ledger_nodes": "hash",
    "ledger_heads": "root",
    "ledger_checkpoints": "note",
    "ledger_cosignatures": "line",
}
ROLE = "symbiosis_app_test"


@pytest.fixture(scope="module")
def filled(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLog]:
    """A log of five entries with nodes, heads, contents and a checkpoint; one for all tests here, which leave it as it is."""
    yield from fill_log(databases, database_kind, tmp_path_factory)


@pytest.fixture(scope="module")
def sqlite_live(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLog]:
    """The same, for what only SQLite has."""
    yield from fill_log(databases, "sqlite", tmp_path_factory)


@pytest.fixture(scope="module")
def postgresql_live(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLog]:
    """The same, for what only PostgreSQL has."""
    yield from fill_log(databases, "postgresql", tmp_path_factory)


@pytest.fixture(scope="module")
def app_role(postgresql_live: LiveLog) -> Iterator[LiveLog]:
    """A filled log with a role of the service, which is dropped afterwards."""
    with postgresql_live.engine.begin() as connection:
        grant_rights(connection, ROLE)
    yield postgresql_live
    with postgresql_live.engine.begin() as connection:
        connection.execute(sa.text(f"DROP OWNED BY {ROLE}"))
        connection.execute(sa.text(f"DROP ROLE {ROLE}"))


def fill_log(databases: Databases, kind: str, folders: pytest.TempPathFactory) -> Iterator[LiveLog]:
    """Make, fill, lend, verify and drop a log."""
    url = databases.create(kind)
    live = LiveLog(url, folders.mktemp("guard"))
    live.send(*[live.firm.deliver() for _ in range(3)])
    live.log.publish_checkpoint(live.clock.now)
    with store.writing(live.engine, live.log.log_id) as connection:
        insert_cosignatures(connection, live.log.log_id, 5, [("witness.example", 1_767_225_600, "a line\n")])
    yield live
    live.verify()
    live.close()
    databases.drop(url)


def copy_row(table: str, where: str, **changes: str) -> str:
    """Write an INSERT of a row that is there, with some columns replaced by SQL expressions."""
    names = [column.name for column in tables.metadata.tables[table].columns]
    values = ", ".join(changes.get(name, name) for name in names)
    return f"INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} WHERE {where}"  # noqa: S608 - our own names


def assert_refused(live: LiveLog, sentence: str) -> None:
    """Run a sentence that must fail and leave every row as it was."""
    before = dump(live)

    with pytest.raises(DBAPIError), live.engine.begin() as connection:
        connection.execute(sa.text(sentence))

    assert dump(live) == before


def dump(live: LiveLog) -> dict[str, list[tuple[object, ...]]]:
    """Read every row of the ledger."""
    with store.reading(live.engine) as connection:
        return {name: sorted(map(tuple, connection.execute(sa.select(table)))) for name, table in tables.metadata.tables.items()}


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "sentence", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "DELETE FROM {table} WHERE 1 = 0 OR 1 = 1"]
)
def test_nothing_said_is_changed_or_deleted(filled: LiveLog, table: str, sentence: str) -> None:
    assert_refused(filled, sentence.format(table=table, column=CHANGED_COLUMN[table]))


@pytest.mark.parametrize("table", [*APPEND_ONLY, "ledger_contents"])
def test_no_table_of_what_was_said_is_truncated(filled: LiveLog, database_kind: str, table: str) -> None:
    assert_refused(filled, f"{'TRUNCATE' if database_kind == 'postgresql' else 'DELETE FROM'} {table}")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_no_upsert_changes_a_row(filled: LiveLog, table: str) -> None:
    column = CHANGED_COLUMN[table]
    key = ", ".join(key.name for key in tables.metadata.tables[table].primary_key.columns)

    assert_refused(filled, f"INSERT {copy_row(table, '1 = 1')} ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}")


@pytest.mark.parametrize("recursive_triggers", [0, 1])
@pytest.mark.parametrize(
    "row",
    [
        copy_row("ledger_logs", "id = 1", founded_at="'2020-01-01T00:00:00Z'"),
        copy_row("ledger_entries", "idx = 2", received_at="'2020-01-01T00:00:00Z'"),
        copy_row("ledger_entries", "idx = 2", idx="5", statement_id="'x'", key_seq="99"),  # by its statement hash
        copy_row("ledger_entries", "idx = 2", idx="5", statement_hash="x'00'", key_seq="99"),  # by its id
        copy_row("ledger_entries", "idx = 2", idx="5", statement_hash="x'00'", statement_id="'x'"),  # by its key_seq
        copy_row("ledger_nodes", "level = 1 AND idx = 0", hash="x'00'"),
        copy_row("ledger_heads", "previous_size = 0", root="x'00'"),
        copy_row("ledger_heads", "previous_size = 0", previous_size="77", root="x'00'"),  # by its size
        copy_row("ledger_checkpoints", "1 = 1", note="'other'"),
        copy_row("ledger_cosignatures", "1 = 1", line="'other'"),
        copy_row("ledger_contents", "idx = 2", body="'{}'"),
    ],
)
def test_insert_or_replace_is_refused_by_every_key_and_whatever_the_pragma(
    sqlite_live: LiveLog, row: str, recursive_triggers: int
) -> None:  # fmt: skip
    before = dump(sqlite_live)

    with sqlite_live.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")  # a pragma waits for the end of a transaction
        connection.exec_driver_sql(f"PRAGMA recursive_triggers = {recursive_triggers}")
        with pytest.raises(IntegrityError):
            connection.exec_driver_sql(f"INSERT OR REPLACE {row}")
        connection.exec_driver_sql("PRAGMA recursive_triggers = 1")

    assert dump(sqlite_live) == before


def test_an_entry_after_a_gap_is_refused(sqlite_live: LiveLog) -> None:
    row = copy_row("ledger_entries", "idx = 2", idx="6", statement_id="'x'", key_seq="99", statement_hash="x'00'")

    assert_refused(sqlite_live, f"INSERT {row}")


def test_the_next_entry_would_be_taken(sqlite_live: LiveLog) -> None:
    row = copy_row("ledger_entries", "idx = 2", idx="5", statement_id="'x'", key_seq="99", statement_hash="x'00'")

    with sqlite_live.engine.connect() as connection:
        assert connection.execute(sa.text(f"INSERT {row}")).rowcount == 1
        connection.rollback()


@pytest.mark.parametrize("change", ["previous_size = 7, size = 8", "previous_size = 5, size = 5", "previous_size = 3, size = 9"])
def test_a_head_that_does_not_follow_the_newest_is_refused(filled: LiveLog, change: str) -> None:
    changes = dict(part.split(" = ") for part in change.split(", "))

    assert_refused(filled, f"INSERT {copy_row('ledger_heads', 'previous_size = 0', **changes)}")


def test_contents_change_their_body_and_nothing_else(filled: LiveLog) -> None:
    assert_refused(filled, "UPDATE ledger_contents SET idx = idx + 100")
    assert_refused(filled, "DELETE FROM ledger_contents WHERE idx = 2")

    with filled.engine.connect() as connection:
        assert connection.execute(sa.text("UPDATE ledger_contents SET body = '{}' WHERE idx = 2")).rowcount == 1
        connection.rollback()


def test_a_head_is_placed_by_one_writer_only(filled: LiveLog) -> None:
    head = filled.log.read_head()
    assert head is not None
    other = store.Head(head.size + 1, b"x" * 32, "00" * 32, head.received_at)

    with pytest.raises(store.LostRace), store.writing(filled.engine, filled.log.log_id) as connection:
        store.append(connection, filled.log.log_id, 2, other, [], [])

    assert filled.log.read_head() == head


def run_as_role(live: LiveLog, sentence: str) -> None:
    """Run a sentence with the rights of the service's role, as its login would have them."""
    with live.engine.connect() as connection:
        connection.execute(sa.text(f"SET SESSION AUTHORIZATION {ROLE}"))
        try:
            connection.execute(sa.text(sentence))
        finally:
            connection.invalidate()  # the pool must not hand this session to anybody else


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "sentence",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} ADD COLUMN more text",
        "DROP TABLE {table} CASCADE",
        "DROP TRIGGER {table}_no_change ON {table}",
        "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    ],
)
def test_the_role_of_the_service_is_refused(app_role: LiveLog, table: str, sentence: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        run_as_role(app_role, sentence.format(table=table, column=CHANGED_COLUMN[table]))


@pytest.mark.parametrize(
    "sentence",
    [
        "SET session_replication_role = replica",
        "CREATE TABLE mine (n int)",
        "DROP FUNCTION ledger_refuse CASCADE",
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "DELETE FROM ledger_contents",
        "UPDATE ledger_contents SET idx = idx",
        "UPDATE ledger_outcomes SET note = note",
        "DELETE FROM ledger_outcomes",
        "UPDATE alembic_version SET version_num = '0000'",
    ],
)
def test_the_role_of_the_service_cannot_get_round_the_triggers(app_role: LiveLog, sentence: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        run_as_role(app_role, sentence)


def test_the_role_of_the_service_owns_nothing(app_role: LiveLog) -> None:
    query = (
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = :role) UNION ALL "
        "SELECT count(*) FROM pg_proc WHERE proowner = (SELECT oid FROM pg_roles WHERE rolname = :role) UNION ALL "
        "SELECT count(*) FROM pg_roles WHERE rolname = :role "
        "AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
    )

    with store.reading(app_role.engine) as connection:
        assert list(connection.execute(sa.text(query), {"role": ROLE}).scalars()) == [0, 0, 0]


def test_the_role_of_the_service_can_run_a_log(app_role: LiveLog) -> None:
    def become_role(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")

    refused = app_role.firm.deliver(public={"refuse": True})
    app_role.clock.advance(1)

    sa.event.listen(app_role.engine, "begin", become_role)
    try:
        outcomes = app_role.send(app_role.firm.deliver(), refused)
        note = app_role.log.publish_checkpoint(app_role.clock.now)
        found = app_role.log.find_outcome(refused.signed.hash)
    finally:
        sa.event.remove(app_role.engine, "begin", become_role)

    assert isinstance(outcomes[0], Receipt)
    assert note is not None
    assert found == outcomes[1]


def test_triggers_fire_on_replicas_too(postgresql_live: LiveLog) -> None:
    with postgresql_live.engine.connect() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        with pytest.raises(DBAPIError, match="nothing but INSERT"):
            connection.execute(sa.text("DELETE FROM ledger_entries"))


def test_entries_are_found_by_many_ids_at_once(filled: LiveLog) -> None:
    entries = filled.log.read_entries(0, 5)
    wanted = [(entry.author, entry.statement_id) for entry in entries] + [("o-nobody", "none")] * 2000

    with store.reading(filled.engine) as connection:
        found = store.find_by_ids(connection, filled.log.log_id, wanted)
        used = store.find_used_seqs(connection, filled.log.log_id, [(filled.firm.key.multikey, number) for number in range(1500)])
        hashes = store.find_by_hashes(connection, filled.log.log_id, [entry.statement_hash for entry in entries] + ["00" * 32] * 1500)

    assert sorted(found.values(), key=lambda entry: entry.index) == entries
    assert used == {(filled.firm.key.multikey, number) for number in (1, 2, 3)}
    assert sorted(hashes.values(), key=lambda entry: entry.index) == entries


def test_lists_go_on_from_a_cursor(filled: LiveLog) -> None:
    second = make_firm("second")

    page = filled.log.list_entries(kinds=["delivery.dispatched", "key.enrolled"], limit=2)
    rest = filled.log.list_entries(kinds=["delivery.dispatched", "key.enrolled"], after=page[-1].index)

    assert [entry.index for entry in page + rest] == [1, 2, 3, 4]
    assert [entry.index for entry in filled.log.list_entries(about="thing:1", author=filled.firm.organisation)] == [2, 3, 4]
    assert filled.log.list_entries(about=f"key:{second.key.multikey}") == []


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("find_by_ids", "author=? AND statement_id=?"),
        ("find_used_seqs", "key=? AND key_seq=?"),
        ("find_by_hashes", "statement_hash=?"),
        ("list_kinds", "kind=? AND idx>?"),
        ("read_nodes", "level=? AND idx=?"),
    ],
)
def test_no_look_up_walks_over_the_whole_log(sqlite_live: LiveLog, query: str, index: str) -> None:
    log_id = sqlite_live.log.log_id
    plans: list[str] = []

    def explain(connection: sa.Connection, _cursor: object, sentence: str, values: object, *_rest: object) -> None:
        if sentence.lstrip().startswith("SELECT"):
            cursor: Any = connection.connection.cursor()
            plans.append(str(cursor.execute(f"EXPLAIN QUERY PLAN {sentence}", values).fetchall()))

    calls: dict[str, Callable[[sa.Connection], object]] = {
        "find_by_ids": lambda connection: store.find_by_ids(connection, log_id, [("a", "b"), ("c", "d")]),
        "find_used_seqs": lambda connection: store.find_used_seqs(connection, log_id, [("a", 1), ("c", 2)]),
        "find_by_hashes": lambda connection: store.find_by_hashes(connection, log_id, ["00" * 32, "11" * 32]),
        "list_kinds": lambda connection: store.list_entries(connection, log_id, kinds=["key.enrolled"], after=1, limit=9),
        "read_nodes": lambda connection: store.read_nodes(connection, log_id, [(1, 0), (2, 0)]),
    }
    sa.event.listen(sqlite_live.engine, "before_cursor_execute", explain)
    with store.reading(sqlite_live.engine) as connection:
        calls[query](connection)
    sa.event.remove(sqlite_live.engine, "before_cursor_execute", explain)

    assert len(plans) == 1
    assert index in plans[0]


def test_postgresql_reads_no_more_rows_than_it_is_asked_for_in_a_log_that_grew_in_its_first_minute(postgresql_live: LiveLog) -> None:
    """Nobody has analysed the tables yet, and the driver has kept the sentences since the log was small."""
    live, log_id = postgresql_live, postgresql_live.log.log_id
    read = sa.text("SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables WHERE relname LIKE 'ledger_%'")
    said = [one.signed for one in (live.firm.say("delivery.dispatched") for _ in range(1500))]
    wanted = said[::30]
    looks: list[Callable[[sa.Connection], object]] = [
        lambda connection: store.find_by_ids(connection, log_id, [(one.statement.author, one.statement.id) for one in wanted]),
        lambda connection: store.find_used_seqs(connection, log_id, [(one.statement.key, one.statement.key_seq) for one in wanted]),
        lambda connection: store.find_by_hashes(connection, log_id, [one.hash for one in wanted]),
        lambda connection: store.read_nodes(
            connection, log_id, [(0, 30 * place) for place in range(25)] + [(1, 30 * place) for place in range(25)]
        ),
    ]

    def count_rows(look: Callable[[sa.Connection], object]) -> int:
        with store.reading(live.engine) as connection:
            before = connection.execute(read).scalar_one()
            look(connection)
            return int(connection.execute(read).scalar_one() - before)

    for look in looks * 12:
        count_rows(look)
    live.send(*[Submission(one, {"fields": []}) for one in said])

    assert [count <= 2 * len(wanted) for count in map(count_rows, looks)] == [True] * 4
