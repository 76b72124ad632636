"""The guard: the newest size and root that this log was ever answered for, kept outside the database.

A database restored from yesterday's backup is sound in itself, and a log that goes on from it signs a second history: the usual death of
transparency logs. The guard is advanced after each commit and before any answer, and read at each start and by each new leader: a
database that is behind it, or has another root at its size, never signs again.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ledger.statement import HASH

_HEADING = "symbiosis-ledger/guard/v1"


class GuardError(Exception):
    """Database and guard contradict each other: nothing may be signed until a person has found out why."""

    code = "guard"


class Guard(Protocol):
    """A memory of one log's head that no restore of the database touches.

    It must be durable before `advance` returns, must never go back, and must refuse a second root for one size.
    """

    def read(self) -> tuple[int, bytes] | None:
        """Give the newest size and root, or None before the log's first entry."""

    def advance(self, size: int, root: bytes) -> None:
        """Remember a newer size and root; an older size changes nothing; raises GuardError for another root at the same size."""


class FileGuard:
    """A guard in one small file, for a log whose writers share a machine; keep it on another disk than the database."""

    def __init__(self, path: Path, log: str) -> None:
        self._path = path
        self._log = log

    def read(self) -> tuple[int, bytes] | None:
        """Read the file; raises GuardError if it is of another log or was damaged."""
        try:
            text = self._path.read_text("ascii")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise GuardError(
                f"the guard {self._path} cannot be read ({error}): mend the file or the disk before the log writes on"
            ) from None
        lines = text.split("\n")
        if len(lines) != 5 or lines[0] != _HEADING or not lines[2].isdecimal() or not HASH.fullmatch(lines[3]):  # noqa: PLR2004 - four lines
            raise GuardError(f"the guard {self._path} is damaged: restore it from the newest checkpoint that anybody holds")
        if lines[1] != self._log:
            raise GuardError(f"the guard {self._path} is of the log {lines[1]}, not of {self._log}: give each log its own")
        return int(lines[2]), bytes.fromhex(lines[3])

    def advance(self, size: int, root: bytes) -> None:
        """Write the file anew under a lock: temporary file, fsync, rename, fsync of the folder."""
        with self._lock():
            known = self.read()
            if known is not None and (known[0] > size or known == (size, root)):
                return  # another process has come further: the guard remembers the furthest
            if known is not None and known[0] == size:
                raise GuardError(f"two roots for size {size} of {self._log}: {known[1].hex()} was answered for, {root.hex()} is stored now")
            draft = self._path.with_name(f"{self._path.name}.draft")
            with draft.open("w", encoding="ascii") as file:
                file.write(f"{_HEADING}\n{self._log}\n{size}\n{root.hex()}\n")
                file.flush()
                os.fsync(file.fileno())
            # A crash here leaves the old guard and a draft that nobody reads; the next advance writes over it.
            draft.replace(self._path)
            _sync_folder(self._path.parent)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f"{self._path.name}.lock").open("w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # falls with the process that holds it
            yield


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: on Linux the folder's entry is on disk only after the folder itself is synced."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
