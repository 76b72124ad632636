"""Remains: what an erasure leaves in a database's files after its rows are rewritten, and how it is driven out.

SQLite overwrites freed pages (secure_delete), but older pages stand in the write-ahead log until it is moved into the file and cut.
PostgreSQL keeps dead rows until VACUUM; bytes in the free space of its pages, its own log, and all backups are the operator's duty.
"""

from typing import NamedTuple

import sqlalchemy as sa

from ledger import store
from ledger.sequencer import ERASURE

SHORT_WAIT = 200  #: milliseconds that writers and readers are waited for


class Driven(NamedTuple):
    """What came of an attempt."""

    newest: int  #: index of the newest erasure that it was about
    done: bool  #: nothing is left that this service can drive out; else it is tried again later
    words: str  #: for the operator, where something is left to do; empty otherwise


def drive_out_since(engine: store.Engine, log_id: int, index: int) -> Driven | None:
    """Drive out of a database's files what a log erased after an entry; None if that is nothing. Raises store.Outage."""
    with store.reading(engine) as connection:
        erased = store.find_indexes(connection, log_id, [ERASURE], span=range(index + 1, 1 << 62), down=True, limit=1)
    if not erased:
        return None
    with store.naming_outages():
        if engine.dialect.name == "sqlite":
            return Driven(erased[0], *_cut_write_ahead_log(engine))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return Driven(erased[0], *_vacuum(connection))


def _cut_write_ahead_log(engine: store.Engine) -> tuple[bool, str]:
    """Move SQLite's write-ahead log into the file and cut it: outside any transaction, so by the driver itself, and without a long wait."""
    borrowed = engine.raw_connection()
    try:
        cursor = borrowed.cursor()
        (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={SHORT_WAIT}")
        busy, _frames, _moved = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={patience}")
        cursor.close()
    finally:
        borrowed.close()
    return (not busy, "a reader of the database holds its write-ahead log: it is cut later" if busy else "")


def _vacuum(connection: store.Connection) -> tuple[bool, str]:
    """Vacuum the tables of this database that the service's role owns, which in production is none of them."""
    tables = "SELECT count(*) FROM pg_class WHERE relname = 'ledger_contents' AND pg_has_role(current_user, relowner, 'USAGE')"
    if not connection.execute(sa.text(tables)).scalar():
        return True, "contents were erased: run VACUUM as the owner of the tables, so that dead rows go too"
    connection.exec_driver_sql("VACUUM")
    return True, ""
