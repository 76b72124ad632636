"""The tables of deliveries: rows with both sides' figures, readings of metered days, proposals that wait for the other side."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, WHOLE, nullable=null, autoincrement=False)


def words(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def upgrade() -> None:
    make_deliveries()
    make_readings()
    make_proposals()


def make_deliveries() -> None:
    op.create_table(
        "deliveries",
        whole("log_id"),
        *words("delivery", "agreement", "kind"),
        *words("of", null=True),
        *words("supplier", "receiver", "state"),
        whole("entry"),
        *words("recorded_at", "unit", "dispatched_at"),
        *words("sent_quantity", "sent_gross", "sent_tare", "sent_moisture", null=True),
        *words("ticket", "batch", "vehicle", "driver", "meter", "day", null=True),
        whole("received_entry", null=True),
        *words("received_at", "got_quantity", "got_gross", "got_tare", "got_moisture", null=True),
        *words("accepted", "refused", "refusal_reason", null=True),
        whole("dispute_entry", null=True),
        *words("dispute_by", "dispute_quantity", "dispute_reason", null=True),
        *words("period"),
        *words("settled", null=True),
        *words("settled_unit"),
        whole("settled_entry", null=True),
        *words("settled_by", "silent_from", "silent_quantity", "reversed_by", "replaced_by", null=True),
        sa.PrimaryKeyConstraint("log_id", "delivery", name="pk_deliveries"),
        sqlite_strict=True,
    )
    for names in (["entry"], ["period"], ["agreement", "batch"], ["received_entry"], ["dispute_entry"]):
        op.create_index("_".join(["ix_deliveries_log_id", *names]), "deliveries", ["log_id", *names])
    for names in (["agreement", "ticket"], ["agreement", "meter", "day"]):
        op.create_index("_".join(["ix_deliveries_log_id", *names]), "deliveries", ["log_id", *names], unique=True)


def make_readings() -> None:
    op.create_table(
        "delivery_readings",
        whole("log_id"),
        *words("delivery"),
        whole("entry"),
        whole("interval"),
        *words("register_start", "register_end", null=True),
        *words("readings"),
        sa.PrimaryKeyConstraint("log_id", "delivery", name="pk_delivery_readings"),
        sqlite_strict=True,
    )


def make_proposals() -> None:
    op.create_table(
        "delivery_proposals",
        whole("log_id"),
        *words("hash", "delivery", "purpose", "by"),
        *words("quantity", "replacement", "reason", null=True),
        whole("entry"),
        sa.Column("is_open", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "hash", name="pk_delivery_proposals"),
        sqlite_strict=True,
    )
    for name in ("delivery", "entry"):
        op.create_index(f"ix_delivery_proposals_log_id_{name}", "delivery_proposals", ["log_id", name])
