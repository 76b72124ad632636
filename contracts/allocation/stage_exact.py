"""One stage of the nucleolus in exact fractions: a simplex method over coalitions as columns.

The dual of the stage's programme asks for weights λ ≥ 0 on coalitions outside the settled span H, summing to 1, and
μ ≥ 0 on players, whose weighted sum lies in H, with the largest weighted value. Its basis has n - rank(H) + 1 columns;
its multipliers are a payoff vector and a level, and the column to enter is the coalition that complains most, found by
an exact scan. Dantzig's choice, then Bland's after a run of idle pivots, so that it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from contracts.allocation.excess import ExcessScan
from contracts.allocation.span import Span, find_unsettled, list_bits, multiply_mask, solve_exactly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.allocation.certificate import Domain
    from contracts.allocation.game import Table

#: Pivots without progress before the slow rule that cannot cycle takes over.
_IDLE_LIMIT = 40


class Exhausted(RuntimeError):
    """The budget of pivots is spent."""


@dataclass(slots=True)
class Budget:
    """How many more pivots may be made."""

    #: Pivots left.
    pivots: int

    def spend(self) -> None:
        """Take one pivot, or stop."""
        if self.pivots <= 0:
            raise Exhausted
        self.pivots -= 1


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a stage settles, in the units of the table."""

    #: The stage's excess.
    level: Fraction
    #: Weight of each coalition named, by mask.
    coalitions: dict[int, Fraction]
    #: Weight of each player held at his stand-alone value, by index.
    bounds: dict[int, Fraction]


def settle_proposal(table: Table, span: Span, coalitions: Sequence[int], bounds: Sequence[int]) -> Settlement | None:
    """Give exact weights to proposed coalitions and players, or None where they do not balance with weights ≥ 0."""
    complement = span.find_complement()
    columns = [[multiply_mask(row, mask) for row in complement] + [1] for mask in coalitions]
    columns += [[row[i] for row in complement] + [0] for i in bounds]
    weights = solve_exactly(columns, [0] * len(complement) + [1])
    if weights is None or min(weights) < 0:
        return None
    return _settle(
        table,
        span,
        {mask: weight for mask, weight in zip(coalitions, weights, strict=False) if weight},
        {i: weight for i, weight in zip(bounds, weights[len(coalitions) :], strict=True) if weight},
    )


def _settle(table: Table, span: Span, coalitions: dict[int, Fraction], bounds: dict[int, Fraction]) -> Settlement:
    """The level follows from the weights: Σ λ v(S) + Σ μ v_i less the settled value of the weighted sum."""
    total = [Fraction(0)] * span.n
    for mask, weight in coalitions.items():
        total = [entry + weight if mask >> i & 1 else entry for i, entry in enumerate(total)]
    for i, weight in bounds.items():
        total[i] += weight
    worth = sum((weight * int(table[mask]) for mask, weight in coalitions.items()), Fraction(0))
    worth += sum((weight * int(table[1 << i]) for i, weight in bounds.items()), Fraction(0))
    return Settlement(worth - span.value_of(total), coalitions, bounds)


def solve_stage(table: Table, span: Span, domain: Domain, seed: Settlement | None, budget: Budget) -> Settlement:
    """The stage's optimum, proved by the last scan.

    Raises:
        Exhausted: the budget did not suffice.
    """
    simplex = _Simplex(table, span, domain)
    simplex.start(seed)
    while True:
        entering = simplex.price()
        if entering is None:
            return simplex.read()
        budget.spend()
        simplex.pivot(entering)


@dataclass(slots=True)
class _Simplex:
    """Columns are keyed by mask (a coalition, weight in the sum) or by -1 - i (player i held at alone)."""

    table: Table
    span: Span
    domain: Domain
    complement: list[list[int]] = field(init=False)
    #: Keys of the basis, and the rows of the inverse of its matrix.
    basis: list[int] = field(init=False, default_factory=list)
    inverse: list[list[Fraction]] = field(init=False, default_factory=list)
    idle: int = 0

    def __post_init__(self) -> None:
        self.complement = self.span.find_complement()

    def start(self, seed: Settlement | None) -> None:
        """Begin at the seed, or at a coalition and its complement; fill up with single players, at weight 0."""
        n = self.span.n
        everyone = (1 << n) - 1
        singles = [1 << i for i in range(n) if any(row[i] for row in self.complement)]
        first = [singles[0], everyone ^ singles[0]]
        if seed is not None:
            first = [*seed.coalitions, *(-1 - i for i in seed.bounds)]
        independent = Span(len(self.complement) + 1)
        for key in [*first, *singles, *(everyone ^ mask for mask in singles)]:
            if independent.add(self.column(key), Fraction(0)):
                self.basis.append(key)
        size = len(self.basis)
        columns = [self.column(key) for key in self.basis]
        units = [[int(i == j) for j in range(size)] for i in range(size)]
        solved = [solve_exactly(columns, unit) for unit in units]
        inverse_columns = [column for column in solved if column is not None]
        self.inverse = [[column[i] for column in inverse_columns] for i in range(size)]

    def column(self, key: int) -> list[int]:
        """The column of a key: products with the complement, and its part in Σ λ = 1."""
        if key < 0:
            return [row[-1 - key] for row in self.complement] + [0]
        return [multiply_mask(row, key) for row in self.complement] + [1]

    def worth(self, key: int) -> Fraction:
        """The value of a column less what the settled part of it already gets."""
        mask = 1 << (-1 - key) if key < 0 else key
        return int(self.table[mask]) - self.span.value_of(list_bits(mask, self.span.n))

    def weights(self) -> list[Fraction]:
        """The weights of the basis: the last column of the inverse."""
        return [row[-1] for row in self.inverse]

    def price(self) -> int | None:
        """The key to enter: the largest violation, or under Bland's rule the lowest key; None at the optimum."""
        worths = [self.worth(key) for key in self.basis]
        size = len(worths)
        duals = [sum((worths[i] * self.inverse[i][j] for i in range(size)), Fraction(0)) for j in range(size)]
        payoffs = self.span.list_payoffs()
        for dual, row in zip(duals, self.complement, strict=False):
            payoffs = [x + dual * entry if entry else x for x, entry in zip(payoffs, row, strict=True)]
        bland = self.idle > _IDLE_LIMIT
        if self.domain == "imputations":
            gaps = [(int(self.table[1 << i]) - x, i) for i, x in enumerate(payoffs)]
            below = [(gap, i) for gap, i in gaps if gap > 0]
            if below:
                return -1 - (max(i for _, i in below) if bland else max(below)[1])
        scan = ExcessScan(self.table, payoffs)
        masks = scan.list_above(duals[-1])
        masks = masks[find_unsettled(masks, self.complement)]
        if not len(masks):
            return None
        return int(masks[0] if bland else masks[int(scan.measure(masks).argmax())])

    def pivot(self, key: int) -> None:
        """Bring `key` into the basis."""
        column = self.column(key)
        direction = [sum((a * b for a, b in zip(row, column, strict=True) if b), Fraction(0)) for row in self.inverse]
        weights = self.weights()
        # The weights are bounded, so some entry of the direction is positive.
        ratio, _, leaving = min((weights[i] / step, self.basis[i], i) for i, step in enumerate(direction) if step > 0)
        self.idle = self.idle + 1 if ratio == 0 else 0
        lead = direction[leaving]
        pivot_row = self.inverse[leaving] = [entry / lead if entry else entry for entry in self.inverse[leaving]]
        for i, step in enumerate(direction):
            if i != leaving and step:
                self.inverse[i] = [a - step * b if b else a for a, b in zip(self.inverse[i], pivot_row, strict=True)]
        self.basis[leaving] = key

    def read(self) -> Settlement:
        """What the positive weights of the basis settle."""
        positive = {key: weight for key, weight in zip(self.basis, self.weights(), strict=True) if weight > 0}
        return _settle(
            self.table,
            self.span,
            {key: weight for key, weight in positive.items() if key > 0},
            {-1 - key: weight for key, weight in positive.items() if key < 0},
        )
