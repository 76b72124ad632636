"""From deliveries to payments on a real log: closes, allocations and accounts are what the log says, and nothing else is entered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from contracts.deliveries.facts import CorrectionApproved, CorrectionProposed
from contracts.errors import Conflict, NotYet
from contracts.savings.facts import CostItem, CostsReported, LineCause
from contracts.savings.tables import list_counted, list_lines
from contracts.settlement.facts import LineKind, PaymentConfirmed
from tests.contracts.settlement.closing import (
    SERVICE,
    adopt,
    close,
    draft_close,
    draft_statements,
    hand_over,
    move_a_cent,
    propose,
    settle,
    trade,
)
from tests.network import OPERATOR, TestNetwork


def test_accounts_reconcile_to_deliveries_and_sum_to_zero(network: TestNetwork) -> None:
    accounts = {account.organisation: account for account in settle(network)}

    with network.connect() as connection:
        counted = list_counted(connection, network.log_id)
        lines = list_lines(connection, network.log_id, "2025-01")
    assert sum(account.total for account in accounts.values()) == 0
    assert {one.delivery: one.price for one in counted} == {"d-1": 31_446, "d-2": 24_800, "d-3": 12_400}
    priced = {
        (line.agreement, line.amount)
        for line in accounts[network.id("powerco")].lines
        if line.kind is LineKind.PRICE and line.agreement != "a-pipe"
    }
    assert priced == {("a-pool", 31_446 + 24_800), ("a-split", 12_400)}
    cost = next(line.cost for line in lines if (line.agreement, line.organisation) == ("a-pool", network.id("plasterco")))
    assert cost == 12_345
    transfers = [line.amount for account in accounts.values() for line in account.lines if line.kind is LineKind.TRANSFER]
    assert sum(transfers) == 0
    assert any(transfers)
    fees = sum(line.amount for line in accounts[network.operator].lines if line.kind in (LineKind.FEE, LineKind.RESERVE))
    assert fees > 0


def test_a_close_with_a_changed_figure_is_not_entered(network: TestNetwork) -> None:
    trade(network)
    network.clock.set_to(datetime(2025, 2, 3, 8, tzinfo=UTC))
    fact = draft_close(network)
    first = replace(fact.lines[0], saving=fact.lines[0].saving + 1)

    findings = network.refuse_codes(replace(fact, lines=(first, *fact.lines[1:])), by=SERVICE)

    assert findings == {("lines.0.saving", "differs")}


def test_a_close_drafted_before_another_receipt_is_refused_and_drafted_anew(network: TestNetwork) -> None:
    trade(network)
    early = draft_close(network)
    hand_over(network, "d-9", "a-pool", "5.00")
    network.clock.set_to(datetime(2025, 2, 3, 8, tzinfo=UTC))

    assert ("inputs_hash", "differs") in network.refuse_codes(early, by=SERVICE)

    close(network)


def test_a_period_is_closed_after_its_end_once_and_in_order(network: TestNetwork) -> None:
    trade(network)

    assert network.refuse_codes(draft_close(network), by=SERVICE) == {("statement", "not-yet")}

    close(network)
    with pytest.raises(Conflict):
        draft_close(network)
    with pytest.raises(Conflict, match="2025-02 is to be closed first"):
        draft_close(network, "2025-03")


def test_nobody_but_the_service_closes_a_period(network: TestNetwork) -> None:
    trade(network)
    network.clock.set_to(datetime(2025, 2, 3, 8, tzinfo=UTC))

    assert ("statement.kind", "wrong-role") in network.refuse_codes(draft_close(network), by="powerco")


def test_what_is_corrected_after_the_close_becomes_a_true_up_of_the_next(network: TestNetwork) -> None:
    trade(network)
    close(network)
    wrong = CorrectionProposed("d-1", "d-1b", Decimal("24.36"), "the scale was off by a tonne")
    proposal = network.accept(wrong, by="powerco")
    network.accept(CorrectionApproved("d-1", None), by="plasterco", refs=[proposal.statement_hash])

    fact = close(network, "2025-02", datetime(2025, 3, 3, 8, tzinfo=UTC))

    late = [line for line in fact.lines if line.cause is LineCause.TRUE_UP]
    assert {(line.agreement, line.of_period, line.quantity) for line in late} == {("a-pool", "2025-01", Decimal("-1.00"))}
    assert {line.organisation: line.price for line in late} == {network.id("powerco"): -1_240, network.id("plasterco"): 1_240}


def test_costs_are_reported_once_by_a_party_before_the_close(network: TestNetwork) -> None:
    trade(network)
    again = CostsReported("r-2", "a-pool", "2025-01", (CostItem("drying", 1),))

    assert network.refuse_codes(again, by="plasterco") == {("period", "reported")}
    assert network.refuse_codes(again, by="pharma") == {("agreement", "unknown-agreement")}
    negative = replace(again, agreement="a-pipe", items=(CostItem("pumping", -1),))
    assert network.refuse_codes(negative, by="pharma") == {("items.0.amount", "negative")}
    close(network)
    assert ("period", "closed") in network.refuse_codes(replace(again, agreement="a-pipe"), by="pharma")


def test_an_allocation_with_a_moved_cent_is_not_entered(network: TestNetwork) -> None:
    trade(network)
    close(network)
    fact, _ = propose(network)
    taken, given = fact.shares[0], fact.shares[1]
    shares = (
        replace(taken, allocated=taken.allocated + 1, transfer=taken.transfer + 1),
        replace(given, allocated=given.allocated - 1, transfer=given.transfer - 1),
        *fact.shares[2:],
    )

    findings = network.refuse_codes(replace(fact, allocation="2025-01.moved", shares=shares), by=SERVICE)

    assert findings == {(f"shares.{place}.{name}", "differs") for place in (0, 1) for name in ("allocated", "transfer")}


@pytest.mark.parametrize("rule", ["equal", "proportional", "shapley", "nucleolus"])
def test_each_rule_splits_the_same_saving_to_the_cent(network: TestNetwork, rule: str) -> None:
    trade(network)
    closed = close(network)
    pooled = sum(line.saving for line in closed.lines if line.agreement != "a-split")

    fact, _ = propose(network, rule)

    assert sum(share.allocated for share in fact.shares) == pooled
    assert sum(share.transfer for share in fact.shares) == 0


def test_accounts_wait_for_the_board(network: TestNetwork) -> None:
    trade(network)
    close(network)
    fact, receipt = propose(network)

    with pytest.raises(NotYet):
        draft_statements(network)
    adopt(network, fact, receipt, against=("pharma",))

    assert {account.allocation for account in draft_statements(network)} == {fact.allocation}


def test_a_rejected_allocation_settles_nothing(network: TestNetwork) -> None:
    trade(network)
    close(network)
    adopt(network, *propose(network), against=("powerco", "plasterco"))

    with pytest.raises(NotYet):
        draft_statements(network)


def test_an_account_with_a_moved_cent_is_not_entered(network: TestNetwork) -> None:
    trade(network)
    close(network)
    adopt(network, *propose(network))
    account = draft_statements(network)[0]

    findings = network.refuse_codes(move_a_cent(account), by=SERVICE)

    assert findings == {("lines.0", "differs"), ("total", "differs")}


def test_the_payee_confirms_what_its_account_names_and_once(network: TestNetwork) -> None:
    accounts = settle(network)
    payee = next(account for account in accounts if any(payment.amount > 0 for payment in account.payments))
    due = next(payment for payment in payee.payments if payment.amount > 0)
    names = {member.id: name for name, member in network.members.items()}
    paid = PaymentConfirmed("p-1", payee.account, due.counterparty, due.amount, network.clock.now().date())
    by = names[payee.organisation] if payee.organisation != network.operator else OPERATOR

    assert network.refuse_codes(replace(paid, amount=due.amount + 1), by=by) == {("amount", "not-due")}
    assert network.refuse_codes(paid, by=names[due.counterparty]) == {("account", "unknown-account")}
    tomorrow = network.clock.now().date() + timedelta(days=1)
    assert network.refuse_codes(replace(paid, paid_on=tomorrow), by=by) == {("paid_on", "future")}
    network.accept(paid, by=by)
    assert network.refuse_codes(replace(paid, payment="p-2"), by=by) == {("payment", "taken")}


def test_a_report_of_costs_is_bounded_so_that_no_firm_can_stop_a_close(network: TestNetwork) -> None:
    trade(network)
    huge = CostsReported("r-9", "a-pipe", "2025-01", (CostItem("x", 2**53 - 1), CostItem("y", 2**53 - 1)))

    assert network.refuse_codes(huge, by="pharma") == {("items", "too-much")}
    close(network)


def test_costs_of_a_time_that_is_not_the_network_s_are_refused(network: TestNetwork) -> None:
    trade(network)
    report = CostsReported("r-9", "a-pipe", "1999-01", (CostItem("x", 1),))

    assert network.refuse_codes(report, by="pharma") == {("period", "range")}
    assert network.refuse_codes(replace(report, period="2025-02"), by="pharma") == {("period", "range")}


def test_the_first_close_skips_no_month_in_which_something_bound(network: TestNetwork) -> None:
    trade(network)
    network.clock.set_to(datetime(2025, 3, 3, 8, tzinfo=UTC))

    for period in ("2025-02", "9372-08", "2024-12", "0001-01"):
        with pytest.raises(Conflict, match="2025-01 is to be closed first"):
            draft_close(network, period)


def test_all_accounts_of_a_period_rest_on_one_allocation(network: TestNetwork) -> None:
    trade(network)
    close(network)
    first = propose(network)
    adopt(network, *first)
    network.accept(draft_statements(network)[0], by=SERVICE)
    adopt(network, *propose(network, "equal"))

    rest = draft_statements(network)

    assert {account.allocation for account in rest} == {first[0].allocation}
    assert sum(account.total for account in rest) == 0
