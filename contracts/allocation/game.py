"""A cooperative game with transferable utility, dense and exact: what each coalition can save, or must pay, alone.

A coalition is a bit mask: player i (from 0) is bit i. The table holds one integer for each mask, all over one common
denominator, as int64 where that fits and as Python integers otherwise; no value ever passes through a float.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    #: Integers in bit-mask order: int64, or object arrays of Python integers.
    Table: TypeAlias = NDArray[Any]

#: The most players of a dense game: 2^24 values are 128 MiB.
DENSE_LIMIT = 24
#: Integers below this add and subtract in int64 without overflow.
INT64_SAFE = 1 << 62
#: The longest common denominator, in bits: longer ones come from broken input, not from money.
DENOMINATOR_BITS = 1400

GameType: TypeAlias = Literal["profit", "cost"]


class InvalidGame(ValueError):
    """A game that cannot be read; `field` says where, `message` what to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        #: Where in the game file the fault is, such as `players` or `v[5]`.
        self.field = field
        #: What is wrong and how to mend it.
        self.message = message


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """A dense game; read it with `parse_game` or build it with `make_game`, which check it."""

    #: Names, in the order of the bits.
    players: tuple[str, ...]
    #: `profit`: more is better; `cost`: less is better.
    type: GameType
    #: 2^n integers; value of mask S = table[S] / denominator; table[0] = 0.
    table: Table
    #: What the table is divided by, 1 or more.
    denominator: int
    #: Keys of the rule `proportional`, one per player, or None for the stand-alone values.
    weights: tuple[Fraction, ...] | None = None

    @property
    def grand(self) -> Fraction:
        """The value of all players together, v(N)."""
        return self.value(len(self.table) - 1)

    def value(self, mask: int) -> Fraction:
        """The value of the coalition `mask`."""
        return Fraction(int(self.table[mask]), self.denominator)

    def standalone(self) -> tuple[Fraction, ...]:
        """The value of each player alone."""
        return tuple(self.value(1 << i) for i in range(len(self.players)))

    def name_coalition(self, mask: int) -> tuple[str, ...]:
        """The names of the members of `mask`, in the players' order."""
        return tuple(name for i, name in enumerate(self.players) if mask >> i & 1)


def make_game(
    players: Sequence[str],
    values: Sequence[int] | Sequence[Fraction] | Sequence[int | Fraction],
    game_type: GameType = "profit",
    weights: Sequence[Fraction] | None = None,
) -> Game:
    """Build a game from 2^n exact values in bit-mask order.

    Raises:
        InvalidGame: wrong number of players or values, or a value for nobody that is not 0.
    """
    if not 1 <= len(players) <= DENSE_LIMIT:
        raise InvalidGame("players", f"{len(players)} players; give 1 to {DENSE_LIMIT}")
    if len(values) != 1 << len(players):
        raise InvalidGame("v", f"{len(values)} values for {len(players)} players; give {1 << len(players)}, one for each bit mask")
    if values[0] != 0:
        raise InvalidGame("v", "the empty coalition has a value; it must be 0")
    denominator = _common_denominator(values)
    whole = [int(value * denominator) for value in values] if denominator > 1 else [int(value) for value in values]
    return Game(tuple(players), game_type, _store_integers(whole), denominator, None if weights is None else tuple(weights))


def list_profits(game: Game) -> Table:
    """The game's table with signs such that more is better: itself for profits, negated for costs.

    For costs this is the savings game up to the stand-alone costs, under which both nucleolus and core only shift.
    """
    return game.table if game.type == "profit" else -game.table


def find_largest(table: Table) -> int:
    """The largest absolute value of a table."""
    return max(int(table.max()), -int(table.min()))


def sum_subsets(values: Sequence[int]) -> Table:
    """All 2^k subset sums of `values` in bit-mask order, int64 where they fit."""
    wide = sum(abs(value) for value in values) >= INT64_SAFE
    sums: Table = np.zeros(1 << len(values), dtype=np.object_ if wide else np.int64)
    for i, value in enumerate(values):
        sums[1 << i : 2 << i] = sums[: 1 << i] + value
    return sums


def _common_denominator(values: Iterable[int | Fraction]) -> int:
    common = 1
    for value in values:
        if value.denominator != 1 and common % value.denominator:
            common = lcm(common, value.denominator)
            if common.bit_length() > DENOMINATOR_BITS:
                raise InvalidGame("v", "the values have no common denominator of a sensible size; write decimals")
    return common


def _store_integers(values: list[int]) -> Table:
    if max(values) < INT64_SAFE and -min(values) < INT64_SAFE:
        return np.array(values, dtype=np.int64)
    return np.array(values, dtype=np.object_)
