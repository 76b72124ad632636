"""Failure 4: two servers, or more, on one log: one leads, the compare-and-swap stops the other, no promise breaks when one is killed."""

import random  # noqa: TID251 - seeded: whom to kill when
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.lease import make_lease
from ledger.log import Log
from ledger.outcome import Receipt
from tests.conftest import find_code_home
from tests.ledger.live_log import LiveLog, check_stored_log, make_firm, say_enrolment

ROOT = Path(__file__).resolve().parents[3]
WAYS = ("bulk", "bare", "wait", "wait")
SECONDS = 6.0  #: of killing and restarting
KILLS_AT_LEAST = 4


class Crowd:
    """The processes of one deployment."""

    def __init__(self, live: LiveLog, ways: Sequence[str] = WAYS) -> None:
        self.live = live
        self.ways = ways
        self.started = 0
        self.processes = [self.start(number) for number in range(len(ways))]

    def start(self, number: int) -> subprocess.Popen[bytes]:
        """Start the process of a number."""
        self.started += 1
        module = [sys.executable, "-m", "tests.ledger.submitter", self.live.url, str(self.live.folder), str(number), self.ways[number]]
        paths = f"{find_code_home()}:{ROOT}"
        with (self.live.folder / f"errors-{number}").open("ab") as errors:
            return subprocess.Popen([*module, str(self.started)], cwd=ROOT, stderr=errors, env={"PYTHONPATH": paths, "PATH": ""})

    def kill(self, number: int) -> None:
        """Kill a process without a word of farewell."""
        process = self.processes[number]
        assert process.poll() is None, (self.live.folder / f"errors-{number}").read_text("utf-8")
        process.send_signal(signal.SIGKILL)
        process.wait()

    def count_promises(self) -> int:
        """Count the promises of all so far."""
        return sum(len(path.read_bytes().splitlines()) for path in self.live.folder.glob("promises-*"))


def start_crowd(live: LiveLog, ways: Sequence[str]) -> Crowd:
    """Start processes on one log, each with a key of its own, and wait until all of them have promised something."""
    for number in range(len(ways)):
        live.accept(say_enrolment(live.firm, make_firm(f"firm{number}")))
    live.engine.dispose()
    crowd = Crowd(live, ways)
    deadline = time.monotonic() + 60
    while any(count_promises(live, number) == 0 for number in range(len(ways))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return crowd


def count_promises(live: LiveLog, number: int) -> int:
    """Count the promises of a process so far."""
    path = live.folder / f"promises-{number}"
    return len(path.read_bytes().splitlines()) if path.exists() else 0


@pytest.fixture
def crowd(live: LiveLog) -> Crowd:
    """Four processes on one log, all of them submitting."""
    return start_crowd(live, WAYS)


def test_a_second_server_gets_no_lease_and_leads_when_the_first_is_gone(live: LiveLog) -> None:
    first = start_crowd(live, ["wait"])
    live.start_again()
    lease = make_lease(live.engine, live.log.log_id)

    held = lease.hold()
    live.log.start()
    leads = live.log._desk.leads
    answered = live.log.submit(live.firm.deliver(), timeout=20)  # by the other process
    first.kill(0)
    deadline = time.monotonic() + 20
    while not live.log._desk.leads and time.monotonic() < deadline:
        time.sleep(0.05)
    after = live.log.submit(live.firm.deliver(), timeout=20)
    live.log.stop()

    assert (held, leads) == (False, False)
    assert isinstance(answered, Receipt)
    assert isinstance(after, Receipt)
    assert after.index > answered.index
    check_promises(live)


def test_two_servers_without_lease_or_lock_never_fork_a_log(live: LiveLog) -> None:
    crowd = start_crowd(live, ["bare", "bare"])
    time.sleep(1.5)

    for number in range(2):
        crowd.kill(number)
    live.start_again()

    assert check_promises(live) > 20


def check_promises(live: LiveLog) -> int:
    """Verify the whole log, and that each promise of an index is kept; gives its size."""
    promised = read_promises(live.folder)
    finish_waiting(live, promised)
    size = check_stored_log(publish(live))
    kept = {entry.statement_hash: entry.index for entry in live.log.read_entries(0, size)}
    assert set(promised) - set(kept) == set()
    assert {found for found, index in promised.items() if index and kept.get(found) != index} == set()
    return size


@pytest.mark.slow
def test_processes_that_are_killed_at_random_keep_every_promise(crowd: Crowd) -> None:
    dice, live, kills = random.Random(7), crowd.live, 0  # noqa: S311 - no secret
    end = time.monotonic() + SECONDS

    while time.monotonic() < end or kills < KILLS_AT_LEAST:
        time.sleep(dice.uniform(0.2, 1.6))
        number = dice.randrange(len(WAYS))
        crowd.kill(number)
        kills += 1
        crowd.processes[number] = crowd.start(number)
    time.sleep(2.0)  # the restarted ones get to work
    for number in range(len(WAYS)):
        crowd.kill(number)
    live.start_again()

    size = check_promises(live)
    assert size > 6 + len(WAYS) * 10, "the crowd hardly wrote anything"
    print(f"{live.url.partition(':')[0]}: {size} entries, {crowd.count_promises()} promises, {kills} kills")


def read_promises(folder: Path) -> dict[str, int]:
    """Read what was promised: index by statement hash, 0 for an acknowledgement without an index; a torn last line is none."""
    promised: dict[str, int] = {}
    for path in folder.glob("promises-*"):
        for line in path.read_text("ascii").splitlines(keepends=True):
            if line.endswith("\n"):
                index, found = line.split()
                known = promised.get(found, 0)
                assert index == "-" or known in (0, int(index)), "one statement was promised two places"
                promised[found] = known or (0 if index == "-" else int(index))
    return promised


def finish_waiting(live: LiveLog, promised: dict[str, int]) -> None:
    """Let a sequencer enter what was acknowledged and still waits."""
    live.log.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        waiting = [found for found, index in promised.items() if index == 0 and not isinstance(live.log.find_outcome(found), Receipt)]
        if not waiting:
            break
        time.sleep(0.1)
    live.log.stop()


def publish(live: LiveLog) -> Log:
    """Publish a checkpoint over all that was entered."""
    live.clock.advance(1)
    live.log.publish_checkpoint(live.clock.now)
    return live.log
