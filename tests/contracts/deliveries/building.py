"""Deliveries for tests: facts with sensible values, an agreement's trade, and reading what the log has."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from contracts.deliveries.facts import (
    CorrectionApproved,
    CorrectionProposed,
    DeliveryDispatched,
    DeliveryDisputed,
    DeliveryReceived,
    DeliveryResolved,
    Reading,
    ReadingQuality,
    ReadingsRecorded,
)
from contracts.deliveries.tables import Delivery, find_delivery
from contracts.deliveries.trade import Authority, Trade
from contracts.period import list_interval_starts
from tests.network import TestNetwork

ZONE = ZoneInfo("Europe/Copenhagen")
NOON = datetime(2025, 1, 2, 7, 30, tzinfo=UTC)  #: half an hour before a test network begins
LATER = datetime(2025, 1, 2, 7, 50, tzinfo=UTC)


def a_trade(**changes: Any) -> Trade:
    """Make the trade of a wet load weighed by both sides, the receiver's scale settles."""
    trade = Trade(
        agreement="a-1",
        supplier="o-powerco",
        receivers=("o-plasterco",),
        shared=False,
        unit="TNE",
        invoice_mass="wet",
        moisture_reference=None,
        authority=Authority.RECEIVER,
        tolerance=Decimal("0.10"),
        tolerance_percent=Decimal("0.5"),
        title="delivery_point",
        confirm_within=72,
        silent_accept=False,
        meters=frozenset(),
        interval=None,
        rollover=None,
        first_day=date(2025, 1, 2),
        end_day=None,
        in_force=True,
    )
    return replace(trade, **changes)


def a_dispatch(**changes: Any) -> DeliveryDispatched:
    """Hand over 25.42 t of gypsum."""
    fact = DeliveryDispatched(
        delivery="d-1",
        agreement="a-1",
        quantity=Decimal("25.42"),
        unit="TNE",
        gross=Decimal("40.02"),
        tare=Decimal("14.60"),
        moisture=None,
        dispatched_at=NOON,
        ticket="T-1",
        batch=None,
        vehicle="AB 12 345",
        driver="Driver One",
    )
    return replace(fact, **changes)


def a_receipt(**changes: Any) -> DeliveryReceived:
    """Receive 25.36 t, all accepted; a changed quantity is accepted whole unless said otherwise."""
    quantity = changes.pop("quantity", Decimal("25.36"))
    fact = DeliveryReceived(
        delivery="d-1",
        received_at=LATER,
        quantity=quantity,
        gross=None,
        tare=None,
        moisture=Decimal("8.4"),
        accepted=quantity,
        refused=Decimal(0),
        reason=None,
    )
    return replace(fact, **changes)


def some_readings(day: date, quantity: str = "1.5", *, minutes: int = 15, zone: ZoneInfo = ZONE) -> tuple[Reading, ...]:
    """Make a day's intervals, all of one quantity."""
    return tuple(Reading(start, Decimal(quantity), ReadingQuality.MEASURED) for start in list_interval_starts(day, minutes, zone))


def a_metered_day(day: date = date(2025, 1, 2), readings: Sequence[Reading] | None = None, **changes: Any) -> ReadingsRecorded:
    """Record a day of a heat meter whose register moved by the sum of its intervals."""
    chosen = some_readings(day) if readings is None else tuple(readings)
    fact = ReadingsRecorded(
        delivery="d-1",
        agreement="a-1",
        user=None,
        meter="HM-17",
        day=day,
        interval=15,
        unit="MWH",
        register_start=Decimal("1000.0"),
        register_end=Decimal("1000.0") + sum((one.quantity for one in chosen), Decimal(0)),
        readings=chosen,
    )
    return replace(fact, **changes)


def a_dispute(**changes: Any) -> DeliveryDisputed:
    """Contest a delivery."""
    return replace(DeliveryDisputed("d-1", Decimal("25.00"), "the scale was not levelled"), **changes)


def a_resolution(quantity: str = "25.10", **changes: Any) -> DeliveryResolved:
    """Name the quantity that ends a dispute."""
    return replace(DeliveryResolved("d-1", Decimal(quantity), "weighed again"), **changes)


def a_correction(**changes: Any) -> CorrectionProposed:
    """Ask to replace d-1 by d-1b."""
    return replace(CorrectionProposed("d-1", "d-1b", Decimal("24.90"), "tare of another trailer"), **changes)


def an_approval(**changes: Any) -> CorrectionApproved:
    """Approve a correction of d-1."""
    return replace(CorrectionApproved("d-1", None), **changes)


def see_delivery(network: TestNetwork, delivery: str = "d-1") -> Delivery:
    """Read a delivery that is there."""
    with network.connect() as connection:
        found = find_delivery(connection, network.log_id, delivery)
    assert found is not None
    return found


def codes(findings: Sequence[Any]) -> set[tuple[str, str]]:
    """Give (field, code) of each finding."""
    return {(finding.field, finding.code) for finding in findings}
