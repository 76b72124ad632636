"""The container has one spelling: every flipped bit is found, other people's tools read it, hostile files end in a refusal."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.archive import Archive, ArchiveWriter, Member, encode_directory, encode_local_header
from ledger.errors import EvidenceError, Malformed
from tests.ledger.small_log import build_small_log


def write_archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    writer = ArchiveWriter(file)
    for name, data in members.items():
        writer.add_member(name, [data])
    writer.finish()
    return file.getvalue()


def read_archive(data: bytes) -> dict[str, bytes]:
    archive = Archive(io.BytesIO(data))
    return {name: archive.read_member(name, 1 << 20) for name in archive.names}


SMALL = {"a.txt": b"first\n", "facts/b.json": b"{}\n" * 5, "empty": b""}


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}\.json)?", fullmatch=True), st.binary(max_size=2000), max_size=6))
def test_what_is_written_is_read(members: dict[str, bytes]) -> None:
    data = write_archive(members)

    assert read_archive(data) == members


def test_other_tools_read_it() -> None:
    data = write_archive(SMALL)

    with zipfile.ZipFile(io.BytesIO(data)) as others:
        assert others.testzip() is None
        assert {name: others.read(name) for name in others.namelist()} == SMALL


def test_the_same_members_give_the_same_bytes() -> None:
    assert write_archive(SMALL) == write_archive(SMALL)


@pytest.mark.parametrize("build", [lambda: write_archive(SMALL), lambda: build_small_log().write()], ids=["three members", "an audit file"])
def test_every_single_flipped_bit_is_found(build: Callable[[], bytes]) -> None:
    data = bytearray(build())
    unnoticed = []

    for place in range(len(data) * 8):
        data[place >> 3] ^= 1 << (place & 7)
        try:
            read_archive(bytes(data))
            unnoticed.append(place)
        except EvidenceError:
            pass
        data[place >> 3] ^= 1 << (place & 7)

    assert unnoticed == []


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_file_cut_short_is_refused(cut: int) -> None:
    data = write_archive(SMALL)

    with pytest.raises(EvidenceError):
        read_archive(data[: len(data) * cut // 40])


@pytest.mark.parametrize("change", ["before", "behind", "between"])
def test_bytes_that_nobody_reads_are_refused(change: str) -> None:
    data = write_archive(SMALL)
    place = {"before": 0, "behind": len(data), "between": data.index(b"PK\x03\x04", 4)}[change]

    with pytest.raises(Malformed):
        read_archive(data[:place] + b"x" + data[place:])


def test_members_that_overlap_are_refused() -> None:
    one = Member("a", 0, 10, zlib.crc32(b"0123456789"))
    body = encode_local_header(one) + b"0123456789"
    twice = body + encode_directory([one, Member("b", 0, 10, one.crc)], len(body))

    with pytest.raises(Malformed, match="header of b"):
        read_archive(twice)


def test_a_name_that_stands_twice_is_refused() -> None:
    one = Member("a", 0, 1, zlib.crc32(b"0"))
    two = Member("a", len(encode_local_header(one)) + 1, 1, zlib.crc32(b"0"))
    body = encode_local_header(one) + b"0" + encode_local_header(two) + b"0"

    with pytest.raises(Malformed, match="twice"):
        read_archive(body + encode_directory([one, two], len(body)))


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "", "a/..", ".hidden", "a\\b", "ä", "a" * 121, "a/b/c/d/e/f/g", "a\n"])
def test_a_name_that_could_leave_the_folder_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        write_archive({name: b""})


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_of_another_tool_is_refused(method: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as others:
        others.writestr("a.txt", b"0" * 10_000_000)

    with pytest.raises(Malformed):
        read_archive(file.getvalue())


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_refusal(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_archive(data)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1))
def test_sizes_and_offsets_that_lie_are_refused(size: int, offset: int, count: int) -> None:
    ending = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, offset & 0xFFFFFFFF, 0)
    wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 813, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, offset, 1)

    for data in (ending, b"x" * 50 + ending, wide + locator + ending[:12] + b"\xff" * 8 + b"\x00\x00"):
        if data != ending or (size, offset, count) != (0, 0, 0):
            with pytest.raises(EvidenceError):
                read_archive(data)


def test_a_member_beyond_four_gibibytes_has_the_long_fields_that_others_read(tmp_path: Path) -> None:
    path, size = tmp_path / "long.zip", (4 << 30) + 5
    first = Member("long", 0, size, 0)
    second = Member("short", len(encode_local_header(first)) + size, 2, zlib.crc32(b"ab"))
    with path.open("wb") as file:  # sparse: takes no room
        file.write(encode_local_header(first))
        file.seek(second.offset)
        file.write(encode_local_header(second) + b"ab")
        file.write(encode_directory([first, second], file.tell()))

    with path.open("rb") as file, zipfile.ZipFile(path) as others:
        archive = Archive(file)
        assert archive.members["long"] == first
        assert archive.read_member("short", 10) == others.read("short") == b"ab"
        assert others.getinfo("long").file_size == size
        with pytest.raises(Malformed, match="more than"):
            archive.read_member("long", 1 << 20)


def test_a_long_member_is_read_line_by_line() -> None:
    lines = [b"%d" % number * (number % 50) for number in range(100_000)]
    archive = Archive(io.BytesIO(write_archive({"lines": b"".join(line + b"\n" for line in lines)})))

    assert list(archive.read_lines("lines", 1000)) == lines


@pytest.mark.parametrize(("data", "words"), [(b"a\nb", "no line feed"), (b"a" * 200 + b"\n", "more than"), (b"a" * (3 << 20), "more than")])
def test_a_line_without_end_is_refused(data: bytes, words: str) -> None:
    archive = Archive(io.BytesIO(write_archive({"lines": data})))

    with pytest.raises(Malformed, match=words):
        list(archive.read_lines("lines", 100))


@given(st.dictionaries(st.integers(0, len(write_archive(SMALL)) - 1), st.sampled_from((0, 1, 0x50, 0x4B, 0xFF)), min_size=1))
def test_damage_at_any_places_is_refused(damage: dict[int, int]) -> None:
    data = write_archive(SMALL)
    damaged = bytearray(data)
    for place, value in damage.items():
        damaged[place] = value

    if damaged != data:
        with pytest.raises(EvidenceError):
            read_archive(bytes(damaged))
