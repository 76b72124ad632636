"""Private files: a network's contents lie in files that this user alone may read, in whatever folder they are put."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.engine import make_url

_log = logging.getLogger("symbiosis.files")
_OTHERS = 0o077  #: permissions of group and world


def open_private(path: Path) -> BinaryIO:
    """Open a file for writing anew, mode 0600 from its first byte on; what was there is lost."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    os.fchmod(file.fileno(), 0o600)  # one that was there keeps its mode when it is opened
    return file


def shut_database(url: str) -> list[Path]:
    """Make a SQLite file that only this user reads, or shut one that others may; gives the files that were open to others.

    SQLite gives the -wal and -shm files that it makes later the mode of the database. Other databases have rights of their own.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:") or str(address.database).startswith("file:"):
        return []
    path = Path(str(address.database))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite takes an empty file for a new database
    return shut_files(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal"))


def shut_files(paths: Iterable[Path]) -> list[Path]:
    """Take group's and world's permissions away from files, and say so; gives those that had any."""
    found = [path for path in paths if path.is_file() and path.stat().st_mode & _OTHERS]
    for path in found:
        try:
            path.chmod(0o600)
        except PermissionError:
            _log.warning("%s can be read by others and is not ours to shut: chmod 600 it as its owner", path)
        else:
            _log.warning("%s could be read by others: it is shut now; think about who has read it", path)
    return found
