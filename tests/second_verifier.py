"""A second verifier of audit files, written from ledger/FORMAT.md's words alone: one file, standard library only, nothing of `ledger/`.

`python tests/second_verifier.py FILE LOG.KEY [KNOWN_HEAD …]` prints the verdict as JSON. It is slow and plain where the first is quick;
what both say of a file is compared by the tests, so that a mistake in either, or in the words of the format, is found. Section numbers
below are those of FORMAT.md.
"""

import base64
import hashlib
import json
import re
import struct
import sys
import unicodedata
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

MANY = 100  #: faults after which the pass stops, and items that are listed
Point = tuple[int, int, int, int]


class Wrong(Exception):
    """Something that FORMAT.md does not allow."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class Stopped(Exception):
    """A hundred faults."""


def need(holds: object, code: str = "malformed", message: str = "") -> None:
    """Raise Wrong unless something holds."""
    if not holds:
        raise Wrong(code, message)


# 2. Ed25519: RFC 8032, cofactorless, S < L, R canonical and not the neutral point, keys canonical and of prime order.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NEUTRAL: Point = (0, 1, 1, 0)


def add_points(one: Point, two: Point) -> Point:
    """Add in extended coordinates (RFC 8032, 5.1.4)."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, two
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(point: Point) -> Point:
    """Give the opposite point."""
    return -point[0] % P, point[1], point[2], -point[3] % P


def decode_point(data: bytes) -> Point | None:
    """Decode a canonical point (RFC 8032, 5.1.3), None if there is none."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def encode_point(point: Point) -> bytes:
    """Encode a point in 32 bytes."""
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def multiply(scalar: int, point: Point) -> Point:
    """Multiply by doubling and adding."""
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = add_points(total, point)
        point, scalar = add_points(point, point), scalar >> 1
    return total


def is_neutral(point: Point) -> bool:
    """Tell whether a point is the neutral one."""
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def make_table(point: Point) -> list[list[Point]]:
    """Give n·16^i·point for each of the 64 digits i of a scalar and n from 0 to 15: multiplying is then adding alone."""
    table = []
    for _ in range(64):
        row = [NEUTRAL]
        for _ in range(15):
            row.append(add_points(row[-1], point))
        table.append(row)
        point = add_points(row[-1], point)
    return table


BASE = decode_point(bytes.fromhex("58" + "66" * 31)) or NEUTRAL


@lru_cache(maxsize=1)
def base_table() -> list[list[Point]]:
    """Give the table of the base point."""
    return make_table(BASE)


@lru_cache(maxsize=4096)
def read_point(public: bytes) -> Point:
    """Check a public key: canonical, of prime order."""
    point = decode_point(public)
    need(point is not None and not is_neutral(point) and is_neutral(multiply(L, point)), "malformed", "a key of prime order is wanted")
    return point or NEUTRAL


@lru_cache(maxsize=256)
def key_table(public: bytes) -> list[list[Point]]:
    """Give the table of a key's opposite."""
    return make_table(negate(read_point(public)))


@lru_cache(maxsize=65536)
def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature holds: S·B − h·A has the very bytes of R."""
    read_point(public)
    s, y = int.from_bytes(signature[32:], "little"), int.from_bytes(signature[:32], "little") % 2**255
    if len(signature) != 64 or s >= L or y >= P or y == 1:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    total = NEUTRAL
    for digit, (of_base, of_key) in enumerate(zip(base_table(), key_table(public), strict=True)):
        total = add_points(total, of_base[s >> 4 * digit & 15])
        total = add_points(total, of_key[h >> 4 * digit & 15])
    return encode_point(total) == signature[:32]


DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@lru_cache(maxsize=4096)
def read_multikey(text: str) -> bytes:
    """Read z ‖ base58btc(0xED 0x01 ‖ 32 bytes) in its one spelling."""
    need(re.fullmatch(f"z6Mk[{DIGITS}]{{44}}", text), "malformed", "not Multikey text")
    number = 0
    for digit in text[1:]:
        number = number * 58 + DIGITS.index(digit)
    need(number < 2**272, "malformed", "not Multikey text")
    data = number.to_bytes(34, "big")
    need(data[:2] == b"\xed\x01", "malformed", "not an Ed25519 key")
    read_point(data[2:])
    return data[2:]


# 1. Canonical bytes.

#: What Unicode 15.0 and 15.1 added to 14.0: on a later Python these look assigned.
LATER = """CF3 ECE 2FFC-2FFF 31EF 10EFD-10EFF 1123F-11241 11B00-11B09 11F00-11F10 11F12-11F3A 11F3E-11F59 1342F 13439-13455 1B132 1B155
1D2C0-1D2D3 1DF25-1DF2A 1E030-1E06D 1E08F 1E4D0-1E4F9 1F6DC 1F774-1F776 1F77B-1F77F 1F7D9 1FA75-1FA77 1FA87-1FA88 1FAAD-1FAAF 1FABB-1FABD
1FABF 1FACE-1FACF 1FADA-1FADB 1FAE8 1FAF7-1FAF8 2B739 2EBF0-2EE5D 31350-323AF"""
RANGES = [tuple(int(end, 16) for end in (part.split("-") * 2)[:2]) for part in LATER.split()]


def is_assigned(character: str) -> bool:
    """Tell whether Unicode 14.0 assigns a code point, surrogates left out."""
    place = bisect_right(RANGES, (ord(character), 0x110000)) - 1
    late = place >= 0 and ord(character) <= RANGES[place][1]
    return not late and unicodedata.category(character) not in {"Cn", "Cs"}


def check_value(value: Any, depth: int = 0) -> None:
    """Check what the profile allows of a decoded value."""
    if isinstance(value, str):
        if not (value.isascii() and value.isprintable()):
            need(not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value), "malformed", "a control character")
            need(all(map(is_assigned, value)) and unicodedata.is_normalized("NFC", value), "malformed", "text")
    elif isinstance(value, int):
        need(abs(value) < 2**53, "malformed", "an integer too large")
    elif isinstance(value, (list, dict)):
        need(depth < 24, "malformed", "nested too deeply")
        for name in value if isinstance(value, dict) else ():
            need(re.fullmatch("[!-~]{1,128}", name), "malformed", "a name")
        for item in value.values() if isinstance(value, dict) else value:
            check_value(item, depth + 1)


def encode(value: Any) -> bytes:
    """Write a value of the profile in its one spelling."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def decode(data: bytes, limit: int) -> Any:
    """Read canonical bytes; any other spelling is refused."""

    def refuse(text: str) -> Any:
        raise Wrong("malformed", f"the number {text[:20]}")

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "malformed", "a name stands twice")
        return dict(pairs)

    def read_integer(text: str) -> int:
        need(len(text) < 18, "malformed", "an integer too large")
        return int(text)

    need(len(data) <= limit, "malformed", "too long")
    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=read_object, parse_float=refuse, parse_constant=refuse, parse_int=read_integer)
    except (ValueError, RecursionError):
        raise Wrong("malformed", "not JSON") from None
    check_value(value)
    need(encode(value) == data, "malformed", "not canonical")
    return value


def has_names(value: Any, names: str) -> bool:
    """Tell whether a value is an object with exactly these names."""
    return isinstance(value, dict) and set(value) == set(names.split())


def is_whole(value: Any, low: int, high: int = 2**53 - 1) -> bool:
    """Tell whether a value is an integer in a range."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def matches(value: Any, pattern: str) -> bool:
    """Tell whether a value is text of a form."""
    return isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


HASH, SIGNATURE = "[0-9a-f]{64}", "[0-9a-f]{128}"
LOG = r"[a-z0-9][a-z0-9.-]{1,100}(/[a-z0-9][a-z0-9._-]{0,60}){1,4}"
KIND, FAMILY = r"[a-z][a-z_]{1,40}\.[a-z][a-z_]{1,40}", r"[a-z][a-z_]{1,40}\.\*"
ORGANISATION, HOLDER, ROLE = "o-[0-9a-z]{6,40}", "h-[0-9a-z]{6,40}", "[a-z]{2,30}"
FORMS = {
    "log": LOG, "kind": KIND, "id": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "author": ORGANISATION,
    "about": "[a-z][a-z_]{1,40}:[A-Za-z0-9][A-Za-z0-9._:@/-]{0,120}", "contents_root": HASH,
}  # fmt: skip
COUNTS = {"kind_version": (1, 1000), "key_seq": (1, 2**53 - 1), "fields": (0, 256)}
HEADER = "v log kind kind_version id author key key_seq seen issued_at expires_at about refs public contents_root fields"


@lru_cache(maxsize=4096)
def read_instant(text: Any) -> int:
    """Give the seconds of an instant since the year 1."""
    need(matches(text, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "malformed", "an instant")
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - UTC, as its Z says; only differences are taken
    except ValueError:
        raise Wrong("malformed", "an instant") from None
    need(text[17:19] < "60", "malformed", "an instant")
    return (moment.toordinal() * 24 + moment.hour) * 3600 + moment.minute * 60 + moment.second


def sha(data: bytes) -> bytes:
    """Hash by SHA-256."""
    return hashlib.sha256(data).digest()


def check_header(header: Any) -> None:
    """Check the form of a statement's header (section 2)."""
    need(has_names(header, HEADER) and is_whole(header["v"], 1, 1), "malformed", "names of a statement")
    need(all(matches(header[name], form) for name, form in FORMS.items()), "malformed", "forms of a statement")
    need(all(is_whole(header[name], *bounds) for name, bounds in COUNTS.items()), "malformed", "numbers of a statement")
    seen, refs = header["seen"], header["refs"]
    need(has_names(seen, "root size") and matches(seen["root"], HASH) and is_whole(seen["size"], 0), "malformed", "seen")
    need(isinstance(refs, list) and len(refs) <= 64 and all(matches(ref, HASH) for ref in refs), "malformed", "refs")
    need(len(set(refs)) == len(refs) and isinstance(header["public"], dict) and isinstance(header["key"], str), "malformed", "refs twice")
    need(read_instant(header["issued_at"]) < read_instant(header["expires_at"]), "malformed", "expires_at")
    read_multikey(header["key"])


# 3. Contents. 6. Entries. 7. The tree.


def fold(hashes: list[bytes]) -> bytes:
    """Give the RFC 6962 root over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha(b"")
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\x01" + fold(hashes[:half]) + fold(hashes[half:]))


def open_contents(header: dict[str, Any], shown: Any) -> list[int]:
    """Check contents against their root; gives the positions that are not shown whole."""
    bound = [header["log"], header["author"], header["id"]]
    need(has_names(shown, "fields") and isinstance(shown["fields"], list), "malformed", "contents")
    need(len(encode(shown)) <= 2**20, "malformed", "contents are too long")
    need(len(shown["fields"]) == header["fields"], "bad-proof", "number of fields")
    leaves, hidden, names = [], [], set()

    def leaf(*parts: Any) -> bytes:
        return sha(b"\x00" + encode([*parts]))

    def read_row(i: int, j: int, row: Any) -> bytes:
        if has_names(row, "leaf") and matches(row["leaf"], HASH):
            hidden.append(i)
            return bytes.fromhex(row["leaf"])
        need(has_names(row, "salt value") and matches(row["salt"], HASH), "malformed", "a row")
        return leaf("symbiosis-ledger/row/v1", *bound, i, j, row["salt"], row["value"])

    for i, field in enumerate(shown["fields"]):
        if has_names(field, "leaf"):
            need(matches(field["leaf"], HASH), "malformed", "a leaf")
            hidden.append(i)
            leaves.append(bytes.fromhex(field["leaf"]))
            continue
        plain = has_names(field, "name salt value")
        need(plain or has_names(field, "name salt rows"), "malformed", "a field")
        name, salt = field["name"], field["salt"]
        need(matches(name, "[a-z][a-z0-9_]{0,60}") and matches(salt, HASH) and name not in names, "malformed", "name and salt of a field")
        names.add(name)
        if plain:
            leaves.append(leaf("symbiosis-ledger/field/v1", *bound, i, name, salt, field["value"]))
            continue
        rows = field["rows"]
        need(isinstance(rows, list) and len(rows) <= 10_000, "malformed", "rows")
        root = fold([read_row(i, j, row) for j, row in enumerate(rows)]).hex()
        leaves.append(leaf("symbiosis-ledger/rows/v1", *bound, i, name, salt, len(rows), root))
    need(fold(leaves).hex() == header["contents_root"], "bad-proof", "contents_root")
    return sorted(set(hidden))


class Tree:
    """Leaf hashes, and the root of every size that is asked for."""

    def __init__(self) -> None:
        self.levels: list[list[bytes]] = [[]]
        self.size = 0

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash, and every node that it completes."""
        self.size += 1
        for level in range(65):
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(leaf)
            if len(self.levels[level]) % 2:
                return
            leaf = sha(b"\x01" + self.levels[level][-2] + self.levels[level][-1])

    def root(self, size: int) -> bytes:
        """Give the root over the first leaves."""
        parts, begin = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                parts.append(self.levels[level][begin >> level])
                begin += 1 << level
        if not parts:
            return sha(b"")
        root = parts.pop()
        while parts:
            root = sha(b"\x01" + parts.pop() + root)
        return root


# 8. Notes, verifier keys, checkpoints.


def read_base64(text: str) -> bytes:
    """Read base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("malformed", "base64") from None
    need(base64.b64encode(data).decode() == text, "malformed", "base64")
    return data


@lru_cache(maxsize=1024)
def read_verifier_key(line: str) -> tuple[str, bytes, bytes]:
    """Read name+hex(key id)+base64(0x01 ‖ key): name, key id and key."""
    name, _, rest = line.strip().partition("+")
    shown, _, encoded = rest.partition("+")
    data = read_base64(encoded)
    ident = sha(name.encode() + b"\n" + data)[:4]
    need(re.fullmatch(r"[^\s+]+", name) and len(data) == 33 and data[0] == 1 and shown == ident.hex(), "malformed", "a verifier key")
    read_point(data[1:])
    return name, ident, data[1:]


def open_note(note: str, keys: list[str]) -> tuple[str, list[str]]:
    """Open a note: its text and which of these verifier keys signed it, one at least, and each of their lines holds."""
    need(len(note) <= 1_000_000 and "\n\n" in note and note.endswith("\n"), "malformed", "a note")
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", text), "malformed", "a control character in a note")
    signatures = []
    for line in lines[:-1].split("\n"):
        found = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        need(found, "malformed", "a signature line")
        data = read_base64(found[2] if found else "")
        need(len(data) > 4, "malformed", "a signature line")
        signatures.append((found[1] if found else "", data[:4], data[4:]))
    need(len(signatures) <= 100, "malformed", "signature lines")
    signed = []
    for key in keys:
        name, ident, public = read_verifier_key(key)
        own = next((data for by, at, data in signatures if (by, at) == (name, ident)), None)
        if own is not None:
            need(is_signed(public, own, text.encode()), "bad-signature", f"the line by {name} does not hold")
            signed.append(key)
    need(signed, "bad-signature", "no known key signed the note")
    return text, signed


def read_checkpoint(text: str, origin: str) -> tuple[int, bytes]:
    """Read a checkpoint's text: size and root."""
    lines = text.split("\n")
    need(len(lines) > 3 and lines[0] and matches(lines[1], "0|[1-9][0-9]{0,18}") and int(lines[1]) < 2**63, "malformed", "a checkpoint")
    root = read_base64(lines[2])
    need(root, "malformed", "a checkpoint")
    need(lines[0] == origin, "bad-signature", "a checkpoint of another log")
    need(len(lines) == 4 and len(root) == 32, "malformed", "a checkpoint")
    return int(lines[1]), root


# 11. The audit file.

FIRST = ["README.txt", "entries.jsonl", "contents.jsonl", "checkpoints.jsonl", "checkpoint", "log.json"]
PART = r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*"
STAMP = r"timestamps/[1-9][0-9]{0,15}\.tsr"
EXTRA = rf"{STAMP}|schemas/[a-z_]+\.[a-z_]+\.[1-9][0-9]{{0,3}}\.json|facts(/{PART}){{1,4}}"
WIDE = 2**32 - 1


def local_header(name: bytes, size: int, crc: int) -> bytes:
    """Write the header before a member's bytes."""
    wide, least = size >= WIDE, min(size, WIDE)
    extra = struct.pack("<HHQQ", 1, 16, size, size) if wide else b""
    return (
        struct.pack("<IHHHHHIIIHH", 0x04034B50, 45 if wide else 20, 0, 0, 0, 0x21, crc, least, least, len(name), len(extra)) + name + extra
    )


def central_header(name: bytes, size: int, crc: int, offset: int) -> bytes:
    """Write a member's header in the central directory."""
    far = [size, size] * (size >= WIDE) + [offset] * (offset >= WIDE)
    extra = struct.pack(f"<HH{len(far)}Q", 1, 8 * len(far), *far) if far else b""
    version, least = 45 if far else 20, min(size, WIDE)
    head = (0x02014B50, 0x0300 | version, version, 0, 0, 0, 0x21, crc, least, least, len(name), len(extra), 0, 0, 0, 0o100644 << 16)
    return struct.pack("<IHHHHHHIIIHHHHHII", *head, min(offset, WIDE)) + name + extra


class Archive:
    """The container: members by name, each with its bytes, or the fault of its checksum."""

    def __init__(self, data: bytes) -> None:
        need(len(data) >= 22, "malformed", "too short")
        start = int.from_bytes(data[-6:-2], "little")
        if start == WIDE and len(data) >= 98:
            start = int.from_bytes(data[-22 - 20 - 8 : -22 - 20], "little")
        need(start <= len(data) - 22, "malformed", "cut off")
        self.parts: dict[str, tuple[bytes, int]] = {}
        self.manifest: dict[str, Any] = {}
        place, offset = start, 0
        while data[place : place + 4] == b"PK\x01\x02":
            need(place + 46 <= len(data) and len(self.parts) < 10_000, "malformed", "directory")
            crc, _, size, length, extra = struct.unpack_from("<IIIHH", data, place + 16)
            name = data[place + 46 : place + 46 + length]
            if size == WIDE:
                size = int.from_bytes(data[place + 46 + length + 4 :][:8], "little")
            header = central_header(name, size, crc, offset)
            before = local_header(name, size, crc)
            need(data[place : place + len(header)] == header and len(header) == 46 + length + extra, "malformed", "central header")
            need(data[offset : offset + len(before)] == before, "malformed", "local header")
            text = name.decode("ascii", "replace")
            need(text not in self.parts and len(text) <= 120, "malformed", "name")
            begin = offset + len(before)
            offset = begin + size
            need(offset <= start, "malformed", "members reach too far")
            self.parts[text] = data[begin:offset], crc
            place += len(header)
        need(offset == start, "malformed", "bytes between the members")
        need(data[place:] == self._write_end(len(self.parts), place - start, start), "malformed", "end record")

    @staticmethod
    def _write_end(count: int, length: int, start: int) -> bytes:
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, length, min(start, WIDE), 0)
        if start < WIDE:
            return end
        wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 0x0300 | 45, 45, 0, 0, count, count, length, start)
        return wide + struct.pack("<IIQI", 0x07064B50, 0, start + length, 1) + end

    def check(self, name: str) -> bytes:
        """Give a member's bytes; raises Wrong if checksum or manifest differ."""
        data, crc = self.parts[name]
        need(zlib.crc32(data) == crc, "bad-proof", f"checksum of {name}")
        wanted = self.manifest.get(name)
        need(wanted is None or wanted == {"size": len(data), "sha256": sha(data).hex()}, "bad-proof", f"manifest of {name}")
        return data

    def read_object(self, name: str, limit: int, form: str) -> Any:
        """Read a member that is one object."""
        need(len(self.parts[name][0]) <= limit, "malformed", f"{name} is too long")
        data = self.check(name)
        need(data.endswith(b"\n"), "malformed", f"{name} has no line feed")
        value = decode(data[:-1], limit)
        need(isinstance(value, dict) and value.get("format") == form, "malformed", f"{name} is of another format")
        return value

    def read_lines(self, name: str, limit: int) -> Iterator[bytes]:
        """Read a member's lines; what is wrong with the whole of it is raised at its end."""
        data = self.parts[name][0]
        lines = data.split(b"\n")
        rest = lines.pop()
        for line in [*lines, rest] if rest else lines:
            need(len(line) <= limit, "malformed", f"a line of {name} is too long")
            yield line
        self.check(name)
        need(not rest, "malformed", f"{name} has no last line feed")


def open_archive(data: bytes) -> tuple[Archive, dict[str, Any], str]:
    """Open an audit file: archive, claims of log.json, newest checkpoint."""
    archive = Archive(data)
    names = list(archive.parts)
    extras = names[6:-1]
    need(names == [*FIRST, *sorted(extras), "manifest.json"] and all(matches(one, EXTRA) for one in extras), "malformed", "members")
    stamps = [one for one in extras if matches(one, STAMP)]  # judged by whoever trusts a timestamp authority
    need(len(stamps) <= 1000 and all(len(archive.parts[one][0]) <= 64_000 for one in stamps), "malformed", "timestamps")
    manifest = archive.read_object("manifest.json", 1000 + 300 * len(names), "symbiosis-ledger/manifest/v1")
    need(set(manifest) == {"format", "members"} and isinstance(manifest["members"], dict), "malformed", "manifest")
    need(set(manifest["members"]) == set(names[:-1]), "malformed", "manifest")
    for one in manifest["members"].values():
        need(has_names(one, "sha256 size") and is_whole(one["size"], 0) and isinstance(one["sha256"], str), "malformed", "manifest")
    archive.manifest = manifest["members"]
    claims = archive.read_object("log.json", 10_000, "symbiosis-ledger/audit/v1")
    need(has_names(claims, "format founding log log_key receipt_key size") and is_whole(claims["size"], 0), "malformed", "log.json")
    need(all(isinstance(claims[name], str) for name in ("founding", "log", "log_key", "receipt_key")), "malformed", "log.json")
    need(len(archive.parts["checkpoint"][0]) <= 400_000, "malformed", "checkpoint")
    try:
        return archive, claims, archive.check("checkpoint").decode()
    except UnicodeDecodeError:
        raise Wrong("malformed", "checkpoint") from None


# 5. Keys and the ledger's own kinds.

NAMES = {
    "log.founded": "holder roles possession log_key receipt_key rights own_roles validity recovery_wait settings",
    "key.enrolled": "organisation key holder roles limits not_after possession",
    "key.rotated": "old new possession",
    "key.revoked": "key reason compromised_since",
    "role.granted": "organisation role",
    "role.withdrawn": "organisation role",
    "rules.adopted": "version hash rights",
    "contents.erased": "statement fields reason",
    "log.key_rotated": "note",
    "log.sealed": "reason successor",
    "clock.corrected": "reason before after",
    "log.heartbeat": "",
}
SUBJECTS = {
    "key.enrolled": ("key", "key"),
    "key.revoked": ("key", "key"),
    "key.rotated": ("key", "old"),
    "role.granted": ("organisation", "organisation"),
    "role.withdrawn": ("organisation", "organisation"),
    "contents.erased": ("statement", "statement"),
}
MONTH = 2_592_000


def text_of(public: dict[str, Any], name: str) -> str:
    """Give a text of `public`; another type is malformed."""
    need(isinstance(public[name], str), "malformed", name)
    return str(public[name])


def roles_of(public: dict[str, Any], name: str) -> list[str]:
    """Give a list of different roles; anything else is malformed."""
    value = public[name]
    need(isinstance(value, list) and all(matches(one, ROLE) for one in value), "malformed", name)
    need(len(set(value)) == len(value), "malformed", name)
    return list(value)


def object_of(public: dict[str, Any], name: str) -> dict[str, Any]:
    """Give an object of `public`; another type is malformed."""
    need(isinstance(public[name], dict), "malformed", name)
    return dict(public[name])


def are_rights(rights: dict[str, Any]) -> bool:
    """Tell whether rights are lists of kinds or families by role."""
    return all(
        matches(role, ROLE) and isinstance(kinds, list) and all(matches(kind, KIND) or matches(kind, FAMILY) for kind in kinds)
        for role, kinds in rights.items()
    )


def lies_within(given: dict[str, Any], own: dict[str, Any], roles: list[str]) -> bool:
    """Tell whether limits lie within a key's own, for these roles."""
    for role in [one for one in roles if own.get(one) is not None]:
        if not isinstance(own[role], dict):
            return False
        for name in [one for one in own[role] if own[role][one] is not None]:
            values = given.get(role)
            value = values.get(name) if isinstance(values, dict) else None
            if not is_whole(own[role][name], 1 - 2**53) or not is_whole(value, 1 - 2**53, own[role][name]):
                return False
    return True


class State:
    """Who may say what, folded from the log."""

    def __init__(self) -> None:
        self.log = self.operator = self.receipt_key = ""
        self.sealed, self.wait = False, 0
        self.log_keys: list[tuple[int, str]] = []
        self.keys: dict[str, dict[str, Any]] = {}
        self.given: dict[str, set[str]] = {}
        self.rights: dict[str, list[str]] = {}
        self.own_roles: set[str] = set()
        self.validity: dict[str, int] = {}
        self.resolutions: dict[str, tuple[str, int]] = {}
        self.authors: dict[str, tuple[int, str]] = {}  #: statement hash → index, author

    def roles(self, key: str) -> set[str]:
        """Give the effective roles of a key."""
        record = self.keys[key]
        return set(record["roles"]) & (self.own_roles | self.given.get(record["organisation"], set()))

    def decided(self, head: dict[str, Any], about: str) -> bool:
        """Tell whether refs name an adopted resolution about something."""
        return any(self.resolutions.get(ref, ("", 0))[0] == about for ref in head["refs"])

    def judge(self, head: dict[str, Any], index: int, received: str) -> list[str]:
        """Judge by rules 1 to 4; gives codes of faults."""
        kind = head["kind"]
        if (index == 0) != (kind == "log.founded"):
            return ["founding"]
        faults = [*self.judge_header(head, received), *self.judge_key(head, received)] if index else []
        if faults or kind not in NAMES:
            return faults
        if head["kind_version"] != 1:
            return ["unknown-version"]
        try:
            return self.judge_public(head, received)
        except Wrong:
            return ["malformed"]

    def judge_header(self, head: dict[str, Any], received: str) -> list[str]:
        """Rule 2."""
        issued, expires = read_instant(head["issued_at"]), read_instant(head["expires_at"])
        allowed = self.validity.get(head["kind"], self.validity.get("*", MONTH))
        checks = {
            "other-log": head["log"] == self.log,
            "log-sealed": not self.sealed,
            "expired": expires >= read_instant(received),
            "too-long": expires - issued <= allowed,
            "future": issued <= read_instant(received) + 300,
        }
        return [code for code, holds in checks.items() if not holds]

    def judge_key(self, head: dict[str, Any], received: str) -> list[str]:
        """Rule 3; the first fault alone."""
        record = self.keys.get(head["key"])
        if record is None:
            return ["unknown-key"]
        if record["organisation"] != head["author"]:
            return ["other-author"]
        if record["revoked"] is not None:
            return ["revoked-key"]
        if record["not_after"] is not None and record["not_after"] < received:
            return ["expired-key"]
        allowed = {kind for role in self.roles(head["key"]) for kind in self.rights.get(role, [])}
        return [] if allowed & {head["kind"], head["kind"].split(".")[0] + ".*"} else ["wrong-role"]

    def judge_public(self, head: dict[str, Any], received: str) -> list[str]:
        """Rule 4: names, the kind's own rules, the subject."""
        kind, public = head["kind"], head["public"]
        faults = ["ledger-rule"]
        if has_names(public, NAMES[kind]):
            rule: Callable[[dict[str, Any], dict[str, Any], str], bool] | None = getattr(self, "rule_" + kind.replace(".", "_"), None)
            faults = [] if rule is None or rule(head, public, received) else ["ledger-rule"]
        family, name = SUBJECTS.get(kind, ("log", ""))
        wanted = f"{family}:{public.get(name, '') if name else head['log']}"
        return faults + ["other-subject"] * (head["about"] != wanted)

    def is_possessed(self, head: dict[str, Any], organisation: str, key: str, public: dict[str, Any]) -> bool:
        """Tell whether the new key signed its own enrolment."""
        holder, roles = text_of(public, "holder"), roles_of(public, "roles")
        if not matches(holder, HOLDER):
            return False
        need(matches(public["possession"], SIGNATURE), "malformed", "possession")
        proof = {"holder": holder, "key": key, "log": head["log"], "organisation": organisation, "roles": sorted(roles)}
        message = b"symbiosis-ledger/possession/v1\n" + encode(proof)
        return is_signed(read_multikey(key), bytes.fromhex(public["possession"]), message)

    def rule_log_founded(self, head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge the founding."""
        keys = [read_verifier_key(text_of(public, name)) for name in ("log_key", "receipt_key")]
        sound = keys[0][0] == head["log"] and len({keys[0][2], keys[1][2], read_multikey(head["key"])}) == 3
        sound &= are_rights(object_of(public, "rights"))
        sound &= "facilitator" in roles_of(public, "roles") and "facilitator" not in roles_of(public, "own_roles")
        sound &= all(is_whole(seconds, 1, MONTH) for seconds in object_of(public, "validity").values()) and is_whole(
            public["recovery_wait"], 0
        )
        before = object_of(public, "settings").get("predecessor")
        if before is not None:
            sound &= has_names(before, "log root size") and matches(before["log"], LOG) and before["log"] != head["log"]
            sound = sound and is_whole(before["size"], 1) and matches(before["root"], HASH)
        return self.is_possessed(head, head["author"], head["key"], public) and sound

    def rule_key_enrolled(self, head: dict[str, Any], public: dict[str, Any], received: str) -> bool:
        """Judge an enrolment."""
        organisation, key, roles = text_of(public, "organisation"), text_of(public, "key"), set(roles_of(public, "roles"))
        sound = matches(organisation, ORGANISATION) and key not in self.keys and isinstance(public["limits"], dict)
        sound &= public["not_after"] is None or read_instant(text_of(public, "not_after")) > read_instant(received)
        sound &= bool(roles) and roles <= self.own_roles | self.given.get(organisation, set())
        return self.is_possessed(head, organisation, key, public) and sound and self.may_enrol(head, organisation, received)

    def may_enrol(self, head: dict[str, Any], organisation: str, received: str) -> bool:
        """Who enrols: the organisation, the facilitator the first key, or a recovery."""
        mine, public = self.roles(head["key"]), head["public"]
        if head["author"] == organisation and "signatory" in mine and "facilitator" not in mine:
            return lies_within(public["limits"], self.keys[head["key"]]["limits"], public["roles"])
        if head["author"] == organisation and "facilitator" in mine:
            return True
        if "facilitator" not in mine:
            return False
        if all(record["organisation"] != organisation for record in self.keys.values()):
            return True
        found = [self.resolutions[ref] for ref in head["refs"] if self.resolutions.get(ref, ("", 0))[0] == f"recovery:{organisation}"]
        return bool(found) and 0 <= read_instant(received) - found[0][1] - self.wait <= MONTH

    def rule_key_rotated(self, head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge the rotation of an organisation's key."""
        old, new = self.keys.get(text_of(public, "old")), public["new"]
        if old is None or old["revoked"] is not None or old["organisation"] != head["author"]:
            return False
        sound = head["key"] == public["old"]
        if "signatory" in self.roles(head["key"]):
            sound |= lies_within(old["limits"], self.keys[head["key"]]["limits"], old["roles"])
        proof = {"holder": old["holder"], "roles": sorted(old["roles"]), "possession": public["possession"]}
        return self.is_possessed(head, head["author"], text_of({"new": new}, "new"), proof) and sound and new not in self.keys

    def rule_key_revoked(self, head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge a revocation."""
        record, since = self.keys.get(text_of(public, "key")), public["compromised_since"]
        if record is None or record["revoked"] is not None:
            return False
        mine = self.roles(head["key"])
        own = head["key"] == public["key"] or (head["author"] == record["organisation"] and "signatory" in mine)
        sound = public["reason"] in ("lost", "compromised", "superseded", "left")
        return sound and (own or "facilitator" in mine) and (since is None or is_whole(since, record["enrolled"]))

    def rule_role_granted(self, head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge the gift of a role to an organisation, or its end."""
        organisation, role = text_of(public, "organisation"), text_of(public, "role")
        held = role in self.given.get(organisation, set())
        kept = head["kind"] == "role.withdrawn" and (organisation, role) == (self.operator, "facilitator")
        return role in self.rights and role not in self.own_roles and held == (head["kind"] == "role.withdrawn") and not kept

    rule_role_withdrawn = rule_role_granted

    def rule_rules_adopted(self, head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge new rules."""
        rights = public["rights"]
        digest = sha(encode({"version": text_of(public, "version"), "rights": rights})).hex()
        if rights is None:
            return bool(public["hash"] == digest)
        kept: Any = object_of(public, "rights").get("facilitator")
        sound = are_rights(rights) and isinstance(kept, list) and public["hash"] == digest
        for kind in ("key.enrolled", "role.granted", "rules.adopted"):
            sound = sound and (kind in kept or kind.split(".")[0] + ".*" in kept)
        return sound and self.decided(head, f"rules:{digest}")

    def rule_contents_erased(self, head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge an erasure."""
        statement, fields = text_of(public, "statement"), public["fields"]
        sound = matches(statement, HASH) and isinstance(fields, list) and fields and all(is_whole(place, 0, 255) for place in fields)
        if not sound or head["about"] != f"statement:{statement}":
            return bool(sound)
        _, author = self.authors.get(statement, (0, ""))
        return bool(author) and (head["author"] == author or self.decided(head, f"statement:{statement}"))

    def rule_log_key_rotated(self, _head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge the rotation of the log's own key."""
        note = text_of(public, "note")
        try:
            lines = note.rpartition("\n\n")[0].split("\n")
            need(len(lines) == 4 and lines[0] == "symbiosis-ledger/log-key/v1")
            old, new = read_verifier_key(lines[2]), read_verifier_key(lines[3])
            _, signed = open_note(note, lines[2:])
        except Wrong:
            return False
        used = {read_verifier_key(text)[2] for _, text in self.log_keys} | {read_verifier_key(self.receipt_key)[2]}
        used |= {read_multikey(key) for key in self.keys}
        sound = set(signed) == set(lines[2:]) and {old[0], new[0], lines[1]} == {self.log} and lines[2] == self.log_keys[-1][1]
        return sound and new[2] not in used

    def rule_log_sealed(self, _head: dict[str, Any], public: dict[str, Any], _received: str) -> bool:
        """Judge the end of a log."""
        successor = public["successor"]
        return bool(text_of(public, "reason")) and (successor is None or (matches(successor, LOG) and successor != self.log))

    def apply(self, head: dict[str, Any], index: int, received: str, digest: str) -> None:
        """Fold a statement without a fault."""
        public = head["public"]
        match head["kind"]:
            case "log.founded":
                self.log, self.operator, self.log_keys = head["log"], head["author"], [(index, public["log_key"])]
                self.receipt_key, self.rights, self.validity = public["receipt_key"], public["rights"], public["validity"]
                self.own_roles, self.wait = set(public["own_roles"]), public["recovery_wait"]
                self.given[head["author"]] = set(public["roles"]) - self.own_roles
                self.enrol(head["key"], head["author"], public, index, {}, None)
            case "key.enrolled":
                for ref in head["refs"]:
                    if self.resolutions.get(ref, ("", 0))[0] == f"recovery:{public['organisation']}":
                        del self.resolutions[ref]
                self.enrol(public["key"], public["organisation"], public, index, public["limits"], public["not_after"])
            case "key.rotated":
                old = self.keys[public["old"]]
                self.enrol(public["new"], old["organisation"], old, index, old["limits"], old["not_after"])
                old["revoked"] = index
            case "key.revoked":
                self.keys[public["key"]].update(revoked=index, since=public["compromised_since"])
            case "role.granted":
                self.given[public["organisation"]] = self.given.get(public["organisation"], set()) | {public["role"]}
            case "role.withdrawn":
                self.given[public["organisation"]] = self.given[public["organisation"]] - {public["role"]}
            case "rules.adopted":
                self.rights = public["rights"] or self.rights
            case "log.key_rotated":
                self.log_keys.append((index, public["note"].split("\n")[3]))
            case "log.sealed":
                self.sealed = True
            case "resolution.recorded" if public.get("outcome") == "adopted":
                self.resolutions[digest] = head["about"], read_instant(received)

    def enrol(
        self, key: str, organisation: str, said: dict[str, Any], index: int, limits: dict[str, Any], not_after: str | None
    ) -> None:  # fmt: skip
        """Remember a key; said: its holder and roles."""
        self.keys[key] = {"organisation": organisation, "holder": said["holder"], "roles": said["roles"], "limits": limits,
                          "enrolled": index, "not_after": not_after, "revoked": None, "since": None}  # fmt: skip


# 13. Verdicts.


class Audit:
    """One pass over one file."""

    def __init__(self, log_key: str, origin: str | None, founding: str | None, known_heads: list[str]) -> None:
        self.log_key, self.founding, self.heads = log_key, founding, known_heads
        self.origin = origin or read_verifier_key(log_key)[0]
        self.state, self.tree = State(), Tree()
        self.faults: list[tuple[int | None, str]] = []
        self.broken: list[int] = []  #: entries that name another hash than that of the entry before
        self.previous, self.received = "0" * 64, ""
        self.headers: list[dict[str, Any] | None] = []
        self.ids: set[tuple[str, str]] = set()
        self.numbers: dict[str, set[int]] = {}
        self.hidden: dict[int, list[int]] = {}  #: positions not shown, of what travelled in part
        self.whole: list[int] = []  #: entries of which nothing travelled
        self.erasures: list[tuple[int, int, dict[str, Any]]] = []
        self.checkpoints = 0
        self.evidence: list[str] = []
        self.refusal: Wrong | None = None

    def blame(self, index: int | None, code: str) -> None:
        """Note a fault; a hundred are enough."""
        self.faults.append((index, code))
        if len(self.faults) + len(self.broken) >= MANY:
            raise Stopped

    def attempt(self, step: Callable[[], Any], index: int | None = None) -> Any:
        """Take a step whose failure is a fault of an entry, or of the file."""
        try:
            return step()
        except Wrong as error:
            self.blame(index, error.code)
            return None

    def run(self, data: bytes) -> dict[str, Any]:
        """Judge a file; gives the verdict as JSON."""
        heads = [self.read_head(text) for text in self.heads]
        stopped = False
        try:
            archive, claims, checkpoint = open_archive(data)
            for name, ours, code in (("log", self.origin, "other-log"), ("log_key", self.log_key.strip(), "other-key")):
                if claims[name] != ours:
                    self.blame(None, code)
            if self.founding is not None and claims["founding"] != self.founding:
                self.blame(None, "founding")
            self.read_entries(archive, claims)
            for name in ["README.txt", *list(archive.parts)[6:-1]]:
                self.attempt(partial(archive.check, name))
            self.attempt(lambda: self.check_tree(archive, checkpoint, heads))
        except Wrong as error:
            self.faults.append((None, error.code))
        except Stopped:
            stopped = True
        if self.refusal is not None:
            raise self.refusal
        self.faults += [(index, "bad-chain") for index in self.broken[:MANY]]
        return self.conclude(stopped, len(heads))

    def read_head(self, text: str) -> tuple[int, str, str] | str:
        """Read a known head: size, root and note; a note by another key waits until the log's later keys are known."""
        found = re.fullmatch(f"(0|[1-9][0-9]{{0,15}}):({HASH})", text.strip(), re.ASCII)
        if found:
            return int(found[1]), found[2], ""
        try:
            size, root = read_checkpoint(open_note(text, [self.log_key])[0], self.origin)
        except Wrong as error:
            if error.code == "bad-signature":
                return text
            raise
        return size, root.hex(), text

    def read_entries(self, archive: Archive, claims: dict[str, Any]) -> None:
        """Read each entry with its contents."""
        lines, contents = archive.read_lines("entries.jsonl", 65_535), archive.read_lines("contents.jsonl", 1_048_640)
        missing = None
        while (line := self.attempt(lambda: next(lines, None))) is not None:
            index = self.tree.size
            shown = self.attempt(lambda: next(contents, None)) if missing is None else None
            missing = index if missing is None and shown is None else missing
            entry = self.attempt(partial(self.read_entry, line), index)
            previous, self.previous = self.previous, sha(b"\x00" + line).hex()
            if entry is not None:
                self.judge_entry(entry, index, previous, claims)
            self.headers.append(entry and entry["statement"])
            self.tree.append(bytes.fromhex(self.previous))
            if entry is not None:
                self.check_alone(entry, index, shown)
        if missing is not None or self.attempt(lambda: next(contents, None)) is not None:
            self.blame(missing, "malformed")
        if self.tree.size != claims["size"]:
            self.blame(None, "malformed")

    @staticmethod
    def read_entry(line: bytes) -> Any:
        """Read an entry's form."""
        entry = decode(line, 65_535)
        need(has_names(entry, "index previous received_at signature statement v") and is_whole(entry["v"], 1, 1), "malformed", "entry")
        need(
            is_whole(entry["index"], 0) and matches(entry["previous"], HASH) and matches(entry["signature"], SIGNATURE),
            "malformed",
            "entry",
        )
        read_instant(entry["received_at"])
        check_header(entry["statement"])
        need(len(encode(entry["statement"])) <= 64_000, "malformed", "header")
        return entry

    def judge_entry(self, entry: dict[str, Any], index: int, previous: str, claims: dict[str, Any]) -> None:
        """Judge an entry by all before it, and remember it."""
        head, received, state = entry["statement"], entry["received_at"], self.state
        if entry["index"] != index:
            self.blame(index, "wrong-index")
        if entry["previous"] != previous:
            self.broken.append(index)
        if index == 0:
            public = head["public"]
            ours = {"log_key": self.log_key.strip(), "receipt_key": claims["receipt_key"]}
            for code in ["founding"] * (self.previous != claims["founding"]) + ["other-key"] * any(
                public.get(one) != ours[one] for one in ours
            ):
                self.blame(0, code)
        digest = sha(b"symbiosis-ledger/statement/v1\n" + encode(head)).hex()
        faults = state.judge(head, index, received)
        if not faults:
            if head["kind"] == "contents.erased":
                self.erasures.append((state.authors[head["public"]["statement"]][0], index, head))
            state.apply(head, index, received, digest)
        used, seen = self.numbers.setdefault(head["key"], set()), head["seen"]
        checks = {
            "replayed-id": (head["author"], head["id"]) not in self.ids,
            "used-key-seq": head["key_seq"] not in used,
            "seen-contradicts": seen["size"] <= index and self.tree.root(seen["size"]).hex() == seen["root"],
            "unknown-ref": all(ref in state.authors for ref in head["refs"]),
            "received-earlier": received >= self.received,
        }
        used.add(head["key_seq"])
        for code in [*faults, *(code for code, holds in checks.items() if not holds)]:
            self.blame(index, code)
        self.ids.add((head["author"], head["id"]))
        state.authors.setdefault(digest, (index, head["author"]))
        self.received = max(self.received, received)

    def check_alone(self, entry: dict[str, Any], index: int, shown: bytes | None) -> None:
        """Check an entry's signature and contents."""
        head = entry["statement"]
        message = b"symbiosis-ledger/statement/v1\n" + encode(head)
        if not is_signed(read_multikey(head["key"]), bytes.fromhex(entry["signature"]), message):
            self.blame(index, "bad-signature")
        if shown is not None:
            self.attempt(lambda: self.read_contents(head, index, shown), index)

    def read_contents(self, head: dict[str, Any], index: int, line: bytes) -> None:
        """Check what is shown of an entry."""
        value = decode(line, 1_048_640)
        need(has_names(value, "contents index") and is_whole(value["index"], index, index), "malformed", "contents")
        if value["contents"] is not None:
            hidden = open_contents(head, value["contents"])
            if hidden:
                self.hidden[index] = hidden
        elif head["fields"]:
            self.whole.append(index)
        else:
            need(head["contents_root"] == sha(b"").hex(), "malformed", "contents_root")

    def key_at(self, size: int) -> str:
        """Give the verifier key that signs a checkpoint of this size."""
        later = [text for index, text in self.state.log_keys[1:] if index < size]
        return later[-1] if later else self.log_key.strip()

    def verify_checkpoint(self, note: str) -> tuple[int, str]:
        """Verify a checkpoint by the keys that the log names: size and root."""
        text, signed = open_note(note, [self.log_key.strip(), *(text for _, text in self.state.log_keys[1:])])
        size, root = read_checkpoint(text, self.origin)
        need(self.key_at(size) in signed, "bad-signature", "not signed by the log key in force")
        return size, root.hex()

    def blame_fork(self, code: str, *notes: str) -> None:
        """Note a fault that two signed notes show together."""
        self.evidence += [note for note in dict.fromkeys(notes) if note and note not in self.evidence]
        self.blame(None, code)

    def check_heads(self, checkpoint: str, heads: list[Any]) -> None:
        """Compare the known heads with the tree."""
        for known in heads:
            head = known
            if isinstance(known, str):
                try:
                    text, _ = open_note(known, [self.log_key.strip(), *(text for _, text in self.state.log_keys[1:])])
                    at, root = read_checkpoint(text, self.origin)
                    head = at, root.hex(), known
                except Wrong as error:
                    self.refusal = error
                    continue
            if head[0] > self.tree.size:
                self.blame_fork("rollback", head[2], checkpoint)
            elif self.tree.root(head[0]).hex() != head[1]:
                self.blame_fork("known-head", head[2], checkpoint)

    def check_tree(self, archive: Archive, checkpoint: str, heads: list[Any]) -> None:
        """Check chain, known heads, and every checkpoint."""
        size = self.tree.size
        self.blame_chain()
        self.check_heads(checkpoint, heads)
        newest = self.verify_checkpoint(checkpoint)
        if newest[0] < size:
            self.blame(newest[0], "unsigned")
        fits = newest[0] <= size and self.tree.root(newest[0]).hex() == newest[1]
        last, last_note = (-1, ""), ""
        for line in archive.read_lines("checkpoints.jsonl", 400_000):
            value = decode(line, 400_000)
            need(has_names(value, "note") and isinstance(value["note"], str), "malformed", "checkpoints.jsonl")
            note = value["note"]
            kept = self.verify_checkpoint(note)
            if kept[0] == last[0] and kept[1] != last[1]:
                self.blame_fork("fork", last_note, note)
            elif kept[0] <= last[0]:
                self.blame(None, "malformed")
            elif kept[0] > size:
                self.blame(None, "rollback")
            elif self.tree.root(kept[0]).hex() == kept[1]:
                self.checkpoints += 1
            elif fits:
                self.blame_fork("fork", note, checkpoint)
            else:
                self.blame(kept[0] - 1, "bad-root")
            last, last_note = kept, note
        if last != newest:
            self.blame(None, "malformed")

    def blame_chain(self) -> None:
        """Name who broke the chain: what misfits on both sides, else the entry before the break."""
        broken, self.broken = self.broken, []
        skip = False
        for place, index in enumerate(broken):
            if skip:
                skip = False
                continue
            skip = index > 0 and index + 1 in broken[place + 1 : place + 2]
            self.blame(index if skip or not index else index - 1, "bad-chain")

    def conclude(self, stopped: bool, heads: int) -> dict[str, Any]:  # noqa: FBT001 - a word of the verdict
        """Give the verdict."""
        faults = sorted(self.faults, key=lambda fault: (fault[0] is None, fault[0] or 0))[:MANY]
        apart = {"rollback", "known-head", "fork", "seen-contradicts"}
        sound = "consistent" if heads else "unwitnessed"
        integrity = sound if not faults else "diverged" if all(code in apart for _, code in faults) else "invalid"
        size = self.tree.size
        shown = self.weigh()
        missing = shown["withheld_fields"] or shown["erased_fields"]
        return {
            "format": "symbiosis-ledger/verdict/v1", "integrity": integrity, "log": self.origin, "size": size,
            "root": self.tree.root(size).hex() if size else "", "checkpoints": self.checkpoints, "known_heads": heads,
            "faults": [{"index": index, "code": code} for index, code in faults], "stopped": stopped, "policy": None,
            "evidence": self.evidence, "completeness": shown, "exit_code": 1 if faults else 3 if missing else 0,
        }  # fmt: skip

    def weigh(self) -> dict[str, Any]:
        """Say what is not shown."""
        headers = [head or {"fields": 0, "author": "", "key": ""} for head in self.headers]
        gone: dict[int, set[int]] = {}
        erased = []
        for target, by_entry, head in self.erasures:
            places = sorted({place for place in head["public"]["fields"] if place < headers[target]["fields"]})
            gone.setdefault(target, set()).update(places)
            erased.append({"index": target, "author": headers[target]["author"], "fields": places, "by_entry": by_entry,
                           "by": head["author"], "reason": str(head["public"]["reason"])[:200]})  # fmt: skip
        hidden = [*self.hidden.items(), *((index, list(range(headers[index]["fields"]))) for index in self.whole)]
        left = [(index, [place for place in places if place not in gone.get(index, ())]) for index, places in hidden]
        withheld = [{"index": index, "author": headers[index]["author"], "fields": places} for index, places in left if places]
        concealed = {(index, place) for index, places in hidden for place in places}
        gaps: list[dict[str, Any]] = []
        for key, used in self.numbers.items():
            rising = [0, *sorted(used)]
            gaps += [{"key": key, "first": one + 1, "last": two - 1} for one, two in pairwise(rising) if two > one + 1]
        questioned = []
        for key, record in self.state.keys.items():
            if record["since"] is not None:
                found = [index for index in range(record["since"], min(record["revoked"], len(headers))) if headers[index]["key"] == key]
                questioned.append({"key": key, "since": record["since"], "revoked_at": record["revoked"], "count": len(found),
                                   "entries": found[:MANY]})  # fmt: skip
        return {
            "withheld_fields": sum(len(places) for _, places in left),
            "withheld": withheld[:MANY],
            "erased_fields": sum(map(len, gone.values())),
            "erased": erased[:MANY],
            "shown_though_erased": sorted(index for index, places in gone.items() if {(index, place) for place in places} - concealed)[
                :MANY
            ],
            "missing_numbers": sum(gap["last"] - gap["first"] + 1 for gap in gaps),
            "gaps": gaps[:MANY],
            "questioned": questioned[:MANY],
        }


def verify_file(
    data: bytes, *, log_key: str, origin: str | None = None, founding_hash: str | None = None, known_heads: list[str] | tuple[str, ...] = ()
) -> dict[str, Any]:
    """Verify an audit file; gives the verdict as JSON. Raises Wrong for what the auditor brought."""
    read_verifier_key(log_key)
    return Audit(log_key, origin, founding_hash, list(known_heads)).run(data)


def main(arguments: list[str]) -> int:
    """Print the verdict on a file; returns its exit code."""
    if len(arguments) < 2:
        sys.stderr.write("usage: python tests/second_verifier.py FILE LOG.KEY [KNOWN_HEAD …]\n")
        return 2
    try:
        key = Path(arguments[1]).read_text("utf-8").strip()
        heads = [Path(one).read_text("utf-8") if Path(one).exists() else one for one in arguments[2:]]
        verdict = verify_file(Path(arguments[0]).read_bytes(), log_key=key, known_heads=heads)
    except (OSError, UnicodeDecodeError, Wrong) as error:
        sys.stderr.write(f"second_verifier: {error}\n")
        return 2
    sys.stdout.write(json.dumps(verdict, indent=1) + "\n")
    return int(verdict["exit_code"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
