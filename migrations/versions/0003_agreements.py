"""The agreements' tables: published templates, agreements, their versions and signatures."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, WHOLE, nullable=null, autoincrement=False)


def words(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=f"pk_{table}")


def upgrade() -> None:
    op.create_table(
        "templates",
        whole("log_id"),
        *words("template", "hash"),
        whole("entry"),
        key("templates", "log_id", "template"),
        sqlite_strict=True,
    )
    op.create_table(
        "agreements",
        whole("log_id"),
        *words("agreement", "state", "contract_no"),
        whole("version"),
        whole("in_force_entry", null=True),
        *words("in_force_at", "terminated_on", "suspended_by", null=True),
        whole("reason_entry", null=True),
        *words("reason", null=True),
        whole("entry"),
        key("agreements", "log_id", "agreement"),
        sqlite_strict=True,
    )
    op.create_index("ix_agreements_log_id_contract_no", "agreements", ["log_id", "contract_no"])
    make_history()


def make_history() -> None:
    op.create_table(
        "agreement_versions",
        whole("log_id"),
        *words("agreement"),
        whole("version"),
        whole("entry"),
        *words("hash", "author", "template", "parties", "parameters", "text", "reply_by"),
        *words("message", null=True),
        *words("offered_at"),
        key("agreement_versions", "log_id", "agreement", "version"),
        sqlite_strict=True,
    )
    op.create_index("ix_agreement_versions_log_id_entry", "agreement_versions", ["log_id", "entry"])
    op.create_table(
        "agreement_signatures",
        whole("log_id"),
        *words("agreement"),
        whole("version"),
        *words("organisation", "holder", "capacity", "key"),
        whole("entry"),
        *words("signed_at"),
        key("agreement_signatures", "log_id", "agreement", "version", "organisation", "holder"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    raise NotImplementedError("the tables are a view of the log: restore a backup, or replay")
