"""One HTTP exchange with a party that nobody here trusts: bounded in time and bytes, following no redirection."""

import http.client
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from socket import SHUT_RDWR
from urllib.parse import SplitResult, urlsplit


class ExchangeFailed(Exception):
    """The other side did not answer as wanted; the message says what it did instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int  #: HTTP status
    kind: str  #: media type, without parameters, in small letters
    body: bytes


def exchange_bytes(
    url: str, *, body: bytes | None = None, kind: str = "application/octet-stream", limit: int, seconds: float = 10.0
) -> Answer:
    """Send a GET, or a POST with a body, and read the answer whole.

    limit: bytes of the answer that are taken. seconds: for all of it, from the look-up of the name to the last byte.
    Raises ExchangeFailed for another scheme, a party that cannot be reached, is too slow or says too much.
    """
    connection, parts = _connect(url, seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {} if body is None else {"Content-Type": kind}
    late = threading.Event()
    with closing(connection), _Watch(connection, seconds, late):
        try:
            connection.request("GET" if body is None else "POST", target, body, headers)
            answer = connection.getresponse()
            data = answer.read(limit + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"no whole answer within {seconds:g} seconds" if late.is_set() or isinstance(error, TimeoutError) else str(error)
            raise ExchangeFailed(f"{url}: {why or type(error).__name__}") from None
    if late.is_set():
        raise ExchangeFailed(f"{url}: no whole answer within {seconds:g} seconds")
    if len(data) > limit:
        raise ExchangeFailed(f"{url}: the answer has more than {limit} bytes")
    if answer.length:
        raise ExchangeFailed(f"{url}: the answer broke off")
    return Answer(answer.status, answer.headers.get_content_type(), data)


def _connect(url: str, seconds: float) -> tuple[http.client.HTTPConnection, SplitResult]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ExchangeFailed(f"{url}: an http(s) address is wanted: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ExchangeFailed(f"{url}: an http(s) address is wanted")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=seconds), parts


class _Watch:
    """Cuts a connection when its time is up: a party that sends a byte now and then would pass any limit on single reads."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float, late: threading.Event) -> None:
        self._connection, self._late = connection, late
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self._late.set()
        if self._connection.sock is not None:
            with suppress(OSError):
                self._connection.sock.shutdown(SHUT_RDWR)
