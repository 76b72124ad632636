"""Two months played with everything that makes amounts: tiers, quality, corrections, a split, a shared pipe, a dissent, payments."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.facts import Role
from contracts.governance.facts import Choice, Interest, InterestDeclared, ReviewOpened, VoteCast
from contracts.parties.facts import GrantGiven, GrantScope, OrganisationKind
from contracts.savings.facts import CostItem, CostsReported
from contracts.settlement.facts import PaymentConfirmed
from contracts.views.sight import Reader, Sight, find_sight
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import admit_lab, draft, some_results
from tests.contracts.settlement.closing import SERVICE, WET, adopt, close, draft_statements, hand_over, propose, trade
from tests.network import OPERATOR, TestNetwork

MARCH = datetime(2025, 3, 3, 8, tzinfo=UTC)
TIERS: dict[str, Any] = {
    "price_model": "tiered",
    "base_price": None,
    "price_tiers": [{"from": "0", "to": "10", "price": "12.40"}, {"from": "10", "to": None, "price": "10.00"}],
    "tier_mode": "marginal",
    "benefit_rule": "midpoint",
}


def play_january(network: TestNetwork) -> None:
    """Trade through January with tiers, a discount and a load paid nothing, and settle it; plasterco votes against."""
    trade(network)
    admit_lab(network)
    agree(network, "a-tier", **{**WET, **TIERS, "contract_no": "C-3"})
    hand_over(network, "d-4", "a-tier", "8.00")
    hand_over(network, "d-5", "a-tier", "4.00")
    moist, soaked = some_results(moisture="10.35"), some_results(moisture="12.5")
    network.accept(draft(network, "c-2", moist, deliveries=("d-2",), agreement="a-pool"), by="lab")
    network.accept(draft(network, "c-3", soaked, deliveries=("d-5",), agreement="a-tier"), by="lab")
    network.accept(CostsReported("r-2", "a-split", "2025-01", (CostItem("pumping", 777), CostItem("heating", 1_234))), by="powerco")
    close(network)
    adopt(network, *propose(network), against=("plasterco",))
    state(network, "2025-01")


def state(network: TestNetwork, period: str) -> None:
    """State a period's accounts."""
    for account in draft_statements(network, period):
        network.accept(account, by=SERVICE)


def play_february(network: TestNetwork) -> None:
    """Price January's loads anew by quality, trade on, and settle February by the rule of equal parts."""
    network.accept(draft(network, "c-1", some_results(moisture="10.35"), deliveries=("d-1",), agreement="a-pool"), by="lab")
    hand_over(network, "d-6", "a-pool", "30.50")
    close(network, "2025-02", MARCH)
    adopt(network, *propose(network, "equal", "2025-02"))
    state(network, "2025-02")


def confirm_first(network: TestNetwork, by: str = "powerco") -> PaymentConfirmed:
    """Confirm the first payment that is due to a member."""
    account = next(one for one in draft_statements(network) if one.organisation == network.id(by))
    due = next(one for one in account.payments if one.amount > 0)
    fact = PaymentConfirmed("p-1", account.account, due.counterparty, due.amount, date(2025, 2, 5))
    network.accept(fact, by=by)
    return fact


def admit_readers(network: TestNetwork) -> None:
    """Admit two auditors with grants, one of them to sealed figures, and a member that has no part in anything."""
    network.admit("outsider")
    for name, sealed in (("auditco", True), ("lookers", False)):
        network.admit(name, kind=OrganisationKind.AUDITOR, roles=[Role.AUDITOR])
        fact = GrantGiven(f"g-{name}", network.id(name), GrantScope.NETWORK, None, sealed, date(2026, 12, 31), "the yearly audit")
        network.accept(fact, by=OPERATOR)


def open_review(network: TestNetwork) -> None:
    """Propose February anew by the Shapley value and open its review: one seat is for it, one recused, one has only declared."""
    fact, receipt = propose(network, "shapley", "2025-02")
    closes = network.clock.now() + timedelta(days=3)
    question = "Shall what the pool saved in February be shared anew, by the Shapley value?"
    opened = ReviewOpened("rv-open", f"allocation:{fact.allocation}", receipt.index, receipt.statement_hash, question, closes)
    network.accept(opened, by="powerco")
    for name, interest in (("powerco", Interest.GENERAL), ("plasterco", Interest.GENERAL), ("pharma", Interest.SPECIFIC)):
        network.accept(InterestDeclared("rv-open", interest, None), by=name)
    network.accept(VoteCast("rv-open", Choice.FOR, "the rule that we know"), by="powerco")


def play_whole(network: TestNetwork) -> None:
    """Play both months, a confirmed payment, an open review, and readers of all kinds."""
    play_january(network)
    confirm_first(network)
    play_february(network)
    open_review(network)
    admit_readers(network)


def look(network: TestNetwork, connection: Any, by: str, *roles: Role) -> Sight:
    """Open a member's sight."""
    reader = Reader(network.id(by), network.holder(by), frozenset(role.value for role in roles))
    return find_sight(connection, network.log_id, reader, network.clock.now())
