"""`symbiosis witness` as a partner firm runs it: a process of its own, its limits, and others' implementations on either side."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.clock import SystemClock, format_instant
from ledger.checkpoint import hash_origin, sign_checkpoint
from ledger.cosignature import find_cosignatures, read_witness_key
from ledger.keys import SigningKey
from ledger.log import open_log
from ledger.note import ED25519, VerifierKey, parse_note, read_verifier_key
from ledger.policy import read_policy
from ledger.witness import MAX_REQUEST_BYTES, write_request
from ledger.witness_book import open_witness
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_service
from tests.ledger.witness_world import RunningWitness, answer_with, make_policy, run_stranger, run_witness
from webui.commands.main import symbiosis


@contextmanager
def start_process(folder: Path, code_home: Path, *options: str) -> Iterator[tuple[str, int]]:
    """Start the command in a process of its own; gives the key that it prints, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "webui.commands.main", "witness", "--data", str(folder), "--listen", f"127.0.0.1:{port}", *options]
    process = subprocess.Popen(command, cwd=code_home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        key = process.stdout.readline().strip()
        wait_for_port(port)
        yield key, port
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0, said


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def test_a_witness_in_a_process_of_its_own_cosigns_a_live_log(sqlite_url: str, tmp_path: Path, code_home: Path) -> None:
    (tmp_path / "log").mkdir()
    live = LiveLog(sqlite_url, tmp_path / "log")
    live.clock.now = format_instant(SystemClock().now())
    (tmp_path / "log.key").write_text(KEYS.log_verifier.to_text() + "\n", "utf-8")
    folder = tmp_path / "witness"
    with start_process(folder, code_home, "--name", "witness.firm.example") as (key, port):
        added = CliRunner().invoke(symbiosis, ["witness", "add-log", "--data", str(folder), str(tmp_path / "log.key")])
        assert added.exit_code == 0, added.output
        policy = read_policy(f"witness firm {key} http://127.0.0.1:{port}/\nquorum firm\n")
        live.log = open_log(live.engine, replace(make_service(live.folder, live.clock, live.domain), policy=policy))
        note = live.log.publish_checkpoint(live.clock.now)
        assert note is not None

        [reply] = live.log.ask_witnesses()

        assert reply.line, reply
        published = live.log.read_publication()
        assert published == note + reply.line
        assert ask(port, "GET", f"/{hash_origin(LOG)}/checkpoint")[1].decode() == published
        assert key in ask(port, "GET", "/")[1].decode()
    live.close()
    with start_process(folder, code_home) as (again, port):
        assert again == key
        assert ask(port, "GET", f"/{hash_origin(LOG)}/checkpoint")[1].decode() == published
    nothing = CliRunner().invoke(symbiosis, ["witness", "evidence", "--data", str(folder)])
    assert (nothing.exit_code, nothing.stdout) == (0, "")


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Send one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWitness]:
    """A witness behind a socket, for all tests of its answers to the careless and the hostile."""
    with run_witness(tmp_path_factory.mktemp("witness"), "w") as one:
        yield one


def port_of(running: RunningWitness) -> int:
    """Give its port."""
    return int(running.url.rpartition(":")[2])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.1\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_REQUEST_BYTES + 1), 413),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 4\r\n\r\n\x00\xff\x00\n", 400),
        (b"POST /elsewhere HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404),
        (b"PUT /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405),
        (b"GET /../../etc/passwd HTTP/1.1\r\n\r\n", 404),
        (b"GET /" + b"0" * 64 + b"/checkpoint HTTP/1.1\r\n\r\n", 404),
        (b"HEAD / HTTP/1.1\r\n\r\n", 200),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"\x16\x03\x01 hello\r\n\r\n", 400),
    ],
)
def test_no_input_is_answered_with_a_fault_of_ours(running: RunningWitness, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", port_of(running)), 5) as connection:
        connection.sendall(sent)
        answer = connection.recv(65_536)

    assert answer.split(b"\n")[0].split()[1] == str(status).encode(), answer


def test_a_request_that_drips_is_ended_and_hinders_nobody(tmp_path: Path) -> None:
    with run_witness(tmp_path, "w", seconds=0.4) as running, socket.create_connection(("127.0.0.1", port_of(running)), 5) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        started = time.monotonic()

        assert ask(port_of(running), "GET", "/")[0] == 200
        assert drip_until_cut(slow, started + 10) < 5


def drip_until_cut(connection: socket.socket, end: float) -> float:
    """Send a byte now and then until the other side ends it; gives the seconds."""
    started = time.monotonic()
    with suppress(OSError):
        while time.monotonic() < end:
            connection.sendall(b"x")
            time.sleep(0.05)
    return time.monotonic() - started


def test_a_kept_connection_answers_each_request_without_a_stall(tmp_path: Path) -> None:
    with run_witness(tmp_path, "w") as running:
        connection = http.client.HTTPConnection("127.0.0.1", port_of(running), timeout=10)
        took = []
        for _ in range(30):
            started = time.monotonic()
            connection.request("GET", "/")
            connection.getresponse().read()
            took.append(time.monotonic() - started)
        connection.close()

    assert min(took) < 0.03, "the quickest of them is far from the 40 ms of a delayed acknowledgement"


def test_evidence_is_printed_with_both_notes(tmp_path: Path) -> None:
    key = SigningKey(bytes(range(32)))
    vkey = VerifierKey("l.example/log", ED25519, key.public)
    book = open_witness(tmp_path, "w.example")
    book.add_log(vkey.name, vkey)
    notes = [sign_checkpoint(vkey.name, 4, bytes([one] * 32), vkey, key.sign) for one in (1, 2)]
    assert [book.add_checkpoint(write_request(old, [], note), 1_800_000_000).status for old, note in zip((0, 4), notes, strict=True)] == [
        200,
        422,
    ]
    book.close()

    printed = CliRunner().invoke(symbiosis, ["witness", "evidence", "--data", str(tmp_path)])

    assert printed.exit_code == 1
    assert all(note in printed.output for note in notes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "--listen"),
        (["--listen", "8100"], "HOST:PORT"),
        (["--listen", "127.0.0.1:0"], "--name"),
        (["--listen", "127.0.0.1:0", "--name", "with a space"], "name"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(tmp_path: Path, options: list[str], words: str) -> None:
    said = CliRunner().invoke(symbiosis, ["witness", "--data", str(tmp_path / "w"), *options])

    assert said.exit_code == 2
    assert words in said.output
    assert not (tmp_path / "w" / "witness.key").exists()


def test_the_witness_of_witness_log_accepts_our_checkpoints(sqlite_url: str, tmp_path: Path) -> None:
    witness_log = pytest.importorskip("witness_log")
    theirs = witness_log.WitnessService.new("witness-log.example", bytes(range(32)))
    live = LiveLog(sqlite_url, tmp_path)
    theirs.add_log(LOG, KEYS.log_verifier.to_text())
    asked: list[int] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        length = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split()[1])
        while len(body) < length:
            body += connection.recv(65_536)
        status, content_type, text = theirs.handle_add_checkpoint_http(body.decode(), 1_767_225_600)
        asked.append(status)
        answer_with(f"{status} Said\r\nContent-Type: {content_type}", text.encode())(connection, request)

    with run_stranger("theirs", answer) as stranger:
        stranger.key = read_witness_key(theirs.vkey())
        policy = make_policy([stranger], 1)
        live.log = open_log(live.engine, replace(make_service(live.folder, live.clock, live.domain), policy=policy))
        for _ in range(3):
            live.send(*[live.firm.deliver() for _ in range(5)])
            live.clock.advance(1)
            live.log.publish_checkpoint(live.clock.now)
            [reply] = live.log.ask_witnesses()
            assert reply.line, reply
        live.close()

    assert asked == [200, 200, 200]


def test_our_witness_accepts_the_requests_of_witness_log(tmp_path: Path) -> None:
    witness_log = pytest.importorskip("witness_log")
    theirs = witness_log.WitnessLog.generate()
    origin = theirs.canonical_origin()
    book = open_witness(tmp_path, "w.example")
    book.add_log(origin, read_verifier_key(theirs.c2sp_vkey(origin)))
    statuses, old = [], 0

    for number in range(4):
        theirs.append_intent(f"intent {number}".encode())
        theirs.append_result(f"result {number}".encode())
        answer = book.add_checkpoint(theirs.add_checkpoint_body(old).encode(), 1_800_000_000)
        statuses.append(answer.status)
        old = theirs.tree_size()

    assert statuses == [200] * 4
    shown = book.read_checkpoint(hash_origin(origin))
    assert shown is not None
    assert [one.time for one in find_cosignatures(parse_note(shown), [book.key])] == [1_800_000_000]
    responses = [(book.key.public.hex(), answer.body)]
    assert theirs.dossier_from_responses(responses)[1] == 1
    book.close()
