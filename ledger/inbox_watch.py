"""Watching the inbox for many waiting threads at once: one of them looks for all, so that a look for many costs what it does for one."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from ledger.outcome import Outcome, Pending

POLL = 0.02  #: seconds between two looks for an answer that another process gives
MOST = 500  #: statements in one look


class _Waiter:
    """One thread that waits for one statement."""

    __slots__ = ("given", "outcome")

    def __init__(self) -> None:
        self.given = threading.Event()
        self.outcome: Outcome | None = None


class InboxWatch:
    """Tells each of a process's threads what became of its statement; `find_outcomes` is Log.find_outcomes."""

    def __init__(self, find_outcomes: Callable[[Sequence[str]], Mapping[str, Outcome]]) -> None:
        self._find = find_outcomes
        self._lock = threading.Lock()
        self._looking = threading.Lock()  #: held by the thread that looks for all
        self._waiters: dict[_Waiter, str] = {}  #: statement hash of each, those that have waited longest first

    def wait(self, statement_hash: str, deadline: float) -> Outcome | None:
        """Wait until a statement was judged; None if the deadline (monotonic seconds) comes first. Raises store.Outage."""
        waiter = _Waiter()
        with self._lock:
            self._waiters[waiter] = statement_hash
        try:
            while time.monotonic() < deadline and not waiter.given.wait(POLL):
                if self._looking.acquire(blocking=False):
                    try:
                        self._look(waiter, statement_hash)
                    finally:
                        self._looking.release()
            return waiter.outcome
        finally:
            with self._lock:
                del self._waiters[waiter]

    def _look(self, own: _Waiter, statement_hash: str) -> None:
        """Look for the caller's own statement and as many others as one look may have.

        Only who waited before the look is answered by it: the same statement, sent again since then, waits for another judgement.
        """
        with self._lock:
            asked = {own: statement_hash, **self._waiters}
        found = self._find(list(dict.fromkeys(asked.values()))[:MOST])
        for waiter, name in asked.items():
            outcome = found.get(name)
            if outcome is not None and not isinstance(outcome, Pending):
                waiter.outcome = outcome
                waiter.given.set()
