"""A small service that founds a log and appends batches, forked again and again so that each system call of it can be made to fail.

Run as `python -m tests.ledger.failures.appender`. It loads everything once; then, for each line `URL FOLDER` on its standard input, it
forks a child, prints the child's id, and the child waits for a byte in FOLDER/go. So strace can attach before the first call that counts,
and a run costs milliseconds instead of a start of Python.

The child sends the submissions of FOLDER/../submissions.json batch by batch, writes each receipt to FOLDER/promises, and in the end what
stopped it to FOLDER/end: `done`, or the name of an exception with the reason of its latch.
"""

import ctypes
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.database import make_engine
from ledger import writer
from ledger.log import Log, found_log
from ledger.outcome import LogLatched, Outcome, Receipt
from ledger.statement import Submission, read_submission
from tests.ledger.live_log import START, make_service

BATCHES = (2, 3)  #: deliveries in each commit after founding and enrolment
_ANY_TRACER, _SET_TRACER = -1, 0x59616D61  #: of prctl(2): strace is no ancestor of ours


def read_batches(path: Path) -> list[list[Submission]]:
    """Read the submissions: founding, enrolment, then the batches."""
    found = [read_submission(json.dumps(one).encode()) for one in json.loads(path.read_text("utf-8"))]
    begins = [2, *(2 + sum(BATCHES[:number]) for number in range(1, len(BATCHES)))]
    return [found[:1], found[1:2], *(found[begin : begin + size] for begin, size in zip(begins, BATCHES, strict=True))]


def append_all(url: str, folder: Path, batches: Sequence[Sequence[Submission]]) -> str:
    """Found the log and send the batches, each promise written down; gives the word for how it ended."""
    promises = os.open(folder / "promises", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    engine = make_engine(url)
    log: Log | None = None
    try:
        log = found_log(engine, batches[0][0], make_service(folder / "guard"))
        for batch in batches:
            write_promises(promises, log.submit_many(batch))
        log.publish_checkpoint(START)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
        ended = f"{type(error).__name__} {getattr(error, 'reason', '')} {error}"
        if isinstance(error, LogLatched) and log is not None:
            return f"{ended} | {try_latched(log, batches[-1])}"
        return ended
    return "done"


def try_latched(log: Log, batch: Sequence[Submission]) -> str:
    """Tell whether a shut log takes something, and whether it can be read."""
    try:
        log.submit_many(batch)
    except LogLatched:
        return "stays shut" if log.read_head() is None or log.read_entries(0, 1) else "cannot be read"
    return "was written to"


def write_promises(handle: int, outcomes: Sequence[Outcome]) -> None:
    """Write index and statement hash of each receipt."""
    for outcome in outcomes:
        if not isinstance(outcome, Receipt):
            raise TypeError(str(outcome))
        os.write(handle, f"{outcome.index} {outcome.statement_hash}\n".encode())


def serve() -> None:
    """Fork a child for each line."""
    writer.PAUSES = (0.0, 0.0, 0.0)  # a test has no time to be patient
    batches = {}
    for line in sys.stdin:
        url, name = line.split()
        folder = Path(name)
        path = folder.parent / "submissions.json"
        if path not in batches:
            batches[path] = read_batches(path)
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(_SET_TRACER, ctypes.c_ulong(_ANY_TRACER), 0, 0, 0)
            (folder / "go").read_bytes()  # a fifo
            ended = append_all(url, folder, batches[path])
            (folder / "end").write_text(ended, "utf-8")
            os._exit(0)  # nothing is closed in order: a service that dies does not either
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    serve()
