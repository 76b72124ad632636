"""Lettering: what is cut fits, what fits is not cut, figures are never cut, and nothing that breaks a line gets through."""

from hypothesis import given
from hypothesis import strategies as st

from tests.site.pictures.drawn import SVG, parse
from webui.pictures.drawing import draw_figure, draw_text, tag
from webui.pictures.lettering import ELLIPSIS, break_text, clean_text, fit_text, measure_text


@given(st.text(max_size=80), st.floats(6, 30), st.floats(5, 400))
def test_a_fitted_text_is_never_wider_than_its_room(text: str, size: float, width: float) -> None:
    fitted = fit_text(text, size, width)

    assert measure_text(fitted, size) <= width


@given(st.text(max_size=80), st.floats(20, 400), st.integers(1, 4))
def test_broken_lines_each_fit_and_keep_the_beginning(text: str, width: float, lines: int) -> None:
    broken = break_text(text, 14, width, lines)

    assert len(broken) <= lines
    assert all(measure_text(line, 14) <= width for line in broken)


def test_what_fits_stays_whole_and_what_does_not_ends_in_an_ellipsis() -> None:
    assert fit_text("Kalundborg utility", 14, 400) == "Kalundborg utility"
    assert fit_text("Kalundborg utility", 14, 80).endswith(ELLIPSIS)
    assert fit_text("Kalundborg utility", 14, 1) == ""


def test_words_go_to_the_next_line_before_they_are_cut() -> None:
    assert break_text("Farmers' cooperative of the western fields", 14, 160) == ["Farmers'", "cooperative of the …"] or break_text(
        "Farmers' cooperative of the western fields", 14, 160
    )[0].startswith("Farmers'")


def test_controls_line_ends_and_marks_of_direction_do_not_get_through() -> None:
    assert clean_text("a\x00b\nc\u202ed\u2066e\ud800f") == "a\ufffdb c d e\ufffdf"


def test_a_figure_is_set_smaller_and_never_cut() -> None:
    drawn = str(draw_figure(0, 0, "1,234,567,890,123.45 EUR", width=60, size=14))
    root = parse(f'<svg xmlns="http://www.w3.org/2000/svg">{drawn}</svg>')[0]

    assert root.text == "1,234,567,890,123.45 EUR"
    assert float(root.attrib["font-size"]) < 5


def test_letters_that_cannot_be_measured_are_given_their_length() -> None:
    drawn = draw_text(0, 0, "\ufdfd\ufdfd", width=500)

    assert "textLength" in drawn
    assert "textLength" not in draw_text(0, 0, "plain words", width=500)


def test_attributes_are_escaped() -> None:
    element = parse(str(tag("g", cls='"><script>', id="a&b", xmlns="http://www.w3.org/2000/svg")))

    assert element.tag == f"{SVG}g"
    assert element.attrib == {"class": '"><script>', "id": "a&b"}
