"""Signatures verified by other processes: each answer in its place, whatever happens to those processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from ledger.statement import Signed
from ledger.verifying import LARGE, SLICE, Verifiers
from tests.ledger.live_log import LiveLog, codes, make_firm

COUNT, BAD = LARGE + SLICE + 7, (0, SLICE - 1, SLICE, LARGE, LARGE + SLICE + 6)


@pytest.fixture(scope="module")
def signed() -> list[Signed]:
    """Statements of which a few, at the edges of errands, have another one's signature."""
    firm = make_firm()
    good = [firm.say("delivery.dispatched").signed for _ in range(COUNT)]
    return [replace(one, signature=good[place - 1].signature) if place in BAD else one for place, one in enumerate(good)]


@pytest.fixture(scope="module")
def verifiers() -> Iterator[Verifiers]:
    """One process beside this one."""
    verifiers = Verifiers(1)
    yield verifiers
    verifiers.close()


def list_bad(answers: list[bool]) -> tuple[int, ...]:
    assert len(answers) == COUNT
    return tuple(place for place, holds in enumerate(answers) if not holds)


def find_processes(verifiers: Verifiers) -> list[int]:
    assert verifiers._crew is not None
    assert isinstance(verifiers._crew.executor, ProcessPoolExecutor)
    return list(verifiers._crew.executor._processes)


def test_processes_answer_each_signature_in_its_place(verifiers: Verifiers, signed: list[Signed]) -> None:
    errands = [verifiers.begin(signed), verifiers.begin(signed)]
    answers = [list_bad(errand.finish()) for errand in errands]
    taken = [one.future.result() for errand in errands for one in errand._slices if one.future is not None]

    assert answers == [BAD, BAD]
    assert sum(map(len, taken)) > 0


def test_processes_take_all_that_nobody_else_takes(verifiers: Verifiers, signed: list[Signed]) -> None:
    errand = verifiers.begin(signed)

    deadline = monotonic() + 30
    while not all(one.taken for one in errand._slices) and monotonic() < deadline:
        sleep(0.01)
    assert all(one.future is not None for one in errand._slices)
    assert list_bad(errand.finish()) == BAD


def test_without_a_second_core_everything_is_verified_here(signed: list[Signed]) -> None:
    alone = Verifiers(0)

    answers = alone.begin(signed).finish()

    assert list_bad(answers) == BAD
    assert alone._crew is None


def test_a_few_signatures_start_no_process(signed: list[Signed]) -> None:
    idle = Verifiers(1)

    answers = idle.begin(signed[: LARGE - 1]).finish()

    assert [place for place, holds in enumerate(answers) if not holds] == [place for place in BAD if place < LARGE - 1]
    assert idle._crew is None


def test_a_process_that_is_killed_costs_no_answer(signed: list[Signed]) -> None:
    verifiers = Verifiers(1)
    verifiers.begin(signed).finish()
    [process] = find_processes(verifiers)
    errand = verifiers.begin(signed)

    os.kill(process, signal.SIGKILL)

    assert list_bad(errand.finish()) == BAD
    assert list_bad(verifiers.begin(signed).finish()) == BAD
    assert find_processes(verifiers) != [process]
    verifiers.close()


def test_a_process_that_is_stopped_is_given_up(signed: list[Signed], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.verifying.PATIENCE", 0.3)
    verifiers = Verifiers(1)
    verifiers.begin(signed).finish()
    [process] = find_processes(verifiers)
    os.kill(process, signal.SIGSTOP)
    errand = verifiers.begin(signed)

    assert list_bad(errand.finish()) == BAD
    assert list_bad(verifiers.begin(signed).finish()) == BAD
    assert find_processes(verifiers) != [process]
    os.kill(process, signal.SIGKILL)
    verifiers.close()


def test_a_machine_that_gives_no_process_leaves_all_to_the_caller(signed: list[Signed], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_count: int) -> Executor:
        raise OSError("no more processes")

    monkeypatch.setattr("ledger.verifying.start_processes", refuse)

    assert list_bad(Verifiers(1).begin(signed).finish()) == BAD


def test_processes_end_with_the_one_that_started_them(tmp_path: Path, code_home: Path) -> None:
    program = tmp_path / "killed.py"
    program.write_text(_KILLED, "utf-8")
    with subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(code_home)}
    ) as started:
        assert started.stdout is not None
        helper = int(started.stdout.readline())
        started.kill()
    deadline = monotonic() + 30
    while is_running(helper) and monotonic() < deadline:
        sleep(0.05)

    assert not is_running(helper)


_KILLED = """
import time
from ledger.verifying import start_processes
import os
if __name__ == "__main__":
    executor = start_processes(1)
    print(executor.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def is_running(process: int) -> bool:
    """Tell whether a process is there, and no zombie that nobody has buried."""
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_an_errand_outlives_its_processes_and_the_next_one_gets_new_ones(signed: list[Signed]) -> None:
    verifiers = Verifiers(1)
    errand = verifiers.begin(signed)

    verifiers.close()

    assert list_bad(errand.finish()) == BAD
    assert list_bad(verifiers.begin(signed).finish()) == BAD
    verifiers.close()


def test_a_large_batch_with_bad_signatures_is_entered_without_them(live: LiveLog, verifiers: Verifiers) -> None:
    good = [live.firm.deliver() for _ in range(COUNT)]
    sent = [
        replace(one, signed=replace(one.signed, signature=good[place - 1].signed.signature)) if place in BAD else one
        for place, one in enumerate(good)
    ]
    live.log._verifiers = verifiers

    outcomes = live.send(*sent)

    refused = {place: codes(one) for place, one in enumerate(outcomes) if not hasattr(one, "index")}
    assert refused == {place: {"bad-signature"} for place in BAD}
    assert [one.statement_hash for one in outcomes] == [one.signed.hash for one in sent]
