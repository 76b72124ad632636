"""What is said about deliveries: dispatch, receipt, metered days, dispute, correction by reversal and replacement."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from contracts.facts import Role, fact
from contracts.fields import About, Id, Line, OrganisationId, Personal, Text, UnitCode


class ReadingQuality(StrEnum):
    """How an interval's quantity came about."""

    MEASURED = "measured"
    SUBSTITUTED = "substituted"  #: from a check meter
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Reading:
    """One interval [start, start + interval)."""

    start: datetime
    quantity: Decimal
    quality: ReadingQuality


@fact("delivery.dispatched", about="delivery", by=(Role.OPERATOR,))
@dataclass(frozen=True, slots=True)
class DeliveryDispatched:
    """The supplier hands a load over, by its own figure."""

    delivery: About[Id]
    agreement: Id
    quantity: Decimal  #: the supplier's net figure, in `unit`; for masses wet
    unit: UnitCode
    gross: Decimal | None
    tare: Decimal | None
    moisture: Decimal | None  #: percent m/m
    dispatched_at: datetime
    ticket: Line  #: number of the weighbridge ticket; unique per agreement
    batch: Id | None  #: the batch that a certificate may speak of
    vehicle: Personal[Line | None]
    driver: Personal[Line | None]


@fact("delivery.received", about="delivery", by=(Role.OPERATOR,))
@dataclass(frozen=True, slots=True)
class DeliveryReceived:
    """The receiver records what arrived by its own figure, and what of it is accepted or refused.

    Of a metered day the receiver confirms or contests the total.
    """

    delivery: About[Id]
    received_at: datetime
    quantity: Decimal  #: the receiver's net figure, in the delivery's unit; for masses wet
    gross: Decimal | None
    tare: Decimal | None
    moisture: Decimal | None  #: percent m/m
    accepted: Decimal
    refused: Decimal  #: accepted + refused = quantity
    reason: Personal[Line | None]  #: why refused; wanted when refused > 0


@fact("readings.recorded", about="delivery", by=(Role.OPERATOR,))
@dataclass(frozen=True, slots=True)
class ReadingsRecorded:
    """A day of metered intervals, recorded by the supplier in one statement; the day is one delivery."""

    delivery: About[Id]
    agreement: Id
    user: OrganisationId | None  #: who used a shared asset; None where the agreement has one receiver
    meter: Id
    day: date  #: in the network's time zone
    interval: int  #: minutes; divides 60
    unit: UnitCode
    register_start: Decimal
    register_end: Decimal
    readings: tuple[Reading, ...]


@fact("delivery.disputed", about="delivery", by=(Role.OPERATOR, Role.SIGNATORY))
@dataclass(frozen=True, slots=True)
class DeliveryDisputed:
    """A side contests a delivery that the figures alone would settle."""

    delivery: About[Id]
    quantity: Decimal  #: what this side holds to be right: settled quantity, in the agreement's unit and price basis
    reason: Personal[Text]


@fact("delivery.resolved", about="delivery", by=(Role.OPERATOR, Role.SIGNATORY))
@dataclass(frozen=True, slots=True)
class DeliveryResolved:
    """A side names the quantity that ends a dispute; it ends when the other side has named the same, with the first one in `refs`."""

    delivery: About[Id]
    quantity: Decimal  #: settled quantity, in the agreement's unit and price basis
    reason: Personal[Text]


@fact("delivery.correction_proposed", about="delivery", by=(Role.OPERATOR, Role.SIGNATORY))
@dataclass(frozen=True, slots=True)
class CorrectionProposed:
    """A side asks to reverse a settled delivery and to replace it by another figure."""

    delivery: About[Id]  #: the delivery to be reversed
    replacement: Id  #: id of the delivery that replaces it
    quantity: Decimal  #: settled quantity of the replacement; 0 for a reversal alone
    reason: Personal[Text]


@fact("delivery.correction_approved", about="delivery", by=(Role.OPERATOR, Role.SIGNATORY))
@dataclass(frozen=True, slots=True)
class CorrectionApproved:
    """The other side approves the correction whose proposal stands first in `refs`; reversal and replacement take effect."""

    delivery: About[Id]
    comment: Personal[Text | None]
