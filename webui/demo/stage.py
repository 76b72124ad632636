"""The stage: what a served demo knows beyond any other site: its visitors, their throw-away keys, and its clock. It exists nowhere else."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from contracts.clock import format_instant, parse_instant
from webui.demo.clock import PlayedClock
from webui.demo.doors import Door
from webui.demo.place import Place


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom a visitor may become with one click."""

    name: str  #: in addresses
    role: str  #: firm, clerk, lab, auditor, board or facilitator
    organisation: str  #: its name
    email: str  #: of its login
    key_file: str  #: name of its file


@dataclass(frozen=True, slots=True)
class Stage:
    """All that the demo's own pages need."""

    place: Place
    network: str
    passphrase: str  #: opens all key files
    visitors: tuple[Visitor, ...]
    clock: PlayedClock

    def find_visitor(self, name: str) -> Visitor | None:
        """Find a visitor by name."""
        return next((one for one in self.visitors if one.name == name), None)

    def find_by_email(self, email: str) -> Visitor | None:
        """Find which visitor a person is."""
        return next((one for one in self.visitors if one.email == email), None)

    def read_key_file(self, visitor: Visitor) -> str:
        """Read a visitor's key file, sealed as it is."""
        return (self.place.keys / visitor.key_file).read_text("ascii")


def keep_stage(place: Place, network: str, passphrase: str, doors: Sequence[Door], ended: datetime) -> None:
    """Keep what a later start needs, in the demo's folder, mode 0600."""
    visitors = [Visitor(one.name, one.role, one.organisation, one.email, one.key_file) for one in doors]
    kept = {
        "network": network,
        "passphrase": passphrase,
        "ended": format_instant(ended),
        "visitors": [asdict(one) for one in visitors],
    }
    with os.fdopen(os.open(place.stage, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(kept, file, ensure_ascii=False, indent=1)


def read_stage(place: Place) -> Stage | None:
    """Read the stage of a demo that was played; None where an earlier version played it, which served no pages."""
    try:
        kept = json.loads(place.stage.read_text("utf-8"))
        visitors = tuple(Visitor(**one) for one in kept["visitors"])
        clock = PlayedClock(place.clock, parse_instant(kept["ended"]))
        return Stage(place, kept["network"], kept["passphrase"], visitors, clock)
    except (OSError, ValueError, KeyError, TypeError):
        return None
