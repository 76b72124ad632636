"""Verdicts from results and limits: decision rules, detection limits, gaps, and the price of off-spec goods."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.certificates.conformity import (
    DecisionRule,
    Disposition,
    Outcome,
    ResultRow,
    SpecRow,
    check_specification,
    judge_goods,
    judge_row,
    parse_measured,
    price_off_spec,
)
from contracts.certificates.facts import Verdict
from contracts.errors import Invalid

SIMPLE, GUARDED = DecisionRule.SIMPLE, DecisionRule.GUARDED
PRICE = Decimal("12.40")


def a_row(**changes: str | None) -> SpecRow:
    """Free moisture of gypsum: at most 10 %, refused above 12 %, 0.15 off per started 0.1."""
    figures = {"maximum": "10.0", "reject_maximum": "12", "step": "0.1", "step_price": "0.15"} | changes
    numbers = {name: None if text is None else Decimal(text) for name, text in figures.items()}
    return SpecRow(parameter="free moisture", unit="P1", **numbers)  # type: ignore[arg-type]  # names of the row


def a_result(value: str, uncertainty: str | None = None, unit: str = "P1", method: str = "") -> ResultRow:
    return ResultRow("free moisture", parse_measured(value), unit, method, None if uncertainty is None else Decimal(uncertainty))


@pytest.mark.parametrize(
    ("value", "uncertainty", "rule", "outcome"),
    [
        ("10.0", None, SIMPLE, Outcome.CONFORM),
        ("10.1", None, SIMPLE, Outcome.NONCONFORM),
        ("10.000000000001", None, SIMPLE, Outcome.NONCONFORM),
        ("9.9", "0.2", SIMPLE, Outcome.CONFORM),
        ("9.8", "0.2", GUARDED, Outcome.CONFORM),
        ("9.9", "0.2", GUARDED, Outcome.NOT_DECIDABLE),
        ("10.2", "0.2", GUARDED, Outcome.NOT_DECIDABLE),
        ("10.3", "0.2", GUARDED, Outcome.NONCONFORM),
        ("9.8", None, GUARDED, Outcome.NOT_DECIDABLE),
        ("<0.05", None, SIMPLE, Outcome.CONFORM),
        ("<10.0", None, SIMPLE, Outcome.CONFORM),
        ("<11", None, SIMPLE, Outcome.NOT_DECIDABLE),
        (">10.0", None, SIMPLE, Outcome.NONCONFORM),
        (">9", None, SIMPLE, Outcome.NOT_DECIDABLE),
    ],
)
def test_a_maximum_is_judged_by_the_rule(value: str, uncertainty: str | None, rule: DecisionRule, outcome: Outcome) -> None:
    assert judge_row(a_row(), [a_result(value, uncertainty)], rule).outcome is outcome


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("95", Outcome.CONFORM),
        ("94.9", Outcome.NONCONFORM),
        ("<95", Outcome.NONCONFORM),
        ("<96", Outcome.NOT_DECIDABLE),
        (">95", Outcome.CONFORM),
    ],
)
def test_a_minimum_is_judged(value: str, outcome: Outcome) -> None:
    purity = a_row(maximum=None, reject_maximum=None, minimum="95")

    assert judge_row(purity, [a_result(value)], SIMPLE).outcome is outcome


def test_the_uncertainty_of_the_agreement_serves_where_the_result_states_none() -> None:
    row = a_row(uncertainty="0.2")

    assert judge_row(row, [a_result("9.9")], GUARDED).outcome is Outcome.NOT_DECIDABLE
    assert judge_row(row, [a_result("9.9", "0.05")], GUARDED).outcome is Outcome.CONFORM


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (a_result("8", method="EN 13454-2"), Outcome.CONFORM),
        (a_result("8", method="EN 13454-2", unit="GP"), Outcome.NOT_DECIDABLE),
        (a_result("8", method="ISO 760"), Outcome.NOT_DECIDABLE),
        (a_result("8"), Outcome.NOT_DECIDABLE),
    ],
)
def test_a_result_in_another_unit_or_by_another_method_is_not_decidable(result: ResultRow, outcome: Outcome) -> None:
    row = SpecRow("free moisture", "P1", method="EN 13454-2", maximum=Decimal(10))

    assert judge_row(row, [result], SIMPLE).outcome is outcome


def test_of_two_results_for_one_parameter_the_worse_counts() -> None:
    assert judge_row(a_row(), [a_result("9"), a_result("11")], SIMPLE).outcome is Outcome.NONCONFORM


def test_a_missing_result_leaves_the_goods_undecided() -> None:
    verdict = judge_row(a_row(), [], SIMPLE)

    assert verdict.outcome is Outcome.MISSING
    assert judge_goods([Outcome.CONFORM, verdict.outcome]) is Verdict.UNDECIDED


def test_one_nonconform_row_makes_the_goods_nonconform_whatever_is_missing() -> None:
    assert judge_goods([Outcome.CONFORM, Outcome.MISSING, Outcome.NONCONFORM]) is Verdict.NONCONFORM


def test_no_rows_give_no_verdict() -> None:
    assert judge_goods([]) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("value", "disposition", "discount"),
    [
        ("10.0", Disposition.ACCEPT, "0"),
        ("10.01", Disposition.DISCOUNT, "0.15"),
        ("10.1", Disposition.DISCOUNT, "0.15"),
        ("10.11", Disposition.DISCOUNT, "0.30"),
        ("11.35", Disposition.DISCOUNT, "2.10"),
        ("12", Disposition.DISCOUNT, "3.00"),
        ("12.01", Disposition.REFUSE, "0"),
    ],
)
def test_each_started_step_above_the_maximum_costs_its_price(value: str, disposition: Disposition, discount: str) -> None:
    answer = price_off_spec([a_row()], [a_result(value)], SIMPLE, PRICE)

    assert (answer.disposition, answer.discount) == (disposition, Decimal(discount))


def test_steps_below_a_minimum_are_counted_too() -> None:
    purity = a_row(maximum=None, reject_maximum=None, minimum="95", step="0.5", step_price="0.20")

    assert price_off_spec([purity], [a_result("93.9")], SIMPLE, PRICE).discount == Decimal("0.60")


@pytest.mark.parametrize(("price", "discount"), [("2.00", "2.00"), ("0", "0"), ("-20", "3.00"), ("-1", "1")])
def test_a_discount_is_capped_at_the_amount_of_the_price(price: str, discount: str) -> None:
    assert price_off_spec([a_row()], [a_result("12")], SIMPLE, Decimal(price)).discount == Decimal(discount)


def test_the_sum_of_all_rows_is_capped_too() -> None:
    rows = [a_row(), SpecRow("chloride", "NA", maximum=Decimal(100), step=Decimal(10), step_price=Decimal(10))]
    results = [a_result("12"), ResultRow("chloride", parse_measured("110"), "NA")]

    answer = price_off_spec(rows, results, SIMPLE, PRICE)

    assert answer.discount == PRICE
    assert answer.lines == (("free moisture", 20, Decimal("3.00")), ("chloride", 1, Decimal(10)))


def test_off_spec_goods_without_an_agreed_step_are_left_to_the_agreements_rule() -> None:
    row = a_row(step=None, step_price=None)

    assert price_off_spec([row], [a_result("11")], SIMPLE, PRICE).disposition is Disposition.OFF_SPEC


def test_a_row_with_a_reject_limit_alone_knows_no_discount() -> None:
    mercury = SpecRow("free moisture", "P1", reject_maximum=Decimal(1))

    assert price_off_spec([mercury], [a_result("1.0")], SIMPLE, PRICE).disposition is Disposition.ACCEPT
    assert price_off_spec([mercury], [a_result("1.1")], SIMPLE, PRICE).disposition is Disposition.REFUSE


def test_goods_that_nobody_can_decide_about_cost_nothing_yet() -> None:
    answer = price_off_spec([a_row()], [a_result("10.1", "0.2")], GUARDED, PRICE)

    assert (answer.disposition, answer.discount) == (Disposition.UNDECIDED, Decimal(0))


@pytest.mark.parametrize("text", ["", "abc", "1,5", "1e3", "NaN", "<", "< <1", "0x1", "01", ".5", "5.", "1" * 16, "1" * 100_000, "١"])
def test_a_text_that_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_measured(text)


@pytest.mark.parametrize("text", ["8.4", "-0.2", "<0.05", ">2000", "0", "8.400"])
def test_a_value_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_measured(text)) == text


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (a_row(maximum=None, reject_maximum=None), "no-limit"),
        (a_row(minimum="11"), "limits-out-of-order"),
        (a_row(reject_maximum="9"), "limits-out-of-order"),
        (a_row(step_price=None), "half-a-step"),
        (a_row(step="0"), "not-positive"),
        (a_row(step_price="-0.15"), "negative"),
        (a_row(uncertainty="-1"), "negative"),
        (a_row(maximum="NaN"), "not-a-value"),
        (a_row(step="sNaN"), "not-positive"),
    ],
)
def test_a_faulty_specification_row_is_named(row: SpecRow, code: str) -> None:
    assert code in {finding.code for finding in check_specification([row])}


def test_twins_in_a_specification_are_named_and_a_good_one_passes() -> None:
    assert not check_specification([a_row()])
    assert [finding.code for finding in check_specification([a_row(), a_row()])] == ["not-unique", "not-unique"]


@given(st.decimals("0", "20", places=3), st.decimals("0", "3", places=3))
def test_what_the_guarded_rule_decides_the_simple_rule_decides_alike(value: Decimal, margin: Decimal) -> None:
    result = a_result(f"{value:f}", f"{margin:f}")

    guarded = judge_row(a_row(), [result], GUARDED).outcome
    simple = judge_row(a_row(), [result], SIMPLE).outcome

    assert guarded in {simple, Outcome.NOT_DECIDABLE}


@given(st.decimals("10.001", "12", places=3))
def test_a_discount_never_falls_when_the_value_rises(value: Decimal) -> None:
    lower = price_off_spec([a_row()], [a_result(f"{value - Decimal('0.001'):f}")], SIMPLE, PRICE)
    higher = price_off_spec([a_row()], [a_result(f"{value:f}")], SIMPLE, PRICE)

    assert lower.discount <= higher.discount
