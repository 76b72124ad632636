"""Games that need no table of coalitions, at any number of players: contracts' dividends and staged shared assets.

Nothing here needs numpy or a solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Stage:
    """Users of a shared asset who all need the same length, depth or size of it."""

    #: What an asset for these users alone would cost, 0 or more, in any one unit of money.
    cost: Fraction
    #: How many users, 1 or more.
    users: int = 1


def share_dividends(players: Sequence[str], dividends: Iterable[tuple[Collection[str], int | Fraction]]) -> dict[str, Fraction]:
    """The Shapley value of a sum of contracts: each contract's amount split equally among its parties.

    A contract of parties T with amount d is the game d·u_T, worth d to each coalition that holds all of T; amounts of
    the same T add. Harsanyi 1959. O(Σ|T|).

    Args:
        players: everybody, named once; who has no contract gets 0.
        dividends: parties (each named once) and amount of each contract, in any one unit.

    Raises:
        ValueError: a contract without parties, with a party twice, or with a party that is no player.
    """
    by_size: dict[int, dict[str, int | Fraction]] = {}
    for parties, amount in dividends:
        size = len(parties)
        sums = by_size.get(size)
        if sums is None:
            sums = by_size[size] = dict.fromkeys(players, 0)
        if size == 0 or (size > 1 and len(set(parties)) != size):
            raise ValueError(f"the contract of {list(parties)!r} names nobody, or somebody twice")
        try:
            for name in parties:
                sums[name] += amount
        except KeyError as fault:
            raise ValueError(f"{fault.args[0]!r} is party to a contract and no player") from None
    shares = dict.fromkeys(players, Fraction(0))
    for size, sums in by_size.items():
        for name, total in sums.items():
            if total:
                shares[name] += Fraction(total) / size
    return shares


def share_stages_by_shapley(stages: Sequence[Stage]) -> tuple[Fraction, ...]:
    """The Shapley value of the airport game for one user of each stage: each step shared by all who need it.

    c(S) is the largest cost in S. Littlechild and Owen 1973. O(m log m) for m stages; the stages' order is free.

    Raises:
        ValueError: a negative cost or a stage without users.
    """
    order = _sort_stages(stages)
    left = sum(stage.users for stage in stages)
    shares = [Fraction(0)] * len(stages)
    share, reached = Fraction(0), Fraction(0)
    for i in order:
        share += (stages[i].cost - reached) / left
        shares[i] = share
        reached = stages[i].cost
        left -= stages[i].users
    return tuple(shares)


def share_stages_by_nucleolus(stages: Sequence[Stage]) -> tuple[Fraction, ...]:
    """The nucleolus of the airport game for one user of each stage. Littlechild 1974, O(m^2) for m stages.

    In rising order of cost, the next group of users runs up to that stage whose users, and one more, would pay the
    least each for what the earlier groups left open; the last group shares the whole rest.

    Raises:
        ValueError: a negative cost or a stage without users.
    """
    order = _sort_stages(stages)
    shares = [Fraction(0)] * len(stages)
    paid = Fraction(0)
    first = 0
    while first < len(order):
        best, last, count = None, first, 0
        for position in range(first, len(order)):
            stage = stages[order[position]]
            count += stage.users
            payers = count if position == len(order) - 1 else count + 1
            share = (stage.cost - paid) / payers
            if best is None or share <= best:
                best, last = share, position
        group = order[first : last + 1]
        share = best if best is not None else Fraction(0)
        for i in group:
            shares[i] = share
        paid += share * sum(stages[i].users for i in group)
        first = last + 1
    return tuple(shares)


def _sort_stages(stages: Sequence[Stage]) -> list[int]:
    for stage in stages:
        if stage.cost < 0 or stage.users < 1:
            raise ValueError(f"a stage costs {stage.cost} for {stage.users} users; give 0 or more, for 1 or more")
    return sorted(range(len(stages)), key=lambda i: stages[i].cost)
