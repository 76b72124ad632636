"""The desk: the thread that leads a log in one process, taking what its own threads and, over the inbox, other processes submit.

Whatever waits when a commit ends goes into the next one together (group commit): many waiting submitters share one fsync.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from ledger import inbox, store
from ledger.errors import Finding
from ledger.intake import Checked, MemoryQueue, Ticket, read_waiting
from ledger.lease import Lease
from ledger.outcome import LogClosed, refuse
from ledger.writer import MAX_BATCH, LogService, Writer

POLL = 0.02  #: seconds between two looks into an inbox that is in use
QUIET = 0.1  #: the same for an inbox into which nothing came lately: an idle log must not keep its database busy
LATELY = 1.0  #: seconds
LEASE_CHECK = 1.0  #: seconds between two looks at the lease
PAUSE = 0.5  #: seconds to wait when the log is closed
_journal = logging.getLogger(__name__)


class Desk:
    """One process's place where submissions to one log are taken."""

    def __init__(self, engine: store.Engine, log_id: int, service: LogService, writer: Writer, lease: Lease) -> None:
        self.queue = MemoryQueue()
        self.leads = False  #: whether this process's thread takes submissions now
        self._engine = engine
        self._reader = store.open_reader(engine)
        self._log_id = log_id
        self._service = service
        self._writer = writer
        self._lease = lease
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_look = 0.0  #: monotonic seconds
        self._last_found = 0.0
        self._next_check = 0.0

    def start(self) -> None:
        """Start the thread and wait until it knows whether it leads."""
        if self._thread is None:
            ready = threading.Event()
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, args=(ready,), name=f"sequencer-{self._log_id}", daemon=True)
            self._thread.start()
            ready.wait()

    def stop(self) -> None:
        """End the thread; what waits in memory is entered first."""
        if self._thread is not None:
            self._stopping.set()
            self.queue.wake()
            self._thread.join()
            self._thread = None

    def _run(self, ready: threading.Event) -> None:
        expected = 1
        while not self._stopping.is_set():
            self._survive(self._check_lease)
            ready.set()
            tickets = self.queue.take(MAX_BATCH, self._find_pause(), expected)
            expected = max(len(tickets), 1)
            self._serve(tickets)
        self.leads = False
        while tickets := self.queue.take(MAX_BATCH, 0):
            self._serve(tickets)
        self._lease.release()

    def _check_lease(self) -> None:
        if time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + LEASE_CHECK
        held = self._lease.hold()
        if held and not self.leads:
            self._writer.begin()
            self._writer.report_open()
        self.leads = held

    def _serve(self, tickets: Sequence[Ticket]) -> None:
        """Enter what waits in memory together with what waits in the inbox, and answer."""
        waiting: list[Checked] = []
        self._survive(lambda: waiting.extend(self._look_into_inbox(MAX_BATCH - len(tickets))))
        if not tickets and not waiting:
            return
        try:
            answers = self._writer.enter([ticket.checked for ticket in tickets] + waiting)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for it
            for ticket in tickets:
                ticket.answer(error)
            self._rest(error)
            return
        for ticket, answer in zip(tickets, answers, strict=False):  # what waited in the inbox is looked up there
            ticket.answer(answer)

    def _find_pause(self) -> float:
        """Find the seconds until the next look; who does not lead looks at the lease alone."""
        return max(self._next_look - time.monotonic(), 0) if self.leads else QUIET

    def _look_into_inbox(self, limit: int) -> list[Checked]:
        if not self.leads or limit <= 0 or time.monotonic() < self._next_look:
            return []
        with store.reading(self._reader) as connection:
            rows = inbox.read_inbox(connection, self._log_id, limit) if inbox.is_filled(connection, self._log_id) else []
        now = time.monotonic()
        self._last_found = now if rows else self._last_found
        self._next_look = now + (POLL if now < self._last_found + LATELY else QUIET)
        found: list[Checked] = []
        for row in rows:
            checked = read_waiting(row)
            if isinstance(checked, Checked):
                found.append(checked)
            else:
                self._set_aside(row, checked)
        return found

    def _set_aside(self, row: inbox.WaitingRow, findings: Sequence[Finding]) -> None:
        """Refuse a row of the inbox that is not what was acknowledged: somebody or something changed it there."""
        now = self._service.clock()
        note = refuse(self._service.keys, row.statement_hash, now, findings).note
        with self._writer.latching(), store.writing(self._engine, self._log_id) as connection:
            outcome = inbox.OutcomeRow(row.statement_hash, "quarantined", now, note, "the row of the inbox was damaged")
            inbox.insert_outcomes(connection, self._log_id, [outcome])
            inbox.drop_inbox(connection, [row.id])

    def _survive(self, step: Callable[[], None]) -> None:
        """Take a step; a failure is written down and tried again later, for a thread that died would leave everybody waiting."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - see above
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        if isinstance(error, LogClosed | store.Outage):
            _journal.error("log %d: %s", self._log_id, error)
        else:
            _journal.error("log %d: the sequencer failed", self._log_id, exc_info=error)
        self._stopping.wait(PAUSE)
