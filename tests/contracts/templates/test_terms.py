"""Typed reading of agreed parameters."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.errors import Invalid
from contracts.templates.template import Condition, Operator
from contracts.templates.terms import Terms

TERMS = Terms(
    {
        "base_price": "12.40",
        "initial_term": 60,
        "set_off": True,
        "effective_date": "2026-04-01",
        "meter_ids": ["WB-2"],
        "shares": [{"organisation": "powerco", "vote": 4}],
        "asset": None,
        "take_or_pay": "0",
    }
)


def test_each_type_is_read_as_itself() -> None:
    assert TERMS.decimal("base_price") == Decimal("12.40")
    assert TERMS.integer("initial_term") == 60
    assert TERMS.flag("set_off")
    assert TERMS.day("effective_date") == date(2026, 4, 1)
    assert TERMS.items("meter_ids") == ("WB-2",)
    assert [row.integer("vote") for row in TERMS.rows("shares")] == [4]


def test_absent_and_null_are_one() -> None:
    assert not TERMS.has("asset")
    assert TERMS.text("asset") is TERMS.text("nowhere") is None
    assert TERMS.rows("nowhere") == ()
    assert TERMS.items("nowhere") == ()
    assert not TERMS.flag("nowhere")


def test_what_must_be_there_is_asked_for_by_name() -> None:
    for read in (TERMS.require_text, TERMS.require_decimal, TERMS.require_integer, TERMS.require_day):
        with pytest.raises(Invalid) as refusal:
            read("nowhere")
        assert refusal.value.findings[0].field == "parameters.nowhere"


def test_a_value_of_another_type_is_refused() -> None:
    for read, name in ((TERMS.text, "initial_term"), (TERMS.integer, "set_off"), (TERMS.rows, "base_price")):
        with pytest.raises(Invalid):
            read(name)


@pytest.mark.parametrize(
    ("parameter", "operator", "values", "holds"),
    [
        ("base_price", "given", (), True),
        ("asset", "given", (), False),
        ("asset", "absent", (), True),
        ("initial_term", "in", (60, 72), True),
        ("asset", "in", ("x",), False),
        ("asset", "not_in", ("x",), True),
        ("base_price", "not_in", ("12.40",), False),
        ("base_price", "positive", (), True),
        ("take_or_pay", "positive", (), False),
        ("initial_term", "positive", (), True),
        ("effective_date", "positive", (), False),
    ],
)
def test_conditions_hold_as_written(parameter: str, operator: Operator, values: tuple[str | int, ...], *, holds: bool) -> None:
    assert TERMS.meets(Condition(parameter, operator, values)) is holds


def test_no_condition_at_all_holds() -> None:
    assert Terms({}).meets_all(())
