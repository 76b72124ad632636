"""Who may record what about loads."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.deliveries.delivery import Delivery, DeliveryKind, DeliveryState, Figure, Proposal, Purpose, silently_accepted
from contracts.deliveries.rules import (
    Taken,
    check_approval,
    check_correction,
    check_dispatch,
    check_dispute,
    check_receipt,
    check_resolution,
)
from contracts.deliveries.trade import Authority, Permit, Trade
from tests.contracts.deliveries.building import (
    LATER,
    NOON,
    ZONE,
    a_correction,
    a_dispatch,
    a_dispute,
    a_receipt,
    a_resolution,
    a_trade,
    an_approval,
    codes,
)

FREE = Taken(delivery=False)
SUPPLIER, RECEIVER = "o-powerco", "o-plasterco"


def judge_dispatch(trade: Trade | None = None, taken: Taken = FREE, author: str = SUPPLIER, **changes: Any) -> set[tuple[str, str]]:
    return codes(check_dispatch(a_dispatch(**changes), trade or a_trade(), author, LATER, ZONE, taken))


def a_delivery(**changes: Any) -> Delivery:
    fields: dict[str, Any] = dict.fromkeys(Delivery.__slots__)
    fields |= {
        "delivery": "d-1",
        "agreement": "a-1",
        "kind": DeliveryKind.LOAD,
        "supplier": SUPPLIER,
        "receiver": RECEIVER,
        "state": DeliveryState.DISPATCHED,
        "entry": 10,
        "recorded_at": LATER,
        "unit": "TNE",
        "dispatched_at": NOON,
        "sent": Figure(Decimal("25.42")),
        "got": Figure(None),
        "period": "2025-01",
        "settled_unit": "TNE",
    }
    return Delivery(**fields | changes)


def test_a_load_by_the_supplier_under_an_agreement_in_force_is_fine() -> None:
    assert judge_dispatch() == set()


def test_a_load_of_nobodys_agreement_is_refused() -> None:
    assert codes(check_dispatch(a_dispatch(), None, SUPPLIER, LATER, ZONE, FREE)) == {("agreement", "unknown-agreement")}


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"quantity": Decimal("25.43")}, ("quantity", "not-net")),
        ({"tare": None}, ("tare", "missing")),
        ({"quantity": Decimal(-1), "gross": None, "tare": None}, ("quantity", "negative")),
        ({"quantity": Decimal(1000000001), "gross": None, "tare": None}, ("quantity", "out-of-range")),
        ({"unit": "MWH"}, ("unit", "other-dimension")),
        ({"unit": "XXX"}, ("unit", "unknown-unit")),
        ({"moisture": Decimal("100.1")}, ("moisture", "out-of-range")),
        ({"dispatched_at": LATER + timedelta(minutes=6)}, ("dispatched_at", "in-the-future")),
        ({"dispatched_at": NOON - timedelta(days=1)}, ("agreement", "too-early")),
        ({"delivery": "d-9.reversal"}, ("delivery", "reserved-id")),
    ],
)
def test_a_fault_in_a_load_is_named(changes: dict[str, Any], finding: tuple[str, str]) -> None:
    assert judge_dispatch(**changes) == {finding}


def test_a_clock_five_minutes_ahead_is_forgiven() -> None:
    assert judge_dispatch(dispatched_at=LATER + timedelta(minutes=5)) == set()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"in_force": False}, ("agreement", "not-in-force")),
        ({"end_day": date(2025, 1, 2)}, ("agreement", "too-late")),
        ({"shared": True}, ("agreement", "shared-asset")),
        ({"permits": (Permit("DK-1", date(2025, 1, 1)),)}, ("agreement", "permit-expired")),
        ({"invoice_mass": "dry", "authority": Authority.MEAN}, ("moisture", "missing")),
        ({"invoice_mass": "dry", "silent_accept": True}, ("moisture", "missing")),
    ],
)
def test_what_the_agreement_does_not_allow_is_named(changes: dict[str, Any], finding: tuple[str, str]) -> None:
    assert judge_dispatch(a_trade(**changes)) == {finding}


def test_a_permit_holds_on_its_last_day() -> None:
    assert judge_dispatch(a_trade(permits=(Permit("DK-1", date(2025, 1, 2)),))) == set()


def test_the_day_of_a_load_is_local() -> None:
    new_year = a_trade(first_day=date(2025, 1, 2))
    midnight = NOON.replace(day=1, hour=23, minute=0)

    assert judge_dispatch(new_year, dispatched_at=midnight) == set()
    assert judge_dispatch(new_year, dispatched_at=midnight - timedelta(seconds=1)) == {("agreement", "too-early")}


def test_ids_and_tickets_are_given_once() -> None:
    assert judge_dispatch(taken=Taken(delivery=True, ticket=True)) == {("delivery", "delivery-taken"), ("ticket", "ticket-taken")}


def test_all_faults_of_a_load_are_named_at_once() -> None:
    found = judge_dispatch(author=RECEIVER, unit="MWH", moisture=Decimal(-1), tare=None)

    assert found == {("agreement", "not-supplier"), ("unit", "other-dimension"), ("moisture", "out-of-range"), ("tare", "missing")}


def judge_receipt(
    delivery: Delivery | None = None, trade: Trade | None = None, author: str = RECEIVER, **changes: Any
) -> set[tuple[str, str]]:
    return codes(check_receipt(a_receipt(**changes), delivery or a_delivery(), trade or a_trade(), author, LATER))


def test_a_receipt_by_the_receiver_is_fine_whatever_the_figure() -> None:
    assert judge_receipt() == set()
    assert judge_receipt(quantity=Decimal("99.9")) == set()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"accepted": Decimal(20)}, ("refused", "does-not-add-up")),
        ({"accepted": Decimal(25), "refused": Decimal("0.36")}, ("reason", "missing")),
        ({"accepted": Decimal(26), "refused": Decimal("-0.64")}, ("refused", "negative")),
        ({"received_at": NOON - timedelta(seconds=1)}, ("received_at", "before-dispatch")),
        ({"received_at": LATER + timedelta(hours=1)}, ("received_at", "in-the-future")),
        ({"gross": Decimal(40), "tare": Decimal(14)}, ("quantity", "not-net")),
    ],
)
def test_a_fault_in_a_receipt_is_named(changes: dict[str, Any], finding: tuple[str, str]) -> None:
    assert judge_receipt(**changes) == {finding}


def test_only_the_receiver_receives_and_only_once() -> None:
    received = a_delivery(received_entry=12, state=DeliveryState.SETTLED)

    assert judge_receipt(author=SUPPLIER) == {("delivery", "not-receiver")}
    assert judge_receipt(received) == {("delivery", "already-received")}


def test_a_receipt_still_comes_in_after_a_dispute() -> None:
    assert judge_receipt(a_delivery(state=DeliveryState.DISPUTED)) == set()


def test_dry_mass_by_the_receivers_figure_wants_its_moisture() -> None:
    dry = a_trade(invoice_mass="dry")

    assert judge_receipt(trade=dry, moisture=None) == {("moisture", "missing")}
    assert judge_receipt(trade=replace(dry, authority=Authority.SUPPLIER), moisture=None) == set()


def test_a_receipt_of_nothing_known_is_refused() -> None:
    assert codes(check_receipt(a_receipt(), None, None, RECEIVER, LATER)) == {("delivery", "unknown-delivery")}


def test_a_side_contests_what_waits_or_is_settled_and_nothing_else() -> None:
    for state in (DeliveryState.DISPATCHED, DeliveryState.SETTLED):
        assert codes(check_dispute(a_dispute(), a_delivery(state=state))) == set()
    for state in (DeliveryState.DISPUTED, DeliveryState.REVERSED):
        assert codes(check_dispute(a_dispute(), a_delivery(state=state))) == {("delivery", "not-open")}
    reversal = a_delivery(state=DeliveryState.SETTLED, kind=DeliveryKind.REVERSAL)
    assert codes(check_dispute(a_dispute(), reversal)) == {("delivery", "not-open")}
    assert codes(check_dispute(a_dispute(), None)) == {("delivery", "unknown-delivery")}


def a_proposal(purpose: Purpose = Purpose.RESOLUTION, by: str = SUPPLIER, quantity: str = "25.10", **changes: Any) -> Proposal:
    return replace(Proposal("aa" * 32, "d-1", purpose, by, Decimal(quantity), "d-1b", 20, is_open=True), **changes)


def test_a_dispute_ends_by_the_same_quantity_from_the_other_side() -> None:
    disputed = a_delivery(state=DeliveryState.DISPUTED)

    assert codes(check_resolution(a_resolution(), disputed, RECEIVER, ())) == set()
    assert codes(check_resolution(a_resolution(), disputed, RECEIVER, (a_proposal(),))) == set()
    assert codes(check_resolution(a_resolution(), disputed, SUPPLIER, (a_proposal(),))) == {("refs", "own-proposal")}
    assert codes(check_resolution(a_resolution("25.2"), disputed, RECEIVER, (a_proposal(),))) == {("quantity", "other-quantity")}
    assert codes(check_resolution(a_resolution(), a_delivery(), RECEIVER, ())) == {("delivery", "not-disputed")}


def test_only_settled_deliveries_are_corrected_and_only_once() -> None:
    settled = a_delivery(state=DeliveryState.SETTLED)
    reversed_one = a_delivery(state=DeliveryState.REVERSED, replaced_by="d-1b")

    assert codes(check_correction(a_correction(), settled, replacement_taken=False)) == set()
    assert codes(check_correction(a_correction(), settled, replacement_taken=True)) == {("replacement", "delivery-taken")}
    assert codes(check_correction(a_correction(), reversed_one, replacement_taken=False)) == {("delivery", "already-reversed")}
    assert codes(check_correction(a_correction(), a_delivery(), replacement_taken=False)) == {("delivery", "not-open")}
    assert codes(check_correction(a_correction(replacement="d-1"), settled, replacement_taken=False)) == {("replacement", "same-delivery")}


def test_the_other_side_approves_an_open_correction_that_stands_first_in_refs() -> None:
    settled, proposal = a_delivery(state=DeliveryState.SETTLED), a_proposal(Purpose.CORRECTION)
    judged = {
        name: codes(check_approval(an_approval(), settled, author, shown, replacement_taken=taken))
        for name, author, shown, taken in (
            ("fine", RECEIVER, proposal, False),
            ("own", SUPPLIER, proposal, False),
            ("answered", RECEIVER, replace(proposal, is_open=False), False),
            ("of another purpose", RECEIVER, a_proposal(), False),
            ("none", RECEIVER, None, False),
            ("taken", RECEIVER, proposal, True),
        )
    }

    assert judged == {
        "fine": set(),
        "own": {("refs", "own-proposal")},
        "answered": {("refs", "no-proposal")},
        "of another purpose": {("refs", "no-proposal")},
        "none": {("refs", "no-proposal")},
        "taken": {("refs", "delivery-taken")},
    }


def test_an_organisation_alone_on_both_sides_may_answer_itself() -> None:
    alone = a_delivery(receiver=SUPPLIER, state=DeliveryState.SETTLED)

    assert codes(check_approval(an_approval(), alone, SUPPLIER, a_proposal(Purpose.CORRECTION), replacement_taken=False)) == set()


def test_silence_settles_only_where_agreed_and_only_after_its_time() -> None:
    waiting = a_delivery(silent_from=LATER, silent_quantity=Decimal("25.42"))

    assert silently_accepted(waiting, LATER)
    assert not silently_accepted(waiting, LATER - timedelta(seconds=1))
    assert not silently_accepted(a_delivery(), LATER + timedelta(days=999))
    assert not silently_accepted(replace(waiting, state=DeliveryState.DISPUTED), LATER)


@pytest.mark.parametrize(
    ("title", "authority", "period"),
    [
        ("loading", Authority.RECEIVER, "2025-01"),
        ("delivery_point", Authority.RECEIVER, "2025-02"),
        ("weighbridge", Authority.RECEIVER, "2025-02"),
        ("weighbridge", Authority.SUPPLIER, "2025-01"),
        ("acceptance", Authority.SUPPLIER, "2025-02"),
    ],
)
def test_the_event_of_title_decides_the_period(title: str, authority: Authority, period: str) -> None:
    sent, got = NOON.replace(day=31, hour=22, minute=59), NOON.replace(day=31, hour=23, minute=0)

    assert a_trade(title=title, authority=authority).find_title_period(sent, got, ZONE) == period
