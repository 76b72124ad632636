"""Small files that are there whole or not at all, also after a power cut."""

import os
import secrets
from pathlib import Path


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put a file in a place in one step: a reader finds the former one or this one, and so does whoever starts after a crash.

    One writer at a time: the draft beside it, `<name>.draft`, is overwritten. Raises OSError, the former file left as it was.
    """
    draft = path.with_name(f"{path.name}.draft")
    write_synced(draft, data, os.O_TRUNC, mode)
    draft.replace(path)
    sync_folder(path.parent)


def place_file(path: Path, data: bytes, mode: int = 0o600) -> bool:
    """Put a file in a place where none is, and never over one; of several writers at once one is first. False if a file was there.

    Raises OSError. A crash leaves at most a draft beside it, `<name>.<random>.draft`.
    """
    if path.exists():
        return False
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.draft")
    write_synced(draft, data, os.O_EXCL, mode)
    try:
        os.link(draft, path)  # fails if another process was first
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: on Linux a new name outlives a power cut only after this."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: Path, data: bytes, flag: int, mode: int) -> None:
    """Write a file that is on the disk when this returns, though perhaps not its name; raises OSError.

    flag: os.O_TRUNC to write over a file, os.O_EXCL to raise FileExistsError for one.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flag, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # by the handle that wrote: another one would not be told of an error
