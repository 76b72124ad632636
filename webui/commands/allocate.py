"""`symbiosis allocate`: the value of a game divided by a named rule, exactly."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.commands.faults import INCOMPLETE, Complaint, make_printable

if TYPE_CHECKING:
    from fractions import Fraction

    from contracts.allocation.core import CoreVerdict
    from contracts.allocation.game import Game
    from contracts.allocation.solve import Allocation

RULES = ("equal", "proportional", "shapley", "nucleolus")

EPILOG = """
\b
A game file:
  {"players": ["plant", "kiln", "works"], "type": "profit",
   "v": {"1": 0, "2": 0, "3": 0, "1,2": 60, "1,3": 40, "2,3": 0, "1,2,3": 100}}

`v` gives what each coalition saves (or, with type "cost", pays), by positions in `players` from 1; or as a list of 2^n
values in bit-mask order. Decimals are read exactly: 0.1 is one tenth.

\b
Example:
  symbiosis allocate game.json --rule shapley
  symbiosis allocate game.json --rule nucleolus --json

Exit codes: 0 divided, 2 the file is no game, 3 the rule defines no shares for it.
"""


@click.command(epilog=EPILOG)
@click.argument("game", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), metavar="GAME.json")
@click.option("--rule", type=click.Choice(RULES), default="shapley", show_default=True, help="How to divide.")
@click.option("--json", "as_json", is_flag=True, help='Print {"allocation": {player: exact decimal or fraction}} alone.')
def allocate(game: Path, rule: str, *, as_json: bool) -> None:
    """Divide what the players of GAME.json have together, and say who would be better off leaving.

    Every number is an exact decimal or fraction. GAME.json may be `-` for standard input.
    """
    from contracts.allocation.game import InvalidGame
    from contracts.allocation.game_file import parse_game
    from contracts.allocation.solve import Undefined, allocate_game, encode_outcome

    data = sys.stdin.buffer.read() if str(game) == "-" else game.read_bytes()
    try:
        read = parse_game(data)
    except InvalidGame as fault:
        raise Complaint(f"{game}: {fault.field}: {fault.message}") from None
    outcome = allocate_game(read, rule)
    if as_json:
        click.echo(json.dumps(encode_outcome(outcome), ensure_ascii=False))
    elif isinstance(outcome, Undefined):
        click.echo(f"{outcome.method} defines no allocation: {make_printable(outcome.reason)}")
    else:
        for line in _describe(read, outcome):
            click.echo(make_printable(line))
    if isinstance(outcome, Undefined):
        raise click.exceptions.Exit(INCOMPLETE)


def _describe(game: "Game", outcome: "Allocation") -> list[str]:
    """Write the shares as a table, what each has alone beside them, and the core verdict below."""
    from contracts.allocation.core import check_core
    from contracts.allocation.exact import format_exact
    from contracts.allocation.solve import RULES as KNOWN

    rows = [("player", "alone", "allocated", "about")]
    rows += [
        (name, format_exact(alone), format_exact(share), _round_share(share) if "/" in format_exact(share) else "")
        for name, alone, share in zip(game.players, game.standalone(), outcome.shares, strict=True)
    ]
    rows.append(("all", "", format_exact(game.grand), ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [f"{outcome.method}: {KNOWN[outcome.rule].sentence}", ""]
    for name, *numbers in rows:
        cells = "  ".join(f"{number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True))
        lines.append(f"  {name:<{widths[0]}}  {cells}".rstrip())
    return [*lines, "", _describe_core(game, check_core(game, outcome.shares))]


def _round_share(share: "Fraction") -> str:
    """Write a share with two decimals, by whole numbers: a float ends at 1.8e308."""
    whole, cents = divmod(abs(round(share * 100)), 100)
    return f"{'-' if share < 0 and (whole or cents) else ''}{whole:,}.{cents:02}"


def _describe_core(game: "Game", verdict: "CoreVerdict") -> str:
    from contracts.allocation.exact import format_exact

    if verdict.worst is None or verdict.worst_excess is None:
        return "Stable: a single player has nobody to leave."
    coalition = " + ".join(verdict.worst)
    what = "save" if game.type == "profit" else "spare"
    if verdict.stable:
        return f"Stable: no coalition would be better off alone; {coalition} comes closest, by {format_exact(-verdict.worst_excess)}."
    count = "1 coalition" if verdict.blocking == 1 else f"{verdict.blocking} coalitions"
    return f"Not stable: {count} would be better off alone; {coalition} most, and would {what} {format_exact(verdict.worst_excess)} more."
