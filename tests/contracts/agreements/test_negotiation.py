"""Any order of offers, answers and signatures: the log takes just what a simple model of the negotiation allows."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contracts.agreements.facts import AgreementDeclined, AgreementWithdrawn
from contracts.agreements.tables import AgreementState
from contracts.facts import Role
from ledger.outcome import Receipt
from tests.contracts.agreements.building import OFFICE, a_counter, a_signature, admit_parties, an_offer, publish_templates, see_agreement
from tests.network import TestNetwork

SPEAKERS = ("powerco", "plasterco", "plasterco/second", "cementco")
PARTIES = ("powerco", "plasterco")


class Negotiation(RuleBasedStateMachine):
    """Powerco and plasterco negotiate; of plasterco two persons sign, and both before powerco. Cementco is no party."""

    network: TestNetwork  #: one for all runs: each run takes a new agreement
    runs = 0

    @initialize()
    def offer_first(self) -> None:
        """Let powerco make the first offer."""
        type(self).runs += 1
        self.agreement = f"n-{self.runs}"
        signatories: list[Any] = [
            {"organisation": self.network.id(name), "role": OFFICE, "order": order, "limit": None, "joint": joint}
            for name, order, joint in (("powerco", 2, 1), ("plasterco", 1, 2))
        ]
        offer = an_offer(self.network, self.agreement, contract_no=self.agreement, signatories=signatories)
        self.hashes = [self.network.accept(offer, by="powerco").statement_hash]
        self.owner = "powerco"
        self.signed: set[str] = set()  #: speakers
        self.state = AgreementState.OFFERED

    def expect(self, fact: object, by: str, refs: list[str], *, allowed: bool) -> Receipt | None:
        """Say a fact and hold the log's answer against the model's."""
        outcome = self.network.say(fact, by=by, refs=refs)
        assert isinstance(outcome, Receipt) == allowed, (fact, by, outcome)
        return outcome if isinstance(outcome, Receipt) else None

    @property
    def is_open(self) -> bool:
        """Whether an offer stands."""
        return self.state is AgreementState.OFFERED

    @rule(by=st.sampled_from(SPEAKERS), back=st.integers(0, 2), price=st.integers(1, 99))
    def counter(self, by: str, back: int, price: int) -> None:
        """Answer an offer, the standing one or an older one, with another."""
        place = max(len(self.hashes) - 1 - back, 0)
        party = by.partition("/")[0]
        allowed = self.is_open and party in PARTIES and party != self.owner and place == len(self.hashes) - 1
        receipt = self.expect(a_counter(self.network, self.agreement, base_price=f"{price}.10"), by, [self.hashes[place]], allowed=allowed)
        if receipt is not None:
            self.hashes.append(receipt.statement_hash)
            self.owner, self.signed = party, set()

    @rule(by=st.sampled_from(SPEAKERS), back=st.sampled_from([0, 0, 0, 1]))
    def sign(self, by: str, back: int) -> None:
        """Sign an offer, mostly the standing one."""
        place = max(len(self.hashes) - 1 - back, 0)
        first_two = {"plasterco", "plasterco/second"} <= self.signed
        in_turn = first_two if by == "powerco" else by in ("plasterco", "plasterco/second")
        allowed = self.is_open and place == len(self.hashes) - 1 and in_turn and by not in self.signed
        if self.expect(a_signature(self.agreement), by, [self.hashes[place]], allowed=allowed) is not None:
            self.signed.add(by)
            if by == "powerco":
                self.state = AgreementState.IN_FORCE

    @rule(by=st.sampled_from(SPEAKERS), sure=st.integers(0, 3))
    def decline(self, by: str, sure: int) -> None:
        """Decline, seldom."""
        party = by.partition("/")[0]
        has_signed = any(one.partition("/")[0] == party for one in self.signed)
        allowed = self.is_open and party in PARTIES and party != self.owner and not has_signed
        if allowed and sure:
            return
        if self.expect(AgreementDeclined(self.agreement, "no"), by, [], allowed=allowed) is not None:
            self.state = AgreementState.DECLINED

    @rule(by=st.sampled_from(SPEAKERS), sure=st.integers(0, 3))
    def withdraw(self, by: str, sure: int) -> None:
        """Withdraw, seldom."""
        allowed = self.is_open and by.partition("/")[0] == self.owner
        if allowed and sure:
            return
        if self.expect(AgreementWithdrawn(self.agreement, "no"), by, [], allowed=allowed) is not None:
            self.state = AgreementState.WITHDRAWN

    @invariant()
    def the_table_says_what_the_model_says(self) -> None:
        """Compare the folded agreement with the model."""
        if not hasattr(self, "agreement"):
            return
        found = see_agreement(self.network, self.agreement)
        assert (found.state, found.version) == (self.state, len(self.hashes))
        assert found.offer_hash == self.hashes[-1]
        assert found.offered_by == self.network.id(self.owner)
        assert found.was_signed == (self.state is AgreementState.IN_FORCE)


def test_a_negotiation_in_any_order_follows_the_model(network: TestNetwork) -> None:
    publish_templates(network)
    admit_parties(network, "powerco", "plasterco", "cementco")
    network.enrol("plasterco/second", [Role.SIGNATORY])

    class OnThisNetwork(Negotiation):
        """The negotiation on this test's database."""

    OnThisNetwork.network = network
    run_state_machine_as_test(
        OnThisNetwork,
        settings=settings(max_examples=20, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)),
    )
