"""What may happen next to a delivery: each step that is offered is accepted from its sides, and is refused from nobody else's list."""

from decimal import Decimal

import pytest

from contracts.deliveries.facts import CorrectionApproved, DeliveryResolved
from contracts.deliveries.tables import list_open_proposals
from contracts.views.delivery_steps import Step, StepKind, list_steps
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import WET
from tests.contracts.deliveries.building import a_correction, a_dispatch, a_dispute, a_receipt, a_resolution, see_delivery
from tests.network import TestNetwork

#: what was said about d-1, by whom
STORIES = {
    "dispatched": (),
    "settled": ((a_receipt(), "plasterco"),),
    "disputed by figures": ((a_receipt(quantity=Decimal(24)), "plasterco"),),
    "disputed before receipt": ((a_dispute(), "powerco"),),
    "named": ((a_receipt(quantity=Decimal(24)), "plasterco"), (a_resolution("24.5"), "powerco")),
    "contested after": ((a_receipt(), "plasterco"), (a_dispute(), "plasterco")),
    "correction proposed": ((a_receipt(), "plasterco"), (a_correction(), "plasterco")),
}
WANTED = {
    "dispatched": "receive contest",
    "settled": "correct contest",
    "disputed by figures": "name",
    "disputed before receipt": "receive name",
    "named": "agree name",
    "contested after": "name",
    "correction proposed": "approve correct contest",
}


def see_steps(network: TestNetwork) -> list[Step]:
    """List what may happen next to d-1."""
    with network.connect() as connection:
        proposals = tuple(list_open_proposals(connection, network.log_id, "d-1"))
    return list_steps(see_delivery(network), proposals)


def take(network: TestNetwork, step: Step, by: str) -> set[tuple[str, str]]:
    """Say what a step says; gives the findings, none where it was entered."""
    named = step.proposal.quantity if step.proposal else None
    facts = {
        StepKind.RECEIVE: a_receipt(),
        StepKind.CONTEST: a_dispute(),
        StepKind.NAME: a_resolution("25.00"),
        StepKind.CORRECT: a_correction(replacement="d-1c"),
        StepKind.AGREE: DeliveryResolved("d-1", named or Decimal(0), "agreed"),
        StepKind.APPROVE: CorrectionApproved("d-1", None),
    }
    refs = [step.proposal.hash] if step.proposal else []
    outcome = network.say(facts[step.kind], by=by, refs=refs)
    return {(finding.field, finding.code) for finding in getattr(outcome, "findings", ())}


@pytest.mark.parametrize("story", STORIES)
def test_each_step_that_is_offered_is_accepted_from_each_of_its_sides(network: TestNetwork, story: str) -> None:
    agree(network, **WET)
    network.accept(a_dispatch(), by="powerco")
    for fact, by in STORIES[story]:
        network.accept(fact, by=by)

    steps = see_steps(network)

    assert " ".join(step.kind.value for step in steps) == WANTED[story]
    first = steps[0]
    [by, *_] = [name for name in ("powerco", "plasterco") if network.id(name) in first.sides]
    assert take(network, first, by) == set()


def test_nobody_answers_its_own_proposal(network: TestNetwork) -> None:
    agree(network, **WET)
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(), by="plasterco")
    network.accept(a_correction(), by="plasterco")

    [approve] = [step for step in see_steps(network) if step.kind is StepKind.APPROVE]

    assert approve.sides == ("o-powerco",)


def test_a_reversal_stands_as_it_is_and_its_replacement_may_be_corrected(network: TestNetwork) -> None:
    agree(network, **WET)
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(), by="plasterco")
    proposed = network.accept(a_correction(), by="plasterco")
    network.accept(CorrectionApproved("d-1", None), by="powerco", refs=[proposed.statement_hash])

    kinds = {name: [step.kind for step in list_steps(see_delivery(network, name), ())] for name in ("d-1", "d-1.reversal", "d-1b")}

    assert kinds == {"d-1": [], "d-1.reversal": [], "d-1b": [StepKind.CORRECT, StepKind.CONTEST]}
