"""The worker: sequencers and scheduled jobs in one process. Any number may run: for each log one sequences, and one of all has the jobs."""

import logging
import threading
from dataclasses import dataclass

from apscheduler.schedulers.background import BackgroundScheduler

from ledger.lease import make_lease
from webui.jobs import run_quietly
from webui.runtime import Runtime

#: No log has this row: its lease is that of the jobs.
JOBS_LEASE = 0
LOOK = 1.0  #: seconds between two looks at the lease
SCHEDULE = {  #: seconds between two runs
    "checkpoints": 1,
    "tiles": 5,
    "witnesses": 10,
    "heartbeat": 600,
    "periods": 600,
    "reminders": 300,
    "mail": 15,
    "entry": 15,
    "factor-resets": 60,
    "timestamps": 60,
    "erasures": 5,
    "contents": 60,
    "scrub": 1800,  # a look whether a log's last one is a day old
}
#: What takes long, and so does not hold up a start.
UNHURRIED = frozenset({"witnesses", "tiles", "scrub", "timestamps"})
_log = logging.getLogger("symbiosis.worker")


def run_worker(runtime: Runtime, stop: threading.Event) -> None:
    """Run sequencers and jobs until `stop` is set; the runtime stays open."""
    runtime.ending.clear()
    runtime.start()
    lease = make_lease(runtime.engine, JOBS_LEASE)
    scheduler: BackgroundScheduler | None = None
    try:
        while not stop.is_set():
            leads = lease.hold()
            if leads and scheduler is None:
                scheduler = start_schedule(runtime)
            elif not leads and scheduler is not None:
                _end_schedule(runtime, scheduler)
                scheduler = None
            runtime.networks()  # those that another process founded are sequenced too
            stop.wait(LOOK)
    finally:
        if scheduler is not None:
            _end_schedule(runtime, scheduler)
        lease.release()


def start_schedule(runtime: Runtime) -> BackgroundScheduler:
    """Start the jobs' schedule, in memory: what is due is read from the log, so that nothing is lost with it."""
    # Times of the schedule are the machine's; what a job does goes by the runtime's clock.
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60})
    for name, seconds in SCHEDULE.items():
        scheduler.add_job(run_quietly, "interval", seconds=seconds, id=name, args=(runtime, name), jitter=None)
    scheduler.start()
    for name in (one for one in SCHEDULE if one not in UNHURRIED):
        run_quietly(runtime, name)  # once at the start, so that a worker that was down catches up
    _log.info("this worker has the jobs")
    return scheduler


def _end_schedule(runtime: Runtime, scheduler: BackgroundScheduler) -> None:
    """End the schedule; jobs that run are waited for, a long one is left for another day."""
    runtime.ending.set()
    scheduler.shutdown()
    runtime.ending.clear()


@dataclass(frozen=True, slots=True)
class CarriedWorker:
    """A worker that runs in a thread of another process's program."""

    thread: threading.Thread
    stop: threading.Event

    def end(self) -> None:
        """End the worker, and wait until it has ended."""
        self.stop.set()
        self.thread.join()


def start_worker_thread(runtime: Runtime) -> CarriedWorker:
    """Carry a worker along in this process, as a web server on SQLite does."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(runtime, stop), name="worker", daemon=True)
    thread.start()
    return CarriedWorker(thread, stop)
