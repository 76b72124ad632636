"""The file form of a game: both ways to give values, exact numbers, and a refusal that names field and mend."""

import json
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given

from contracts.allocation.exact import format_exact
from contracts.allocation.game import Game, InvalidGame
from contracts.allocation.game_file import parse_game
from tests.contracts.allocation.builders import small_games


def test_coalitions_are_keyed_by_positions_in_any_order() -> None:
    values = {"2,1": 3, "1": 1, "3": 4, "2": 2, "3,1": 5, "2,3": 6, " 3, 1 ,2": 7, "": 0}

    game = parse_game(json.dumps({"players": ["a", "b", "c"], "v": values}))

    assert [int(value) for value in game.table] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert game.type == "profit"


def test_decimals_and_fractions_are_exact() -> None:
    game = parse_game('{"players": ["a", "b"], "type": "cost", "v": [0, 0.1, "1/3", 123456789012345678901234567890.01]}')

    assert [game.value(mask) for mask in range(4)] == [
        0,
        Fraction(1, 10),
        Fraction(1, 3),
        Fraction(12345678901234567890123456789001, 100),
    ]


def test_weights_are_taken_by_place_or_by_name() -> None:
    by_place = parse_game('{"players": ["a", "b"], "v": [0, 0, 0, 9], "weights": [1, 0.5]}')
    by_name = parse_game('{"players": ["a", "b"], "v": [0, 0, 0, 9], "weights": {"b": "1/2", "a": 1}}')

    assert by_place.weights == by_name.weights == (Fraction(1), Fraction(1, 2))


def test_keys_that_say_nothing_about_the_game_are_left_alone() -> None:
    assert parse_game('{"name": "x", "n": 1, "players": ["a"], "v": [0, 5], "expected": {"y": 1}}').grand == 5


@given(small_games())
def test_a_game_written_either_way_is_read_back(game: Game) -> None:
    n = len(game.players)
    numbers = [format_exact(game.value(mask)) for mask in range(1 << n)]
    keys = [",".join(str(i + 1) for i in reversed(range(n)) if mask >> i & 1) for mask in range(1 << n)]
    head = {"players": list(game.players), "type": game.type}

    listed = parse_game(json.dumps({**head, "v": numbers}))
    keyed = parse_game(json.dumps({**head, "v": dict(zip(keys, numbers, strict=True))}))

    for read in (listed, keyed):
        assert [read.value(mask) for mask in range(1 << n)] == [game.value(mask) for mask in range(1 << n)]
        assert read.players == game.players
        assert read.type == game.type


BAD = {
    "": "file",
    "[]": "file",
    "{": "file",
    "[" * 100_000: "file",
    "{}": "players",
    '{"players": "ab", "v": [0, 1]}': "players",
    '{"players": [], "v": [0]}': "players",
    '{"players": [1], "v": [0, 1]}': "players[0]",
    '{"players": ["a", " "], "v": [0, 1, 2, 3]}': "players[1]",
    '{"players": ["a", "a"], "v": [0, 1, 2, 3]}': "players[1]",
    '{"players": ["a"], "n": 2, "v": [0, 1]}': "n",
    '{"players": ["a"], "n": true, "v": [0, 1]}': "n",
    '{"players": ["a"], "type": "loss", "v": [0, 1]}': "type",
    '{"players": ["a"]}': "v",
    '{"players": ["a"], "v": null}': "v",
    '{"players": ["a"], "v": [0, 1, 2]}': "v",
    '{"players": ["a"], "v": [1, 1]}': "v[0]",
    '{"players": ["a"], "v": [0, true]}': "v[1]",
    '{"players": ["a"], "v": [0, null]}': "v[1]",
    '{"players": ["a"], "v": [0, NaN]}': "file",
    '{"players": ["a"], "v": [0, -Infinity]}': "file",
    '{"players": ["a"], "v": [0, "1/0"]}': "v[1]",
    '{"players": ["a"], "v": [0, "nan"]}': "v[1]",
    '{"players": ["a"], "v": [0, 1e999999999]}': "v[1]",
    '{"players": ["a"], "v": {"1": 1, "1": 2}}': "1",
    '{"players": ["a", "b"], "v": {"1": 1, "2": 2, "1,2": 3, "2,1": 3}}': 'v["2,1"]',
    '{"players": ["a", "b"], "v": {"1": 1, "2": 2}}': 'v["1,2"]',
    '{"players": ["a", "b"], "v": {"1": 1, "3": 2}}': 'v["3"]',
    '{"players": ["a", "b"], "v": {"1": 1, "0": 2}}': 'v["0"]',
    '{"players": ["a", "b"], "v": {"1": 1, "1,1": 2}}': 'v["1,1"]',
    '{"players": ["a", "b"], "v": {"a": 1}}': 'v["a"]',
    '{"players": ["a"], "v": {"": 1, "1": 1}}': 'v[""]',
    '{"players": ["a"], "v": [0, 1], "weights": [1, 2]}': "weights",
    '{"players": ["a"], "v": [0, 1], "weights": [-1]}': "weights[0]",
    '{"players": ["a"], "v": [0, 1], "weights": {"b": 1}}': 'weights["b"]',
}


@pytest.mark.parametrize(("text", "field"), BAD.items(), ids=[text[:60] for text in BAD])
def test_what_is_no_game_is_refused_with_its_field_and_the_mend(text: str, field: str) -> None:
    with pytest.raises(InvalidGame) as refused:
        parse_game(text)

    assert refused.value.field == field
    assert any(word in refused.value.message for word in ("give", "write", "keep", "name each", "correct", "choose", "must be"))


def test_a_missing_coalition_is_named() -> None:
    with pytest.raises(InvalidGame, match="Novo, Refinery is missing"):
        parse_game('{"players": ["Novo", "Power", "Refinery"], "v": {"1":0,"2":0,"3":0,"1,2":1,"2,3":1,"1,2,3":2}}')


def test_more_players_than_a_table_can_hold_are_refused_before_anything_is_built() -> None:
    players = [f"p{i}" for i in range(25)]

    with pytest.raises(InvalidGame, match="at most 24"):
        parse_game(json.dumps({"players": players, "v": {}}))


def test_every_order_of_positions_names_the_same_coalition() -> None:
    for key in permutations("123"):
        values = {"1": 0, "2": 0, "3": 0, "1,2": 0, "1,3": 0, "2,3": 0, ",".join(key): 8}
        assert parse_game(json.dumps({"players": ["a", "b", "c"], "v": values})).grand == 8
