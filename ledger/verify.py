"""What an auditor runs: one pass over an audit file, with the log's name, key and known heads that the auditor brings.

1. The container and its manifest; what log.json claims is compared with what the auditor brought.
2. Each entry: form, place, chain, rules of the ledger's own kinds, ids, numbers, references, seen checkpoints, signature, contents.
3. The tree: the newest checkpoint, every kept one, every known head.
4. What is not shown.

Faults are gathered, not thrown, and named with the entry to blame. FORMAT.md, section "Verdicts".
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ledger.authority import Authority
from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.contents import open_contents
from ledger.disclosure import Disclosure
from ledger.entry import FIRST_PREVIOUS, Entry
from ledger.errors import EvidenceError, Finding, Malformed
from ledger.evidence import AuditFile, decode_contents_line, open_audit_file
from ledger.merkle import EMPTY_ROOT, hash_leaf
from ledger.note import VerifierKey, read_verifier_key
from ledger.own_kinds import apply_statement, check_eraser, examine_statement
from ledger.scan import scan_entry
from ledger.signature_check import SignatureCheck
from ledger.trail import Trail
from ledger.verdict import MAX_LISTED, Completeness, Fault, Verdict

Progress = Callable[[int, int], None]  #: (entries done, entries claimed)
_PROGRESS_STEP = 2_000  #: entries
_HEAD = re.compile(r"(0|[1-9][0-9]{0,15}):([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """A size and root of the log that the auditor knows from elsewhere."""

    size: int
    root: bytes
    words: str  #: what to call it in a fault


class _TooManyFaults(Exception):
    """Enough faults to judge by."""


def parse_known_head(text: str, origin: str, log_key: str) -> Head:
    """Read a known head: `size:root` in hex, or a checkpoint note signed by the log's key; raises EvidenceError."""
    found = _HEAD.fullmatch(text.strip())
    if found:
        return Head(int(found[1]), bytes.fromhex(found[2]), f"the known head {found[1]}:{found[2][:16]}…")
    checkpoint = verify_checkpoint(text, origin, read_verifier_key(log_key))
    return Head(checkpoint.size, checkpoint.root, f"the known checkpoint of size {checkpoint.size}")


def verify_audit_file(
    path: str | Path | BinaryIO,
    *,
    origin: str,
    log_key: str,
    founding_hash: str | None = None,
    known_heads: Sequence[str] = (),
    progress: Progress | None = None,
    threads: int = 2,
) -> Verdict:
    """Verify an audit file; whatever is wrong in it stands in the verdict.

    origin: name of the log. log_key: its verifier key, name+hash+base64. founding_hash: leaf hash of entry 0 in hex. known_heads: see
    parse_known_head. Raises EvidenceError for what the auditor brought, OSError for a path that cannot be read.
    """
    key = read_verifier_key(log_key)
    heads = [parse_known_head(text, origin, log_key) for text in known_heads]
    audit = _Audit(origin, key, founding_hash, heads)
    try:
        with open_audit_file(path) as file, SignatureCheck(threads, audit.blame) as signatures:
            audit.read_claims(file)
            audit.read_entries(file, signatures, progress or _show_nothing)
            signatures.finish()
            audit.attempt(file.check_extras)
            audit.attempt(lambda: audit.check_tree(file))
    except EvidenceError as error:
        audit.record(error.index, error.code, str(error))
    except _TooManyFaults:
        audit.stopped = True
    return audit.conclude()


class _Audit:
    """The pass over one file."""

    def __init__(self, origin: str, key: VerifierKey, founding_hash: str | None, heads: Sequence[Head]) -> None:
        self._origin, self._key, self._founding, self._heads = origin, key, founding_hash, heads
        self._trail, self._authority, self._disclosure = Trail(), Authority(), Disclosure()
        self._faults: list[Fault] = []
        self._previous = FIRST_PREVIOUS  #: leaf hash of the entry before
        self._broken: list[int] = []  #: entries that name another hash than that of the entry before
        self._checkpoints = 0
        self.stopped = False

    def record(self, index: int | None, code: str, message: str) -> None:
        """Note a fault."""
        self._faults.append(Fault(index, code, message))

    def blame(self, index: int | None, code: str, message: str) -> None:
        """Note a fault, and stop the pass when there are many."""
        self.record(index, code, message)
        if len(self._faults) + len(self._broken) >= MAX_LISTED:
            raise _TooManyFaults

    def attempt(self, step: Callable[[], None]) -> None:
        """Take a step whose failure is a fault and hinders no other step."""
        try:
            step()
        except EvidenceError as error:
            self.blame(error.index, error.code, str(error))

    def read_claims(self, file: AuditFile) -> None:
        """Step 1: what the file says of its log against what the auditor brought."""
        if file.log.log != self._origin:
            self.blame(None, "other-log", f"this is a file of the log {file.log.log}, not of {self._origin}")
        if file.log.log_key != self._key.to_text():
            self.blame(None, "other-key", "the file names another log key than the one that you brought")
        if self._founding is not None and file.founding != self._founding:
            self.blame(None, "founding", f"the file names {file.founding} as hash of entry 0, not {self._founding}")

    def read_entries(self, file: AuditFile, signatures: SignatureCheck, progress: Progress) -> None:
        """Step 2: every entry with its contents."""
        lines, contents = file.read_entries(), file.read_contents_lines()
        index, shown_until = 0, None
        while (line := self._read_next(lines)) is not None:
            shown = self._read_next(contents) if shown_until is None else None
            if shown is None and shown_until is None:
                shown_until = index
            entry = self._read_entry(line, index, file)
            if entry is not None:
                signatures.add_signed(index, entry.signed)
                if shown is not None:
                    self._read_contents(entry, index, shown)
            index += 1
            if not index % _PROGRESS_STEP:
                progress(index, file.size)
        if shown_until is not None or self._read_next(contents) is not None:
            self.blame(shown_until, "malformed", "contents.jsonl has not one line for each entry")
        if index != file.size:
            self.blame(None, "malformed", f"log.json speaks of {file.size} entries, {index} are here")
        progress(index, file.size)

    def _read_next(self, lines: Iterator[bytes]) -> bytes | None:
        try:
            return next(lines, None)
        except EvidenceError as error:
            self.blame(None, error.code, str(error))
            return None

    def _read_entry(self, line: bytes, index: int, file: AuditFile) -> Entry | None:
        leaf = hash_leaf(line)
        previous, self._previous = self._previous, leaf.hex()
        try:
            entry = scan_entry(line)
        except Malformed as error:
            self.blame(index, error.code, str(error))
            self._trail.add_entry(None, leaf)
            return None
        if entry.index != index:
            self.blame(index, "wrong-index", f"it calls itself entry {entry.index}")
        if entry.previous != previous:
            self._broken.append(index)
        if index == 0:
            self._check_founding(entry, file)
        for finding in self._examine(entry, index):
            self.blame(index, finding.code, f"{finding.field}: {finding.message}")
        self._trail.add_entry(entry, leaf)
        return entry

    def _check_founding(self, entry: Entry, file: AuditFile) -> None:
        public = entry.signed.statement.public
        if self._previous != file.founding:
            self.blame(0, "founding", f"its hash is {self._previous}, and log.json says {file.founding}")
        if public.get("log_key") != self._key.to_text():
            self.blame(0, "other-key", "the log was founded with another log key than the one that you brought")
        if public.get("receipt_key") != file.log.receipt_key:
            self.blame(0, "other-key", "log.json names another receipts key than the founding")

    def _examine(self, entry: Entry, index: int) -> list[Finding]:
        statement = entry.signed.statement
        findings = examine_statement(self._authority, entry.signed, index, entry.received_at)
        if not findings and statement.kind == "contents.erased":
            place = self._trail.find_place(str(statement.public["statement"]))
            findings = check_eraser(self._authority, statement, None if place is None else self._trail.find_author(place))
            if place is not None and not findings:
                self._disclosure.add_erasure(place, index, entry)
        if not findings:
            apply_statement(self._authority, entry.signed, index, entry.received_at)
        return findings + self._trail.judge(entry, index)

    def _read_contents(self, entry: Entry, index: int, line: bytes) -> None:
        try:
            shown = decode_contents_line(line, index)
            statement = entry.signed.statement
            if shown is None and not statement.fields and statement.contents_root != EMPTY_ROOT.hex():
                raise Malformed("contents_root: a statement without fields has the root of the empty tree", index=index)
            opened = None if shown is None else open_contents(statement, shown)
        except EvidenceError as error:
            self.blame(index, error.code, str(error))
        else:
            self._disclosure.add_contents(index, statement, opened)

    def check_tree(self, file: AuditFile) -> None:
        """Step 3: chain, newest checkpoint, kept checkpoints, known heads."""
        size, roots = self._trail.roots.size, self._trail.roots
        self._blame_chain()
        self._check_heads()
        newest = verify_checkpoint(file.checkpoint, self._origin, self._key)
        if newest.size < size:
            self.blame(newest.size, "unsigned", f"entries from {newest.size} on stand under no checkpoint")
        fits = newest.size <= size and roots.compute_root(newest.size) == newest.root
        self._check_kept(file, newest, fits=fits)

    def _check_kept(self, file: AuditFile, newest: Checkpoint, *, fits: bool) -> None:
        """Compare every kept checkpoint with the tree; `fits` says whether the newest one does."""
        roots, last, fitted = self._trail.roots, Checkpoint(self._origin, -1, b""), 0
        for note in file.read_checkpoints():
            kept = verify_checkpoint(note, self._origin, self._key)
            if kept.size == last.size and kept.root != last.root:
                self.blame(None, "fork", f"the log's key signed two roots of size {kept.size}: {kept.root.hex()} and {last.root.hex()}")
            elif kept.size <= last.size:
                self.blame(None, "malformed", f"checkpoints.jsonl: size {kept.size} after size {last.size}")
            elif kept.size > roots.size:
                words = f"the log's key signed {kept.size} entries, {roots.size} are here: the newest are missing (rollback)"
                self.blame(None, "rollback", words)
            elif roots.compute_root(kept.size) == kept.root:
                fitted, self._checkpoints = kept.size, self._checkpoints + 1
            elif fits:
                self.blame(None, "fork", f"the log's key signed another root of size {kept.size} than that of these entries")
            else:
                words = f"the root over entries 0 to {kept.size - 1} is not the checkpoint's: this entry was changed"
                words += f", or one from {fitted} on" if fitted < kept.size - 1 else ""
                self.blame(kept.size - 1, "bad-root", words)
            last = kept
        if (last.size, last.root) != (newest.size, newest.root):
            self.blame(None, "malformed", "the newest checkpoint is not the last of checkpoints.jsonl")

    def _check_heads(self) -> None:
        size = self._trail.roots.size
        for head in self._heads:
            if head.size > size:
                words = f"{head.words} covers {head.size} entries, {size} are here: the newest are missing (rollback)"
                self.blame(None, "rollback", words)
            elif self._trail.roots.compute_root(head.size) != head.root:
                self.blame(None, "known-head", f"{head.words} has another root than these entries")

    def _blame_chain(self) -> None:
        """Name who broke the chain: an entry misfitting on both sides is itself to blame, else the one before the break."""
        broken, self._broken = self._broken, []
        while broken:
            index = broken.pop(0)
            if index == 0:
                self.blame(0, "bad-chain", "previous: the first entry names 64 zeros")
            elif broken and broken[0] == index + 1:
                broken.pop(0)
                self.blame(index, "bad-chain", f"it fits neither entry {index - 1} before it nor entry {index + 1} behind it")
            else:
                self.blame(index - 1, "bad-chain", f"its hash is not the one that entry {index} names as previous: one of both was changed")

    def conclude(self) -> Verdict:
        """Step 4: add up."""
        if self.stopped or self._faults:
            self._faults.extend(Fault(index, "bad-chain", "previous: not the hash of the entry before") for index in self._broken)
        faults = sorted(self._faults, key=lambda fault: (fault.index is None, fault.index or 0))[:MAX_LISTED]
        size = self._trail.roots.size
        root = self._trail.roots.compute_root(size).hex() if size else ""
        completeness = self._disclosure.summarize(self._trail, self._authority) if size else Completeness()
        return Verdict(self._origin, len(self._heads), size, root, self._checkpoints, tuple(faults), self.stopped, completeness)


def _show_nothing(_done: int, _total: int) -> None:
    """Take progress and say nothing."""
