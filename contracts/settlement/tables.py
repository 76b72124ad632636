"""Tables of the settlement stage, all folded: statements of account with their lines, and payments."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, insert, select

from contracts.database import DecimalText, Document, Whole, metadata, order_entries
from contracts.settlement.facts import AccountLine, AccountPayment, AccountStated, LineKind, PaymentConfirmed

accounts = Table(
    "accounts",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("allocation", Text),
    Column("method", Text, nullable=False),
    Column("inputs_hash", Text, nullable=False),
    Column("payments", Document, nullable=False),
    Column("total", Whole, nullable=False),
    Column("entry", Whole, nullable=False),
    Index(None, "log_id", "period"),
    Index(None, "log_id", "organisation"),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)
account_lines = Table(
    "account_lines",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("number", Whole, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("agreement", Text),
    Column("counterparty", Text),
    Column("of_period", Text, nullable=False),
    Column("quantity", DecimalText),
    Column("unit", Text),
    Column("amount", Whole, nullable=False),
    sqlite_strict=True,
)
payments = Table(
    "payments",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("payment", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("payee", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("paid_on", Text, nullable=False),
    Column("entry", Whole, nullable=False),
    Index(None, "log_id", "account", "payer", unique=True),
    Index(None, "log_id", "entry"),
    sqlite_strict=True,
)

FOLDED = (accounts, account_lines, payments)


@dataclass(frozen=True, slots=True)
class Account:
    """A statement of account on the log."""

    account: str
    organisation: str
    period: str
    allocation: str | None
    method: str
    inputs_hash: str
    payments: tuple[AccountPayment, ...]
    total: int
    entry: int
    lines: tuple[AccountLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that its payee confirmed."""

    payment: str
    account: str
    payee: str
    payer: str
    amount: int
    paid_on: date
    entry: int


def find_account(connection: Connection, log_id: int, account: str) -> Account | None:
    """Find a statement of account with its lines."""
    columns = accounts.c
    row = connection.execute(select(*columns[1:]).where(columns.log_id == log_id, columns.account == account)).first()
    return None if row is None else _read_account(connection, log_id, row)


def list_accounts(
    connection: Connection,
    log_id: int,
    *,
    period: str | None = None,
    organisation: str | None = None,
    after: int = -1,
    limit: int = 100,
    down: bool = False,
) -> list[Account]:
    """List statements of account in the order of the log, after an entry's index, or the newest first."""
    columns = accounts.c
    query = order_entries(select(*columns[1:]).where(columns.log_id == log_id), columns.entry, after, down=down).limit(limit)
    if period is not None:
        query = query.where(columns.period == period)
    if organisation is not None:
        query = query.where(columns.organisation == organisation)
    return [_read_account(connection, log_id, row) for row in connection.execute(query).all()]


def has_account(connection: Connection, log_id: int, account: str) -> bool:
    """Tell whether an account was stated."""
    columns = accounts.c
    return connection.execute(select(columns.account).where(columns.log_id == log_id, columns.account == account)).first() is not None


def insert_account(connection: Connection, log_id: int, fact: AccountStated, entry: int) -> None:
    """Fold a statement of account."""
    row = {name: getattr(fact, name) for name in ("account", "organisation", "period", "allocation", "method", "inputs_hash", "total")}
    paid = [{"counterparty": one.counterparty, "amount": one.amount} for one in fact.payments]
    connection.execute(insert(accounts), {**row, "log_id": log_id, "payments": paid, "entry": entry})
    names = ("kind", "agreement", "counterparty", "of_period", "quantity", "unit", "amount")
    lines = [
        {"log_id": log_id, "account": fact.account, "number": number, **{name: getattr(line, name) for name in names}}
        for number, line in enumerate(fact.lines)
    ]
    if lines:
        connection.execute(insert(account_lines), lines)


def list_payments(
    connection: Connection, log_id: int, *, account: str | None = None, after: int = -1, limit: int = 100, down: bool = False
) -> list[Payment]:
    """List confirmed payments in the order of the log, or the newest first; of one account or of all."""
    columns = payments.c
    query = order_entries(select(*columns[1:]).where(columns.log_id == log_id), columns.entry, after, down=down).limit(limit)
    if account is not None:
        query = query.where(columns.account == account)
    return [Payment(**{**row._asdict(), "paid_on": date.fromisoformat(row.paid_on)}) for row in connection.execute(query)]


def has_payment(connection: Connection, log_id: int, payment: str, account: str, payer: str) -> bool:
    """Tell whether a payment's id is taken, or the payer's payment for the account is confirmed."""
    columns = payments.c
    same = (columns.payment == payment) | ((columns.account == account) & (columns.payer == payer))
    return connection.execute(select(columns.payment).where(columns.log_id == log_id, same)).first() is not None


def insert_payment(connection: Connection, log_id: int, fact: PaymentConfirmed, payee: str, entry: int) -> None:
    """Fold a payment."""
    row = {"payment": fact.payment, "account": fact.account, "payee": payee, "payer": fact.payer, "amount": fact.amount}
    connection.execute(insert(payments), {**row, "log_id": log_id, "paid_on": fact.paid_on.isoformat(), "entry": entry})


def _read_account(connection: Connection, log_id: int, row: Row[Any]) -> Account:
    columns = account_lines.c
    query = select(*columns[3:]).where(columns.log_id == log_id, columns.account == row.account).order_by(columns.number)
    lines = tuple(AccountLine(LineKind(line.kind), *line[1:]) for line in connection.execute(query))
    values = row._asdict()
    values["payments"] = tuple(AccountPayment(one["counterparty"], one["amount"]) for one in values["payments"])
    return Account(**values, lines=lines)
