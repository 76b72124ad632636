"""The tables of certificates: one row each, and the deliveries that each quotes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def whole(name: str) -> sa.Column[int]:
    return sa.Column(name, WHOLE, nullable=False, autoincrement=False)


def words(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def upgrade() -> None:
    op.create_table(
        "certificates",
        whole("log_id"),
        *words("certificate"),
        whole("entry"),
        *words("state"),
        whole("state_entry"),
        *words("reason", null=True),
        *words("lab", "key"),
        *words("number", null=True),
        *words("agreement"),
        *words("batch", "sampled_at", null=True),
        *words("issued_at", "verdict", "results", "credential_hash"),
        *words("credential", "replaces", "replaced_by", null=True),
        whole("rank"),
        *words("discount"),
        sa.Column("refused", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "certificate", name="pk_certificates"),
        sqlite_strict=True,
    )
    for names in (("entry",), ("state_entry",), ("lab", "number"), ("agreement", "batch")):
        op.create_index("_".join(("ix_certificates_log_id", *names)), "certificates", ["log_id", *names])
    op.create_table(
        "certificate_deliveries",
        whole("log_id"),
        *words("certificate", "delivery"),
        sa.PrimaryKeyConstraint("log_id", "certificate", "delivery", name="pk_certificate_deliveries"),
        sqlite_strict=True,
    )
    op.create_index("ix_certificate_deliveries_log_id_delivery", "certificate_deliveries", ["log_id", "delivery"])
