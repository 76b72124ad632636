"""Rows of witnesses' lines under the log's checkpoints; like ledger/store.py these functions speak SQL on their caller's connection."""

from collections.abc import Sequence

import sqlalchemy as sa

from ledger.store import Connection
from ledger.tables import cosignatures


def insert_cosignatures(connection: Connection, log_id: int, size: int, lines: Sequence[tuple[str, int, str]]) -> None:
    """Keep witnesses' lines on the checkpoint of a size: name, time and line; one that is kept already is left out."""
    query = sa.select(cosignatures.c.name, cosignatures.c.time).where(cosignatures.c.log_id == log_id, cosignatures.c.size == size)
    known = {(row.name, row.time) for row in connection.execute(query)}
    new = [(log_id, size, *line) for line in dict.fromkeys(lines) if line[:2] not in known]
    if new:
        connection.execute(cosignatures.insert(), [dict(zip(cosignatures.columns.keys(), row, strict=True)) for row in new])


def list_cosignatures(connection: Connection, log_id: int, size: int) -> list[str]:
    """List the lines, with their line feeds, on the checkpoint of a size: of each witness its newest and, if older, its first."""
    return list_cosignatures_between(connection, log_id, size, size).get(size, [])


def list_cosignatures_between(connection: Connection, log_id: int, first: int, last: int) -> dict[int, list[str]]:
    """List the lines on the checkpoints of the sizes from `first` to `last`, by size, as list_cosignatures does."""
    query = sa.select(cosignatures).where(cosignatures.c.log_id == log_id, cosignatures.c.size >= first, cosignatures.c.size <= last)
    found: dict[int, dict[str, list[str]]] = {}
    for row in connection.execute(query.order_by(cosignatures.c.size, cosignatures.c.name, cosignatures.c.time)):
        found.setdefault(row.size, {}).setdefault(row.name, []).append(row.line)
    return {size: [line for lines in names.values() for line in dict.fromkeys((lines[-1], lines[0]))] for size, names in found.items()}


def list_cosigned_sizes(connection: Connection, log_id: int, limit: int) -> list[int]:
    """List the sizes whose checkpoints any witness has cosigned, largest first."""
    query = sa.select(cosignatures.c.size).where(cosignatures.c.log_id == log_id).distinct()
    return list(connection.execute(query.order_by(cosignatures.c.size.desc()).limit(limit)).scalars())


def find_newest_cosignature(connection: Connection, log_id: int) -> tuple[int, str, int] | None:
    """Find the last word of any witness on the largest cosigned checkpoint: its size, the name of the key, seconds since 1970."""
    query = sa.select(cosignatures.c.size, cosignatures.c.name, cosignatures.c.time).where(cosignatures.c.log_id == log_id)
    row = connection.execute(query.order_by(cosignatures.c.size.desc(), cosignatures.c.time.desc()).limit(1)).first()
    return None if row is None else (row.size, row.name, row.time)


def find_last_cosigned(connection: Connection, log_id: int, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Find what each witness has cosigned last: its size, and the newest time at that size."""
    found: dict[str, tuple[int, int]] = {}
    for name in names:
        query = sa.select(cosignatures.c.size, cosignatures.c.time).where(cosignatures.c.log_id == log_id, cosignatures.c.name == name)
        row = connection.execute(query.order_by(cosignatures.c.size.desc(), cosignatures.c.time.desc()).limit(1)).first()
        if row is not None:
            found[name] = (row.size, row.time)
    return found
