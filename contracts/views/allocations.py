"""What readers see of allocations: the board and auditors by grant all of them, each organisation its own share, others the totals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.allocation import tables
from contracts.allocation.facts import Share
from contracts.allocation.tables import ProposedAllocation
from contracts.errors import NotFound
from contracts.governance.tables import is_adopted
from contracts.views.savings import ENOUGH
from contracts.views.sight import PAGE, Sight, ask_open


@dataclass(frozen=True, slots=True)
class SeenAllocation:
    """A proposed allocation, as far as the reader sees it."""

    allocation: str
    period: str
    rule: str
    method: str
    game: str
    entries: int
    inputs_hash: str
    entry: int
    statement: str  #: statement hash: what a review names
    adopted: bool
    organisations: int  #: that have a share
    total: int | None  #: minor units, all shares together; None where fewer than three would be told apart
    complete: bool  #: whether all shares and the game are shown
    shares: Sequence[Share]
    components: Mapping[str, Any] | None  #: of the game, with core verdict and certificate


def list_allocations(sight: Sight, *, period: str | None, after: int, limit: int, down: bool = False) -> list[SeenAllocation]:
    """List allocations in the order in which they were proposed, or the newest first."""
    found = tables.list_allocations(sight.connection, sight.log_id, period=period, after=after, limit=limit, down=down)
    visible = sight.find_visible([ask_open(one.entry, "allocation.proposed") for one in found])
    return [_show(sight, one, complete=one.entry in visible) for one in found]


def find_allocation(sight: Sight, allocation: str) -> SeenAllocation:
    """Find an allocation; raises NotFound."""
    found = tables.find_allocation(sight.connection, sight.log_id, allocation)
    if found is None:
        raise NotFound("there is no such allocation")
    return _show(sight, found, complete=bool(sight.find_visible([ask_open(found.entry, "allocation.proposed")])))


def find_adopted_before(sight: Sight, period: str) -> SeenAllocation | None:
    """Find the allocation that the board adopted for the latest period before one; None where there is none."""
    after = -1
    while rows := tables.list_allocations(sight.connection, sight.log_id, after=after, limit=PAGE, down=True):
        for one in sorted(rows, key=lambda row: (row.period, row.entry), reverse=True):
            if one.period < period and is_adopted(sight.connection, sight.log_id, f"allocation:{one.allocation}"):
                return find_allocation(sight, one.allocation)
        after = rows[-1].entry
    return None


def _show(sight: Sight, one: ProposedAllocation, *, complete: bool) -> SeenAllocation:
    own = [share for share in one.shares if share.organisation == sight.organisation]
    return SeenAllocation(
        allocation=one.allocation,
        period=one.period,
        rule=one.rule,
        method=one.method,
        game=one.game,
        entries=one.entries,
        inputs_hash=one.inputs_hash,
        entry=one.entry,
        statement=one.statement,
        adopted=is_adopted(sight.connection, sight.log_id, f"allocation:{one.allocation}"),
        organisations=len(one.shares),
        total=sum(share.allocated for share in one.shares) if complete or len(one.shares) >= ENOUGH else None,
        complete=complete,
        shares=one.shares if complete else own,
        components=one.components if complete else None,
    )
