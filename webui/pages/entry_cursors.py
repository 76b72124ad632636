"""Cursors of lists in the order of the log: the entry, or the number, of the last row that was seen."""

import re

from contracts.errors import Finding, Invalid
from webui.pages.listing import Wanted

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)  #: fits a column of 64 bits


def read_entry_cursor(wanted: Wanted) -> int:
    """Read the index of the last entry that was seen; -1 at the beginning. Raises Invalid."""
    return read_number(wanted.after) if wanted.after else -1


def read_row_cursor(wanted: Wanted) -> tuple[int, int]:
    """Read an entry and the number of a row in it, as `12:3`; (-1, -1) at the beginning. Raises Invalid."""
    if not wanted.after:
        return -1, -1
    entry, _colon, number = wanted.after.partition(":")
    return read_number(entry), read_number(number)


def read_number(text: str) -> int:
    """Read a whole number of a cursor; raises Invalid."""
    if not _NUMBER.fullmatch(text):
        raise Invalid(
            "the list cannot be shown like this", [Finding("after", "malformed", "take the address of the next page as it is given")]
        )
    return int(text)
