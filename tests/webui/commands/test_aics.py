"""aics-tlog and aics-witness from the package index, in a Python of their own (3.12 or later): each side takes what the other one says."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.clock import SystemClock, format_instant
from ledger.checkpoint import hash_origin
from ledger.log import open_log
from ledger.note import parse_note, read_verifier_key
from ledger.policy import read_policy
from ledger.tile_folder import FolderTarget
from ledger.tile_publication import publish_tiles
from tests.conftest import IS_CI
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_service
from tests.ledger.memory_tiles import MemoryLog
from tests.ledger.small_log import LOG_VERIFIER
from tests.ledger.witness_world import run_witness
from tests.webui.commands.test_witness import wait_for_port

PACKAGES = ("aics-tlog>=0.2.1,<0.3", "aics-witness>=0.1,<0.2")
OLDEST = (3, 12)  #: what they ask for
#: Their log feeds our witness: a tree that grows, then one of another root.
FEED = """
import sys
from aics_tlog import Checkpoint, MerkleTree, sign_checkpoint, vkey_from_ed25519
from aics_witness.feeder import WitnessClient, WitnessRejected, merge_cosignatures
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

url, vkey = sys.argv[1:]
key, origin, leaves = Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "log.example/theirs", []
with WitnessClient(url, vkey) as client:
    for size in (1, 2, 5, 5, 13):
        leaves += [b"leaf %d" % number for number in range(len(leaves), size)]
        tree = MerkleTree(leaves)
        note = sign_checkpoint(Checkpoint(origin, size, tree.root()), key, origin).to_bytes()
        print(len(merge_cosignatures(note, client.submit(note, tree.consistency_proof)).splitlines()))
    forged = MerkleTree([b"other", *leaves[1:]])
    note = sign_checkpoint(Checkpoint(origin, 13, forged.root()), key, origin).to_bytes()
    try:
        client.submit(note, forged.consistency_proof)
    except WitnessRejected as error:
        print(error.status)
"""
THEIR_KEY = """
from aics_tlog.note import format_vkey, vkey_from_ed25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
print(format_vkey(vkey_from_ed25519("log.example/theirs", Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key())))
"""
#: Their reader proves every tile and bundle of ours, and entries out of them.
AUDIT = """
import sys
from aics_tlog import FileSystemTileReader, VerifiedTileReader, audit_tiles, inclusion_proof_from_tiles, verify_leaf_inclusion
folder, size, root = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])
reader = FileSystemTileReader(folder)
audit_tiles(reader, size, root)
verified = VerifiedTileReader(reader, size, root)
for index in range(0, size, size // 50 + 1):
    assert verify_leaf_inclusion(verified.entry(index), index, size, inclusion_proof_from_tiles(verified, index, size), root)
print("proved", size)
"""


def find_python() -> str | None:
    """Find a Python that is new enough: this one, one on the path, or one that pyenv keeps."""
    if sys.version_info >= OLDEST:
        return sys.executable
    named = [shutil.which(f"python3.{minor}") for minor in range(15, OLDEST[1] - 1, -1)]
    kept = sorted(map(str, Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")), reverse=True)
    return next((one for one in [*named, *kept] if one and runs(one)), None)


def runs(python: str) -> bool:
    asked = f"import sys, venv; sys.exit(sys.version_info < {OLDEST})"
    return subprocess.run([python, "-c", asked], capture_output=True, check=False, timeout=30).returncode == 0


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of their commands, freshly installed."""
    python = find_python()
    if python is None:
        message = "aics-tlog and aics-witness need Python 3.12 or later, and none is here beside this one"
        if IS_CI:
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("aics")
    run(python, "-m", "venv", folder)
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES)
    return folder / "bin"


def run(*command: str | Path) -> str:
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def start_their_witness(theirs: Path, folder: Path) -> Iterator[tuple[str, int]]:
    """Start their witness, which knows our live log; gives its key and port."""
    config = ("--config", folder / "witness.json")
    key = run(theirs / "aics-witness", "init", *config, "--name", "aics.example/w").strip().splitlines()[-1].split()[-1]
    run(theirs / "aics-witness", "add-log", *config, "--origin", LOG, "--vkey", KEYS.log_verifier.to_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([theirs / "aics-witness", "serve", *config, "--listen", f"127.0.0.1:{port}"])
    try:
        wait_for_port(port)
        yield key, port
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_their_witness_cosigns_our_log_as_it_grows_and_their_verifier_takes_the_note(sqlite_url: str, tmp_path: Path, theirs: Path) -> None:
    live = LiveLog(sqlite_url, tmp_path)
    live.clock.now = format_instant(SystemClock().now())
    with start_their_witness(theirs, tmp_path) as (key, port):
        policy = read_policy(f"witness aics {key} http://127.0.0.1:{port}/\nquorum aics\n")
        live.log = open_log(live.engine, replace(make_service(live.folder, live.clock, live.domain), policy=policy))
        for _ in range(3):
            live.send(*[live.firm.deliver(now=live.clock.now) for _ in range(5)])
            live.clock.advance(1)
            live.log.publish_checkpoint(live.clock.now)
            [reply] = live.log.ask_witnesses()
            assert reply.line, reply
        with FolderTarget(tmp_path / "tiles") as target:
            publish_tiles(live.log.tiles, target)
    note = (tmp_path / "tiles/checkpoint").read_text("utf-8")
    assert len(parse_note(note).signatures) == 2

    asked = ("--log-key", KEYS.log_verifier.to_text(), "--tiles", tmp_path / "tiles")
    run(theirs / "aics-tlog", "verify-checkpoint", *asked, "--witness-key", key, "--quorum", "1", "--max-age", "600")
    run(theirs / "aics-tlog", "verify-inclusion", *asked, "--index", "3")
    live.close()


@pytest.mark.parametrize("size", [1, 256, 600])
def test_their_reader_proves_every_tile_of_ours(size: int, theirs: Path, tmp_path: Path) -> None:
    log = MemoryLog().publish(size)
    with FolderTarget(tmp_path) as target:
        publish_tiles(log, target)
    asked = ("--log-key", LOG_VERIFIER.to_text(), "--tiles", tmp_path)

    run(theirs / "aics-tlog", "verify-checkpoint", *asked)

    assert run(theirs / "python", "-c", AUDIT, tmp_path, str(size), log.roots[size].hex()) == f"proved {size}\n"


def test_our_witness_cosigns_their_log_and_refuses_its_other_history(tmp_path: Path, theirs: Path) -> None:
    with run_witness(tmp_path, "w") as running:
        running.now = int(SystemClock().now().timestamp())
        key = run(theirs / "python", "-c", THEIR_KEY)
        running.book.add_log("log.example/theirs", read_verifier_key(key))

        said = run(theirs / "python", "-c", FEED, running.url, running.book.key.to_text()).split()

        shown = running.book.read_checkpoint(hash_origin("log.example/theirs"))
        assert shown is not None
        assert shown.split("\n")[1] == "13"
    assert said == ["6"] * 5 + ["422"]
