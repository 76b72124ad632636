"""What may happen next to a delivery, and by whom: the same states as in its rules, seen from both sides."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.deliveries.delivery import Delivery, DeliveryKind, DeliveryState, Proposal, Purpose


class StepKind(StrEnum):
    """One thing that a side may do."""

    RECEIVE = "receive"  #: record what arrived, accepted or refused
    CONTEST = "contest"
    AGREE = "agree"  #: name the same quantity as the other side
    NAME = "name"  #: name a quantity that ends a dispute
    APPROVE = "approve"  #: a correction that the other side proposed
    CORRECT = "correct"  #: propose a correction


#: the fact that each step says
FACTS = {
    StepKind.RECEIVE: "delivery.received",
    StepKind.CONTEST: "delivery.disputed",
    StepKind.AGREE: "delivery.resolved",
    StepKind.NAME: "delivery.resolved",
    StepKind.APPROVE: "delivery.correction_approved",
    StepKind.CORRECT: "delivery.correction_proposed",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step that the delivery's state allows."""

    kind: StepKind
    sides: tuple[str, ...]  #: organisations that may take it
    proposal: Proposal | None = None  #: what is answered

    @property
    def fact(self) -> str:
        """The kind of fact that it says."""
        return FACTS[self.kind]


def list_steps(delivery: Delivery, proposals: tuple[Proposal, ...]) -> list[Step]:
    """List what may happen next, the usual thing first."""
    both = tuple(dict.fromkeys((delivery.supplier, delivery.receiver)))
    steps: list[Step] = []
    unreceived = delivery.received_entry is None and delivery.kind in (DeliveryKind.LOAD, DeliveryKind.METERED)
    if delivery.state in (DeliveryState.DISPATCHED, DeliveryState.DISPUTED) and unreceived:
        steps.append(Step(StepKind.RECEIVE, (delivery.receiver,)))
    if delivery.state is DeliveryState.DISPUTED:
        named = [one for one in proposals if one.purpose is Purpose.RESOLUTION and one.quantity is not None]
        steps = [*_answer(StepKind.AGREE, delivery, both, named), *steps, Step(StepKind.NAME, both)]
    if delivery.state is DeliveryState.DISPATCHED:
        steps.append(Step(StepKind.CONTEST, both))
    if delivery.state is DeliveryState.SETTLED and delivery.kind is not DeliveryKind.REVERSAL:
        proposed = [one for one in proposals if one.purpose is Purpose.CORRECTION]
        steps += [*_answer(StepKind.APPROVE, delivery, both, proposed), Step(StepKind.CORRECT, both), Step(StepKind.CONTEST, both)]
    return steps


def _answer(kind: StepKind, delivery: Delivery, both: tuple[str, ...], proposals: list[Proposal]) -> list[Step]:
    return [Step(kind, tuple(side for side in both if delivery.is_other_side(side, one.by)), one) for one in proposals]
