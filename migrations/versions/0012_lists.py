"""What lists and pages look for: indexes for their orders, and from when and until when an agreement binds."""

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEXES = (
    ("ledger_entries", ("author", "kind", "idx")),
    ("readings_of_grants", ("entry",)),
    ("agreements", ("asset",)),
    ("agreements", ("entry",)),
    ("deliveries", ("agreement", "entry")),
    ("deliveries", ("state", "entry")),
    ("deliveries", ("dispatched_at", "delivery")),
    ("certificates", ("agreement", "entry")),
    ("certificates", ("lab", "entry")),
    ("allocations", ("entry",)),
    ("accounts", ("entry",)),
    ("payments", ("entry",)),
)


def upgrade() -> None:
    for name in ("binds_from", "binds_until", "asset"):
        op.add_column("agreements", sa.Column(name, sa.Text))
    bind_agreements()
    for table, names in INDEXES:
        op.create_index("_".join(["ix", table, "log_id", *names]), table, ["log_id", *names])
    for name in ("received_entry", "dispute_entry"):
        index, there = f"ix_deliveries_log_id_{name}", sa.text(f"{name} IS NOT NULL")
        op.drop_index(index, "deliveries")
        op.create_index(index, "deliveries", ["log_id", name], sqlite_where=there, postgresql_where=there)


def bind_agreements() -> None:
    """Write the new columns of agreements that all have signed, as a replay would."""
    connection = op.get_bind()
    signed = sa.text(
        "SELECT a.log_id, a.agreement, a.terminated_on, v.parameters FROM agreements a JOIN agreement_versions v "
        "ON v.log_id = a.log_id AND v.agreement = a.agreement AND v.version = a.version WHERE a.in_force_entry IS NOT NULL"
    )
    write = sa.text(
        "UPDATE agreements SET binds_from = :begin, binds_until = :until, asset = :asset WHERE log_id = :log_id AND agreement = :agreement"
    )
    for log_id, agreement, terminated_on, text in connection.execute(signed).all():
        terms = json.loads(text)
        ends = [] if terminated_on is None else [terminated_on]
        if terms.get("renewal_mode") != "auto":
            ends.append(add_months(date.fromisoformat(terms["effective_date"]), int(terms["initial_term"])).isoformat())
        asset = (terms.get("asset_id") or agreement) if "shares" in terms else None
        values = {"begin": terms["effective_date"], "until": min(ends, default=None), "asset": asset}
        connection.execute(write, {**values, "log_id": log_id, "agreement": agreement})


def add_months(day: date, months: int) -> date:
    """Give the day so many months later; one that the month lacks becomes the first of the next."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
