"""Tables of the agreements, folded from the log, with their queries and writers: templates, agreements, versions, signatures."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    exists,
    func,
    insert,
    select,
    tuple_,
    type_coerce,
    update,
)

from contracts.agreements.facts import Party
from contracts.agreements.rules import Agreement, AgreementState, Offer, Signature
from contracts.database import Document, Whole, metadata
from contracts.parties.tables import agreement_parties

__all__ = ["Agreement", "AgreementState", "Signature"]

templates = Table(
    "templates",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("template", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("entry", Whole, nullable=False),
    sqlite_strict=True,
)
agreements = Table(
    "agreements",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("agreement", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("contract_no", Text, nullable=False),
    Column("version", Whole, nullable=False),  # the standing one
    Column("in_force_entry", Whole),
    Column("in_force_at", Text),
    Column("terminated_on", Text),
    Column("binds_from", Text),  # the first day on which it binds, once all have signed
    Column("binds_until", Text),  # the first day on which it does not any more; null: open
    Column("asset", Text),  # a shared asset, by its id or the agreement's own, once all have signed
    Column("suspended_by", Text),
    Column("reason_entry", Whole),  # where the reason stands for which it was declined, withdrawn, suspended, resumed or terminated
    Column("reason", Text),
    Column("entry", Whole, nullable=False),
    Index(None, "log_id", "asset"),
    Index(None, "log_id", "contract_no"),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)
agreement_versions = Table(
    "agreement_versions",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("agreement", Text, primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("entry", Whole, nullable=False),
    Column("hash", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("parties", Document, nullable=False),
    Column("parameters", Document, nullable=False),
    Column("text", Text, nullable=False),
    Column("reply_by", Text, nullable=False),
    Column("message", Text),
    Column("offered_at", Text, nullable=False),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)
agreement_signatures = Table(
    "agreement_signatures",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("agreement", Text, primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("capacity", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("entry", Whole, nullable=False),
    Column("signed_at", Text, nullable=False),
    sqlite_strict=True,
)

#: columns by which agreements are listed, by the name of the order; each ends with one that is unique
ORDERS = {"entry": ("entry",), "contract_no": ("contract_no", "agreement"), "agreement": ("agreement",)}
_V = agreement_versions.c
_A = agreements.c
_SELECT: Select[Any] = select(
    _A.agreement,
    _A.state,
    _V.template,
    _V.parties,
    _V.parameters,
    _A.version,
    _V.hash.label("offer_hash"),
    _V.entry.label("offer_entry"),
    _V.author.label("offered_by"),
    _V.reply_by,
    _A.in_force_entry,
    _A.in_force_at,
    _A.terminated_on,
    _A.suspended_by,
    _A.entry,
).join_from(
    agreements, agreement_versions, (_V.log_id == _A.log_id) & (_V.agreement == _A.agreement) & (_V.version == _A.version)
)  # fmt: skip
_FIND = _SELECT.where(_A.log_id == bindparam("log_id"), _A.agreement == bindparam("agreement"))


def find_published(connection: Connection, log_id: int, template: str) -> str | None:
    """Find the hash with which a template was published."""
    query = select(templates.c.hash).where(templates.c.log_id == log_id, templates.c.template == template)
    return connection.execute(query).scalar()


def list_published(connection: Connection, log_id: int) -> dict[str, str]:
    """List the published templates with their hashes."""
    query = select(templates.c.template, templates.c.hash).where(templates.c.log_id == log_id).order_by(templates.c.template)
    return {row.template: row.hash for row in connection.execute(query)}


def find_agreement(connection: Connection, log_id: int, agreement: str) -> Agreement | None:
    """Find an agreement in its standing version."""
    row = connection.execute(_FIND, {"log_id": log_id, "agreement": agreement}).first()
    return None if row is None else _read_agreement(row)


def list_agreements(
    connection: Connection,
    log_id: int,
    *,
    organisation: str | None = None,
    state: AgreementState | None = None,
    after: str = "",
    limit: int = 100,
) -> list[Agreement]:
    """List agreements by id, of one party or of all, from the one after `after` on."""
    query = _SELECT.where(_A.log_id == log_id, _A.agreement > after)
    if organisation is not None:
        parties = agreement_parties.c
        query = query.where(
            exists().where(parties.log_id == log_id, parties.agreement == _A.agreement, parties.organisation == organisation)
        )
    if state is not None:
        query = query.where(_A.state == state.value)
    return [_read_agreement(row) for row in connection.execute(query.order_by(_A.agreement).limit(limit))]


def search_agreements(  # noqa: PLR0913 - filters of a list
    connection: Connection,
    log_id: int,
    *,
    parties: Sequence[str] = (),
    state: AgreementState | None = None,
    template: str | None = None,
    sort: str = "entry",
    down: bool = False,
    after: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[Agreement]:
    """List agreements in an order that an index gives, from the one after `after` on.

    Args:
        connection: an open one.
        log_id: row of the log.
        parties: organisations that are all parties.
        state: in one state.
        template: made from one standard contract.
        sort: "entry" (the last change), "contract_no" or "agreement".
        down: the last one first.
        after: the cursor: values of ORDERS[sort] of the last row that was seen.
        limit: how many at most.
    """
    order = [_A[name] for name in ORDERS[sort]]
    query = _SELECT.where(_A.log_id == log_id)
    for organisation in parties:
        query = query.where(_A.agreement.in_(_name_agreements(log_id, organisation)))
    if state is not None:
        query = query.where(_A.state == state.value)
    if template is not None:
        query = query.where(_V.template == template)
    if after is not None:
        query = query.where(tuple_(*order) < tuple_(*after) if down else tuple_(*order) > tuple_(*after))
    query = query.order_by(*(column.desc() if down else column for column in order)).limit(limit)
    return [_read_agreement(row) for row in connection.execute(query)]


def count_by_state(connection: Connection, log_id: int) -> dict[str, int]:
    """Count the agreements in each state."""
    query = select(_A.state, func.count()).where(_A.log_id == log_id).group_by(_A.state)
    return {row.state: row[1] for row in connection.execute(query)}


def list_in_force(connection: Connection, log_id: int, start: date, end: date, *, party: str | None = None) -> list[Agreement]:
    """List, by id, the agreements that bind on any day of [start, end), as the log stands; suspended ones too.

    `party`: those of one organisation only.
    """
    query = _SELECT.where(*_bind(log_id, start, end))
    if party is not None:
        query = query.where(_A.agreement.in_(_name_agreements(log_id, party)))
    return [_read_agreement(row) for row in connection.execute(query.order_by(_A.agreement))]


def list_binding_offers(
    connection: Connection, log_id: int, start: date, end: date, *, first: str = "", after: str = "", limit: int = 100
) -> list[Row[Any]]:
    """List agreement, entry and author of offers that bind on any day of [start, end), by agreement: from `first` on, behind `after`."""
    query = _SELECT.with_only_columns(_A.agreement, _V.entry, _V.author).where(*_bind(log_id, start, end))
    query = query.where(_A.agreement >= first, _A.agreement > after)
    return list(connection.execute(query.order_by(_A.agreement).limit(limit)))


def _bind(log_id: int, start: date, end: date) -> tuple[ColumnElement[bool], ...]:
    until = _A.binds_until
    return _A.log_id == log_id, _A.binds_from < end.isoformat(), until.is_(None) | (until > start.isoformat())


def _name_agreements(log_id: int, organisation: str) -> Select[tuple[str]]:
    of = agreement_parties.c
    return select(of.agreement).where(of.log_id == log_id, of.organisation == organisation)


def list_by_asset(connection: Connection, log_id: int, asset: str) -> list[str]:
    """List the agreements about a shared asset that came into force, whatever came later, by the asset's id or by their own."""
    named = (_A.asset == asset) | (_A.asset.is_not(None) & (_A.agreement == asset))
    return list(connection.execute(select(_A.agreement).where(_A.log_id == log_id, named).order_by(_A.agreement)).scalars())


def list_refereed(connection: Connection, log_id: int, laboratory: str, limit: int = 100) -> list[Agreement]:
    """List the agreements that all have signed and that name a laboratory as their referee, by id."""
    named = type_coerce(_V.parameters, Text).contains(f'"referee_lab":"{laboratory}"', autoescape=True)
    query = _SELECT.where(_A.log_id == log_id, _A.in_force_entry.is_not(None), named).order_by(_A.agreement).limit(limit)
    found = [_read_agreement(row) for row in connection.execute(query)]
    return [one for one in found if one.parameters.get("referee_lab") == laboratory]


def find_by_contract_no(connection: Connection, log_id: int, contract_no: str, but: str) -> str | None:
    """Find another agreement with a contract number; what was declined or withdrawn holds none."""
    query = select(_A.agreement).where(_A.log_id == log_id, _A.contract_no == contract_no, _A.agreement != but)
    query = query.where(_A.state.not_in([AgreementState.DECLINED.value, AgreementState.WITHDRAWN.value]))
    return connection.execute(query.limit(1)).scalar()


def find_contract_no(connection: Connection, log_id: int, agreement: str) -> str | None:
    """Find an agreement's contract number, which stays when its terms were erased."""
    return connection.execute(select(_A.contract_no).where(_A.log_id == log_id, _A.agreement == agreement)).scalar()


def find_reason(connection: Connection, log_id: int, agreement: str) -> str | None:
    """Find the reason of the last step that has one."""
    return connection.execute(select(_A.reason).where(_A.log_id == log_id, _A.agreement == agreement)).scalar()


def list_versions(connection: Connection, log_id: int, agreement: str) -> list[Row[Any]]:
    """Read every version of an agreement, oldest first."""
    query = select(agreement_versions).where(_V.log_id == log_id, _V.agreement == agreement)
    return list(connection.execute(query.order_by(_V.version)))


def list_signatures(connection: Connection, log_id: int, agreement: str, version: int) -> list[Signature]:
    """List the signatures under one version, in the order of the log."""
    found = read_signatures(connection, log_id, agreement, version)
    return [Signature(row.organisation, row.holder, row.capacity, row.entry) for row in found]


def read_signatures(connection: Connection, log_id: int, agreement: str, version: int) -> list[Row[Any]]:
    """Read the signatures under one version whole, with key and time, in the order of the log."""
    columns = agreement_signatures.c
    query = select(agreement_signatures).where(columns.log_id == log_id, columns.agreement == agreement, columns.version == version)
    return list(connection.execute(query.order_by(columns.entry)))


def find_by_entry(connection: Connection, log_id: int, index: int) -> Agreement | None:
    """Find the agreement that an entry offered, countered or signed."""
    offered = select(_V.agreement).where(_V.log_id == log_id, _V.entry == index)
    signed = select(agreement_signatures.c.agreement)
    signed = signed.where(agreement_signatures.c.log_id == log_id, agreement_signatures.c.entry == index)
    found = connection.execute(offered.union(signed)).scalar()
    return None if found is None else find_agreement(connection, log_id, found)


def find_ended_by(connection: Connection, log_id: int, index: int) -> str | None:
    """Find the agreement that an entry terminated."""
    query = select(_A.agreement).where(_A.log_id == log_id, _A.reason_entry == index, _A.state == AgreementState.TERMINATED.value)
    return connection.execute(query).scalar()


def insert_template(connection: Connection, log_id: int, template: str, digest: str, index: int) -> None:
    """Write that a template was published."""
    connection.execute(insert(templates).values(log_id=log_id, template=template, hash=digest, entry=index))


def insert_version(connection: Connection, log_id: int, offer: Offer, version: int, **said: Any) -> None:  # noqa: ANN401 - columns
    """Write one version: `said` are entry, hash, author and offered_at."""
    values = {
        "log_id": log_id,
        "agreement": offer.agreement,
        "version": version,
        "template": offer.template,
        "parties": [{"organisation": party.organisation, "role": party.role} for party in offer.parties],
        "parameters": offer.parameters,
        "text": offer.text,
        "reply_by": offer.reply_by.isoformat(),
        "message": offer.message,
    }
    connection.execute(insert(agreement_versions).values({**values, **said}))


def insert_agreement(connection: Connection, log_id: int, agreement: str, contract_no: str, index: int) -> None:
    """Write a new agreement, offered for the first time."""
    values = {"log_id": log_id, "agreement": agreement, "state": AgreementState.OFFERED.value, "contract_no": contract_no}
    connection.execute(insert(agreements).values(**values, version=1, entry=index))


def change_agreement(connection: Connection, log_id: int, agreement: str, index: int, **values: Any) -> None:  # noqa: ANN401 - columns
    """Change an agreement's row, by the entry at `index`."""
    query = update(agreements).where(_A.log_id == log_id, _A.agreement == agreement)
    connection.execute(query.values(entry=index, **values))


def insert_signature(connection: Connection, log_id: int, agreement: str, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write a signature."""
    connection.execute(insert(agreement_signatures).values(log_id=log_id, agreement=agreement, **values))


def scrub_version(connection: Connection, log_id: int, index: int, values: dict[str, Any]) -> None:
    """Overwrite columns of the version that an entry offered."""
    if values:
        connection.execute(update(agreement_versions).where(_V.log_id == log_id, _V.entry == index).values(**values))


def scrub_words(connection: Connection, log_id: int, index: int) -> None:
    """Overwrite the one field of contents that an entry of any other kind of this stage has: capacity or reason."""
    signatures = agreement_signatures.c
    connection.execute(update(agreement_signatures).where(signatures.log_id == log_id, signatures.entry == index).values(capacity=""))
    connection.execute(update(agreements).where(_A.log_id == log_id, _A.reason_entry == index).values(reason=None))


def _read_agreement(row: Row[Any]) -> Agreement:
    return Agreement(
        agreement=row.agreement,
        state=AgreementState(row.state),
        template=row.template,
        parties=tuple(Party(one["organisation"], one["role"]) for one in row.parties),
        parameters=row.parameters,
        version=row.version,
        offer_hash=row.offer_hash,
        offer_entry=row.offer_entry,
        offered_by=row.offered_by,
        reply_by=date.fromisoformat(row.reply_by or date.max.isoformat()),
        in_force_entry=row.in_force_entry,
        in_force_at=row.in_force_at,
        terminated_on=None if row.terminated_on is None else date.fromisoformat(row.terminated_on),
        suspended_by=row.suspended_by,
        entry=row.entry,
    )
