"""One delivery as the log has it: both sides' figures, its state in words, and what was settled."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class DeliveryKind(StrEnum):
    """What a row stands for."""

    LOAD = "load"
    METERED = "metered"  #: a day of intervals of one meter
    REVERSAL = "reversal"  #: the exact negative of what it is `of`
    REPLACEMENT = "replacement"  #: what stands instead of what it is `of`


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    DISPATCHED = "dispatched"
    SETTLED = "settled"
    DISPUTED = "disputed"
    REVERSED = "reversed"


class SettledBy(StrEnum):
    """How a quantity came to be settled."""

    MATCH = "match"  #: both figures lie within the tolerance
    RESOLUTION = "resolution"  #: both sides named it after a dispute
    CORRECTION = "correction"  #: proposed by one side, approved by the other
    SILENCE = "silence"  #: nobody contested it in the agreed time
    OWN_USE = "own_use"  #: the operator of a shared asset used it itself: there is no other side


#: ids that corrections make from the id of what they correct; no delivery of another kind may end like this
REVERSAL_SUFFIX = ".reversal"
REPLACEMENT_SUFFIX = ".replacement"

_WORDS = {
    DeliveryState.DISPATCHED: "handed over, awaits the receiver",
    DeliveryState.SETTLED: "settled",
    DeliveryState.DISPUTED: "disputed: both sides must name the same quantity",
    DeliveryState.REVERSED: "reversed: another figure stands instead",
}
_HOW = {
    SettledBy.MATCH: "both figures agree within the tolerance",
    SettledBy.RESOLUTION: "both sides named this quantity after a dispute",
    SettledBy.CORRECTION: "proposed by one side and approved by the other",
    SettledBy.SILENCE: "not contested in the agreed time",
    SettledBy.OWN_USE: "the operator's own use",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """What one side weighed or metered; a value that was erased is None."""

    quantity: Decimal | None  #: net, in the delivery's unit; for masses wet
    gross: Decimal | None = None
    tare: Decimal | None = None
    moisture: Decimal | None = None  #: percent m/m


@dataclass(frozen=True, slots=True)
class Dispute:
    """Why a delivery is contested, and since when."""

    entry: int
    by: str | None  #: organisation; None: the figures lie too far apart
    quantity: Decimal | None  #: settled quantity that this side holds to be right
    reason: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of deliveries: a load, a metered day, a reversal or a replacement."""

    delivery: str
    agreement: str
    kind: DeliveryKind
    of: str | None  #: what a reversal or replacement corrects
    supplier: str  #: who recorded it: of a shared asset its operator
    receiver: str  #: of a shared asset the user
    state: DeliveryState
    entry: int  #: index that created it
    recorded_at: datetime  #: the log's time
    unit: str  #: UN/ECE Rec 20; of both sides' figures
    dispatched_at: datetime  #: of a metered day its beginning
    sent: Figure  #: the supplier's figure
    ticket: str | None
    batch: str | None
    vehicle: str | None
    driver: str | None
    meter: str | None
    day: date | None  #: of a metered day
    received_entry: int | None
    received_at: datetime | None
    got: Figure  #: the receiver's figure
    accepted: Decimal | None
    refused: Decimal | None
    refusal_reason: str | None
    dispute: Dispute | None
    period: str  #: of the title transfer
    settled: Decimal | None  #: in the agreement's unit and price basis; negative for a reversal
    settled_unit: str
    settled_entry: int | None
    settled_by: SettledBy | None
    silent_from: datetime | None  #: from when silence settles it, where the agreement says so
    silent_quantity: Decimal | None  #: what silence settles: the supplier's figure in the price basis
    reversed_by: str | None
    replaced_by: str | None

    @property
    def words(self) -> str:
        """The state in words."""
        how = f": {_HOW[self.settled_by]}" if self.state is DeliveryState.SETTLED and self.settled_by else ""
        return _WORDS[self.state] + how

    def is_side(self, organisation: str) -> bool:
        """Tell whether an organisation is one of the two sides."""
        return organisation in (self.supplier, self.receiver)

    def is_other_side(self, organisation: str, first: str) -> bool:
        """Tell whether an organisation may confirm what the first one proposed; alone on both sides, it may itself."""
        return self.is_side(organisation) and (organisation != first or self.supplier == self.receiver)


@dataclass(frozen=True, slots=True)
class SettledRow:
    """One settled quantity; the sum over an original, its reversal and its replacement is the replacement's."""

    delivery: str
    agreement: str
    kind: DeliveryKind
    of: str | None
    supplier: str
    receiver: str  #: of a shared asset the user
    quantity: Decimal  #: in the agreement's price basis; negative for a reversal
    unit: str
    of_period: str
    settled_entry: int | None  #: None: by silence, which the next close of a period puts on the log
    settled_by: SettledBy
    batch: str | None


class Purpose(StrEnum):
    """What one side proposes to the other."""

    RESOLUTION = "resolution"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A quantity that one side has named and that waits for the other."""

    hash: str  #: statement hash, which the other side's answer names in `refs`
    delivery: str
    purpose: Purpose
    by: str
    quantity: Decimal | None  #: None: erased
    replacement: str | None  #: id of the replacing delivery, of a correction
    entry: int
    is_open: bool


def silently_accepted(delivery: Delivery, now: datetime) -> bool:
    """Tell whether silence settles a delivery: the agreement says so, its time is over, and nobody received or contested it."""
    waits = delivery.state is DeliveryState.DISPATCHED and delivery.received_entry is None
    return waits and delivery.silent_from is not None and delivery.silent_from <= now
