"""Watching the inbox for many waiting threads at once: one of them looks for all, so that a look for many costs what it does for one."""

import threading
import time

from ledger import inbox, store

POLL = 0.02  #: seconds between two looks for an answer that another process gives
MOST = 500  #: statements in one look


class InboxWatch:
    """Tells each of a process's threads when its statement stands in the inbox no more."""

    def __init__(self, engine: store.Engine, log_id: int) -> None:
        self._engine = engine
        self._log_id = log_id
        self._lock = threading.Lock()
        self._looking = threading.Lock()  #: held by the thread that looks for all
        self._gone: dict[str, threading.Event] = {}  #: by statement hash

    def wait(self, statement_hash: str, deadline: float) -> bool:
        """Wait until a statement has left the inbox; False if the deadline (monotonic seconds) comes first. Raises store.Outage."""
        with self._lock:
            gone = self._gone.setdefault(statement_hash, threading.Event())
        try:
            while time.monotonic() < deadline:
                if gone.wait(POLL):
                    return True
                if self._looking.acquire(blocking=False):
                    try:
                        self._look(statement_hash, gone)
                    finally:
                        self._looking.release()
            return gone.is_set()
        finally:
            with self._lock:
                self._gone.pop(statement_hash, None)

    def _look(self, own: str, gone: threading.Event) -> None:
        """Look for the caller's own statement and as many others as one look may have."""
        with self._lock:
            watched = {own: gone, **{name: event for name, event in self._gone.items() if name != own}}
        asked = list(watched)[:MOST]
        with store.reading(self._engine) as connection:
            waiting = inbox.list_waiting(connection, self._log_id, asked)
        for statement_hash in asked:
            if statement_hash not in waiting:
                watched[statement_hash].set()
