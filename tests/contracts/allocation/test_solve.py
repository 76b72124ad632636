"""One door to all rules: shares that sum exactly, reasons where there are none, and the axioms each rule promises."""

from fractions import Fraction

import pytest
from hypothesis import given

from contracts.allocation.game import Game, InvalidGame, make_game
from contracts.allocation.solve import RULES, Allocation, Undefined, allocate_game, encode_outcome
from tests.contracts.allocation.builders import game_of, small_games

#: The regional power game of Gately 1974.
GATELY = game_of([0, 0, 0, 1170, 0, 770, 210, 1530])


@pytest.mark.parametrize("rule", RULES)
@given(game=small_games())
def test_shares_sum_exactly_to_what_all_have_together(rule: str, game: Game) -> None:
    outcome = allocate_game(game, rule)

    if isinstance(outcome, Allocation):
        assert sum(outcome.shares) == game.grand
    else:
        assert outcome.reason


@pytest.mark.parametrize("rule", RULES)
def test_players_who_are_alike_get_the_same(rule: str) -> None:
    game = game_of([0, 4, 4, 13, 2, 9, 9, 20])

    outcome = allocate_game(game, rule)

    assert isinstance(outcome, Allocation)
    assert outcome.shares[0] == outcome.shares[1]


@pytest.mark.parametrize("rule", ["shapley", "nucleolus"])
def test_who_adds_nothing_gets_nothing(rule: str) -> None:
    game = game_of([0, 0, 3, 5, 0, 0, 3, 5])

    outcome = allocate_game(game, rule)

    assert isinstance(outcome, Allocation)
    assert outcome.shares[2] == 0


def test_equal_is_the_equal_part_of_the_total_whatever_each_has_alone() -> None:
    assert encode_outcome(allocate_game(game_of([0, 3, 5, 9]), "equal")) == {"allocation": {"a": "4.5", "b": "4.5"}}


def test_proportional_follows_the_standalone_values_or_the_weights_given() -> None:
    weighted = make_game(["a", "b"], [0, 3, 6, 12], weights=[Fraction(1), Fraction(0)])

    assert encode_outcome(allocate_game(game_of([0, 3, 6, 12]), "proportional")) == {"allocation": {"a": "4", "b": "8"}}
    assert encode_outcome(allocate_game(weighted, "proportional")) == {"allocation": {"a": "12", "b": "0"}}


def test_proportional_to_nothing_is_undefined_with_a_reason() -> None:
    outcome = allocate_game(GATELY, "proportional")

    assert isinstance(outcome, Undefined)
    assert encode_outcome(outcome)["allocation"] is None
    assert "sum to zero" in str(encode_outcome(outcome)["reason"])


def test_outcomes_name_the_method_with_its_version() -> None:
    assert {rule: allocate_game(game_of([0, 1, 2, 4]), rule).method for rule in RULES} == {
        "equal": "equal/1",
        "proportional": "proportional/1",
        "shapley": "shapley/1",
        "nucleolus": "nucleolus/1",
    }


def test_shares_are_written_as_exact_decimals_or_fractions() -> None:
    assert encode_outcome(allocate_game(GATELY, "shapley")) == {"allocation": {"a": "2290/3", "b": "1450/3", "c": "850/3"}}
    assert encode_outcome(allocate_game(GATELY, "nucleolus")) == {"allocation": {"a": "955", "b": "395", "c": "180"}}


def test_the_nucleolus_comes_with_its_certificate() -> None:
    outcome = allocate_game(GATELY, "nucleolus")

    assert isinstance(outcome, Allocation)
    assert outcome.certificate is not None
    assert outcome.certificate.shares == outcome.shares


def test_an_unknown_rule_is_refused_with_the_choice() -> None:
    with pytest.raises(InvalidGame, match="choose one of equal, proportional, shapley, nucleolus"):
        allocate_game(GATELY, "lottery")
