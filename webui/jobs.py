"""Jobs: what the service does by itself, as plain functions; each reads the state anew and can be run twice without harm.

Facts that a job puts on the log are signed by the service's own key. Their statement ids are made from log, job and period, so that two
workers that run at once say the same thing, and the log takes it once.
"""

import logging
import uuid
from collections.abc import Sequence

from contracts.allocation.service import draft_allocation
from contracts.errors import Refusal
from contracts.own_facts import LogHeartbeat
from contracts.savings.service import draft_period, find_open_period
from contracts.settlement.service import draft_accounts
from contracts.views.due_work import find_allocation_rule, find_unallocated_period
from contracts.views.reminders import list_due
from ledger.outcome import LogClosed, Outcome, Receipt, Refused
from webui.people.notices import keep_notices
from webui.runtime import Runtime

#: Namespace of the ids of what jobs say; a random one of our own.
_IDS = uuid.UUID("6d1a1f0e-52c8-4c0b-9a55-5b8a0e1d7f43")
_log = logging.getLogger("symbiosis.jobs")


def publish_checkpoints(runtime: Runtime) -> int:
    """Sign a checkpoint for each log that grew; gives how many."""
    return sum(runtime.log(name).publish_checkpoint(runtime.now_text()) is not None for name in runtime.networks())


def beat(runtime: Runtime) -> int:
    """Say that each log is alive, once a day (UTC); gives how many were said now."""
    day = runtime.now_text()[:10]
    said = 0
    for name in runtime.networks():
        log = runtime.log(name)
        operator = log.read_authority().operator
        chosen = make_id(log.name, "heartbeat", day)
        if log.find_entry_by_id(operator, chosen) is None:
            outcome = runtime.say(name, [LogHeartbeat(f"log:{log.name}")], ids=[chosen])[0]
            said += isinstance(outcome, Receipt)
    return said


def close_ended_periods(runtime: Runtime) -> int:
    """Close each period that has ended, oldest first, and propose its allocation by the rule that holds; gives how many were closed."""
    closed = 0
    for name in runtime.networks():
        while (period := find_ended_period(runtime, name)) is not None:
            outcome = close_period(runtime, name, period)
            if not isinstance(outcome, Receipt):
                _report(name, f"close of {period}", outcome)
                break
            closed += 1
        propose_missing(runtime, name)
    return closed


def find_ended_period(runtime: Runtime, network: str) -> str | None:
    """Find the oldest period of a network that has ended and is not closed."""
    with runtime.reading() as connection:
        return find_open_period(connection, runtime.log(network).log_id, runtime.clock.now())


def propose_missing(runtime: Runtime, network: str) -> None:
    """Propose an allocation for the period closed last, unless one was proposed; a rule that splits nothing there is reported."""
    log = runtime.log(network)
    with runtime.reading() as connection:
        period = find_unallocated_period(connection, log.log_id)
    if period is None:
        return
    try:
        outcome = propose_allocation(runtime, network, period, None)
    except Refusal as refusal:
        _log.warning("%s: no allocation of %s: %s", network, period, refusal.message)
        return
    if not isinstance(outcome, Receipt):
        _report(network, f"allocation of {period}", outcome)


def close_period(runtime: Runtime, network: str, period: str) -> Outcome:
    """Close a period; raises Conflict or NotYet, or gives the log's answer."""
    log = runtime.log(network)
    with runtime.reading() as connection:
        fact = draft_period(connection, log.log_id, period, read_size(runtime, network))
    return runtime.say(network, [fact])[0]


def propose_allocation(runtime: Runtime, network: str, period: str, rule: str | None) -> Outcome:
    """Propose an allocation of a closed period by a rule, the one that holds if None; raises NotFound or Conflict."""
    log = runtime.log(network)
    with runtime.reading() as connection:
        chosen = rule or find_allocation_rule(connection, log.log_id)
        fact = draft_allocation(connection, log.log_id, period, chosen, read_size(runtime, network))
    return runtime.say(network, [fact])[0]


def state_accounts(runtime: Runtime, network: str, period: str) -> Sequence[Outcome]:
    """State the accounts of a period; raises NotFound or NotYet."""
    with runtime.reading() as connection:
        facts = draft_accounts(connection, runtime.log(network).log_id, period)
    return runtime.say(network, facts)


def remind(runtime: Runtime) -> int:
    """Bring each network's notices up to date; gives how many are new."""
    new, now = 0, runtime.clock.now()
    for name in runtime.networks():
        log_id = runtime.log(name).log_id
        with runtime.reading() as connection:
            due = list_due(connection, log_id, now)
        with runtime.writing() as connection:
            new += keep_notices(connection, log_id, due, now)
    return new


def read_size(runtime: Runtime, network: str) -> int:
    """Read the size of a network's log."""
    head = runtime.log(network).read_head()
    return head.size if head else 0


def make_id(log: str, job: str, period: str) -> str:
    """Make the statement id of what a job says for a period: always the same one."""
    return str(uuid.uuid5(_IDS, f"{log}\n{job}\n{period}"))


def run_quietly(runtime: Runtime, job: str) -> None:
    """Run a job by its name; what goes wrong is logged, and the next run tries again."""
    try:
        JOBS[job](runtime)
    except LogClosed as error:
        _log.error("%s: the log is closed: %s", job, error)
    except Exception:  # noqa: BLE001 - a job that fails must not end the others
        _log.exception("%s failed and will be tried again", job)


def _report(network: str, what: str, outcome: Outcome) -> None:
    why = "; ".join(finding.message for finding in outcome.findings) if isinstance(outcome, Refused) else "it waits"
    _log.warning("%s: %s was not entered: %s", network, what, why)


#: Every job by its name.
JOBS = {
    "checkpoints": publish_checkpoints,
    "heartbeat": beat,
    "periods": close_ended_periods,
    "reminders": remind,
}
