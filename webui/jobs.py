"""Jobs: what the service does by itself, as plain functions; each reads the state anew and can be run twice without harm.

Facts that a job puts on the log are signed by the service's own key. Their statement ids are made from log, job and period, so that two
workers that run at once say the same thing, and the log takes it once.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from contracts.allocation.service import draft_allocation
from contracts.errors import Refusal
from contracts.own_facts import LogHeartbeat
from contracts.savings.service import draft_period, find_open_period
from contracts.settlement.service import draft_accounts
from contracts.views.due_work import find_allocation_rule, find_unallocated_period
from contracts.views.reminders import list_due
from ledger.errors import EvidenceError
from ledger.outcome import LogClosed, Outcome, Receipt, Refused
from ledger.store import Outage
from ledger.tile_publication import Overtaken, TileConflict
from ledger.timestamp import StampFailed, fetch_timestamp, read_roots
from webui.archiving import archive_contents
from webui.people.factor_resets import carry_out_resets
from webui.people.joining import settle_entries
from webui.people.notices import keep_notices
from webui.people.smtp import send_due
from webui.runtime import LeftForLater, Runtime
from webui.scrubbing import scrub_logs
from webui.tile_stores import name_store_fault
from webui.tile_targets import keep_tile_fault, publish_network

#: Namespace of the ids of what jobs say; a random one of our own.
_IDS = uuid.UUID("6d1a1f0e-52c8-4c0b-9a55-5b8a0e1d7f43")
STAMPED_AFTER = "period.closed"  #: the kind of entry after which a checkpoint is stamped
ASKED_AT_ONCE = 8  #: logs for which witnesses are asked at one time
_log = logging.getLogger("symbiosis.jobs")


def publish_checkpoints(runtime: Runtime) -> int:
    """Sign a checkpoint for each log that grew; gives how many."""
    return _sum_up(runtime, lambda name: runtime.log(name).publish_checkpoint(runtime.now_text()) is not None)


def ask_witnesses(runtime: Runtime) -> int:
    """Have each log's newest checkpoint cosigned by its witnesses; gives how many cosignatures came. Logs do not wait for each other."""
    names = runtime.networks() if runtime.settings.policy else ()
    with ThreadPoolExecutor(max(1, min(len(names), ASKED_AT_ONCE)), thread_name_prefix="asking") as pool:
        return sum(pool.map(lambda name: _ask_for_one(runtime, name), names))


def _ask_for_one(runtime: Runtime, network: str) -> int:
    try:
        return sum(bool(reply.line) for reply in runtime.log(network).ask_witnesses())
    except (LogClosed, Outage) as error:
        _log.error("%s: %s", network, error)
        return 0


def publish_tile_files(runtime: Runtime) -> int:
    """Bring each log's tiles up to its newest checkpoint, where the setting has them; gives how many tiles were written.

    What is published and does not fit the log is never touched: it is reported, at each run, until a person has found out why.
    """
    return _sum_up(runtime, lambda name: _publish_one(runtime, name))


def _publish_one(runtime: Runtime, network: str) -> int:
    try:
        done = publish_network(runtime, network)
    except (LeftForLater, Overtaken):
        return 0
    except (TileConflict, EvidenceError) as error:
        _log.error("%s: tiles: %s", network, error)
        keep_tile_fault(runtime.settings.data, network, str(error))
        return 0
    except Exception as error:
        fault = name_store_fault(error)
        if fault is None:
            raise
        _log.warning("%s: tiles could not be written and will be tried again: %s", network, fault)
        return 0
    keep_tile_fault(runtime.settings.data, network, "")
    return 0 if done is None else done.written


def stamp_checkpoints(runtime: Runtime) -> int:
    """Have the newest checkpoint stamped by the timestamp authority, for each log that closed a period since it last was; gives how many.

    The close has long been entered when this runs: an authority that fails is asked again at the next run, and holds up nothing.
    """
    return _sum_up(runtime, lambda name: _stamp_one(runtime, name)) if runtime.settings.authority else 0


def _stamp_one(runtime: Runtime, network: str) -> int:
    log, authority = runtime.log(network), runtime.settings.authority
    found = log.find_unstamped(STAMPED_AFTER)
    if found is None or authority is None:
        return 0
    size, text = found
    try:
        response, stamp = fetch_timestamp(authority.url, text, read_roots(authority.roots))
    except StampFailed as error:
        _log.warning("%s: the checkpoint of size %s is not stamped yet: %s", network, size, error)
        return 0
    log.keep_timestamp(size, stamp.time, response)
    return 1


def drive_out_remains(runtime: Runtime) -> int:
    """Drive erased values out of the database's files; gives for how many logs there was something to do."""
    return _sum_up(runtime, lambda name: _drive_out_one(runtime, name))


def _drive_out_one(runtime: Runtime, network: str) -> int:
    driven = runtime.log(network).drive_out_remains()
    if driven is not None and driven.words:
        _log.warning("%s: %s", network, driven.words)
    return driven is not None and driven.done


def beat(runtime: Runtime) -> int:
    """Say that each log is alive, once a day (UTC); gives how many were said now."""
    return _sum_up(runtime, lambda name: _beat_one(runtime, name))


def _beat_one(runtime: Runtime, network: str) -> bool:
    log = runtime.log(network)
    chosen = make_id(log.name, "heartbeat", runtime.now_text()[:10])
    if log.find_entry_by_id(log.read_authority().operator, chosen) is not None:
        return False
    outcome = runtime.say(network, [LogHeartbeat(f"log:{log.name}")], ids=[chosen])[0]
    return isinstance(outcome, Receipt)


def close_ended_periods(runtime: Runtime) -> int:
    """Close each period that has ended, oldest first, and propose its allocation by the rule that holds; gives how many were closed."""
    return _sum_up(runtime, lambda name: _close_ended(runtime, name))


def _close_ended(runtime: Runtime, network: str) -> int:
    propose_missing(runtime, network)  # a worker may have ended between a close and its proposal
    closed = 0
    while (period := find_ended_period(runtime, network)) is not None:
        outcome = close_period(runtime, network, period)
        if not isinstance(outcome, Receipt):
            _report(network, f"close of {period}", outcome)
            break
        closed += 1
        propose_missing(runtime, network)
    return closed


def _sum_up(runtime: Runtime, work: Callable[[str], int]) -> int:
    """Do something for each network and add up what it gives; a network where it cannot be done holds up no other."""
    total = 0
    for name in runtime.networks():
        try:
            total += work(name)
        except (Refusal, LogClosed) as error:
            _log.warning("%s: %s", name, error)
    return total


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
        _log.info("%s: no allocation of %s: %s", network, period, refusal.message)
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
    return _sum_up(runtime, lambda name: _remind_one(runtime, name))


def _remind_one(runtime: Runtime, network: str) -> int:
    log_id, now = runtime.log(network).log_id, runtime.clock.now()
    with runtime.reading() as connection:
        due = list_due(connection, log_id, now)
    with runtime.writing() as connection:
        return keep_notices(connection, log_id, due, now)


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
    "tiles": publish_tile_files,
    "witnesses": ask_witnesses,
    "timestamps": stamp_checkpoints,
    "erasures": drive_out_remains,
    "heartbeat": beat,
    "periods": close_ended_periods,
    "reminders": remind,
    "mail": send_due,
    "entry": settle_entries,
    "factor-resets": carry_out_resets,
    "contents": archive_contents,
    "scrub": scrub_logs,
}
