"""Revocation and suspension as one bit in a published list: W3C Bitstring Status List v1.0 (2025-05-15).

Index 0 is the left-most (most significant) bit of the first byte. A list has at least 131,072 entries, so that one
credential hides among many.
"""

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Never

from contracts.certificates.contexts import BASE_CONTEXT, is_url
from contracts.clock import format_instant
from contracts.errors import Finding, Invalid

#: entries in the shortest list (section 6.1)
MIN_ENTRIES = 131_072
#: bytes that an expanded list may have: 16,777,216 entries; what expands further is refused unread
MAX_LIST_BYTES = 2_097_152

_INDEX = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_BASE64URL = re.compile(r"u[A-Za-z0-9_-]+", re.ASCII)
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class StatusError(StrEnum):
    """The standard's names of what can go wrong (section 3.3)."""

    RETRIEVAL = "STATUS_RETRIEVAL_ERROR"
    VERIFICATION = "STATUS_VERIFICATION_ERROR"
    LIST_LENGTH = "STATUS_LIST_LENGTH_ERROR"
    RANGE = "RANGE_ERROR"
    MALFORMED = "MALFORMED_VALUE_ERROR"


class StatusListError(Invalid):
    """A status that cannot be read; ``error`` has the standard's name."""

    error: StatusError

    def __init__(self, error: StatusError, message: str) -> None:
        super().__init__(message, [Finding("credentialStatus", error.value, message)])
        self.error = error

    def __reduce__(self) -> tuple[type["StatusListError"], tuple[StatusError, str]]:  # type: ignore[override]  # another constructor than its base
        """Keep the name when the error crosses a process border."""
        return type(self), (self.error, self.message)


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """Where a credential's status stands."""

    #: URL of the status list credential
    list_url: str
    #: position in the list, from 0
    index: int
    #: ``revocation`` (final) or ``suspension`` (can be lifted)
    purpose: str


def new_bits(entries: int = MIN_ENTRIES) -> bytearray:
    """Return an empty list: bytes, eight entries in each; ``entries`` is rounded up to whole bytes."""
    if entries < MIN_ENTRIES or entries > 8 * MAX_LIST_BYTES:
        _fail(StatusError.LIST_LENGTH, f"a list has {MIN_ENTRIES} to {8 * MAX_LIST_BYTES} entries, not {entries}")
    return bytearray((entries + 7) // 8)


def write_bit(bits: bytearray, index: int, *, value: bool) -> None:
    """Set or clear one entry in place."""
    _check_range(bits, index)
    mask = 0x80 >> (index % 8)
    bits[index // 8] = bits[index // 8] | mask if value else bits[index // 8] & ~mask


def read_bit(bits: bytes | bytearray, index: int) -> bool:
    """Read one entry."""
    _check_range(bits, index)
    return bool(bits[index // 8] & (0x80 >> (index % 8)))


def encode_list(bits: bytes | bytearray) -> str:
    """Write a list as ``encodedList``: u, then base64url without padding of its gzip; the same bytes each time."""
    if 8 * len(bits) < MIN_ENTRIES:
        _fail(StatusError.LIST_LENGTH, f"a list has at least {MIN_ENTRIES} entries, not {8 * len(bits)}")
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode("ascii")


def decode_list(encoded: object) -> bytes:
    """Expand ``encodedList``, stopping at ``MAX_LIST_BYTES``; raises ``StatusListError``."""
    if not isinstance(encoded, str) or not _BASE64URL.fullmatch(encoded):
        _fail(StatusError.MALFORMED, "encodedList must be u and base64url without padding")
    try:
        packed = base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4))
        expander = zlib.decompressobj(wbits=_GZIP_WINDOW)
        bits = expander.decompress(packed, MAX_LIST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        _fail(StatusError.MALFORMED, f"encodedList does not expand: {error}")
    if len(bits) > MAX_LIST_BYTES:
        _fail(StatusError.MALFORMED, f"encodedList expands to more than {MAX_LIST_BYTES} bytes")
    if not expander.eof or expander.unused_data:
        _fail(StatusError.MALFORMED, "encodedList is cut short, or more follows its end")
    if 8 * len(bits) < MIN_ENTRIES:
        _fail(StatusError.LIST_LENGTH, f"the list has {8 * len(bits)} entries, fewer than {MIN_ENTRIES}")
    return bits


def build_entry(entry: StatusEntry) -> dict[str, Any]:
    """Write the entry as ``credentialStatus``; the index is a text, as W3C demands (the UN's schema wrongly asks a number)."""
    return {
        "id": f"{entry.list_url}#{entry.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": entry.purpose,
        "statusListIndex": str(entry.index),
        "statusListCredential": entry.list_url,
    }


def read_entry(value: object) -> StatusEntry:
    """Read one ``credentialStatus``; raises ``StatusListError`` for wrong types, and for an id that is the list's URL."""
    if not isinstance(value, dict) or value.get("type") != "BitstringStatusListEntry":
        _fail(StatusError.MALFORMED, "the status is no BitstringStatusListEntry")
    index, url, purpose = (value.get(name) for name in ("statusListIndex", "statusListCredential", "statusPurpose"))
    if not isinstance(index, str) or not _INDEX.fullmatch(index):
        _fail(StatusError.MALFORMED, "statusListIndex must be a text with a whole number in base 10")
    if not isinstance(url, str) or not is_url(url) or value.get("id") == url:
        _fail(StatusError.MALFORMED, "statusListCredential must be a URL, and not the entry's own id")
    if not isinstance(purpose, str) or not purpose:
        _fail(StatusError.MALFORMED, "statusPurpose must be a text")
    if value.get("statusSize", 1) != 1:
        _fail(StatusError.MALFORMED, "only a statusSize of 1 is read here")
    return StatusEntry(url, int(index), purpose)


def build_list_credential(
    url: str, issuer: str, purpose: str, bits: bytes | bytearray, valid_from: datetime, valid_until: datetime
) -> dict[str, Any]:
    """Return the unsigned status list credential; ``valid_until`` says when to ask again, a day later at most."""
    return {
        "@context": [BASE_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": format_instant(valid_from),
        "validUntil": format_instant(valid_until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode_list(bits),
        },
    }


def read_status(entry: StatusEntry, list_credential: Mapping[str, Any]) -> bool:
    """Tell whether the entry's status is set in a list whose proof was checked before; raises ``StatusListError``."""
    types = list_credential.get("type")
    subject = list_credential.get("credentialSubject")
    if not isinstance(types, list) or "BitstringStatusListCredential" not in types or not isinstance(subject, dict):
        _fail(StatusError.VERIFICATION, "the list is no BitstringStatusListCredential")
    if subject.get("type") != "BitstringStatusList" or list_credential.get("id", entry.list_url) != entry.list_url:
        _fail(StatusError.VERIFICATION, f"the list is not the one at {entry.list_url[:200]}")
    purposes = subject.get("statusPurpose")
    if entry.purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        _fail(StatusError.VERIFICATION, f"the list does not speak of {entry.purpose[:60]}")
    return read_bit(decode_list(subject.get("encodedList")), entry.index)


def _check_range(bits: bytes | bytearray, index: int) -> None:
    if not 0 <= index < 8 * len(bits):
        _fail(StatusError.RANGE, f"entry {index} lies outside a list of {8 * len(bits)}")


def _fail(error: StatusError, message: str) -> Never:
    raise StatusListError(error, message)
