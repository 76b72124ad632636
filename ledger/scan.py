"""Entries read in one match: what decode_entry reads, for a verifier that reads a million of them.

All of an entry but `public` has one spelling, so one pattern holds its canonical form, names and order included; `public` alone is
decoded. Whatever the pattern does not take goes to decode_entry, which then says why, or takes the rare entry that is long in a number.
A test holds that both read alike.
"""

import re
from functools import lru_cache

from ledger.canonical import JSON, decode_canonical
from ledger.entry import MAX_ENTRY_BYTES, Entry, decode_entry
from ledger.errors import Malformed
from ledger.instant import parse_instant
from ledger.keys import decode_multikey
from ledger.statement import (
    ABOUT,
    KIND,
    LOG_NAME,
    MAX_FIELDS,
    MAX_STATEMENT_BYTES,
    ORGANISATION,
    UUID,
    Seen,
    Signed,
    Statement,
    hash_statement,
)

_HASH = r"[0-9a-f]{64}"
_COUNT = r"0|[1-9][0-9]{0,14}"  # below 2^53 for sure
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_END = b',"v":1}'
_MAX_NESTING = 16  #: brackets in `public`, well below MAX_DEPTH wherever they stand
_MAX_KIND_VERSION = 1000


def _plain(pattern: re.Pattern[str]) -> str:
    """Give a pattern without groups, to stand in another one."""
    return pattern.pattern.replace("(", "(?:")


_ABOUT, _AUTHOR, _UUID, _KIND, _LOG = map(_plain, (ABOUT, ORGANISATION, UUID, KIND, LOG_NAME))
_ENTRY = re.compile(
    rf'\{{"index":({_COUNT}),"previous":"({_HASH})","received_at":"({_INSTANT})","signature":"([0-9a-f]{{128}})","statement":'
    rf'(\{{"about":"({_ABOUT})","author":"({_AUTHOR})","contents_root":"({_HASH})","expires_at":"({_INSTANT})","fields":({_COUNT}),'
    rf'"id":"({_UUID})","issued_at":"({_INSTANT})","key":"(z[1-9A-HJ-NP-Za-km-z]{{40,60}})","key_seq":({_COUNT}),"kind":"({_KIND})",'
    rf'"kind_version":({_COUNT}),"log":"({_LOG})","public":(\{{.*\}}),"refs":\[((?:"{_HASH}"(?:,"{_HASH}"){{0,63}})?)\],'
    rf'"seen":\{{"root":"({_HASH})","size":({_COUNT})\}},"v":1\}}),"v":1\}}'
)


def scan_entry(data: bytes) -> Entry:
    """Decode canonical entry bytes strictly, as decode_entry does; raises Malformed. The signature is not verified here."""
    try:
        found = _ENTRY.fullmatch(data.decode("utf-8"))
    except UnicodeDecodeError:
        found = None
    if found is None or len(data) > MAX_ENTRY_BYTES:
        return decode_entry(data)
    (index, previous, received_at, signature, _, about, author, root, expires_at, fields, uuid, issued_at, key, key_seq, kind, version, log,
     public, refs, seen_root, seen_size) = found.groups()  # fmt: skip
    encoded = data[found.start(5) : -len(_END)]  # what stands before it is ASCII, so characters are bytes
    hashes = tuple(refs[1:-1].split('","')) if refs else ()
    sound = 1 <= int(version) <= _MAX_KIND_VERSION and int(key_seq) >= 1 and int(fields) <= MAX_FIELDS and issued_at < expires_at
    sound = sound and len(set(hashes)) == len(hashes) and len(encoded) <= MAX_STATEMENT_BYTES
    if not sound or not (_is_day(received_at[:10]) and _is_day(issued_at[:10]) and _is_day(expires_at[:10])):
        return decode_entry(data)
    try:
        opened = _read_public(public)
        decode_multikey(key)
    except Malformed:
        return decode_entry(data)
    statement = Statement(log, kind, int(version), uuid, author, key, int(key_seq), Seen(int(seen_size), seen_root), issued_at, expires_at,
                          about, hashes, opened, root, int(fields))  # fmt: skip
    return Entry(int(index), previous, received_at, Signed(statement, encoded, hash_statement(encoded), bytes.fromhex(signature)))


def _read_public(text: str) -> dict[str, JSON]:
    if text == "{}":
        return {}
    if text.count("{") + text.count("[") > _MAX_NESTING:
        raise Malformed("public: too many brackets for a quick look")
    value = decode_canonical(text.encode(), MAX_STATEMENT_BYTES)
    if not isinstance(value, dict):
        raise Malformed("public: an object is wanted")
    return value


@lru_cache(maxsize=4096)
def _is_day(day: str) -> bool:
    try:
        parse_instant(f"{day}T00:00:00Z")
    except Malformed:
        return False
    return True
