"""Verifying many signatures on all cores, before the writer sees the statements.

Threads do not help: a thread that verifies waits up to five milliseconds for the interpreter after each signature while another one enters
statements. Hence processes of their own, which are given keys, signatures and bytes and say yes or no; they hold no key and no connection.
They start with the first large batch. They take slices from the front of what waits, and whoever needs the answers takes from the end what
nobody has begun, so that nobody idles whichever is faster. Nothing that is given to them is cancelled: in Python 3.11 a pool with a
cancelled errand hangs for ever when one of its processes is killed.
"""

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from ledger.keys import decode_multikey, verify_signature
from ledger.statement import STATEMENT_PREFIX, Signed

LARGE = 256  #: signatures: fewer are verified where they are, before a process would have its share
SLICE = 64  #: signatures that a process is given at once
DEPTH = 2  #: slices on their way for each process: one in work, one that it finds when it is done
MOST = 8  #: processes at most
PATIENCE = 10.0  #: seconds until a slice, which takes some milliseconds, is given up
Claim: TypeAlias = tuple[str, bytes, bytes]  #: Multikey text, signature, canonical header


def verify_claims(claims: Sequence[Claim]) -> list[bool]:
    """Verify signatures one after another."""
    return [verify_signature(decode_multikey(key), signature, STATEMENT_PREFIX + encoded) for key, signature, encoded in claims]


class _Slice:
    """A few signatures of an errand."""

    __slots__ = ("claims", "future", "taken")

    def __init__(self, claims: list[Claim]) -> None:
        self.claims = claims
        self.taken = False  #: whether somebody has begun it
        self.future: Future[list[bool]] | None = None  #: of the process that has


class _Crew:
    """A pool of processes; what runs on it is counted with it, for a pool that was lost is replaced."""

    __slots__ = ("executor", "lost", "running")

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.running = 0  #: slices on their way
        self.lost = False


class Errand:
    """A batch that is being verified."""

    def __init__(self, verifiers: "Verifiers", slices: list[_Slice]) -> None:
        self._verifiers, self._slices = verifiers, slices

    def finish(self) -> list[bool]:
        """Give which signatures hold, in order; what nobody has begun is verified here."""
        parts = [self._answer(one) for one in reversed(self._slices)]
        return [holds for part in reversed(parts) for holds in (part if isinstance(part, list) else self._await(part))]

    def _answer(self, one: _Slice) -> list[bool] | _Slice:
        return verify_claims(one.claims) if self._verifiers.take(one) else one

    def _await(self, one: _Slice) -> list[bool]:
        if one.future is None:
            return verify_claims(one.claims)
        try:
            return one.future.result(PATIENCE)
        except BrokenExecutor:  # somebody ended a process: what it had is verified here
            return verify_claims(one.claims)
        except TimeoutError:  # somebody has stopped it
            self._verifiers.give_up()
            return verify_claims(one.claims)


class Verifiers:
    """The processes that verify for one log; thread-safe. On one core there are none, and everything is verified by the caller."""

    def __init__(self, processes: int | None = None) -> None:
        self._count = count_helpers() if processes is None else processes
        # Held while a process is given work. What a broken pool calls back may hold the pool's own lock, and takes this one never.
        self._lock = threading.RLock()
        self._waiting: deque[_Slice] = deque()
        self._crew: _Crew | None = None

    def begin(self, signed: Sequence[Signed]) -> Errand:
        """Have signatures verified; returns at once."""
        claims = [(one.statement.key, one.signature, one.encoded) for one in signed]
        slices = [_Slice(claims[begin : begin + SLICE]) for begin in range(0, len(claims), SLICE)]
        if len(claims) >= LARGE and self._count:
            with self._lock:
                self._man()
                self._waiting.extend(slices)
                self._feed()
        return Errand(self, slices)

    def take(self, one: _Slice) -> bool:
        """Claim a slice for the caller; False if somebody has begun it."""
        with self._lock:
            mine, one.taken = not one.taken, True
        return mine

    def close(self) -> None:
        """End the processes; the next large batch starts new ones."""
        with self._lock:
            crew, self._crew = self._crew, None
            self._waiting.clear()
        if crew is not None:
            crew.executor.shutdown()

    def give_up(self) -> None:
        """Ask the processes no more: one of them has not answered for so long that it never will."""
        with self._lock:
            if self._crew is not None:
                self._lose(self._crew)

    def _man(self) -> None:
        """Have processes, unless the machine gives none: then all is verified by the caller."""
        if self._crew is None or self._crew.lost:
            self._crew = None
            self._waiting.clear()
            with suppress(OSError):
                self._crew = _Crew(start_processes(self._count))

    def _lose(self, crew: _Crew) -> None:
        crew.lost = True
        self._waiting.clear()

    def _feed(self) -> None:
        """Give the processes what waits, as far as they may have it."""
        crew = self._crew
        while crew is not None and crew.running < DEPTH * self._count and self._waiting:
            one = self._waiting.popleft()
            if one.taken:
                continue
            try:
                one.future = crew.executor.submit(verify_claims, one.claims)
            except (BrokenExecutor, RuntimeError, OSError):  # ended by a signal, or not to be started: the rest is left to whoever needs it
                self._lose(crew)
                return
            one.taken = True
            crew.running += 1
            one.future.add_done_callback(partial(self._go_on, crew))

    def _go_on(self, crew: _Crew, done: Future[list[bool]]) -> None:
        """Give a process that is done with a slice the next one; called by the pool's own thread."""
        if done.exception() is not None:
            crew.lost = True
            return
        with self._lock:
            crew.running -= 1
            if crew is self._crew:
                self._feed()


def start_processes(count: int) -> Executor:
    """Start processes that check; fresh ones, for a copy of this one would hold its threads' locks for ever, its files and connections."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - whoever checks a short file needs none of this
    from multiprocessing import get_context  # noqa: PLC0415 - the same

    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin_in_process)


def count_helpers() -> int:
    """Count the cores that this process may use beside the one that it runs on."""
    return min(len(os.sched_getaffinity(0)) - 1, MOST)


def _begin_in_process() -> None:
    """Leave Ctrl-C to the process that was started by a person, and end when that one does, however it ends."""
    import signal  # noqa: PLC0415 - in the new process
    from multiprocessing import connection, parent_process  # noqa: PLC0415 - the same

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def end() -> None:
        connection.wait([parent.sentinel] if parent is not None else [])
        os._exit(1)

    if parent is not None:
        threading.Thread(target=end, daemon=True).start()
