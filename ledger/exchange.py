"""One HTTP exchange with a party that nobody here trusts: bounded in time and bytes, following no redirection."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

CONNECT = 3.0  #: seconds for a connection to come about
TOO_LATE = "it did not answer in time"
_URL = re.compile(r"https?://[\x21-\x7e]{1,1000}", re.ASCII)


class ExchangeFailed(Exception):
    """The other side did not answer as wanted; the message says what it did instead."""


class AnsweredTooMuch(ExchangeFailed):
    """The answer is longer than anything that was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int  #: HTTP status
    kind: str  #: media type, without parameters, in small letters
    encoding: str  #: of the content; identity where none is said
    body: bytes


def exchange_bytes(
    url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int, seconds: float = 10.0
) -> Answer:
    """Send a GET, or a POST with a body, and read the answer whole.

    limit: bytes of the answer that are taken. seconds: for all of it, from the look-up of the name to the last byte.
    Raises ExchangeFailed for what is no address, and for a party that cannot be reached or is too slow, AnsweredTooMuch.
    """
    deadline = time.monotonic() + seconds
    if seconds <= 0:
        raise ExchangeFailed(TOO_LATE)
    parts, port = _split(url)
    host = str(parts.hostname)
    dialled: socket.socket | None = None
    try:
        dialled = socket.create_connection((host, port), min(seconds, CONNECT))
        with _Alarm(dialled, deadline), _dress(dialled, parts.scheme, host) as sock:
            answer = _talk(sock, parts, body, headers or {}, limit)
    except (OSError, HTTPException, ValueError) as error:
        unread = f"no answer that can be read ({type(error).__name__}: {error})"
        raise ExchangeFailed(TOO_LATE if time.monotonic() >= deadline else unread) from None
    finally:
        if dialled is not None:
            dialled.close()
    if len(answer.body) > limit:
        raise AnsweredTooMuch(f"its answer has more than {limit} bytes")
    if time.monotonic() >= deadline:
        raise ExchangeFailed(TOO_LATE)
    return answer


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        if _URL.fullmatch(url) and parts.hostname and not parts.fragment and not parts.username:
            return parts, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        pass
    raise ExchangeFailed("its address is not of the form https://host/path")


def _talk(sock: socket.socket, parts: SplitResult, body: bytes | None, headers: Mapping[str, str], limit: int) -> Answer:
    connection = HTTPConnection(parts.netloc)
    connection.sock = sock
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"User-Agent": "symbiosis-ledger", "Connection": "close", **headers}
    connection.request("GET" if body is None else "POST", target, body, sent)
    with connection.getresponse() as response:
        data = response.read(limit + 1)
        if len(data) <= limit and response.length:
            raise HTTPException("the answer broke off")
        return Answer(response.status, response.headers.get_content_type(), response.headers.get("Content-Encoding", "identity"), data)


def _dress(dialled: socket.socket, scheme: str, host: str) -> socket.socket:
    """Put TLS over a connection where the address asks for it."""
    return ssl.create_default_context().wrap_socket(dialled, server_hostname=host) if scheme == "https" else dialled


class _Alarm:
    """Ends a connection at a deadline, whatever it waits for: a socket's own timeout bounds one read, and not a byte now and then."""

    def __init__(self, dialled: socket.socket, deadline: float) -> None:
        self._twin = dialled.dup()  # the same connection: TLS takes the first handle over
        left = max(0.0, deadline - time.monotonic())
        dialled.settimeout(left + 1)
        self._timer = threading.Timer(left, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._twin.close()

    def _ring(self) -> None:
        with suppress(OSError):
            self._twin.shutdown(socket.SHUT_RDWR)
