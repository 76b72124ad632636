"""The witness over HTTP: POST /add-checkpoint, GET /<SHA-256 of a log's origin>/checkpoint, and GET / with its key in plain text.

The standard library's server, one thread a connection: a witness is one small process on a partner's machine. Answers leave in one piece
with Nagle's algorithm off, so that a kept connection does not wait 40 ms for each; a whole request has ten seconds, a kept one thirty.
"""

import io
import logging
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from ledger.witness import MAX_REQUEST_BYTES, NOT_FOUND, OK, PLAIN, UNAVAILABLE, Answer
from ledger.witness_book import WitnessBook

REQUEST_SECONDS = 10.0  #: from a request's first byte to the last one of its answer
IDLE_SECONDS = 30.0  #: until the next request on a kept connection
MAX_CONNECTIONS = 256
MAX_OF_ONE = 64  #: connections from one address
_LENGTH = re.compile(r"[0-9]{1,7}", re.ASCII)
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)
_log = logging.getLogger("symbiosis.witness")


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness; `serve_forever` until `shutdown`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], book: WitnessBook, clock: Callable[[], int], seconds: float = REQUEST_SECONDS) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.book = book
        self.clock = clock  #: seconds since 1970
        self.seconds = seconds  #: that a request may take
        self._open: Counter[str] = Counter()  #: connections by address
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking anybody what the machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Take a connection, unless there are too many."""
        with self._lock:
            full = self._open.total() >= MAX_CONNECTIONS or self._open[client_address[0]] >= MAX_OF_ONE
            self._open[client_address[0]] += not full
        if full:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open[client_address[0]] -= 1
                self._open += Counter()  # drops addresses without any

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - socketserver's signature
        """Note what broke a connection; a peer that goes away is no fault of ours."""
        _log.info("a connection from %s ended", client_address[0], exc_info=True)


class _Timed(io.RawIOBase):
    """Reads a socket up to a deadline, however slowly bytes come."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.deadline = 0.0  #: of the monotonic clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"  # connections are kept
    server_version, sys_version = "symbiosis-witness", ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: WitnessServer

    def setup(self) -> None:
        super().setup()
        self._reader = _Timed(self.connection)
        self.rfile = self._buffer = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        self._reader.deadline = time.monotonic() + IDLE_SECONDS
        try:
            self._buffer.peek(1)
        except (TimeoutError, ConnectionError):
            self.close_connection = True
            return
        self._reader.deadline = time.monotonic() + self.server.seconds
        super().handle_one_request()

    def do_GET(self) -> None:
        """Show a checkpoint, or who this is."""
        book = self.server.book
        found = _CHECKPOINT.fullmatch(self.path)
        if self.path == "/":
            key = book.key.to_text()
            self._answer(Answer(OK, f"{book.key.name}\n\nA witness of transparency logs (c2sp.org/tlog-witness). Its key:\n\n{key}\n"))
        elif found is None:
            self._answer(Answer(NOT_FOUND, "there is /add-checkpoint and, for each log, /<SHA-256 of its origin>/checkpoint\n"))
        else:
            shown = self._try(lambda: book.read_checkpoint(found[1]))
            self._answer(Answer(NOT_FOUND, "nothing was cosigned for this log\n") if shown is None else Answer(OK, shown))

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Take a checkpoint."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self.send_error(HTTPStatus.NOT_FOUND)
        elif self.headers.get("Transfer-Encoding") or not _LENGTH.fullmatch(length):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > MAX_REQUEST_BYTES:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                self.close_connection = True
                return
            self._answer(self._try(lambda: self.server.book.add_checkpoint(body, self.server.clock())) or _BROKEN)

    def _try(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the work gives
        try:
            return work()
        except Exception:  # noqa: BLE001 - a fault of ours is no reason to leave a log without an answer
            _log.exception("a request could not be answered")
            return None

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - http.server's signature
        """Answer what cannot be read as a request, in plain text, and end the connection: what follows is not known to be a request."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            status = HTTPStatus.BAD_REQUEST  # another version of HTTP: no fault of ours either
        self.close_connection, self.request_version = True, self.protocol_version
        self._answer(Answer(status, f"{status.phrase}\n"))

    def handle_expect_100(self) -> bool:
        """Let a client go on, at once."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - http.server's signature
        """Log in our own way."""
        _log.debug(format, *args)


_BROKEN = Answer(UNAVAILABLE, "the witness has a fault: its operator finds it in the log\n", PLAIN)
