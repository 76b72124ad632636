"""What people have to do now: it stands there at once, for whom it is, and is gone when it is done."""

from datetime import timedelta
from decimal import Decimal

from contracts.facts import Role
from contracts.governance.facts import Choice
from contracts.views.awaited import FEW, Awaited, list_awaited
from contracts.views.sight import Reader
from tests.contracts.agreements.building import a_signature, agree, an_offer, publish_templates
from tests.contracts.certificates.building import WET
from tests.contracts.deliveries.building import a_correction, a_dispatch, a_receipt, a_resolution, an_approval
from tests.contracts.governance.building import seat_board
from tests.contracts.settlement.closing import BOARD, adopt, close, propose, trade
from tests.contracts.views.played import state
from tests.network import OPERATOR, TestNetwork


def see(network: TestNetwork, name: str) -> list[Awaited]:
    """List what waits for somebody."""
    roles = frozenset({Role.FACILITATOR.value} if name == OPERATOR else ())
    reader = Reader(network.id(name), network.holder(name), roles)
    with network.connect() as connection:
        return list_awaited(connection, network.log_id, reader, network.clock.now())


def list_kinds(network: TestNetwork, name: str) -> list[tuple[str, str]]:
    """List what waits for somebody by kind and name."""
    return [(one.kind, one.name) for one in see(network, name)]


def test_an_offer_waits_for_each_signature_from_its_first_day_on(network: TestNetwork) -> None:
    for name in ("powerco", "plasterco", "townco"):
        network.admit(name)
    publish_templates(network)
    offer = network.accept(an_offer(network), by="powerco").statement_hash

    offered = [list_kinds(network, name) for name in ("powerco", "plasterco", "townco")]
    network.accept(a_signature(), by="plasterco", refs=[offer])

    number = offered[0][0][1]
    assert offered == [[("offer-awaits-signature", number)], [("offer-awaits-signature", number)], []]
    assert number != "a-1"
    assert list_kinds(network, "plasterco") == []


def test_an_offer_that_ran_out_waits_for_nobody(network: TestNetwork) -> None:
    for name in ("powerco", "plasterco"):
        network.admit(name)
    publish_templates(network)
    network.accept(an_offer(network), by="powerco")

    network.clock.advance(timedelta(days=400))

    assert see(network, "plasterco") == []


def test_a_load_waits_for_its_receiver_until_it_is_received(network: TestNetwork) -> None:
    agree(network, "a-1", "material-supply@1", **WET)
    network.accept(a_dispatch(), by="powerco")

    waiting = {name: list_kinds(network, name) for name in ("powerco", "plasterco")}
    network.accept(a_receipt(), by="plasterco")

    assert waiting == {"powerco": [], "plasterco": [("delivery-unconfirmed", "T-1")]}
    assert see(network, "plasterco") == []


def test_a_quantity_in_dispute_waits_for_both_sides(network: TestNetwork) -> None:
    agree(network, "a-1", "material-supply@1", **WET)
    network.accept(a_dispatch(), by="powerco")

    network.accept(a_receipt(quantity=Decimal(24)), by="plasterco")

    assert [list_kinds(network, name) for name in ("powerco", "plasterco")] == [[("delivery-disputed", "T-1")]] * 2


def test_who_has_named_a_quantity_waits_for_the_other_side(network: TestNetwork) -> None:
    agree(network, "a-1", "material-supply@1", **WET)
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(quantity=Decimal(24)), by="plasterco")

    network.accept(a_resolution("24.5"), by="powerco")

    assert [list_kinds(network, name) for name in ("powerco", "plasterco")] == [[], [("delivery-disputed", "T-1")]]


def test_a_correction_waits_for_the_other_side_alone(network: TestNetwork) -> None:
    agree(network, "a-1", "material-supply@1", **WET)
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(), by="plasterco")
    proposed = network.accept(a_correction(), by="plasterco").statement_hash

    waiting = {name: list_kinds(network, name) for name in ("powerco", "plasterco")}
    network.accept(an_approval(), by="powerco", refs=[proposed])

    assert waiting == {"powerco": [("correction-waits", "T-1")], "plasterco": []}
    assert see(network, "powerco") == []


def test_of_many_loads_their_number_is_said(network: TestNetwork) -> None:
    agree(network, "a-1", "material-supply@1", **WET)
    for number in range(FEW + 1):
        network.accept(a_dispatch(delivery=f"d-{number}", ticket=f"T-{number}"), by="powerco")

    (one,) = see(network, "plasterco")

    assert (one.kind, one.subject, one.count) == ("delivery-unconfirmed", "", FEW + 1)


def test_a_review_waits_for_each_seat_and_then_for_its_resolution(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    board.open()
    names = list(board.names)

    before = [kind for kind, _name in list_kinds(network, names[0])]
    board.vote(names[0], Choice.FOR)
    after = [kind for kind, _name in list_kinds(network, names[0])]
    for name in names[1:]:
        board.vote(name, Choice.FOR)
    voted = [kind for kind, _name in list_kinds(network, names[0])]
    board.resolve()

    assert (before, after, voted) == (["review-closes"], [], ["resolution-waits"])
    assert see(network, names[0]) == []


def test_the_split_of_a_month_waits_for_a_review_and_then_for_its_accounts(network: TestNetwork) -> None:
    trade(network)
    close(network)
    before = list_kinds(network, OPERATOR)
    proposed, receipt = propose(network)
    split = list_kinds(network, BOARD[0])
    adopt(network, proposed, receipt)
    adopted = {name: list_kinds(network, name) for name in (OPERATOR, BOARD[0])}
    state(network, "2025-01")

    assert (before, split) == ([], [("allocation-waits", "2025-01")])
    assert adopted == {OPERATOR: [("accounts-wait", "2025-01")], BOARD[0]: []}
    assert see(network, OPERATOR) == []
