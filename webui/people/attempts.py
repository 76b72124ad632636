"""Attempts to log in: how many failures an account and an address are given, counted in the database for all web processes together."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text

from contracts.clock import format_instant
from webui.people.tables import login_attempts
from webui.problems import TooMany

WINDOW = timedelta(minutes=15)
ACCOUNT_FAILURES = 5  #: for one account in a window, whoever tries
ADDRESS_FAILURES = 50  #: from one address in a window, whatever the account: offices share one


def begin_attempt(connection: Connection, account: str, address: str, now: datetime) -> int:
    """Count an attempt before it is tried, so that many at once gain nothing; gives its id. Raises TooMany."""
    if connection.dialect.name == "postgresql":  # SQLite's writers come one after another anyway
        connection.execute(text("LOCK TABLE login_attempts IN SHARE ROW EXCLUSIVE MODE"))
    since = format_instant(now - WINDOW)
    connection.execute(delete(login_attempts).where(login_attempts.c.tried_at < since))
    hashed = sha256(account.encode()).digest()
    by_account = _count(connection, login_attempts.c.account == hashed)
    by_address = _count(connection, login_attempts.c.address == address)
    if by_account >= ACCOUNT_FAILURES or by_address >= ADDRESS_FAILURES:
        raise TooMany(f"too many attempts to log in: wait {WINDOW.seconds // 60} minutes")
    values = {"account": hashed, "address": address, "tried_at": format_instant(now)}
    key = connection.execute(insert(login_attempts).values(**values)).inserted_primary_key
    return int(key[0]) if key is not None else 0


def count_attempts(connection: Connection, account: str, now: datetime) -> int:
    """Count what an account has been tried and not been forgiven in the window."""
    since = login_attempts.c.tried_at >= format_instant(now - WINDOW)
    return _count(connection, since & (login_attempts.c.account == sha256(account.encode()).digest()))


def forgive_attempt(connection: Connection, attempt: int) -> None:
    """Take a successful attempt out of the count."""
    connection.execute(delete(login_attempts).where(login_attempts.c.id == attempt))


def _count(connection: Connection, wanted: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(login_attempts).where(wanted)).scalar() or 0
