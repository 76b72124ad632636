"""One log in PostgreSQL, four processes writing: the ledger alone. `python -m tests.benchmarks.bench_processes [STATEMENTS]`.

Each process has statements that its intake has passed already. "In bulk" each enters its own batches, and the database's lock sets them
in a row; "waiting" means sixteen threads in each process: one process leads, the others' submissions go over the inbox. PostgreSQL is a
server of this run's own with fsync on, or the one that TEST_DATABASE_URL names.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter

from contracts.database import make_engine
from ledger.intake import Checked
from ledger.log import Log, open_log
from ledger.outcome import Receipt
from tests.benchmarks.measuring import judge, tell
from tests.databases import Databases
from tests.ledger.live_log import LiveLog, make_firm, make_service, say_enrolment

PROCESSES, THREADS = 4, 16
BULK = 500  #: statements that a process enters at once
GOAL = 4_000  #: entries a second, of all processes together
WAIT = 60.0  #: seconds that a submitter waits for its answer


def run_share(url: str, folder: str, number: int, count: int, way: str, ready: Barrier) -> None:
    """Enter one process's statements between two meetings of all."""
    log = open_log(make_engine(url), make_service(Path(folder)))
    firm = make_firm(f"firm{number}")
    firm.signed = log.read_last_seq(firm.key.multikey)
    passed = log._intake.check_many([firm.say("delivery.dispatched") for _ in range(count)])
    checked = [one for one in passed if isinstance(one, Checked)]
    if way == "waiting":
        log.start()
    ready.wait()
    outcomes = enter_in_bulk(log, checked) if way == "in bulk" else wait_for_each(log, checked)
    ready.wait()
    log.stop()
    if outcomes != count:
        raise SystemExit(f"{count - outcomes} of {count} were not entered")


def enter_in_bulk(log: Log, checked: list[Checked]) -> int:
    """Enter batches in this thread; gives how many stand on the log."""
    outcomes = [one for begin in range(0, len(checked), BULK) for one in log._writer.enter(checked[begin : begin + BULK])]
    return sum(isinstance(one, Receipt) for one in outcomes)


def wait_for_each(log: Log, checked: list[Checked]) -> int:
    """Submit one by one in several threads; gives how many stand on the log."""
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(isinstance(one, Receipt) for one in pool.map(lambda one: log.submit_checked(one, WAIT), checked))


def measure_processes(url: str, folder: str, count: int, way: str) -> float:
    """Let the processes write together; gives entries a second of the wall clock."""
    context = get_context("spawn")
    ready = context.Barrier(PROCESSES + 1)
    shares = [context.Process(target=run_share, args=(url, folder, number, count // PROCESSES, way, ready)) for number in range(PROCESSES)]
    for share in shares:
        share.start()
    ready.wait()
    begin = perf_counter()
    ready.wait()
    rate = count / (perf_counter() - begin)
    for share in shares:
        share.join()
    if any(share.exitcode for share in shares):
        raise SystemExit("a process failed")
    judge(f"  {PROCESSES} processes, {way}, {count:,} entries: entries/s", rate, GOAL)
    return rate


def bench_processes(count: int) -> None:
    """Start PostgreSQL, found a log with a firm for each process, and measure."""
    print("\nPostgreSQL, four processes on one log, ledger alone, signatures off the clock, fsync on", flush=True)
    tell("starting PostgreSQL")
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder) / "databases")
        try:
            url = databases.create("postgresql")
            databases.set_fsync(on=True)
            live = LiveLog(url, Path(folder))
            for number in range(PROCESSES):
                live.accept(say_enrolment(live.firm, make_firm(f"firm{number}")))
            live.close()
            measure_processes(url, folder, count, "in bulk")
            measure_processes(url, folder, count // 4, "waiting")
        finally:
            databases.close()


if __name__ == "__main__":
    bench_processes(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
