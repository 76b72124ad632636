"""Statements: a fact made ready to sign, header in clear, and the signature that binds author, text and log.

Signed bytes are `symbiosis-ledger/statement/v1` + line feed + the canonical header; the statement hash is their SHA-256, without
signature, so that a queue without connection can refer to what it has not yet sent. FORMAT.md, sections "Statement" and "Submission".
"""

import re
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.canonical import JSON, MAX_INTEGER, decode_canonical, decode_json, encode_canonical
from ledger.contents import Opened, open_contents
from ledger.errors import Malformed
from ledger.instant import parse_instant
from ledger.keys import SIGNATURE_BYTES, Sign, decode_multikey, verify_signature

STATEMENT_PREFIX = b"symbiosis-ledger/statement/v1\n"
MAX_STATEMENT_BYTES = 64_000  #: leaves room for the entry around it: an entry has 65,535 at most (C2SP tlog-tiles)
MAX_CONTENTS_BYTES = 1 << 20
MAX_REFS = 64
MAX_FIELDS = 256

LOG_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,100}(/[a-z0-9][a-z0-9._-]{0,60}){1,4}", re.ASCII)
KIND = re.compile(r"[a-z][a-z_]{1,40}\.[a-z][a-z_]{1,40}", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
ORGANISATION = re.compile(r"o-[0-9a-z]{6,40}", re.ASCII)
ABOUT = re.compile(r"[a-z][a-z_]{1,40}:[A-Za-z0-9][A-Za-z0-9._:@/-]{0,120}", re.ASCII)
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
SIGNATURE = re.compile(r"[0-9a-f]{128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest published checkpoint that an author had checked when signing."""

    size: int
    root: str  #: 64 hex digits


@dataclass(frozen=True, slots=True)
class Statement:
    """The header that is signed: who says what about what, on which log, and what the contents are committed to."""

    log: str  #: name of the log, fixed when founded
    kind: str  #: such as "delivery.dispatched"
    kind_version: int
    id: str  #: UUID, the idempotency key, unique per log and author
    author: str  #: organisation, such as "o-7f3a9c"
    key: str  #: Multikey text of the signing key
    key_seq: int  #: counts what this key signed, from 1
    seen: Seen
    issued_at: str  #: instant, the author's word
    expires_at: str  #: instant after which this cannot be entered
    about: str  #: subject, such as "delivery:0190…"
    refs: tuple[str, ...]  #: statement hashes, 64 hex digits each
    public: Mapping[str, JSON]  #: what everybody must be able to check
    contents_root: str  #: 64 hex digits
    fields: int  #: number of contents fields

    def to_json(self) -> dict[str, JSON]:
        """Give the header as the JSON object that is signed."""
        return {
            "v": 1,
            "log": self.log,
            "kind": self.kind,
            "kind_version": self.kind_version,
            "id": self.id,
            "author": self.author,
            "key": self.key,
            "key_seq": self.key_seq,
            "seen": {"size": self.seen.size, "root": self.seen.root},
            "issued_at": self.issued_at,
            "expires_at": self.expires_at,
            "about": self.about,
            "refs": list(self.refs),
            "public": self.public,
            "contents_root": self.contents_root,
            "fields": self.fields,
        }


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement in its exact bytes with its signature; made by sign_statement and read_signed only."""

    statement: Statement
    encoded: bytes  #: canonical header, without prefix
    hash: str  #: statement hash, 64 hex digits
    signature: bytes  #: 64 bytes

    def holds(self) -> bool:
        """Tell whether the signature is of the statement's own key over the signed bytes."""
        return verify_signature(decode_multikey(self.statement.key), self.signature, STATEMENT_PREFIX + self.encoded)


@dataclass(frozen=True, slots=True)
class Submission:
    """What travels to a log: a signed statement and the contents that it commits to."""

    signed: Signed
    contents: Mapping[str, JSON]  #: travelling form of FORMAT.md, "Contents"

    def to_json(self) -> dict[str, JSON]:
        """Give the travelling form that `POST /api/v1/statements` takes."""
        return {"statement": self.signed.statement.to_json(), "signature": self.signed.signature.hex(), "contents": self.contents}

    def open(self) -> Opened:
        """Check the contents against the header; raises Malformed or BadProof."""
        return open_contents(self.signed.statement, self.contents)


def make_id() -> str:
    """Make the id of a new statement: UUID version 7 (RFC 9562, section 5.7), milliseconds since 1970 before 74 random bits.

    Any UUID will do. Ids that grow with time lie side by side in the log's index, where random ones rewrite a page each.
    """
    milliseconds, drawn = time.time_ns() // 1_000_000, secrets.randbits(74)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | drawn >> 62 << 64 | 2 << 62 | drawn & (1 << 62) - 1))


def hash_statement(encoded: bytes) -> str:
    """Hash a canonical header: SHA-256 of the signed bytes, 64 hex digits."""
    return sha256(STATEMENT_PREFIX + encoded).hexdigest()


def sign_statement(statement: Statement, sign: Sign) -> Signed:
    """Sign a statement; raises Malformed for one that no log would take."""
    encoded = encode_canonical(statement.to_json())
    check_statement(decode_canonical(encoded, MAX_STATEMENT_BYTES))
    return Signed(statement, encoded, hash_statement(encoded), sign(STATEMENT_PREFIX + encoded))


def read_signed(statement: JSON, signature: JSON, encoded: bytes | None = None) -> Signed:
    """Read a header and its signature in JSON into one value; form only, raises Malformed."""
    header = check_statement(statement)
    if not isinstance(signature, str) or not SIGNATURE.fullmatch(signature):
        raise Malformed("signature: 128 lower-case hex digits are wanted")
    data = encode_canonical(statement) if encoded is None else encoded
    if len(data) > MAX_STATEMENT_BYTES:
        raise Malformed(f"statement: {len(data)} bytes where at most {MAX_STATEMENT_BYTES} are allowed")
    return Signed(header, data, hash_statement(data), bytes.fromhex(signature))


def read_submission(data: bytes | JSON) -> Submission:
    """Read a submission from JSON bytes or a decoded value; form only, raises Malformed."""
    value = decode_json(data, MAX_STATEMENT_BYTES * 2 + MAX_CONTENTS_BYTES) if isinstance(data, bytes) else data
    if not isinstance(value, dict) or set(value) != {"statement", "signature", "contents"}:
        raise Malformed("submission: an object with statement, signature and contents is wanted")
    contents = value["contents"]
    if not isinstance(contents, dict):
        raise Malformed("contents: an object is wanted")
    if len(encode_canonical(contents)) > MAX_CONTENTS_BYTES:
        raise Malformed(f"contents: more than {MAX_CONTENTS_BYTES} bytes")
    return Submission(read_signed(value["statement"], value["signature"]), contents)


def check_statement(value: JSON) -> Statement:
    """Read a header strictly; raises Malformed that names the field."""
    if not isinstance(value, dict):
        raise Malformed("statement: an object is wanted")
    for name in _NAMES:
        if name not in value:
            raise Malformed(f"statement.{name}: is missing")
    for name in value:
        if name not in _NAMES:
            raise Malformed(f"statement.{name}: is not a name of a statement")
    if value["v"] != 1 or isinstance(value["v"], bool):
        raise Malformed("statement.v: this is version 1 of the format")
    refs = value["refs"]
    if not isinstance(refs, list) or len(refs) > MAX_REFS or len(set(map(str, refs))) != len(refs):
        raise Malformed(f"statement.refs: a list of at most {MAX_REFS} different statement hashes is wanted")
    public = value["public"]
    if not isinstance(public, dict):
        raise Malformed("statement.public: an object is wanted")
    issued_at, expires_at = _read_text(value, "issued_at"), _read_text(value, "expires_at")
    _check_instants(issued_at, expires_at)
    key = _read_key(value)
    return Statement(
        log=_match(value, "log", LOG_NAME),
        kind=_match(value, "kind", KIND),
        kind_version=_read_count(value, "kind_version", 1, 1000),
        id=_match(value, "id", UUID),
        author=_match(value, "author", ORGANISATION),
        key=key,
        key_seq=_read_count(value, "key_seq", 1, MAX_INTEGER),
        seen=_read_seen(value["seen"]),
        issued_at=issued_at,
        expires_at=expires_at,
        about=_match(value, "about", ABOUT),
        refs=tuple(_match({"refs": ref}, "refs", HASH) for ref in refs),
        public=public,
        contents_root=_match(value, "contents_root", HASH),
        fields=_read_count(value, "fields", 0, MAX_FIELDS),
    )


_NAMES = frozenset({"v", *Statement.__dataclass_fields__})


def _read_key(value: Mapping[str, JSON]) -> str:
    key = _read_text(value, "key")
    try:
        decode_multikey(key)
    except Malformed as error:
        raise Malformed(f"statement.key: {error}") from None
    return key


def _read_seen(value: JSON) -> Seen:
    if not isinstance(value, dict) or set(value) != {"size", "root"}:
        raise Malformed("statement.seen: an object with size and root is wanted")
    return Seen(_read_count(value, "size", 0, MAX_INTEGER, "seen."), _match(value, "root", HASH, "seen."))


def _check_instants(issued_at: str, expires_at: str) -> None:
    for name, text in (("issued_at", issued_at), ("expires_at", expires_at)):
        try:
            parse_instant(text)
        except Malformed as error:
            raise Malformed(f"statement.{name}: {error}") from None
    if expires_at <= issued_at:
        raise Malformed("statement.expires_at: it is not after issued_at")


def _read_text(value: Mapping[str, JSON], name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise Malformed(f"statement.{name}: text is wanted")
    return text


def _match(value: Mapping[str, Any], name: str, pattern: re.Pattern[str], within: str = "") -> str:
    text = value[name]
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise Malformed(f"statement.{within}{name}: is not of the form {pattern.pattern}")
    return text


def _read_count(value: Mapping[str, JSON], name: str, low: int, high: int, within: str = "") -> int:
    number = value[name]
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise Malformed(f"statement.{within}{name}: an integer from {low} to {high} is wanted")
    return number


def check_signature_hex(text: str) -> bytes:
    """Read 128 lower-case hex digits; raises Malformed."""
    if not SIGNATURE.fullmatch(text):
        raise Malformed(f"a signature has {SIGNATURE_BYTES * 2} lower-case hex digits")
    return bytes.fromhex(text)
