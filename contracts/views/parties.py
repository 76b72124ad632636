"""What members see of the parties: everybody's register, keys and roles; grants and their use, for those concerned."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from contracts.errors import NotFound
from contracts.parties import registers, tables
from contracts.parties.reading import ReadingRecord, list_readings
from contracts.parties.registers import ReadingRow
from contracts.parties.rules import Grant, Key, MemberState, Network, Organisation
from contracts.views.sight import Sight

__all__ = ["Grant", "Key", "MemberState", "Network", "Organisation", "ReadingRecord", "ReadingRow"]


def show_network(sight: Sight) -> Network:
    """Show the network's settings."""
    return tables.get_network(sight.connection, sight.log_id)


def read_network(connection: Connection, log_id: int) -> Network:
    """Read the network's settings for a frame around what a reader sees."""
    return tables.get_network(connection, log_id)


def list_all_names(connection: Connection, log_id: int) -> dict[str, str]:
    """Give the legal names of all organisations by id: every member knows the register."""
    return tables.list_all_names(connection, log_id)


def list_organisations(sight: Sight, *, after: str, limit: int) -> list[Organisation]:
    """List members by id."""
    return tables.list_organisations(sight.connection, sight.log_id, after=after, limit=limit)


def search_organisations(
    sight: Sight, *, kind: str | None, state: MemberState | None, sort: str, down: bool, after: str, limit: int
) -> list[Organisation]:
    """List members by name, id or last change; see contracts/parties/registers.py."""
    return registers.search_organisations(
        sight.connection, sight.log_id, kind=kind, state=state, sort=sort, down=down, after=after, limit=limit
    )


def find_organisation(sight: Sight, organisation: str) -> Organisation:
    """Find a member; raises NotFound."""
    found = tables.find_organisation(sight.connection, sight.log_id, organisation)
    if found is None:
        raise NotFound("there is no such organisation")
    return found


def list_roles(sight: Sight, organisation: str) -> list[str]:
    """List the roles that the network gave an organisation."""
    return sorted(tables.list_roles(sight.connection, sight.log_id, organisation))


def list_keys(sight: Sight, *, organisation: str | None, after: str, limit: int) -> list[Key]:
    """List keys by their text."""
    return tables.list_keys(sight.connection, sight.log_id, organisation=organisation, after=after, limit=limit)


def list_grants(sight: Sight) -> list[Grant]:
    """List grants, to everybody: who may look into others' contents is no secret among members."""
    return tables.list_grants(sight.connection, sight.log_id)


def find_grant(sight: Sight, grant: str) -> Grant:
    """Find a grant; raises NotFound."""
    found = tables.find_grant(sight.connection, sight.log_id, grant)
    if found is None:
        raise NotFound("there is no such grant")
    return found


def may_see_readings(sight: Sight, grant: Grant) -> bool:
    """Tell whether the reader may see all that was read by right of a grant: as its holder, or as the operator."""
    return sight.organisation in (grant.organisation, tables.get_network(sight.connection, sight.log_id).operator)


def list_grant_readings(sight: Sight, grant: str) -> list[ReadingRecord]:
    """List what was read by right of a grant, for its holder and the operator; raises NotFound."""
    found = tables.find_grant(sight.connection, sight.log_id, grant)
    if found is None or not may_see_readings(sight, found):
        raise NotFound("there is no such grant for you to look into")
    return list_readings(sight.connection, sight.log_id, grant)


def page_grant_readings(sight: Sight, grant: Grant, *, after: int | None, down: bool, limit: int) -> list[ReadingRow]:
    """List what was read by right of a grant, page by page; nothing to whom it is not shown."""
    if not may_see_readings(sight, grant):
        return []
    return registers.page_readings(sight.connection, sight.log_id, grant.grant, after=after, down=down, limit=limit)


def count_readings(sight: Sight, wanted: Sequence[Grant]) -> dict[str, int]:
    """Count what was read by right of those grants whose readings the reader may see."""
    return registers.count_readings(sight.connection, sight.log_id, [one.grant for one in wanted if may_see_readings(sight, one)])


def list_readings_of(sight: Sight, entries: Collection[int], limit: int) -> list[ReadingRow]:
    """List who read some entries by right of a grant; the caller sees to it that they are the reader's own matter."""
    return registers.list_readings_of(sight.connection, sight.log_id, entries, limit)
