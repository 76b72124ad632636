"""Archiving: the contents of each log outside the database, in DATA/contents/<network>, sealed with a key of DATA/service/<network>."""

import logging
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from ledger.canonical import JSON
from ledger.contents_archive import FORMAT, ContentsArchive
from ledger.errors import Malformed
from ledger.store import Outage
from webui.runtime import Runtime
from webui.settings import keep_secret_file

_log = logging.getLogger("symbiosis.archive")


def open_archive(data: Path, network: str, log: str) -> ContentsArchive:
    """Open the archive of a network's log; its key is made with the first use. Raises SettingsError."""
    secret = keep_secret_file(data / "service" / network / "contents.key")
    return ContentsArchive(data / "contents" / network, log, sha256(f"{FORMAT}\n{log}\n{secret}".encode()).digest())


def archive_contents(runtime: Runtime) -> int:
    """Bring each log's archive up to date; gives how many entries are new in one."""
    total = 0
    for network in runtime.networks():
        log = runtime.log(network)
        try:
            total += open_archive(runtime.settings.data, network, log.name).update(runtime.engine, log.log_id)
        except (OSError, Outage) as error:
            _log.error("%s: the contents could not be archived: %s", network, error)
    return total


def read_readable(archive: ContentsArchive) -> Iterator[tuple[int, Mapping[str, JSON]]]:
    """Read an archive as far as it can be read; a file that is damaged is named and left out."""
    for segment in archive.list_segments():
        try:
            yield from archive.read_segment(segment)
        except (Malformed, OSError) as error:
            _log.error("%s", error)
