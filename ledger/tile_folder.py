"""Tiles in a folder, which any web server or CDN can serve as it stands.

A file appears under its name whole and synced, or not at all, and is never written again. One publication at a time holds the folder, by
a lock that falls with its process.
"""

import fcntl
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.durable import sync_folder, write_synced
from ledger.tile_publication import TileConflict
from ledger.tiles import CHECKPOINT

_DRAFTS = ".drafts"  #: where files are written before they get their names; what a crash leaves there is swept by the next run
_MAX_OPEN = 100  #: folders kept open at once


class FolderTarget:
    """A folder that tiles are published to; to be used in a with, from one thread. `checkpoint` stands at its top."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._top = -1
        self._open: dict[Path, int] = {}  #: folders with new names, opened before these were made: so no error of their disk is missed

    @property
    def place(self) -> str:
        """Name the folder."""
        return str(self._folder)

    def __enter__(self) -> Self:
        """Make the folder if need be, and wait until nobody else publishes to it."""
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self._folder.parent)
        self._top = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._top, fcntl.LOCK_EX)
            drafts = self._folder / _DRAFTS
            drafts.mkdir(exist_ok=True, mode=0o700)
            for left in drafts.iterdir():
                left.unlink()
        except BaseException:
            os.close(self._top)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let go of the folder."""
        for handle in self._open.values():
            os.close(handle)
        self._open.clear()
        os.close(self._top)

    def read(self, path: str) -> bytes | None:
        """Read a published file."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def put_new(self, path: str, data: bytes) -> None:
        """Write a file under a name of the folder `.drafts`, sync it, and link it to its own name, which fails where there is one."""
        place = self._folder / path
        self._watch(place.parent)
        draft = self._write_draft(data)
        try:
            os.link(draft, place)
        except FileExistsError:
            # From a run that did not come as far as the checkpoint; its folder is synced with the others.
            if place.read_bytes() != data:
                raise TileConflict(f"{place} holds other bytes than the log has for it: tiles are never rewritten") from None
        finally:
            draft.unlink()
        if len(self._open) > _MAX_OPEN:
            self.flush()

    def flush(self) -> None:
        """Sync the folders in which names were made: on Linux a name is durable only after that."""
        for folder in list(self._open):
            handle = self._open.pop(folder)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        os.fsync(self._top)

    def remove_partials(self, full: Sequence[str]) -> int:
        """Remove the folders `<path>.p`; what a power cut brings back is removed by nobody and harms nobody."""
        return sum(self._remove_folder(self._folder / f"{path}.p") for path in full)

    def replace_checkpoint(self, note: bytes, expected: bytes | None) -> bool:
        """Rename a synced file over the checkpoint, and sync the folder."""
        if self.read(CHECKPOINT) != expected:
            return False
        draft = self._write_draft(note)
        draft.replace(self._folder / CHECKPOINT)
        os.fsync(self._top)
        return True

    def _write_draft(self, data: bytes) -> Path:
        draft = self._folder / _DRAFTS / secrets.token_hex(8)
        write_synced(draft, data, os.O_EXCL, 0o644)
        return draft

    def _watch(self, folder: Path) -> None:
        """Open a folder before a name is made in it, and make it, and those above it, if it is not there."""
        if folder in self._open or folder == self._folder:
            return
        self._watch(folder.parent)
        folder.mkdir(exist_ok=True)
        self._open[folder] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def _remove_folder(self, folder: Path) -> int:
        names = []
        with suppress(FileNotFoundError):
            names = sorted(folder.iterdir())
        for name in names:
            name.unlink()
        with suppress(FileNotFoundError):
            folder.rmdir()
        return len(names)
