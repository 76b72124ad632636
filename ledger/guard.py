"""The guard: the newest size and root that this log was ever answered for, kept outside the database.

A database restored from yesterday's backup is sound in itself, and a log that goes on from it signs a second history: the usual death of
transparency logs. The guard is advanced after each commit and before any answer, and read at each start and by each new leader: a
database that is behind it, or has another root at its size, never signs again.
"""

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from ledger.durable import place_file, sync_folder
from ledger.merkle import EMPTY_ROOT

_HEADING = "symbiosis-ledger/guard/v1"
_SLOT_BYTES = 512  #: a disk's smallest block, and room for the longest name of a log


class GuardError(Exception):
    """Database and guard contradict each other: nothing may be signed until a person has found out why."""

    code = "guard"  #: one of outcome.REASONS


class BehindError(GuardError):
    """The database is behind what the log has answered for: it was restored from an older copy."""

    code = "behind"


class StoredError(GuardError):
    """Rows at the right edge, or those from which authority is folded, do not follow from each other."""

    code = "unsound"


class GuardDiskError(GuardError):
    """The guard could not be written; a failed fsync is never tried again, because the second one may say that all is well."""

    code = "disk"


class Guard(Protocol):
    """A memory of one log's head that no restore of the database touches.

    It must be durable before `advance` returns, must never go back, and must refuse a second root for one size.
    """

    def read(self) -> tuple[int, bytes] | None:
        """Give the newest size and root, or None before the log's first entry."""

    def advance(self, size: int, root: bytes) -> None:
        """Remember a newer size and root; an older size changes nothing; raises GuardError for another root at the same size."""


class FileGuard:
    """A guard in one small file, for a log whose writers share a machine; keep it on another disk than the database.

    The file has two slots, each a line of 512 bytes with a check of its own, written in turns: a crash while one is written leaves the
    other, and a write within one disk block needs one fdatasync where a renamed file needs two fsyncs and a rename, at each commit.
    """

    def __init__(self, path: Path, log: str) -> None:
        self._path = path
        self._log = log

    def read(self) -> tuple[int, bytes] | None:
        """Read the file; raises GuardError if it is of another log or was damaged."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise GuardDiskError(
                f"the guard {self._path} cannot be read ({error}): mend the file or the disk before the log writes on"
            ) from None
        return max(self._read_slots(data).values())

    def advance(self, size: int, root: bytes) -> None:
        """Write the older slot under a lock and sync it; raises GuardError for another root, GuardDiskError if it cannot be written."""
        try:
            self._advance(size, root)
        except OSError as error:
            raise GuardDiskError(
                f"the guard {self._path} cannot be written ({error}): mend the disk, then start the writer anew"
            ) from error

    def _advance(self, size: int, root: bytes) -> None:
        if not self._path.exists():
            self._create()
        with self._path.open("r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # falls with the process that holds it
            slots = self._read_slots(file.read())
            known = max(slots.values())
            if known[0] > size or known == (size, root):
                return  # another process has come further: the guard remembers the furthest
            if known[0] == size:
                raise GuardError(f"two roots for size {size} of {self._log}: {known[1].hex()} was answered for, {root.hex()} is stored now")
            newest = max(slots, key=lambda number: slots[number])
            os.pwrite(file.fileno(), self._write_slot(size, root), (1 - newest) * _SLOT_BYTES)
            # A crash here leaves the newest slot as it was, and perhaps half a line in the other one, which fails its check.
            _sync(file.fileno())

    def _create(self) -> None:
        """Make the file with two slots for the empty log; durable with its name before anything depends on it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not place_file(self._path, self._write_slot(0, EMPTY_ROOT) * 2):
            sync_folder(self._path.parent)  # another process made it a moment ago

    def _write_slot(self, size: int, root: bytes) -> bytes:
        text = f"{_HEADING} {self._log} {size} {root.hex()}"
        return f"{text} {_check(text)}".ljust(_SLOT_BYTES - 1).encode() + b"\n"

    def _read_slots(self, data: bytes) -> dict[int, tuple[int, bytes]]:
        """Read the slots whose check holds, by number."""
        slots: dict[int, tuple[int, bytes]] = {}
        for number in (0, 1):
            text, _, check = data[number * _SLOT_BYTES : (number + 1) * _SLOT_BYTES].decode("ascii", "replace").strip().rpartition(" ")
            parts = text.split(" ")
            if check != _check(text) or parts[0] != _HEADING:
                continue
            if parts[1] != self._log:
                raise GuardError(f"the guard {self._path} is of the log {parts[1]}, not of {self._log}: give each log its own")
            slots[number] = int(parts[2]), bytes.fromhex(parts[3])
        if not slots:
            raise GuardError(f"the guard {self._path} is damaged: write it anew from the newest checkpoint that anybody holds")
        return slots


def _check(text: str) -> str:
    """Give a check that half a line fails; no secret is in it, for whoever can write the file can write it whole."""
    return sha256(text.encode()).hexdigest()[:16]


_sync = getattr(os, "fdatasync", os.fsync)  # macOS has the second only
