"""What members see of the parties: everybody's register, keys and roles; grants and their use, for those concerned."""

from sqlalchemy import Connection

from contracts.errors import NotFound
from contracts.parties import tables
from contracts.parties.reading import ReadingRecord, list_readings
from contracts.parties.rules import Grant, Key, Network, Organisation
from contracts.views.sight import Sight


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


def list_grant_readings(sight: Sight, grant: str) -> list[ReadingRecord]:
    """List what was read by right of a grant, for its holder and the operator; raises NotFound."""
    found = tables.find_grant(sight.connection, sight.log_id, grant)
    operator = tables.get_network(sight.connection, sight.log_id).operator
    if found is None or sight.organisation not in (found.organisation, operator):
        raise NotFound("there is no such grant for you to look into")
    return list_readings(sight.connection, sight.log_id, grant)
