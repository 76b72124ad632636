"""What an import is drafted from and into: the log's side of the matter, and the rows as they are sorted out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from contracts.deliveries.csv_rows import Rejected
from contracts.deliveries.delivery import Delivery
from contracts.deliveries.facts import DeliveryDispatched, DeliveryReceived, ReadingsRecorded
from contracts.deliveries.trade import Trade
from contracts.errors import Finding
from ledger.canonical import encode_canonical

Fact = DeliveryDispatched | DeliveryReceived | ReadingsRecorded


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What the log says about the agreement that a file belongs to."""

    trade: Trade
    author: str  #: organisation that imports
    now: datetime
    zone: ZoneInfo  #: the network's
    #: loads of the agreement by ticket
    loads: Mapping[str, Delivery] = field(default_factory=dict)
    #: metered days of the agreement: (meter, day) to its intervals [start, quantity, quality]
    days: Mapping[tuple[str, date], Sequence[Sequence[str]]] = field(default_factory=dict)
    #: of a shared asset: whose use the file holds
    user: str | None = None
    #: register of a meter at the file's first interval, where the file has no register columns
    registers: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell that says something else than the log."""

    row: int
    column: str
    on_log: str
    in_file: str


@dataclass(slots=True)
class Draft:
    """A plan in the making."""

    facts: list[tuple[tuple[str, ...], Fact]] = field(default_factory=list)  #: with their sort keys
    rejected: list[Rejected] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def compare(self, row: int, pairs: Sequence[tuple[str, object, object]]) -> None:
        """Note a row as known, or each of its (column, value on the log, value in the file) that differ."""
        differing = [Conflict(row, column, _show(old), _show(new)) for column, old, new in pairs if old != new]
        self.conflicts += differing
        if not differing:
            self.known.append(row)

    def reject_findings(self, row: int, findings: Sequence[Finding]) -> None:
        """Note the faults that the rules found in a row's fact."""
        self.rejected += [Rejected(row, finding.field, finding.message) for finding in findings]


def derive_id(*parts: str) -> str:
    """Derive a delivery's id from what it is about, always the same."""
    return f"d-{hashlib.sha256(encode_canonical(list(parts))).hexdigest()[:32]}"


def _show(value: object) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)
