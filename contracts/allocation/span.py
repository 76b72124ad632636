"""Exact linear algebra of the nucleolus: which coalitions' payoffs are settled once some coalitions' payoffs are.

A `Span` is a linear space of vectors a in Q^n together with the value a·x of each, for an x that becomes known step by
step. It is kept in reduced row echelon form, so membership, values and the orthogonal complement are read off.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from contracts.allocation.game import Table

#: Masks tested for membership at a time.
_CHUNK = 1 << 16
#: Entries of complement vectors up to this keep the test within int64 for 24 players.
_ENTRY_SAFE = 1 << 57


class Span:
    """A growing space of settled vectors with their values."""

    def __init__(self, n: int) -> None:
        #: Number of players, the length of each vector.
        self.n = n
        #: Reduced rows by pivot column: the row is 1 there, and every other row 0.
        self._rows: dict[int, tuple[list[Fraction], Fraction]] = {}

    @property
    def rank(self) -> int:
        """The dimension; at n, every payoff is settled."""
        return len(self._rows)

    def add(self, vector: Sequence[int], value: Fraction) -> bool:
        """Settle `vector` at `value`; False when it was settled already."""
        row = [Fraction(entry) for entry in vector]
        for pivot, (known, known_value) in self._rows.items():
            factor = row[pivot]
            if factor:
                row = [a - factor * b if b else a for a, b in zip(row, known, strict=True)]
                value -= factor * known_value
        pivot = next((i for i, entry in enumerate(row) if entry), -1)
        if pivot < 0:
            return False
        lead = row[pivot]
        row, value = [a / lead if a else a for a in row], value / lead
        for other, (known, known_value) in self._rows.items():
            factor = known[pivot]
            if factor:
                reduced = [a - factor * b if b else a for a, b in zip(known, row, strict=True)]
                self._rows[other] = (reduced, known_value - factor * value)
        self._rows[pivot] = (row, value)
        return True

    def value_of(self, vector: Sequence[int | Fraction]) -> Fraction:
        """The value of a vector of the space; of any other, the part that its pivot entries say."""
        return sum((vector[pivot] * value for pivot, (_, value) in self._rows.items()), Fraction(0))

    def list_payoffs(self) -> list[Fraction]:
        """One x that has all settled values: 0 outside the pivots."""
        return [self._rows[i][1] if i in self._rows else Fraction(0) for i in range(self.n)]

    def list_rows(self) -> list[tuple[list[Fraction], Fraction]]:
        """A basis of the space: reduced rows with their values."""
        return list(self._rows.values())

    def find_complement(self) -> list[list[int]]:
        """An integer basis of the orthogonal complement: a vector is settled just when its product with each is 0."""
        basis = []
        for free in range(self.n):
            if free in self._rows:
                continue
            entries = {pivot: -row[free] for pivot, (row, _) in self._rows.items() if row[free]}
            scale = lcm(*(entry.denominator for entry in entries.values()))
            vector = [0] * self.n
            vector[free] = scale
            for pivot, entry in entries.items():
                vector[pivot] = int(entry * scale)
            basis.append(vector)
        return basis


def list_bits(mask: int, n: int) -> list[int]:
    """The coalition `mask` as a vector of 0 and 1."""
    return [mask >> i & 1 for i in range(n)]


def multiply_mask(vector: Sequence[int], mask: int) -> int:
    """The product of `vector` with the coalition `mask`."""
    return sum(entry for i, entry in enumerate(vector) if mask >> i & 1)


def find_unsettled(masks: NDArray[np.int64], complement: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Which coalitions lie outside the space with this orthogonal complement; exact."""
    unsettled = np.zeros(len(masks), dtype=np.bool_)
    if not complement:
        return unsettled
    n = len(complement[0])
    wide = max(abs(entry) for vector in complement for entry in vector) >= _ENTRY_SAFE
    matrix: Table = np.array(complement, dtype=np.object_ if wide else np.int64).T
    for start in range(0, len(masks), _CHUNK):
        bits = masks[start : start + _CHUNK, None] >> np.arange(n) & 1
        unsettled[start : start + _CHUNK] = (bits @ matrix != 0).any(axis=1)
    return unsettled


def solve_exactly(columns: Sequence[Sequence[int]], target: Sequence[int]) -> list[Fraction] | None:
    """Weights w with Σ w_j·column_j = target, free ones 0; None where there are none. Gauss in fractions."""
    rows = [[Fraction(column[i]) for column in columns] + [Fraction(target[i])] for i in range(len(target))]
    pivots: list[int] = []
    for j in range(len(columns)):
        top = len(pivots)
        found = next((i for i in range(top, len(rows)) if rows[i][j]), None)
        if found is None:
            continue
        rows[top], rows[found] = rows[found], rows[top]
        lead = rows[top][j]
        pivot_row = rows[top] = [a / lead if a else a for a in rows[top]]
        for i, row in enumerate(rows):
            factor = row[j]
            if i != top and factor:
                rows[i] = [a - factor * b if b else a for a, b in zip(row, pivot_row, strict=True)]
        pivots.append(j)
    if any(row[-1] for row in rows[len(pivots) :]):
        return None
    weights = [Fraction(0)] * len(columns)
    for i, j in enumerate(pivots):
        weights[j] = rows[i][-1]
    return weights
