"""Files that mean harm end in a refusal with an exit code, within bounded memory, in verify, check and heads; never in a traceback."""

import base64
import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.__main__ import main
from ledger.archive import Member, encode_directory, encode_local_header
from ledger.canonical import JSON, encode_canonical
from ledger.errors import EvidenceError
from tests import second_verifier
from tests.ledger.small_log import CLAIMS, LOG, LOG_KEY, LOG_VERIFIER, build_small_log
from tests.ledger.test_evidence import repack

MEMORY = 48 << 20  #: bytes that a refusal may take at its peak: a dozen times what the largest of these files holds
LOG_FILE = build_small_log()
GOOD = LOG_FILE.write()
NESTED = b"[" * 60_000
NASTY: dict[str, bytes] = {
    "deep arrays": NESTED,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "an integer of 60,000 digits": b'{"index":' + b"9" * 60_000 + b"}",
    "an exponent": b"1e99999999",
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "a name twice": b'{"index":4,"index":4}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a lone surrogate": b'{"a":"\xed\xa0\x80"}',
    "an escaped surrogate": b'{"a":"\\ud800"}',
    "marks in no order": b'{"a":"a' + "\u0301\u0323".encode() * 15_000 + b'"}',
    "marks in order": b'{"a":"a' + "\u0323".encode() * 15_000 + "\u0301".encode() * 15_000 + b'"}',
    "an unassigned code point": '{"a":"\u0378"}'.encode(),
    "letters of another width": '{"\uff41":1}'.encode(),
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "white space": b" " * 60_000 + b"{}",
    "no text": b"\x00\xff" * 30_000,
    "line feeds": b"\n" * 500_000,
    "one line of a megabyte": b"x" * 1_000_000,
}  # fmt: skip


def list_containers() -> Iterator[tuple[str, bytes]]:
    """List containers that lie about what they hold."""
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", method) as archive:
            archive.writestr("entries.jsonl", b"0" * (20_000_000 if method == zipfile.ZIP_DEFLATED else 1000))
        yield f"a bomb of method {method}", bomb.getvalue()
    members = [Member("entries.jsonl", 0, 2**40, 0), Member("contents.jsonl", 0, 2**40, 0)]
    yield "sizes of a terabyte", encode_local_header(members[0]) + encode_directory(members, len(encode_local_header(members[0])))
    huge = Member("entries.jsonl", 2**64 - 1, 2**64 - 1, 0)
    yield "a size and an offset of 2^64 - 1", encode_directory([huge, huge], 0)
    first = Member("README.txt", 0, 2**63, 0)
    far = Member("entries.jsonl", len(encode_local_header(first)) + 2**63, 1, 0)
    whole = encode_local_header(first) + b"x" * 100
    yield "a member of 2^63 bytes", whole + encode_directory([first, far], len(whole))
    same = Member("README.txt", 0, 0, 0)
    yield "two members in one place", encode_local_header(same) + encode_directory([same, same], len(encode_local_header(same)))
    many, offset = [], 0
    for number in range(10_001):
        many.append(Member(f"facts/{number}", offset, 0, 0))
        offset += len(encode_local_header(many[-1]))
    yield "10,001 members", b"".join(map(encode_local_header, many)) + encode_directory(many, offset)
    yield "a directory beyond the end", GOOD[:-6] + struct.pack("<IH", 2**32 - 2, 0)
    yield "a directory at 2^32 - 1 without a wide record", GOOD[:-6] + struct.pack("<IH", 2**32 - 1, 0)
    yield "two files in one", GOOD + GOOD
    yield "nothing", b""
    yield "zeros", bytes(100_000)


def list_files() -> Iterator[tuple[str, bytes]]:
    """List files whose container is in order and whose members mean harm."""
    yield from list_containers()
    lines = {"entries.jsonl": LOG_FILE.entries, "contents.jsonl": [], "checkpoints.jsonl": []}
    for name in ("entries.jsonl", "contents.jsonl", "checkpoints.jsonl", "checkpoint", "log.json", "manifest.json"):
        before = b"".join(line + b"\n" for line in lines.get(name, []))
        for words, nasty in NASTY.items():
            yield f"{words} in {name}", repack(GOOD, {name: before + nasty + b"\n"})
    signed = LOG_FILE.notes[-1]
    for count in (100, 16_000):
        note = signed + "— somebody AAAAAAAA\n" * count
        yield f"{count + 1} signature lines", repack(GOOD, {"checkpoint": note.encode()})
    twice = signed.split("\n\n")[1].split("\n")[0]
    yield "the same line 101 times", repack(GOOD, {"checkpoint": (signed + f"{twice}\n" * 100).encode()})
    text = f"{LOG}\n{'9' * 5000}\n{'A' * 44}\n"
    yield "a checkpoint of 5,000 digits", repack(GOOD, {"checkpoint": sign(text).encode()})


def sign(text: str) -> str:
    """Sign any text with the log's key."""
    return f"{text}\n— {LOG} {base64.b64encode(LOG_VERIFIER.id + LOG_KEY.sign(text.encode())).decode()}\n"


FILES = dict(list_files())


def run_command(folder: Path, command: str, data: bytes) -> tuple[int, int]:
    """Run a command on these bytes; gives its exit code, and the most memory that it took."""
    (folder / "file").write_bytes(data)
    (folder / "log.key").write_text(CLAIMS.log_key, "utf-8")
    tracemalloc.start()
    try:
        code = main([command, str(folder / "file"), "--key-file", str(folder / "log.key")])
        return code, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("words", FILES, ids=lambda words: words.replace(" ", "_"))
def test_a_file_that_means_harm_is_refused(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, memory = run_command(tmp_path, "verify", FILES[words])

    said = capsys.readouterr()
    assert (code, said.err) == (1, "")
    assert "INVALID" in said.out
    assert len(said.out) < 100_000
    assert memory < MEMORY
    assert run_command(tmp_path, "check", FILES[words])[0] == 1
    assert run_command(tmp_path, "heads", FILES[words])[0] in {0, 2}
    assert "Traceback" not in capsys.readouterr().err


def test_the_second_verifier_refuses_them_too() -> None:
    verdicts = {words: second_verifier.verify_file(data, log_key=CLAIMS.log_key)["integrity"] for words, data in FILES.items()}

    assert {words for words, integrity in verdicts.items() if integrity != "invalid"} == set()


@pytest.mark.parametrize("words", NASTY, ids=lambda words: words.replace(" ", "_"))
def test_evidence_that_means_harm_is_refused(words: str, tmp_path: Path) -> None:
    shown: JSON = {"checkpoint": LOG_FILE.notes[-1], "contents": None, "entry": NASTY[words].decode("utf-8", "replace"), "path": [],
             "format": "symbiosis-ledger/evidence/v1"}  # fmt: skip
    nested = b'{"checkpoint":' + NASTY[words] + b"}\n"
    files = [NASTY[words], nested]
    try:
        files.append(encode_canonical(shown) + b"\n")
    except EvidenceError:
        files.append(b"")

    assert {run_command(tmp_path, "check", data)[0] for data in files} == {1}


@pytest.mark.parametrize("brought", ["key-file", "known-head", "keep", "policy"])
@pytest.mark.parametrize("words", ["deep arrays", "no text", "one line of a megabyte", "line feeds"])
def test_what_the_auditor_brings_is_refused_with_exit_code_2_if_it_means_harm(brought: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(GOOD)
    (tmp_path / "nasty").write_bytes(NASTY[words] * 3)
    (tmp_path / "log.key").write_text(CLAIMS.log_key, "utf-8")
    options = {"key-file": tmp_path / "log.key"} | {brought: tmp_path / "nasty"}

    code = main(["verify", str(tmp_path / "file"), *(word for name, path in options.items() for word in (f"--{name}", str(path)))])

    assert code == 2
    assert (tmp_path / "nasty").read_bytes() == NASTY[words] * 3
