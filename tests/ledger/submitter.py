"""One process of a deployment, for tests with several: submits by one of the ways there are, and writes down each promise it got.

Run as `python -m tests.ledger.submitter URL FOLDER NUMBER WAY SEED`. WAY is `bulk` (sequences in its own thread), `wait` (sequencer
thread, inbox unless it leads) or `bare` (bulk without PostgreSQL's lock, so that the compare-and-swap alone stands between the writers).
It runs until it is killed. Promises go to FOLDER/promises-NUMBER, one line each, synced: what was promised before a kill must hold.
"""

import os
import random  # noqa: TID251 - seeded: which way a test process takes
import sys
import time
from pathlib import Path

from contracts.database import make_engine
from ledger import store
from ledger.log import Log, open_log
from ledger.outcome import LogUnavailable, Pending, Receipt
from ledger.statement import Submission
from tests.ledger.live_log import Author, make_firm, make_service


def run_submitter(url: str, folder: Path, number: int, way: str, seed: int) -> None:
    """Submit without end; every fourth statement is sent a second time, as a phone without an answer would."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    if way == "bare":
        store.lock_writers = lock_nobody
    log = open_log(make_engine(url), make_service(folder))
    firm = make_firm(f"firm{number}")
    firm.signed = log.read_last_seq(firm.key.multikey) + dice.randrange(1000, 2000) * 1000  # gaps are allowed, repeats are not
    if way == "wait":
        log.start()
    with (folder / f"promises-{number}").open("a", encoding="ascii") as promises:
        again: list[Submission] = []
        while True:
            fresh = [firm.deliver() for _ in range(dice.randint(1, 20))]
            submit_some(log, firm, [*fresh, *again], way, promises.fileno())
            again = fresh[::4]


def lock_nobody(connection: store.Connection, log_id: int) -> None:
    """Stand in for the lock between writers: there is none."""


def submit_some(log: Log, firm: Author, submissions: list[Submission], way: str, handle: int) -> None:
    """Submit, then write down index and statement hash of each receipt, or `-` for an acknowledgement; one line each, synced."""
    try:
        wait = way == "wait"
        outcomes = [log.submit(submission, timeout=2.0) for submission in submissions] if wait else log.submit_many(submissions)
    except LogUnavailable:
        time.sleep(0.05)
        return
    for outcome in outcomes:
        index = str(outcome.index) if isinstance(outcome, Receipt) else "-"
        if not isinstance(outcome, Receipt | Pending):
            raise SystemExit(f"{firm.name}: {outcome}")
        os.write(handle, f"{index} {outcome.statement_hash}\n".encode())
    os.fsync(handle)


if __name__ == "__main__":
    run_submitter(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
