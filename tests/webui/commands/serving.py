"""A service as its operator starts it, in processes of its own, on a test network's database and keys."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from ledger.keyfile import KeyFile, seal_key
from tests.network import LOG, TestNetwork
from tests.webui.commands.running import PASSPHRASE, clean_environment, run, run_here, write_passphrase

PATIENCE = 60.0  #: seconds until a process answers, or ends
NETWORK = "kalundborg"


@dataclass(frozen=True, slots=True)
class Service:
    """A served network."""

    code_home: Path
    folder: Path
    url: str  #: of the database
    address: str
    network: TestNetwork  #: who its members are, and their keys; it writes no more

    @property
    def place(self) -> list[object]:
        """The options that name folder and database."""
        return ["--data", self.folder / "data", "--database", self.url]

    @property
    def log_key(self) -> Path:
        """The log's verifier key, in a file."""
        path = self.folder / "log.key"
        path.write_text(self.network.keys.log_verifier.to_text() + "\n", "ascii")
        return path

    def make_key_file(self, by: str) -> Path:
        """Write the key file of a member."""
        path = self.folder / f"{by.replace('/', '-')}.key"
        if not path.exists():
            held = KeyFile(self.network.key(by), LOG, self.network.id(by), self.network.holder(by))
            path.write_bytes(seal_key(held, PASSPHRASE))
        return path

    def make_token(self, by: str) -> str:
        """Make a member's token by the operator's command, once."""
        path = self.folder / f"{by}.token"
        if not path.exists():
            who = ["--organisation", self.network.id(by), "--holder", self.network.holder(by), "--name", "a machine"]
            done = run(self.code_home, "token", "new", *self.place, *who)
            assert done.returncode == 0, done.stderr
            path.write_text(done.stdout.strip(), "ascii")
        return path.read_text("ascii")

    def run_as(self, by: str, *arguments: object, apart: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command that signs, with a member's key and token, against the service; `apart` in a process of its own."""
        signing: list[object] = ["--key", self.make_key_file(by), "--passphrase-file", write_passphrase(self.folder)]
        signing += ["--server", self.address, "--log-key", self.log_key]
        token = self.make_token(by)
        if apart:
            return run(self.code_home, *arguments, *signing, SYMBIOSIS_TOKEN=token)
        return run_here(*arguments, *signing, SYMBIOSIS_TOKEN=token)


@contextmanager
def serve(code_home: Path, folder: Path, url: str, network: TestNetwork) -> Iterator[Service]:
    """Serve a network: one process on SQLite, `serve` and `worker` on PostgreSQL; both must end well when they are told to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service = Service(code_home, folder, url, f"http://127.0.0.1:{port}", network)
    commands: list[list[object]] = [["serve", *service.place, "--port", port]]
    if not url.startswith("sqlite"):
        commands.append(["worker", *service.place])
    processes = [_start(code_home, folder, *command) for command in commands]
    try:
        _wait(service.address)
        yield service
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(PATIENCE) for process in processes]
    assert codes == [0] * len(processes), (folder / "serve.out").read_text()


def _start(code_home: Path, folder: Path, *command: object) -> subprocess.Popen[bytes]:
    with (folder / f"{command[0]}.out").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "webui.commands.main", *map(str, command)],
            cwd=code_home,
            env=clean_environment() | {"SYMBIOSIS_COOKIES": "plain"},
            stdout=output,
            stderr=output,
        )


def _wait(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            urlopen(f"{address}/api/v1/networks", timeout=5).close()  # noqa: S310 - our own address
        except HTTPError as error:
            error.close()
            return  # it answers that a login is wanted
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise TimeoutError(f"{address} does not answer")
