"""The whole path: rules checked, folded, appended. `python -m tests.benchmarks.bench_whole_path [LOADS [profile]]`.

A firm dispatches loads and another receives them, a dispute among fifty, half of the statements each; signing is never on the clock.
Durable: SQLite in WAL with synchronous=FULL, guard file synced. With signatures, each is verified on the clock, on two threads at most;
without, the intake has passed the statements before the clock starts, as it has where many submitters are waiting.
"""

import cProfile
import pstats
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from contracts.clock import format_instant
from contracts.database import migrate
from contracts.projections import Projections
from ledger.guard import FileGuard
from ledger.intake import Checked, Intake
from ledger.log import open_log
from ledger.outcome import Receipt
from ledger.statement import Submission
from ledger.writer import LogService
from tests.benchmarks.measuring import Rate, measure
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import a_dispatch, a_receipt
from tests.network import LOG, TestNetwork

GOAL = 2_000  #: statements a second, design.md section 7
WET: dict[str, Any] = {"invoice_mass": "wet", "moisture_reference": None, "permits": None}
WARM_UP = 200  #: loads before the first clock starts
MANY = 10  #: fewer at a time are slower, so fewer are tried
DISPUTED = 50  #: one load in so many is received with another figure


@contextmanager
def found_trading() -> Iterator[TestNetwork]:
    """Found a network with an agreement in force and a guard file on disk."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        migrate(url)
        network = TestNetwork(url)
        agree(network, "a-1", **WET)
        service = LogService(
            network.keys,
            Projections(network.stages),
            lambda: format_instant(network.clock.now()),
            network.clock.monotonic,
            FileGuard(Path(folder) / "guard", LOG),
        )
        network.log = open_log(network.engine, service)
        yield network
        network.close()


def sign_loads(network: TestNetwork, first: int, count: int) -> list[Submission]:
    """Sign dispatches and receipts of loads, in turn."""
    network.clock.advance(timedelta(seconds=1))
    at, signed = network.clock.now(), []
    for number in range(first, first + count):
        name, quantity = f"d-{number}", Decimal(2000 + number % 1000) / 100
        got = quantity + (1 if not number % DISPUTED else 0)
        dispatch = a_dispatch(delivery=name, quantity=quantity, gross=None, tare=None, ticket=f"T-{name}", dispatched_at=at)
        signed.append(network.sign(dispatch, by="powerco"))
        signed.append(network.sign(a_receipt(delivery=name, quantity=got, moisture=None, received_at=at), by="plasterco"))
    return signed


def submit_all(network: TestNetwork, submissions: Sequence[Submission], batch: int) -> None:
    """Submit in batches; every one must be entered."""
    for begin in range(0, len(submissions), batch):
        answers = network.log.submit_many(submissions[begin : begin + batch])
        refused = [answer for answer in answers if not isinstance(answer, Receipt)]
        if refused:
            raise SystemExit(f"{len(refused)} were refused, the first: {refused[0]}")


def enter_all(network: TestNetwork, checked: Sequence[Checked], batch: int) -> None:
    """Enter in batches what the intake has passed."""
    for begin in range(0, len(checked), batch):
        answers = network.log._writer.enter(checked[begin : begin + batch])
        if not all(isinstance(answer, Receipt) for answer in answers):
            raise SystemExit("some were refused")


def pass_intake(network: TestNetwork, submissions: Sequence[Submission]) -> list[Checked]:
    """Verify signatures and commitments, off the clock."""
    intake = Intake(network.keys, lambda: format_instant(network.clock.now()))
    return [one for one in intake.check_many(submissions) if isinstance(one, Checked)]


def measure_growth(network: TestNetwork, loads: int) -> None:
    """Print the rate again and again while the log grows."""
    for first in range(10 * loads, 14 * loads, loads):
        checked = pass_intake(network, sign_loads(network, first, loads))
        head = network.log.read_head()
        size = head.size if head else 0
        words = f"the same, from {size:,} entries on"
        measure(words, len(checked), lambda: enter_all(network, checked, 1000))  # noqa: B023 - called at once


def show_profile(run: Callable[[], None]) -> None:
    """Print what takes the time."""
    profile = cProfile.Profile()
    profile.runcall(run)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


def main() -> None:
    """Sign and measure."""
    loads = int(sys.argv[1]) if len(sys.argv) > 1 else 2_500
    with found_trading() as network:
        if "profile" in sys.argv:
            checked = pass_intake(network, sign_loads(network, 0, loads))
            show_profile(lambda: enter_all(network, checked, 1000))
            return
        submit_all(network, sign_loads(network, 0, WARM_UP), 100)
        rates: list[Rate] = []
        for turn, batch in enumerate((2 * loads, 1000, 100, 10), 1):
            submissions = sign_loads(network, turn * loads, loads if batch > MANY else loads // 5)
            words = f"handed in {batch:,} at a time, signatures on the clock"
            rates.append(measure(words, len(submissions), lambda: submit_all(network, submissions, batch)))  # noqa: B023 - called at once
        checked = pass_intake(network, sign_loads(network, 9 * loads, loads))
        rates.append(measure("batches of 1,000, signatures off the clock", len(checked), lambda: enter_all(network, checked, 1000)))
        measure_growth(network, loads)
        signed = max(rate.wall for rate in rates[:-1])
        print(f"goal: {GOAL:,} /s in batches; reached {rates[-1].wall:,.0f} /s, with signatures {signed:,.0f} /s")


if __name__ == "__main__":
    main()
