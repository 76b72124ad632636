"""Tables of the parties, all folded from the log but one, with their queries and writers: members, keys, roles, grants, readers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, bindparam, delete, insert, select, update

from contracts.database import Document, Flag, Whole, metadata
from contracts.parties.facts import GrantScope
from contracts.parties.rules import BOARD, MEMBERS, Grant, Key, MemberState, Network, Organisation

__all__ = ["BOARD", "MEMBERS", "Grant", "Key", "MemberState", "Network", "Organisation"]

networks = Table(
    "networks",
    metadata,
    Column("log_id", Whole, primary_key=True, autoincrement=False),
    Column("log", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("allocation_rule", Text, nullable=False),
    Column("founded_at", Text, nullable=False),
    sqlite_strict=True,
)
organisations = Table(
    "organisations",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("name", Text),
    Column("legal_id", Text),
    Column("country", Text),
    Column("kind", Text),
    Column("sites", Document, nullable=False),
    Column("state", Text, nullable=False),
    Column("admitted_entry", Whole, nullable=False),
    Column("entry", Whole, nullable=False),
    Index(None, "log_id", "legal_id"),
    sqlite_strict=True,
)
keys = Table(
    "keys",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("roles", Document, nullable=False),
    Column("limits", Document, nullable=False),
    Column("not_after", Text),
    Column("enrolled_entry", Whole, nullable=False),
    Column("revoked_entry", Whole),
    Column("compromised_since", Whole),
    Index(None, "log_id", "organisation"),
    sqlite_strict=True,
)
organisation_roles = Table(
    "organisation_roles",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("entry", Whole, nullable=False),
    sqlite_strict=True,
)
grants = Table(
    "grants",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("grant", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("agreement", Text),
    Column("sealed", Flag, nullable=False),
    Column("valid_until", Text, nullable=False),
    Column("given_entry", Whole, nullable=False),
    Column("withdrawn_entry", Whole),
    Index(None, "log_id", "organisation"),
    sqlite_strict=True,
)
#: Who may read an entry's contents: an organisation, "members", "board", or "agreement:<id>" for the parties to it.
entry_readers = Table(
    "entry_readers",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("entry", Whole, primary_key=True),
    Column("reader", Text, primary_key=True),
    sqlite_strict=True,
)
#: The organisations that are parties to an agreement, as its first offer names them.
agreement_parties = Table(
    "agreement_parties",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("agreement", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Index(None, "log_id", "organisation"),
    sqlite_strict=True,
)
#: Outside the log, and so not folded by a replay: which contents were read by right of a grant.
readings_of_grants = Table(
    "readings_of_grants",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("log_id", Whole, nullable=False),
    Column("grant", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("entry", Whole, nullable=False),
    Column("read_at", Text, nullable=False),
    Index(None, "log_id", "grant"),
    Index(None, "log_id", "entry"),
    info={"outside_log": True},
    sqlite_strict=True,
)

_AGREEMENT = "agreement:"
_STATE = select(organisations.c.state).where(
    organisations.c.log_id == bindparam("log_id"), organisations.c.organisation == bindparam("organisation")
)
_NETWORK = select(networks).where(networks.c.log_id == bindparam("log_id"))
_OPEN = insert(entry_readers)


def find_network(connection: Connection, log_id: int) -> Network | None:
    """Find a network by its log's row."""
    row = connection.execute(_NETWORK, {"log_id": log_id}).first()
    return None if row is None else Network(*row)


def get_network(connection: Connection, log_id: int) -> Network:
    """Give the network of a founded log; LookupError before its founding (a fault in our own code)."""
    found = find_network(connection, log_id)
    if found is None:
        raise LookupError(f"log {log_id} has no founding")
    return found


def list_networks(connection: Connection) -> list[Network]:
    """List the networks of this database."""
    return [Network(*row) for row in connection.execute(select(networks).order_by(networks.c.log_id))]


def find_state(connection: Connection, log_id: int, organisation: str) -> MemberState | None:
    """Find where an organisation stands."""
    state = connection.execute(_STATE, {"log_id": log_id, "organisation": organisation}).scalar()
    return None if state is None else MemberState(state)


def find_organisation(connection: Connection, log_id: int, organisation: str) -> Organisation | None:
    """Find an organisation by its id."""
    columns = organisations.c
    row = connection.execute(select(organisations).where(columns.log_id == log_id, columns.organisation == organisation)).first()
    return None if row is None else _read_organisation(row)


def list_organisations(connection: Connection, log_id: int, *, after: str = "", limit: int = 100) -> list[Organisation]:
    """List organisations by id, from the one after `after` on."""
    columns = organisations.c
    query = select(organisations).where(columns.log_id == log_id, columns.organisation > after)
    return [_read_organisation(row) for row in connection.execute(query.order_by(columns.organisation).limit(limit))]


def list_names(connection: Connection, log_id: int, wanted: Iterable[str]) -> dict[str, str]:
    """Give the legal names of organisations by id, as far as they are known."""
    columns = organisations.c
    query = select(columns.organisation, columns.name).where(columns.log_id == log_id, columns.organisation.in_(list(wanted)))
    return {row.organisation: row.name for row in connection.execute(query) if row.name is not None}


def list_all_names(connection: Connection, log_id: int) -> dict[str, str]:
    """Give the legal names of all organisations by id, as far as they are known."""
    query = select(organisations.c.organisation, organisations.c.name).where(organisations.c.log_id == log_id)
    return {row.organisation: row.name for row in connection.execute(query) if row.name is not None}


def list_namesakes(connection: Connection, log_id: int, legal_id: str, but: str) -> list[str]:
    """List the members, but one, that have a legal id and have not left."""
    columns = organisations.c
    query = select(columns.organisation).where(columns.log_id == log_id, columns.legal_id == legal_id)
    return list(connection.execute(query.where(columns.organisation != but, columns.state != MemberState.LEFT.value)).scalars())


def find_key(connection: Connection, log_id: int, key: str) -> Key | None:
    """Find a key by its Multikey text."""
    row = connection.execute(select(*keys.c[1:]).where(keys.c.log_id == log_id, keys.c.key == key)).first()
    return None if row is None else _read_key(row)


def list_keys(connection: Connection, log_id: int, *, organisation: str | None = None, after: str = "", limit: int = 100) -> list[Key]:
    """List keys by their text, of one organisation or of all."""
    query = select(*keys.c[1:]).where(keys.c.log_id == log_id, keys.c.key > after)
    if organisation is not None:
        query = query.where(keys.c.organisation == organisation)
    return [_read_key(row) for row in connection.execute(query.order_by(keys.c.key).limit(limit))]


def list_roles(connection: Connection, log_id: int, organisation: str) -> frozenset[str]:
    """List the roles that the network gave an organisation."""
    columns = organisation_roles.c
    query = select(columns.role).where(columns.log_id == log_id, columns.organisation == organisation)
    return frozenset(connection.execute(query).scalars())


def list_holders_of_role(connection: Connection, log_id: int, role: str, at: str = "") -> list[tuple[str, str]]:
    """List (organisation, holder) of keys valid at an instant (or ever) that carry a role which their active organisation holds.

    Each pair stands once, in the order in which the holders' first such keys were enrolled.
    """
    of, given, members = keys.c, organisation_roles.c, organisations.c
    query = (
        select(of.organisation, of.holder, of.roles)
        .join_from(keys, organisation_roles, (given.log_id == of.log_id) & (given.organisation == of.organisation))
        .outerjoin(organisations, (members.log_id == of.log_id) & (members.organisation == of.organisation))
        .where(of.log_id == log_id, of.revoked_entry.is_(None), given.role == role)
        .where((of.not_after >= at) | of.not_after.is_(None))
        .where((members.state == MemberState.ACTIVE.value) | members.state.is_(None))
        .order_by(of.enrolled_entry)
    )
    return list(dict.fromkeys((row.organisation, row.holder) for row in connection.execute(query) if role in row.roles))


def find_grant(connection: Connection, log_id: int, grant: str) -> Grant | None:
    """Find a grant by its id."""
    row = connection.execute(select(*grants.c[1:]).where(grants.c.log_id == log_id, grants.c.grant == grant)).first()
    return None if row is None else _read_grant(row)


def list_grants(connection: Connection, log_id: int, organisation: str | None = None) -> list[Grant]:
    """List grants in the order in which they were given, to one organisation or to all."""
    query = select(*grants.c[1:]).where(grants.c.log_id == log_id)
    if organisation is not None:
        query = query.where(grants.c.organisation == organisation)
    return [_read_grant(row) for row in connection.execute(query.order_by(grants.c.given_entry))]


def is_known_agreement(connection: Connection, log_id: int, agreement: str) -> bool:
    """Tell whether an agreement was ever offered."""
    columns = agreement_parties.c
    query = select(columns.organisation).where(columns.log_id == log_id, columns.agreement == agreement).limit(1)
    return connection.execute(query).first() is not None


def open_to(
    connection: Connection, log_id: int, index: int, organisations: Iterable[str] = (), *, agreement: str | None = None
) -> None:  # fmt: skip
    """Let organisations (or MEMBERS, or BOARD), and the parties to an agreement, read an entry's contents; its author may anyway.

    Every stage's fold calls it once for the entry that it folds, and may call it again for an earlier entry that becomes known to more.
    """
    readers = {*organisations, *([_AGREEMENT + agreement] if agreement is not None else [])}
    if not readers:
        return
    known = find_readers(connection, log_id, [index])[index] if len(readers) > 1 or agreement is None else frozenset()
    rows = [{"log_id": log_id, "entry": index, "reader": reader} for reader in sorted(readers - known)]
    if rows:
        connection.execute(_OPEN, rows)


def name_parties(connection: Connection, log_id: int, agreement: str, organisations: Iterable[str]) -> None:
    """Name the parties to an agreement, once: whatever is opened to the agreement is open to them."""
    rows = [{"log_id": log_id, "agreement": agreement, "organisation": one} for one in sorted(set(organisations))]
    connection.execute(insert(agreement_parties), rows)


def find_readers(connection: Connection, log_id: int, indexes: Iterable[int]) -> dict[int, frozenset[str]]:
    """Find the readers of entries as stored: organisations, MEMBERS, BOARD and "agreement:<id>"."""
    found: dict[int, set[str]] = {index: set() for index in indexes}
    query = select(entry_readers.c.entry, entry_readers.c.reader)
    for row in connection.execute(query.where(entry_readers.c.log_id == log_id, entry_readers.c.entry.in_(list(found)))):
        found[row.entry].add(row.reader)
    return {index: frozenset(readers) for index, readers in found.items()}


def split_readers(readers: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Split readers as stored into organisations and groups, and the ids of agreements."""
    split = [(reader.removeprefix(_AGREEMENT), reader.startswith(_AGREEMENT)) for reader in readers]
    return frozenset(name for name, under in split if not under), tuple(sorted(name for name, under in split if under))


def list_agreements_of(connection: Connection, log_id: int, organisation: str, among: Iterable[str] | None = None) -> frozenset[str]:
    """List the agreements, among some or all of them, that an organisation is a party to."""
    columns = agreement_parties.c
    query = select(columns.agreement).where(columns.log_id == log_id, columns.organisation == organisation)
    return frozenset(connection.execute(query if among is None else query.where(columns.agreement.in_(list(among)))).scalars())


def insert_network(connection: Connection, network: Network) -> None:
    """Write a network's row."""
    connection.execute(insert(networks).values({name: getattr(network, name) for name in networks.c.keys()}))  # noqa: SIM118 - columns, not a mapping


def put_organisation(connection: Connection, log_id: int, organisation: str, values: Mapping[str, Any]) -> None:
    """Write an organisation's row, in place of an earlier membership's."""
    columns = organisations.c
    connection.execute(delete(organisations).where(columns.log_id == log_id, columns.organisation == organisation))
    connection.execute(insert(organisations).values(log_id=log_id, organisation=organisation, **values))


def change_organisation(connection: Connection, log_id: int, organisation: str, **values: Any) -> None:  # noqa: ANN401 - columns
    """Change columns of an organisation's row."""
    columns = organisations.c
    connection.execute(update(organisations).where(columns.log_id == log_id, columns.organisation == organisation).values(**values))


def scrub_organisations(connection: Connection, log_id: int, index: int, values: Mapping[str, Any]) -> None:
    """Overwrite columns of the organisation that an entry admitted."""
    if values:
        query = update(organisations).where(organisations.c.log_id == log_id, organisations.c.admitted_entry == index)
        connection.execute(query.values(**values))


def find_admitted(connection: Connection, log_id: int, index: int) -> Organisation | None:
    """Find the organisation that an entry admitted."""
    row = connection.execute(select(organisations).where(organisations.c.log_id == log_id, organisations.c.admitted_entry == index)).first()
    return None if row is None else _read_organisation(row)


def insert_key(connection: Connection, log_id: int, key: Key) -> None:
    """Write a key's row."""
    connection.execute(insert(keys).values(log_id=log_id, **{name: getattr(key, name) for name in keys.c.keys()[1:]}))


def end_key(connection: Connection, log_id: int, key: str, index: int, compromised_since: int | None = None) -> None:
    """Mark a key as revoked by an entry."""
    query = update(keys).where(keys.c.log_id == log_id, keys.c.key == key)
    connection.execute(query.values(revoked_entry=index, compromised_since=compromised_since))


def insert_role(connection: Connection, log_id: int, organisation: str, role: str, index: int) -> None:
    """Write that the network gave an organisation a role."""
    connection.execute(insert(organisation_roles).values(log_id=log_id, organisation=organisation, role=role, entry=index))


def delete_role(connection: Connection, log_id: int, organisation: str, role: str) -> None:
    """Take a role away."""
    columns = organisation_roles.c
    query = delete(organisation_roles).where(columns.log_id == log_id, columns.organisation == organisation)
    connection.execute(query.where(columns.role == role))


def insert_grant(connection: Connection, log_id: int, grant: Grant) -> None:
    """Write a grant's row."""
    values = {name: getattr(grant, name) for name in grants.c.keys()[1:]}
    connection.execute(insert(grants).values({**values, "log_id": log_id, "valid_until": grant.valid_until.isoformat()}))


def end_grant(connection: Connection, log_id: int, grant: str, index: int) -> None:
    """Mark a grant as withdrawn by an entry."""
    connection.execute(update(grants).where(grants.c.log_id == log_id, grants.c.grant == grant).values(withdrawn_entry=index))


def insert_readings_of_grants(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record that contents were read by right of a grant; not on the log."""
    if rows:
        connection.execute(insert(readings_of_grants), rows)


def select_readings(connection: Connection, log_id: int, grant: str) -> list[Row[Any]]:
    """Read what was read by right of a grant, oldest first: organisation, holder, entry, read_at."""
    columns = readings_of_grants.c
    query = select(columns.organisation, columns.holder, columns.entry, columns.read_at)
    return list(connection.execute(query.where(columns.log_id == log_id, columns.grant == grant).order_by(columns.id)))


def _read_organisation(row: Row[Any]) -> Organisation:
    fields = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    return Organisation(**{**{name: fields[name] for name in Organisation.__slots__}, "state": MemberState(row.state)})


def _read_key(row: Row[Any]) -> Key:
    return Key(**{**row._mapping, "roles": tuple(row.roles)})  # noqa: SLF001 - as above


def _read_grant(row: Row[Any]) -> Grant:
    given = {**row._mapping, "scope": GrantScope(row.scope), "valid_until": date.fromisoformat(row.valid_until)}  # noqa: SLF001 - as above
    return Grant(**given)
