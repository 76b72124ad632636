"""Verifying many signatures on all cores, before the writer sees the statements.

Threads do not help: a thread that verifies waits up to five milliseconds for the interpreter after each signature while another one enters
statements. Hence processes of their own, which are given keys, signatures and bytes and say yes or no; they hold no key and no connection.
They start with the first large batch. Nothing that is given to them is cancelled: in Python 3.11 a pool with a cancelled errand hangs for
ever when one of its processes is killed.
"""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeAlias

from ledger.keys import decode_multikey, verify_signature
from ledger.statement import STATEMENT_PREFIX, Signed

LARGE = 256  #: signatures: fewer are verified where they are, before a process would have its share
SLICE = 64  #: signatures in one errand
MOST = 8  #: processes at most
AHEAD = 3  #: times the caller's share that a process has while the caller enters statements: about what that costs beside a signature
Claim: TypeAlias = tuple[str, bytes, bytes]  #: Multikey text, signature, canonical header


def verify_claims(claims: Sequence[Claim]) -> list[bool]:
    """Verify signatures one after another."""
    return [verify_signature(decode_multikey(key), signature, STATEMENT_PREFIX + encoded) for key, signature, encoded in claims]


@dataclass(frozen=True, slots=True)
class Errand:
    """A batch that is being verified."""

    slices: Sequence[tuple[list[Claim], Future[list[bool]] | None]]

    def finish(self) -> list[bool]:
        """Give which signatures hold, in order; the caller's own share, at the end, is verified first."""
        answers = [_take(claims, future) for claims, future in reversed(self.slices)]
        return [one for part in reversed(answers) for one in part]


class Verifiers:
    """The processes that verify for one log; thread-safe. On one core there are none, and everything is verified by the caller."""

    def __init__(self, processes: int | None = None) -> None:
        self._count = count_helpers() if processes is None else processes
        self._lock = threading.Lock()
        self._executor: Executor | None = None

    def begin(self, signed: Sequence[Signed], *, ahead: bool = False) -> Errand:
        """Have signatures verified; returns at once. `ahead`: the caller has other work first, and takes a smaller share."""
        claims = [(one.statement.key, one.signature, one.encoded) for one in signed]
        slices = [claims[begin : begin + SLICE] for begin in range(0, len(claims), SLICE)]
        executor = self._start() if len(claims) >= LARGE else None
        weight = self._count * (AHEAD if ahead else 1)
        sent = len(slices) * weight // (weight + 1)
        return Errand([(part, _send(executor, part) if number < sent else None) for number, part in enumerate(slices)])

    def close(self) -> None:
        """End the processes; the next large batch starts new ones."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()

    def _start(self) -> Executor | None:
        with self._lock:
            if self._executor is None and self._count:
                # Fresh processes: a copy of this one would hold its threads' locks for ever, and its files and connections.
                self._executor = ProcessPoolExecutor(self._count, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
            return self._executor


def count_helpers() -> int:
    """Count the cores that this process may use beside the one that it runs on."""
    return min(len(os.sched_getaffinity(0)) - 1, MOST)


def _send(executor: Executor | None, claims: list[Claim]) -> Future[list[bool]] | None:
    try:
        return executor.submit(verify_claims, claims) if executor is not None else None
    except (BrokenExecutor, RuntimeError):  # it was ended meanwhile, by close or by somebody's signal
        return None


def _take(claims: list[Claim], future: Future[list[bool]] | None) -> list[bool]:
    if future is None:
        return verify_claims(claims)
    try:
        return future.result()
    except BrokenExecutor:  # somebody ended a process: what it had is verified here
        return verify_claims(claims)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that was started by a person."""
    import signal  # noqa: PLC0415 - in the new process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
