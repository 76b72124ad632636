"""`symbiosis demo`: play a year of a real network, verify and recompute it, tell what happened, and serve it."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from webui.commands.faults import Complaint
from webui.commands.progress import Show, show_progress

MONTHS = 12
_ADDRESS = re.compile(r"https?://[^\s/]+(?=/api/v1)")  #: of the API in a summary that was written for another port


@click.command(
    epilog="""
\b
Examples:
  symbiosis demo                          play into ./demo-data, then serve on port 8000
  symbiosis demo --data /tmp/kalundborg --no-serve
  symbiosis demo --seed 7 --fresh         play another year in place of the one there

The figures are an illustration from public sources, not data of the firms named; what is assumed is marked. The same seed gives
the same entries and the same cents; keys, salts and passwords are always new.

Exit codes: 0 played (or served until a signal), 1 a verdict is not good, 2 the folder cannot be used.
"""
)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-data"), show_default=True, metavar="DIR",
              help="Where to play; a demo that lies there already is served again.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Of the quantities that are not published.")
@click.option("--fresh", is_flag=True, help="Remove the demo that lies in DIR, and play anew.")
@click.option("--no-serve", is_flag=True, help="Stop after the summary.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--quiet", is_flag=True, help="Say nothing on the way; the summary is printed all the same.")
@click.option("--months", type=click.IntRange(1, MONTHS), default=MONTHS, hidden=True, help="Play only so many months.")
def demo(data: Path, seed: int, host: str, port: int, months: int, *, fresh: bool, no_serve: bool, quiet: bool) -> None:
    """Found the network of Kalundborg, play a year of it through the services that users use, and serve it.

    Takes about half a minute. DIR then holds the database, the organisations' keys, audit.zip and the log's verifier key.
    """
    from webui.demo.performance import make_settings, perform
    from webui.demo.place import MARK, Found, Place

    place = Place(data.absolute())
    address = f"http://{host}:{port}"
    found = place.look()
    if found is Found.STRANGE:
        raise Complaint(f"{data} holds something that is not a demo, and is left as it is: name another folder with --data")
    if found is Found.UNFINISHED and not fresh:
        raise Complaint(f"{data} holds a demo that was not played to its end: play it anew with --fresh")
    if found is Found.PLAYED and not fresh:
        words, code = _ADDRESS.sub(address, place.read_words()), 0
        click.echo(f"{data} holds a demo already; this is what {MARK} in it says (--fresh plays a new one).\n", err=True)
    else:
        if found is not Found.NOTHING:
            place.clear()
        if place.look() is not Found.NOTHING:
            raise Complaint(f"{data} holds files that no demo made, and they are left as they are: name another folder with --data")
        words, code = perform(place, seed=seed, months=months, address=address, step=_say_nothing if quiet else _announce)
    click.echo(words, nl=False)
    if no_serve or code:
        raise click.exceptions.Exit(code)
    from webui.commands.serve import run_server

    click.echo(f"\nOpen {address} in a browser. Its clock goes on from the end of the played year; Ctrl-C ends it.", err=True)
    run_server(make_settings(place), host=host, port=port, demo=place)


@contextmanager
def _announce(label: str) -> Iterator[Show]:
    """Announce a step: with a bar on a terminal, with a line elsewhere."""
    if not sys.stderr.isatty():
        click.echo(f"{label} …", err=True)
    with show_progress(label) as show:
        yield show


@contextmanager
def _say_nothing(_label: str) -> Iterator[Show]:
    """Take progress and say nothing."""
    yield lambda _done, _total: None
