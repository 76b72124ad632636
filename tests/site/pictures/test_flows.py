"""Flows drawn: only what was measured in a unit, exact sums, the same rows in picture and table."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from contracts.views.flows import Flow, Flows
from tests.site.pictures.drawn import check_picture, list_texts, parse
from tests.site.pictures.figures import WRITING, a_flow, flows_of_any_kind, some_flows, typical_flows
from webui.pictures.flow_rows import DRAWN, measure_flow, select_rows
from webui.pictures.sankey import draw_flows, list_units


def list_words(svg: object) -> list[str]:
    return [box.text for box in list_texts(str(svg))]


def test_the_switch_offers_the_units_in_which_something_was_measured() -> None:
    units = list_units(typical_flows())

    assert [(one.code, one.symbol, one.flows) for one in units] == [("TNE", "t", 3), ("MWH", "MWh", 2), ("money", "EUR", 4)]


def test_a_flow_is_never_converted_to_another_kind_of_quantity() -> None:
    steam = a_flow(quantity=Decimal(100), unit="TNE")

    assert measure_flow(steam, "TNE") == 100
    assert measure_flow(steam, "MWH") is None
    assert measure_flow(steam, "MTQ") is None


@pytest.mark.parametrize(
    ("quantity", "unit", "wanted", "amount"),
    [
        ("2500", "KGM", "TNE", "2.5"),
        ("3.5", "R9", "MTQ", "3500"),
        ("7.2", "GV", "MWH", "2"),
        ("1", "GV", "MWH", "0.278"),
    ],
)
def test_units_of_one_kind_convert_exactly_or_are_rounded_and_said_to_be(quantity: str, unit: str, wanted: str, amount: str) -> None:
    flow = a_flow(quantity=Decimal(quantity), unit=unit)

    rows = select_rows(some_flows(flow), wanted)

    assert rows.rows[0].amount == Decimal(amount)
    assert rows.rounded is (amount == "0.278")


def test_gases_at_normal_state_are_no_cubic_metres_of_a_meter() -> None:
    picture = draw_flows(some_flows(a_flow(unit="NM3")), "MTQ", WRITING)

    assert picture.table.rows == ()
    assert "Measured in other units" in picture.notes[0]


def test_a_flow_without_a_price_is_not_in_the_picture_of_money() -> None:
    picture = draw_flows(typical_flows(), "money", WRITING)

    assert [row[1].value for row in picture.table.rows] == ["a-2", "a-1", "a-3", None]
    assert any("Without a price so far" in note for note in picture.notes)


@given(flows_of_any_kind())
def test_the_table_adds_up_to_what_was_measured(flows: Flows) -> None:
    for unit in ("TNE", "money"):
        table = draw_flows(flows, unit, WRITING).table

        values = table.list_values(3)
        measured = [amount for flow in flows.flows if (amount := measure_flow(flow, unit))]

        assert sum(values) == sum(measured)  # type: ignore[arg-type]  # the column of amounts
        if table.rows:
            assert table.totals is not None
            assert table.totals[3].value == sum(measured)
        else:
            assert measured == []


def test_each_amount_of_the_table_stands_in_the_picture() -> None:
    picture = draw_flows(typical_flows(), "money", WRITING)

    words = list_words(picture.wide)
    for row in picture.table.rows:
        assert row[3].text in words


def test_each_side_of_the_narrow_picture_adds_up_the_table_by_organisation() -> None:
    picture = draw_flows(typical_flows(), "money", WRITING)

    words = list_words(picture.narrow)
    for column in (0, 2):
        for organisation in {row[column].value for row in picture.table.rows}:
            total = sum(row[3].value for row in picture.table.rows if row[column].value == organisation)  # type: ignore[misc]  # cents
            assert WRITING.money(total, "EUR") in words


def test_bands_are_as_high_as_their_amounts() -> None:
    flows = some_flows(a_flow(quantity=Decimal(300)), a_flow(agreement="a-2", receiver="o-bioeng", quantity=Decimal(100)))

    root = parse(str(draw_flows(flows, "TNE", WRITING).wide))

    nodes = [one for one in root.iter() if "pic-node" in one.attrib.get("class", "") and one.attrib.get("width") == "10"]
    heights = {(one.attrib["x"], float(one.attrib["height"])) for one in nodes if "pic-material" in one.attrib["class"]}
    assert sorted(height for x, height in heights if x == "392") == pytest.approx([42.5, 127.5], abs=0.2)


def test_a_band_against_the_price_is_dashed_and_said_to_be() -> None:
    picture = draw_flows(typical_flows(), "money", WRITING)

    assert str(picture.wide).count("pic-turned") == 2
    assert any("run the other way" in note for note in picture.notes)
    assert "-26,376.00 EUR" in list_words(picture.wide)


def test_many_flows_are_folded_into_one_of_their_kind_without_losing_an_amount() -> None:
    many = [a_flow(agreement=f"a-{number}", quantity=Decimal(number)) for number in range(1, 101)]

    picture = draw_flows(some_flows(*many), "TNE", WRITING)

    assert len(picture.table.rows) <= DRAWN
    assert sum(picture.table.list_values(3)) == 5050  # type: ignore[arg-type]  # amounts


def test_sums_over_others_are_named_so() -> None:
    picture = draw_flows(typical_flows(), "TNE", WRITING)

    assert "Others, together" in list_words(picture.wide)
    assert any("at least three organisations" in note for note in picture.notes)


def test_a_period_that_still_runs_and_sums_that_are_withheld_are_said() -> None:
    flows = replace(typical_flows(), running=("2025-03",), withheld=True)

    notes = draw_flows(flows, "TNE", WRITING).notes

    assert any("Not closed yet" in note for note in notes)
    assert any("left out" in note for note in notes)


def test_the_longest_amounts_stay_on_the_sheet() -> None:
    for quantity in ("1000000000000.001", "999999999999999.999999999", "-123456789012.5"):
        picture = draw_flows(some_flows(a_flow(quantity=Decimal(quantity), unit="MTQ")), "MTQ", WRITING)

        check_picture(picture)
        assert f"{Decimal(quantity):,f} m3" in list_words(picture.wide)


def test_a_unit_that_pictures_do_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="picture's unit"):
        draw_flows(typical_flows(), "TON", WRITING)


def test_a_picture_without_flows_says_so() -> None:
    picture = draw_flows(some_flows(), "TNE", WRITING)

    assert list_words(picture.wide) == ["Nothing was measured in this unit."]
    assert picture.description == "Nothing was measured in this unit."


def test_the_description_names_the_widest_band() -> None:
    flow: Flow = a_flow(quantity=Decimal(9), receiver="o-bioeng")

    words = draw_flows(some_flows(flow, a_flow(agreement="a-2", quantity=Decimal(3))), "TNE", WRITING).description

    assert "The widest: FGD gypsum from Power station to Bioenergy, 9 t." in words
