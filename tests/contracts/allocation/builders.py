"""Games for the tests of allocation: others' collections, small random games, and a slow Shapley value to compare."""

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from contracts.allocation.game import Game, GameType, make_game
from contracts.allocation.game_file import read_game

#: Both signs of a game.
GAME_TYPES: tuple[GameType, ...] = ("profit", "cost")


def read_published(shared: Path) -> list[dict[str, Any]]:
    """The published games with their answers; decimals are exact."""
    games: list[dict[str, Any]] = json.loads((shared / "games.json").read_text("utf-8"), parse_float=Decimal)
    return games


def build_published(entry: dict[str, Any]) -> Game | None:
    """The dense game of an entry, or None where it has too many players."""
    if entry["v"] is not None:
        return read_game(entry)
    if entry["n"] == 15:
        return security_council()
    return None


def security_council() -> Game:
    """Five vetoes, ten others, nine votes to pass."""
    return make_game([str(i + 1) for i in range(15)], [int(mask & 31 == 31 and mask.bit_count() >= 9) for mask in range(1 << 15)])


def game_of(values: Sequence[int | Fraction], game_type: GameType = "profit") -> Game:
    """A game of players a, b, c … with these values."""
    n = len(values).bit_length() - 1
    return make_game([chr(ord("a") + i) for i in range(n)], values, game_type)


def game_of_table(table: Any) -> Game:
    """A game straight from a numpy table."""
    n = len(table).bit_length() - 1
    return Game(tuple(str(i + 1) for i in range(n)), "profit", np.asarray(table, dtype=np.int64), 1)


def swap_players(mask: int, order: Sequence[int]) -> int:
    """The mask in which player i stands at place order[i]."""
    return sum(1 << place for i, place in enumerate(order) if mask >> i & 1)


def average_over_orders(game: Game) -> list[Fraction]:
    """The Shapley value by its definition, over all n! orders."""
    n = len(game.players)
    sums, orders = [Fraction(0)] * n, list(permutations(range(n)))
    for order in orders:
        mask = 0
        for i in order:
            sums[i] += game.value(mask | 1 << i) - game.value(mask)
            mask |= 1 << i
    return [total / len(orders) for total in sums]


@st.composite
def small_games(draw: st.DrawFn, most: int = 5, game_type: GameType | None = None) -> Game:
    """Games of 1 to `most` players with small or odd values of any sign, so that ties and empty cores occur."""
    n = draw(st.integers(1, most))
    numbers: st.SearchStrategy[int | Fraction] = draw(
        st.sampled_from(
            [
                st.integers(0, 3),
                st.integers(-20, 20),
                st.integers(-(10**25), 10**25),
                st.fractions(-9, 9, max_denominator=12),
            ]
        )
    )
    rest = draw(st.lists(numbers, min_size=(1 << n) - 1, max_size=(1 << n) - 1))
    values = [Fraction(0), *map(Fraction, rest)]
    if draw(st.booleans()):
        values[-1] = sum((abs(value) for value in values), Fraction(0))
    return game_of(values, draw(st.sampled_from(GAME_TYPES)) if game_type is None else game_type)
