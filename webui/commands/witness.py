"""`symbiosis witness`: a witness of logs in one command, for partner firms and auditors; it needs a folder, an address, and a log's key."""

import signal
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.commands.faults import Complaint

if TYPE_CHECKING:
    from ledger.witness_book import WitnessBook

_data = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), default=Path("witness-data"), show_default=True, metavar="DIR",
    help="Folder of the witness: its key and its book. Never restore it from a backup: begin a new witness instead.",
)  # fmt: skip


@click.group(
    invoke_without_command=True,
    epilog="""
\b
Example:
  symbiosis witness --data /srv/witness --listen 127.0.0.1:8100 --name witness.firm.example
  symbiosis witness add-log --data /srv/witness ledger.key
  symbiosis witness evidence --data /srv/witness

The first start makes a key and prints the verifier key that the log's operator puts into its policy, with the address. Put a reverse
proxy with TLS in front. What it cosigned is in its book before it answers, and it never cosigns two histories of one log.

Exit codes: 0 ended by a signal, or done; 1 there is evidence; 2 an option or a file is at fault.
""",
)
@_data
@click.option("--listen", metavar="HOST:PORT", help="Address to listen on, such as 127.0.0.1:8100.")
@click.option("--name", help="Name of a new witness, such as witness.firm.example; it stands on each cosignature, for ever.")
@click.pass_context
def witness(context: click.Context, data: Path, listen: str | None, name: str | None) -> None:
    """Witness logs: cosign each checkpoint that continues the one cosigned before, and keep evidence of any other."""
    if context.invoked_subcommand is not None:
        return
    if listen is None:
        raise Complaint("--listen: give the address to listen on, such as 127.0.0.1:8100")
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the highest port
        raise Complaint(f"--listen: {listen!r}: write HOST:PORT")
    with closing(_open(data, name)) as book:
        _serve(book, host.strip("[]"), int(port))


@witness.command()
@_data
@click.option("--origin", help="The log's name in its checkpoints, if it is not the name of the key.")
@click.argument("key_file", metavar="LOG.KEY", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add_log(data: Path, origin: str | None, key_file: Path) -> None:
    """Witness a log from now on, by the verifier key in a file; get that file from its operator on another way than its site.

    A log whose key was changed has two for a while: add the new one as well. What was cosigned stays.
    """
    from ledger.note import read_verifier_key

    key = read_verifier_key(key_file.read_text("utf-8"))
    with closing(_open(data, None)) as book:
        added = book.add_log(origin or key.name, key)
        click.echo(f"{origin or key.name} {'is witnessed from now on' if added else 'is witnessed already'} under {key.to_text()}")


@witness.command()
@_data
def evidence(data: Path) -> None:
    """Print what logs signed and was not cosigned, beside what was: keep it, and show it to the other members."""
    from ledger.instant import write_seconds

    with closing(_open(data, None)) as book:
        kept = book.list_evidence()
    for number, one in enumerate(kept, 1):
        words = (
            "two roots at one size: two histories, signed by the log"
            if one.kind == "fork"
            else "the proof does not lead from one to the other"
        )
        click.echo(f"== {number} of {len(kept)}: {one.origin}, {write_seconds(one.time)}: {words}")
        click.echo(f"-- cosigned before:\n\n{one.known}\n-- refused, offered from size {one.old}:\n\n{one.shown}")
        if one.proof:
            click.echo("-- with the proof:\n\n" + "\n".join(one.proof) + "\n")
    if kept:
        click.get_current_context().exit(1)
    click.echo("No evidence: every checkpoint that was offered continued the one before.", err=True)


def _open(data: Path, name: str | None) -> "WitnessBook":
    from ledger.witness_book import BookFault, open_witness

    try:
        return open_witness(data, name)
    except BookFault as error:
        raise Complaint(str(error)) from None


def _serve(book: "WitnessBook", host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    from contracts.clock import SystemClock
    from webui.witness_server import WitnessServer

    clock = SystemClock()
    with WitnessServer((host, port), book, lambda: int(clock.now().timestamp())) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: threading.Thread(target=server.shutdown).start())
        click.echo(book.key.to_text())
        click.echo(f"Listening on http://{host}:{server.server_port} for {len(book.list_logs())} logs; end with Ctrl-C.", err=True)
        server.serve_forever(poll_interval=0.2)
