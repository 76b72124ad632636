"""Witnesses for tests of the log's side: real ones behind real sockets, hostile ones that answer as a test wants, and policies of them."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ledger.cosignature import COSIGNATURE
from ledger.keys import SigningKey
from ledger.note import VerifierKey
from ledger.policy import Policy, read_policy
from ledger.witness_book import WitnessBook, open_witness
from tests.ledger.live_log import KEYS, LOG
from webui.witness_server import WitnessServer

#: Seconds since 1970 of live_log.START.
START_SECONDS = 1_767_225_600


@dataclass(slots=True)
class RunningWitness:
    """A witness that runs in a thread of this process, by a clock that the test sets."""

    name: str
    book: WitnessBook
    url: str
    now: int = START_SECONDS


@contextmanager
def run_witness(folder: Path, name: str, *, seconds: float = 10.0) -> Iterator[RunningWitness]:
    """Run a witness that knows the live log; a request may take so many seconds."""
    book = open_witness(folder / name, f"{name}.example")
    book.add_log(LOG, KEYS.log_verifier)
    running = RunningWitness(name, book, "")
    with WitnessServer(("127.0.0.1", 0), book, lambda: running.now, seconds) as server:
        running.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
            book.close()


@dataclass(slots=True)
class Stranger:
    """Something that listens where a witness should, and answers each connection as the test wants."""

    name: str
    url: str
    key: VerifierKey
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def run_stranger(name: str, answer: Callable[[socket.socket, bytes], None]) -> Iterator[Stranger]:
    """Run a stranger; `answer` gets the connection and the request's first bytes."""
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stranger = Stranger(name, f"http://127.0.0.1:{server.getsockname()[1]}", make_witness_key(name))

        def talk(connection: socket.socket) -> None:
            with connection:
                try:
                    connection.settimeout(5)
                    stranger.requests.append(connection.recv(65_536))
                    answer(connection, stranger.requests[-1])
                except OSError:
                    return  # the client had enough

        def listen() -> None:
            while not ending.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield stranger
        finally:
            ending.set()
            thread.join()


def make_witness_key(name: str) -> VerifierKey:
    """Make the key of a stranger."""
    return VerifierKey(f"{name}.example", COSIGNATURE, SigningKey(name.encode().ljust(32)[:32]).public)


def answer_with(head: str, body: bytes = b"") -> Callable[[socket.socket, bytes], None]:
    """Answer each request with a status line (and headers) and a body."""

    def answer(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return answer


def make_policy(witnesses: Sequence[RunningWitness | Stranger], needed: int) -> Policy:
    """Make a policy in which each witness is an organisation and so many are enough."""
    lines = [f"witness {one.name} {(one.key if isinstance(one, Stranger) else one.book.key).to_text()} {one.url}" for one in witnesses]
    groups = [f"group firm-{one.name} any {one.name}" for one in witnesses]
    names = " ".join(f"firm-{one.name}" for one in witnesses)
    return read_policy("\n".join([*lines, *groups, f"group firms {needed} {names}", "quorum firms"]) + "\n")
