"""Failure 16: 1 to 64 submitters with readers beside them: no gap, every proof holds, and no reader sees a tail that nobody signed."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.log import Log
from ledger.merkle import check_consistency, check_inclusion
from ledger.outcome import PUBLISHED, Receipt
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_firm, say_enrolment

EACH = {1: 40, 4: 30, 16: 12, 64: 5}  #: statements of each submitter


@dataclass(slots=True)
class Reader:
    """Reads the log as a client does: the newest checkpoint, proofs under it, entries below it; keeps what was wrong."""

    log: Log
    ending: threading.Event
    checked: int = 0  #: proofs
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Read until told to end, and once more."""
        last: Checkpoint | None = None
        while True:
            ending = self.ending.is_set()
            try:
                last = self.look(last)
            except Exception as error:  # noqa: BLE001 - a thread's fault is shown by the test
                self.wrong.append(f"{type(error).__name__}: {error}")
                return
            if ending:
                return
            time.sleep(0.005)

    def look(self, last: Checkpoint | None) -> Checkpoint | None:
        """Check the newest checkpoint against the last one seen, and what lies under it."""
        newest = self.log.latest_checkpoint()
        if newest is None or (last is not None and newest[0] == last.size):
            return last
        checkpoint = verify_checkpoint(newest[2], LOG, KEYS.log_verifier)
        if last is not None:
            path = self.log.prove_consistency(last.size, checkpoint.size)
            check_consistency(last.size, last.root, checkpoint.size, checkpoint.root, path)
        entries = self.log.read_entries(last.size if last else 0, checkpoint.size)
        begin = last.size if last else 0
        if [entry.index for entry in entries] != list(range(begin, checkpoint.size)):
            self.wrong.append(f"entries {begin} to {checkpoint.size} have a gap")
        for entry in entries:
            path = self.log.prove_inclusion(entry.index, checkpoint.size)
            check_inclusion(bytes.fromhex(entry.leaf_hash), entry.index, checkpoint.size, path, checkpoint.root)
            self.checked += 1
        self.look_at_tail(checkpoint.size)
        return checkpoint

    def look_at_tail(self, size: int) -> None:
        """Look that what lies beyond a signed size is not said to be published, unless a newer checkpoint covers it."""
        for entry in self.log.read_entries(size, size + 3):
            found = self.log.find_outcome(entry.statement_hash)
            newest = self.log.latest_checkpoint()
            if isinstance(found, Receipt) and found.state == PUBLISHED and (newest is None or entry.index >= newest[0]):
                self.wrong.append(f"entry {entry.index} is said to be published, the newest checkpoint covers {newest and newest[0]}")


@contextmanager
def publishing(live: LiveLog, ending: threading.Event) -> Iterator[None]:
    """Sign checkpoints as fast as the log allows, in a thread, at a clock that runs fast."""

    def publish() -> None:
        while not ending.is_set():
            live.clock.advance(1)
            live.log.publish_checkpoint(live.clock.now)
            time.sleep(0.01)

    thread = threading.Thread(target=publish)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize("count", EACH)
def test_submitters_and_readers_at_once(live: LiveLog, count: int) -> None:
    firms = [make_firm(f"firm{number}") for number in range(count)]
    live.send(*(say_enrolment(live.firm, firm) for firm in firms))
    size, ending = 2 + count, threading.Event()
    readers = [Reader(live.log, ending) for _ in range(2)]
    threads = [threading.Thread(target=reader.run) for reader in readers]
    live.log.start()

    with publishing(live, ending):
        for thread in threads:
            thread.start()
        with ThreadPoolExecutor(count) as pool:
            sent = list(pool.map(lambda firm: [live.log.submit(firm.deliver(), timeout=60) for _ in range(EACH[count])], firms))
        ending.set()
    live.clock.advance(1)
    live.log.publish_checkpoint(live.clock.now)
    for thread in threads:
        thread.join()
    live.log.stop()

    receipts = [outcome for part in sent for outcome in part if isinstance(outcome, Receipt)]
    assert sorted(receipt.index for receipt in receipts) == list(range(size, size + count * EACH[count]))
    assert all([one.index for one in part if isinstance(one, Receipt)] == sorted(one.index for one in part if isinstance(one, Receipt))
               for part in sent)  # fmt: skip
    assert [reader.wrong for reader in readers] == [[], []]
    assert sum(reader.checked for reader in readers) > size
