"""One door to the rules: a game and a rule's name in, exact shares out, or the reason why the rule defines none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.allocation.certificate import Certificate
from contracts.allocation.division import split_equally, split_proportionally
from contracts.allocation.exact import format_exact
from contracts.allocation.game import InvalidGame
from contracts.allocation.nucleolus import find_nucleolus
from contracts.allocation.shapley import share_by_shapley

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from contracts.allocation.game import Game


@dataclass(frozen=True, slots=True)
class Allocation:
    """Shares that sum to v(N) exactly."""

    #: The rule's name, as asked for.
    rule: str
    #: The method and its version, as recorded on the log; a version's results never change.
    method: str
    #: Names, in the game's order.
    players: tuple[str, ...]
    #: One share for each player, in the game's units: of the profit, or of the cost.
    shares: tuple[Fraction, ...]
    #: The proof, for the rule that needs one.
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Undefined:
    """The rule defines no shares for this game, or none that could be proved."""

    #: The rule's name, as asked for.
    rule: str
    #: The method and its version.
    method: str
    #: Why, in words for a board.
    reason: str


@dataclass(frozen=True, slots=True)
class AllocationRule:
    """A rule of the registry."""

    #: The method and its version.
    method: str
    #: What it does, in one sentence for a board.
    sentence: str
    #: From a game to shares, to a certificate with shares, or to the reason why there are none.
    solve: Callable[[Game], tuple[Fraction, ...] | Certificate | str]


def allocate_game(game: Game, rule: str) -> Allocation | Undefined:
    """Divide v(N) by the named rule of `RULES`.

    Raises:
        InvalidGame: no such rule (field `rule`).
    """
    entry = RULES.get(rule)
    if entry is None:
        raise InvalidGame("rule", f"{rule!r} is unknown; choose one of {', '.join(RULES)}")
    outcome = entry.solve(game)
    if isinstance(outcome, str):
        return Undefined(rule, entry.method, outcome)
    if isinstance(outcome, Certificate):
        return Allocation(rule, entry.method, game.players, outcome.shares, outcome)
    return Allocation(rule, entry.method, game.players, outcome)


def encode_outcome(outcome: Allocation | Undefined) -> dict[str, object]:
    """Write an outcome as JSON-ready values: `allocation` by player, or null with its `reason`."""
    if isinstance(outcome, Undefined):
        return {"allocation": None, "reason": outcome.reason}
    return {"allocation": {name: format_exact(x) for name, x in zip(outcome.players, outcome.shares, strict=True)}}


def _solve_proportional(game: Game) -> tuple[Fraction, ...] | str:
    shares = split_proportionally(game)
    if shares is not None:
        return shares
    keys = "stand-alone values" if game.weights is None else "weights"
    return f"the proportional rule is not defined: the {keys} of the players sum to zero"


#: Every rule, by the name that agreements and commands use.
RULES: dict[str, AllocationRule] = {
    "equal": AllocationRule("equal/1", "Everybody gets the same part of the total.", split_equally),
    "proportional": AllocationRule(
        "proportional/1",
        "Everybody gets the same percentage of a key: the given weights, or what each has alone.",
        _solve_proportional,
    ),
    "shapley": AllocationRule(
        "shapley/1",
        "Everybody gets what he adds to those before him, averaged over all orders of joining.",
        share_by_shapley,
    ),
    "nucleolus": AllocationRule(
        "nucleolus/1",
        "The coalition with the most ground to complain has as little as possible, then the next, and so on.",
        find_nucleolus,
    ),
}
