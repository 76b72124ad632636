"""Take-or-pay: the worked four years, and the identity that holds for all years."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.templates.reconciliation import YearTaken, price_deficiency, price_shortfall, reconcile_years
from contracts.templates.terms import Terms
from ledger.canonical import JSON

GYPSUM: dict[str, JSON] = {
    "currency": "EUR",
    "annual_contract_quantity": "60000",
    "up_tolerance": "5",
    "take_or_pay": "85",
    "take_or_pay_price": "100",
    "make_up_years": 2,
    "carry_forward_years": 1,
    "carry_forward_cap": "10",
}
YEARS = st.lists(
    st.builds(YearTaken, st.decimals(0, 90_000, places=3).map(abs), st.decimals(0, 20_000, places=3).map(abs)),
    min_size=1,
    max_size=8,
)


def test_the_worked_years_of_take_or_pay_come_out() -> None:
    terms = Terms(GYPSUM)
    years = [YearTaken(Decimal(taken)) for taken in (46_000, 57_000, 66_000, 45_000)]

    first, second, third, fourth = reconcile_years(terms, years)

    assert first.level == 51_000
    assert first.deficiency == first.make_up_bank == 5_000
    assert price_deficiency(terms, first.deficiency, Decimal("12.40")) == 6_200_000
    assert second.make_up_used == 5_000
    assert second.make_up_bank == 0
    assert second.paid == 52_000
    assert third.excess == 3_000
    assert third.carry_forward_bank == 6_000
    assert fourth.level == 45_000
    assert fourth.deficiency == fourth.carry_forward_bank == 0


@given(years=YEARS, make_up=st.integers(0, 3), carry=st.integers(0, 3))
def test_paid_is_taken_plus_deficiency_less_make_up_in_every_year(years: list[YearTaken], make_up: int, carry: int) -> None:
    terms = Terms(GYPSUM | {"make_up_years": make_up, "carry_forward_years": carry})

    results = reconcile_years(terms, years)

    for year, result in zip(years, results, strict=True):
        assert result.paid == year.taken + result.deficiency - result.make_up_used
        assert result.paid >= result.level
        assert min(result.level, result.deficiency, result.make_up_used, result.make_up_bank, result.carry_forward_bank) >= 0
        assert result.carry_forward_bank <= Decimal("0.1") * result.quantity or carry > 1


@given(years=YEARS, make_up=st.integers(0, 3))
def test_every_deficiency_is_used_expires_or_stays_in_the_bank(years: list[YearTaken], make_up: int) -> None:
    results = reconcile_years(Terms(GYPSUM | {"make_up_years": make_up}), years)

    deficiencies = sum(one.deficiency for one in results)
    assert deficiencies == sum(one.make_up_used + one.make_up_expired for one in results) + results[-1].make_up_bank


def test_make_up_quantity_expires_after_its_years() -> None:
    years = [YearTaken(Decimal(46_000)), YearTaken(Decimal(51_000)), YearTaken(Decimal(51_000)), YearTaken(Decimal(60_000))]

    results = reconcile_years(Terms(GYPSUM), years)

    assert [one.make_up_expired for one in results] == [0, 0, 5_000, 0]
    assert results[3].make_up_used == 0


def test_without_a_make_up_right_what_was_paid_is_gone() -> None:
    (year,) = reconcile_years(Terms(GYPSUM | {"make_up_years": 0}), [YearTaken(Decimal(46_000))])

    assert year.make_up_expired == 5_000
    assert year.make_up_bank == 0


def test_excused_quantity_and_short_years_lower_the_level() -> None:
    terms = Terms(GYPSUM)

    (short,) = reconcile_years(terms, [YearTaken(Decimal(0), days=73, full_days=365)])
    (excused,) = reconcile_years(terms, [YearTaken(Decimal(0), excused=Decimal(10_000))])
    (stopped,) = reconcile_years(terms, [YearTaken(Decimal(0), excused=Decimal(70_000))])

    assert short.level == 10_200
    assert excused.level == 42_500
    assert stopped.level == 0


def test_half_price_for_quantity_not_taken_is_rounded_once() -> None:
    terms = Terms(GYPSUM | {"take_or_pay_price": "50"})

    assert price_deficiency(terms, Decimal("0.001"), Decimal(25)) == 1
    assert price_deficiency(terms, Decimal("0.001"), Decimal(30)) == 2


def test_a_shortfall_of_the_supplier_is_paid_up_to_the_cap() -> None:
    terms = Terms(GYPSUM | {"supply_or_pay": "90", "shortfall_damages": "4.50", "damages_cap": "20"})

    assert price_shortfall(terms, YearTaken(Decimal(53_000)), 74_400_000) == 450_000
    assert price_shortfall(terms, YearTaken(Decimal(54_000)), 74_400_000) == 0
    assert price_shortfall(terms, YearTaken(Decimal(0)), 74_400_000) == 14_880_000
