"""Who would be better off leaving: the core verdict of an allocation, and how far any allocation is from stable.

The core holds the allocations of v(N) under which no coalition has a complaint v(S) - x(S) > 0; for costs the
complaint is x(S) - c(S). The least core value is the smallest possible largest complaint over all allocations of
v(N); the core is empty just when it is above 0 (Bondareva 1963, Shapley 1967).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from contracts.allocation.certificate import CertificateRefused
from contracts.allocation.excess import ExcessScan
from contracts.allocation.game import list_profits
from contracts.allocation.nucleolus import find_nucleolus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.allocation.game import Game


@dataclass(frozen=True, slots=True)
class CoreVerdict:
    """How stable one allocation is."""

    #: No coalition complains, and the shares sum to v(N).
    stable: bool
    #: The shares sum to v(N).
    efficient: bool
    #: The members of the coalition that complains most, also where it has no ground to; None for a single player.
    worst: tuple[str, ...] | None
    #: Its complaint, in the game's units; positive: it would be better off alone.
    worst_excess: Fraction | None
    #: How many coalitions would be better off alone.
    blocking: int


@dataclass(frozen=True, slots=True)
class LeastCore:
    """The least core value with its exact proof."""

    #: The smallest possible largest complaint, in the game's units; None for a single player, who has nobody to leave.
    excess: Fraction | None
    #: An allocation whose largest complaint it is.
    shares: tuple[Fraction, ...]
    #: Coalitions (bit masks) with weights above 0, summing to 1, under which every player weighs the same: whatever
    #: the allocation, the weighted mean of their complaints is `excess`, so the largest is no less.
    weights: tuple[tuple[int, Fraction], ...]

    @property
    def core_nonempty(self) -> bool:
        """Whether some allocation leaves no coalition a complaint."""
        return self.excess is None or self.excess <= 0


def check_core(game: Game, shares: Sequence[Fraction]) -> CoreVerdict:
    """Judge an allocation exactly, over every coalition.

    Raises:
        ValueError: not one share for each player.
    """
    if len(shares) != len(game.players):
        raise ValueError(f"{len(shares)} shares for {len(game.players)} players")
    scan = _scan(game, shares)
    worst = scan.find_worst()
    efficient = sum(shares) == game.grand
    if worst is None:
        return CoreVerdict(efficient, efficient, None, None, 0)
    mask, excess = worst
    blocking = scan.count_above(Fraction(0)) if excess > 0 else 0
    stable = efficient and excess <= 0
    return CoreVerdict(stable, efficient, game.name_coalition(mask), excess / game.denominator, blocking)


def find_least_core(game: Game) -> LeastCore | str:
    """The least core value, an allocation that reaches it (the prenucleolus), and the weights that prove it.

    Text instead, with the reason, where the proof could not be completed.
    """
    certificate = find_nucleolus(game, "preimputations")
    if isinstance(certificate, str):
        return certificate.replace("nucleolus", "least core")
    if not certificate.stages:
        return LeastCore(None, certificate.shares, ())
    first = certificate.stages[0]
    least = LeastCore(first.excess, certificate.shares, first.coalitions)
    check_least_core(game, least)
    return least


def check_least_core(game: Game, least: LeastCore) -> None:
    """Accept a least core value only if its shares reach it and its weights prove that nothing is less.

    Raises:
        CertificateRefused: with the first fault.
    """
    n = len(game.players)
    if len(least.shares) != n or sum(least.shares) != game.grand:
        raise CertificateRefused("the shares do not sum to what all players have together")
    worst = _scan(game, least.shares).find_worst()
    if worst is None or least.excess is None:
        if worst is None and least.excess is None:
            return
        raise CertificateRefused("a single player has no coalition to leave with, and nobody else lacks one")
    if worst[1] != least.excess * game.denominator:
        raise CertificateRefused("the largest complaint at these shares is another one")
    if any(not 0 < mask < (1 << n) - 1 or weight <= 0 for mask, weight in least.weights):
        raise CertificateRefused("a weight is not positive, or not on a proper coalition")
    burdens = {sum((weight for mask, weight in least.weights if mask >> i & 1), Fraction(0)) for i in range(n)}
    if sum(weight for _, weight in least.weights) != 1 or len(burdens) != 1:
        raise CertificateRefused("the weights do not sum to 1, or do not weigh on all players alike")
    sign = 1 if game.type == "profit" else -1
    mean = sum((weight * game.value(mask) for mask, weight in least.weights), Fraction(0)) - burdens.pop() * game.grand
    if sign * mean != least.excess:
        raise CertificateRefused("the weighted mean of the complaints is another one")


def _scan(game: Game, shares: Sequence[Fraction]) -> ExcessScan:
    sign = 1 if game.type == "profit" else -1
    return ExcessScan(list_profits(game), [sign * share * game.denominator for share in shares])
