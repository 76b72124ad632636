"""Saving lines: prices cancel between parties, months add up to years, late settlements become true-ups."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.period import Period
from contracts.savings.facts import LineCause, SavingLine
from contracts.savings.rules import Exchange, Handover, PeriodInputs, charge_users, compute_lines, price_handover, sum_savings
from contracts.templates.terms import Terms
from ledger.canonical import JSON

SUPPLIER, RECEIVER, OTHER = "o-supply", "o-receiv", "o-second"
GYPSUM: dict[str, JSON] = {
    "currency": "EUR",
    "quantity_unit": "TNE",
    "price_model": "fixed",
    "base_price": "12.40",
    "baseline_supplier_cost": "38.00",
    "baseline_receiver_cost": "22.00",
    "benefit_rule": "network_pool",
}
PIPE: dict[str, JSON] = {
    "currency": "EUR",
    "quantity_unit": "MTQ",
    "fixed_cost": 48_000_001,
    "variable_cost": "0.12",
    "fixed_key": "capacity_share",
    "shares": [
        {"organisation": RECEIVER, "capacity_share": "40", "vote": 1},
        {"organisation": OTHER, "capacity_share": "35", "vote": 1},
    ],
    "stand_alone_cost": [{"organisation": RECEIVER, "cost": 36_000_000}, {"organisation": OTHER, "cost": 30_000_000}],
}


def a_handover(**changes: object) -> Handover:
    one = Handover(
        "d-1", "a-gypsum", RECEIVER, "2025-03", Decimal("23.230"), "TNE", Decimal(0), refused_price=False, taken_before=Decimal(0)
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # changes carry the names of the fields


def the_inputs(*handovers: Handover, costs: dict[tuple[str, str], int] | None = None, shared: bool = False) -> PeriodInputs:
    gypsum = Exchange("a-gypsum", Terms(GYPSUM), SUPPLIER, (RECEIVER,), shared=False)
    pipe = Exchange("a-pipe", Terms(PIPE), SUPPLIER, (RECEIVER, OTHER), shared=True)
    exchanges = (gypsum, pipe) if shared else (gypsum,)
    return PeriodInputs("2025-03", "EUR", exchanges, handovers, costs or {}, (), frozenset(one.agreement for one in exchanges))


def find_line(lines: tuple[SavingLine, ...], organisation: str, agreement: str = "a-gypsum") -> SavingLine:
    return next(line for line in lines if (line.organisation, line.agreement) == (organisation, agreement))


def test_a_load_saves_the_supplier_disposal_and_the_receiver_the_purchase() -> None:
    lines = compute_lines(the_inputs(a_handover()))

    supplier, receiver = find_line(lines, SUPPLIER), find_line(lines, RECEIVER)
    assert (supplier.baseline, supplier.price, supplier.saving) == (88274, 28805, 88274 + 28805)
    assert (receiver.baseline, receiver.price, receiver.saving) == (51106, -28805, 51106 - 28805)


def test_reported_costs_lower_the_saving_of_who_reported_them() -> None:
    plain = compute_lines(the_inputs(a_handover()))

    lines = compute_lines(the_inputs(a_handover(), costs={("a-gypsum", RECEIVER): 1_500}))

    assert find_line(lines, RECEIVER).saving == find_line(plain, RECEIVER).saving - 1_500
    assert find_line(lines, SUPPLIER) == find_line(plain, SUPPLIER)


def test_what_is_settled_after_the_close_becomes_a_true_up_of_its_own_period() -> None:
    late = a_handover(delivery="d-2", of_period="2025-02")

    lines = compute_lines(the_inputs(a_handover(), late))

    assert {(line.cause, line.of_period) for line in lines} == {(LineCause.CURRENT, "2025-03"), (LineCause.TRUE_UP, "2025-02")}


def test_a_reversal_and_its_replacement_leave_the_replacement() -> None:
    original, reversal = a_handover(), a_handover(delivery="d-1.reversal", quantity=Decimal("-23.230"))
    replacement = a_handover(delivery="d-1.replacement", quantity=Decimal("20.000"))

    corrected = compute_lines(the_inputs(original, reversal, replacement))

    alone = compute_lines(the_inputs(replacement))
    assert [(line.price, line.baseline, line.saving) for line in corrected] == [(line.price, line.baseline, line.saving) for line in alone]


def test_quality_lowers_a_price_and_a_refused_load_costs_nothing() -> None:
    terms = Terms(GYPSUM)

    discounted = price_handover(terms, a_handover(adjustment=Decimal("-0.45")), "EUR")
    refused = price_handover(terms, a_handover(refused_price=True), "EUR")

    assert (discounted, refused) == (28805 - 1045, 0)


@given(quantities=st.lists(st.decimals("-50", "50", places=3), max_size=8), cost=st.integers(0, 10_000))
def test_the_sum_of_savings_is_baselines_less_costs_whatever_the_price(quantities: list[Decimal], cost: int) -> None:
    handovers = [a_handover(delivery=f"d-{number}", quantity=quantity) for number, quantity in enumerate(quantities)]

    lines = compute_lines(the_inputs(*handovers, costs={("a-gypsum", SUPPLIER): cost}, shared=True))

    assert sum(line.price for line in lines) == 0
    assert sum(line.saving for line in lines) == sum(line.baseline - line.cost for line in lines)


def test_users_pay_the_operator_just_what_the_asset_cost() -> None:
    used = {"d-8": (RECEIVER, Decimal(1000)), "d-9": (OTHER, Decimal(500))}
    handovers = [
        a_handover(delivery=name, agreement="a-pipe", receiver=user, quantity=quantity, unit="MTQ")
        for name, (user, quantity) in used.items()
    ]

    lines = compute_lines(the_inputs(*handovers, shared=True))

    operating = find_line(lines, SUPPLIER, "a-pipe")
    users = [find_line(lines, user, "a-pipe") for user in (RECEIVER, OTHER)]
    assert (
        operating.price == operating.cost == -sum(line.price for line in users) == Period("2025-03").take_part(48_000_001) + 12_000 + 6_000
    )
    assert operating.saving == 0
    assert [line.baseline for line in users] == [3_000_000, 2_500_000]


def test_the_metered_key_divides_the_fixed_cost_by_use() -> None:
    terms = Terms({**PIPE, "fixed_key": "metered_use", "variable_cost": "0"})

    charges = charge_users(terms, "2025-03", {RECEIVER: Decimal(300), OTHER: Decimal(100)}, fixed=True, currency="EUR")

    assert charges == {RECEIVER: 3_000_000, OTHER: 1_000_000}


@given(yearly=st.integers(-(10**9), 10**12))
def test_twelve_months_add_up_to_the_year(yearly: int) -> None:
    parts = [Period(f"2025-{month:02d}").take_part(yearly) for month in range(1, 13)]

    assert sum(parts) == yearly
    assert max(parts) - min(parts) <= 1


def test_savings_are_summed_over_the_pool_only() -> None:
    lines = compute_lines(the_inputs(a_handover(), shared=True))

    assert sum_savings(lines, frozenset({"a-gypsum"})) == {SUPPLIER: 117079, RECEIVER: 22301}


def test_keys_that_weigh_nobody_leave_equal_parts() -> None:
    terms = Terms({**PIPE, "fixed_key": "metered_use", "shares": [], "variable_cost": "0"})

    charges = charge_users(terms, "2025-03", {RECEIVER: Decimal(0), OTHER: Decimal(0)}, fixed=True, currency="EUR")

    assert charges == {RECEIVER: 2_000_000, OTHER: 2_000_000}
