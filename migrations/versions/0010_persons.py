"""Rows beside the log: people, memberships, tokens, attempts to log in, notices."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_people()
    create_tokens()
    create_login_attempts()
    create_notices()


def create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", Whole, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("active", Flag, nullable=False),
        sa.Column("uniquifier", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email", name="uq_people_email"),
        sa.UniqueConstraint("uniquifier", name="uq_people_uniquifier"),
        sqlite_strict=True,
    )
    op.create_table(
        "memberships",
        sa.Column("person", Whole, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person", "log_id", name="pk_memberships"),
        sqlite_strict=True,
    )
    op.create_index("ix_memberships_log_id_organisation", "memberships", ["log_id", "organisation"])


def create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", Whole, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_by", Whole),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("hash", name="uq_tokens_hash"),
        sqlite_strict=True,
    )
    op.create_index("ix_tokens_log_id_organisation", "tokens", ["log_id", "organisation"])


def create_login_attempts() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("id", Whole, nullable=False),
        sa.Column("account", sa.LargeBinary, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("tried_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_attempts"),
        sqlite_strict=True,
    )
    op.create_index("ix_login_attempts_account_tried_at", "login_attempts", ["account", "tried_at"])
    op.create_index("ix_login_attempts_address_tried_at", "login_attempts", ["address", "tried_at"])


def create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", Whole, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("due_at", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("done_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("log_id", "organisation", "kind", "subject", name="uq_notices_log_id_organisation_kind_subject"),
        sqlite_strict=True,
    )
