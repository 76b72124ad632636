"""JSON of credentials: strict reading, and the canonical bytes of RFC 8785 (JCS), numbers with a fraction included.

The log has a narrower form of its own without such numbers (``ledger/canonical.py``). Credentials are written by strangers
too, and the UN's schema wants measured values as JSON numbers.
"""

import json
import math
import re
from collections.abc import Sequence
from typing import Any, Never

import rfc8785

from contracts.errors import Finding, Invalid

#: bytes of the largest document that is read: a certificate has a few thousand
MAX_BYTES = 1_048_576
#: levels of nesting in the deepest document that is read: ours has eight
MAX_DEPTH = 64
#: the largest whole number that a JSON number holds exactly in every language (RFC 8785, section 3.2.2.3)
MAX_SAFE_INTEGER = 2**53 - 1

_WHOLE = re.compile(r"-?[0-9]{1,16}")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(data: bytes) -> Any:  # noqa: ANN401  a stranger's JSON has no type yet
    """Read UTF-8 JSON and refuse what two readers could understand differently.

    Refused: more than ``MAX_BYTES``, deeper than ``MAX_DEPTH``, duplicate names, NaN and Infinity, whole numbers beyond
    2^53-1, numbers that overflow, lone surrogates, a byte order mark.

    Raises:
        contracts.errors.Invalid: with one finding whose ``code`` names the reason.
    """
    if len(data) > MAX_BYTES:
        _refuse("too-large", f"the document has {len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("not-utf-8", "the document is not UTF-8 text")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_names,
            parse_int=_read_whole_number,
            parse_float=_read_number,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        _refuse("too-deep", f"the document is nested deeper than {MAX_DEPTH} levels")
    except json.JSONDecodeError as error:
        _refuse("not-json", f"the document is not JSON: {error.msg} at line {error.lineno}, column {error.colno}")
    _check_depth_and_text(value)
    return value


def canonical_bytes(value: Any) -> bytes:  # noqa: ANN401  whatever a stranger's JSON held
    """Return the canonical bytes of RFC 8785; what has none (NaN, a lone surrogate, a foreign type) is ``Invalid``."""
    try:
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError, AttributeError) as error:
        raise Invalid(
            "the document has no canonical form",
            [Finding("", "not-canonical", f"the document has no canonical form by RFC 8785: {error}")],
        ) from error


def _unique_names(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _refuse("duplicate-name", f"an object has the name {twice[:60]!r} twice: readers would disagree about its value")
    return members


def _read_whole_number(text: str) -> int:
    if not _WHOLE.fullmatch(text) or abs(int(text)) > MAX_SAFE_INTEGER:
        _refuse("number-too-large", f"the number {text[:30]} is beyond 2^53-1: readers would round it differently")
    return int(text)


def _read_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse("number-too-large", f"the number {text[:30]} is beyond what JSON numbers hold")
    return number


def _refuse_constant(name: str) -> Never:
    _refuse("not-a-number", f"{name} is not a JSON value")


def _check_depth_and_text(value: object) -> None:
    waiting: list[tuple[object, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            _refuse("too-deep", f"the document is nested deeper than {MAX_DEPTH} levels")
        if isinstance(item, dict):
            waiting += [(name, depth) for name in item]
            waiting += [(member, depth + 1) for member in item.values()]
        elif isinstance(item, list):
            waiting += [(member, depth + 1) for member in item]
        elif isinstance(item, str) and _SURROGATE.search(item):
            _refuse("lone-surrogate", "a text holds half of a surrogate pair, which has no UTF-8 form")


def _refuse(code: str, message: str) -> Never:
    raise Invalid(message, [Finding("", code, message)])
