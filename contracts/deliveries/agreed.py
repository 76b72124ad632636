"""How this stage reads agreements: the terms that deliveries are judged and settled by."""

from sqlalchemy import Connection

from contracts.agreements.tables import Agreement, AgreementState, find_agreement
from contracts.deliveries.trade import Trade, read_trade

POOLING = "pooling"  #: exchange type of shared assets


def find_trade(connection: Connection, log_id: int, agreement: str) -> Trade | None:
    """Find what an agreement says about deliveries; None for one that is not there."""
    found = find_agreement(connection, log_id, agreement)
    return None if found is None else describe_trade(found)


def describe_trade(found: Agreement) -> Trade:
    """Say what an agreement, as the log stands, says about deliveries."""
    return read_trade(
        found.agreement,
        found.terms,
        shared=found.exchange_type == POOLING,
        in_force=found.was_signed and found.state in (AgreementState.IN_FORCE, AgreementState.TERMINATED),
        end_day=found.end_day,
    )


def require_trade(connection: Connection, log_id: int, agreement: str) -> Trade:
    """Give what an agreement says about deliveries; LookupError where a clean judge should have kept that from happening."""
    found = find_trade(connection, log_id, agreement)
    if found is None:
        raise LookupError(f"there is no agreement {agreement}")
    return found
