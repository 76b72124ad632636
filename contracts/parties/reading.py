"""Reading: which contents an organisation may see, and the record of what was read by right of a grant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from contracts.clock import format_instant
from contracts.facts import FACT_TYPES
from contracts.parties import tables
from contracts.parties.rules import MemberState, Reading, Viewer, may_read_contents

_AUDITOR, _BOARD = "auditor", "board"


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry whose contents somebody wants to read."""

    index: int
    kind: str  #: such as "costs.reported"
    kind_version: int
    author: str


@dataclass(frozen=True, slots=True)
class ReadingRecord:
    """One reading by right of a grant."""

    organisation: str
    holder: str  #: pseudonym of who read
    entry: int
    read_at: str  #: instant


def may_read(connection: Connection, log_id: int, organisation: str) -> bool:
    """Tell whether an organisation reads at all: a member, suspended ones too, or the operator that has not left."""
    state = tables.find_state(connection, log_id, organisation)
    if state is None:
        return organisation == tables.get_network(connection, log_id).operator
    return state in (MemberState.ACTIVE, MemberState.SUSPENDED)


def find_viewer(connection: Connection, log_id: int, organisation: str, now: datetime) -> Viewer:
    """Gather what decides about an organisation's reading."""
    network = tables.get_network(connection, log_id)
    state = tables.find_state(connection, log_id, organisation)
    roles = tables.list_roles(connection, log_id, organisation)
    active = state is MemberState.ACTIVE or (state is None and organisation == network.operator)
    grants = tuple(tables.list_grants(connection, log_id, organisation))
    return Viewer(organisation, active, _BOARD in roles, _AUDITOR in roles, grants, now.astimezone(network.zone).date())


def may_read_entries(connection: Connection, log_id: int, viewer: Viewer, asked: Iterable[Asked]) -> dict[int, Reading]:
    """Decide for a page of entries, by index; two queries whatever their number."""
    wanted = {entry.index: entry for entry in asked}
    readers = {index: tables.split_readers(found) for index, found in tables.find_readers(connection, log_id, wanted).items()}
    among = {agreement for _, agreements in readers.values() for agreement in agreements}
    own = tables.list_agreements_of(connection, log_id, viewer.organisation, among) if among else frozenset()
    answers = {}
    for index, entry in wanted.items():
        organisations, agreements = readers[index]
        if own.intersection(agreements):
            organisations |= {viewer.organisation}
        found = FACT_TYPES.get((entry.kind, entry.kind_version))
        sealed = found is None or found.sealed  # of a kind that is unknown here nothing is shown but to its author
        answers[index] = may_read_contents(viewer, entry.author, organisations, agreements, sealed=sealed)
    return answers


def may_read_entry(connection: Connection, log_id: int, viewer: Viewer, asked: Asked) -> Reading:
    """Decide whether a viewer may read one entry's contents; with `grant` set, record the reading."""
    return may_read_entries(connection, log_id, viewer, [asked])[asked.index]


def record_readings(connection: Connection, log_id: int, used: Mapping[int, str], reader: tuple[str, str], now: datetime) -> None:
    """Record that somebody, (organisation, holder), read entries' contents by right of the grant named with each; kept beside the log."""
    organisation, holder = reader
    said = {"log_id": log_id, "organisation": organisation, "holder": holder, "read_at": format_instant(now)}
    tables.insert_readings_of_grants(connection, [{**said, "grant": grant, "entry": index} for index, grant in sorted(used.items())])


def list_readings(connection: Connection, log_id: int, grant: str) -> list[ReadingRecord]:
    """List what was read by right of a grant, oldest first."""
    return [
        ReadingRecord(row.organisation, row.holder, row.entry, row.read_at) for row in tables.select_readings(connection, log_id, grant)
    ]
