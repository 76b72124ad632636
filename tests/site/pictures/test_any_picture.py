"""Every picture, whatever it is given: well-formed, within its sheet, named for who does not see it, and nothing of a name ever runs."""

import pytest
from hypothesis import HealthCheck, given, settings

from contracts.views.flows import Flows
from contracts.views.network_map import NetworkMap
from contracts.views.rule_comparison import RuleComparison
from contracts.views.timeline import Timeline
from contracts.views.waterfall import Waterfall
from tests.site.pictures.drawn import check_picture, find_meeting, list_texts
from tests.site.pictures.figures import (
    HOSTILE,
    WRITING,
    comparisons_of_any_kind,
    draw_all,
    flows_of_any_kind,
    maps_of_any_kind,
    timelines_of_any_kind,
    waterfalls_of_any_kind,
)
from webui.pictures.drawing import tag
from webui.pictures.happenings import draw_timeline
from webui.pictures.network import draw_map
from webui.pictures.picture import Picture, make_sheets
from webui.pictures.sankey import draw_flows
from webui.pictures.shares import draw_comparison
from webui.pictures.steps import draw_waterfall

many = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large])


def check_labels(picture: Picture) -> None:
    """Check that no label runs into another one."""
    assert find_meeting(str(picture.wide)) == []
    assert find_meeting(str(picture.narrow)) == []


@many
@given(flows_of_any_kind())
def test_flows_of_any_kind_are_drawn_within_the_sheet(flows: Flows) -> None:
    for unit in ("TNE", "MWH", "MTQ", "money"):
        picture = draw_flows(flows, unit, WRITING)

        check_picture(picture)
        check_labels(picture)


@many
@given(waterfalls_of_any_kind())
def test_waterfalls_of_any_kind_are_drawn_within_the_sheet(waterfall: Waterfall) -> None:
    picture = draw_waterfall(waterfall, WRITING)

    check_picture(picture)
    check_labels(picture)


@many
@given(comparisons_of_any_kind())
def test_comparisons_of_any_kind_are_drawn_within_the_sheet(comparison: RuleComparison) -> None:
    picture = draw_comparison(comparison, WRITING)

    check_picture(picture)
    check_labels(picture)


@many
@given(timelines_of_any_kind())
def test_timelines_of_any_kind_are_drawn_within_the_sheet(timeline: Timeline) -> None:
    picture = draw_timeline(timeline, WRITING)

    check_picture(picture)
    check_labels(picture)


@many
@given(maps_of_any_kind())
def test_maps_of_any_kind_are_drawn_within_the_sheet(network_map: NetworkMap) -> None:
    picture = draw_map(network_map, WRITING)

    check_picture(picture)
    check_labels(picture)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_words_and_nothing_else(name: str) -> None:
    for picture in draw_all(name).values():
        check_picture(picture)
        check_labels(picture)


def test_a_markup_name_is_shown_as_it_was_written() -> None:
    picture = draw_all("<b>A & B</b>")["map"]

    assert "<b>" not in str(picture.wide)
    assert "<b>A & B</b>" in [box.text for box in list_texts(str(picture.wide))]


def test_pictures_are_the_same_each_time() -> None:
    first, second = draw_all(), draw_all()

    assert {name: str(one.wide) + str(one.narrow) for name, one in first.items()} == {
        name: str(one.wide) + str(one.narrow) for name, one in second.items()
    }


def test_a_picture_in_a_template_gives_both_drawings() -> None:
    picture = draw_all()["shares"]

    html = picture.__html__()

    assert html.startswith('<div class="pic"><svg class="pic-sheet pic-wide"')
    assert html.count("<svg ") == 2


def test_a_name_that_begins_no_id_is_refused() -> None:
    with pytest.raises(ValueError, match="name of small letters"):
        make_sheets('x" onload="')


def test_a_style_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="coloured by class"):
        tag("rect", style="fill:red")
