"""Reading many statements from one request: each is decoded by itself, so that one which is no JSON of the log's profile spoils no other.

The body is walked once to learn where each statement begins and ends, which finds a body that is torn anywhere before anything is done.
Then they are decoded some at a time: beside the body and its text, memory holds one window of them.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.errors import Finding, Invalid
from ledger.canonical import JSON, decode_json
from ledger.errors import Malformed

MAX_BULK = 5000  #: statements in one request
WINDOW = 1000  #: statements that are decoded, checked and entered together: one commit
WINDOW_CHARACTERS = 4 << 20  #: of JSON that are decoded together, unless one statement alone has more

_HEAD = re.compile(r'[ \t\r\n]*\{[ \t\r\n]*"statements"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')
_BETWEEN = re.compile(r"[ \t\r\n]*(,|\])[ \t\r\n]*")
_TAIL = re.compile(r"[ \t\r\n]*\}[ \t\r\n]*")
#: Only finds where a value ends; numbers stay text, so that no digits are counted out. What the value may hold is for decode_json.
_WALKER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)


@dataclass(frozen=True, slots=True)
class Bulk:
    """The statements of one request, not decoded yet."""

    text: str
    places: Sequence[tuple[int, int]]  #: where each begins and ends in `text`

    def list_windows(self) -> Iterator[list[JSON | Malformed]]:
        """Decode the statements in order, a window at a time; what is not of the log's profile is told in its place."""
        window: list[JSON | Malformed] = []
        characters = 0
        for begin, end in self.places:
            if window and (len(window) == WINDOW or characters + end - begin > WINDOW_CHARACTERS):
                yield window
                window, characters = [], 0
            window.append(_decode(self.text[begin:end]))
            characters += end - begin
        yield window


def find_bulk(data: bytes) -> Bulk | None:
    """Find the statements of a body `{"statements": [...]}`; None if it is another one.

    Raises Malformed for a body that is no JSON, Invalid for one with too many statements or with more than them.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 at byte {error.start}") from None
    head = _HEAD.match(text)
    return None if head is None else Bulk(text, _find_places(text, head.end()))


def refuse_bulk() -> Invalid:
    """Say what a bulk request looks like."""
    wanted = Finding("statements", "malformed", f"a list of 1 to {MAX_BULK} and nothing else is wanted")
    return Invalid("a bulk request is not in the wanted form", [wanted])


def _find_places(text: str, begin: int) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    mark = "]" if text.startswith("]", begin) else ","
    place = begin + (mark == "]")
    while mark == ",":
        if len(places) == MAX_BULK:
            raise refuse_bulk()
        end = _find_end(text, place)
        places.append((place, end))
        between = _BETWEEN.match(text, end)
        if between is None:
            raise Malformed(f"not JSON: a comma or a bracket is wanted at character {end}")
        mark, place = between[1], between.end()
    if not places or not _TAIL.fullmatch(text, place):
        raise refuse_bulk()
    return places


def _find_end(text: str, begin: int) -> int:
    try:
        found: tuple[Any, int] = _WALKER.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Malformed("nested too deeply") from None
    return found[1]


def _decode(text: str) -> JSON | Malformed:
    data = text.encode()
    try:
        return decode_json(data, len(data))
    except Malformed as error:
        return error
