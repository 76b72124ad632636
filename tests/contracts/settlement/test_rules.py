"""Accounts: totals sum to zero, payments clear them, and each line says from whom."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation.facts import Share
from contracts.savings.facts import LineCause, SavingLine
from contracts.settlement.facts import AccountPayment, LineKind
from contracts.settlement.rules import AccountInputs, SettledAgreement, clear_totals, list_differences, state_accounts

OPERATOR, SUPPLIER, RECEIVER, OTHER = "o-runner", "o-supply", "o-receiv", "o-second"
POOL = SettledAgreement("a-pool", SUPPLIER, shared=False, benefit_rule="network_pool", supplier_share=Decimal(0))
SPLIT = SettledAgreement("a-split", SUPPLIER, shared=False, benefit_rule="fixed_split", supplier_share=Decimal(30))
PIPE = SettledAgreement("a-pipe", OPERATOR, shared=True, benefit_rule="network_pool", supplier_share=Decimal(0))


def a_line(agreement: str, organisation: str, price: int, saving: int) -> SavingLine:
    return SavingLine(agreement, organisation, LineCause.CURRENT, "2025-03", 1, Decimal(1), "TNE", saving - price, 0, price, saving)


def the_inputs(*lines: SavingLine, shares: tuple[Share, ...] = (), fee: int = 0) -> AccountInputs:
    agreements = {one.agreement: one for one in (POOL, SPLIT, PIPE)}
    return AccountInputs("2025-03", OPERATOR, agreements, lines, "al-1" if shares else None, shares, fee, 0, "0" * 64)


def test_a_price_stands_on_both_accounts_with_the_other_side_named() -> None:
    accounts = state_accounts(the_inputs(a_line("a-pool", SUPPLIER, 1_000, 4_000), a_line("a-pool", RECEIVER, -1_000, 2_000)))

    supplier = next(one for one in accounts if one.organisation == SUPPLIER)
    assert [(line.kind, line.counterparty, line.amount) for line in supplier.lines] == [(LineKind.PRICE, RECEIVER, 1_000)]
    assert supplier.payments == (AccountPayment(RECEIVER, 1_000),)


def test_a_fixed_split_brings_the_supplier_to_its_share() -> None:
    lines = a_line("a-split", SUPPLIER, 1_000, 4_000), a_line("a-split", RECEIVER, -1_000, 2_000)

    accounts = {one.organisation: one for one in state_accounts(the_inputs(*lines))}

    moved = [line.amount for line in accounts[SUPPLIER].lines if line.kind is LineKind.SPLIT]
    assert moved == [1_800 - 4_000]
    assert accounts[SUPPLIER].total == 1_000 + 1_800 - 4_000


def test_the_operator_of_a_shared_asset_sees_each_user_by_name() -> None:
    lines = a_line("a-pipe", OPERATOR, 700, 0), a_line("a-pipe", RECEIVER, -400, 600), a_line("a-pipe", OTHER, -300, 200)

    accounts = {one.organisation: one for one in state_accounts(the_inputs(*lines))}

    assert [(line.counterparty, line.amount) for line in accounts[OPERATOR].lines] == [(RECEIVER, 400), (OTHER, 300)]


shares = st.lists(st.integers(-5_000, 9_000), min_size=2, max_size=5)


@given(allocated=shares, fee=st.integers(0, 100))
def test_accounts_of_a_period_sum_to_zero_and_payments_clear_them(allocated: list[int], fee: int) -> None:
    names = [f"o-member{number}" for number in range(len(allocated))]
    savings = allocated[1:] + allocated[:1]
    given_shares = tuple(Share(name, saved, got, got - saved, str(got)) for name, saved, got in zip(names, savings, allocated, strict=True))

    accounts = state_accounts(
        the_inputs(a_line("a-pool", RECEIVER, -50, 0), a_line("a-pool", SUPPLIER, 50, 0), shares=given_shares, fee=fee)
    )

    assert sum(one.total for one in accounts) == 0
    for one in accounts:
        assert one.total == sum(line.amount for line in one.lines) == sum(payment.amount for payment in one.payments)


def test_totals_that_do_not_sum_to_zero_are_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        clear_totals({SUPPLIER: 1, RECEIVER: 0})


def test_a_moved_cent_is_named_with_its_line() -> None:
    computed = state_accounts(the_inputs(a_line("a-pool", SUPPLIER, 1_000, 0), a_line("a-pool", RECEIVER, -1_000, 0)))
    other = state_accounts(the_inputs(a_line("a-pool", SUPPLIER, 1_001, 0), a_line("a-pool", RECEIVER, -1_001, 0)))

    differences = list_differences(other[0], computed)

    assert [field for field, _ in differences] == ["lines.0", "payments", "total"]
    assert "1000" in differences[0][1]
    assert "1001" in differences[0][1]


def test_a_supplier_that_agreed_to_no_share_gets_none() -> None:
    nothing = SettledAgreement("a-split", SUPPLIER, shared=False, benefit_rule="fixed_split", supplier_share=Decimal(0))
    lines = a_line("a-split", SUPPLIER, 1_000, 4_000), a_line("a-split", RECEIVER, -1_000, 2_000)
    inputs = replace(the_inputs(*lines), agreements={"a-split": nothing})

    accounts = {one.organisation: one for one in state_accounts(inputs)}

    assert accounts[SUPPLIER].total == 1_000 - 4_000
