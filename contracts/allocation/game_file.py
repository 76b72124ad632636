"""The file form of a game: JSON with `players`, `type` and `v`, read exactly or refused with the field and the mend.

`v` is an object keyed by 1-based positions such as `"1,3"` in any order, or a list of 2^n values in bit-mask order.
Other keys (names, sources, notes) are left alone, so that collections of games can be read as they are.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from contracts.allocation.exact import parse_exact
from contracts.allocation.game import DENSE_LIMIT, Game, InvalidGame, make_game

if TYPE_CHECKING:
    from collections.abc import Mapping

_POSITION = re.compile(r"[1-9][0-9]{0,5}")


def parse_game(text: str | bytes) -> Game:
    """Read a game from the text of a JSON file.

    Raises:
        InvalidGame: for anything that is not a complete game; its message names the field and the mend.
    """
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicates)
    except InvalidGame:
        raise
    except RecursionError:
        raise InvalidGame("file", "nested too deeply; give one object with players, type and v") from None
    except ValueError as fault:
        raise InvalidGame("file", f"not JSON ({fault}); give one object with players, type and v") from None
    if not isinstance(document, dict):
        raise InvalidGame("file", "not an object; give one object with players, type and v")
    return read_game(document)


def read_game(document: Mapping[str, object]) -> Game:
    """Read a game from a JSON object whose decimals are `Decimal`.

    Raises:
        InvalidGame: as `parse_game`.
    """
    players = _read_players(document)
    game_type = document.get("type", "profit")
    if game_type not in ("profit", "cost"):
        raise InvalidGame("type", f'{game_type!r} is unknown; write "profit" or "cost"')
    v = document.get("v")
    if isinstance(v, dict):
        values = _read_coalitions(v, players)
    elif isinstance(v, list):
        values = _read_list(v, len(players))
    else:
        raise InvalidGame("v", 'missing; give an object such as {"1": 0, "2": 0, "1,2": 5} or a list of 2^n values')
    weights = _read_weights(document["weights"], players) if document.get("weights") is not None else None
    return make_game(players, values, game_type, weights)


def _read_players(document: Mapping[str, object]) -> tuple[str, ...]:
    players = document.get("players")
    if not isinstance(players, list) or not players:
        raise InvalidGame("players", "missing; give a list of one name for each player")
    if len(players) > DENSE_LIMIT:
        raise InvalidGame("players", f"{len(players)} players; a table of coalitions takes at most {DENSE_LIMIT}: group some of them")
    for i, name in enumerate(players):
        if not isinstance(name, str) or not name.strip():
            raise InvalidGame(f"players[{i}]", "not a name; give a text that is not empty")
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise InvalidGame(f"players[{i}]", f"{name!r} holds half a character (a lone surrogate); write the name in whole characters")
        if name in players[:i]:
            raise InvalidGame(f"players[{i}]", f"{name!r} stands there twice; give each player a name of its own")
    n = document.get("n", len(players))
    if isinstance(n, bool) or n != len(players):
        raise InvalidGame("n", f"{n!r} differs from the {len(players)} players; correct it or leave it out")
    return tuple(players)


def _read_coalitions(v: dict[str, object], players: tuple[str, ...]) -> list[int | Fraction]:
    values: list[int | Fraction | None] = [None] * (1 << len(players))
    values[0] = 0
    seen: set[int] = set()
    for key, raw in v.items():
        mask = _read_key(key, len(players))
        if mask in seen:
            raise InvalidGame(f'v["{key}"]', "the same coalition stands there twice; keep one")
        seen.add(mask)
        values[mask] = _read_number(raw, f'v["{key}"]')
    if values[0] != 0:
        raise InvalidGame('v[""]', "the empty coalition has a value; write 0 or leave it out")
    if None in values:
        missing = values.index(None)
        key = ",".join(str(i + 1) for i in range(len(players)) if missing >> i & 1)
        names = ", ".join(name for i, name in enumerate(players) if missing >> i & 1)
        raise InvalidGame(f'v["{key}"]', f"the coalition of {names} is missing; give its value, 0 if it has none")
    return cast("list[int | Fraction]", values)


def _read_key(key: str, n: int) -> int:
    if not key.strip():
        return 0
    mask = 0
    for part in key.split(","):
        position = part.strip()
        if not _POSITION.fullmatch(position) or int(position) > n:
            raise InvalidGame(f'v["{key[:60]}"]', f"{position[:20]!r} is no position; write 1 to {n}, parted by commas")
        bit = 1 << (int(position) - 1)
        if mask & bit:
            raise InvalidGame(f'v["{key[:60]}"]', f"position {position} stands there twice; name each player once")
        mask |= bit
    return mask


def _read_list(v: list[object], n: int) -> list[int | Fraction]:
    if len(v) != 1 << n:
        raise InvalidGame("v", f"{len(v)} values for {n} players; give {1 << n}, one for each bit mask from 0")
    values = [_read_number(raw, f"v[{mask}]") for mask, raw in enumerate(v)]
    if values[0] != 0:
        raise InvalidGame("v[0]", "the empty coalition has a value; the first value must be 0")
    return values


def _read_weights(raw: object, players: tuple[str, ...]) -> tuple[Fraction, ...]:
    if isinstance(raw, dict):
        unknown = [name for name in raw if name not in players]
        missing = [name for name in players if name not in raw]
        if unknown or missing:
            name = (unknown or missing)[0]
            raise InvalidGame(
                f'weights["{name}"]',
                "no player of this game; give the names of its players" if unknown else "missing; give each player's weight",
            )
        raw = [raw[name] for name in players]
    if not isinstance(raw, list) or len(raw) != len(players):
        raise InvalidGame("weights", "give one number for each player, as a list or by name")
    weights = tuple(Fraction(_read_number(weight, f"weights[{i}]")) for i, weight in enumerate(raw))
    for i, weight in enumerate(weights):
        if weight < 0:
            raise InvalidGame(f"weights[{i}]", "negative; give 0 or more")
    return weights


def _read_number(raw: object, field: str) -> int | Fraction:
    if type(raw) is int and -(1 << 62) < raw < 1 << 62:
        return raw
    try:
        return parse_exact(raw)
    except ValueError as fault:
        raise InvalidGame(field, str(fault)) from None


def _refuse_constant(name: str) -> object:
    raise InvalidGame("file", f"{name} is no number; write a finite one")


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise InvalidGame(twice[:60] or '""', "the key stands there twice; keep one")
    return document
