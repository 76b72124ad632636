"""The writer of one log: commits batches, retries what the database lost, quarantines what breaks a batch, and latches rather than fork.

Any number of writers may run, in threads and processes: the insert of the next head, unique by (log, previous size), lets one of them
through. Whoever loses reads the new head and judges anew.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ledger import inbox, store
from ledger.checkpoint_signing import FindKey
from ledger.errors import Finding
from ledger.guard import Guard, GuardError
from ledger.intake import Checked
from ledger.ml_dsa import MlDsaKey
from ledger.note import read_verifier_key
from ledger.outcome import (
    PUBLISHED,
    SEQUENCED,
    LogKeys,
    LogLatched,
    LogUnavailable,
    Outcome,
    Receipt,
    Refused,
    refuse,
)
from ledger.policy import Policy
from ledger.recall import Memory, Recalled, ask_memories, check_memories, list_log_keys, read_note
from ledger.sequencer import Batch, Domain, order_by_key
from ledger.tip import Tip, check_guard, read_root_at, read_tip
from ledger.watch import ClockWatch

MAX_BATCH = 1000  #: submissions in one commit
PAUSES = (0.1, 0.5, 2.0)  #: seconds before another try with a database that failed
OVERTAKEN = 5  #: times that a batch is tried again because others committed meanwhile
_journal = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogService:
    """What a writer of a log is given by whoever runs it."""

    keys: LogKeys
    domain: Domain
    clock: Callable[[], str]  #: the time as an instant
    monotonic: Callable[[], float]  #: seconds that never go back; of the same clock as `clock`
    guard: Guard
    memories: tuple[Memory, ...] = ()  #: what else remembers the log: exported tiles, witnesses
    policy: Policy | None = None  #: the witnesses that are asked, and how many of them are enough
    post_quantum: MlDsaKey | None = None  #: cosigns the log's checkpoints beside its Ed25519 key
    find_log_key: FindKey = lambda _text: None  #: verifier key → a further log key that is at hand


@dataclass(frozen=True, slots=True)
class Latch:
    """Why a writer is shut."""

    reason: str  #: one of outcome.REASONS
    message: str  #: for the operator: what is wrong and what to do


class ForkProved(Exception):
    """A checkpoint signed by the log's own key contradicts the tree."""

    def __init__(self, note: str, shower: str) -> None:
        super().__init__(note)
        self.shower = shower  #: who showed it


class Writer:
    """Enters submissions into one log; thread-safe."""

    def __init__(self, engine: store.Engine, log_id: int, service: LogService) -> None:
        self._engine = engine
        self._reader = store.open_reader(engine)
        self._log_id = log_id
        self._service = service
        self._watch = ClockWatch(service.clock, service.monotonic)
        self._lock = threading.Lock()
        self._tip = Tip()
        self._judged_on = 0  #: size of the tip that the last attempt began from
        self._guarded = -1  #: size that the guard is known to have
        self._latch: Latch | None = None  #: why the writer is shut
        self._recalled = False  #: whether the memories were asked since this writer was made
        self._suspects: set[str] = set()  #: statement hashes that once broke a batch

    def begin(self) -> None:
        """Read the log and the guard, as each start and each new leader must; raises LogLatched for a database that must not sign."""
        with self._lock, self.latching():
            self._recalled = False
            recalled, guarded = self._ask_memories(), self._service.guard.read()
            with store.reading(self._reader) as connection:
                tip = read_tip(connection, self._log_id, self._tip)
                check_guard(connection, self._log_id, guarded, tip)
                self._check_memories(connection, recalled, tip)
                quarantined = inbox.list_outcomes(connection, self._log_id, outcome="quarantined")
            self._tip = tip
            self._suspects = {row.statement_hash for row in quarantined}

    @property
    def latch(self) -> Latch | None:
        """Why this writer is shut; None while it is open."""
        return self._latch

    def shut(self, latch: Latch) -> None:
        """Shut the writer: a look at what is stored has shown that the log must not sign."""
        with self._lock:
            self._shut(latch)

    def report_open(self) -> None:
        """Say to other processes that whoever leads the log now has found nothing against it."""
        with store.reading(self._reader) as connection:
            shut = inbox.read_shut(connection, self._log_id)
        if shut is not None:
            self._report("opened", "", "")

    def enter(self, batch: Sequence[Checked]) -> list[Outcome]:
        """Enter submissions, each answered by itself and in their order; returns after commit.

        Raises LogLatched or LogUnavailable; what was committed before that is on the log, and the same bytes again give its receipt.
        """
        with self._lock:
            answers: list[Outcome] = []
            for begin in range(0, len(batch), MAX_BATCH):
                answers += self._enter_or_quarantine(batch[begin : begin + MAX_BATCH])
            return answers

    def check_tip(self) -> Tip:
        """Give the newest tip for a checkpoint to be signed, with the guard at it already; raises LogLatched or store.Outage."""
        with self._lock, self.latching():
            recalled, guarded = self._ask_memories(), self._service.guard.read()
            with store.reading(self._reader) as connection:
                self._check_latch(connection)
                tip = read_tip(connection, self._log_id, self._tip)
                check_guard(connection, self._log_id, guarded, tip)
                self._check_memories(connection, recalled, tip)
            self._tip = tip
            self._advance_guard()
            return tip

    def check_shown(self, note: str, shower: str) -> None:
        """Compare the tree with a checkpoint that somebody keeps; raises LogLatched, the log shut for good, if it contradicts us."""
        with self._lock, self.latching(), store.reading(self._reader) as connection:
            self._compare(connection, read_tip(connection, self._log_id, self._tip), note, shower)

    def _enter_or_quarantine(self, batch: Sequence[Checked]) -> list[Outcome]:
        if len(batch) > 1 and any(checked.signed.hash in self._suspects for checked in batch):
            return [answer for checked in batch for answer in self._enter_or_quarantine([checked])]
        try:
            return self._enter_with_patience(batch)
        except (LogLatched, LogUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - whatever our own code raises, one statement may not stop the others
            if len(batch) == 1:
                return [self._quarantine(batch[0], error)]
            _journal.exception("a batch of %d was rolled back and is entered one by one", len(batch))
        ordered = order_by_key(batch)
        single = {position: self._enter_or_quarantine([batch[position]])[0] for position in ordered}
        return [single[position] for position in range(len(batch))]

    def _enter_with_patience(self, batch: Sequence[Checked]) -> list[Outcome]:
        """Try until a commit is known. Each try looks the ids up first, so a commit whose answer was lost is found, not repeated."""
        failures = races = 0
        while True:
            try:
                with self.latching():
                    return self._attempt(batch)
            except store.LostRace:
                continue
            except LogLatched:
                raise
            except store.Outage as error:
                if failures == len(PAUSES):
                    raise LogUnavailable(f"the database failed {failures + 1} times ({error}): send the same statements again") from error
                time.sleep(PAUSES[failures])
                failures += 1
            except Exception:
                if races == OVERTAKEN or not self._was_overtaken():
                    raise
                races += 1

    def _was_overtaken(self) -> bool:
        """Tell whether another writer committed meanwhile: then its rows may be what a fold stumbled over, and no statement is to blame."""
        with store.reading(self._reader) as connection:
            head = store.read_head(connection, self._log_id)
        return (0 if head is None else head.size) != self._judged_on

    def _attempt(self, batch: Sequence[Checked]) -> list[Outcome]:
        recalled, guarded = self._ask_memories(), self._service.guard.read()
        with store.writing(self._engine, self._log_id) as connection:
            self._check_latch(connection)
            tip = read_tip(connection, self._log_id, self._tip)
            self._judged_on = tip.size
            check_guard(connection, self._log_id, guarded, tip)
            self._check_memories(connection, recalled, tip)
            for checked in batch:
                if checked.shown_note is not None:
                    self._compare(connection, tip, checked.shown_note, "a submitter")
            work = Batch(connection, self._log_id, tip, self._service.domain, self._watch.read(tip.received_at))
            work.look_up(batch)
            entered = {position: work.enter(batch[position]) for position in order_by_key(batch)}
            published = self._read_published(connection, entered.values(), tip.size)
            answers: list[Outcome] = [
                self._answer(batch[position], entered[position], work.received_at, published) for position in range(len(batch))
            ]
            refusals = [answer for answer in answers if isinstance(answer, Refused)]
            inbox.insert_outcomes(connection, self._log_id, [_record(refused, work.received_at) for refused in refusals])
            inbox.drop_inbox(connection, [checked.inbox_id for checked in batch if checked.inbox_id is not None])
            new_tip = work.save()
        # A crash here: the entries are on the log and nobody was told. Their authors send them again, or find them waiting no more,
        # and get these receipts; the guard is behind the database, which is allowed, and the next writer brings it up.
        self._tip = new_tip
        self._advance_guard()
        # A crash here: the same, with the guard at the head. From now on no older database can go on.
        return answers

    def _answer(
        self, checked: Checked, entered: store.StoredEntry | list[Finding], now: str, published: int
    ) -> Receipt | Refused:  # fmt: skip
        if isinstance(entered, list):
            return refuse(self._service.keys, checked.signed.hash, now, entered)
        return make_receipt(entered, published)

    def _read_published(
        self, connection: store.Connection, entered: Iterable[store.StoredEntry | list[Finding]], size: int
    ) -> int:  # fmt: skip
        """Give the size of the newest checkpoint, if there is an older entry that it may cover."""
        if all(isinstance(one, list) or one.index >= size for one in entered):
            return 0
        return read_published(connection, self._log_id)

    def _advance_guard(self) -> None:
        """Have the guard at the tip before anybody is answered, whoever committed it."""
        if self._tip.size != self._guarded and self._tip.size > 0:
            self._service.guard.advance(self._tip.size, self._tip.root)
            self._guarded = self._tip.size

    def _ask_memories(self) -> tuple[Recalled, ...]:
        """Ask once for each writer and each lead: after that this writer itself knows what it has signed."""
        return () if self._recalled else ask_memories(self._service.memories)

    def _check_memories(self, connection: store.Connection, recalled: Sequence[Recalled], tip: Tip) -> None:
        keys = list_log_keys(tip.authority, self._service.keys.log_verifier) if recalled else ()
        for odd in check_memories(connection, self._log_id, recalled, tip, self._service.keys.name, keys):
            _journal.warning("log %d: %s", self._log_id, odd)
        self._recalled = True

    def _compare(self, connection: store.Connection, tip: Tip, note: str, shower: str) -> None:
        """Look at a checkpoint that somebody shows; a note of ours that contradicts our tree is proof of a fork."""
        current, name = self._service.keys.log_verifier, self._service.keys.name
        shown = read_note(note, name, list_log_keys(tip.authority, current))
        if shown is None:
            return  # not signed by this log's key: it proves nothing, whatever it says
        in_force = tip.authority.log_key_at(shown.size)
        if in_force and read_note(note, name, [read_verifier_key(in_force)]) is None:
            return  # by a former key beyond its time: whoever has found it may not shut the log
        if shown.size > tip.size or read_root_at(connection, self._log_id, shown.size) != shown.root:
            raise ForkProved(note, shower)

    def _check_latch(self, connection: store.Connection) -> None:
        """Refuse to go on in a writer that is shut, or on a log that any process has shut."""
        if self._latch is None and inbox.is_latched(connection, self._log_id):
            self._latch = FORKED
        self._refuse_if_latched()

    def _refuse_if_latched(self) -> None:
        if self._latch is not None:
            raise LogLatched(self._latch.message, self._latch.reason)

    def _shut(self, latch: Latch) -> None:
        self._latch = latch
        _journal.error("log %d is shut (%s): %s", self._log_id, latch.reason, latch.message)
        if latch.reason not in ("disk", "fork"):  # a failing disk is not written to again; of a fork there is a row already
            self._report("shut", latch.reason, latch.message)

    def _report(self, outcome: str, reason: str, message: str) -> None:
        """Tell the processes that serve readers, as far as the database takes it: it costs nothing but a red light if it does not."""
        try:
            with store.writing(self._engine, self._log_id) as connection:
                row = inbox.OutcomeRow("00" * 32, outcome, self._service.clock(), reason, message)
                inbox.insert_outcomes(connection, self._log_id, [row])
        except store.Outage as error:
            _journal.warning("log %d: that it is %s could not be recorded: %s", self._log_id, outcome, error)

    @contextmanager
    def latching(self) -> Iterator[None]:
        """Turn what forbids writing on into a latch: it stays until a person has looked and started the writer anew."""
        self._refuse_if_latched()
        try:
            yield
        except ForkProved as error:
            # Kept in the database, so that every process and every later start finds the log shut. A crash before this commit leaves the
            # log open; the note's holder shows it again.
            with store.writing(self._engine, self._log_id) as connection:
                row = inbox.OutcomeRow("00" * 32, "latched", self._service.clock(), str(error), f"shown by {error.shower}")
                inbox.insert_outcomes(connection, self._log_id, [row])
            self._shut(FORKED)
            raise LogLatched(FORKED.message, FORKED.reason) from error
        except GuardError as error:
            self._shut(Latch(error.code, str(error)))
            raise LogLatched(str(error), error.code) from error
        except store.DiskFault as error:
            message = f"the database cannot be written or is damaged ({error}): mend the disk or make room, then start the writer anew"
            self._shut(Latch("disk", message))
            raise LogLatched(message, "disk") from error
        except LogLatched as error:
            if self._latch is None:
                self._shut(Latch(error.reason, str(error)))
            raise

    def _quarantine(self, checked: Checked, error: Exception) -> Refused:
        """Refuse a statement on which our own code fails, and keep what failed for the operator; it is tried alone if it comes again."""
        statement_hash = checked.signed.hash
        _journal.error("statement %s is quarantined", statement_hash, exc_info=error)
        fault = Finding("statement", "quarantined", "the service failed on this statement and has set it aside; its operator was told")
        now = self._service.clock()
        refused = refuse(self._service.keys, statement_hash, now, [fault])
        row = replace(_record(refused, now), outcome="quarantined", detail=f"{type(error).__name__}: {error}")
        try:
            with self.latching(), store.writing(self._engine, self._log_id) as connection:
                inbox.insert_outcomes(connection, self._log_id, [row])
                inbox.drop_inbox(connection, [checked.inbox_id] if checked.inbox_id is not None else [])
        except store.Outage as outage:
            raise LogUnavailable(f"the database failed ({outage}): send the same statement again") from outage
        self._suspects.add(statement_hash)
        return refused


FORKED = Latch(
    "fork",
    "a checkpoint signed by this log's own key contradicts its tree: there are two histories. Nothing more is written; the note is kept in "
    "ledger_outcomes. Find out which history is true, and found a successor log",
)


def make_receipt(entry: store.StoredEntry, published: int) -> Receipt:
    """Make the receipt of an entry, under a newest checkpoint of size `published`."""
    state = PUBLISHED if entry.index < published else SEQUENCED
    return Receipt(entry.index, entry.leaf_hash, entry.statement_hash, entry.received_at, state)


def read_published(connection: store.Connection, log_id: int) -> int:
    """Read the size of the newest checkpoint, 0 before the first."""
    newest = store.list_checkpoints(connection, log_id, newest_first=True, limit=1)
    return newest[0][0] if newest else 0


def _record(refused: Refused, now: str) -> inbox.OutcomeRow:
    return inbox.OutcomeRow(refused.statement_hash, "refused", now, refused.note)
