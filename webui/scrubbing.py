"""Scrubbing: the nightly look at each log's every row, and what the last one found, in DATA/scrub/<network>.json."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from contracts.clock import format_instant
from ledger.durable import replace_file
from ledger.scrub import Scrubbed
from ledger.soundness import Progress
from ledger.store import Outage
from webui.runtime import LeftForLater, Runtime

EVERY = timedelta(hours=24)
PACE = 0.1  #: seconds of rest for each 500 entries: a million in a few minutes, and the disk belongs to others meanwhile
_FORMAT = "symbiosis-ledger/scrub/v1"


@dataclass(frozen=True, slots=True)
class Scrub:
    """What the last scrub of a network found."""

    at: str  #: instant
    size: int  #: entries
    reason: str  #: why the log must not sign, one of outcome.REASONS; empty if it may
    lines: tuple[str, ...]  #: what was found, for the operator; empty of a sound log


def scrub_logs(runtime: Runtime) -> int:
    """Scrub each log whose last scrub is a day old, at a quiet pace; gives how many were scrubbed."""
    done = 0
    for network in runtime.networks():
        last = read_scrub(runtime.settings.data, network)
        if last is not None and last.at > format_instant(runtime.clock.now() - EVERY):
            continue
        try:
            scrub_network(runtime, network, lambda _done: _rest(runtime))
        except LeftForLater:
            break
        except Outage:
            continue  # nothing is known of a database that does not answer; other jobs say so every second
        done += 1
    return done


def scrub_network(runtime: Runtime, network: str, on_progress: Progress | None = None) -> Scrubbed:
    """Scrub one log, keep what was found, and shut its writer if it must not sign."""
    found = runtime.log(network).scrub(on_progress, shut=True)
    _keep(runtime.settings.data, network, Scrub(runtime.now_text(), found.size, found.reason, tuple(found.lines)))
    return found


def read_scrub(data: Path, network: str) -> Scrub | None:
    """Read what the last scrub found; None if there was none, or its file cannot be read."""
    try:
        found = json.loads((data / "scrub" / f"{network}.json").read_text("utf-8"))
        return Scrub(str(found["at"]), int(found["size"]), str(found["reason"]), tuple(map(str, found["found"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _rest(runtime: Runtime) -> None:
    if runtime.ending.wait(PACE):
        raise LeftForLater


def _keep(data: Path, network: str, scrub: Scrub) -> None:
    """Write the file in one step, so that a reader sees the last one or this one."""
    folder = data / "scrub"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    body = {"format": _FORMAT, "at": scrub.at, "size": scrub.size, "reason": scrub.reason, "found": scrub.lines}
    replace_file(folder / f"{network}.json", json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n")
