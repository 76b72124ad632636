"""`symbiosis allocate` divides exactly, says who would leave, and tells an undefined split from a bad file by its exit code."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from tests.webui.commands.running import run

GLOVES = {"players": ["left", "right", "other"], "type": "profit",
          "v": {"1": 0, "2": 0, "3": 0, "1,2": 1, "1,3": 1, "2,3": 0, "1,2,3": 1}}  # fmt: skip


def write_game(folder: Path, game: object) -> Path:
    """Write a game file."""
    path = folder / "game.json"
    path.write_text(json.dumps(game), "utf-8")
    return path


def test_json_holds_exact_shares_alone(code_home: Path, tmp_path: Path) -> None:
    done = run(code_home, "allocate", write_game(tmp_path, GLOVES), "--rule", "shapley", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"allocation": {"left": "2/3", "right": "1/6", "other": "1/6"}}


def test_values_in_bit_mask_order_and_decimals_are_read_exactly(code_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    path.write_text('{"players": ["a", "b"], "type": "cost", "v": [0, 0.1, 0.2, 0.25]}', "utf-8")

    done = run(code_home, "allocate", path, "--json")

    assert json.loads(done.stdout) == {"allocation": {"a": "0.075", "b": "0.175"}}


def test_an_undefined_split_is_null_with_its_reason_and_exit_code_3(code_home: Path, tmp_path: Path) -> None:
    done = run(code_home, "allocate", write_game(tmp_path, GLOVES), "--rule", "proportional", "--json")

    answer = json.loads(done.stdout)
    assert done.returncode == 3
    assert set(answer) == {"allocation", "reason"}
    assert answer["allocation"] is None
    assert "sum to zero" in answer["reason"]


def test_without_json_shares_stand_beside_what_each_has_alone_and_the_core_verdict(code_home: Path, tmp_path: Path) -> None:
    done = run(code_home, "allocate", write_game(tmp_path, GLOVES))

    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["left", "0", "2/3", "0.67"] in rows
    assert "Not stable: 2 coalitions would be better off alone" in done.stdout


def test_a_stable_split_is_said_to_be_stable(code_home: Path, tmp_path: Path) -> None:
    done = run(code_home, "allocate", write_game(tmp_path, GLOVES), "--rule", "nucleolus")

    assert "Stable: no coalition would be better off alone" in done.stdout


@pytest.mark.parametrize(
    ("game", "says"),
    [
        ({**GLOVES, "v": {"1": 0}}, 'v["2"]: the coalition of right is missing; give its value'),
        ({**GLOVES, "type": "loss"}, 'type: \'loss\' is unknown; write "profit" or "cost"'),
        ({"players": []}, "players: missing"),
        ([], "file: not an object"),
    ],
)
def test_a_bad_file_is_named_with_field_and_mend(code_home: Path, tmp_path: Path, game: object, says: str) -> None:
    done = run(code_home, "allocate", write_game(tmp_path, game), "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_game_may_come_from_standard_input(code_home: Path) -> None:
    done = run(code_home, "allocate", "-", "--rule", "equal", "--json", given=json.dumps(GLOVES))

    assert json.loads(done.stdout) == {"allocation": dict.fromkeys(GLOVES["players"], "1/3")}


def test_a_published_game_is_divided_as_published(code_home: Path, shared: Path, tmp_path: Path) -> None:
    game = next(one for one in json.loads((shared / "games.json").read_text("utf-8")) if one["name"].startswith("TVA"))

    done = run(code_home, "allocate", write_game(tmp_path, game), "--rule", "shapley", "--json")

    shares = json.loads(done.stdout)["allocation"]
    assert [Fraction(shares[name]) for name in game["players"]] == [Fraction(one) for one in game["computed"]["shapley"]]


def test_a_name_with_half_a_character_is_refused_with_field_and_mend(code_home: Path, tmp_path: Path) -> None:
    path = write_game(tmp_path, {**GLOVES, "players": ["left", "\ud800", "other"]})

    for options in (["--json"], []):
        done = run(code_home, "allocate", path, *options)

        assert (done.returncode, done.stdout) == (2, "")
        assert "players[1]: '\\ud800' holds half a character" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("rule", ["equal", "shapley", "nucleolus"])
def test_values_past_any_float_are_divided_and_printed(code_home: Path, tmp_path: Path, rule: str) -> None:
    path = tmp_path / "game.json"
    path.write_text('{"players": ["a", "b", "c"], "v": {"1": 0, "2": 0, "3": 0, "1,2": 0, "1,3": 0, "2,3": 0, "1,2,3": 1e360}}', "utf-8")

    done = run(code_home, "allocate", path, "--rule", rule)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"{10**360 // 3:,}.33" in done.stdout
