"""Recompute: an audit file verified, replayed into an empty database in memory, and every computed figure in it computed anew.

1. The file is verified (ledger/verify.py); what does not hold as a log is not computed with.
2. Each entry is opened and, before it is folded, what its author computed is computed from the tables before it.
3. Differences are named with entry, kind and field; what rests on contents that are not shown is said to be unknown, never to be right.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contracts.errors import Finding, Invalid
from contracts.facts import FACT_TYPES, Withheld
from contracts.projections import Projections
from contracts.replay import Line, Replay, Skipped, open_empty
from ledger.canonical import JSON
from ledger.entry import decode_entry
from ledger.errors import EvidenceError
from ledger.evidence import README, AuditFile, open_audit_file
from ledger.note import read_verifier_key
from ledger.sequencer import Candidate
from ledger.verdict import Completeness, Fault, Verdict
from ledger.verify import verify_audit_file

Progress = Callable[[str, int, int], None]  #: step ("verify" or "recompute"), entries done, entries in all
MAX_LISTED = 100  #: differences, and facts that could not be recomputed; counts go on
LOG_ID = 1  #: of the log in the database in memory
_SAYS = re.compile(r"says (.*), recomputed (.*)", re.DOTALL)
_HEAD_BYTES = 256
_MARKS = (b"README.txt", README.partition("\n")[0].encode())  #: the first member's name and its first line; either outlives a flipped bit
_STEP = 200  #: entries between two words on progress


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that does not follow from what the log says before it."""

    index: int
    kind: str
    field: str  #: path in the fact's contents, such as lines.3.amount
    message: str
    said: str | None  #: as on the log; None where the message says it all
    recomputed: str | None

    @property
    def words(self) -> str:
        """The difference in a line."""
        return f"entry {self.index}, {self.kind}, {self.field}: {self.message}"

    def to_json(self) -> dict[str, JSON]:
        """Give it as JSON."""
        return {name: getattr(self, name) for name in Difference.__slots__}


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact whose figures cannot be recomputed, and why."""

    index: int
    kind: str
    message: str

    @property
    def words(self) -> str:
        """It in a line."""
        return f"cannot be recomputed: entry {self.index}, {self.kind}: {self.message}"

    def to_json(self) -> dict[str, JSON]:
        """Give it as JSON."""
        return {name: getattr(self, name) for name in Unknown.__slots__}


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What recomputing an audit file came to."""

    verdict: Verdict  #: of the log as such
    recomputed: Mapping[str, int] = field(default_factory=dict)  #: facts whose figures were computed anew, by kind
    differences: tuple[Difference, ...] = ()  #: by index; the first of them
    count: int = 0  #: of all differences
    unknown: tuple[Unknown, ...] = ()  #: by index; the first of them
    unknown_count: int = 0

    @property
    def result(self) -> str:
        """Give `invalid`, `differs`, `incomplete` or `ok`."""
        if self.verdict.exit_code == 1:
            return "invalid"
        if self.count:
            return "differs"
        return "incomplete" if self.unknown_count else "ok"

    @property
    def exit_code(self) -> int:
        """Give 0 all follows, 1 invalid or something differs, 3 something could not be recomputed."""
        return {"ok": 0, "incomplete": 3}.get(self.result, 1)

    def to_json(self) -> dict[str, JSON]:
        """Give it as JSON."""
        return {
            "format": "symbiosis-ledger/recomputation/v1",
            "result": self.result,
            "exit_code": self.exit_code,
            "recomputed": dict(self.recomputed),
            "differences": [one.to_json() for one in self.differences],
            "difference_count": self.count,
            "unknown": [one.to_json() for one in self.unknown],
            "unknown_count": self.unknown_count,
            "verdict": self.verdict.to_json(),
        }


def recompute_audit_file(
    path: str | Path,
    *,
    origin: str | None = None,
    log_key: str | None = None,
    on_progress: Progress | None = None,
    projections: Projections | None = None,
) -> Recomputation:
    """Recompute every figure in an audit file.

    origin, log_key: the log's name and verifier key, as the auditor brings them; without them the file's own claims are believed.
    projections: those of some stages; of all if None.
    Whatever is wrong in the file stands in the answer; raises EvidenceError for a file that is no audit file at all or for the key
    brought, OSError for a path that cannot be read.
    """
    show = on_progress or _show_nothing
    unreadable = _judge_container(Path(path), origin, log_key)
    if unreadable is not None:
        return Recomputation(unreadable)
    with open_audit_file(path) as file:
        verdict = verify_audit_file(
            path,
            origin=origin or file.log.log,
            log_key=log_key or file.log.log_key,
            progress=lambda done, total: show("verify", done, total),
        )
        if verdict.exit_code == 1:
            return Recomputation(verdict)
        work = _Work(projections or Projections())
        with open_empty() as connection:
            replay = Replay(connection, LOG_ID, work.projections)
            for entry, contents in read_audit_lines(file):
                work.take(replay, replay.open(entry, contents))
                if not replay.size % _STEP:
                    show("recompute", replay.size, file.size)
            show("recompute", replay.size, file.size)
            return work.conclude(verdict, replay)


def _looks_like_audit_file(path: Path) -> bool:
    """Tell whether a file begins as audit files do, by the name of its first member or that member's first line."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return any(mark in head for mark in _MARKS)


def _judge_container(path: Path, origin: str | None, log_key: str | None) -> Verdict | None:
    """Give the verdict on an audit file whose container or claims cannot be read; None if they can."""
    if log_key is not None:
        read_verifier_key(log_key)  # what the auditor brought is no fault of the file
    try:
        with open_audit_file(path) as file:
            read_verifier_key(log_key or file.log.log_key)
    except EvidenceError as error:
        if not _looks_like_audit_file(path):
            raise
        fault = Fault(error.index, error.code, str(error))
        return Verdict(origin or "unknown", 0, 0, "", 0, (fault,), stopped=False, completeness=Completeness())
    return None


def read_audit_lines(file: AuditFile) -> Iterator[Line]:
    """Read entries and contents of an audit file in order."""
    for data, contents in zip(file.read_entries(), file.read_contents(), strict=True):
        yield decode_entry(data), contents


class _Work:
    """The recomputation of one file, entry by entry."""

    def __init__(self, projections: Projections) -> None:
        self.projections = projections
        self._stages = _number_kinds(projections)
        self._hidden: dict[int, _Ground] = {}  #: by stage
        self._recomputed: Counter[str] = Counter()
        self._differences: list[Difference] = []
        self._count = 0
        self._unknown: list[tuple[Unknown, Skipped | None]] = []
        self._unknown_count = 0

    def take(self, replay: Replay, candidate: Candidate) -> None:
        """Recompute a fact's figures, then fold it as it was said: later figures are held to what was said before them."""
        kind = candidate.signed.statement.kind
        ground = self._find_ground(kind)
        recomputes = self._recomputes(candidate)
        findings = self._recompute(replay, candidate) if recomputes else []
        skipped = replay.fold(candidate)
        if skipped is not None and skipped.code == "withheld":
            self._hide(skipped)
            if recomputes:
                self._add_unknown(Unknown(candidate.index, kind, ""), skipped)
        elif skipped is not None and ground is None:
            self._add_difference(Difference(candidate.index, kind, "statement", skipped.message, None, None))
        elif ground is not None and (findings or skipped is not None):
            self._add_unknown(Unknown(candidate.index, kind, ground.words), ground.first)
        else:
            if recomputes:
                self._recomputed[kind] += 1
            for finding in findings:
                self._add_difference(_read_finding(candidate.index, kind, finding))

    def conclude(self, verdict: Verdict, replay: Replay) -> Recomputation:
        """Add up."""
        unknown = tuple(_explain(replay, one, ground) for one, ground in self._unknown)
        differences = tuple(self._differences)
        return Recomputation(verdict, dict(self._recomputed), differences, self._count, unknown, self._unknown_count)

    def _recompute(self, replay: Replay, candidate: Candidate) -> Sequence[Finding]:
        try:
            return self.projections.recompute(replay.connection, candidate)
        except (Withheld, Invalid):
            return []  # folding it says the same
        except Exception as error:  # noqa: BLE001 - in a log that is not sound any figure may be missing; the auditor is told which one failed
            words = f"it cannot be computed from the entries before it ({type(error).__name__}: {str(error)[:200]})"
            return [Finding("statement", "not-computable", words)]

    def _recomputes(self, candidate: Candidate) -> bool:
        """Tell whether a kind has computed results."""
        statement = candidate.signed.statement
        return (statement.kind, statement.kind_version) in self._stages.computed

    def _hide(self, skipped: Skipped) -> None:
        """Note an entry that is not shown, by stage."""
        stage = self._stages.numbers.get(skipped.kind, 1)
        known = self._hidden.get(stage)
        self._hidden[stage] = _Ground(known.first, known.count + 1) if known else _Ground(skipped, 1)

    def _find_ground(self, kind: str) -> "_Ground | None":
        """Find entries not shown on which a fact of this kind may rest: of its stage or of one before, the parties' register aside."""
        own = self._stages.numbers.get(kind, len(self._stages.numbers))
        grounds = [ground for stage, ground in self._hidden.items() if 0 < stage <= own]
        if not grounds:
            return None
        return _Ground(min((one.first for one in grounds), key=lambda one: one.index), sum(one.count for one in grounds))

    def _add_difference(self, difference: Difference) -> None:
        self._count += 1
        if len(self._differences) < MAX_LISTED:
            self._differences.append(difference)

    def _add_unknown(self, unknown: Unknown, ground: Skipped | None) -> None:
        self._unknown_count += 1
        if len(self._unknown) < MAX_LISTED:
            self._unknown.append((unknown, ground))


@dataclass(frozen=True, slots=True)
class _Ground:
    """Entries that are not shown."""

    first: Skipped
    count: int

    @property
    def words(self) -> str:
        """What a figure may rest on; the reason of the first follows."""
        more = self.count - 1
        others = f" and {more} {'entry' if more == 1 else 'entries'} more" if more else ""
        return f"it may rest on contents that are not shown, of entry {self.first.index}{others}: "


@dataclass(frozen=True, slots=True)
class _Stages:
    """Which kinds belong to which stage, and which have computed results."""

    numbers: Mapping[str, int]  #: of the stage by kind; the parties' is 0
    computed: frozenset[tuple[str, int]]  #: kind and version


def _number_kinds(projections: Projections) -> _Stages:
    kinds = {kind.fact: kind for kind in FACT_TYPES.values()}
    numbers: dict[str, int] = {}
    computed = set()
    for number, stage in enumerate(projections.stages):
        for fact, handler in stage.HANDLERS.items():
            kind = kinds[fact]
            numbers[kind.kind] = number
            if handler.recompute is not None:
                computed.add((kind.kind, kind.version))
    return _Stages(numbers, frozenset(computed))


def _read_finding(index: int, kind: str, finding: Finding) -> Difference:
    found = _SAYS.fullmatch(finding.message)
    said, recomputed = (found[1], found[2]) if found else (None, None)
    return Difference(index, kind, finding.field, finding.message, said, recomputed)


def _explain(replay: Replay, unknown: Unknown, ground: Skipped | None) -> Unknown:
    if ground is None:
        return unknown
    return Unknown(unknown.index, unknown.kind, unknown.message + replay.explain(ground).message)


def _show_nothing(_step: str, _done: int, _total: int) -> None:
    """Take progress and say nothing."""
