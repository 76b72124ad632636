"""A network that traded through January 2025, for tests of closes, allocations and accounts; and the way to an adopted allocation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.allocation.facts import AllocationProposed
from contracts.allocation.service import draft_allocation
from contracts.facts import Role
from contracts.governance.facts import Choice, Interest, InterestDeclared, ReviewOpened, RulebookAdopted, VoteCast
from contracts.governance.rulebook import hash_rules
from contracts.governance.service import draft_resolution
from contracts.savings.facts import CostItem, CostsReported, PeriodClosed
from contracts.savings.service import draft_period
from contracts.settlement.facts import AccountStated
from contracts.settlement.service import draft_accounts
from ledger.canonical import JSON
from ledger.outcome import Receipt
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import a_dispatch, a_receipt
from tests.network import OPERATOR, TestNetwork

WET: dict[str, Any] = {"invoice_mass": "wet", "moisture_reference": None, "permits": None, "asset": None}
RULES: dict[str, JSON] = {
    "quorum_percent": 50,
    "majority": "simple",
    "tie": "rejects",
    "allocation_rule": "shapley",
    "fee_permille": 10,
    "reserve_permille": 5,
    "review_days": 0,
}
SERVICE = f"{OPERATOR}/service"
BOARD = ("powerco", "plasterco", "pharma")
FEBRUARY = datetime(2025, 2, 3, 8, tzinfo=UTC)


def trade(network: TestNetwork) -> None:
    """Bring a pool agreement, a split one and a shared pipe into force, hand over three loads and report a cost."""
    for name in BOARD:
        network.admit(name, roles=[Role.BOARD])
    network.accept(RulebookAdopted("first", hash_rules(RULES), RULES), by=OPERATOR)
    agree(network, "a-pool", **{**WET, "contract_no": "C-1"})
    split: dict[str, Any] = {**WET, "contract_no": "C-2", "benefit_rule": "fixed_split", "supplier_share": "30"}
    agree(network, "a-split", parties=("powerco", "pharma"), **split)
    agree(network, "a-pipe", "shared-infrastructure@1", parties=("powerco", "plasterco", "pharma"))
    hand_over(network, "d-1", "a-pool", "25.36")
    hand_over(network, "d-2", "a-pool", "20.00")
    hand_over(network, "d-3", "a-split", "10.00", receiver="pharma")
    network.accept(CostsReported("r-1", "a-pool", "2025-01", (CostItem("drying", 12_345),)), by="plasterco")


def hand_over(network: TestNetwork, delivery: str, agreement: str, quantity: str, *, receiver: str = "plasterco") -> None:
    """Dispatch and receive a load, both sides with the same figure."""
    at = network.clock.now()
    amount = Decimal(quantity)
    load = a_dispatch(
        delivery=delivery, agreement=agreement, quantity=amount, gross=None, tare=None, ticket=f"T-{delivery}", dispatched_at=at
    )
    network.accept(load, by="powerco")
    network.clock.advance(timedelta(hours=1))
    network.accept(a_receipt(delivery=delivery, quantity=amount, received_at=network.clock.now(), moisture=None), by=receiver)


def draft_close(network: TestNetwork, period: str = "2025-01") -> PeriodClosed:
    """Draft the close of a period as the log stands."""
    with network.connect() as connection:
        return draft_period(connection, network.log_id, period, read_size(network))


def read_size(network: TestNetwork) -> int:
    """Read the log's size."""
    head = network.log.read_head()
    assert head is not None
    return head.size


def close(network: TestNetwork, period: str = "2025-01", at: datetime = FEBRUARY) -> PeriodClosed:
    """Let the period end and close it."""
    network.clock.set_to(max(at, network.clock.now()))
    fact = draft_close(network, period)
    network.accept(fact, by=SERVICE)
    return fact


def propose(network: TestNetwork, rule: str = "shapley", period: str = "2025-01") -> tuple[AllocationProposed, Receipt]:
    """Propose an allocation of a closed period."""
    with network.connect() as connection:
        fact = draft_allocation(connection, network.log_id, period, rule, read_size(network))
    return fact, network.accept(fact, by=SERVICE)


def adopt(network: TestNetwork, fact: AllocationProposed, receipt: Receipt, *, against: tuple[str, ...] = ()) -> None:
    """Have the board review a proposal and resolve; those named vote against."""
    review = f"rv-{fact.allocation}"
    closes = network.clock.now() + timedelta(days=1)
    opened = ReviewOpened(review, f"allocation:{fact.allocation}", receipt.index, receipt.statement_hash, "Adopt it?", closes)
    network.accept(opened, by="powerco")
    for name in BOARD:
        network.accept(InterestDeclared(review, Interest.GENERAL, None), by=name)
        no = name in against
        network.accept(VoteCast(review, Choice.AGAINST if no else Choice.FOR, "too little for us" if no else None), by=name)
    network.clock.advance(timedelta(days=2))
    with network.connect() as connection:
        resolution = draft_resolution(connection, network.log_id, review, network.clock.now())
    network.accept(resolution, by="powerco")


def draft_statements(network: TestNetwork, period: str = "2025-01") -> tuple[AccountStated, ...]:
    """Draft the accounts of a period."""
    with network.connect() as connection:
        return draft_accounts(connection, network.log_id, period)


def settle(network: TestNetwork) -> tuple[AccountStated, ...]:
    """Go the whole way from trade to stated accounts."""
    trade(network)
    close(network)
    adopt(network, *propose(network))
    accounts = draft_statements(network)
    for account in accounts:
        network.accept(account, by=SERVICE)
    return accounts


def move_a_cent(account: AccountStated) -> AccountStated:
    """Give one cent more by a line and the total."""
    first = replace(account.lines[0], amount=account.lines[0].amount + 1)
    return replace(account, lines=(first, *account.lines[1:]), total=account.total + 1)
