"""Changes of a contract's text: two versions side by side, line by line and, in lines that were altered, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

CONTEXT = 2  #: lines that stay visible around a change
MOST_WORDS = 400  #: of a line that is compared word by word; longer ones count as altered whole
_WORD = re.compile(r"\s+|[0-9](?:[0-9.,]*[0-9])?|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a line."""

    words: str
    altered: bool


@dataclass(frozen=True, slots=True)
class TextRow:
    """One line of both versions beside each other; empty where a version has no such line."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    altered: bool
    skipped: int = 0  #: equal lines that are left out here


def compare_texts(old: str, new: str) -> tuple[TextRow, ...]:
    """Compare two texts; equal lines far from any change are counted instead of shown. Nothing altered gives no row."""
    before, after = _list_lines(old), _list_lines(new)
    if before == after:
        return ()
    rows: list[TextRow] = []
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for number, (tag, begin, end, start, stop) in enumerate(blocks):
        if tag == "equal":
            rows += _show_equal(before[begin:end], first=number == 0, last=number == len(blocks) - 1)
        else:
            rows += _pair_lines(before[begin:end], after[start:stop])
    return tuple(rows)


def _list_lines(text: str) -> list[str]:
    """List the lines that say something."""
    return [line for line in text.split("\n") if line.strip()]


def _show_equal(lines: Sequence[str], *, first: bool, last: bool) -> list[TextRow]:
    head, tail = (0 if first else CONTEXT), (0 if last else CONTEXT)
    if len(lines) <= head + tail + 1:
        return [_keep(line) for line in lines]
    skipped = TextRow((), (), altered=False, skipped=len(lines) - head - tail)
    return [*map(_keep, lines[:head]), skipped, *map(_keep, lines[len(lines) - tail :])]


def _keep(line: str) -> TextRow:
    piece = (Piece(line, altered=False),)
    return TextRow(piece, piece, altered=False)


def _pair_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[TextRow]:
    for one, other in zip_longest(before, after):
        if one is None or other is None:
            yield TextRow(_mark(one), _mark(other), altered=True)
        else:
            yield TextRow(*_compare_words(one, other), altered=True)


def _mark(line: str | None) -> tuple[Piece, ...]:
    return () if line is None else (Piece(line, altered=True),)


def _compare_words(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    first, second = _WORD.findall(one), _WORD.findall(other)
    if max(len(first), len(second)) > MOST_WORDS:
        return _mark(one), _mark(other)
    before: list[Piece] = []
    after: list[Piece] = []
    for tag, begin, end, start, stop in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        altered = tag != "equal"
        if begin < end:
            before.append(Piece("".join(first[begin:end]), altered))
        if start < stop:
            after.append(Piece("".join(second[start:stop]), altered))
    return tuple(before), tuple(after)
