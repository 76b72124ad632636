"""One stage of the nucleolus in floats: a small linear programme in HiGHS, its rows found by scans of the table.

What comes out is a proposal, the coalitions whose dual prices are positive. Its exactness is proved elsewhere; a wrong
proposal costs time, never a wrong number. Rows that are tight at one optimum only are *not* settled: taking them is
the common mistake that Guajardo and Joernsten 2015 correct; positive duals hold at every optimum.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import highspy
import numpy as np

from contracts.allocation.game import sum_subsets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from contracts.allocation.certificate import Domain
    from contracts.allocation.game import Table
    from contracts.allocation.span import Span

#: Low half of a mask in scans: 2^14 doubles are 128 KiB, within a core's cache.
_LOW_BITS = 14
#: Values are scaled to about 1; violations up to this are HiGHS's own tolerance.
_TOLERANCE = 1e-9
#: Duals above this are positive.
_POSITIVE = 1e-8
#: How far below the level a row may lie to be brought in for the next stages.
_MARGIN = 0.02
#: Most blocks opened and most rows added by one scan.
_BLOCKS, _ROWS_OF_BLOCK, _ROWS = 48, 4, 80
#: Programmes in one stage before it counts as failed.
_ROUNDS = 200
#: Start of the multipliers of `_project`, the golden ratio's bits.
_SEED = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


class FloatStages:
    """The zero-normalised, scaled game in floats, and the rows collected so far."""

    def __init__(self, table: Table, n: int, domain: Domain) -> None:
        self._n = n
        self._domain = domain
        self._alone = [int(table[1 << i]) for i in range(n)]
        self._values, self._scale = _normalise(table, self._alone)
        self._low = min(_LOW_BITS, n)
        #: Masks of rows that scans have brought in.
        self._pool: dict[int, None] = dict.fromkeys(
            mask for i in range(n) for mask in (1 << i, (1 << n) - 1 ^ 1 << i) if 0 < mask < (1 << n) - 1
        )

    def propose(self, span: Span) -> tuple[list[int], list[int]] | None:
        """Coalitions (masks) and players (indices) with positive duals at this stage's optimum, or None."""
        complement = span.find_complement()
        projection = _project(complement, self._n)
        self._pool = dict.fromkeys(_keep_unsettled(self._pool, projection))
        programme = _Programme(self._n, self._domain, self._list_settled(span))
        fresh = list(self._pool)
        for _ in range(_ROUNDS):
            programme.add_rows(fresh, [float(self._values[mask]) for mask in fresh])
            solution = programme.solve()
            if solution is None:
                return None
            payoffs, level = solution
            fresh, violated = self._find_rows(payoffs, level, projection)
            if not violated:
                return programme.list_positive()
            self._pool.update(dict.fromkeys(fresh))
        return None

    def _list_settled(self, span: Span) -> list[tuple[list[float], float]]:
        """The settled rows as equations of the scaled game."""
        equations = []
        for row, value in span.list_rows():
            alone = sum((entry * own for entry, own in zip(row, self._alone, strict=True)), Fraction(0))
            equations.append(([float(entry) for entry in row], float((value - alone) / self._scale)))
        return equations

    def _find_rows(self, payoffs: NDArray[np.float64], level: float, projection: Sequence[int]) -> tuple[list[int], bool]:
        """New rows with the largest excess, and whether one of them is violated."""
        low_sums = _sum_floats(payoffs[: self._low])
        high_sums = _sum_floats(payoffs[self._low :])
        low_words = _sum_words(projection[: self._low])
        high_words = _sum_words(projection[self._low :])
        width = 1 << self._low
        rectangle = self._values.reshape(-1, width)
        excess = np.empty(width)
        tops = np.empty(len(rectangle))
        for high, row in enumerate(rectangle):
            np.subtract(row, low_sums, out=excess)
            tops[high] = excess.max()
        tops -= high_sums
        found: list[tuple[float, int]] = []
        violated = False
        for count, high in enumerate(np.argsort(-tops).tolist()):
            if tops[high] <= level + _TOLERANCE:
                if count >= _BLOCKS or len(found) >= _ROWS:
                    break
            elif violated and len(found) >= _ROWS:
                break
            excess = rectangle[high] - low_sums - high_sums[high]
            for mask, amount in self._open_block(excess, low_words, high_words[high], level, high * width):
                found.append((amount, mask))
                violated = violated or amount > level + _TOLERANCE
        found.sort(reverse=True)
        return [mask for _, mask in found[:_ROWS]], violated

    def _open_block(
        self, excess: NDArray[np.float64], low_words: NDArray[np.uint64], high_word: np.uint64, level: float, start: int
    ) -> Iterator[tuple[int, float]]:
        """The best new and unsettled rows of one block, as far as they come near the level."""
        near = np.flatnonzero(excess > level - _MARGIN)
        near = near[low_words[near] + high_word != 0]
        amounts = excess[near]
        # Rows of the pool lie at or below the level; asking for a few more finds the new ones behind them.
        keep = 4 * _ROWS_OF_BLOCK
        best = np.argpartition(-amounts, keep)[:keep] if keep < len(near) else np.arange(len(near))
        left = _ROWS_OF_BLOCK
        for i in best[np.argsort(-amounts[best], kind="stable")].tolist():
            mask = start + int(near[i])
            if mask not in self._pool and left:
                left -= 1
                yield mask, float(amounts[i])


class _Programme:
    """Minimise ε subject to x(S) + ε ≥ v(S) for the rows given, and what is settled."""

    def __init__(self, n: int, domain: Domain, settled: list[tuple[list[float], float]]) -> None:
        self._n = n
        self._masks: list[int] = []
        self._settled = len(settled)
        self._highs = highs = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships no types
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("solver", "simplex"),
            ("primal_feasibility_tolerance", _TOLERANCE / 10),
            ("dual_feasibility_tolerance", _TOLERANCE / 10),
        ):
            highs.setOptionValue(option, value)
        lower = 0.0 if domain == "imputations" else -highspy.kHighsInf
        for _ in range(n):
            highs.addVar(lower, highspy.kHighsInf)
        highs.addVar(-highspy.kHighsInf, highspy.kHighsInf)
        highs.changeColCost(n, 1.0)
        for row, value in settled:
            columns = [i for i, entry in enumerate(row) if entry]
            highs.addRow(value, value, len(columns), np.array(columns, dtype=np.int32), np.array([row[i] for i in columns]))

    def add_rows(self, masks: list[int], values: list[float]) -> None:
        """Add one row for each coalition."""
        if not masks:
            return
        columns = [[i for i in range(self._n) if mask >> i & 1] + [self._n] for mask in masks]
        starts = np.cumsum([0] + [len(row) for row in columns[:-1]]).astype(np.int32)
        flat = np.array([i for row in columns for i in row], dtype=np.int32)
        upper = np.full(len(masks), highspy.kHighsInf)
        self._highs.addRows(len(masks), np.array(values), upper, len(flat), starts, flat, np.ones(len(flat)))
        self._masks += masks

    def solve(self) -> tuple[NDArray[np.float64], float] | None:
        """Payoffs and level of an optimum, or None when HiGHS finds none."""
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        values = np.array(self._highs.getSolution().col_value)
        return values[: self._n], float(values[self._n])

    def list_positive(self) -> tuple[list[int], list[int]]:
        """Coalitions and bounds with positive duals."""
        solution = self._highs.getSolution()
        duals = solution.row_dual[self._settled :]
        coalitions = [mask for mask, dual in zip(self._masks, duals, strict=True) if dual > _POSITIVE]
        return coalitions, [i for i, dual in enumerate(solution.col_dual[: self._n]) if dual > _POSITIVE]


def _normalise(table: Table, alone: Sequence[int]) -> tuple[NDArray[np.float64], Fraction]:
    """v(S) less its members' stand-alone values, divided so that what matters is about 1; and the divisor.

    Coalitions far below zero never complain, so v(N) and the largest value set the scale.
    """
    low = min(_LOW_BITS, len(alone))
    low_sums, high_sums = sum_subsets(alone[:low]), sum_subsets(alone[low:])
    width = 1 << low
    wide = any(part.dtype == np.object_ for part in (table, low_sums, high_sums))
    if wide:
        exact = [int(value) - int(low_sums[mask & width - 1]) - int(high_sums[mask >> low]) for mask, value in enumerate(table)]
        scale = max(*exact, 1)
        cut = -4 * scale
        return np.array([max(value, cut) / scale for value in exact]), Fraction(scale)
    values = table.reshape(-1, width).astype(np.float64)
    values -= low_sums
    values -= high_sums[:, None]
    scale = max(int(values.max()), 1)
    values /= scale
    return values.reshape(-1), Fraction(scale)


def _project(complement: Sequence[Sequence[int]], n: int) -> list[int]:
    """One number mod 2^64 for each player; settled coalitions sum to 0, others hardly ever."""
    word, projection = _SEED, [0] * n
    for vector in complement:
        word = (word * 6364136223846793005 + 1442695040888963407) & _WORD
        for i, entry in enumerate(vector):
            projection[i] = (projection[i] + (word | 1) * entry) & _WORD
    return projection


def _keep_unsettled(masks: Iterable[int], projection: Sequence[int]) -> list[int]:
    """Those of `masks` whose numbers do not sum to 0."""
    array = np.array(list(masks), dtype=np.uint64)
    bits = array[:, None] >> np.arange(len(projection), dtype=np.uint64) & np.uint64(1)
    kept = array[bits @ np.array(projection, dtype=np.uint64) != 0]
    return [int(mask) for mask in kept]


def _sum_words(words: Sequence[int]) -> NDArray[np.uint64]:
    sums = np.zeros(1 << len(words), dtype=np.uint64)
    for i, word in enumerate(words):
        sums[1 << i : 2 << i] = sums[: 1 << i] + np.uint64(word)
    return sums


def _sum_floats(values: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.zeros(1 << len(values))
    for i, value in enumerate(values):
        sums[1 << i : 2 << i] = sums[: 1 << i] + value
    return sums
