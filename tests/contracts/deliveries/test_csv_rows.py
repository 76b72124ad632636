"""Reading CSV: what no spreadsheet saves is refused as a whole, at once, and in words."""

import time

import pytest

from contracts.deliveries.csv_rows import MAX_COLUMNS, read_csv


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"ticket\na\0b\n", "NUL"),
        (b"", "empty"),
        (b"\xff\xfet\x00", "not UTF-8"),
        (b'"never closed', "cannot be read as CSV"),
        (b",".join(b"c%d" % number for number in range(MAX_COLUMNS + 1)), "201 columns"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_as_a_whole(data: bytes, words: str) -> None:
    file = read_csv(data, ["ticket"])

    assert file.rows == ()
    assert words in file.rejected[0].message


def test_a_header_without_end_is_refused_before_it_is_compared() -> None:
    """Comparing each of its names with each other one would take minutes."""
    data = b",".join(b"%d" % number for number in range(100_000))
    began = time.perf_counter()

    file = read_csv(data, ["ticket"])

    assert "100,000 columns" in file.rejected[0].message
    assert time.perf_counter() - began < 5


def test_a_header_may_have_columns_that_nobody_reads() -> None:
    header = b",".join([b"ticket", *(b"more%d" % number for number in range(MAX_COLUMNS - 1))])

    file = read_csv(header + b"\nT-1" + b"," * (MAX_COLUMNS - 1) + b"\n", ["ticket"])

    assert file.rejected == ()
    assert [cells["ticket"] for _, cells in file.rows] == ["T-1"]
