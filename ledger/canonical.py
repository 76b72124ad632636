"""Canonical bytes: RFC 8785 in a strict profile, so that one value has one encoding and one meaning.

Stricter than RFC 8785: no floats, integers within ±(2^53−1), no duplicate names, names printable ASCII, text in NFC and only of code
points that Unicode 14 assigns (later ones could change their normal form and break old entries), no control characters
but tab, line feed and carriage return. What we would not write, we do not read.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TypeAlias, Union

from ledger.errors import Malformed
from ledger.unicode14 import find_unassigned

JSON: TypeAlias = Union[bool, int, str, Sequence["JSON"], Mapping[str, "JSON"], None]  # noqa: UP007 - a recursive name needs quotes

MAX_INTEGER = 2**53 - 1  #: the largest integer that every JSON reader keeps exact (RFC 8785, 3.2.2.3)
MAX_DEPTH = 24  #: nested arrays and objects
MAX_NAME = 128  #: characters
_NAME = re.compile(r"[!-~]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def encode_canonical(value: JSON) -> bytes:
    """Encode a value as canonical bytes; raises Malformed for what the profile does not hold."""
    _check_value(value, 0)
    return encode_checked(value)


def encode_checked(value: JSON) -> bytes:
    """Encode a value that decode_json or check_value let pass, or that is built of such values; nothing is checked again."""
    # Names are ASCII, so sorting by code point is RFC 8785's sorting by UTF-16 unit, and json escapes just what JCS escapes.
    return (encode_basestring(value) if isinstance(value, str) else _ENCODER.encode(value)).encode()


def check_value(value: JSON) -> None:
    """Raise Malformed for a value that the profile does not hold."""
    _check_value(value, 0)


def decode_canonical(data: bytes, limit: int = 1 << 20) -> JSON:
    """Decode canonical bytes of at most `limit` bytes; any other spelling of the same value is Malformed."""
    value = decode_json(data, limit)
    if encode_checked(value) != data:
        raise Malformed("not in canonical form (RFC 8785): write names sorted, without spaces and without needless escapes")
    return value


def decode_json(data: bytes, limit: int = 1 << 20) -> JSON:
    """Decode JSON of the strict profile in any spelling (requests and drafts arrive so); raises Malformed."""
    if len(data) > limit:
        raise Malformed(f"{len(data)} bytes where at most {limit} are allowed")
    try:
        value: JSON = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Malformed("nested too deeply") from None
    _check_value(value, 0)
    return value


def check_text(text: str) -> None:
    """Raise Malformed unless text is NFC, of code points assigned in Unicode 14, without control characters."""
    if text.isascii() and text.isprintable():
        return
    if _CONTROL.search(text):
        raise Malformed("text holds a control character")
    if text.isascii():
        return
    if (unassigned := find_unassigned(text)) is not None:
        raise Malformed(f"text holds U+{ord(unassigned):04X}, which Unicode 14 does not assign")
    if not unicodedata.is_normalized("NFC", text):
        raise Malformed("text is not in Unicode normal form C")


def _refuse_duplicates(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) != len(pairs):
        left = set(found)
        for name, _ in pairs:
            if name not in left:
                raise Malformed(f"the name {name[:40]!r} stands twice in one object")
            left.discard(name)
    return found


def _refuse_number(text: str) -> JSON:
    raise Malformed(f"the number {text[:40]} is not an integer: write decimals as strings")


def _parse_integer(text: str) -> int:
    if len(text) > len(str(MAX_INTEGER)) + 1 or abs(int(text)) > MAX_INTEGER:
        raise Malformed("an integer is outside ±(2^53−1)")
    if text == "-0":
        raise Malformed("minus zero is not an integer")
    return int(text)


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _check_value(value: object, depth: int) -> None:
    if isinstance(value, str):
        check_text(value)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Malformed("an integer is outside ±(2^53−1)")
    elif depth >= MAX_DEPTH:
        raise Malformed("nested too deeply")
    elif isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str) or len(name) > MAX_NAME or not _is_name(name):
                raise Malformed(f"the name {str(name)[:40]!r} is not printable ASCII of 1 to 128 characters")
            _check_value(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_value(item, depth + 1)
    else:
        raise Malformed(f"a {type(value).__name__} has no canonical form")


#: Made once: json.dumps and json.loads with these options would make them anew for each call.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicates, parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=_parse_integer
)
