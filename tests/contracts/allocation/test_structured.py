"""Games without a table: contracts' dividends and staged assets agree with the dense rules."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation.certificate import Certificate
from contracts.allocation.nucleolus import find_nucleolus
from contracts.allocation.shapley import share_by_shapley
from contracts.allocation.structured import (
    Stage,
    share_dividends,
    share_stages_by_nucleolus,
    share_stages_by_shapley,
)
from tests.contracts.allocation.builders import game_of

PLAYERS = ["a", "b", "c", "d"]
CONTRACTS = st.lists(st.tuples(st.sets(st.sampled_from(PLAYERS), min_size=1).map(sorted), st.integers(-100, 100)), max_size=8)
COSTS = st.lists(st.integers(0, 12), min_size=1, max_size=5)


@given(CONTRACTS)
def test_dividends_give_the_shapley_value_of_the_sum_of_contracts(contracts: list[tuple[list[str], int]]) -> None:
    values = [sum(d for parties, d in contracts if all(mask >> PLAYERS.index(name) & 1 for name in parties)) for mask in range(16)]

    shares = share_dividends(PLAYERS, contracts)

    assert tuple(shares.values()) == share_by_shapley(game_of(values))
    assert sum(shares.values()) == values[-1]


def test_who_has_no_contract_gets_nothing() -> None:
    assert share_dividends(["a", "b", "c"], [(("a", "b"), Fraction(1, 3))]) == {
        "a": Fraction(1, 6),
        "b": Fraction(1, 6),
        "c": 0,
    }


@pytest.mark.parametrize("parties", [(), ("a", "a"), ("a", "x")])
def test_a_contract_needs_parties_that_take_part_once(parties: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"names nobody|no player"):
        share_dividends(["a", "b"], [(parties, 5)])


@given(COSTS)
def test_staged_assets_agree_with_the_dense_game(costs: list[int]) -> None:
    n = len(costs)
    game = game_of([max([c for i, c in enumerate(costs) if mask >> i & 1], default=0) for mask in range(1 << n)], "cost")
    stages = [Stage(Fraction(cost)) for cost in costs]

    dense = find_nucleolus(game)

    assert isinstance(dense, Certificate)
    assert share_stages_by_nucleolus(stages) == dense.shares
    assert share_stages_by_shapley(stages) == share_by_shapley(game)


@given(COSTS)
def test_users_of_the_same_stage_may_be_counted_instead_of_listed(costs: list[int]) -> None:
    kinds = sorted(set(costs), reverse=True)
    stages = [Stage(Fraction(kind), costs.count(kind)) for kind in kinds]
    singly = [Stage(Fraction(cost)) for cost in costs]

    for share in (share_stages_by_shapley, share_stages_by_nucleolus):
        counted = dict(zip(kinds, share(stages), strict=True))
        assert share(singly) == tuple(counted[cost] for cost in costs)


@pytest.mark.parametrize("stage", [Stage(Fraction(-1)), Stage(Fraction(1), 0)])
def test_a_stage_costs_something_for_somebody(stage: Stage) -> None:
    with pytest.raises(ValueError, match="give 0 or more"):
        share_stages_by_shapley([stage])


def test_no_numpy_is_loaded_for_structured_games(code_home: Path) -> None:
    code = (
        "import sys, contracts.allocation.structured, contracts.allocation.rounding;"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'highspy')))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=code_home, check=False)

    assert done.returncode == 0
