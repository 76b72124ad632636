"""Deliveries in any order of steps: what was settled never changes, and corrections add up to what stands last."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from contracts.deliveries.delivery import Delivery, DeliveryKind, DeliveryState, SettledBy
from contracts.deliveries.facts import CorrectionProposed, DeliveryResolved
from contracts.deliveries.service import HANDLERS
from contracts.deliveries.tables import list_deliveries, list_settled
from contracts.said import Said
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import (
    LATER,
    a_correction,
    a_dispatch,
    a_dispute,
    a_receipt,
    a_resolution,
    an_approval,
)
from tests.network import TestNetwork

sides = st.sampled_from(["o-powerco", "o-plasterco"])
amounts = st.decimals(min_value=0, max_value=30, places=1)
picks = st.integers(min_value=0, max_value=30)


class Deliveries(RuleBasedStateMachine):
    """Both sides do what they like; every fact that is judged clean is folded."""

    def __init__(self, network: TestNetwork) -> None:
        super().__init__()
        self.log_id = network.log_id
        self.connection = network.engine.connect()
        self.index = 1_000
        self.names: list[str] = []
        self.hashes: list[str] = []
        self.proposals: list[tuple[DeliveryResolved | CorrectionProposed, str, str]] = []
        self.answered = 0
        self.known: tuple[int, list[Delivery]] = (0, [])  #: as read at an index
        self.settled: dict[str, tuple[Decimal, int | None]] = {}

    def teardown(self) -> None:
        self.connection.rollback()
        self.connection.close()

    def say(self, fact: Any, author: str, refs: tuple[str, ...] = ()) -> bool:
        self.index += 1
        said = Said(
            fact=fact,
            log_id=self.log_id,
            index=self.index,
            hash=f"{self.index:064x}",
            id=f"id-{self.index}",
            author=author,
            key="z6Mk",
            holder="h-1",
            roles=frozenset({"operator"}),
            limits={},
            issued_at=LATER,
            received_at=LATER + timedelta(seconds=self.index),
            refs=refs,
        )
        handler = HANDLERS[type(fact)]
        if handler.judge(self.connection, said):
            return False
        handler.fold(self.connection, said)
        self.hashes.append(said.hash)
        if isinstance(fact, (DeliveryResolved, CorrectionProposed)):
            self.proposals.append((fact, author, said.hash))
        return True

    def pick(self, number: int) -> str:
        """Mostly something that stands, now and then something reversed, a reversal, or nothing that is known."""
        rows = self.read()
        standing = [one.delivery for one in rows if one.kind is not DeliveryKind.REVERSAL and one.state is not DeliveryState.REVERSED]
        return standing[number % len(standing)] if number < 25 else [*(one.delivery for one in rows), "d-none"][number % (len(rows) + 1)]

    def pick_ref(self, number: int) -> tuple[str, ...]:
        return (self.hashes[-1 - number % len(self.hashes)],) if self.hashes else ()

    @initialize()
    def begin(self) -> None:
        self.dispatch(Decimal(20))
        self.receive_the_same(0)

    @precondition(lambda self: len(self.names) < 4)  # few of them, so that steps meet
    @rule(quantity=amounts)
    def dispatch(self, quantity: Decimal) -> None:
        name = f"d-{self.index}"
        assert self.say(a_dispatch(delivery=name, ticket=name, quantity=quantity, gross=None, tare=None), "o-powerco")
        self.names.append(name)

    @rule(number=picks, quantity=amounts, refused=amounts)
    def receive(self, number: int, quantity: Decimal, refused: Decimal) -> None:
        refused = min(refused, quantity)
        receipt = a_receipt(delivery=self.pick(number), quantity=quantity)
        self.say(replace(receipt, accepted=quantity - refused, refused=refused, reason="wet" if refused else None), "o-plasterco")

    @rule(number=picks)
    def receive_the_same(self, number: int) -> None:
        known = {one.delivery: one for one in self.read()}.get(self.pick(number))
        if known is not None and known.sent.quantity is not None:
            self.say(a_receipt(delivery=known.delivery, quantity=known.sent.quantity), "o-plasterco")

    @rule(number=picks, side=sides)
    def dispute(self, number: int, side: str) -> None:
        self.say(a_dispute(delivery=self.pick(number)), side)

    @rule(number=picks, side=sides, quantity=st.sampled_from(["1.0", "2.0"]), ref=picks)
    def resolve(self, number: int, side: str, quantity: str, ref: int) -> None:
        self.say(a_resolution(quantity, delivery=self.pick(number)), side, self.pick_ref(ref % 4))

    @rule(number=picks, side=sides)
    def propose(self, number: int, side: str) -> None:
        replacement = f"d-{self.index}"
        self.say(a_correction(delivery=self.pick(number), replacement=replacement, quantity=Decimal(number)), side)

    @rule(number=picks, side=sides, ref=picks)
    def approve(self, number: int, side: str, ref: int) -> None:
        self.say(an_approval(delivery=self.pick(number)), side, self.pick_ref(ref % 4))

    @rule(number=picks, side=sides)
    def correct(self, number: int, side: str) -> None:
        self.propose(number, side)
        self.answer(len(self.proposals) - 1)

    @rule(number=picks, side=sides)
    def contest_and_agree(self, number: int, side: str) -> None:
        self.dispute(number, side)
        self.resolve(number, side, "2.0", 0)
        self.answer(len(self.proposals) - 1)

    @rule(number=picks)
    def answer(self, number: int) -> None:
        """The other side agrees to something that was proposed, and that may have been overtaken."""
        if not self.proposals:
            return
        fact, author, statement = self.proposals[number % len(self.proposals)]
        other = "o-plasterco" if author == "o-powerco" else "o-powerco"
        answer = fact if isinstance(fact, DeliveryResolved) else an_approval(delivery=fact.delivery)
        self.answered += self.say(answer, other, (statement,))

    def read(self) -> list[Delivery]:
        if self.known[0] != self.index:
            self.known = (self.index, list_deliveries(self.connection, self.log_id, limit=1_000))
        return self.known[1]

    @invariant()
    def what_was_settled_never_changes(self) -> None:
        now = {one.delivery: (one.settled, one.settled_entry) for one in self.read() if one.settled is not None}
        assert all(now[name] == before for name, before in self.settled.items())
        self.settled = dict(now)

    @invariant()
    def a_family_adds_up_to_what_stands_last(self) -> None:
        rows = {one.delivery: one for one in self.read()}
        sums: dict[str, Decimal] = {}
        standing: dict[str, Decimal] = {}
        for one in rows.values():
            origin = one
            while origin.of is not None:
                origin = rows[origin.of]
            sums[origin.delivery] = sums.get(origin.delivery, Decimal(0)) + (one.settled or 0)
            if one.kind is not DeliveryKind.REVERSAL and one.state is not DeliveryState.REVERSED:
                standing[origin.delivery] = one.settled or Decimal(0)
        assert sums == standing

    @invariant()
    def reversals_are_exact_and_come_once(self) -> None:
        rows = {one.delivery: one for one in self.read()}
        for kind, marker in ((DeliveryKind.REVERSAL, "reversed_by"), (DeliveryKind.REPLACEMENT, "replaced_by")):
            made = sorted((one.of or "", one.delivery) for one in rows.values() if one.kind is kind)
            assert made == sorted((one.delivery, getattr(one, marker)) for one in rows.values() if one.state is DeliveryState.REVERSED)
        for one in rows.values():
            if one.kind is DeliveryKind.REVERSAL:
                original = rows[one.of or ""].settled
                assert original is not None
                assert one.settled == -original

    @invariant()
    def a_match_lies_between_the_figures(self) -> None:
        for one in self.read():
            if one.settled_by is SettledBy.MATCH:
                assert one.sent.quantity is not None
                assert one.got.quantity is not None
                assert one.refused is not None
                figures = sorted((one.sent.quantity, one.got.quantity))
                assert one.settled is not None
                assert max(figures[0] - one.refused, Decimal(0)) <= one.settled <= max(figures[1] - one.refused, Decimal(0))

    @invariant()
    def settled_rows_are_listed_once(self) -> None:
        listed = [row.delivery for row in list_settled(self.connection, self.log_id)]
        assert sorted(listed) == sorted(one.delivery for one in self.read() if one.settled is not None)


def test_deliveries_hold_together_in_any_order_of_steps(network: TestNetwork) -> None:
    agree(network, "a-1", "material-supply@1", invoice_mass="wet", moisture_reference=None, permits=None)

    class Here(Deliveries):
        """The machine on this test's network."""

        def __init__(self) -> None:
            super().__init__(network)

    run_state_machine_as_test(Here, settings=settings(max_examples=40, stateful_step_count=20, deadline=None))
