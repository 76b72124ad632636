"""`symbiosis ledger`: the stored log against all that remembers it, its recovery from tiles, and the change of its key."""

import json
from pathlib import Path

import click

from webui.commands.faults import NO, Complaint, make_printable
from webui.commands.keyfiles import open_key_file, passphrase_option
from webui.commands.place import choose_network, network_option, open_place, place_options
from webui.commands.progress import show_progress


@click.group()
def ledger() -> None:
    """Check what is stored of a network's log, make it anew from its tiles, or change its key."""


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


@ledger.command(
    epilog="""
\b
Example:
  symbiosis ledger rotate-key --data /srv/symbiosis --network kalundborg --key operator.key

A running service signs with the new key at once. It goes on to sign with the old one as well, for members and auditors who
know no other, until that is retired: `symbiosis ledger retire-key`. Was the old key stolen? Then this is no help: seal the log
(`symbiosis sign` a log.sealed), and found a successor.

\b
Exit codes:
  0  the log's key has changed
  1  refused: the key file's holder may not say this, or you said no
  2  no such folder, network or key file
  4  the database or the log is not available
"""
)
@place_options
@network_option
@click.option("--key", "key_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="A facilitator's key file: the change is a statement on the log.")  # fmt: skip
@passphrase_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def rotate_key(
    data: Path | None, database: str | None, network: str | None, key_file: Path, passphrase_file: Path | None, *, yes: bool
) -> None:
    """Hand a log over to a new key: a note that the old and the new key sign both, entered by the facilitator."""
    from webui.key_rotation import rotate_log_key

    with open_place(data, database) as runtime:
        name = choose_network(runtime, network)
        if not yes:
            click.confirm(
                f"Change the key of {runtime.log(name).name}? The old one stays at hand until you retire it.", abort=True, err=True
            )
        index, key = rotate_log_key(runtime, name, open_key_file(key_file, passphrase_file))
        path = runtime.settings.data / f"{name}.log.key"
        path.write_text(key + "\n", "ascii")
    click.echo(f"Entry {index}: from here on checkpoints are signed by a new key, also in {path}:\n{key}")


@ledger.command(
    epilog="""
\b
Example, weeks after the change, when members and auditors have the new key:
  symbiosis ledger retire-key --data /srv/symbiosis --network kalundborg

\b
Exit codes:
  0  the former keys' files are removed, or there were none
  1  the newest checkpoint is not signed by the new key yet, or you said no
  2  no such folder or network
  4  the database is not available
"""
)
@place_options
@network_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def retire_key(data: Path | None, database: str | None, network: str | None, *, yes: bool) -> None:
    """Remove a log's former keys from this machine; restart the service afterwards."""
    from webui.key_rotation import retire_log_keys

    with open_place(data, database) as runtime:
        name = choose_network(runtime, network)
        if not yes:
            click.confirm(
                "Remove the files of the former keys? Whoever knows only those can check no newer checkpoint.", abort=True, err=True
            )
        removed = retire_log_keys(runtime, name)
    for path in removed:
        click.echo(f"Removed {path}")
    click.echo(f"{len(removed)} former keys are retired.")
