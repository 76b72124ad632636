"""The failure table of transparency logs has twenty-two rows, and each has its test here."""

import re
from pathlib import Path

ROWS = 22
#: Rows whose test is still to come, each with what it is about. Whoever brings the last one empties this.
TO_COME: dict[int, str] = {}


def list_rows() -> set[int]:
    """List the numbers of the files here that hold a test."""
    files = Path(__file__).parent.glob("test_*.py")
    found = {path: re.fullmatch(r"test_(\d\d)_[a-z0-9_]+\.py", path.name) for path in files}
    return {int(match[1]) for path, match in found.items() if match and re.search(r"^def test_", path.read_text("utf-8"), re.MULTILINE)}


def test_each_row_of_the_failure_table_has_its_test() -> None:
    assert set(range(1, ROWS + 1)) - list_rows() - TO_COME.keys() == set()


def test_what_is_said_to_be_to_come_has_not_come() -> None:
    assert TO_COME.keys() & list_rows() == set()
