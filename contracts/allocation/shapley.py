"""The Shapley value of a dense game, in exact fractions, from one reading of the table.

With A[i,s] = Σ v(S) over S ∋ i with |S| = s, and T[s] the same over all S of that size,
phi_i = Σ_s (s-1)!(n-s)!/n! · A[i,s] - s!(n-s-1)!/n! · (T[s] - A[i,s]). The table is seen as a rectangle, high players
down and low players across. Adding rows by the size of their high part leaves a few rows that know all low players;
adding columns by the size of their low part leaves a few columns that know all high players: O(2^n), not O(n·2^n).
Shapley 1953; the weights as in any textbook.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import comb, factorial
from typing import TYPE_CHECKING

import numpy as np

from contracts.allocation.game import INT64_SAFE, find_largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from contracts.allocation.game import Game, Table

#: Bits of one limb when sums of a table could leave int64.
_LIMB_BITS = 31
#: Table entries handled at a time: 512 KiB of int64, within a core's cache.
_BLOCK = 1 << 16


def share_by_shapley(game: Game) -> tuple[Fraction, ...]:
    """The Shapley value of each player, exact."""
    n = len(game.players)
    sums = _sum_by_size(game.table, n)
    totals = [sum(row[s] for row in sums) // s if s else 0 for s in range(n + 1)]
    joined = [0] + [factorial(s - 1) * factorial(n - s) for s in range(1, n + 1)]
    apart = [factorial(s) * factorial(n - s - 1) for s in range(n)] + [0]
    scale = factorial(n) * game.denominator
    return tuple(
        Fraction(
            sum(joined[s] * row[s] - apart[s] * (totals[s] - row[s]) for s in range(1, n + 1)),
            scale,
        )
        for row in sums
    )


def _sum_by_size(table: Table, n: int) -> list[list[int]]:
    """A[i][s] for each player i and size s, as Python integers, whatever the magnitude."""
    if table.dtype == np.object_:
        return _sum_rectangle(table, n)
    if find_largest(table) * comb(n, n // 2) < INT64_SAFE:
        return _sum_rectangle(table, n)
    high = _sum_rectangle(table >> _LIMB_BITS, n)
    low = _sum_rectangle(table & ((1 << _LIMB_BITS) - 1), n)
    return [[(a << _LIMB_BITS) + b for a, b in zip(*rows, strict=True)] for rows in zip(high, low, strict=True)]


def _sum_rectangle(table: Table, n: int) -> list[list[int]]:
    low = n // 2
    high = n - low
    rectangle = table.reshape(1 << high, 1 << low)
    by_row_size = np.zeros((high + 1, 1 << low), dtype=table.dtype)
    by_column_size = np.zeros((1 << high, low + 1), dtype=table.dtype)
    row_order, _ = _order_by_size(high)
    column_order, column_starts = _order_by_size(low)
    row_sizes = np.bitwise_count(row_order)
    step = max(1, _BLOCK >> low)
    for start in range(0, 1 << high, step):
        rows, sizes = row_order[start : start + step], row_sizes[start : start + step]
        block = rectangle[rows]
        bounds = [*np.flatnonzero(np.diff(sizes, prepend=-1)).tolist(), len(rows)]
        for first, end in pairwise(bounds):
            by_row_size[sizes[first]] += block[first:end].sum(axis=0)
        by_column_size[rows] = np.add.reduceat(block.take(column_order, axis=1), column_starts, axis=1)
    across = [_sum_player(by_row_size, low, i, n) for i in range(low)]
    down = [_sum_player(by_column_size.T, high, i, n) for i in range(high)]
    return across + down


def _sum_player(by_size: Table, players: int, player: int, n: int) -> list[int]:
    """A[player] from sums whose row is the size outside, and whose column is the mask inside, of one half."""
    order, _ = _order_by_size(players)
    order = order[order >> player & 1 == 1]
    sizes = np.bitwise_count(order)
    starts = np.flatnonzero(np.diff(sizes, prepend=0))
    grouped = np.add.reduceat(by_size[:, order], starts, axis=1)
    result = [0] * (n + 1)
    for outside, row in enumerate(grouped.tolist()):
        for inside, value in enumerate(row):
            result[outside + inside + 1] += value
    return result


def _order_by_size(players: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All masks of `players` sorted by size, and where each size starts."""
    sizes = np.bitwise_count(np.arange(1 << players, dtype=np.int64))
    order = np.argsort(sizes, kind="stable")
    starts = np.cumsum([0] + [comb(players, size) for size in range(players)])
    return order, starts
