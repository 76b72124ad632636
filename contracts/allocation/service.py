"""Allocation, in steps: the service proposes how a closed period's pooled saving is split; the log judges it by computing it anew."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Connection

from contracts.agreements.tables import Agreement, find_agreement, list_by_asset
from contracts.allocation import tables
from contracts.allocation.facts import AllocationProposed
from contracts.allocation.network_game import GAME, NetworkGame
from contracts.allocation.rules import METHODS, PoolAgreement, build_game, divide_saving, round_shares
from contracts.errors import Conflict, Finding, NotFound
from contracts.parties.tables import BOARD, open_to
from contracts.said import Handler, Handlers, Said
from contracts.savings.facts import SavingLine
from contracts.savings.tables import find_period, list_lines
from contracts.templates.charges import stand_alone_costs
from ledger.canonical import JSON, encode_canonical

POOL = "network_pool"
_SHARE_FIELDS = ("organisation", "saving", "allocated", "transfer", "exact")


def draft_allocation(connection: Connection, log_id: int, period: str, rule: str, index: int) -> AllocationProposed:
    """Compute an allocation of a closed period by a rule, for the service to sign.

    Args:
        connection: an open one.
        log_id: row of the log.
        period: a closed one.
        rule: equal, proportional, shapley or nucleolus.
        index: size of the log that the tables stand at; it numbers the proposal.

    Raises:
        NotFound: the period is not closed.
        Conflict: the rule defines no split of this period's saving; the reason is in words.
    """
    closed = find_period(connection, log_id, period)
    if closed is None:
        raise NotFound(f"{period} is not closed: nothing of it can be allocated yet")
    pool, lines = _read_pool(connection, log_id, period)
    game = build_game(pool, lines)
    division = divide_saving(game, rule)
    if isinstance(division, str):
        raise Conflict(division, [Finding("rule", "undefined", division)])
    savings: dict[str, int] = {}
    for line in lines:
        savings[line.organisation] = savings.get(line.organisation, 0) + line.saving
    return AllocationProposed(
        allocation=f"{period}.{rule}.{index}",
        period=period,
        rule=rule,
        method=METHODS[rule],
        game=GAME,
        entries=index,
        inputs_hash=_hash_inputs(pool, closed.statement),
        shares=round_shares(division, savings),
        components={"components": [dict(one) for one in division.components]},
    )


def read_game(connection: Connection, log_id: int, period: str) -> NetworkGame:
    """Read the game of a closed period, as proposals of it are computed from; a period without pooled lines has no players."""
    return build_game(*_read_pool(connection, log_id, period))


def _read_pool(connection: Connection, log_id: int, period: str) -> tuple[list[PoolAgreement], list[SavingLine]]:
    """Read the pool's agreements and their saving lines of a period."""
    lines = list_lines(connection, log_id, period)
    found = {name: find_agreement(connection, log_id, name) for name in sorted({line.agreement for line in lines})}
    pool = [_read_agreement(connection, log_id, one, period) for one in found.values() if one and one.terms.text("benefit_rule") == POOL]
    names = {one.agreement for one in pool}
    return pool, [line for line in lines if line.agreement in names]


def _read_agreement(connection: Connection, log_id: int, one: Agreement, period: str) -> PoolAgreement:
    asset = None if one.shared else one.terms.text("asset")
    runs = list_by_asset(connection, log_id, asset) if asset else []
    alone = stand_alone_costs(one.terms, period)
    return PoolAgreement(one.agreement, one.shared, one.supplier, one.receivers, runs[0] if runs else None, alone)


def _hash_inputs(pool: Sequence[PoolAgreement], statement: str) -> str:
    """Hash the close that was read, by its statement hash, and how its agreements make the game."""
    agreements: list[JSON] = [[one.agreement, one.shared, one.supplier, list(one.receivers), one.asset, dict(one.alone)] for one in pool]
    return sha256(encode_canonical([statement, agreements])).hexdigest()


def _judge_proposal(connection: Connection, said: Said[AllocationProposed]) -> list[Finding]:
    fact = said.fact
    if find_period(connection, said.log_id, fact.period) is None:
        return [Finding("period", "not-closed", f"{fact.period} is not closed")]
    found = []
    if tables.find_allocation(connection, said.log_id, fact.allocation):
        found.append(Finding("allocation", "taken", "this id is taken"))
    if fact.method != METHODS.get(fact.rule) or fact.game != GAME:
        found.append(
            Finding("method", "unknown-method", f"{METHODS.get(fact.rule, 'a known method')} on {GAME} is what this release computes")
        )
    if not 0 <= fact.entries <= said.index:
        found.append(Finding("entries", "range", f"a size of the log up to {said.index} is wanted"))
    return found


def _recompute_proposal(connection: Connection, said: Said[AllocationProposed]) -> list[Finding]:
    """Compute the allocation anew, and name each difference by share and column."""
    fact = said.fact
    try:
        right = draft_allocation(connection, said.log_id, fact.period, fact.rule, fact.entries)
    except (NotFound, Conflict) as refusal:
        return [Finding("rule", "differs", f"says {fact.rule} splits the saving; recomputed: {refusal.message}")]
    found = [
        Finding(f"shares.{number}.{name}", "differs", f"says {getattr(share, name)}, recomputed {getattr(wanted, name)}")
        for number, (share, wanted) in enumerate(zip(fact.shares, right.shares, strict=False))
        for name in _SHARE_FIELDS
        if getattr(share, name) != getattr(wanted, name)
    ]
    if len(fact.shares) != len(right.shares):
        found.append(Finding("shares", "differs", f"says {len(fact.shares)} shares, recomputed {len(right.shares)}"))
    if encode_canonical(dict(fact.components)) != encode_canonical(dict(right.components)):
        found.append(Finding("components", "differs", "the components of the game are others than recomputed"))
    if fact.inputs_hash != right.inputs_hash:
        found.append(Finding("inputs_hash", "differs", "the inputs read were others than those on the log"))
    return found


def _fold_proposal(connection: Connection, said: Said[AllocationProposed]) -> None:
    tables.insert_allocation(connection, said.log_id, said.fact, said.index, said.hash)
    # Each organisation is shown its own share through its row; the board and the facilitator weigh them all.
    open_to(connection, said.log_id, said.index, [BOARD])


def forget_contents(_connection: Connection, _log_id: int, _index: int, _positions: Sequence[int]) -> None:
    """Keep all: an allocation holds nothing of a person."""


HANDLERS: Handlers = {AllocationProposed: Handler(_judge_proposal, _fold_proposal, _recompute_proposal)}
