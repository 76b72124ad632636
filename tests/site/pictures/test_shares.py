"""Shares drawn: a bar for each organisation and rule, the line of standing alone, and marks for who would be better off leaving."""

from dataclasses import replace

import pytest
from hypothesis import given

from contracts.views.rule_comparison import RuleComparison
from tests.site.pictures.drawn import list_boxes, list_texts, parse
from tests.site.pictures.figures import WRITING, comparisons_of_any_kind, typical_comparison
from webui.pictures.shares import DRAWN, draw_comparison, list_rows


@given(comparisons_of_any_kind())
def test_each_rule_of_the_table_adds_up_to_all_shares(comparison: RuleComparison) -> None:
    table = draw_comparison(comparison, WRITING).table

    shown = [rule for rule in comparison.rules if rule.shares]
    for place, rule in enumerate(shown):
        assert sum(table.list_values(3 + place)) == sum(rule.shares.values())  # type: ignore[arg-type]  # cents
    assert sum(table.list_values(1)) == sum(comparison.saved.values())  # type: ignore[arg-type]  # cents
    assert sum(table.list_values(2)) == sum(comparison.alone.values())  # type: ignore[arg-type]  # cents


def test_every_share_stands_in_both_drawings() -> None:
    picture = draw_comparison(typical_comparison(), WRITING)

    for svg in (picture.wide, picture.narrow):
        words = [box.text for box in list_texts(str(svg))]
        for row in picture.table.rows:
            for cell in row[3:6]:
                assert cell.text in words


def test_bars_are_as_long_as_their_shares() -> None:
    comparison = typical_comparison()
    svg = str(draw_comparison(comparison, WRITING).wide)

    recorded = [width for _, width in list_boxes(svg, "pic-one")]

    assert recorded == pytest.approx([262 * 500_00 / 500_01, 262 * 300_00 / 500_01, 262 * 100_00 / 500_01], abs=0.2)


def test_the_recorded_rule_is_full_and_the_others_are_hatched() -> None:
    svg = str(draw_comparison(typical_comparison(), WRITING).wide)

    assert len(list_boxes(svg, "pic-one")) == 3
    assert svg.count('fill="url(#shares-wide-equal)"') == 3
    assert svg.count('fill="url(#shares-wide-nucleolus)"') == 3
    assert "shares-wide-proportional" not in svg


def test_the_line_of_standing_alone_is_where_the_figure_is() -> None:
    root = parse(str(draw_comparison(typical_comparison(), WRITING).wide))

    lines = [float(one.attrib["x1"]) for one in root.iter() if one.attrib.get("class") == "pic-alone"]
    assert lines[0] == pytest.approx(262 + 262 * 400_01 / 500_01, abs=0.2)  # the firm with the largest share stands first
    assert lines[1] == lines[2] == pytest.approx(262, abs=0.2)


def test_who_gets_less_than_alone_is_marked_as_better_off_leaving() -> None:
    comparison = typical_comparison()

    rows = {row.organisation: row for row in list_rows(comparison, WRITING)}
    picture = draw_comparison(comparison, WRITING)

    assert rows["o-power0"].leaves_alone == (False, True, False, False)
    assert rows["o-bioeng"].leaves_alone == (False, False, False, True)
    assert "better off alone" in [box.text for box in list_texts(str(picture.wide))]
    assert str(picture.narrow).count('class="pic-flag"') == 3  # two marks and the key
    assert [row[-1].value for row in picture.table.rows] == ["equal", "nucleolus", "nucleolus"]


def test_a_share_that_is_just_what_one_has_alone_is_no_reason_to_leave() -> None:
    comparison = replace(typical_comparison(), alone={"o-power0": 500_00, "o-gypsum": 300_00, "o-bioeng": 100_00})

    rows = list_rows(comparison, WRITING)

    assert not any(row.leaves_alone[0] for row in rows)


def test_who_would_leave_as_a_group_is_marked_and_named_with_the_gain() -> None:
    picture = draw_comparison(typical_comparison(), WRITING)

    assert "Under Nucleolus these would gain 0.07 EUR by leaving together: Gypsum works, Bioenergy." in picture.notes
    assert "better off as a group" in [box.text for box in list_texts(str(picture.wide))]


def test_a_rule_that_gives_nothing_says_why() -> None:
    picture = draw_comparison(typical_comparison(), WRITING)

    assert "Proportional gives no shares here: no baseline costs to divide by." in picture.notes
    assert "Proportional" not in [column.name for column in picture.table.columns]


def test_many_organisations_are_folded_without_losing_a_cent() -> None:
    names = tuple(f"o-{number:06d}" for number in range(100))
    typical = typical_comparison()
    shares = {name: number for number, name in enumerate(names)}
    comparison = replace(typical, organisations=names, alone=shares, saved=shares, rules=(replace(typical.rules[0], shares=shares),))

    table = draw_comparison(comparison, WRITING).table

    assert len(table.rows) == DRAWN
    assert sum(table.list_values(3)) == 4950  # type: ignore[arg-type]  # cents
    assert table.rows[-1][0].text == "77 others, together"


def test_a_reader_who_sees_one_share_is_told_so() -> None:
    typical = typical_comparison()
    own = replace(
        typical, organisations=("o-gypsum",), rules=(replace(typical.rules[0], shares={"o-gypsum": 300_00}),), complete=False, total=None
    )

    picture = draw_comparison(own, WRITING)

    assert len(picture.table.rows) == 1
    assert picture.table.totals is None
    assert any("for the board" in note for note in picture.notes)
