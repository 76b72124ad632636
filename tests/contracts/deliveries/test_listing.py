"""Lists of deliveries in both directions give the same rows whichever way the database finds them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from contracts.deliveries.delivery import Delivery, DeliveryState
from contracts.deliveries.listing import FEW, DeliveryChoice, Place, SortKey, list_chosen, place_delivery, sum_taken
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import WET
from tests.contracts.deliveries.building import LATER, NOON, a_dispatch, a_receipt
from tests.network import TestNetwork

LOADS = 12


def set_up(network: TestNetwork) -> None:
    """Hand twelve loads over under two agreements, later ones at earlier times, and receive every third."""
    for name in ("a-1", "a-2"):
        agree(network, name, **{**WET, "contract_no": f"C-{name}"})
    for number in range(LOADS):
        moment = NOON - timedelta(minutes=number // 2)
        fact = a_dispatch(delivery=f"d-{number:02d}", ticket=f"T-{number}", agreement=f"a-{1 + number % 2}", dispatched_at=moment)
        network.accept(fact, by="powerco")
        if number % 3 == 0:
            network.accept(a_receipt(delivery=f"d-{number:02d}", received_at=LATER), by="plasterco")


def walk(network: TestNetwork, choice: DeliveryChoice, by: SortKey, *, down: bool, step: int) -> list[str]:
    """Walk through a list in steps."""
    found: list[Delivery] = []
    with network.connect() as connection:
        while True:
            after: Place | None = place_delivery(found[-1], by) if found else None
            rows = list_chosen(connection, network.log_id, choice, by=by, down=down, after=after, limit=step)
            found += rows
            if len(rows) < step:
                return [one.delivery for one in found]


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("by", list(SortKey))
def test_every_way_through_the_rows_gives_the_same_list(network: TestNetwork, by: SortKey, *, down: bool) -> None:
    set_up(network)
    many = tuple(f"a-{number}" for number in range(FEW + 2))

    ways = [
        walk(network, DeliveryChoice(among=among), by, down=down, step=step)
        for among in (None, ("a-1", "a-2"), many)
        for step in (1, 5, 50)
    ]

    assert len(ways[0]) == LOADS
    assert all(way == ways[0] for way in ways)
    assert walk(network, DeliveryChoice(), by, down=not down, step=50) == ways[0][::-1]


def test_choices_are_combined(network: TestNetwork) -> None:
    set_up(network)
    settled, waiting = DeliveryState.SETTLED, DeliveryState.DISPATCHED

    lists = [
        walk(network, choice, SortKey.RECORDED, down=False, step=50)
        for choice in (
            DeliveryChoice(agreement="a-1", state=settled, period="2025-01", among=("a-1", "a-2")),
            DeliveryChoice(state=waiting, unreceived=True, receiver="o-plasterco", supplier="o-powerco", among=("a-2",)),
            DeliveryChoice(receiver="o-powerco"),
            DeliveryChoice(among=()),
        )
    ]

    assert lists == [["d-00", "d-06"], ["d-01", "d-05", "d-07", "d-11"], [], []]


def test_what_was_taken_counts_settled_quantities_and_what_waits(network: TestNetwork) -> None:
    set_up(network)

    with network.connect() as connection:
        taken = sum_taken(connection, network.log_id, "a-1", "2025-01")
        later = sum_taken(connection, network.log_id, "a-1", "2025-02")

    assert taken == (Decimal("50.72"), 4)
    assert later == (Decimal(0), 0)
