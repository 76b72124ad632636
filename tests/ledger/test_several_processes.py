"""Several real processes submit and sequence at once, and are killed at random: no fork, no gap, no promise broken."""

import random  # noqa: TID251 - seeded: whom to kill when
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.log import Log
from ledger.outcome import Receipt
from tests.conftest import find_code_home
from tests.ledger.live_log import LiveLog, check_stored_log, make_firm, say_enrolment

ROOT = Path(__file__).resolve().parents[2]
WAYS = ("bulk", "bare", "wait", "wait")
SECONDS = 6.0  #: of killing and restarting
KILLS_AT_LEAST = 4


class Crowd:
    """The processes of one deployment."""

    def __init__(self, live: LiveLog) -> None:
        self.live = live
        self.started = 0
        self.processes = [self.start(number) for number in range(len(WAYS))]

    def start(self, number: int) -> subprocess.Popen[bytes]:
        """Start the process of a number."""
        self.started += 1
        module = [sys.executable, "-m", "tests.ledger.submitter", self.live.url, str(self.live.folder), str(number), WAYS[number]]
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


@pytest.fixture
def crowd(live: LiveLog) -> Crowd:
    """Four processes on one log, each with a key of its own, all of them submitting."""
    for number in range(len(WAYS)):
        live.accept(say_enrolment(live.firm, make_firm(f"firm{number}")))
    live.engine.dispose()
    crowd = Crowd(live)
    deadline = time.monotonic() + 60
    while any(not (live.folder / f"promises-{number}").exists() for number in range(len(WAYS))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return crowd


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
    promised = read_promises(live.folder)
    finish_waiting(live, promised)

    size = check_stored_log(publish(live))
    kept = {entry.statement_hash: entry.index for entry in live.log.read_entries(0, size)}
    lost = set(promised) - set(kept)
    moved = {found for found, index in promised.items() if index and kept.get(found) != index}
    assert (lost, moved) == (set(), set())
    assert size > 6 + len(WAYS) * 10, "the crowd hardly wrote anything"
    print(f"{live.url.partition(':')[0]}: {size} entries, {len(promised)} promises, {kills} kills")


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
