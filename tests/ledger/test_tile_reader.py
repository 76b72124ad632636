"""Reading others' tiles: every entry led to the signed root, every fault named by its path, every answer bounded."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.errors import BadProof, BadSignature, EvidenceError, Malformed
from ledger.tile_folder import FolderTarget
from ledger.tile_publication import publish_tiles
from ledger.tile_reader import FolderPlace, Unreachable, WebPlace, check_tiles, open_place, read_checkpoint, read_entries
from ledger.tiles import CHECKPOINT, ENTRIES, MAX_BUNDLE_BYTES, Tile, list_tiles
from tests.ledger.memory_tiles import MemoryLog
from tests.ledger.small_log import LOG, LOG_VERIFIER, make_key, make_verifier_key

SIZE = 66_000  #: two tiles at level 1, one at level 2


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryLog, Path]:
    """A log and its folder."""
    log, folder = MemoryLog().publish(600).publish(SIZE), tmp_path_factory.mktemp("log")
    with FolderTarget(folder) as target:
        publish_tiles(log, target)
    return log, folder


def publish_small(folder: Path, size: int = 600) -> MemoryLog:
    log = MemoryLog().publish(size)
    with FolderTarget(folder) as target:
        publish_tiles(log, target)
    return log


def test_all_entries_are_read(published: tuple[MemoryLog, Path]) -> None:
    log, folder = published
    source = open_place(str(folder))

    checkpoint = read_checkpoint(source, LOG, LOG_VERIFIER)

    assert list(read_entries(source, checkpoint)) == log.bodies


def test_the_check_tells_how_far_it_is_and_what_it_checked(published: tuple[MemoryLog, Path]) -> None:
    told: list[tuple[int, int]] = []

    checkpoint = check_tiles(FolderPlace(published[1]), LOG, LOG_VERIFIER, on_progress=lambda done, total: told.append((done, total)))

    assert (checkpoint.size, checkpoint.root) == (SIZE, published[0].roots[SIZE])
    assert told[:2] == [(256, SIZE), (512, SIZE)]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512])
def test_logs_of_edge_sizes_are_read(size: int, tmp_path: Path) -> None:
    log = publish_small(tmp_path, size)

    assert list(read_entries(FolderPlace(tmp_path), check_tiles(FolderPlace(tmp_path), LOG, LOG_VERIFIER))) == log.bodies


def test_one_changed_byte_anywhere_is_named_by_its_path(tmp_path: Path) -> None:
    publish_small(tmp_path)
    tiles = list_tiles(0, 600)

    for tile in tiles:
        path = tmp_path / tile.path
        sound = path.read_bytes()
        path.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        with pytest.raises(EvidenceError, match=tile.path.replace(".", r"\.")):
            check_tiles(FolderPlace(tmp_path), LOG, LOG_VERIFIER)
        path.write_bytes(sound)

    assert check_tiles(FolderPlace(tmp_path), LOG, LOG_VERIFIER).size == 600


def test_every_missing_and_every_torn_file_is_named_by_its_path(tmp_path: Path) -> None:
    publish_small(tmp_path)

    for tile in list_tiles(0, 600):
        path = tmp_path / tile.path
        sound = path.read_bytes()
        for torn in (sound[:-7], sound + b"\0", None):
            path.unlink()
            if torn is not None:
                path.write_bytes(torn)
            with pytest.raises(Malformed, match=tile.path.replace(".", r"\.")):
                check_tiles(FolderPlace(tmp_path), LOG, LOG_VERIFIER)
            path.write_bytes(sound)


def test_entries_that_were_exchanged_with_their_lengths_are_told_apart(tmp_path: Path) -> None:
    publish_small(tmp_path, 300)
    path = tmp_path / Tile(ENTRIES, 0).path
    data = path.read_bytes()
    first = 2 + 2 + 32  # entry 0 is empty, entry 1 has 32 bytes
    path.write_bytes(data[2:first] + data[:2] + data[first:])

    with pytest.raises(BadProof, match="entry 0: tile/entries/000: ") as caught:
        check_tiles(FolderPlace(tmp_path), LOG, LOG_VERIFIER)
    assert caught.value.index == 0


def test_a_fault_late_in_the_log_lets_through_what_stands_before_it_and_then_stops(tmp_path: Path) -> None:
    log = publish_small(tmp_path)
    (tmp_path / Tile(ENTRIES, 1).path).unlink()
    entries = read_entries(FolderPlace(tmp_path), read_checkpoint(FolderPlace(tmp_path), LOG, LOG_VERIFIER))

    assert [next(entries) for _ in range(256)] == log.bodies[:256]
    with pytest.raises(Malformed, match="tile/entries/001: it is missing"):
        next(entries)


def test_a_reader_of_an_older_checkpoint_finds_the_full_tiles(tmp_path: Path) -> None:
    log = publish_small(tmp_path, 300)
    checkpoint = read_checkpoint(FolderPlace(tmp_path), LOG, LOG_VERIFIER)
    with FolderTarget(tmp_path) as target:
        publish_tiles(log.publish(70_000), target)

    assert list(read_entries(FolderPlace(tmp_path), checkpoint)) == log.bodies[:300]


def test_another_logs_checkpoint_and_another_key_are_refused(published: tuple[MemoryLog, Path], tmp_path: Path) -> None:
    source = FolderPlace(published[1])

    with pytest.raises(BadSignature):
        check_tiles(source, LOG, make_verifier_key(LOG, make_key("thief")))
    with pytest.raises(BadSignature, match="checkpoint: "):
        check_tiles(source, "ledger.example/other", LOG_VERIFIER)
    with pytest.raises(Malformed, match="checkpoint: there is none"):
        check_tiles(FolderPlace(tmp_path), LOG, LOG_VERIFIER)


@pytest.mark.parametrize("address", ["ftp://host/log", "file:///etc", "s3://bucket/log", "data://x"])
def test_other_schemes_are_no_places(address: str) -> None:
    with pytest.raises(ValueError, match="http"):
        open_place(address)


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serve(answer: Answer) -> Iterator[str]:
    """Serve on this machine; every GET is answered by a function."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize("packed", [False, True])
def test_tiles_are_read_over_http_packed_or_not(packed: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter of the test
    log, asked = publish_small(tmp_path, 300), []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers["Authorization"])
        path = tmp_path / handler.path.removeprefix("/log/")
        if not path.is_file():
            send(handler, 404, b"")
        elif packed:
            send(handler, 200, gzip.compress(path.read_bytes()), Content_Encoding="gzip")
        else:
            send(handler, 200, path.read_bytes())

    with serve(answer) as address:
        source = open_place(address + "/", token="sl_x")
        checkpoint = check_tiles(source, LOG, LOG_VERIFIER)
        entries = list(read_entries(source, checkpoint))
        nothing = source.read("tile/0/005", 100)

    assert (entries, nothing, set(asked)) == (log.bodies, None, {"Bearer sl_x"})


BOMB = gzip.compress(bytes(20_000_000))


def stall(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, b"x", Content_Length="500")
    for _ in range(40):
        if threading.Event().wait(0.02):
            return
        try:
            handler.wfile.write(b"x")
        except OSError:
            return


@pytest.mark.parametrize(
    ("answer", "fault", "words"),
    [
        (lambda one: send(one, 200, bytes(5000)), Malformed, "longer than the 1000 bytes"),
        (lambda one: send(one, 200, BOMB, Content_Encoding="gzip"), Malformed, "longer than the 1000 bytes"),
        (lambda one: send(one, 200, b"no gzip", Content_Encoding="gzip"), Unreachable, "header"),
        (lambda one: send(one, 302, b"", Location="http://127.0.0.1:9/"), Unreachable, "answered 302"),
        (lambda one: send(one, 500, b"oh"), Unreachable, "answered 500"),
        (lambda one: send(one, 401, b"no"), Unreachable, "answered 401"),
        (lambda one: send(one, 200, b"abc", Content_Length="10"), Unreachable, "broke off"),
        (lambda one: one.wfile.write(b"nonsense\r\n"), Unreachable, "nonsense"),
        (lambda one: one.connection.close(), Unreachable, "/log/tile/0/000"),
        (stall, Unreachable, "did not answer in time"),
    ],
)
def test_strange_answers_are_bounded_and_named(answer: Answer, fault: type[Exception], words: str) -> None:
    with serve(answer) as address, pytest.raises(fault, match=words):
        WebPlace(address, timeout=0.3 if answer is stall else 20).read("tile/0/000", 1000)


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unreachable, match="did not answer in time"):
            WebPlace(address, timeout=0.2).read(CHECKPOINT, MAX_BUNDLE_BYTES)


def test_a_folder_that_cannot_be_read_is_no_missing_file(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(Unreachable, match="loop"):
        FolderPlace(tmp_path).read("loop", 10)
    assert FolderPlace(tmp_path).read("loop2/x", 10) is None
