"""Connections to PostgreSQL: one that was lost is replaced before it is used, and reading costs no journey that is not needed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from contracts import database
from contracts.database import make_engine, open_reader
from contracts.replay import open_snapshot


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    engine = make_engine(postgresql_url)
    yield engine
    engine.dispose()


def read_pid(connection: Connection) -> int:
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end_all(engine: Engine) -> list[int]:
    """Rest two connections in the pool, and end both from outside, as a server does that starts again; gives their numbers."""
    with engine.connect() as one, engine.connect() as two:
        numbers = [read_pid(one), read_pid(two)]
    other = make_engine(engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid, 5000) FROM unnest(:numbers) AS pid"), {"numbers": numbers})
    other.dispose()
    return numbers


@pytest.mark.parametrize("reading", [True, False])
def test_connections_that_were_lost_while_they_rested_are_replaced_at_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, *, reading: bool
) -> None:  # fmt: skip
    ended = end_all(engine)
    monkeypatch.setattr(database, "RESTED", 0)
    used = open_reader(engine) if reading else engine

    with used.begin() as one, used.begin() as two:
        found = {read_pid(one), read_pid(two)}

    assert len(found - set(ended)) == 2


def test_a_connection_that_was_just_used_is_not_asked_whether_it_lives(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(engine.dialect, "do_ping", asked.append)

    for _ in range(3):
        with engine.begin() as connection:
            read_pid(connection)
    assert asked == []

    monkeypatch.setattr(database, "RESTED", 0)
    with engine.begin() as connection:
        read_pid(connection)
    assert len(asked) == 1


def test_a_reader_opens_no_transaction_and_a_writer_after_it_does(engine: Engine) -> None:
    with open_reader(engine).begin() as connection:
        reader, reading = read_pid(connection), is_in_transaction(connection)
    with engine.begin() as connection:
        writer, writing = read_pid(connection), is_in_transaction(connection)

    assert reader == writer, "the same connection"
    assert (reading, writing) == (False, True)


def is_in_transaction(connection: Connection) -> bool:
    """Tell whether the connection is in a transaction after what it was asked."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return bool(driver.info.transaction_status)


def test_a_snapshot_sees_one_moment(database_url: str) -> None:
    engine = make_engine(database_url)
    count = text("SELECT count(*) FROM people")
    with engine.begin() as connection:
        before = connection.execute(count).scalar_one()

    with open_snapshot(engine) as snapshot:
        first = snapshot.execute(count).scalar_one()
        with engine.begin() as writer:
            writer.execute(
                text(
                    "INSERT INTO people (email, name, password, active, uniquifier, created_at) "
                    "VALUES ('a@example.org', 'A', '', :active, 'u', '2025-01-01T00:00:00Z')"
                ),
                {"active": True},
            )
        second = snapshot.execute(count).scalar_one()
    with open_reader(engine).begin() as connection:
        after = connection.execute(count).scalar_one()
    engine.dispose()

    assert (first, second, after) == (before, before, before + 1)
