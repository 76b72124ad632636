"""Fulfilment: what was agreed for the term, what each step of the deliveries adds up to, and what a user of a shared asset sees of it."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.templates.terms import Terms
from contracts.views.agreements import find_agreement
from contracts.views.fulfilment import Fulfilment, find_contracted, find_fulfilment
from contracts.views.sight import Reader, find_sight
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import a_dispatch, a_receipt
from tests.network import TestNetwork

TERMS: dict[str, str | int | None] = {"annual_contract_quantity": "60000", "effective_date": "2025-06-01", "initial_term": 18}


def see_fulfilment(network: TestNetwork, by: str, agreement: str = "a-1") -> Fulfilment | None:
    """See an agreement's fulfilment as somebody of a party."""
    with network.connect() as connection:
        reader = Reader(network.id(by), network.holder(by), frozenset())
        sight = find_sight(connection, network.log_id, reader, network.clock.now())
        return find_fulfilment(sight, find_agreement(sight, agreement))


@pytest.mark.parametrize(
    ("changes", "today", "wanted"),
    [
        ({}, date(2025, 7, 1), (Decimal(90_000), date(2026, 12, 1))),
        ({}, date(2030, 1, 1), (Decimal(90_000), date(2026, 12, 1))),
        ({"renewal_mode": "auto", "renewal_term": 12}, date(2026, 12, 1), (Decimal(150_000), date(2027, 12, 1))),
        ({"annual_contract_quantity": "100", "initial_term": 1}, date(2025, 7, 1), (Decimal("8.333"), date(2025, 7, 1))),
        ({"annual_contract_quantity": None}, date(2025, 7, 1), (None, date(2026, 12, 1))),
        ({"effective_date": None}, date(2025, 7, 1), (None, None)),
    ],
)
def test_the_contracted_quantity_is_that_of_the_term_that_runs(
    changes: dict[str, str | int | None], today: date, wanted: tuple[Decimal | None, date | None]
) -> None:
    assert find_contracted(Terms(TERMS | changes), today) == wanted


def test_each_step_of_the_deliveries_adds_up_in_the_agreements_unit(network: TestNetwork) -> None:
    agree(network, invoice_mass="wet", match_tolerance_abs="1")
    network.accept(a_dispatch(), by="powerco")
    network.accept(
        a_receipt(quantity=Decimal("25.36"), accepted=Decimal("25.00"), refused=Decimal("0.36"), reason="wet lumps"), by="plasterco"
    )
    network.accept(a_dispatch(delivery="d-2", ticket="T-2", quantity=Decimal(5000), unit="KGM", gross=None, tare=None), by="powerco")

    found = see_fulfilment(network, "plasterco")

    assert found is not None
    assert (found.called_off, found.delivered, found.accepted) == (Decimal("30.42"), Decimal("25.36"), Decimal(25))
    assert (found.settled, found.remaining) == (Decimal(25), Decimal(119_975))
    assert (found.deliveries, found.open, found.is_dry, found.partly) == (2, 1, False, False)


def test_an_offer_has_no_fulfilment_and_a_user_of_a_shared_asset_sees_its_own_part_alone(network: TestNetwork) -> None:
    agree(network, "a-pipe", "shared-infrastructure@1", parties=("utility", "powerco", "plasterco"))

    found = {by: see_fulfilment(network, by, "a-pipe") for by in ("utility", "powerco")}

    assert [(one.contracted, one.partly) for one in found.values() if one] == [(None, False), (None, True)]
