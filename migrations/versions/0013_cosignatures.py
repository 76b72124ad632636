"""Cosignatures: what witnesses signed under the log's checkpoints; nothing but INSERT."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "ledger_cosignatures"
KEY = ("log_id", "size", "name", "time")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("size", Whole, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time", Whole, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name=f"pk_{TABLE}"),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{TABLE}_log_id_name_size", TABLE, ["log_id", "name", "size"])
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
