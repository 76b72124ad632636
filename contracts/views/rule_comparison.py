"""Rules side by side: a recorded allocation, what the other rules would give from the same game, and who would do better alone.

Whoever sees the allocation whole sees all of it; an organisation sees its own share and what it would save alone. The other rules are
computed when they are first asked for and kept: the hash of the inputs names the game, so that what is kept never goes stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from contracts.allocation.exact import parse_exact
from contracts.allocation.network_game import Group, NetworkGame, list_components, share_losses, value_group
from contracts.allocation.rules import METHODS
from contracts.allocation.service import draft_allocation, read_game
from contracts.allocation.tables import ProposedAllocation, find_allocation
from contracts.errors import Conflict, NotFound
from contracts.parties import tables as parties
from contracts.views.sight import Sight, ask_open

RULES = tuple(METHODS)  #: equal, proportional, shapley, nucleolus
COMPUTED_PLAYERS = 16  #: organisations that hang together for which a page computes other rules: well under a second each
_MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Coalition:
    """Members who together would do better on their own."""

    organisations: tuple[str, ...]
    gain: int  #: minor units that they would gain together, cut to whole ones


@dataclass(frozen=True, slots=True)
class RuleShares:
    """What one rule gives."""

    rule: str
    method: str  #: such as "shapley/1"
    recorded: bool  #: as the allocation on the log; else computed from the same game
    shares: Mapping[str, int]  #: minor units by organisation, as far as the reader sees them; none where the rule gives none
    reason: str | None  #: why there are none, in words
    leaving: tuple[Coalition, ...]  #: in each component of the game the one with most to gain by leaving, if any


@dataclass(frozen=True, slots=True)
class RuleComparison:
    """A recorded allocation beside the other rules."""

    allocation: str
    period: str
    currency: str
    rule: str  #: the recorded one
    organisations: tuple[str, ...]  #: as far as the reader sees them
    names: Mapping[str, str]  #: legal names
    alone: Mapping[str, int]  #: minor units that each would have saved by itself, v({i})
    saved: Mapping[str, int]  #: minor units that each saved before sharing
    rules: tuple[RuleShares, ...]  #: the recorded one first
    complete: bool  #: whether all organisations and rules are shown
    total: int | None  #: minor units, all shares together; None unless complete


@dataclass(frozen=True, slots=True)
class _Solved:
    """What is kept of a game: by name of its inputs."""

    alone: Mapping[str, int]
    losses: Mapping[str, Fraction]  #: minor units by organisation
    largest: int  #: organisations of the largest component


_games: dict[str, _Solved] = {}
_rules: dict[tuple[str, str], RuleShares] = {}
_lock = Lock()


def compare_rules(sight: Sight, allocation: str) -> RuleComparison:
    """Compare the rules for a recorded allocation; raises NotFound, also for whom no share of it is open."""
    found = find_allocation(sight.connection, sight.log_id, allocation)
    if found is None:
        raise NotFound("there is no such allocation")
    complete = bool(sight.find_visible([ask_open(found.entry, "allocation.proposed")]))
    shown = [share for share in found.shares if complete or share.organisation == sight.organisation]
    if not shown:
        raise NotFound("there is no share of this allocation for you to see")
    names = tuple(share.organisation for share in shown)
    solved = _solve_game(sight.connection, sight.log_id, found)
    shares = {one.organisation: one.allocated for one in shown}
    leaving = list_leaving(found.components, shares, solved.losses) if complete else ()
    recorded = RuleShares(found.rule, found.method, recorded=True, shares=shares, reason=None, leaving=leaving)
    others = [_give_rule(sight, found, rule, solved) for rule in RULES if rule != found.rule] if complete else []
    return RuleComparison(
        allocation=allocation,
        period=found.period,
        currency=parties.get_network(sight.connection, sight.log_id).currency,
        rule=found.rule,
        organisations=names,
        names=parties.list_names(sight.connection, sight.log_id, names),
        alone={name: solved.alone.get(name, 0) for name in names},
        saved={share.organisation: share.saving for share in shown},
        rules=(recorded, *others),
        complete=complete,
        total=sum(share.allocated for share in shown) if complete else None,
    )


def value_alone(game: NetworkGame) -> dict[str, int]:
    """Value each organisation alone, v({i}): what it would have saved with nobody else, minor units."""
    alone: dict[str, int] = {}
    for player in game.players:
        exchanges = tuple(one for one in game.exchanges if set(one.parties) == {player})
        assets = tuple(asset for asset in game.assets if player in asset.benefits)
        alone[player] = value_group(Group((player,), exchanges, assets), frozenset({player})) if exchanges or assets else 0
    return alone


def list_leaving(components: Mapping[str, Any], shares: Mapping[str, int], losses: Mapping[str, Fraction]) -> tuple[Coalition, ...]:
    """List who would be better off leaving together, component by component.

    Args:
        components: core verdicts, as an allocation records them: the coalition with most ground to complain inside each component.
        shares: minor units by organisation; a rule that splits across components may short-change one of them as a whole.
        losses: what each bears of exchanges that did not pay, which leaving in time would have spared nobody: they ran.
    """
    found = []
    for component in components.get("components", ()):
        core, players = component.get("core") or {}, component["players"]
        if not core:
            continue
        excess = parse_exact(core["worst_excess"]) if core["worst_excess"] is not None else Fraction(0)
        given = sum(shares.get(player, 0) for player in players)
        short = parse_exact(core["value"]) + sum((losses.get(player, Fraction(0)) for player in players), Fraction(0)) - given
        # Shares are rounded, by less than a cent each: so much short is no complaint.
        coalition, gain = (tuple(players), short) if short > excess and short > len(players) else (tuple(core["worst"]), excess)
        if gain >= 1:
            found.append(Coalition(coalition, gain.numerator // gain.denominator))
    return tuple(found)


def _solve_game(connection: Connection, log_id: int, found: ProposedAllocation) -> _Solved:
    kept = _games.get(found.inputs_hash)
    if kept is None:
        game = read_game(connection, log_id, found.period)
        largest = max((len(group.players) for group in list_components(game)), default=0)
        kept = _Solved(value_alone(game), share_losses(game), largest)
        with _lock:
            if len(_games) >= _MOST_KEPT:
                _games.clear()
            _games[found.inputs_hash] = kept
    return kept


def _give_rule(sight: Sight, found: ProposedAllocation, rule: str, solved: _Solved) -> RuleShares:
    """Give what another rule makes of the recorded game; the reason in words where it gives nothing."""
    if solved.largest > COMPUTED_PLAYERS:
        reason = f"{solved.largest} organisations hang together: a page computes up to {COMPUTED_PLAYERS}, `symbiosis allocate` more"
        return RuleShares(rule, METHODS[rule], recorded=False, shares={}, reason=reason, leaving=())
    key = (found.inputs_hash, rule)
    kept = _rules.get(key)
    if kept is None:
        kept = _compute_rule(sight, found, rule, solved.losses)
        with _lock:
            if len(_rules) >= _MOST_KEPT:
                _rules.clear()
            _rules[key] = kept
    return kept


def _compute_rule(sight: Sight, found: ProposedAllocation, rule: str, losses: Mapping[str, Fraction]) -> RuleShares:
    try:
        drafted = draft_allocation(sight.connection, sight.log_id, found.period, rule, found.entries)
    except Conflict as refusal:
        return RuleShares(rule, METHODS[rule], recorded=False, shares={}, reason=refusal.message, leaving=())
    if drafted.inputs_hash != found.inputs_hash:
        reason = "the agreements that the recorded game was read from have changed since: it is not computed anew"
        return RuleShares(rule, METHODS[rule], recorded=False, shares={}, reason=reason, leaving=())
    shares = {share.organisation: share.allocated for share in drafted.shares}
    leaving = list_leaving(drafted.components, shares, losses)
    return RuleShares(rule, drafted.method, recorded=False, shares=shares, reason=None, leaving=leaving)
