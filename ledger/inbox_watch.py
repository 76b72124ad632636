"""Watching the inbox for many waiting threads at once: one of them looks for all, so that a look for many costs what it does for one."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from ledger.outcome import Outcome, Pending

POLL = 0.02  #: seconds between two looks for an answer that another process gives
MOST = 500  #: statements in one look


class _Answer:
    """The place of one statement's answer."""

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
        self._watched: dict[str, _Answer] = {}  #: by statement hash

    def wait(self, statement_hash: str, deadline: float) -> Outcome | None:
        """Wait until a statement was judged; None if the deadline (monotonic seconds) comes first. Raises store.Outage."""
        with self._lock:
            answer = self._watched.setdefault(statement_hash, _Answer())
        try:
            while time.monotonic() < deadline and not answer.given.wait(POLL):
                if self._looking.acquire(blocking=False):
                    try:
                        self._look(statement_hash, answer)
                    finally:
                        self._looking.release()
            return answer.outcome
        finally:
            with self._lock:
                self._watched.pop(statement_hash, None)

    def _look(self, own: str, answer: _Answer) -> None:
        """Look for the caller's own statement and as many others as one look may have."""
        with self._lock:
            watched = {own: answer, **{name: other for name, other in self._watched.items() if name != own}}
        for statement_hash, outcome in self._find(list(watched)[:MOST]).items():
            if not isinstance(outcome, Pending):
                watched[statement_hash].outcome = outcome
                watched[statement_hash].given.set()
