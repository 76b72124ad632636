"""What a submitter is told: a receipt, a signed refusal, or a signed acknowledgement that an answer will come.

Acknowledgements and refusals are signed notes by the receipts key, whose name is the log's name + "/receipts". Their lines:

    symbiosis-ledger/acknowledgement/v1 | log | statement hash | time | deadline
    symbiosis-ledger/refusal/v1         | log | statement hash | time | one JSON list [field, code, message] for each finding

A refusal is not final: what was refused may be sent again until it expires, and is then judged anew.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from ledger.errors import EvidenceError, Finding, Malformed
from ledger.instant import parse_instant
from ledger.keys import SigningKey
from ledger.note import ED25519, VerifierKey, sign_note, verify_note
from ledger.statement import HASH

ACKNOWLEDGEMENT = "symbiosis-ledger/acknowledgement/v1"
REFUSAL = "symbiosis-ledger/refusal/v1"
MAX_FINDINGS = 200  #: in a refusal; a note has its limits, and so has whoever mends
_MOST = 2000  #: characters of a finding's field and message
SEQUENCED = "sequenced"  #: has its index, durably
PUBLISHED = "published"  #: lies under a signed checkpoint
WITNESSED = "witnessed"  #: lies under a checkpoint that a quorum of witnesses has cosigned

#: Why a writer shuts itself, in words that give nothing away.
REASONS = {
    "fork": "a checkpoint signed by the log's own key contradicts its tree",
    "behind": "the database is behind what the log has answered for",
    "guard": "database and guard contradict each other",
    "clock": "the machine's clock cannot be right",
    "disk": "the disk is full, read-only or failing",
    "unsound": "stored rows are not what the log's entries give",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """The statement is entry `index` of the log; the same bytes sent again give the same receipt."""

    index: int
    leaf_hash: str  #: 64 hex digits
    statement_hash: str  #: 64 hex digits
    received_at: str  #: instant
    state: str  #: SEQUENCED, then PUBLISHED, then WITNESSED where a policy names witnesses


@dataclass(frozen=True, slots=True)
class Refused:
    """The statement is not on the log, for these reasons."""

    statement_hash: str
    findings: tuple[Finding, ...]
    note: str  #: signed refusal


@dataclass(frozen=True, slots=True)
class Pending:
    """The statement is kept durably and not yet judged: ask again, by its hash or by sending the same bytes."""

    statement_hash: str
    note: str  #: signed acknowledgement


Outcome: TypeAlias = Receipt | Refused | Pending


class LogClosed(Exception):
    """The log takes nothing at present; reading goes on."""

    code: ClassVar[str] = "log-closed"


class LogLatched(LogClosed):
    """The writer shut itself, because writing on could make two histories; the message says why and what to do."""

    code: ClassVar[str] = "log-latched"

    def __init__(self, message: str, reason: str = "guard") -> None:
        super().__init__(message)
        self.reason = reason  #: one of REASONS: a word that may be shown to anybody


class LogUnavailable(LogClosed):
    """The database did not answer: whether the statement was entered is unknown until it is asked for, or sent, again."""

    code: ClassVar[str] = "log-unavailable"


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The two keys by which a service speaks for one log; neither signs anything else."""

    name: str  #: of the log
    log_key: SigningKey  #: signs checkpoints
    receipts_key: SigningKey  #: signs acknowledgements and refusals

    @property
    def log_verifier(self) -> VerifierKey:
        """Give the public key of checkpoints."""
        return VerifierKey(self.name, ED25519, self.log_key.public)

    @property
    def receipts_verifier(self) -> VerifierKey:
        """Give the public key of acknowledgements and refusals."""
        return VerifierKey(f"{self.name}/receipts", ED25519, self.receipts_key.public)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What an acknowledgement says."""

    log: str
    statement_hash: str
    time: str  #: instant at which the statement was taken
    deadline: str  #: instant by which it is entered or refused


@dataclass(frozen=True, slots=True)
class RefusalNote:
    """What a refusal says."""

    log: str
    statement_hash: str
    time: str  #: instant
    findings: tuple[Finding, ...]


def sign_acknowledgement(keys: LogKeys, statement_hash: str, time: str, deadline: str) -> str:
    """Sign that a statement was taken and will be judged by the deadline; instants."""
    text = f"{ACKNOWLEDGEMENT}\n{keys.name}\n{statement_hash}\n{time}\n{deadline}\n"
    return sign_note(text, keys.receipts_verifier, keys.receipts_key.sign)


def refuse(keys: LogKeys, statement_hash: str, time: str, findings: Sequence[Finding]) -> Refused:
    """Refuse a statement at an instant: the findings, as many as one can mend at a time, and the signed note of them."""
    shown = tuple(findings[:MAX_FINDINGS])
    if len(findings) > MAX_FINDINGS:
        shown += (Finding("statement", "malformed", f"and {len(findings) - MAX_FINDINGS} more faults: mend these first"),)
    shown = tuple(Finding(one.field[:_MOST], one.code, one.message[:_MOST]) for one in shown)
    return Refused(statement_hash, shown, sign_refusal(keys, statement_hash, time, shown))


def sign_refusal(keys: LogKeys, statement_hash: str, time: str, findings: Sequence[Finding]) -> str:
    """Sign that a statement was refused at an instant, for these findings."""
    faults = [json.dumps([finding.field, finding.code, finding.message], separators=(",", ":")) for finding in findings]
    text = "\n".join([REFUSAL, keys.name, statement_hash, time, *faults]) + "\n"
    return sign_note(text, keys.receipts_verifier, keys.receipts_key.sign)


def read_acknowledgement(note: str, key: VerifierKey) -> Acknowledgement:
    """Verify and read an acknowledgement; raises Malformed or BadSignature."""
    lines = _read_lines(note, key, ACKNOWLEDGEMENT)
    if len(lines) != 4:  # noqa: PLR2004 - log, hash, time, deadline
        raise Malformed("an acknowledgement has five lines")
    parse_instant(lines[3])
    return Acknowledgement(*lines)


def read_refused(statement_hash: str, note: str, key: VerifierKey) -> Refused:
    """Read a refusal as it was kept; of one that is damaged it says so, for others are asked after together with it."""
    try:
        return Refused(statement_hash, read_refusal(note, key).findings, note)
    except EvidenceError as error:
        fault = Finding("statement", error.code, f"its refusal cannot be read any more ({error}): send it again")
        return Refused(statement_hash, (fault,), note)


def read_refusal(note: str, key: VerifierKey) -> RefusalNote:
    """Verify and read a refusal; raises Malformed or BadSignature."""
    log, statement_hash, time, *faults = _read_lines(note, key, REFUSAL)
    return RefusalNote(log, statement_hash, time, tuple(map(_read_finding, faults)))


def _read_lines(note: str, key: VerifierKey, heading: str) -> list[str]:
    lines = verify_note(note, [key])[0].text[:-1].split("\n")
    if lines[0] != heading or len(lines) < 4 or not HASH.fullmatch(lines[2]):  # noqa: PLR2004 - heading, log, hash, time
        raise Malformed(f"not a note of the form {heading}")
    parse_instant(lines[3])
    return lines[1:]


def _read_finding(line: str) -> Finding:
    try:
        parts = json.loads(line)
    except ValueError:
        raise Malformed("a finding of a refusal is a JSON list") from None
    if not isinstance(parts, list) or len(parts) != 3 or not all(isinstance(part, str) for part in parts):  # noqa: PLR2004 - field, code, message
        raise Malformed("a finding of a refusal is a list of field, code and message")
    return Finding(*parts)
