"""`symbiosis serve`: the API over HTTP, by gunicorn's threads; on SQLite one process that sequences and runs the jobs as well."""

from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import click

from webui.commands.faults import Complaint
from webui.commands.place import place_options, read_place

if TYPE_CHECKING:
    from webui.demo.place import Place
    from webui.settings import Settings

GRACE = 30  #: seconds that running requests get when the server ends


@click.command(
    epilog="""
\b
Examples:
  symbiosis serve --data /srv/symbiosis
  symbiosis serve --database postgresql+psycopg://symbiosis@db/ledger --workers 4
                        with `symbiosis worker` beside it

On SQLite the one process sequences the log and runs the jobs. On PostgreSQL several processes and machines may serve,
and `symbiosis worker` does that beside them. Put a reverse proxy with TLS in front (SYMBIOSIS_PROXIES=1);
SYMBIOSIS_COOKIES=plain lets persons log in without TLS, on your own machine.

Exit codes: 0 ended by a signal, 2 an option is at fault, 4 the database is not available.
"""
)
@place_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes; on SQLite just one.")
@click.option("--threads", type=click.IntRange(1, 256), default=16, show_default=True, help="Threads of each process.")
def serve(data: Path | None, database: str | None, host: str, port: int, workers: int, threads: int) -> None:
    """Serve the site and the JSON API until a signal ends it; running requests are answered first."""
    settings = read_place(data, database)
    if workers > 1 and settings.serves_sequencer:
        raise Complaint(
            "--workers: this process sequences the log itself, and is one (SYMBIOSIS_SEQUENCER=off and symbiosis worker part them)"
        )
    from webui.runtime import open_runtime

    open_runtime(settings).close()  # what is wrong with folder or database is said here, in a sentence, before any process of ours starts
    run_server(settings, host=host, port=port, workers=workers, threads=threads)


def run_server(
    settings: "Settings", *, host: str = "127.0.0.1", port: int = 8000, workers: int = 1, threads: int = 16, demo: "Place | None" = None
) -> None:
    """Serve until SIGINT or SIGTERM; this process becomes gunicorn's, and ends with it. `demo`: the folder of the demo that is served."""
    from gunicorn.app.base import BaseApplication

    class Served(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        """The application as gunicorn asks for it, once in each of its processes."""

        def load_config(self) -> None:
            """Say how to run."""
            options = {
                "bind": f"{host}:{port}",
                "workers": workers,
                "threads": threads,
                "worker_class": "gthread",
                "graceful_timeout": GRACE,
                "timeout": 120,
                "proc_name": "symbiosis",
                "worker_exit": _end_process,
                "control_socket_disable": True,
            }
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:  # noqa: ANN401 - a WSGI application
            """Open everything in this process; connections and threads do not survive a fork."""
            return load_app(settings, demo)

    Served().run()


def load_app(settings: "Settings", demo: "Place | None" = None) -> Any:  # noqa: ANN401 - a WSGI application
    """Make the application, with sequencers and jobs in a thread where this process carries them."""
    from webui.app import create_app
    from webui.runtime import open_runtime
    from webui.worker import run_worker

    stage = None
    if demo is not None:
        from webui.demo.stage import read_stage

        stage = read_stage(demo)
    runtime = open_runtime(settings, stage.clock if stage else None)
    app = create_app(settings, runtime, stage)
    stop = Event()
    worker = Thread(target=run_worker, args=(runtime, stop), name="worker", daemon=True) if settings.serves_sequencer else None
    if worker is not None:
        worker.start()
    app.extensions["symbiosis_end"] = (runtime, stop, worker)
    return app


def _end_process(_server: object, worker: Any) -> None:  # noqa: ANN401 - gunicorn's worker
    """End jobs and sequencers when gunicorn has answered its last request; what waits is judged or stays in the inbox."""
    app = getattr(worker, "wsgi", None)
    if app is None:
        return
    runtime, stop, thread = app.extensions["symbiosis_end"]
    stop.set()
    if thread is not None:
        thread.join(GRACE)
    runtime.close()
