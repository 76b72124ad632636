"""What an auditor runs: one pass over an audit file, with the log's name, key and known heads that the auditor brings.

1. The container and its manifest; what log.json claims is compared with what the auditor brought.
2. Each entry: form, place, chain, rules of the ledger's own kinds, ids, numbers, references, seen checkpoints, signature, contents.
3. The tree: the newest checkpoint, every kept one, every known head, the auditor's policy, witnessed times and timestamps.
4. What is not shown.

Faults are gathered, not thrown, and named with the entry to blame. FORMAT.md, section "Verdicts".
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from ledger.authority import Authority
from ledger.bracket import Brackets, Times
from ledger.checkpoint import Checkpoint
from ledger.disclosure import Disclosure
from ledger.entry import FIRST_PREVIOUS, Entry
from ledger.entry_checks import Check, Effort, EntryChecks
from ledger.errors import EvidenceError, Finding, Malformed
from ledger.evidence import AuditFile, open_audit_file
from ledger.heads import Head, KnownKeys, parse_known_head, read_heads
from ledger.instant import read_seconds
from ledger.merkle import EMPTY_ROOT, hash_leaf
from ledger.note import VerifierKey, parse_note, read_verifier_key
from ledger.own_kinds import apply_statement, check_eraser, examine_statement
from ledger.policy import Policy, Quorum
from ledger.scan import scan_entry
from ledger.trail import Trail
from ledger.verdict import MAX_LISTED, Completeness, Fault, Verdict, Witnessing

__all__ = ["parse_known_head", "verify_audit_file"]

CheckStamp = Callable[[bytes, bytes], tuple[str, int]]  #: response, text → instant and accuracy in seconds; raises EvidenceError
Progress = Callable[[int, int], None]  #: (entries done, entries claimed)
_PROGRESS_STEP = 2_000  #: entries
_Part = TypeVar("_Part")
_ALONE = Effort()
_MANY = 10_000  #: entries for which other processes are worth their start


class _TooManyFaults(Exception):
    """Enough faults to judge by."""


def verify_audit_file(  # noqa: PLR0913 - each is something else that an auditor may bring
    path: str | Path | BinaryIO,
    *,
    origin: str,
    log_key: str,
    founding_hash: str | None = None,
    known_heads: Sequence[str] = (),
    policy: Policy | None = None,
    check_stamp: CheckStamp | None = None,
    progress: Progress | None = None,
    effort: Effort = _ALONE,
) -> Verdict:
    """Verify an audit file; whatever is wrong in it stands in the verdict.

    origin: name of the log. log_key: its verifier key, name+hash+base64, the founding one where it changed. founding_hash: leaf hash of
    entry 0 in hex. known_heads: see parse_known_head. policy: which witnesses must have cosigned. check_stamp: checks a timestamp
    of RFC 3161, see ledger.timestamp; without it they are not looked at. effort: threads and processes.
    Raises EvidenceError for what the auditor brought, OSError for a path that cannot be read.
    """
    key = read_verifier_key(log_key)
    audit = _Audit(origin, key, founding_hash, read_heads(known_heads, origin, key), policy, check_stamp)
    try:
        with open_audit_file(path) as file:
            expected = file.estimate_entries()
            audit.expect(expected)
            with EntryChecks(audit.blame, audit.hide, effort if expected >= _MANY else replace(effort, processes=0)) as checks:
                audit.read_all(file, checks, progress or _show_nothing)
            audit.attempt(file.check_extras)
            audit.attempt(lambda: audit.check_tree(file))
    except EvidenceError as error:
        audit.record(error.index, error.code, str(error))
    except _TooManyFaults:
        audit.stopped = True
    if audit.refusal is not None:
        raise audit.refusal
    return audit.conclude()


class _Audit:
    """The pass over one file."""

    def __init__(
        self,
        origin: str,
        key: VerifierKey,
        founding_hash: str | None,
        heads: Sequence[Head | str],
        policy: Policy | None,
        check_stamp: CheckStamp | None,
    ) -> None:
        self._origin, self._key, self._founding, self._heads, self._policy = origin, key, founding_hash, heads, policy
        self._trail, self._authority, self._disclosure = Trail(), Authority(), Disclosure()
        self._keys = KnownKeys(origin, key, self._authority)
        self._faults: list[Fault] = []
        self._evidence: list[str] = []  #: notes that contradict each other
        self._witnessing: Witnessing | None = None
        self._check_stamp = check_stamp
        self._brackets = Brackets() if policy is not None or check_stamp is not None else None
        self._stamps, self._unheld = 0, dict[int, str]()  #: timestamps that hold, and why others do not, by size
        self._previous = FIRST_PREVIOUS  #: leaf hash of the entry before
        self._broken: list[int] = []  #: entries that name another hash than that of the entry before
        self._checkpoints, self._newest = 0, ""
        self.stopped = False
        self.refusal: EvidenceError | None = None  #: why a known head is none of this log

    def expect(self, entries: int) -> None:
        """Learn how many entries will come, before the first."""
        self._trail = Trail(entries)

    def record(self, index: int | None, code: str, message: str) -> None:
        """Note a fault."""
        self._faults.append(Fault(index, code, message))

    def blame(self, index: int | None, code: str, message: str) -> None:
        """Note a fault, and stop the pass when there are many."""
        self.record(index, code, message)
        if not self.stopped and len(self._faults) + len(self._broken) >= MAX_LISTED:
            raise _TooManyFaults

    def attempt(self, step: Callable[[], None]) -> None:
        """Take a step whose failure is a fault and hinders no other step."""
        try:
            step()
        except EvidenceError as error:
            self.blame(error.index, error.code, str(error))

    def read_all(self, file: AuditFile, checks: EntryChecks, progress: Progress) -> None:
        """Steps 1 and 2; where many faults end them, what waits is still checked, so that the first to blame is named."""
        try:
            self.read_claims(file)
            self.read_entries(file, checks, progress)
            checks.finish()
        except _TooManyFaults:
            self.stopped = True
            checks.finish()
            raise

    def read_claims(self, file: AuditFile) -> None:
        """Step 1: what the file says of its log against what the auditor brought."""
        if file.log.log != self._origin:
            self.blame(None, "other-log", f"this is a file of the log {file.log.log}, not of {self._origin}")
        if file.log.log_key != self._key.to_text():
            self.blame(None, "other-key", "the file names another log key than the one that you brought")
        if self._founding is not None and file.founding != self._founding:
            self.blame(None, "founding", f"the file names {file.founding} as hash of entry 0, not {self._founding}")

    def hide(self, index: int, positions: tuple[int, ...]) -> None:
        """Note what is not shown of an entry's contents."""
        self._disclosure.hide_fields(index, positions)

    def read_entries(self, file: AuditFile, checks: EntryChecks, progress: Progress) -> None:
        """Step 2: every entry with its contents."""
        batches, contents = file.read_entry_batches(), file.read_contents_lines()
        trail, shown_until, done = self._trail, None, 0
        while (batch := self._read_next(batches)) is not None:
            leaves = [hash_leaf(line) for line in batch]
            trail.add_leaves(leaves)
            for line, leaf in zip(batch, leaves, strict=True):
                shown = self._read_next(contents) if shown_until is None else None
                if shown is None and shown_until is None:
                    shown_until = trail.size
                entry = self._read_entry(line, leaf, file)
                if entry is not None:
                    self._check_alone(entry, trail.size - 1, shown, checks)
            if trail.size >= done + _PROGRESS_STEP:
                done = trail.size
                progress(done, file.size)
        if shown_until is not None or self._read_next(contents) is not None:
            self.blame(shown_until, "malformed", "contents.jsonl has not one line for each entry")
        if trail.size != file.size:
            self.blame(None, "malformed", f"log.json speaks of {file.size} entries, {trail.size} are here")
        progress(trail.size, file.size)

    def _read_next(self, parts: Iterator[_Part]) -> _Part | None:
        try:
            return next(parts, None)
        except EvidenceError as error:
            self.blame(None, error.code, str(error))
            return None

    def _read_entry(self, line: bytes, leaf: bytes, file: AuditFile) -> Entry | None:
        index = self._trail.size
        previous, self._previous = self._previous, leaf.hex()
        entry: Entry | None = None
        try:
            entry = scan_entry(line)
        except Malformed as error:
            self.blame(index, error.code, str(error))
        else:
            if entry.index != index:
                self.blame(index, "wrong-index", f"it calls itself entry {entry.index}")
            if entry.previous != previous:
                self._broken.append(index)
            if index == 0:
                self._check_founding(entry, file)
            for finding in self._examine(entry, index):
                self.blame(index, finding.code, f"{finding.field}: {finding.message}")
        self._trail.add_entry(entry)
        if self._brackets is not None:
            self._brackets.add_entry(None if entry is None else entry.received_at)
        self._disclosure.add_entry(0 if entry is None else entry.signed.statement.fields)
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
                self._disclosure.add_erasure(place, index, entry, self._trail)
        if not findings:
            apply_statement(self._authority, entry.signed, index, entry.received_at)
        return findings + self._trail.judge(entry, index)

    def _check_alone(self, entry: Entry, index: int, line: bytes | None, checks: EntryChecks) -> None:
        """Have signature and contents checked; what is not shown at all is noted here."""
        signed, statement = entry.signed, entry.signed.statement
        if line is not None and line == b'{"contents":null,"index":%d}' % index:
            line = None
            self._disclosure.hide_whole(index, statement.fields)
            if not statement.fields and statement.contents_root != EMPTY_ROOT.hex():
                words = f"entry {index}: contents_root: a statement without fields has the root of the empty tree"
                self.blame(index, "malformed", words)
        checks.add(Check(index, statement.key, signed.signature, signed.encoded, line, statement.log, statement.author, statement.id,
                         statement.contents_root, statement.fields))  # fmt: skip

    def check_tree(self, file: AuditFile) -> None:
        """Step 3: chain, newest checkpoint, kept checkpoints, known heads."""
        size, roots = self._trail.size, self._trail.roots
        self._blame_chain()
        self._check_heads(file)
        self._newest, newest = file.checkpoint, self._keys.verify(file.checkpoint)
        if newest.size < size:
            self.blame(newest.size, "unsigned", f"entries from {newest.size} on stand under no checkpoint")
        fits = newest.size <= size and roots.compute_root(newest.size) == newest.root
        self._check_kept(file, newest, fits=fits)

    def _check_kept(self, file: AuditFile, newest: Checkpoint, *, fits: bool) -> None:
        """Compare every kept checkpoint with the tree; `fits` says whether the newest one does."""
        roots, last, fitted, last_note = self._trail.roots, Checkpoint(self._origin, -1, b""), 0, ""
        if self._check_stamp is not None:
            self._unheld = dict.fromkeys(file.timestamps, "no checkpoint of this size that fits these entries is here")
        for note in file.read_checkpoints():
            kept = self._keys.verify(note)
            if kept.size == last.size and kept.root != last.root:
                words = f"the log's key signed two roots of size {kept.size}: {kept.root.hex()} and {last.root.hex()}"
                self._blame_fork("fork", words, last_note, note)
            elif kept.size <= last.size:
                self.blame(None, "malformed", f"checkpoints.jsonl: size {kept.size} after size {last.size}")
            elif kept.size > roots.size:
                words = f"the log's key signed {kept.size} entries, {roots.size} are here: the newest are missing (rollback)"
                self.blame(None, "rollback", words)
            elif roots.compute_root(kept.size) == kept.root:
                fitted, self._checkpoints = kept.size, self._checkpoints + 1
                self.attempt(partial(self._read_times, note, kept.size, file))
            elif fits:
                words = f"the log's key signed another root of size {kept.size} than that of these entries"
                self._blame_fork("fork", words, note, file.checkpoint)
            else:
                words = f"the root over entries 0 to {kept.size - 1} is not the checkpoint's: this entry was changed"
                words += f", or one from {fitted} on" if fitted < kept.size - 1 else ""
                self.blame(kept.size - 1, "bad-root", words)
            last, last_note = kept, note
        if (last.size, last.root) != (newest.size, newest.root):
            self.blame(None, "malformed", "the newest checkpoint is not the last of checkpoints.jsonl")

    def _read_times(self, note: str, size: int, file: AuditFile) -> None:
        """Read who vouches when for a kept checkpoint that fits these entries; raises EvidenceError for a known witness's bad line."""
        if self._brackets is None:
            return
        if self._check_stamp is not None and size in self._unheld:
            try:
                instant, accuracy = self._check_stamp(file.read_timestamp(size), parse_note(note).text.encode())
            except EvidenceError as error:
                self._unheld[size] = str(error)
            else:
                del self._unheld[size]
                self._stamps += 1
                self._brackets.add_anchor(size, read_seconds(instant), "timestamp", accuracy)
        if self._policy is not None:
            quorum = self._policy.judge(note, self._keys.key_at(size))
            if size == self._trail.size:
                self._judge_witnesses(quorum)
            for witness in quorum.witnesses:
                for time in witness.times:
                    self._brackets.add_anchor(size, time, witness.name)

    def _judge_witnesses(self, quorum: Quorum) -> None:
        seen = tuple((witness.name, witness.time) for witness in quorum.witnesses)
        if self._witnessing is None or quorum.met:
            self._witnessing = Witnessing(quorum.met, seen)

    def _check_heads(self, file: AuditFile) -> None:
        size = self._trail.size
        for known in self._heads:
            try:
                head = known if isinstance(known, Head) else self._keys.read_head(known)
            except EvidenceError as error:
                self.refusal = error
                continue
            if head.size > size:
                words = f"{head.words} covers {head.size} entries, {size} are here: the newest are missing (rollback)"
                self._blame_fork("rollback", words, head.note, file.checkpoint)
            elif self._trail.roots.compute_root(head.size) != head.root:
                self._blame_fork("known-head", f"{head.words} has another root than these entries", head.note, file.checkpoint)

    def _blame_fork(self, code: str, words: str, *notes: str) -> None:
        """Note a fault that two signed notes show together: whoever has both can prove it to anybody."""
        self._evidence.extend(note for note in notes if note and note not in self._evidence and len(self._evidence) < MAX_LISTED)
        self.blame(None, code, words)

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
            self._faults.extend(
                Fault(index, "bad-chain", "previous: not the hash of the entry before") for index in self._broken[:MAX_LISTED]
            )
        faults = sorted(self._faults, key=lambda fault: (fault.index is None, fault.index or 0))[:MAX_LISTED]
        size = self._trail.size
        root = self._trail.roots.compute_root_hex(size) if size else ""
        completeness = self._disclosure.summarize(self._trail, self._authority) if size else Completeness()
        witnessing = (self._witnessing or Witnessing(met=False)) if self._policy is not None else None
        return Verdict(self._origin, len(self._heads), size, root, self._checkpoints, tuple(faults), self.stopped, completeness,
                       witnessing, tuple(self._evidence), "" if faults else self._newest, self._sum_up_times())  # fmt: skip

    def _sum_up_times(self) -> Times | None:
        if self._brackets is None:
            return None
        return self._brackets.summarize(MAX_LISTED, tuple(sorted(self._unheld.items())[:MAX_LISTED]), self._stamps)


def _show_nothing(_done: int, _total: int) -> None:
    """Take progress and say nothing."""
