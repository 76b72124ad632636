"""One HTTP exchange with a stranger: bounded in time and bytes, no redirection, and a reason for whatever fails."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from ledger.exchange import TOO_LATE, ExchangeFailed, exchange_bytes

GREETING = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\n"


@contextmanager
def serve_raw(*pieces: bytes, drip: float = 0.0, hold: bool = False) -> Iterator[str]:
    """Answer one connection with these bytes, a piece each `drip` seconds, and keep it open if `hold`."""
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def answer() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                for piece in pieces:
                    connection.sendall(piece)
                    if ended.wait(drip):
                        return
                if hold:
                    ended.wait(30)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x?y=1"
    finally:
        ended.set()
        listening.close()
        thread.join()


def test_an_answer_is_read_whole() -> None:
    with serve_raw(GREETING, b"Content-Length: 5\r\n\r\nhe", b"llo") as url:
        answer = exchange_bytes(url, limit=5)

    assert (answer.status, answer.kind, answer.body) == (200, "text/plain", b"hello")


def test_a_redirection_is_an_answer_and_is_not_followed() -> None:
    with serve_raw(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as url:
        assert exchange_bytes(url, limit=5).status == 302


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ((GREETING, b"Content-Length: 6\r\n\r\nhello!"), "more than 5 bytes"),
        ((GREETING, b"\r\n", b"x" * 100_000), "more than 5 bytes"),
        ((GREETING, b"Content-Length: 5\r\n\r\nhel"), "broke off"),
        ((GREETING, b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n"), "IncompleteRead"),
        ((b"\x00\xff garbage\r\n\r\n",), "garbage"),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",), "100 headers"),
        ((b"HTTP/1.1 200 " + b"x" * 100_000,), "line"),
        ((), "closed connection"),
    ],
)
def test_what_is_too_much_or_too_little_is_named(pieces: tuple[bytes, ...], reason: str) -> None:
    with serve_raw(*pieces) as url, pytest.raises(ExchangeFailed, match=reason):
        exchange_bytes(url, limit=5, seconds=5)


@pytest.mark.parametrize("pieces", [(), (GREETING,), (GREETING, b"Content-Length: 5\r\n\r\nhel")])
def test_silence_ends_with_the_time_given(pieces: tuple[bytes, ...]) -> None:
    with serve_raw(*pieces, hold=True) as url, pytest.raises(ExchangeFailed, match=TOO_LATE):
        exchange_bytes(url, limit=5, seconds=0.2)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", GREETING + b"Content-Length: 4000\r\n\r\n"])
def test_a_byte_now_and_then_does_not_stretch_the_time(head: bytes) -> None:
    with serve_raw(head, *[b"x"] * 3000, drip=0.01) as url, pytest.raises(ExchangeFailed, match=TOO_LATE):
        exchange_bytes(url, limit=5000, seconds=0.3)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "//127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999/",
        "http://[1/",
        "http://a b/",
        "http://me:secret@127.0.0.1/",
    ],
)
def test_what_is_no_address_is_named(url: str) -> None:
    with pytest.raises(ExchangeFailed, match="not of the form"):
        exchange_bytes(url, limit=5, seconds=1)


def test_a_party_that_is_not_there_is_named() -> None:
    with pytest.raises(ExchangeFailed, match="ConnectionRefused"):
        exchange_bytes("http://127.0.0.1:1/", limit=5, seconds=1)
