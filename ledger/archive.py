"""The container of an audit file: a ZIP with one spelling, so that a flipped bit anywhere in it is found.

Members are stored, not compressed; dates, flags and attributes are fixed; nothing stands between, before or behind them. The reader
builds each header anew from what it says and compares it byte for byte: what we would not write, we do not read. ZIP64 fields stand only
where a size or offset needs them (PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5). FORMAT.md, section "Audit file".
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from ledger.errors import BadProof, Malformed

MAX_MEMBERS = 10_000
MAX_NAME = 120  #: characters
MEMBER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*){0,5}", re.ASCII)
_CHUNK = 1 << 20  #: bytes read at once
_BATCH = 2048  #: lines handed out at once, whatever a chunk holds
_SPOOL = 8 << 20  #: bytes of a member kept in memory until its size is known
_WIDE = 0xFFFFFFFF  #: a 32-bit field that says: see the ZIP64 field
_DATE = 0x0021  #: 1 January 1980, the earliest day that the format knows
_FILE_MODE = 0o100644 << 16  #: external attributes: a plain file that all may read
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_WIDE_END = struct.Struct("<IQHHIIQQQQ")
_WIDE_LOCATOR = struct.Struct("<IIQI")
_MAX_DIRECTORY = MAX_MEMBERS * (_CENTRAL.size + MAX_NAME + 28) + 200  #: bytes of the central directory and what ends it


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the container."""

    name: str
    offset: int  #: of its local header, bytes from the start
    size: int  #: bytes
    crc: int  #: CRC-32


class ArchiveWriter:
    """Writes members one after another, front to back, to any binary file object."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._members: list[Member] = []

    def add_member(self, name: str, chunks: Iterable[bytes]) -> tuple[int, str]:
        """Write one member; returns its size in bytes and its SHA-256 in hex. Raises Malformed for a name that no reader takes."""
        check_name(name)
        if name in (member.name for member in self._members) or len(self._members) >= MAX_MEMBERS:
            raise Malformed(f"{name}: stands twice, or is one member too many")
        crc, size, digest = 0, 0, sha256()
        # The header before the data holds its size: what is longer than memory waits in a temporary file.
        with SpooledTemporaryFile(max_size=_SPOOL) as spool:
            for chunk in chunks:
                crc, size = zlib.crc32(chunk, crc), size + len(chunk)
                digest.update(chunk)
                spool.write(chunk)
            member = Member(name, self._offset, size, crc)
            header = encode_local_header(member)
            self._file.write(header)
            spool.seek(0)
            while chunk := spool.read(_CHUNK):
                self._file.write(chunk)
        self._offset += len(header) + size
        self._members.append(member)
        return size, digest.hexdigest()

    def finish(self) -> None:
        """Write the central directory; without it there is no archive."""
        self._file.write(encode_directory(self._members, self._offset))


class Archive:
    """Reads an archive strictly; raises Malformed at once for its structure, and at a member's end for its bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digests: dict[str, tuple[int, str]] = {}
        self._length = file.seek(0, 2)
        members, end = self._read_directory()
        offset = 0
        for member in members:
            header = encode_local_header(member)
            if member.offset != offset or self._read_at(offset, len(header)) != header:
                raise Malformed(f"archive: the header of {member.name} is not as it would be written")
            offset += len(header) + member.size
        if offset != end:
            raise Malformed("archive: bytes stand between the members")
        self.members = {member.name: member for member in members}
        if len(self.members) != len(members):
            raise Malformed("archive: a name stands twice")

    @property
    def names(self) -> tuple[str, ...]:
        """Give the names of all members in their order."""
        return tuple(self.members)

    def expect_digest(self, name: str, size: int, digest: str) -> None:
        """Have a member's bytes compared with this size and SHA-256 whenever it is read."""
        self._digests[name] = size, digest

    def read_chunks(self, name: str) -> Iterator[bytes]:
        """Read a member piece by piece; raises BadProof at its end if checksum or expected digest differ."""
        member = self.members.get(name)
        if member is None:
            raise Malformed(f"archive: {name} is missing")
        place, left, crc, digest = member.offset + len(encode_local_header(member)), member.size, 0, sha256()
        while left:
            chunk = self._read_at(place, min(left, _CHUNK))
            place, left = place + len(chunk), left - len(chunk)
            crc = zlib.crc32(chunk, crc)
            digest.update(chunk)
            yield chunk
        if crc != member.crc:
            raise BadProof(f"archive: {name} does not have the checksum that its header names")
        if name in self._digests and self._digests[name] != (member.size, digest.hexdigest()):
            raise BadProof(f"archive: {name} does not have the size and SHA-256 that the manifest names")

    def read_member(self, name: str, limit: int) -> bytes:
        """Read a whole member of at most `limit` bytes."""
        if name in self.members and self.members[name].size > limit:
            raise Malformed(f"archive: {name} has more than {limit} bytes")
        return b"".join(self.read_chunks(name))

    def read_lines(self, name: str, limit: int) -> Iterator[bytes]:
        """Read a member line by line, each at most `limit` bytes and ended by a line feed, which is cut off."""
        for lines in self.read_batches(name, limit):
            yield from lines

    def read_batches(self, name: str, limit: int) -> Iterator[list[bytes]]:
        """Read a member as read_lines does, many lines at a time; what comes before a fault is handed out before it is raised."""
        rest, chunks, fault = b"", self.read_chunks(name), None
        while True:
            try:
                chunk = next(chunks, None)
            except BadProof as error:
                chunk, fault = None, error
            if chunk is None:
                break
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            long = next((place for place, line in enumerate(lines) if len(line) > limit), None)
            for begin in range(0, len(lines[:long]), _BATCH):
                yield lines[begin : min(begin + _BATCH, len(lines) if long is None else long)]
            if long is not None or len(rest) > limit:
                raise Malformed(f"archive: a line of {name} has more than {limit} bytes")
        if rest:
            yield [rest]  # whoever reads it can say what is wrong with it
            raise fault or Malformed(f"archive: the last line of {name} has no line feed")
        if fault is not None:
            raise fault

    def _read_at(self, offset: int, count: int) -> bytes:
        if not 0 <= offset <= self._length - count:  # claimed sizes reach beyond what any file can seek
            raise Malformed("archive: the file ends too early")
        self._file.seek(offset)
        data = self._file.read(count)
        if len(data) != count:
            raise Malformed("archive: the file ends too early")
        return data

    def _read_directory(self) -> tuple[list[Member], int]:
        """Parse loosely where the directory is and what it says, then compare all of it with what would be written."""
        if self._length < _END.size:
            raise Malformed("archive: this is not an audit file: it is too short")
        *_, length, offset, _comment = _END.unpack(self._read_at(self._length - _END.size, _END.size))
        if _WIDE in (length, offset) and self._length >= _END.size + _WIDE_LOCATOR.size + _WIDE_END.size:
            place = self._length - _END.size - _WIDE_LOCATOR.size - _WIDE_END.size
            *_, offset = _WIDE_END.unpack(self._read_at(place, _WIDE_END.size))
        if not 0 <= self._length - offset <= _MAX_DIRECTORY:
            raise Malformed("archive: this is not an audit file, or it was cut off")
        tail = self._read_at(offset, self._length - offset)
        members = _parse_directory(tail)
        if encode_directory(members, offset) != tail:
            raise Malformed("archive: the central directory is not as it would be written")
        return members, offset


def check_name(name: str) -> None:
    """Raise Malformed unless a member's name is of the one form."""
    if len(name) > MAX_NAME or not MEMBER_NAME.fullmatch(name):
        raise Malformed(f"archive: {name[:MAX_NAME]!r} is not a name of a member")


def encode_local_header(member: Member) -> bytes:
    """Write the header that stands before a member's bytes."""
    name = member.name.encode()
    wide = member.size >= _WIDE
    size = _WIDE if wide else member.size
    extra = struct.pack("<HHQQ", 1, 16, member.size, member.size) if wide else b""
    version = 45 if wide else 20
    return _LOCAL.pack(0x04034B50, version, 0, 0, 0, _DATE, member.crc, size, size, len(name), len(extra)) + name + extra


def encode_directory(members: Sequence[Member], offset: int) -> bytes:
    """Write the central directory that begins at `offset`, and the records that end the archive."""
    directory = b"".join(map(_encode_central_header, members))
    length, count = len(directory), len(members)
    if offset < _WIDE:
        return directory + _END.pack(0x06054B50, 0, 0, count, count, length, offset, 0)
    wide = _WIDE_END.pack(0x06064B50, _WIDE_END.size - 12, 0x0300 | 45, 45, 0, 0, count, count, length, offset)
    locator = _WIDE_LOCATOR.pack(0x07064B50, 0, offset + length, 1)
    return directory + wide + locator + _END.pack(0x06054B50, 0, 0, count, count, length, _WIDE, 0)


def _encode_central_header(member: Member) -> bytes:
    name = member.name.encode()
    wide_size, wide_offset = member.size >= _WIDE, member.offset >= _WIDE
    fields = [member.size] * (2 * wide_size) + [member.offset] * wide_offset
    extra = struct.pack(f"<HH{len(fields)}Q", 1, 8 * len(fields), *fields) if fields else b""
    size, offset = _WIDE if wide_size else member.size, _WIDE if wide_offset else member.offset
    version = 45 if fields else 20
    head = (
        0x02014B50,
        0x0300 | version,
        version,
        0,
        0,
        0,
        _DATE,
        member.crc,
        size,
        size,
        len(name),
        len(extra),
        0,
        0,
        0,
        _FILE_MODE,
        offset,
    )
    return _CENTRAL.pack(*head) + name + extra


def _parse_directory(tail: bytes) -> list[Member]:
    members: list[Member] = []
    place = 0
    while tail[place : place + 4] == b"PK\x01\x02":
        if len(tail) < place + _CENTRAL.size or len(members) >= MAX_MEMBERS:
            raise Malformed("archive: the central directory is cut off, or names too many members")
        _, _, _, _, _, _, _, crc, _, size, name_length, extra_length, _, _, _, _, offset = _CENTRAL.unpack_from(tail, place)
        begin = place + _CENTRAL.size
        name = tail[begin : begin + name_length].decode("ascii", "replace")
        check_name(name)
        place = begin + name_length + extra_length
        extra = tail[begin + name_length : place]
        fields = list(struct.unpack(f"<{len(extra[4:]) // 8}Q", extra[4 : 4 + len(extra[4:]) // 8 * 8]))
        if size == _WIDE and len(fields) > 1:
            size, fields = fields[0], fields[2:]
        if offset == _WIDE and fields:
            offset = fields[0]
        members.append(Member(name, offset, size, crc))
    return members
