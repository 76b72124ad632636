"""A running service, as an operator sets it up: founded and let in by commands, served over HTTP, sequenced in the background.

On SQLite one process serves and sequences, as `symbiosis serve` has it; on PostgreSQL two real processes do: gunicorn and a worker.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from pathlib import Path

from click.testing import CliRunner
from werkzeug.serving import WSGIRequestHandler, make_server

from contracts.clock import FixedClock
from ledger.keyfile import KeyFile
from tests.conftest import find_code_home
from tests.journey.client import NETWORK, Client
from webui.app import create_app
from webui.commands.main import symbiosis
from webui.commands.network import Plan, found_network
from webui.runtime import open_runtime
from webui.settings import Settings, read_settings
from webui.worker import run_worker

LOG = "ledger.kalundborg.test/main"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  #: seconds until a process must answer
PASSPHRASE = "a passphrase of the tests"


class QuietHandler(WSGIRequestHandler):
    """Answers without a line of log for each request."""

    def log_request(self, *_words: object) -> None:
        """Say nothing."""


@dataclass(slots=True)
class Deployment:
    """One service: its folder, its database, and what runs."""

    folder: Path
    url: str
    address: str = ""
    log_key: str = ""  #: as the operator printed it
    running: ExitStack = field(default_factory=ExitStack)

    @property
    def data(self) -> Path:
        """The service's folder."""
        return self.folder / "data"

    @property
    def place(self) -> list[str]:
        """The options that name folder and database."""
        return ["--data", str(self.data), "--database", self.url]

    def run(self, *arguments: str) -> str:
        """Run a command of the operator in this process; gives what it printed."""
        result = CliRunner().invoke(symbiosis, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    def found(self, keys: KeyFile, when: datetime) -> None:
        """Found the network with the operator's key, as the command does, but at a time that has passed: its first month is over by now.

        The service runs already, and has no other part in it: a worker that starts on such a network closes its month at once.
        """
        settings = {"name": NETWORK, "currency": "EUR", "time_zone": "Europe/Copenhagen", "allocation_rule": "shapley"}
        plan = Plan(NETWORK, LOG, settings, "Kalundborg Symbiosis", "DK-10000001", "DK")
        with closing(open_runtime(self.settings, FixedClock(when))) as runtime:
            found_network(runtime, plan, keys)
            self.log_key = runtime.service(NETWORK).keys.log_verifier.to_text()

    @property
    def settings(self) -> Settings:
        """The service's settings, as from its environment."""
        return read_settings({"SYMBIOSIS_DATA": str(self.data), "SYMBIOSIS_DATABASE_URL": self.url, "SYMBIOSIS_COOKIES": "plain"})

    def let_in(self, organisation: str, holder: str, roles: Sequence[str] = ()) -> Client:
        """Make a token for an organisation's machine."""
        who = ["--organisation", organisation, "--holder", holder, "--roles", ",".join(roles), "--name", "a machine"]
        return Client(self.address, self.run("token", "new", *self.place, "--network", NETWORK, *who).strip())

    def start(self) -> None:
        """Serve and sequence until `stop`."""
        if self.url.startswith("sqlite"):
            self._serve_here()
        else:
            self._serve_apart()

    def stop(self) -> None:
        """End what runs."""
        self.running.close()

    def _serve_here(self) -> None:
        settings = self.settings
        runtime = self.running.enter_context(closing(open_runtime(settings)))
        stop = threading.Event()
        worker = threading.Thread(target=run_worker, args=(runtime, stop))
        worker.start()
        self.running.callback(worker.join)
        self.running.callback(stop.set)
        server = make_server("127.0.0.1", 0, create_app(settings, runtime), threaded=True, request_handler=QuietHandler)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        self.running.callback(server.server_close)
        self.running.callback(serving.join)
        self.running.callback(server.shutdown)
        self.address = f"http://127.0.0.1:{server.server_port}"

    def _serve_apart(self) -> None:
        port = find_free_port()
        self._start_process("worker", "worker", *self.place)
        self._start_process("serve", "serve", *self.place, "--port", str(port), "--workers", "2")
        self.address = f"http://127.0.0.1:{port}"
        wait_for_service(self.address)

    def _start_process(self, name: str, *arguments: str) -> None:
        output = self.running.enter_context((self.folder / f"{name}.out").open("wb"))
        environ = {**make_environment(), "SYMBIOSIS_COOKIES": "plain"}
        process = subprocess.Popen(
            [sys.executable, "-m", "webui.commands.main", *arguments], cwd=self.folder, env=environ, stdout=output, stderr=output
        )
        self.running.callback(process.wait, PATIENCE)
        self.running.callback(process.terminate)


def make_environment() -> dict[str, str]:
    """Give the environment of a second process: the code under test, and nothing of this process's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SYMBIOSIS_")}
    return {**kept, "PYTHONPATH": str(find_code_home())}


def run_apart(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m …` as a second process in a folder."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=make_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def find_free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def wait_for_service(address: str) -> None:
    """Wait until a service answers at all."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if Client(address).ask("GET", "/openapi.json").status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise TimeoutError(f"{address} does not answer")
