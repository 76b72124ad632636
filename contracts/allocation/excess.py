"""Which coalitions complain, and how much: exact scans of v(S) - x(S) over every coalition but nobody and everybody.

Where the numbers allow, one int64 pass over the table is exact. Elsewhere a coarse int64 pass with a proven bound on
its error finds the few coalitions that need a look in Python integers. No float takes part in either.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, lcm
from typing import TYPE_CHECKING

import numpy as np

from contracts.allocation.game import INT64_SAFE, find_largest, sum_subsets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from contracts.allocation.game import Table

#: Bits of the low half: 2^15 values of int64 stay in a core's cache.
_LOW_BITS = 15
#: Coarse values stay below 2^this, so that a sum of 24 of them stays in int64.
_COARSE_BITS = 56


class ExcessScan:
    """All excesses v(S) - x(S) at one payoff vector x, in the units of the table."""

    def __init__(self, table: Table, payoffs: Sequence[Fraction]) -> None:
        self._table = table
        self._payoffs = list(payoffs)
        self._n = len(payoffs)
        scale = lcm(*(x.denominator for x in payoffs))
        whole = [int(x * scale) for x in payoffs]
        largest = max(find_largest(table), 1)
        if table.dtype != np.object_ and largest * scale + sum(map(abs, whole)) < INT64_SAFE:
            #: A block's numbers are excess · unit, rounded down by less than 1 and up by at most `pad`.
            self._unit, self._pad, self._shift = Fraction(scale), 0, 0
            self._factor = scale
        else:
            reach = max(largest, ceil(sum(abs(x) for x in payoffs)))
            self._shift = _COARSE_BITS - reach.bit_length()
            self._unit, self._pad = Fraction(2) ** self._shift, self._n
            self._factor = 0
            whole = [floor(x * self._unit) for x in payoffs]
        low = min(_LOW_BITS, self._n)
        self._low_sums = sum_subsets(whole[:low])
        self._high_sums = sum_subsets(whole[low:])

    def excess(self, mask: int) -> Fraction:
        """The exact excess of one coalition."""
        paid = sum((x for i, x in enumerate(self._payoffs) if mask >> i & 1), Fraction(0))
        return int(self._table[mask]) - paid

    def list_above(self, level: Fraction) -> NDArray[np.int64]:
        """The masks of all proper coalitions whose excess is above `level`, rising."""
        surely, maybe = self._bound(level)
        found = []
        for start, numbers in self._list_blocks():
            masks = np.flatnonzero(numbers >= maybe)
            if len(masks):
                found.append(self._sift(masks + start, numbers[masks] >= surely, level))
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def keep_above(self, masks: NDArray[np.int64], level: Fraction) -> NDArray[np.int64]:
        """Those of `masks` whose excess is above `level`."""
        surely, maybe = self._bound(level)
        numbers = self.measure(masks)
        kept = numbers >= maybe
        return self._sift(masks[kept], numbers[kept] >= surely, level)

    def measure(self, masks: NDArray[np.int64]) -> Table:
        """Numbers that order `masks` by excess, exactly or nearly so."""
        low = (1 << min(_LOW_BITS, self._n)) - 1
        sums = self._low_sums[masks & low] + self._high_sums[masks >> low.bit_length()]
        numbers: Table = self._scale(self._table[masks]) - sums
        return numbers

    def count_above(self, level: Fraction) -> int:
        """How many proper coalitions have an excess above `level`."""
        surely, maybe = self._bound(level)
        count = 0
        for start, numbers in self._list_blocks():
            sure = int(np.count_nonzero(numbers >= surely))
            unsure: list[int] = np.flatnonzero((numbers >= maybe) & (numbers < surely)).tolist() if surely > maybe else []
            count += sure + sum(self.excess(start + int(mask)) > level for mask in unsure)
        return count

    def find_worst(self) -> tuple[int, Fraction] | None:
        """The proper coalition with the largest excess (the lowest mask of several), or None for one player."""
        if self._n == 1:
            return None
        tops = [(start, int(numbers.max())) for start, numbers in self._list_blocks()]
        floor_number = max(top for _, top in tops) - self._pad - (1 if self._pad else 0)
        best: tuple[Fraction, int] | None = None
        for start, numbers in self._list_blocks({start for start, top in tops if top >= floor_number}):
            masks = np.flatnonzero(numbers >= floor_number)
            for mask in masks[:1] if not self._pad else masks:
                candidate = (self.excess(start + int(mask)), -(start + int(mask)))
                best = candidate if best is None or candidate > best else best
        return None if best is None else (-best[1], best[0])

    def _bound(self, level: Fraction) -> tuple[int, int]:
        """From which block number an excess is surely above `level`, and from which it may be."""
        scaled = level * self._unit
        surely, maybe = (ceil(scaled) + self._pad, floor(scaled)) if self._pad else (floor(scaled) + 1, floor(scaled) + 1)
        # Nobody and everybody stand at -INT64_SAFE in their blocks, below any excess.
        return max(surely, 1 - INT64_SAFE), max(maybe, 1 - INT64_SAFE)

    def _sift(self, masks: NDArray[np.int64], sure: NDArray[np.bool_], level: Fraction) -> NDArray[np.int64]:
        if not self._pad:
            return masks
        kept = [bool(known) or self.excess(int(mask)) > level for mask, known in zip(masks, sure, strict=True)]
        return masks[np.array(kept, dtype=np.bool_)]

    def _scale(self, values: Table) -> Table:
        if self._factor:
            return values if self._factor == 1 else values * self._factor
        shifted = values << self._shift if self._shift >= 0 else values >> -self._shift
        return shifted.astype(np.int64)

    def _list_blocks(self, wanted: set[int] | None = None) -> Iterator[tuple[int, Table]]:
        """First mask and numbers of each block; nobody and everybody read far below everything."""
        width = len(self._low_sums)
        for high, paid in enumerate(self._high_sums.tolist()):
            start = high * width
            if wanted is not None and start not in wanted:
                continue
            numbers = self._scale(self._table[start : start + width]) - self._low_sums
            numbers -= paid
            if high == 0:
                numbers[0] = -INT64_SAFE
            if start + width == len(self._table):
                numbers[-1] = -INT64_SAFE
            yield start, numbers
