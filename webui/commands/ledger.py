"""`symbiosis ledger`: the stored log against all that remembers it, and its recovery from tiles."""

import json
from pathlib import Path

import click

from webui.commands.faults import NO, Complaint, make_printable
from webui.commands.place import choose_network, network_option, open_place, place_options
from webui.commands.progress import show_progress


@click.group()
def ledger() -> None:
    """Check what is stored of a network's log, or make it anew from its tiles."""


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


@ledger.command(
    epilog="""
\b
Example, after the database was lost or an older copy of it was brought back:
  symbiosis ledger recover --data /srv/symbiosis --network kalundborg
  symbiosis ledger recover --data /srv/symbiosis --network kalundborg --tiles https://ledger.example/log/kalundborg

Stop the service first. The folder must still hold service/NETWORK with the log's keys, and contents/NETWORK, the archive.
What entries say comes from the tiles, byte by byte and verified; contents come from the archive; the tables are made anew.
People, sessions and drafts are not on the log: they come from the database's own backup.

\b
Exit codes:
  0  the log stands where its tiles end, and may go on
  1  another history, tiles that do not hold, contents that are missing, or entries that were answered for after the last tiles
  2  no such folder, network or tiles
  4  the database is not available
"""
)
@place_options
@click.option("--network", required=True, metavar="NAME", help="Short name of the network.")
@click.option("--tiles", metavar="PLACE", help="Folder or address of the log's tiles; DATA/tiles/NAME if left out.")
def recover(data: Path | None, database: str | None, network: str, tiles: str | None) -> None:
    """Bring a fresh or older database up to a log's published tiles."""
    from webui.recovery import recover_network

    with open_place(data, database) as runtime:
        try:
            found = recover_network(runtime, network, tiles)
        except ValueError as error:
            raise Complaint(f"--tiles: {error}") from None
    for line in found.lines:
        click.echo(make_printable(line))
    raise click.exceptions.Exit(0 if found.may_go_on else NO)
