"""The failure table of transparency logs has twenty-two rows, and each has its test here."""

import re
from pathlib import Path

ROWS = 22


def test_each_row_of_the_failure_table_has_its_test() -> None:
    files = Path(__file__).parent.glob("test_*.py")
    found = {path: re.fullmatch(r"test_(\d\d)_[a-z0-9_]+\.py", path.name) for path in files}

    tested = {int(row[1]) for path, row in found.items() if row and re.search(r"^def test_", path.read_text("utf-8"), re.MULTILINE)}

    assert tested == set(range(1, ROWS + 1))
