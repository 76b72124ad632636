"""Somebody with all rights on the database: triggers dropped, rows changed behind the log's back."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, text


def drop_triggers(connection: Connection, table: str) -> None:
    """Take away what keeps a table's rows as they are."""
    if connection.dialect.name == "sqlite":
        query, sentence = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table", 'DROP TRIGGER "{}"'
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal"
        sentence = f'DROP TRIGGER "{{}}" ON {table}'
    for name in connection.execute(text(query), {"table": table}).scalars().all():
        connection.execute(text(sentence.format(name)))


@contextmanager
def intrusion(engine: Engine, table: str) -> Iterator[Connection]:
    """Open a transaction in which a table may be changed at will; all of it is undone at its end."""
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            drop_triggers(connection, table)
            yield connection
        finally:
            transaction.rollback()


@contextmanager
def changed_row(engine: Engine, table: sa.Table, keys: dict[str, object], **values: object) -> Iterator[None]:
    """Change a row for everybody to see, and change it back."""
    mine = [table.c[name] == value for name, value in keys.items()]
    with engine.begin() as connection:
        drop_triggers(connection, table.name)
        before = dict(connection.execute(sa.select(*(table.c[name] for name in values)).where(*mine)).mappings().one())
        connection.execute(sa.update(table).where(*mine).values(**values))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(sa.update(table).where(*mine).values(**before))


def flip(data: bytes, place: int = -1) -> bytes:
    """Flip one bit of a byte."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)
