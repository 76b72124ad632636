"""The log's side of timestamps: which checkpoint is stamped next, and the tokens that were had; on the caller's connection.

A timestamp is asked for outside any transaction and entered afterwards: a crash between both loses a token that nobody relied on.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from ledger import store
from ledger.note import parse_note
from ledger.tables import timestamps


def find_unstamped(connection: store.Connection, log_id: int, kind: str) -> tuple[int, str] | None:
    """Find the newest checkpoint if an entry of a kind came since the last one that was stamped: its size, and its text."""
    newest = store.list_checkpoints(connection, log_id, newest_first=True, limit=1)
    if not newest:
        return None
    size, _, note = newest[0]
    stamped = connection.execute(sa.select(sa.func.max(timestamps.c.size)).where(timestamps.c.log_id == log_id)).scalar() or 0
    new = store.find_indexes(connection, log_id, [kind], span=range(stamped, size), limit=1)
    return (size, parse_note(note).text) if new else None


def find_newest_stamp(connection: store.Connection, log_id: int) -> tuple[int, str] | None:
    """Find the largest checkpoint that was stamped: its size, and the authority's instant."""
    query = sa.select(timestamps.c.size, timestamps.c.time).where(timestamps.c.log_id == log_id).order_by(timestamps.c.size.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.size, row.time)


def insert_timestamp(connection: store.Connection, log_id: int, size: int, time: str, response: bytes) -> None:
    """Keep a token over the checkpoint of a size, unless one is kept already."""
    known = sa.select(timestamps.c.size).where(timestamps.c.log_id == log_id, timestamps.c.size == size)
    if connection.execute(known).first() is None:
        connection.execute(timestamps.insert().values(log_id=log_id, size=size, time=time, response=response))


def list_timestamps(connection: store.Connection, log_id: int, size: int) -> Iterator[tuple[int, str, bytes]]:
    """List the tokens over checkpoints up to a size: size, instant, response in DER."""
    query = sa.select(*timestamps.c[1:]).where(timestamps.c.log_id == log_id, timestamps.c.size <= size).order_by(timestamps.c.size)
    return ((row.size, row.time, row.response) for row in connection.execute(query))
