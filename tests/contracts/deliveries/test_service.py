"""Deliveries over the log: handed over, received, disputed, resolved, corrected; and who reads them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.deliveries.delivery import DeliveryKind, DeliveryState, SettledBy
from contracts.deliveries.tables import (
    find_origin,
    list_deliveries,
    list_open_proposals,
    list_settled,
    read_readings,
    settle_silently,
)
from contracts.own_facts import ContentsErased
from contracts.parties.tables import find_readers
from ledger.canonical import JSON
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import (
    a_correction,
    a_dispatch,
    a_dispute,
    a_metered_day,
    a_receipt,
    a_resolution,
    an_approval,
    see_delivery,
)
from tests.network import TestNetwork

WET: dict[str, Any] = {"invoice_mass": "wet", "moisture_reference": None, "permits": None}


def exchange(network: TestNetwork, **changes: JSON) -> None:
    """Bring a supply of gypsum, weighed wet, into force."""
    agree(network, "a-1", "material-supply@1", **{**WET, **changes})


def settle(network: TestNetwork) -> None:
    """Bring d-1 to be settled at 25.36 t."""
    exchange(network)
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(), by="plasterco")


def test_what_both_sides_record_is_settled_whatever_was_moved(network: TestNetwork) -> None:
    exchange(network)
    network.accept(a_dispatch(quantity=Decimal(400), gross=None, tare=None), by="powerco")
    network.accept(a_receipt(quantity=Decimal(400)), by="plasterco")

    assert sum_settled(network) == Decimal(400), "no lorry carries this: the log holds what two parties say, not what is"


def sum_settled(network: TestNetwork) -> Decimal:
    with network.connect() as connection:
        return sum((row.quantity for row in list_settled(connection, network.log_id)), Decimal(0))


def test_a_load_received_within_the_tolerance_is_settled_at_the_receivers_figure(network: TestNetwork) -> None:
    exchange(network)
    network.accept(a_dispatch(), by="powerco")
    before = see_delivery(network)
    receipt = network.accept(a_receipt(), by="plasterco")
    after = see_delivery(network)

    assert (before.state, before.words) == (DeliveryState.DISPATCHED, "handed over, awaits the receiver")
    assert (after.state, after.settled_by, str(after.settled)) == (DeliveryState.SETTLED, SettledBy.MATCH, "25.36")
    assert (after.settled_entry, after.period, after.settled_unit) == (receipt.index, "2025-01", "TNE")
    assert after.words == "settled: both figures agree within the tolerance"


def test_dry_tonnes_are_settled_where_dry_mass_is_paid(network: TestNetwork) -> None:
    exchange(network, invoice_mass="dry")
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(), by="plasterco")

    assert str(see_delivery(network).settled) == "23.230"


def test_a_receipt_outside_the_tolerance_opens_a_dispute(network: TestNetwork) -> None:
    exchange(network)
    network.accept(a_dispatch(), by="powerco")
    receipt = network.accept(a_receipt(quantity=Decimal("24.00")), by="plasterco")
    found = see_delivery(network)

    assert (found.state, found.settled) == (DeliveryState.DISPUTED, None)
    assert found.dispute is not None
    assert (found.dispute.entry, found.dispute.by) == (receipt.index, None)


def test_a_dispute_ends_when_both_sides_name_one_quantity(network: TestNetwork) -> None:
    exchange(network)
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(quantity=Decimal("24.00")), by="plasterco")
    proposal = network.accept(a_resolution("24.80"), by="powerco")
    with network.connect() as connection:
        waiting = list_open_proposals(connection, network.log_id, "d-1")
    other = network.refuse_codes(a_resolution("24.70"), by="plasterco", refs=[proposal.statement_hash])
    own = network.refuse_codes(a_resolution("24.80"), by="powerco", refs=[proposal.statement_hash])
    answer = network.accept(a_resolution("24.80"), by="plasterco", refs=[proposal.statement_hash])
    found = see_delivery(network)

    assert [(one.by, one.quantity) for one in waiting] == [("o-powerco", Decimal("24.80"))]
    assert other == {("quantity", "other-quantity")}
    assert own == {("refs", "own-proposal")}
    assert (found.state, found.settled_by, found.settled) == (DeliveryState.SETTLED, SettledBy.RESOLUTION, Decimal("24.80"))
    assert found.settled_entry == answer.index


def test_a_proposal_that_was_overtaken_ends_no_dispute(network: TestNetwork) -> None:
    exchange(network)
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(quantity=Decimal("24.00")), by="plasterco")
    old = network.accept(a_resolution("24.80"), by="powerco")
    network.accept(a_resolution("24.60"), by="powerco")
    network.accept(a_resolution("24.80"), by="plasterco", refs=[old.statement_hash])

    assert see_delivery(network).state is DeliveryState.DISPUTED


def test_a_settled_quantity_stands_while_it_is_contested_and_a_resolution_corrects_it(network: TestNetwork) -> None:
    settle(network)
    network.accept(a_dispute(), by="plasterco")
    contested = see_delivery(network)
    standing = sum_settled(network)
    proposal = network.accept(a_resolution("25.10"), by="plasterco")
    network.accept(a_resolution("25.10"), by="powerco", refs=[proposal.statement_hash])

    assert (contested.state, contested.settled, standing) == (DeliveryState.DISPUTED, Decimal("25.36"), Decimal("25.36"))
    assert see_delivery(network).state is DeliveryState.REVERSED
    assert see_delivery(network, "d-1.reversal").settled == Decimal("-25.36")
    assert see_delivery(network, "d-1.replacement").settled_by is SettledBy.RESOLUTION
    assert sum_settled(network) == Decimal("25.10")


def test_a_contested_quantity_that_both_sides_name_again_stands_as_it_was(network: TestNetwork) -> None:
    settle(network)
    before = see_delivery(network).settled_entry
    network.accept(a_dispute(), by="plasterco")
    proposal = network.accept(a_resolution("25.36"), by="plasterco")
    network.accept(a_resolution("25.36"), by="powerco", refs=[proposal.statement_hash])
    found = see_delivery(network)

    assert (found.state, found.settled_entry, sum_settled(network)) == (DeliveryState.SETTLED, before, Decimal("25.36"))


def test_a_correction_is_a_reversal_and_a_replacement_and_may_be_corrected_itself(network: TestNetwork) -> None:
    settle(network)
    proposal = network.accept(a_correction(), by="powerco")
    own = network.refuse_codes(an_approval(), by="powerco", refs=[proposal.statement_hash])
    approval = network.accept(an_approval(), by="plasterco", refs=[proposal.statement_hash])
    again = network.refuse_codes(a_correction(replacement="d-1c"), by="powerco")
    second = network.accept(a_correction(delivery="d-1b", replacement="d-1c", quantity=Decimal(0)), by="plasterco")
    network.accept(an_approval(delivery="d-1b"), by="powerco", refs=[second.statement_hash])
    with network.connect() as connection:
        rows = list_settled(connection, network.log_id)
        origin = find_origin(connection, network.log_id, "d-1c")
        late = list_settled(connection, network.log_id, settled_after=approval.index)

    assert own == {("refs", "own-proposal")}
    assert again == {("delivery", "already-reversed")}
    assert [(row.delivery, str(row.quantity), row.kind) for row in rows] == [
        ("d-1", "25.36", DeliveryKind.LOAD),
        ("d-1.reversal", "-25.36", DeliveryKind.REVERSAL),
        ("d-1b", "24.90", DeliveryKind.REPLACEMENT),
        ("d-1b.reversal", "-24.90", DeliveryKind.REVERSAL),
        ("d-1c", "0", DeliveryKind.REPLACEMENT),
    ]
    assert {row.of_period for row in rows} == {"2025-01"}
    assert origin == "d-1"
    assert [row.delivery for row in late] == ["d-1b.reversal", "d-1c"]


def test_an_approval_wants_the_proposal_first_in_refs(network: TestNetwork) -> None:
    settle(network)
    proposal = network.accept(a_correction(), by="powerco")
    other = network.accept(a_dispatch(delivery="d-2", ticket="T-2"), by="powerco")

    assert network.refuse_codes(an_approval(), by="plasterco") == {("refs", "no-proposal")}
    assert network.refuse_codes(an_approval(), by="plasterco", refs=[other.statement_hash, proposal.statement_hash]) == {
        ("refs", "no-proposal")
    }


def test_what_is_wrong_with_a_load_is_refused_with_all_findings(network: TestNetwork) -> None:
    settle(network)

    assert network.refuse_codes(a_dispatch(), by="powerco") == {("delivery", "delivery-taken"), ("ticket", "ticket-taken")}
    assert network.refuse_codes(a_dispatch(delivery="d-2", ticket="T-2", unit="MWH"), by="plasterco") == {
        ("agreement", "not-supplier"),
        ("unit", "other-dimension"),
    }
    assert network.refuse_codes(a_dispatch(delivery="d-2", agreement="a-9"), by="powerco") == {("agreement", "unknown-agreement")}
    assert network.refuse_codes(a_receipt(), by="plasterco") == {("delivery", "already-received")}
    assert network.refuse_codes(a_receipt(delivery="d-9"), by="plasterco") == {("delivery", "unknown-delivery")}


def test_a_metered_day_is_one_delivery_that_the_receiver_confirms(network: TestNetwork) -> None:
    agree(network, "a-1", "energy-supply@1", meter_ids=["HM-17"])
    network.clock.advance(timedelta(days=1))
    network.accept(a_metered_day(), by="powerco")
    twice = network.refuse_codes(a_metered_day(delivery="d-2"), by="powerco")
    network.accept(a_receipt(quantity=Decimal("143.8"), moisture=None, received_at=network.clock.now()), by="plasterco")
    found = see_delivery(network)
    with network.connect() as connection:
        readings = read_readings(connection, network.log_id, "d-1")

    assert twice == {("day", "day-taken")}
    assert (found.kind, found.day, found.sent.quantity, found.settled) == (
        DeliveryKind.METERED,
        date(2025, 1, 2),
        Decimal("144.0"),
        Decimal("143.8"),
    )
    assert (len(readings), readings[0]) == (96, ["2025-01-01T23:00:00Z", "1.5", "measured"])


def test_a_contested_total_of_a_metered_day_is_a_dispute(network: TestNetwork) -> None:
    agree(network, "a-1", "energy-supply@1", meter_ids=["HM-17"])
    network.clock.advance(timedelta(days=1))
    network.accept(a_metered_day(), by="powerco")
    network.accept(a_receipt(quantity=Decimal("140.0"), moisture=None, received_at=network.clock.now()), by="plasterco")

    assert see_delivery(network).state is DeliveryState.DISPUTED


def test_use_of_a_shared_asset_is_read_by_its_operator_and_user_alone(network: TestNetwork) -> None:
    agree(network, "a-1", "shared-infrastructure@1", parties=("utility", "plasterco", "refinery"), meter_ids=None, interval=15)
    network.clock.advance(timedelta(days=1))
    day = a_metered_day(user=network.id("refinery"), unit="MTQ")
    recorded = network.accept(day, by="utility")
    received = a_receipt(quantity=Decimal("144.0"), moisture=None, received_at=network.clock.now())
    stranger = network.refuse_codes(received, by="plasterco")
    network.accept(received, by="refinery")
    load = network.refuse_codes(a_dispatch(delivery="d-2", unit="MTQ"), by="utility")
    with network.connect() as connection:
        readers = find_readers(connection, network.log_id, [recorded.index])[recorded.index]

    assert stranger == {("delivery", "unknown-delivery")}
    assert load == {("agreement", "shared-asset")}
    assert (see_delivery(network).receiver, see_delivery(network).settled) == (network.id("refinery"), Decimal("144.0"))
    assert readers == {network.id("utility"), network.id("refinery")}


def test_the_operators_own_use_of_its_asset_settles_at_once(network: TestNetwork) -> None:
    agree(
        network,
        "a-1",
        "shared-infrastructure@1",
        parties=("utility", "plasterco"),
        meter_ids=None,
        interval=15,
        shares=[{"organisation": f"o-{name}", "capacity_share": "30", "vote": 1} for name in ("plasterco", "utility")],
        stand_alone_cost=[{"organisation": f"o-{name}", "cost": 10_000_000} for name in ("plasterco", "utility")],
    )
    network.clock.advance(timedelta(days=1))
    network.accept(a_metered_day(user="o-utility", unit="MTQ"), by="utility")

    assert see_delivery(network).settled_by is SettledBy.OWN_USE


def test_silence_settles_at_a_close_where_the_agreement_says_so(network: TestNetwork) -> None:
    exchange(network, silent_accept=True, confirm_within=48)
    network.accept(a_dispatch(), by="powerco")
    recorded = network.clock.now()
    with network.connect() as connection:
        early = list_settled(connection, network.log_id, now=recorded + timedelta(hours=47))
        late = list_settled(connection, network.log_id, now=recorded + timedelta(hours=48))
        unasked = list_settled(connection, network.log_id)

    assert (early, unasked) == ([], [])
    assert [(row.delivery, str(row.quantity), row.settled_by, row.settled_entry) for row in late] == [
        ("d-1", "25.42", SettledBy.SILENCE, None)
    ]
    with network.engine.connect() as connection:  # as a close's fold does, and undone: here nobody closes a period
        count = settle_silently(connection, network.log_id, 999, recorded + timedelta(hours=48))
        rows = list_settled(connection, network.log_id, now=recorded + timedelta(hours=48))
        connection.rollback()
    assert (count, [(row.delivery, row.settled_entry) for row in rows]) == (1, [("d-1", 999)])


def test_deliveries_are_listed_by_agreement_side_period_and_state_page_by_page(network: TestNetwork) -> None:
    settle(network)
    for number in (2, 3):
        network.accept(a_dispatch(delivery=f"d-{number}", ticket=f"T-{number}", batch="B-1"), by="powerco")
    with network.connect() as connection:
        first = list_deliveries(connection, network.log_id, agreement="a-1", limit=2)
        rest = list_deliveries(connection, network.log_id, after=(first[-1].entry, first[-1].delivery))
        open_ones = list_deliveries(connection, network.log_id, state=DeliveryState.DISPATCHED, period="2025-01", batch="B-1")
        mine = list_deliveries(connection, network.log_id, organisation="o-plasterco")
        others = list_deliveries(connection, network.log_id, organisation="o-strange")

    assert [one.delivery for one in (*first, *rest)] == ["d-1", "d-2", "d-3"]
    assert [one.delivery for one in open_ones] == ["d-2", "d-3"]
    assert (len(mine), others) == (3, [])


def test_a_driver_may_be_forgotten_at_once_and_a_vehicle_only_once_the_load_is_settled(network: TestNetwork) -> None:
    exchange(network)
    sent = network.accept(a_dispatch(), by="powerco")
    early = network.say(erase(sent.statement_hash, 9), by="powerco")
    network.accept(erase(sent.statement_hash, 10), by="powerco")

    assert "not settled yet" in str(early)
    assert see_delivery(network).driver is None
    assert see_delivery(network).vehicle == "AB 12 345"


def test_contents_stay_while_their_delivery_is_disputed(network: TestNetwork) -> None:
    exchange(network)
    sent = network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(quantity=Decimal("24.00")), by="plasterco")

    assert "in dispute" in str(network.say(erase(sent.statement_hash, 10), by="powerco"))


@pytest.mark.parametrize("position", range(9))
def test_what_figures_rest_on_stays_after_the_settlement(network: TestNetwork, position: int) -> None:
    exchange(network)
    sent = network.accept(a_dispatch(batch="B-1"), by="powerco")
    received = network.accept(a_receipt(), by="plasterco")

    refused = network.refuse(erase(sent.statement_hash, position), by="powerco")
    if position < 7:
        network.refuse(erase(received.statement_hash, position), by="plasterco")

    assert "kept for good" in refused[0].message


def test_vehicle_and_reasons_of_a_settled_load_may_go_and_what_both_sides_named_stays(network: TestNetwork) -> None:
    exchange(network)
    sent = network.accept(a_dispatch(), by="powerco")
    received = network.accept(a_receipt(quantity=Decimal("24.00")), by="plasterco")
    first = network.accept(a_resolution("25.10"), by="powerco")
    second = network.accept(a_resolution("25.10"), by="plasterco", refs=[first.statement_hash])

    network.refuse(erase(first.statement_hash, 0), by="powerco")
    network.refuse(erase(second.statement_hash, 0), by="plasterco")
    network.accept(erase(sent.statement_hash, 9), by="powerco")
    network.accept(erase(first.statement_hash, 1), by="powerco")
    network.accept(erase(second.statement_hash, 1), by="plasterco")
    network.accept(erase(received.statement_hash, 7), by="plasterco")

    assert see_delivery(network).vehicle is None
    assert see_delivery(network).settled == Decimal("25.10")
    network.check_replay()


def erase(statement: str, position: int) -> ContentsErased:
    return ContentsErased(statement, statement, (position,), "asked for by the person")
