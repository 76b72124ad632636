"""The lease: which process leads one log, taking the inbox and its threads' submissions. It saves work; safety is the writer's alone."""

import fcntl
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from ledger import store


class Lease(Protocol):
    """Something that one process at a time can hold, and that falls with the process."""

    def hold(self) -> bool:
        """Take or keep the lease; False while another process has it."""

    def release(self) -> None:
        """Give the lease up."""


class SoleLease:
    """The lease of a database in memory, which no second process can reach."""

    def hold(self) -> bool:
        """Hold, always."""
        return True

    def release(self) -> None:
        """Do nothing."""


class FileLease:
    """An flock beside a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def hold(self) -> bool:
        """Take or keep the lock."""
        if self._file is not None:
            return True
        file = self._path.open("w", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Drop the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None


class DatabaseLease:
    """PostgreSQL's advisory lock on a connection of its own; a lost connection is a lost lease."""

    def __init__(self, engine: store.Engine, log_id: int) -> None:
        self._engine = engine
        self._log_id = log_id
        self._connection: store.Connection | None = None
        self._lock = threading.Lock()

    def hold(self) -> bool:
        """Take the lock, or ask the connection that holds it whether it lives."""
        with self._lock:
            try:
                if self._connection is None:
                    connection = self._engine.connect()
                    if not store.try_leader_lock(connection, self._log_id):
                        connection.close()
                        return False
                    connection.commit()
                    self._connection = connection
                else:
                    store.touch(self._connection)
            except Exception as error:
                self._drop()
                if store.is_outage(error):
                    return False
                raise
            return True

    def release(self) -> None:
        """Close the connection, and with it the lock."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # a broken connection cannot be closed in order, and need not be
                self._connection.invalidate()
                self._connection.close()
            self._connection = None


def make_lease(engine: store.Engine, log_id: int) -> Lease:
    """Make the lease that fits a database: a file beside SQLite's, or PostgreSQL's lock."""
    if engine.dialect.name != "sqlite":
        return DatabaseLease(engine, log_id)
    path = engine.url.database
    return FileLease(Path(f"{path}.lease-{log_id}")) if path and path != ":memory:" else SoleLease()
