"""How this stage reads agreements: the terms that deliveries are judged and settled by.

Terms are fixed by the hash of the signed offer, so that what was read once is kept; a look at the agreement's state comes before
each use.
"""

from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, func, select, type_coerce

from contracts.agreements.tables import Agreement, AgreementState, agreement_versions, agreements, find_agreement
from contracts.deliveries.trade import Trade, read_trade

#: agreements whose terms are kept in memory
_MOST_KEPT = 2_000
_A, _V = agreements.c, agreement_versions.c
#: what decides which terms hold; the length tells terms that were erased since
_MARKS: Select[Any] = (
    select(_V.hash, _A.state, _A.terminated_on, type_coerce(func.length(_V.parameters), Integer))
    .join_from(agreements, agreement_versions, (_V.log_id == _A.log_id) & (_V.agreement == _A.agreement) & (_V.version == _A.version))
    .where(_A.log_id == bindparam("log_id"), _A.agreement == bindparam("agreement"))
)
_kept: dict[tuple[Any, ...], Trade] = {}


def find_trade(connection: Connection, log_id: int, agreement: str) -> Trade | None:
    """Find what an agreement says about deliveries; None for one that is not there."""
    marks = connection.execute(_MARKS, {"log_id": log_id, "agreement": agreement}).first()
    if marks is None:
        return None
    key = (log_id, agreement, *marks)
    kept = _kept.get(key)
    if kept is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        kept = _kept[key] = _read_agreement(connection, log_id, agreement)
    return kept


def require_trade(connection: Connection, log_id: int, agreement: str) -> Trade:
    """Give what an agreement says about deliveries; LookupError where a clean judge should have kept that from happening."""
    found = find_trade(connection, log_id, agreement)
    if found is None:
        raise LookupError(f"there is no agreement {agreement}")
    return found


def _read_agreement(connection: Connection, log_id: int, agreement: str) -> Trade:
    found = find_agreement(connection, log_id, agreement)
    if found is None:
        raise LookupError(f"there is no agreement {agreement}")
    return describe_trade(found)


def describe_trade(found: Agreement) -> Trade:
    """Say what an agreement, as the log stands, says about deliveries; imports ask it far from the tables."""
    return read_trade(
        found.agreement,
        found.terms,
        sides=(found.supplier, found.receivers),
        shared=found.shared,
        in_force=found.was_signed and found.state in (AgreementState.IN_FORCE, AgreementState.TERMINATED),
        end_day=found.end_day,
    )
