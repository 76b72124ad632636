"""`symbiosis ledger`: the stored log against all that remembers it, and its recovery from tiles."""

import json
from pathlib import Path

import click

from webui.commands.faults import NO, make_printable
from webui.commands.place import choose_network, network_option, open_place, place_options
from webui.commands.progress import show_progress


@click.group()
def ledger() -> None:
    """Check what is stored of a network's log."""


@ledger.command(
    epilog="""
\b
Examples:
  symbiosis ledger check --data /srv/symbiosis
  symbiosis ledger check --data /srv/symbiosis --network kalundborg --json

It changes nothing, and may run beside a service. The service does the same once a day.

\b
Exit codes:
  0  everything stored is what the entries give, and nothing remembers more
  1  something is wrong: each line names the entry and the table, or the guard, tiles or witness
  2  no such folder or network
  4  the database is not available
"""
)
@place_options
@network_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def check(data: Path | None, database: str | None, network: str | None, *, as_json: bool) -> None:
    """Compare heads, nodes, entries, checkpoints, contents, tiles and guard of a network's log."""
    with open_place(data, database) as runtime, show_progress("checking") as show:
        name = choose_network(runtime, network)
        log = runtime.log(name)
        head = log.read_head()
        total = head.size if head else 0
        found = log.scrub(lambda done: show(min(done, total), total))
    if as_json:
        outcome = {"log": log.name, "size": found.size, "sound": found.is_sound, "must_not_sign": found.reason, "found": found.lines}
        click.echo(json.dumps(outcome, ensure_ascii=False, indent=1))
    else:
        for line in found.lines:
            click.echo(make_printable(line))
        must = ": the log must not sign" if found.reason else ""
        click.echo(f"OK: {found.size} entries of {log.name}." if found.is_sound else f"UNSOUND: {log.name}, {found.size} entries{must}.")
    raise click.exceptions.Exit(0 if found.is_sound else NO)
