"""What readers see of periods and savings: everybody that a period is closed, each its own lines, auditors by grant all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.errors import NotFound
from contracts.savings import tables
from contracts.savings.facts import SavingLine
from contracts.savings.tables import ClosedPeriod
from contracts.views.sight import Sight, ask_open

__all__ = ["ENOUGH", "ClosedPeriod", "SavingLine", "SeenSavings", "find_period", "find_savings", "list_periods"]

ENOUGH = 3  #: organisations that a figure must be over before other members see it


@dataclass(frozen=True, slots=True)
class SeenSavings:
    """A closed period's saving lines, as far as the reader sees them."""

    period: str
    organisations: int  #: that have a line
    total: int | None  #: minor units, all organisations together; None where fewer than three would be told apart
    complete: bool  #: whether all lines are shown
    lines: Sequence[SavingLine]


def list_periods(sight: Sight, *, after: str, limit: int) -> list[ClosedPeriod]:
    """List closed periods in order."""
    return tables.list_periods(sight.connection, sight.log_id, after=after, limit=limit)


def find_period(sight: Sight, period: str) -> ClosedPeriod:
    """Find a closed period; raises NotFound."""
    found = tables.find_period(sight.connection, sight.log_id, period)
    if found is None:
        raise NotFound("this period is not closed")
    return found


def find_savings(sight: Sight, period: str) -> SeenSavings:
    """Show a period's savings; raises NotFound."""
    closed = find_period(sight, period)
    lines = tables.list_lines(sight.connection, sight.log_id, period)
    complete = bool(sight.find_visible([ask_open(closed.entry, "period.closed")]))
    owners = {line.organisation for line in lines}
    total = sum(line.saving for line in lines) if complete or len(owners) >= ENOUGH else None
    shown = lines if complete else [line for line in lines if line.organisation == sight.organisation]
    return SeenSavings(period, len(owners), total, complete, shown)
