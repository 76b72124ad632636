"""What jobs ask of the stages: by which rule savings are split, and which closed period has no allocation yet."""

from sqlalchemy import Connection

from contracts.allocation.tables import list_allocations
from contracts.governance.tables import find_rulebook
from contracts.parties.tables import get_network
from contracts.savings.tables import find_last_period


def find_allocation_rule(connection: Connection, log_id: int) -> str:
    """Find the rule by which savings are split: the rulebook's, or the founding's before there is one."""
    rulebook = find_rulebook(connection, log_id)
    return str(rulebook.rules.allocation_rule if rulebook else get_network(connection, log_id).allocation_rule)


def find_unallocated_period(connection: Connection, log_id: int) -> str | None:
    """Find the period that was closed last, if no allocation of it was proposed yet."""
    last = find_last_period(connection, log_id)
    return last if last is not None and not list_allocations(connection, log_id, period=last, limit=1) else None
