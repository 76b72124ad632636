"""The intake: a submission's form, signature and contents are checked here, before it costs anybody anything.

What passes waits in a memory queue for the sequencer of the same process, or in the inbox table for that of another one. A promise must
survive a crash, so an acknowledgement is given only for what stands in the inbox; from the memory queue come final answers alone.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ledger import inbox, store
from ledger.contents import Opened
from ledger.errors import EvidenceError, Finding, Malformed
from ledger.instant import add_seconds
from ledger.outcome import LogKeys, Outcome, Refused, refuse, sign_acknowledgement
from ledger.statement import Signed, Submission, read_submission
from ledger.verifying import Errand

PATIENCE = 60  #: seconds within which an acknowledged statement is entered or refused, while a sequencer runs
LINGER = 0.002  #: seconds that a commit waits for those who submitted together before: less than a commit takes


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission whose form, signature and commitments hold."""

    submission: Submission
    opened: Opened
    shown_note: str | None = None  #: a checkpoint that the submitter shows beside `seen`
    inbox_id: int | None = None  #: its row in the inbox, if it waited there

    @property
    def signed(self) -> Signed:
        """The statement with its signature."""
        return self.submission.signed


def check_submission(
    submission: Submission, shown_note: str | None = None, inbox_id: int | None = None, *, holds: bool | None = None
) -> Checked | list[Finding]:
    """Check signature and contents; all faults at once. `holds`: whether the signature does, if it was verified already."""
    findings = check_signature(submission.signed, holds=holds)
    opened = Opened({}, ())
    try:
        opened = submission.open()
    except EvidenceError as error:
        findings.append(Finding("contents", error.code, str(error)))
    if opened.withheld:
        findings.append(Finding("contents", "withheld", "what is not shown cannot be judged: send every field and row"))
    return findings or Checked(submission, opened, shown_note, inbox_id)


def check_signature(signed: Signed, *, holds: bool | None = None) -> list[Finding]:
    """Check the author's signature over the exact bytes."""
    if signed.holds() if holds is None else holds:
        return []
    return [Finding("signature", "bad-signature", "it is not the key's signature over these bytes: sign the statement as it is sent")]


class Intake:
    """Checks submissions for one log and answers those that do not pass."""

    def __init__(self, keys: LogKeys, clock: Callable[[], str]) -> None:
        self._keys = keys
        self._clock = clock

    def check(self, submission: Submission, shown_note: str | None = None, *, holds: bool | None = None) -> Checked | Refused:
        """Check one submission; a fault is answered with a signed refusal, which is not kept: nobody has proved to be its author."""
        checked = check_submission(submission, shown_note, holds=holds)
        return checked if isinstance(checked, Checked) else self.refuse(submission.signed.hash, checked)

    def check_many(self, submissions: Sequence[Submission], errand: Errand | None = None) -> list[Checked | Refused]:
        """Check many, each by itself; `errand` brings what became of their signatures, if they are being verified already."""
        if errand is None:
            return [self.check(submission) for submission in submissions]
        return [self.check(submission, holds=holds) for submission, holds in zip(submissions, errand.finish(), strict=True)]

    def refuse(self, statement_hash: str, findings: Sequence[Finding]) -> Refused:
        """Sign a refusal."""
        return refuse(self._keys, statement_hash, self._clock(), findings)

    def store(self, connection: store.Connection, log_id: int, checked: Checked) -> str:
        """Put a submission into the inbox; returns the acknowledgement, to be given out after commit."""
        now = self._clock()
        deadline = add_seconds(now, PATIENCE)
        note = sign_acknowledgement(self._keys, checked.signed.hash, now, deadline)
        body = json.dumps(checked.submission.to_json(), ensure_ascii=False, separators=(",", ":"))
        return inbox.put_inbox(connection, log_id, inbox.WaitingRow(0, checked.signed.hash, body, checked.shown_note), note)


def read_waiting(row: inbox.WaitingRow) -> Checked | list[Finding]:
    """Read a submission from the inbox and check it again: a row that was damaged meanwhile must not reach the log."""
    try:
        submission = read_submission(row.submission.encode())
    except Malformed as error:
        return [Finding("submission", error.code, str(error))]
    if submission.signed.hash != row.statement_hash:
        return [Finding("submission", "malformed", "the stored submission is not the one that was acknowledged")]
    return check_submission(submission, row.shown_note, row.id)


@dataclass(slots=True)
class Ticket:
    """One submission in the memory queue, and the place of its answer."""

    checked: Checked
    outcome: Outcome | BaseException | None = None
    #: Held until the answer is there; a bare lock, because an Event costs four times as much per entry.
    gate: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, timeout: float) -> Outcome | None:
        """Wait for the answer at most `timeout` seconds; raises what stopped the log."""
        if not self.gate.acquire(timeout=timeout):
            return None
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    def answer(self, outcome: Outcome | BaseException) -> None:
        """Give the answer."""
        self.outcome = outcome
        self.gate.release()


class MemoryQueue:
    """Submissions of this process's threads on their way to its sequencer, in order of arrival."""

    def __init__(self) -> None:
        self._tickets: deque[Ticket] = deque()
        self._filled = threading.Condition(threading.Lock())
        self._wanted = 1  #: number of tickets at which the sequencer wants to be woken

    def put(self, checked: Checked) -> Ticket:
        """Add a submission."""
        ticket = Ticket(checked)
        ticket.gate.acquire()
        with self._filled:
            self._tickets.append(ticket)
            if len(self._tickets) == self._wanted:
                self._filled.notify()
        return ticket

    def take(self, limit: int, timeout: float, expected: int = 1) -> list[Ticket]:
        """Take what waits, up to `limit`; waits up to `timeout` seconds for the first.

        With `expected` of them in sight it waits a moment for the rest: those who were answered together come back one after another, and a
        commit for the first of them alone would keep all others waiting.
        """
        with self._filled:
            self._wait(1, timeout)
            if self._tickets:
                self._wait(min(expected, limit), LINGER)
            return [self._tickets.popleft() for _ in range(min(limit, len(self._tickets)))]

    def wake(self) -> None:
        """Let who waits for the first submission wait no longer."""
        with self._filled:
            self._filled.notify()

    def _wait(self, wanted: int, timeout: float) -> None:
        if len(self._tickets) < wanted and timeout > 0:
            self._wanted = wanted
            self._filled.wait(timeout)
            self._wanted = 1
