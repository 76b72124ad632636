"""The nucleolus: others' games, both ways of finding it, properties, and honest limits."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation import nucleolus
from contracts.allocation.certificate import Certificate, Domain
from contracts.allocation.certificate_check import check_nucleolus
from contracts.allocation.game import Game, list_profits
from contracts.allocation.nucleolus import find_nucleolus
from contracts.allocation.stage_exact import Budget
from tests.contracts.allocation.builders import game_of, game_of_table, small_games, swap_players


def settle(game: Game, domain: Domain = "imputations") -> Certificate:
    """The certificate of a game that has a nucleolus."""
    certificate = find_nucleolus(game, domain)
    assert isinstance(certificate, Certificate)
    return certificate


@pytest.mark.parametrize("name", ["t1n15", "t4n15", "t1n20", "t4n20"])
def test_games_of_benedek_fliege_and_nguyen_up_to_twenty_players(shared: Path, name: str) -> None:
    vectors = np.load(shared / "vectors" / "bnf-nucleolus" / f"{name}.npz")

    shares = settle(game_of_table(vectors["v"])).shares

    assert max(abs(float(x) - y) for x, y in zip(shares, vectors["nucleolus"], strict=True)) < 1e-9


def test_games_of_benedek_fliege_and_nguyen_with_ten_players(shared: Path) -> None:
    entries = json.loads((shared / "vectors" / "bnf-nucleolus" / "games-n10.json").read_text("utf-8"))

    for entry in entries:
        shares = settle(game_of_table(entry["v"])).shares
        assert max(abs(float(x) - y) for x, y in zip(shares, entry["nucleolus"], strict=True)) < 1e-9

    assert len(entries) == 4


def test_ordinary_games_do_not_need_the_slow_way(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the quick way failed")

    monkeypatch.setattr(nucleolus, "_settle_exactly", refuse)
    entries = json.loads((shared / "vectors" / "bnf-nucleolus" / "games-n10.json").read_text("utf-8"))

    assert all(isinstance(find_nucleolus(game_of_table(entry["v"])), Certificate) for entry in entries)


@pytest.mark.parametrize("domain", ["imputations", "preimputations"])
@given(game=small_games())
def test_the_way_through_highs_and_the_way_in_fractions_meet(game: Game, domain: Domain) -> None:
    table, n = list_profits(game), len(game.players)
    if domain == "imputations" and int(table[-1]) <= sum(int(table[1 << i]) for i in range(n)):
        return
    proposer = nucleolus._start_highs(table, n, domain)

    exact = nucleolus._settle_exactly(table, n, domain, None, Budget(10_000))
    quick = nucleolus._prove(game, domain, nucleolus._settle_quickly(table, n, proposer))

    proved = nucleolus._prove(game, domain, exact)
    assert proved is not None
    assert quick is None or quick.shares == proved.shares


@given(small_games(), st.data())
def test_the_order_of_players_does_not_matter(game: Game, data: st.DataObject) -> None:
    n = len(game.players)
    order = data.draw(st.permutations(range(n)))
    moved: list[int | Fraction] = [0] * (1 << n)
    for mask in range(1 << n):
        moved[swap_players(mask, order)] = game.value(mask)

    here, there = find_nucleolus(game), find_nucleolus(game_of(moved, game.type))

    if isinstance(here, str):
        assert here == there
    else:
        assert isinstance(there, Certificate)
        assert [there.shares[place] for place in order] == list(here.shares)


@given(small_games(game_type="profit"))
def test_costs_are_the_mirror_of_profits(game: Game) -> None:
    mirror = game_of([-game.value(mask) for mask in range(len(game.table))], "cost")

    here, there = find_nucleolus(game), find_nucleolus(mirror)

    assert isinstance(here, str) == isinstance(there, str)
    if isinstance(here, Certificate) and isinstance(there, Certificate):
        assert [-x for x in there.shares] == list(here.shares)


@given(small_games())
def test_shares_sum_to_the_total_and_leave_nobody_worse_off_than_alone(game: Game) -> None:
    certificate = find_nucleolus(game)

    if isinstance(certificate, Certificate):
        assert sum(certificate.shares) == game.grand
        better = (lambda x, v: x >= v) if game.type == "profit" else (lambda x, v: x <= v)
        assert all(map(better, certificate.shares, game.standalone()))


def test_no_imputation_means_no_nucleolus_and_a_reason() -> None:
    assert "have less" in str(find_nucleolus(game_of([0, 5, 5, 9])))
    assert "pay more" in str(find_nucleolus(game_of([0, 5, 5, 11], "cost")))


@pytest.mark.parametrize("values", [[0, 5], [0, -5], [0, 0], [0, 1, 2, 3], [0] * 8, [0] * 64])
def test_games_with_nothing_to_share_give_everybody_what_he_has_alone(values: list[int]) -> None:
    game = game_of(values)

    assert settle(game).shares == game.standalone()


def test_two_players_share_the_surplus_equally() -> None:
    assert settle(game_of([0, 1, 2, 10])).shares == (Fraction(9, 2), Fraction(11, 2))


def test_many_tied_coalitions_do_not_mislead() -> None:
    # Every proper coalition has the same excess at the additive payoffs.
    n = 12
    own = [3 * i - 11 for i in range(n)]
    table = [sum(own[i] for i in range(n) if mask >> i & 1) - 5 * (0 < mask < (1 << n) - 1) for mask in range(1 << n)]

    assert list(settle(game_of_table(table)).shares) == own


def test_integers_far_beyond_int64_are_settled_exactly() -> None:
    # The units after thirty zeros decide, and no double can see them.
    n = 8
    fine = [(mask * 2654435761) % 1000 * (mask.bit_count() < n) for mask in range(1 << n)]
    game = game_of([10**30 * mask.bit_count() ** 2 + extra for mask, extra in enumerate(fine)])
    assert game.table.dtype == np.object_

    certificate = settle(game)

    check_nucleolus(game, certificate)
    assert sum(certificate.shares) == game.grand
    assert any(x != Fraction(game.grand, n) for x in certificate.shares)


def test_what_cannot_be_proved_within_the_limits_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nucleolus, "_PIVOTS", 0)
    game = game_of([0, 0, 0, 6, 0, 5, 4, 9])

    assert "could not be completed" in str(find_nucleolus(game))


def test_a_wrong_proposal_costs_time_and_never_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    game = game_of([0] + [(mask * 7919) % 97 * mask.bit_count() for mask in range(1, 63)] + [900])
    right = settle(game)

    class Misled:
        def propose(self, _: object) -> tuple[list[int], list[int]]:
            return [1, 62], []

    monkeypatch.setattr(nucleolus, "_start_highs", lambda *_: Misled())

    assert settle(game).shares == right.shares
