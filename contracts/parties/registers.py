"""Registers: the members, and what was read by right of grants, as pages list them: filtered, sorted, page by page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from contracts.parties.rules import MemberState, Organisation
from contracts.parties.tables import grants, keys, organisations, readings_of_grants

_O = organisations.c
_NAME = func.coalesce(_O.name, "")
#: columns by which members are listed, by the name of the order; each ends with one that is unique
ORDERS = {"name": (_NAME, _O.organisation), "organisation": (_O.organisation,), "entry": (_O.entry, _O.organisation)}


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading by right of a grant."""

    id: int  #: in the order in which they were recorded
    grant: str
    organisation: str  #: whose grant it is
    holder: str  #: pseudonym of who read
    entry: int
    read_at: str  #: instant


def search_organisations(
    connection: Connection,
    log_id: int,
    *,
    kind: str | None = None,
    state: MemberState | None = None,
    sort: str = "name",
    down: bool = False,
    after: str = "",
    limit: int = 100,
) -> list[Organisation]:
    """List members; `sort` is one of ORDERS, `after` the id of the last one that was seen."""
    order = ORDERS[sort]
    query = select(organisations).where(_O.log_id == log_id)
    if kind is not None:
        query = query.where(_O.kind == kind)
    if state is not None:
        query = query.where(_O.state == state.value)
    if after:
        place = connection.execute(select(*order).where(_O.log_id == log_id, _O.organisation == after)).first()
        if place is None:
            return []
        query = query.where(tuple_(*order) < tuple_(*place) if down else tuple_(*order) > tuple_(*place))
    query = query.order_by(*(column.desc() if down else column for column in order)).limit(limit)
    return [_read(row) for row in connection.execute(query)]


def count_organisations(connection: Connection, log_id: int) -> dict[tuple[str, str], int]:
    """Count the members by (kind, state); kinds that were erased count as partners."""
    kind = func.coalesce(_O.kind, "partner")
    query = select(kind, _O.state, func.count()).where(_O.log_id == log_id).group_by(kind, _O.state)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def list_keyless(connection: Connection, log_id: int, at: str) -> list[str]:
    """List the active members without a key that is valid at an instant."""
    valid = select(keys.c.organisation).where(keys.c.log_id == log_id, keys.c.revoked_entry.is_(None))
    valid = valid.where((keys.c.not_after >= at) | keys.c.not_after.is_(None))
    query = select(_O.organisation).where(_O.log_id == log_id, _O.state == MemberState.ACTIVE.value, _O.organisation.not_in(valid))
    return list(connection.execute(query.order_by(_O.organisation)).scalars())


def list_placeless(connection: Connection, log_id: int) -> list[str]:
    """List the active members of whom no site is known."""
    query = select(_O.organisation, _O.sites).where(_O.log_id == log_id, _O.state == MemberState.ACTIVE.value)
    return [row.organisation for row in connection.execute(query.order_by(_O.organisation)) if not row.sites]


def page_readings(
    connection: Connection, log_id: int, grant: str, *, after: int | None = None, down: bool = True, limit: int = 100
) -> list[ReadingRow]:
    """List what was read by right of a grant, from the one after `after` (its id) on."""
    column = readings_of_grants.c
    query = select(readings_of_grants).where(column.log_id == log_id, column.grant == grant)
    if after is not None:
        query = query.where(column.id < after if down else column.id > after)
    return [_read_reading(row) for row in connection.execute(query.order_by(column.id.desc() if down else column.id).limit(limit))]


def list_readings_of(connection: Connection, log_id: int, entries: Collection[int], limit: int) -> list[ReadingRow]:
    """List who read some entries by right of a grant, the newest first."""
    column = readings_of_grants.c
    query = select(readings_of_grants).where(column.log_id == log_id, column.entry.in_(list(entries)))
    return [_read_reading(row) for row in connection.execute(query.order_by(column.id.desc()).limit(limit))]


def count_readings(connection: Connection, log_id: int, wanted: Sequence[str]) -> dict[str, int]:
    """Count the readings by each of some grants."""
    column = readings_of_grants.c
    query = select(column.grant, func.count()).where(column.log_id == log_id, column.grant.in_(list(wanted))).group_by(column.grant)
    return {row[0]: row[1] for row in connection.execute(query)}


def count_grants(connection: Connection, log_id: int, day: str) -> int:
    """Count the grants that hold on a day."""
    column = grants.c
    query = select(func.count()).where(column.log_id == log_id, column.withdrawn_entry.is_(None), column.valid_until >= day)
    return int(connection.execute(query).scalar_one())


def _read(row: Any) -> Organisation:  # noqa: ANN401 - a row of the register
    fields = {name: getattr(row, name) for name in Organisation.__slots__}
    return Organisation(**{**fields, "state": MemberState(row.state)})


def _read_reading(row: Any) -> ReadingRow:  # noqa: ANN401 - a row of the record
    return ReadingRow(row.id, row.grant, row.organisation, row.holder, row.entry, row.read_at)
