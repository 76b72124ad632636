"""Games with published answers, and others' computed ones: every answer of our rules comes out exactly."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from contracts.allocation.certificate import Certificate
from contracts.allocation.core import LeastCore, find_least_core
from contracts.allocation.exact import parse_exact
from contracts.allocation.nucleolus import find_nucleolus
from contracts.allocation.solve import Allocation, allocate_game
from contracts.allocation.structured import Stage, share_stages_by_nucleolus, share_stages_by_shapley
from tests.contracts.allocation.builders import build_published, read_published


def agrees(share: Fraction, published: object) -> bool:
    """Equal where the source gives a fraction, and equal as far as its digits go where it gives a decimal."""
    if isinstance(published, Decimal):
        exponent = published.as_tuple().exponent
        assert isinstance(exponent, int)
        return abs(share - Fraction(published)) <= max(Fraction(1, 2) * Fraction(10) ** exponent, Fraction(1, 10**9))
    return share == parse_exact(published)


def answers(entry: dict[str, Any], key: str) -> list[list[Any]]:
    """What the entry says about a rule, published and computed."""
    return [entry[part][key] for part in ("expected", "computed") if key in entry[part]]


def test_shapley_and_nucleolus_of_every_dense_game_come_out(shared: Path) -> None:
    seen: Counter[str] = Counter()

    for entry in read_published(shared):
        game = build_published(entry)
        for rule in ("shapley", "nucleolus"):
            for published in answers(entry, rule) if game else []:
                assert game is not None
                outcome = allocate_game(game, rule)
                assert isinstance(outcome, Allocation), entry["name"]
                assert all(map(agrees, outcome.shares, published)), (entry["name"], rule)
                assert len(outcome.shares) == len(published)
                seen[rule] += 1

    assert seen == {"shapley": 33, "nucleolus": 40}


def test_the_prenucleolus_of_every_dense_game_comes_out(shared: Path) -> None:
    seen = 0

    for entry in read_published(shared):
        game = build_published(entry)
        for published in answers(entry, "prenucleolus") if game else []:
            assert game is not None
            certificate = find_nucleolus(game, "preimputations")
            assert isinstance(certificate, Certificate)
            assert all(map(agrees, certificate.shares, published)), entry["name"]
            seen += 1

    assert seen == 25


def test_core_and_least_core_of_every_dense_game_come_out(shared: Path) -> None:
    seen = 0

    for entry in read_published(shared):
        computed = entry["computed"]
        game = build_published(entry)
        if game is None or "least_core_epsilon" not in computed:
            continue
        least = find_least_core(game)
        assert isinstance(least, LeastCore)
        assert least.excess is not None
        assert abs(least.excess - parse_exact(computed["least_core_epsilon"])) < Fraction(1, 10**8), entry["name"]
        assert least.core_nonempty is computed["core_nonempty"], entry["name"]
        seen += 1

    assert seen == 22


def test_the_runway_of_birmingham_is_shared_by_thirteen_thousand_movements(shared: Path) -> None:
    entry = next(entry for entry in read_published(shared) if "airport" in entry)
    airport = entry["airport"]
    stages = [Stage(Fraction(c), m) for c, m in zip(airport["costs"], airport["movements"], strict=True)]

    shapley = share_stages_by_shapley(stages)
    nucleolus = share_stages_by_nucleolus(stages)

    assert sum(stage.users for stage in stages) == entry["expected"]["total_movements"]
    assert [str(x) for x in shapley] == entry["computed"]["shapley_per_movement"]
    assert [str(x) for x in nucleolus] == entry["computed"]["nucleolus_per_movement"]
    assert all(map(agrees, shapley, entry["expected"]["shapley_per_movement"]))
    for shares in (shapley, nucleolus):
        assert sum(x * stage.users for x, stage in zip(shares, stages, strict=True)) == stages[-1].cost
