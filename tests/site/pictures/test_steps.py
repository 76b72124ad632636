"""The waterfall drawn: bars where the figures are, a table that adds up, and a check line that tells the truth."""

from dataclasses import replace

import pytest
from hypothesis import given

from contracts.views.waterfall import StepKind, Waterfall
from tests.site.pictures.drawn import list_boxes, list_texts
from tests.site.pictures.figures import WRITING, a_waterfall, typical_waterfall, waterfalls_of_any_kind
from webui.pictures.steps import draw_waterfall, write_check


@given(waterfalls_of_any_kind())
def test_the_changes_of_the_table_add_up_to_the_last_level(waterfall: Waterfall) -> None:
    table = draw_waterfall(waterfall, WRITING).table

    changes = [value for value in table.list_values(1) if isinstance(value, int)]
    assert sum(changes) == waterfall.steps[-1].end
    assert table.totals is not None
    assert (table.totals[1].value, table.totals[2].value) == (sum(changes), waterfall.steps[-1].end)


def test_every_amount_of_the_table_stands_in_both_drawings() -> None:
    picture = draw_waterfall(typical_waterfall(), WRITING)

    for svg in (picture.wide, picture.narrow):
        words = [box.text for box in list_texts(str(svg))]
        for row in picture.table.rows:
            assert (row[1].text or row[2].text) in words


@pytest.mark.parametrize("form", ["wide", "narrow"])
def test_bars_stand_where_their_figures_are(form: str) -> None:
    waterfall = typical_waterfall()
    picture = draw_waterfall(waterfall, WRITING)

    svg = str(getattr(picture, form))
    bars = [*list_boxes(svg, "pic-rise"), *list_boxes(svg, "pic-edge-fall"), *list_boxes(svg, "pic-sum")]
    start, end = (262.0, 664.0) if form == "wide" else (2.0, 278.0)
    low = min(0, *(step.end for step in waterfall.steps))
    scale = (end - start) / (max(step.end for step in waterfall.steps) - low)

    wanted = [(start + (min(step.start, step.end) - low) * scale, abs(step.end - step.start) * scale) for step in waterfall.steps]
    for found, expected in zip(sorted(bars), sorted(wanted), strict=True):
        assert found == pytest.approx(expected, abs=0.2)


def test_a_fall_is_hatched_and_a_rise_is_full() -> None:
    svg = str(draw_waterfall(typical_waterfall(), WRITING).wide)

    assert len(list_boxes(svg, "pic-edge-fall")) == 3
    assert len(list_boxes(svg, "pic-rise")) == 4
    assert svg.count('fill="url(#waterfall-wide-fall)"') == 3


def test_the_check_line_says_that_the_account_agrees_to_the_cent() -> None:
    picture = draw_waterfall(typical_waterfall(), WRITING)

    words = [box.text for box in list_texts(str(picture.wide))]
    assert "Agrees with the statement of account to the cent: difference 0.00 EUR" in words
    assert "pic-check" in str(picture.wide)
    assert "difference 0.00 EUR" in picture.description


def test_a_cent_of_difference_is_said_loudly() -> None:
    waterfall = replace(typical_waterfall(), difference=1, account_total=typical_waterfall().steps[-1].end + 1)

    picture = draw_waterfall(waterfall, WRITING)

    assert any("Differs from the statement of account by 0.01 EUR" in box.text for box in list_texts(str(picture.wide)))
    assert "pic-cross" in str(picture.wide)
    assert "they differ by 0.01 EUR" in write_check(waterfall, WRITING)


def test_before_the_account_is_stated_the_way_ends_at_the_saving() -> None:
    waterfall = a_waterfall((StepKind.PURCHASE, 5_00), (StepKind.BASELINE, 0), (StepKind.SAVING, 0), difference=None)

    picture = draw_waterfall(waterfall, WRITING)

    assert "No statement of account yet" in [box.text for box in list_texts(str(picture.wide))]
    assert "pic-check" not in str(picture.wide)


def test_every_kind_of_step_has_a_name_that_fits_a_phone() -> None:
    steps = [(kind, 1_00) for kind in StepKind]

    words = [box.text for box in list_texts(str(draw_waterfall(a_waterfall(*steps), WRITING).narrow))]

    assert not [word for word in words if word.endswith("…")]
