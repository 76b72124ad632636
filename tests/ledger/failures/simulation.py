"""A simulated deployment: one disk, two servers, submitters, a publisher, a guard and tiles, all of it driven by one seeded dice.

Time is virtual. Before each step the dice arm a fault or none: a step of the database fails before it is done or after it, the guard's disk
fails, or the process dies at that point (everything in memory is lost, what was committed stays). After each step the world is compared
with a model that knows no more than what was said to whom.
"""

import random  # noqa: TID251 - seeded: the same number gives the same story
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from contracts.database import make_engine
from ledger import store
from ledger.checkpoint import verify_checkpoint
from ledger.guard import FileGuard
from ledger.instant import add_seconds
from ledger.log import Log, found_log, open_log
from ledger.merkle import Frontier
from ledger.outcome import LogLatched, LogUnavailable, Outcome, Receipt, Refused
from ledger.recall import TilesMemory
from ledger.statement import Submission
from tests.ledger.live_log import (
    KEYS,
    LOG,
    Author,
    SmallDomain,
    Ticking,
    make_firm,
    make_operator,
    make_service,
    say_enrolment,
    say_founding,
)


class Crash(BaseException):
    """The process died at this point."""


class Faults:
    """Fails a chosen step of all that a server does with its disk."""

    def __init__(self) -> None:
        self.countdown = 0  #: steps until the fault; 0: none is armed
        self.kind = ""  #: crash, lost (the connection) or disk
        self.stored = False  #: whether the step is done before it fails

    def arm(self, kind: str, countdown: int, *, stored: bool) -> None:
        """Arm a fault."""
        self.kind, self.countdown, self.stored = kind, countdown, stored

    def take(self, do: Callable[[], None]) -> None:
        """Do a step, or fail at it."""
        if self.countdown == 0:
            do()
            return
        self.countdown -= 1
        if self.countdown or self.stored:
            do()
        if self.countdown:
            return
        if self.kind == "crash":
            raise Crash
        error = Exception(self.kind)
        if self.kind == "disk":
            error.sqlite_errorcode = 1034  # type: ignore[attr-defined]  # as SQLite says when a sync fails
        raise OperationalError("step", {}, error, connection_invalidated=self.kind == "lost")


class FaultyGuard(FileGuard):
    """A guard on the same faulty disk."""

    faults: Faults

    def advance(self, size: int, root: bytes) -> None:
        """Advance, unless the fault comes here."""
        try:
            self.faults.take(lambda: super(FaultyGuard, self).advance(size, root))
        except OperationalError as error:
            raise store.DiskFault(str(error)) from error


@dataclass
class Server:
    """One process: everything in it is lost when it dies."""

    engine: store.Engine
    log: Log
    clock: Ticking


@dataclass
class Model:
    """What was said to whom, and what must therefore be true for ever."""

    promised: dict[str, int] = field(default_factory=dict)  #: index by statement hash
    notes: dict[int, str] = field(default_factory=dict)  #: checkpoints by size, as given out
    received: list[str] = field(default_factory=list)  #: instants of all entries seen so far
    leaves: list[str] = field(default_factory=list)  #: leaf hashes of all entries seen so far


class World:
    """All of it, on one dice."""

    def __init__(self, seed: int, url: str, folder: Path) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - no secret
        self.url, self.folder, self.faults, self.model = url, folder, Faults(), Model()
        self.now, self.seconds = "2026-01-01T00:00:00Z", 0.0
        self.operator, self.firm = make_operator(), make_firm()
        self.sent: list[Submission] = [say_founding(self.operator), say_enrolment(self.operator, self.firm)]
        self.happened: Counter[str] = Counter()
        self.frontier = Frontier()
        self.servers = [self.start_server(self.make_faulty_engine()) for _ in range(2)]

    def make_faulty_engine(self) -> store.Engine:
        """Make an engine whose sentences and commits take the faults that are armed."""
        engine, faults = make_engine(self.url), self.faults
        real = engine.dialect.do_commit

        def commit(connection: Any) -> None:
            faults.take(lambda: real(connection))

        engine.dialect.do_commit = commit  # type: ignore[method-assign, assignment]  # each engine has a dialect of its own
        event.listen(engine, "before_cursor_execute", lambda *_: faults.take(lambda: None))
        return engine

    def start_server(self, engine: store.Engine) -> Server:
        """Start a process; of an engine that is used again no connection is left, only what its sentences are in SQL."""
        clock, faults = Ticking(self.now, self.seconds), self.faults
        guard = FaultyGuard(self.folder / "guard", LOG)
        guard.faults = faults
        service = replace(make_service(self.folder, clock, SmallDomain()), guard=guard, memories=(TilesMemory(self.folder / "tiles"),))
        armed, faults.countdown = faults.countdown, 0
        try:
            log = found_log(engine, self.sent[0], service) if not self.model.leaves else open_log(engine, service)
            if not self.model.leaves:
                log.submit_many(self.sent[:2])
        finally:
            faults.countdown = armed
        return Server(engine, log, clock)

    # Steps

    def step(self) -> None:
        """Take one step of the story, then compare the world with the model."""
        number = self.dice.randrange(len(self.servers))
        kind = self.dice.choices(["none", "crash", "lost", "disk"], [70, 14, 12, 4])[0]
        if kind != "none":
            self.faults.arm(kind, self.dice.randint(1, 16), stored=self.dice.random() < 0.5)
        act = self.dice.choices([self.submit, self.publish, self.pass_time, self.read, self.restart], [60, 15, 15, 5, 5])[0]
        try:
            act(number)
        except Crash:
            self.happened["crash"] += 1
            self.faults.countdown = 0
            self.restart(number)
        except LogLatched as error:
            self.happened[f"latched: {error.reason}"] += 1
            if error.reason not in ("disk", "clock"):
                raise AssertionError(str(error)) from error
            self.faults.countdown = 0
            self.restart(number)
        except (LogUnavailable, store.Outage):
            self.happened["unavailable"] += 1
        self.faults.countdown = 0
        self.happened[act.__name__] += 1
        self.compare(number)

    def submit(self, number: int) -> None:
        """Send new statements, some old ones again, or other bytes under an old id."""
        batch = [self.write(self.firm) for _ in range(self.dice.randint(1, 3))]
        if self.dice.random() < 0.4:
            batch.append(self.dice.choice(self.sent))
        forged = None
        if self.dice.random() < 0.1:
            known = self.dice.choice(self.sent).signed.statement
            if known.author == self.firm.organisation:
                forged = self.firm.deliver(id=known.id, now=self.now)
                batch.append(forged)
        self.sent += [one for one in batch if one is not forged]
        self.keep(self.servers[number].log.submit_many(batch))

    def write(self, author: Author) -> Submission:
        """Sign a delivery, now."""
        return author.deliver(now=self.now)

    def keep(self, outcomes: list[Outcome]) -> None:
        """Take over what was promised."""
        for outcome in outcomes:
            if isinstance(outcome, Receipt):
                known = self.model.promised.setdefault(outcome.statement_hash, outcome.index)
                assert known == outcome.index, f"{outcome.statement_hash} was promised {known}, then {outcome.index}"
            elif isinstance(outcome, Refused):
                assert outcome.statement_hash not in self.model.promised, f"{outcome.statement_hash} stands on the log and was refused"
                codes = {finding.code for finding in outcome.findings}
                assert codes <= {"replayed-id", "expired", "used-key-seq", "future"}, codes
                self.happened[f"refused: {'+'.join(sorted(codes))}"] += 1

    def publish(self, number: int) -> None:
        """Sign a checkpoint and put it where tiles are served."""
        note = self.servers[number].log.publish_checkpoint(self.now)
        if note is None:
            return
        size = verify_checkpoint(note, LOG, KEYS.log_verifier).size
        assert size not in self.model.notes or self.model.notes[size] == note, f"two checkpoints of {size}"
        self.model.notes[size] = note
        (self.folder / "tiles").mkdir(exist_ok=True)
        (self.folder / "tiles" / "checkpoint").write_text(note, "utf-8")

    def pass_time(self, number: int) -> None:
        """Let time pass for all; one server's clock may tremble, or jump."""
        seconds = self.dice.choice([1, 1, 2, 30])
        self.now, self.seconds = add_seconds(self.now, seconds), self.seconds + seconds
        for server in self.servers:
            server.clock.now, server.clock.seconds = self.now, self.seconds
        if self.dice.random() < 0.05:
            self.servers[number].clock.now = add_seconds(self.now, self.dice.choice([-2, -1, 1, -10, 500]))

    def read(self, number: int) -> None:
        """Ask what became of a statement."""
        asked = self.dice.choice(self.sent).signed.hash
        found = self.servers[number].log.find_outcome(asked)
        if asked in self.model.promised:
            assert isinstance(found, Receipt)
            assert found.index == self.model.promised[asked]

    def restart(self, number: int) -> None:
        """End a process without a farewell and start another."""
        self.servers[number].engine.dispose()
        self.servers[number] = self.start_server(self.servers[number].engine)

    # The model

    def compare(self, number: int) -> None:
        """Compare what is stored with all that was said: nothing gone, nothing moved, nothing changed, every head and checkpoint right."""
        log = self.servers[number].log
        head = log.read_head()
        assert head is not None
        known = len(self.model.leaves)
        assert head.size >= known, f"the log shrank from {known} to {head.size}"
        for entry in log.read_entries(known, head.size):
            assert entry.index == len(self.model.leaves)
            assert not self.model.received or entry.received_at >= self.model.received[-1]
            self.model.leaves.append(entry.leaf_hash)
            self.model.received.append(entry.received_at)
            self.frontier.append(bytes.fromhex(entry.leaf_hash))
            promised = self.model.promised.get(entry.statement_hash)
            assert promised in (None, entry.index)
            self.model.promised[entry.statement_hash] = entry.index  # it is there, so it stays there
            if entry.index + 1 in self.model.notes:
                self.check_note(entry.index + 1)
        assert head.root == self.frontier.compute_root()
        assert len(self.model.leaves) > max(self.model.promised.values())
        if head.size in self.model.notes:
            self.check_note(head.size)
        guarded = FileGuard(self.folder / "guard", LOG).read()
        assert guarded is not None
        assert guarded[0] <= head.size

    def check_note(self, size: int) -> None:
        """Check a checkpoint against the tree as it stood at its size, which is now."""
        if self.frontier.size == size:
            checkpoint = verify_checkpoint(self.model.notes[size], LOG, KEYS.log_verifier)
            assert (checkpoint.size, checkpoint.root) == (size, self.frontier.compute_root())

    def close(self) -> None:
        """End all."""
        for server in self.servers:
            server.engine.dispose()


def place_on_memory(url: str, folder: Path) -> str:
    """Copy a database to a folder, of memory if there is one; gives its address."""
    shutil.copy(str(make_url(url).database), folder / "ledger.db")
    return f"sqlite:///{folder / 'ledger.db'}"
