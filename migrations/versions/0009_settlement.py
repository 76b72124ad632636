"""Statements of account, their lines, and payments confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_accounts()
    create_account_lines()
    create_payments()


def create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("allocation", sa.Text),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("inputs_hash", sa.Text, nullable=False),
        sa.Column("payments", sa.Text, nullable=False),
        sa.Column("total", Whole, nullable=False),
        sa.Column("entry", Whole, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "account", name="pk_accounts"),
        sqlite_strict=True,
    )
    op.create_index("ix_accounts_log_id_organisation", "accounts", ["log_id", "organisation"], unique=False)
    op.create_index("ix_accounts_log_id_period", "accounts", ["log_id", "period"], unique=False)


def create_account_lines() -> None:
    op.create_table(
        "account_lines",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("agreement", sa.Text),
        sa.Column("counterparty", sa.Text),
        sa.Column("of_period", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("amount", Whole, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "account", "number", name="pk_account_lines"),
        sqlite_strict=True,
    )


def create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("payment", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("payee", sa.Text, nullable=False),
        sa.Column("payer", sa.Text, nullable=False),
        sa.Column("amount", Whole, nullable=False),
        sa.Column("paid_on", sa.Text, nullable=False),
        sa.Column("entry", Whole, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "payment", name="pk_payments"),
        sqlite_strict=True,
    )
    op.create_index("ix_payments_log_id_account_payer", "payments", ["log_id", "account", "payer"], unique=True)
