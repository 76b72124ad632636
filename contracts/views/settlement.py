"""What readers see of accounts and payments: each organisation its own, auditors by grant all of them."""

from contracts.allocation.facts import Share
from contracts.allocation.tables import find_allocation
from contracts.errors import NotFound
from contracts.parties.reading import Asked
from contracts.settlement import tables
from contracts.settlement.tables import Account, Payment
from contracts.views.sight import Sight, ask_open

__all__ = ["Account", "Payment", "find_account", "list_accounts", "list_payments"]


def list_accounts(
    sight: Sight, *, period: str | None, after: int, limit: int, organisation: str | None = None, down: bool = False
) -> list[Account]:
    """List the statements of account that the reader may see, in the order of the log, or the newest first."""
    # Without grants nothing but one's own is open.
    mine = organisation if sight.viewer.grants or organisation not in (None, sight.organisation) else sight.organisation

    def fetch(place: int, count: int) -> list[Account]:
        return tables.list_accounts(sight.connection, sight.log_id, period=period, organisation=mine, after=place, limit=count, down=down)

    return sight.collect(fetch, _ask_account, lambda row: row.entry, after, limit)


def find_account(sight: Sight, account: str) -> Account:
    """Find a statement of account; raises NotFound, also where it is not for the reader."""
    found = tables.find_account(sight.connection, sight.log_id, account)
    if found is None or not sight.choose([found], _ask_account):
        raise NotFound("there is no such statement of account for you to see")
    return found


def list_payments(sight: Sight, *, account: str | None, after: int, limit: int, down: bool = False) -> list[Payment]:
    """List the confirmed payments that the reader may see, in the order of the log, or the newest first."""

    def fetch(place: int, count: int) -> list[Payment]:
        return tables.list_payments(sight.connection, sight.log_id, account=account, after=place, limit=count, down=down)

    return sight.collect(fetch, _ask_payment, lambda row: row.entry, after, limit)


def check_transfers(sight: Sight, account: Account) -> tuple[int, int]:
    """Give how many organisations an account's allocation is over, and the sum of all their transfers: zero, if all is well."""
    found = find_allocation(sight.connection, sight.log_id, account.allocation) if account.allocation else None
    shares = found.shares if found else ()
    return len(shares), sum(share.transfer for share in shares)


def find_share(sight: Sight, account: Account) -> Share | None:
    """Find the share from which the transfer of an account that the reader sees comes."""
    found = find_allocation(sight.connection, sight.log_id, account.allocation) if account.allocation else None
    return next((share for share in found.shares if share.organisation == account.organisation), None) if found else None


def _ask_account(row: Account) -> Asked:
    return ask_open(row.entry, "account.stated")


def _ask_payment(row: Payment) -> Asked:
    return ask_open(row.entry, "payment.confirmed", row.payee)
