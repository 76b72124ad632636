"""Changes of a text: lines side by side, words marked, equal stretches counted."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.templates.text_changes import TextRow, compare_texts

LINES = st.lists(st.sampled_from(["C01  Parties", "C01.1  one two three", "C01.1  one 2.50 three", "x", "y y"]), max_size=12)


def join(row: TextRow, side: str) -> str:
    return "".join(piece.words for piece in getattr(row, side))


def mark(row: TextRow, side: str) -> list[str]:
    return [piece.words for piece in getattr(row, side) if piece.altered]


def test_a_price_is_marked_as_one_word_on_both_sides() -> None:
    (row,) = compare_texts("The price is 12.40 EUR per t.", "The price is 13.10 EUR per t.")

    assert (mark(row, "before"), mark(row, "after")) == (["12.40"], ["13.10"])


def test_equal_texts_give_nothing() -> None:
    assert compare_texts("a\nb", "a\nb") == ()


def test_a_line_that_is_new_stands_beside_nothing() -> None:
    rows = compare_texts("a\nb", "a\nnew\nb")

    assert [(join(row, "before"), join(row, "after"), row.altered) for row in rows] == [
        ("a", "a", False),
        ("", "new", True),
        ("b", "b", False),
    ]


def test_long_equal_stretches_are_counted_with_two_lines_kept_beside_each_change() -> None:
    old = [f"line {number}" for number in range(20)]
    new = ["first", *old[1:19], "last"]

    rows = compare_texts("\n".join(old), "\n".join(new))

    assert [row.skipped or join(row, "after") for row in rows] == ["first", "line 1", "line 2", 14, "line 17", "line 18", "last"]


@given(LINES, LINES)
def test_nothing_is_lost_on_either_side(old: list[str], new: list[str]) -> None:
    rows = compare_texts("\n".join(old), "\n".join(new))

    for side, lines in (("before", old), ("after", new)):
        shown = sum(row.skipped or bool(getattr(row, side)) for row in rows)
        assert shown == (len(lines) if old != new else 0)
