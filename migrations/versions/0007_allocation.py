"""Allocations proposed and their shares."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_allocations()
    create_allocation_shares()


def create_allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("allocation", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("game", sa.Text, nullable=False),
        sa.Column("entries", Whole, nullable=False),
        sa.Column("inputs_hash", sa.Text, nullable=False),
        sa.Column("components", sa.Text, nullable=False),
        sa.Column("entry", Whole, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "allocation", name="pk_allocations"),
        sqlite_strict=True,
    )
    op.create_index("ix_allocations_log_id_period", "allocations", ["log_id", "period"], unique=False)


def create_allocation_shares() -> None:
    op.create_table(
        "allocation_shares",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("allocation", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("saving", Whole, nullable=False),
        sa.Column("allocated", Whole, nullable=False),
        sa.Column("transfer", Whole, nullable=False),
        sa.Column("exact", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "allocation", "organisation", name="pk_allocation_shares"),
        sqlite_strict=True,
    )
