"""Health: `GET /health` for whoever watches the service from outside: 200 if every log takes statements, 503 with what is shut and why.

Anybody may ask, so nothing is said that a stranger could use: a log is a number, a reason a fixed sentence. What to do about it stands in
the service's own log, on the facilitator's page of the network, and in `symbiosis ledger check`.
"""

from dataclasses import dataclass

from flask import Flask, Response, json
from sqlalchemy.exc import SQLAlchemyError

from ledger.outcome import REASONS
from ledger.store import Outage
from webui.access import ANYBODY, allow
from webui.runtime import Runtime
from webui.scrubbing import read_scrub
from webui.tile_targets import read_tile_fault


@dataclass(frozen=True, slots=True)
class LogHealth:
    """One log's state."""

    network: str  #: short name; not for strangers
    log: int  #: number of the log in the database
    reason: str  #: why it is shut, one of outcome.REASONS; empty if it is open
    message: str  #: for the operator; not for strangers
    found: tuple[str, ...]  #: what the last scrub found, and what is wrong with the tiles; not for strangers

    @property
    def is_red(self) -> bool:
        """Tell whether a person is wanted."""
        return bool(self.reason or self.found)


def examine_health(runtime: Runtime, network: str) -> LogHealth:
    """Look whether a network's log is open and sound; raises store.Outage."""
    log = runtime.log(network)
    latch, scrub = log.read_latch(), read_scrub(runtime.settings.data, network)
    found = (scrub.lines if scrub is not None else ()) + read_tile_fault(runtime.settings.data, network)
    if latch is None:
        return LogHealth(network, log.log_id, "", "", found)
    return LogHealth(network, log.log_id, latch.reason, latch.message, found)


def register_health(app: Flask, runtime: Runtime) -> None:
    """Serve /health."""

    def show_health() -> Response:
        """Say how the logs are."""
        try:
            logs = [examine_health(runtime, network) for network in runtime.networks()]
        except (Outage, SQLAlchemyError):
            return _answer(503, {"status": "unavailable", "logs": []})
        red = [{"log": one.log, "state": "shut" if one.reason else "damaged", "why": _explain(one)} for one in logs if one.is_red]
        return _answer(503 if red else 200, {"status": "red" if red else "ok", "logs": red})

    app.add_url_rule("/health", "health", allow(show_health, ANYBODY), methods=["GET"])


def _explain(health: LogHealth) -> str:
    if health.reason:
        return REASONS.get(health.reason, "it was shut by its operator's own rules")
    return "the last look at everything stored found rows, tiles or guard damaged"


def _answer(status: int, body: object) -> Response:
    answer = Response(json.dumps(body) + "\n", status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
