"""Jobs and the worker: each can run twice, or in two places at once, and the log says it once."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.database import make_engine
from contracts.facts import Role
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind
from contracts.projections import Projections
from ledger.outcome import Receipt
from tests.contracts.agreements.building import agree, an_offer, publish_templates
from tests.contracts.deliveries.building import a_dispatch
from tests.network import OPERATOR, START
from tests.webui.website import NETWORK, Website
from webui import jobs
from webui.runtime import Runtime
from webui.worker import run_worker


def count_kind(website: Website, kind: str) -> int:
    return len(website.network.log.list_entries(kinds=[kind], limit=1000))


def make_twin(website: Website) -> Runtime:
    """Give a second runtime on the same database and folder, as another process would have."""
    network = website.network
    engine = make_engine(website.settings.database_url)
    return Runtime(website.settings, network.clock, engine, lambda: Projections(network.stages))


def test_a_checkpoint_is_signed_when_the_log_grew_and_only_then(website: Website) -> None:
    website.network.clock.advance(timedelta(seconds=2))

    first, second = jobs.publish_checkpoints(website.runtime), jobs.publish_checkpoints(website.runtime)

    assert (first, second) == (1, 0)


def test_the_log_beats_once_a_day_however_many_workers_there_are(website: Website) -> None:
    twin = make_twin(website)

    said = [jobs.beat(website.runtime), jobs.beat(twin), jobs.beat(website.runtime)]
    website.network.clock.advance(timedelta(days=1))
    said.append(jobs.beat(twin))

    assert said == [1, 0, 0, 1]
    assert count_kind(website, "log.heartbeat") == 2
    twin.close()


def test_two_beats_at_once_are_one_entry(website: Website) -> None:
    twin = make_twin(website)
    threads = [threading.Thread(target=jobs.beat, args=(runtime,)) for runtime in (website.runtime, twin)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count_kind(website, "log.heartbeat") == 1
    twin.close()


def test_periods_that_have_ended_are_closed_once_and_in_order(website: Website) -> None:
    website.network.clock.set_to(datetime(2025, 3, 2, tzinfo=UTC))

    closed = [jobs.close_ended_periods(website.runtime), jobs.close_ended_periods(website.runtime)]

    periods = website.token(OPERATOR).get(f"/networks/{NETWORK}/periods").json["items"]
    assert closed == [2, 0]
    assert [one["period"] for one in periods] == ["2025-01", "2025-02"]


def test_a_period_that_runs_is_not_closed(website: Website) -> None:
    answer = website.token(OPERATOR, [Role.FACILITATOR]).post(f"/networks/{NETWORK}/periods/2025-01/close")

    assert (answer.status_code, answer.codes) == (422, ["not-yet"])
    assert count_kind(website, "period.closed") == 0


def test_the_facilitator_closes_a_period_and_proposes_its_allocation(website: Website) -> None:
    website.network.clock.set_to(datetime(2025, 2, 2, tzinfo=UTC))
    facilitator = website.token(OPERATOR, [Role.FACILITATOR])

    closed = facilitator.post(f"/networks/{NETWORK}/periods/2025-01/close")
    again = facilitator.post(f"/networks/{NETWORK}/periods/2025-01/close")
    proposed = facilitator.post(f"/networks/{NETWORK}/allocations", {"period": "2025-01", "rule": "equal"})
    unknown = facilitator.post(f"/networks/{NETWORK}/allocations", {"period": "2024-01", "rule": "equal"})

    assert (closed.status_code, again.status_code, unknown.status_code) == (201, 409, 404), (closed.text, again.text)
    assert proposed.status_code in (201, 409), proposed.text


def test_reminders_come_once_and_go_when_they_are_done_with(website: Website) -> None:
    network = website.network
    agree(network, "a-1", "material-supply@1", parties=("powerco", "plasterco"))
    network.accept(a_dispatch(agreement="a-1", dispatched_at=START), by="powerco")
    network.clock.advance(timedelta(days=3))

    new = [jobs.remind(website.runtime), jobs.remind(website.runtime)]

    tasks = website.token("plasterco").get("/me/tasks").json["items"]
    assert new == [1, 0]
    assert [(task["notice"]["kind"], task["notice"]["subject"]) for task in tasks] == [("delivery-unconfirmed", "delivery:d-1")]
    assert website.token("powerco").get("/me/tasks").json["items"] == []


def test_an_offer_that_runs_out_is_brought_to_mind(website: Website) -> None:
    network = website.network
    for name in ("powerco", "plasterco"):
        network.admit(name)
    publish_templates(network)
    network.accept(an_offer(network), by="powerco")
    network.clock.set_to(datetime(2025, 1, 28, tzinfo=UTC))

    jobs.remind(website.runtime)

    kinds = [task["notice"]["kind"] for task in website.token("plasterco").get("/me/tasks").json["items"]]
    assert kinds == ["offer-awaits-signature"]


@contextmanager
def working(*runtimes: Runtime) -> Iterator[None]:
    """Run a worker on each runtime."""
    stop = threading.Event()
    threads = [threading.Thread(target=run_worker, args=(runtime, stop)) for runtime in runtimes]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
def test_a_worker_started_twice_does_everything_once(database_url: str, tmp_path: Path) -> None:
    website = Website(database_url, tmp_path / "data", start=False)
    website.network.clock.set_to(datetime(2025, 3, 2, tzinfo=UTC))
    twin = make_twin(website)

    with working(website.runtime, twin):
        closed = wait_for(lambda: count_kind(website, "period.closed") == 2 and website.network.log.latest_checkpoint() is not None)
        submission = website.sign(an_admission(), by=OPERATOR)
        outcomes = [runtime.log(NETWORK).submit(submission) for runtime in (website.runtime, twin)]

    assert closed
    assert count_kind(website, "log.heartbeat") == 1
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    website.network.verify()
    twin.close()
    website.close()


def an_admission() -> OrganisationAdmitted:
    return OrganisationAdmitted("o-brickco", "Brick A/S", "DK-1", "DK", OrganisationKind.PARTNER, ())


def test_a_job_that_fails_does_not_end_the_others(website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.JOBS, "heartbeat", lambda _runtime: 1 / 0)

    jobs.run_quietly(website.runtime, "heartbeat")
    website.network.clock.advance(timedelta(seconds=2))

    assert jobs.publish_checkpoints(website.runtime) == 1
