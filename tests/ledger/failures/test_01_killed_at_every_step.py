"""Failure 1: killed, or failed, at every step of an append: what was acknowledged is there, nothing has two places, the log goes on."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from ledger import writer
from ledger.soundness import check_stored
from tests.databases import Databases
from tests.ledger.failures.injected_faults import Injector, Step
from tests.ledger.live_log import KEYS, LOG, LiveLog, indexes

FAULTS = {"SIGKILL": "signal=KILL", "EIO": "error=EIO"}
MAX_POINTS = 400  #: of each fault; more than these are sampled evenly


@pytest.fixture(scope="module")
def injectors(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Injector]]:
    """Two appenders, one for each core."""
    url = databases.create("sqlite")
    found = [Injector(url, tmp_path_factory.mktemp("injected") / "runs") for _ in range(2)]
    yield found
    for injector in found:
        injector.close()
    databases.drop(url)


def choose(steps: Sequence[Step], limit: int) -> list[Step]:
    """Choose evenly."""
    return [steps[number * len(steps) // limit] for number in range(limit)] if len(steps) > limit else list(steps)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_service_that_fails_at_any_system_call_keeps_every_promise(injectors: list[Injector], fault: str) -> None:
    steps = injectors[0].list_steps()
    chosen = choose(steps, MAX_POINTS)

    def inject(injector: Injector, part: Sequence[Step]) -> list[str]:
        ends = []
        for step in part:
            with injector.run(f"trace={step.name}", f"inject={step.name}:{FAULTS[fault]}:when={step.number}") as run:
                assert run.was_hit, step
                assert "was written to" not in run.ended, (step, run.ended)
                injector.check_restart(run)
                ends.append(run.ended)
        return ends

    with ThreadPoolExecutor(2) as pool:
        parts = [chosen[number :: len(injectors)] for number in range(len(injectors))]
        ends = [end for found in pool.map(inject, injectors, parts) for end in found]

    names = sorted({step.name for step in steps})
    print(f"{fault} injected at {len(ends)} of {len(steps)} write-side system calls of an append: {', '.join(names)}")
    assert len(ends) > 0
    assert {"pwrite64", "fdatasync", "fsync", "openat", "link", "unlink", "mkdir"} <= set(names)
    assert (fault == "SIGKILL") == (set(ends) == {""})


# SQL


class Steps:
    """Every sentence and commit of an engine, one of which fails: before it is done, or after it."""

    def __init__(self, engine: Any, *, stored: bool) -> None:
        self.count, self.fail_at, self.stored = 0, -1, stored
        real = engine.dialect.do_commit

        def commit(connection: Any) -> None:
            self.take(lambda: real(connection))

        engine.dialect.do_commit = commit
        event.listen(engine, "before_cursor_execute", lambda *_: None if stored else self.take(lambda: None))
        event.listen(engine, "after_cursor_execute", lambda *_: self.take(lambda: None) if stored else None)

    def take(self, do: Callable[[], None]) -> None:
        """Take a step, or fail at it in one of the two ways."""
        self.count += 1
        fails = self.count == self.fail_at
        if not fails or self.stored:
            do()
        if fails:
            raise OperationalError("step", {}, Exception("the connection was lost"), connection_invalidated=True)

    @contextmanager
    def failing(self, step: int) -> Iterator[None]:
        """Let the step of a number fail."""
        self.count, self.fail_at = 0, step
        yield
        self.fail_at = -1


@pytest.mark.parametrize("stored", [False, True], ids=["failed-not-stored", "failed-yet-stored"])
def test_a_database_step_that_fails_costs_nothing_and_is_not_done_twice(
    live: LiveLog, monkeypatch: pytest.MonkeyPatch, *, stored: bool
) -> None:
    monkeypatch.setattr(writer, "PAUSES", (0.0,))
    steps = Steps(live.engine, stored=stored)
    with steps.failing(-1):
        live.send(live.firm.deliver(), live.firm.deliver())
    count, size = steps.count, 4
    assert count > 5

    for step in range(1, count + 1):
        batch = [live.firm.deliver(), live.firm.deliver()]
        with steps.failing(step):
            outcomes = live.send(*batch)
        assert indexes(outcomes) == [size, size + 1], f"step {step} of {count}"
        assert live.send(*batch) == outcomes
        size += 2

    print(
        f"{live.url.partition(':')[0]}: {count} database steps of an append, each {'failed-yet-stored' if stored else 'failed-not-stored'}"
    )
    with live.engine.connect() as connection:
        assert check_stored(connection, live.log.log_id, LOG, KEYS.log_verifier) == ()
    assert live.log.read_head().size == size  # type: ignore[union-attr]  # it was written above
