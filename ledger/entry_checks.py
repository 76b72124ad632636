"""What each entry is checked for by itself, its signature and its contents: in batches, by threads or by processes.

In threads, reading and checking take turns. Beside a thread that reads without a pause, a checking thread would wait up to five
milliseconds for the interpreter after each signature; measured, that made the whole audit slower than one thread alone. Processes check
while this one reads on; a long file is worth their start. What they find comes back in the order of the entries.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self, TypeAlias

from ledger.contents import open_contents
from ledger.errors import EvidenceError
from ledger.evidence import decode_contents_line
from ledger.verifying import start_processes, verify_claims

_THREAD_BATCH, _PROCESS_BATCH = 2048, 512  #: entries
_BATCH_BYTES = 4 << 20  #: of contents
_WAITING = 3  #: batches on their way for each process

Blame: TypeAlias = Callable[[int | None, str, str], None]
Hide: TypeAlias = Callable[[int, tuple[int, ...]], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How the checks of a pass are spread."""

    threads: int = 2  #: that check signatures, cryptography and PyNaCl let others run meanwhile
    processes: int = 0  #: that check signatures and contents of a long file instead; the main module must be importable then


class Check(NamedTuple):
    """One entry, as far as its signature and contents go."""

    place: int  #: index of the entry
    key: str  #: Multikey text
    signature: bytes
    encoded: bytes  #: canonical header
    line: bytes | None  #: of contents.jsonl; None where there is nothing to open
    log: str
    author: str
    id: str
    contents_root: str
    fields: int


class Outcome(NamedTuple):
    """What is to be told of an entry: of most there is nothing."""

    place: int  #: index of the entry
    faults: tuple[tuple[str, str], ...]  #: codes and messages
    withheld: tuple[int, ...]  #: positions that are not shown


class EntryChecks:
    """Gathers checks, has them made in batches, and tells what they found."""

    def __init__(self, blame: Blame, hide: Hide, effort: Effort) -> None:
        self._blame, self._hide = blame, hide
        self._threads, processes = max(effort.threads, 1), effort.processes
        self._pool = ThreadPoolExecutor(self._threads)
        self._processes = start_processes(processes) if processes else None
        self._most = _WAITING * processes
        self._limit = _PROCESS_BATCH if processes else _THREAD_BATCH
        self._batch: list[Check] = []
        self._bytes = 0  #: of contents in the batch
        self._waiting: deque[tuple[list[Check], Future[list[Outcome]]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)
        if self._processes is not None:
            self._processes.shutdown(cancel_futures=True)

    def add(self, check: Check) -> None:
        """Have one entry checked, soon."""
        self._batch.append(check)
        self._bytes += len(check.line or b"")
        if len(self._batch) >= self._limit or self._bytes >= _BATCH_BYTES:
            self._send()

    def finish(self) -> None:
        """Make all checks that wait."""
        self._send()
        while self._waiting:
            self._take()

    def _send(self) -> None:
        batch, self._batch, self._bytes = self._batch, [], 0
        if self._processes is None:
            parts = [batch[number :: self._threads] for number in range(self._threads)]
            self._tell(sorted(outcome for part in self._pool.map(check_entries, parts) for outcome in part))
            return
        while len(self._waiting) >= self._most:
            self._take()
        try:
            self._waiting.append((batch, self._processes.submit(check_entries, batch)))
        except BrokenExecutor:
            self._tell(check_entries(batch))

    def _take(self) -> None:
        batch, future = self._waiting.popleft()
        try:
            outcomes = future.result()
        except BrokenExecutor:  # somebody ended a process: what it had is checked here
            outcomes = check_entries(batch)
        self._tell(outcomes)

    def _tell(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.withheld:
                self._hide(outcome.place, outcome.withheld)
            for code, message in outcome.faults:
                self._blame(outcome.place, code, message)


def check_entries(batch: list[Check]) -> list[Outcome]:
    """Check signatures and contents; gives the outcomes that are to be told, in order."""
    outcomes = []
    held = verify_claims([(check.key, check.signature, check.encoded) for check in batch])
    for check, holds in zip(batch, held, strict=True):
        faults: list[tuple[str, str]] = []
        withheld: tuple[int, ...] = ()
        if not holds:
            faults.append(("bad-signature", "statement: the signature does not hold"))
        if check.line is not None:
            try:
                shown = decode_contents_line(check.line, check.place)
                withheld = open_contents(check, shown).withheld if shown is not None else ()
            except EvidenceError as error:
                faults.append((error.code, str(error)))
        if faults or withheld:
            outcomes.append(Outcome(check.place, tuple(faults), withheld))
    return outcomes
