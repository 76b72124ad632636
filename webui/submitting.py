"""Submitting: from JSON to what the log says of it, one by one or thousands in a request, each answered by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.errors import Finding
from ledger.canonical import JSON
from ledger.errors import EvidenceError, Malformed
from ledger.log import Log
from ledger.outcome import Outcome, Pending, Receipt, Refused
from ledger.statement import Submission, read_submission
from webui.access import Caller
from webui.problems import CONFLICTS, find_problem, read_finding
from webui.runtime import Runtime

MANY = 1 << 53  #: entries: more than any log has
ENTERED, KNOWN, WAITS, REFUSED, CONFLICT, STRANGE = 201, 200, 202, 422, 409, 404


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one submission."""

    status: int  #: as HTTP would say it
    statement_hash: str | None = None  #: None if it could not be read
    receipt: Receipt | None = None
    findings: Sequence[Finding] = ()
    note: str | None = None  #: signed acknowledgement or refusal


def submit_one(runtime: Runtime, caller: Caller, value: JSON) -> Answered:
    """Submit one statement and wait for its answer; raises LogClosed, and Malformed for what cannot be read."""
    submission = read_submission(value)
    network = find_network(runtime, caller, submission)
    if network is None:
        return refuse_stranger(submission)
    log = runtime.log(network)
    before = _read_size(log)
    return describe(log.submit(submission, runtime.settings.answer_seconds), before)


def submit_many(runtime: Runtime, caller: Caller, values: Sequence[JSON | Malformed]) -> list[Answered]:
    """Submit many, answers in their order, what could not be decoded among them; of equal ones the first was entered.

    Raises LogClosed, after which all may be sent again: what was entered gives its receipt.
    """
    answers: dict[int, Answered] = {}
    waiting: dict[str, list[tuple[int, Submission]]] = {}
    networks = {runtime.log(member.network).name: member.network for member in caller.members}
    for position, value in enumerate(values):
        try:
            if isinstance(value, Malformed):
                raise value
            submission = read_submission(value)
        except EvidenceError as error:
            answers[position] = Answered(find_problem(error).status, findings=[read_finding(error)])
            continue
        network = networks.get(submission.signed.statement.log)
        if network is None:
            answers[position] = refuse_stranger(submission)
        else:
            waiting.setdefault(network, []).append((position, submission))
    for network, numbered in waiting.items():
        log = runtime.log(network)
        before, new = _read_size(log), set[int]()
        outcomes = log.submit_many([submission for _, submission in numbered])
        for (position, _), outcome in zip(numbered, outcomes, strict=True):
            known = isinstance(outcome, Receipt) and outcome.index in new
            answers[position] = describe(outcome, MANY if known else before)
            new.update([outcome.index] if isinstance(outcome, Receipt) else ())
    return [answers[position] for position in range(len(values))]


def find_outcome(runtime: Runtime, caller: Caller, statement_hash: str) -> Answered | None:
    """Say what became of a statement on any log that the caller belongs to."""
    for member in caller.members:
        outcome = runtime.log(member.network).find_outcome(statement_hash)
        if outcome is not None:
            return describe(outcome, before=MANY)
    return None


def find_network(runtime: Runtime, caller: Caller, submission: Submission) -> str | None:
    """Find the caller's network to which a statement is addressed."""
    named = submission.signed.statement.log
    return next((member.network for member in caller.members if runtime.log(member.network).name == named), None)


def refuse_stranger(submission: Submission) -> Answered:
    """Answer a statement for a log that the caller does not belong to, or that is not here: nobody learns which."""
    finding = Finding("statement.log", "unknown-log", "you belong to no log of this name here")
    return Answered(STRANGE, submission.signed.hash, findings=[finding])


def describe(outcome: Outcome, before: int) -> Answered:
    """Describe an outcome; what stands below `before`, the log's size at the request, had been entered earlier."""
    match outcome:
        case Receipt():
            return Answered(KNOWN if outcome.index < before else ENTERED, outcome.statement_hash, outcome)
        case Pending():
            return Answered(WAITS, outcome.statement_hash, note=outcome.note)
        case Refused():
            conflict = any(finding.code in CONFLICTS for finding in outcome.findings)
            return Answered(CONFLICT if conflict else REFUSED, outcome.statement_hash, None, outcome.findings, outcome.note)


def _read_size(log: Log) -> int:
    head = log.read_head()
    return head.size if head else 0
