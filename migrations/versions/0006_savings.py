"""Costs reported, periods closed, their lines, and which delivery which close counted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_cost_reports()
    create_closed_periods()
    create_saving_lines()
    create_counted_deliveries()


def create_cost_reports() -> None:
    op.create_table(
        "cost_reports",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("agreement", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("amount", Whole),
        sa.Column("items", sa.Text, nullable=False),
        sa.Column("entry", Whole, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "report", name="pk_cost_reports"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cost_reports_log_id_agreement_organisation_period",
        "cost_reports",
        ["log_id", "agreement", "organisation", "period"],
        unique=True,
    )


def create_closed_periods() -> None:
    op.create_table(
        "closed_periods",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("entry", Whole, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("entries", Whole, nullable=False),
        sa.Column("inputs_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "period", name="pk_closed_periods"),
        sqlite_strict=True,
    )


def create_saving_lines() -> None:
    op.create_table(
        "saving_lines",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("agreement", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("of_period", sa.Text, nullable=False),
        sa.Column("deliveries", Whole, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("baseline", Whole, nullable=False),
        sa.Column("cost", Whole, nullable=False),
        sa.Column("price", Whole, nullable=False),
        sa.Column("saving", Whole, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "period", "number", name="pk_saving_lines"),
        sqlite_strict=True,
    )
    op.create_index("ix_saving_lines_log_id_organisation", "saving_lines", ["log_id", "organisation"], unique=False)


def create_counted_deliveries() -> None:
    op.create_table(
        "counted_deliveries",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("of_period", sa.Text, nullable=False),
        sa.Column("agreement", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("price", Whole, nullable=False),
        sa.Column("adjustment", sa.Text, nullable=False),
        sa.Column("refused", Flag, nullable=False),
        sa.Column("taken_before", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "delivery", name="pk_counted_deliveries"),
        sqlite_strict=True,
    )
    op.create_index("ix_counted_deliveries_log_id_period_agreement", "counted_deliveries", ["log_id", "period", "agreement"], unique=False)
