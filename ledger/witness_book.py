"""A witness's book: of each log the newest checkpoint that was cosigned, and of what was refused the evidence; one SQLite file.

Check and record are one transaction (BEGIN IMMEDIATE, synchronous=FULL), and nothing is answered before it is on disk: of two requests at
once, in threads or processes, one is judged after the other. The database itself refuses a smaller size, another root, an earlier time.
"""

import base64
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from ledger.checkpoint import Checkpoint, hash_origin
from ledger.cosignature import COSIGNATURE, cosign_checkpoint, read_witness_key
from ledger.durable import replace_file
from ledger.errors import Malformed
from ledger.keys import SigningKey
from ledger.note import VerifierKey, parse_note, read_verifier_key
from ledger.witness import (
    BAD_REQUEST,
    FORK,
    OK,
    UNAVAILABLE,
    AddCheckpoint,
    Answer,
    Refused,
    check_log_signature,
    judge_growth,
    parse_request,
)

MAX_UNPROVED = 1000  #: pieces of evidence of one log that need not be its fault: anybody may send a checkpoint with a wrong proof
WAIT = 5.0  #: seconds for another process that writes
KEY_FILE, BOOK_FILE = "witness.key", "witness.db"
_KEY_HEADING = "symbiosis-ledger/witness-key/v1"
_SEED = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS self (one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS logs (origin TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (origin, key)) STRICT;
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL,
    note TEXT NOT NULL, cosignature TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS cosigned_time ON cosigned (time);
CREATE TABLE IF NOT EXISTS evidence (
    number INTEGER PRIMARY KEY, origin TEXT NOT NULL, kind TEXT NOT NULL, time INTEGER NOT NULL, known TEXT NOT NULL,
    shown TEXT NOT NULL, old INTEGER NOT NULL, proof TEXT NOT NULL, mark TEXT NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER IF NOT EXISTS cosigned_goes_on BEFORE UPDATE ON cosigned
WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size OR NEW.time < OLD.time OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'a witness does not go back'); END;
CREATE TRIGGER IF NOT EXISTS cosigned_stays BEFORE DELETE ON cosigned
BEGIN SELECT RAISE(ABORT, 'a witness does not forget'); END;
CREATE TRIGGER IF NOT EXISTS evidence_as_it_was BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence stays as it was'); END;
CREATE TRIGGER IF NOT EXISTS evidence_stays BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence stays'); END;
"""


class BookFault(Exception):
    """The witness's folder is not in order; the message says what to do."""

    code: ClassVar[str] = "witness-book"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a log signed and was not cosigned, beside what was."""

    origin: str
    kind: str  #: FORK: the two notes contradict each other; UNPROVED_GROWTH: the proof sent along does not lead from one to the other
    time: int  #: seconds since 1970
    known: str  #: note cosigned before, with the cosignature; empty if there was none
    shown: str  #: note refused
    old: int  #: size that the request named
    proof: tuple[str, ...]  #: its lines, base64


class WitnessBook:
    """A witness with its key and its memory; thread-safe, and several processes may share the file."""

    def __init__(self, path: Path, name: str, key: SigningKey) -> None:
        self.key = VerifierKey(name, COSIGNATURE, key.public)
        self._sign = key.sign
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)
        with self._writing():
            self._connection.execute("INSERT OR IGNORE INTO self VALUES (1, ?)", (self.key.to_text(),))
            held = str(self._connection.execute("SELECT key FROM self").fetchone()[0])
        if held != self.key.to_text():
            raise BookFault(f"the book {path} is that of the witness {held}: a book and a key belong together for ever")
        path.chmod(0o600)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add_log(self, origin: str, key: VerifierKey) -> bool:
        """Witness a log from now on, or trust one more key of it; False if that is so already. What was cosigned stays."""
        with self._writing():
            return bool(self._connection.execute("INSERT OR IGNORE INTO logs VALUES (?, ?)", (origin, key.to_text())).rowcount)

    def list_logs(self) -> list[tuple[str, str, int]]:
        """List the logs: origin, verifier key, size cosigned last."""
        query = "SELECT l.origin, l.key, coalesce(c.size, 0) FROM logs AS l LEFT JOIN cosigned AS c USING (origin) ORDER BY 1, 2"
        with self._lock:
            return [(row[0], row[1], row[2]) for row in self._connection.execute(query)]

    def add_checkpoint(self, body: bytes, now: int) -> Answer:
        """Answer one request at a time in seconds since 1970; what is cosigned is on disk when this returns."""
        try:
            request = parse_request(body)
        except Malformed as error:
            return Answer(BAD_REQUEST, f"{error}\n")
        try:
            origin = request.checkpoint.origin
            with self._lock:
                found = self._connection.execute("SELECT key FROM logs WHERE origin = ?", (origin,)).fetchall()
            lines = check_log_signature(request, [read_verifier_key(row[0]) for row in found])
            note = f"{parse_note(request.note).text}\n" + "".join(line.to_text() for line in lines)
            with self._writing():
                return self._judge_and_record(request, note, now)
        except Refused as refused:
            return refused.answer
        except sqlite3.Error as error:
            return Answer(UNAVAILABLE, f"the witness cannot write at present ({type(error).__name__}): try again\n")

    def _judge_and_record(self, request: AddCheckpoint, note: str, now: int) -> Answer:
        new = request.checkpoint
        query = "SELECT size, root, note || cosignature FROM cosigned WHERE origin = ?"
        row = self._connection.execute(query, (new.origin,)).fetchone()
        try:
            judge_growth(request, None if row is None else Checkpoint(new.origin, row[0], row[1]))
        except Refused as refused:
            if refused.evidence:
                self._keep_evidence(request, note, "" if row is None else row[2], refused.evidence, now)
            return refused.answer
        latest = self._connection.execute("SELECT max(time) FROM cosigned").fetchone()[0]
        if latest is not None and now < latest:
            return Answer(
                UNAVAILABLE, f"the witness's clock went back behind {latest}, its last cosignature: nothing is cosigned until then\n"
            )
        cosignature = cosign_checkpoint(new.to_text(), now, self.key, self._sign)
        self._connection.execute(
            "INSERT INTO cosigned VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET size = excluded.size, "
            "root = excluded.root, time = excluded.time, note = excluded.note, cosignature = excluded.cosignature",
            (new.origin, hash_origin(new.origin), new.size, new.root, now, note, cosignature),
        )
        # A crash before the commit: nothing was cosigned. One after it: the log was not answered, asks again from the old size, and learns
        # the new one.
        return Answer(OK, cosignature)

    def _keep_evidence(self, request: AddCheckpoint, note: str, known: str, kind: str, now: int) -> None:
        """Keep what a log signed and we refused; once, and of what others may have caused not without end."""
        origin = request.checkpoint.origin
        count = self._connection.execute("SELECT count(*) FROM evidence WHERE origin = ? AND kind <> ?", (origin, FORK)).fetchone()[0]
        if kind != FORK and count >= MAX_UNPROVED:
            return
        mark = sha256("\n".join([kind, known.partition("\n\n")[0], request.checkpoint.to_text()]).encode()).hexdigest()
        proof = " ".join(base64.b64encode(step).decode() for step in request.proof)
        self._connection.execute(
            "INSERT OR IGNORE INTO evidence (origin, kind, time, known, shown, old, proof, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (origin, kind, now, known, note, request.old, proof, mark),
        )

    def read_checkpoint(self, id_text: str) -> str | None:
        """Read the checkpoint of a log that was cosigned last, with log's and own signature lines; by SHA-256 of its origin in hex."""
        with self._lock:
            row = self._connection.execute("SELECT note || cosignature FROM cosigned WHERE id = ?", (id_text,)).fetchone()
        return None if row is None else str(row[0])

    def list_evidence(self) -> list[Evidence]:
        """List the evidence, oldest first."""
        query = "SELECT origin, kind, time, known, shown, old, proof FROM evidence ORDER BY number"
        with self._lock:
            rows = self._connection.execute(query).fetchall()
        return [Evidence(row[0], row[1], row[2], row[3], row[4], row[5], tuple(row[6].split())) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def open_witness(folder: Path, name: str | None = None) -> WitnessBook:
    """Open the witness in a folder, or make one there, with a new key that only this user reads; raises BookFault, Malformed or OSError.

    name: of the witness, such as `witness.firm.example`; wanted at the first start, and afterwards the same if it is given.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_path, book_path = folder / KEY_FILE, folder / BOOK_FILE
    draft = key_path.with_suffix(".draft")
    if book_path.exists() and draft.exists() and not key_path.exists():
        draft.rename(key_path)  # the first start was broken off between its last two steps
    if not key_path.exists():
        if book_path.exists():
            raise BookFault(f"{key_path} is missing beside the book: bring it back, or begin a new witness in another folder")
        if name is None:
            raise BookFault("--name: give the new witness a name, such as witness.firm.example: it stands on every cosignature for ever")
        _make_key(key_path, name)
    elif not book_path.exists():
        raise BookFault(
            f"{book_path} is missing beside the key: a witness that lost its memory could help a fork. Bring the newest copy back, "
            "or begin a new witness, with a new key, in another folder"
        )
    kept, seed = _read_key(key_path)
    if name is not None and name != kept:
        raise BookFault(f"--name: the witness in {folder} is called {kept}")
    return WitnessBook(book_path, kept, SigningKey(seed))


def _make_key(path: Path, name: str) -> None:
    """Make the key and, before its file has its name, the empty book: a crash in between leaves what the next start finishes."""
    key = SigningKey.generate()
    read_witness_key(VerifierKey(name, COSIGNATURE, key.public).to_text())  # a name that no signature line can carry is refused here
    WitnessBook(path.with_name(BOOK_FILE), name, key).close()
    replace_file(path, f"{_KEY_HEADING}\n{name}\n{key.reveal_seed().hex()}\n".encode())


def _read_key(path: Path) -> tuple[str, bytes]:
    heading, name, seed, *rest = [*path.read_text("utf-8").split("\n"), "", "", ""]
    if heading != _KEY_HEADING or not _SEED.fullmatch(seed) or any(rest):
        raise BookFault(f"{path} is no witness's key file: bring back a copy")
    return name, bytes.fromhex(seed)
