"""Timestamps: tokens of RFC 3161 over the log's checkpoints; nothing but INSERT."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "ledger_timestamps"
KEY = ("log_id", "size")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("size", Whole, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("response", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name=f"pk_{TABLE}"),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        refuse_changes_in_sqlite()
    else:
        refuse_changes_in_postgresql()


def refuse_changes_in_sqlite() -> None:
    existing = f"EXISTS (SELECT 1 FROM {TABLE} WHERE {' AND '.join(f'{column} = NEW.{column}' for column in KEY)})"  # noqa: S608 - names of this file
    for name, event, when, message in (
        ("no_update", "UPDATE", "1", "allows nothing but INSERT"),
        ("no_delete", "DELETE", "1", "allows nothing but INSERT"),
        ("no_replace", "INSERT", existing, "has a row with this key"),
    ):
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {event} ON {TABLE} WHEN {when} BEGIN SELECT RAISE(FAIL, '{TABLE} {message}'); END"
        )


def refuse_changes_in_postgresql() -> None:
    event = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    op.execute(f"CREATE TRIGGER {TABLE}_no_change {event}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_no_change")


def downgrade() -> None:
    raise NotImplementedError("a log is not taken back: restore a backup that no guard has seen the end of")
