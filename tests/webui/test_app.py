"""The app by itself, as `gunicorn wsgi:app` starts it: it opens its own runtime, and on SQLite carries a worker along."""

import time
from collections.abc import Callable
from pathlib import Path

from contracts.clock import SystemClock
from contracts.facts import OWN_ROLES, Role, list_rights
from contracts.own_facts import LogFounded
from contracts.signing import Author, sign_fact
from ledger.authority import prove_possession
from ledger.outcome import Receipt
from ledger.statement import Submission
from tests.network import SETTINGS, make_key
from webui.app import create_app
from webui.runtime import Runtime
from webui.settings import Settings, read_settings
from webui.worker import CarriedWorker

LOG = "ledger.example.org/main"


def a_founding(runtime: Runtime) -> Submission:
    keys, me = runtime.prepare_network("example", LOG).keys, make_key("founder")
    roles = [Role.FACILITATOR.value, *(role.value for role in OWN_ROLES)]
    fact = LogFounded(
        log=f"log:{LOG}",
        holder="h-founder1",
        roles=tuple(roles),
        possession=prove_possession(LOG, "o-founder", me.multikey, "h-founder1", roles, me.sign),
        log_key=keys.log_verifier.to_text(),
        receipt_key=keys.receipts_verifier.to_text(),
        rights=list_rights(),
        own_roles=tuple(role.value for role in OWN_ROLES),
        validity={},
        recovery_wait=0,
        settings=SETTINGS,
    )
    return sign_fact(fact, Author(LOG, "o-founder", me), key_seq=1, now=SystemClock().now())


def test_on_sqlite_one_process_is_enough(tmp_path: Path) -> None:
    app = create_app(read_settings({"SYMBIOSIS_DATA": str(tmp_path / "data")}))
    runtime: Runtime = app.extensions["symbiosis"]
    worker = app.extensions["symbiosis-worker"]
    assert isinstance(worker, CarriedWorker)

    log = runtime.found_network("example", a_founding(runtime))

    assert isinstance(log.find_outcome(log.list_entries(limit=1)[0].statement_hash), Receipt)
    assert wait_for(lambda: log.latest_checkpoint() is not None), "the carried worker publishes checkpoints"
    assert app.test_client().get("/api/v1/openapi.json").status_code == 200
    worker.end()
    runtime.close()


def test_on_postgresql_the_worker_is_a_process_of_its_own(postgresql_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=postgresql_url, data=tmp_path / "data", secret_key="k" * 48))

    assert "symbiosis-worker" not in app.extensions
    app.extensions["symbiosis"].close()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
