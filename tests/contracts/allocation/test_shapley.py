"""The Shapley value is its definition, whatever the size of the numbers, and keeps its axioms."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation.game import Game, make_game
from contracts.allocation.shapley import share_by_shapley
from tests.contracts.allocation.builders import average_over_orders, game_of, small_games, swap_players


@given(small_games())
def test_it_is_the_average_over_all_orders(game: Game) -> None:
    assert list(share_by_shapley(game)) == average_over_orders(game)


@given(small_games(), st.data())
def test_the_order_of_players_does_not_matter(game: Game, data: st.DataObject) -> None:
    n = len(game.players)
    order = data.draw(st.permutations(range(n)))
    moved: list[int | Fraction] = [0] * (1 << n)
    for mask in range(1 << n):
        moved[swap_players(mask, order)] = game.value(mask)

    shares, moved_shares = share_by_shapley(game), share_by_shapley(game_of(moved, game.type))

    assert [moved_shares[place] for place in order] == list(shares)


@given(small_games(most=4))
def test_who_adds_only_his_own_gets_just_that(game: Game) -> None:
    n = len(game.players)
    own = Fraction(7, 3)
    joined = make_game([*game.players, "z"], [game.value(m & ((1 << n) - 1)) + own * (m >> n) for m in range(2 << n)])

    assert share_by_shapley(joined) == (*share_by_shapley(game), own)


@pytest.mark.parametrize("scale", [1, 2**40, 3**90], ids=["int64", "limbs", "beyond int64"])
def test_large_tables_sum_exactly_at_every_magnitude(scale: int) -> None:
    # A symmetric part known in closed form, and a part additive over players, over 16 players.
    n = 16
    masks = np.arange(1 << n)
    sizes = np.bitwise_count(masks).astype(np.int64)
    own = [i * i - 40 for i in range(n)]
    table = sizes * sizes + sum(value * (masks >> i & 1) for i, value in enumerate(own))
    table = table * scale if scale < 2**62 else table.astype(object) * scale
    game = Game(tuple(str(i) for i in range(n)), "profit", table, 1)

    shares = share_by_shapley(game)

    assert list(shares) == [(n + value) * scale for value in own]


def test_sums_that_leave_int64_are_not_wrapped() -> None:
    n = 20
    top = 2**61
    assert top * comb(n, n // 2) > 2**63
    table = np.full(1 << n, top, dtype=np.int64)
    table[0] = 0
    game = Game(tuple(str(i) for i in range(n)), "profit", table, 1)

    assert set(share_by_shapley(game)) == {Fraction(top, n)}
