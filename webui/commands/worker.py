"""`symbiosis worker`: sequencers and jobs in a process of their own, beside web processes on PostgreSQL."""

import signal
from contextlib import closing
from pathlib import Path
from threading import Event

import click

from webui.commands.place import place_options, read_place


@click.command(
    epilog="""
\b
Example:
  symbiosis worker --database postgresql+psycopg://symbiosis@db/ledger --data /srv/symbiosis

Started twice, one leads and the other waits for it to end: nothing is done twice. On SQLite `symbiosis serve` does this
work itself, and no worker is wanted.

Exit codes: 0 ended by a signal, 2 an option is at fault, 4 the database is not available.
"""
)
@place_options
def worker(data: Path | None, database: str | None) -> None:
    """Sequence every log of the service and run its jobs: checkpoints, heartbeat, close of periods, reminders."""
    from webui.runtime import open_runtime
    from webui.worker import run_worker

    stop = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _number, _frame: stop.set())
    with closing(open_runtime(read_place(data, database))) as runtime:
        click.echo(f"Working for {', '.join(runtime.networks()) or 'no network yet'}; end with Ctrl-C.", err=True)
        run_worker(runtime, stop)
