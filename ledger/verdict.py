"""What an audit found: integrity and completeness, two verdicts that are never mixed, as values, as JSON and in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.bracket import TOLERANCE, Times
from ledger.canonical import JSON

#: Codes of faults that show two histories of one log; all others show bytes or statements that break the format's rules.
DIVERGED_CODES = frozenset({"rollback", "known-head", "fork", "seen-contradicts"})
MAX_LISTED = 100  #: faults, and items of each kind in the verdict on completeness; counts go on


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason against integrity."""

    index: int | None  #: entry to blame; None where no single one is
    code: str  #: stable kebab-case name
    message: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """Fields of one statement that the maker of the file did not show, wholly or in rows."""

    index: int
    author: str  #: whose statement it is
    fields: tuple[int, ...]  #: positions


@dataclass(frozen=True, slots=True)
class Erased:
    """Fields of one statement that a contents.erased took away for good."""

    index: int
    author: str  #: whose statement it was
    fields: tuple[int, ...]  #: positions
    by_entry: int  #: index of contents.erased
    by: str  #: its author
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that a key left out: statements that were refused, are late, or were kept from the log."""

    key: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Questioned:
    """Entries that a key signed after the index since when it counts as compromised."""

    key: str
    since: int  #: index
    revoked_at: int  #: index
    count: int  #: entries
    entries: tuple[int, ...]  #: the first of them


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the file does not show; the lists are cut at MAX_LISTED, the counts are not."""

    withheld_fields: int = 0
    withheld: tuple[Withheld, ...] = ()
    erased_fields: int = 0
    erased: tuple[Erased, ...] = ()
    shown_though_erased: tuple[int, ...] = ()  #: indexes
    missing_numbers: int = 0
    gaps: tuple[Gap, ...] = ()
    questioned: tuple[Questioned, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether all contents are here."""
        return self.withheld_fields == self.erased_fields == 0


@dataclass(frozen=True, slots=True)
class Witnessing:
    """What an auditor's policy says of the checkpoint over all entries."""

    met: bool
    witnesses: tuple[
        tuple[str, int], ...
    ] = ()  #: names in the policy, and seconds since 1970 when each first cosigned, 0 if it does not say


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of an audit."""

    log: str  #: name
    heads: int  #: known heads that were brought
    size: int  #: entries read
    root: str  #: root over them, 64 hex digits, empty if none could be read
    checkpoints: int  #: kept checkpoints whose signature and root hold
    faults: tuple[Fault, ...]  #: by index, those without one last
    stopped: bool  #: too many faults: the rest of the file was not judged
    completeness: Completeness
    witnessing: Witnessing | None = None  #: None where the auditor brought no policy
    evidence: tuple[str, ...] = ()  #: signed notes that contradict each other, or these entries: to be kept
    checkpoint: str = ""  #: the newest signed note, when nothing is wrong
    times: Times | None = None  #: None where the auditor brought neither policy nor certificates of timestamp authorities

    @property
    def integrity(self) -> str:
        """Give `witnessed`, `consistent`, `unwitnessed`, `diverged` or `invalid`."""
        if any(fault.code not in DIVERGED_CODES for fault in self.faults):
            return "invalid"
        if self.faults:
            return "diverged"
        if self.witnessing is not None and self.witnessing.met:
            return "witnessed"
        return "consistent" if self.heads else "unwitnessed"

    @property
    def exit_code(self) -> int:
        """Give 0 intact, 1 diverged, invalid or not witnessed as the policy asks, 3 intact but contents missing."""
        if self.faults or (self.witnessing is not None and not self.witnessing.met):
            return 1
        return 0 if self.completeness.is_whole else 3

    def to_json(self) -> dict[str, JSON]:
        """Give the verdict as JSON; FORMAT.md, section "Verdicts"."""
        shown = self.completeness
        return {
            "format": "symbiosis-ledger/verdict/v1",
            "integrity": self.integrity,
            "log": self.log,
            "size": self.size,
            "root": self.root,
            "checkpoints": self.checkpoints,
            "known_heads": self.heads,
            "faults": [{"index": fault.index, "code": fault.code, "message": fault.message} for fault in self.faults],
            "stopped": self.stopped,
            "policy": None if self.witnessing is None else {
                "met": self.witnessing.met,
                "witnesses": [{"name": name, "time": time} for name, time in self.witnessing.witnesses],
            },
            "times": None if self.times is None else _show_times(self.times),
            "evidence": list(self.evidence),
            "completeness": {
                "withheld_fields": shown.withheld_fields,
                "withheld": [{"index": one.index, "author": one.author, "fields": list(one.fields)} for one in shown.withheld],
                "erased_fields": shown.erased_fields,
                "erased": [
                    {"index": one.index, "author": one.author, "fields": list(one.fields), "by_entry": one.by_entry, "by": one.by,
                     "reason": one.reason} for one in shown.erased
                ],
                "shown_though_erased": list(shown.shown_though_erased),
                "missing_numbers": shown.missing_numbers,
                "gaps": [{"key": gap.key, "first": gap.first, "last": gap.last} for gap in shown.gaps],
                "questioned": [
                    {"key": one.key, "since": one.since, "revoked_at": one.revoked_at, "count": one.count, "entries": list(one.entries)}
                    for one in shown.questioned
                ],
            },
            "exit_code": self.exit_code,
        }  # fmt: skip


def _show_times(times: Times) -> dict[str, JSON]:
    return {
        "tolerance": TOLERANCE,
        "anchors": times.anchors,
        "first": times.first or None,
        "last": times.last or None,
        "bracketed": times.bracketed,
        "beyond": times.beyond,
        "outliers": times.outliers,
        "listed": [
            {"index": one.index, "received_at": one.received_at, "kind": one.kind, "bound": one.bound, "who": one.who}
            for one in times.listed
        ],
        "timestamps": times.stamps,
        "unheld": [{"size": size, "reason": reason} for size, reason in times.unheld],
    }


#: What each verdict on integrity means, in a sentence.
MEANINGS = {
    "witnessed": "intact, and enough witnesses of your policy saw this history",
    "consistent": "intact, and continues every known head that you brought",
    "unwitnessed": "intact in itself; bring known heads to exclude that the log shows others another history",
    "diverged": "DIVERGED: the log's key, or a firm that looked, vouches for another history than this one",
    "invalid": "INVALID: the file is not what the log and its firms signed",
}


def describe_verdict(verdict: Verdict) -> Iterator[str]:
    """Say the verdict in lines for a terminal."""
    yield f"log           {verdict.log}"
    yield f"entries       {verdict.size}, root {verdict.root or 'unknown'}"
    yield f"checkpoints   {verdict.checkpoints} kept ones hold"
    yield f"integrity     {verdict.integrity}: {MEANINGS[verdict.integrity]}"
    for fault in verdict.faults:
        place = "the file" if fault.index is None else f"entry {fault.index}"
        yield f"  {place}: {fault.message} [{fault.code}]"
    for note in verdict.evidence:
        yield "keep this signed note as evidence:"
        yield from (f"  | {line}" for line in note.split("\n")[:-1])
    if verdict.witnessing is not None:
        seen = ", ".join(f"{name} at {time}" if time else f"{name}, no time" for name, time in verdict.witnessing.witnesses) or "none"
        met = "met" if verdict.witnessing.met else "NOT MET"
        yield f"policy        {met}; witnesses of the newest checkpoint, seconds since 1970: {seen}"
    if verdict.times is not None:
        yield from _describe_times(verdict.times)
    if verdict.stopped:
        yield f"  stopped after {len(verdict.faults)} faults: the rest was not judged"
    yield from _describe_completeness(verdict.completeness)


def _describe_times(times: Times) -> Iterator[str]:
    span = f", from {times.first} to {times.last}" if times.anchors else ""
    yield f"times         {times.anchors} signed by others{span}"
    words = f"{times.bracketed} entries existed by one of them, {times.beyond} came after the last, {times.outliers} do not fit"
    yield f"  {words} ({TOLERANCE // 60} minutes are allowed)"
    for one in times.listed:
        why = f"existed by {one.bound}" if one.kind == "future" else f"was not shown at {one.bound}"
        yield f"  entry {one.index}: says that it was received at {one.received_at}, and {why}, says {one.who} [{one.kind}]"
    if len(times.listed) < times.outliers:
        yield f"  and {times.outliers - len(times.listed)} more"
    for size, reason in times.unheld:
        yield f"  the timestamp over {size} entries counts for nothing: {reason}"


def _describe_completeness(shown: Completeness) -> Iterator[str]:
    if shown.is_whole and not (shown.gaps or shown.questioned or shown.shown_though_erased):
        yield "completeness  everything is shown"
        return
    yield f"completeness  {shown.withheld_fields} fields withheld, {shown.erased_fields} erased, {shown.missing_numbers} numbers left out"
    for one in shown.withheld:
        yield f"  entry {one.index} of {one.author}: fields {_join(one.fields)} withheld by the maker of this file"
    for gone in shown.erased:
        words = f"fields {_join(gone.fields)} erased by entry {gone.by_entry} of {gone.by}: {gone.reason}"
        yield f"  entry {gone.index} of {gone.author}: {words}"
    for index in shown.shown_though_erased:
        yield f"  entry {index}: erased fields are shown here all the same"
    for gap in shown.gaps:
        yield f"  key {gap.key}: numbers {gap.first} to {gap.last} are not on the log"
    for doubt in shown.questioned:
        words = f"compromised since entry {doubt.since}, revoked at entry {doubt.revoked_at}"
        yield f"  key {doubt.key}: {words}: {doubt.count} entries questioned: {_join(doubt.entries)}"


def _join(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" …" if len(numbers) > 20 else "")  # noqa: PLR2004 - a line stays a line
