"""What readers see of accounts and payments: each organisation its own, auditors by grant all of them."""

from contracts.errors import NotFound
from contracts.parties.reading import Asked
from contracts.settlement import tables
from contracts.settlement.tables import Account, Payment
from contracts.views.sight import Sight, ask_open

__all__ = ["Account", "Payment", "find_account", "list_accounts", "list_payments"]


def list_accounts(sight: Sight, *, period: str | None, after: int, limit: int) -> list[Account]:
    """List the statements of account that the reader may see, in the order of the log."""
    mine = None if sight.viewer.grants else sight.organisation  # without grants nothing else is open

    def fetch(place: int, count: int) -> list[Account]:
        return tables.list_accounts(sight.connection, sight.log_id, period=period, organisation=mine, after=place, limit=count)

    return sight.collect(fetch, _ask_account, lambda row: row.entry, after, limit)


def find_account(sight: Sight, account: str) -> Account:
    """Find a statement of account; raises NotFound, also where it is not for the reader."""
    found = tables.find_account(sight.connection, sight.log_id, account)
    if found is None or not sight.choose([found], _ask_account):
        raise NotFound("there is no such statement of account for you to see")
    return found


def list_payments(sight: Sight, *, account: str | None, after: int, limit: int) -> list[Payment]:
    """List the confirmed payments that the reader may see, in the order of the log."""

    def fetch(place: int, count: int) -> list[Payment]:
        return tables.list_payments(sight.connection, sight.log_id, account=account, after=place, limit=count)

    return sight.collect(fetch, _ask_payment, lambda row: row.entry, after, limit)


def _ask_account(row: Account) -> Asked:
    return ask_open(row.entry, "account.stated")


def _ask_payment(row: Payment) -> Asked:
    return ask_open(row.entry, "payment.confirmed", row.payee)
