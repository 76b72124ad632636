"""The contents' archive: what tiles do not hold, kept outside the database in sealed files, so that a lost database can be made anew.

FOLDER/<begin>-<end>.sealed holds the contents of the entries [begin, end); one file ends in .open and is written anew until it is full.
Each is 12 random bytes and AES-256-GCM over deflated JSON lines `[index, contents]`, bound to the log's name and the range. An erasure
writes the file of what it erased anew, from the database, before it is itself archived; and whoever reads the archive applies the log's
erasures again, so that an archive restored from an older copy brings nothing back.
"""

import json
import re
import secrets
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger import store
from ledger.canonical import JSON
from ledger.durable import replace_file
from ledger.errors import EvidenceError, Malformed
from ledger.scan import scan_entry

FORMAT = "symbiosis-ledger/contents-archive/v1"
KEY_BYTES = 32
MAX_ENTRIES = 2000  #: in one file
MAX_BYTES = 16 << 20  #: of JSON in one file, unless one part of it is more
_PART = 100  #: entries read at once
_NONCE = 12  #: bytes
_NAME = re.compile(r"(\d{12})-(\d{12})\.(sealed|open)")
_ERASURE = "contents.erased"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file."""

    begin: int
    end: int
    path: Path

    @property
    def is_full(self) -> bool:
        """Tell whether nothing is added to it any more."""
        return self.path.suffix == ".sealed"


class ContentsArchive:
    """The archive of one log; one process at a time writes it."""

    def __init__(self, folder: Path, log: str, key: bytes) -> None:
        self._folder, self._log, self._cipher = folder, log, AESGCM(key)

    def list_segments(self) -> list[Segment]:
        """List the files that count, in order: of two that begin alike the longer one."""
        found: dict[int, Segment] = {}
        for path in self._folder.glob("*-*.*") if self._folder.is_dir() else ():
            match = _NAME.fullmatch(path.name)
            if match and (int(match[1]) not in found or int(match[2]) >= found[int(match[1])].end):
                found[int(match[1])] = Segment(int(match[1]), int(match[2]), path)
        return [found[begin] for begin in sorted(found)]

    def update(self, engine: store.Engine, log_id: int) -> int:
        """Bring the archive up to the log's head; gives how many entries are new in it. Raises OSError or store.Outage."""
        segments = self.list_segments()
        done = begin = segments[-1].end if segments else 0
        if segments and not segments[-1].is_full:
            begin = segments[-1].begin
        with store.reading(engine) as connection:
            head = store.read_head(connection, log_id)
        size = 0 if head is None else head.size
        self._drop_drafts()
        if size <= done:
            return 0
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for segment in self._find_erased(engine, log_id, done, segments):
            self._write(engine, log_id, segment.begin, segment.end)
        # A crash up to here: the entries that erase are not archived, so the next update comes to them again.
        while begin < size:
            begin = self._write(engine, log_id, begin, size)
        self._drop_parts()
        return size - done

    def read(self) -> Iterator[tuple[int, Mapping[str, JSON]]]:
        """Read index and contents in order, as archived; raises Malformed that names a file which is damaged, or sealed by another key."""
        for segment in self.list_segments():
            yield from self.read_segment(segment)

    def read_segment(self, segment: Segment) -> list[tuple[int, Mapping[str, JSON]]]:
        """Read one file; raises Malformed."""
        data = segment.path.read_bytes()
        try:
            opened = self._cipher.decrypt(data[:_NONCE], data[_NONCE:], self._bind(segment.begin, segment.end))
        except (InvalidTag, ValueError):
            raise Malformed(f"{segment.path}: damaged, cut off, of another log or sealed by another key") from None
        return [(found[0], found[1]) for found in map(json.loads, zlib.decompress(opened).splitlines())]

    def _find_erased(self, engine: store.Engine, log_id: int, done: int, segments: list[Segment]) -> list[Segment]:
        """Find the full files that hold what entries from `done` on have erased."""
        with store.reading(engine) as connection:
            erasures = store.list_entries(connection, log_id, kinds=[_ERASURE], after=done - 1)
            named = [str(scan_entry(one.body).signed.statement.public.get("statement")) for one in erasures]
            places = [entry.index for entry in store.find_by_hashes(connection, log_id, named).values()]
        return [one for one in segments if one.is_full and any(one.begin <= place < one.end for place in places)]

    def _write(self, engine: store.Engine, log_id: int, begin: int, size: int) -> int:
        """Write the file that begins at an entry, as far as it may reach; gives where it ends."""
        lines: list[bytes] = []
        end = begin
        while end < size and end - begin < MAX_ENTRIES and sum(map(len, lines)) < MAX_BYTES:
            upto = min(end + _PART, size, begin + MAX_ENTRIES)
            with store.reading(engine) as connection:
                found = store.read_contents(connection, log_id, end, upto)
            lines += [json.dumps([index, found[index]], ensure_ascii=False, separators=(",", ":")).encode() for index in sorted(found)]
            end = upto
        is_full = end - begin == MAX_ENTRIES or end < size
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, zlib.compress(b"\n".join(lines), 6), self._bind(begin, end))
        replace_file(self._folder / f"{begin:012d}-{end:012d}.{'sealed' if is_full else 'open'}", sealed)
        return end

    def _drop_drafts(self) -> None:
        """Drop what a crash has left: what is erased later would stay in it."""
        for path in self._folder.glob("*draft"):
            path.unlink()

    def _drop_parts(self) -> None:
        """Drop what a longer file has taken the place of."""
        kept = {segment.path for segment in self.list_segments()}
        for path in self._folder.glob("*-*.open"):
            if path not in kept:
                path.unlink()

    def _bind(self, begin: int, end: int) -> bytes:
        return f"{FORMAT}\n{self._log}\n{begin}\n{end}\n".encode()


def read_erasures(bodies: Iterator[bytes]) -> dict[str, set[int]]:
    """Read which positions the entries of a log erase, by statement hash."""
    erased: dict[str, set[int]] = {}
    for body in bodies:
        if b'"kind":"contents.erased"' not in body:
            continue
        try:
            statement = scan_entry(body).signed.statement
        except EvidenceError:
            continue  # it is named where it is read for itself
        fields = statement.public.get("fields")
        if statement.kind == _ERASURE and isinstance(fields, (list, tuple)):
            erased.setdefault(str(statement.public.get("statement")), set()).update(one for one in fields if isinstance(one, int))
    return erased
