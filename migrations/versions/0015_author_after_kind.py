"""The index by author and kind has the kind first: PostgreSQL, before it knows a young log, took it for look-ups by author and id."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_ledger_entries_log_id_author_kind_idx", "ledger_entries")
    op.create_index("ix_ledger_entries_log_id_kind_author_idx", "ledger_entries", ["log_id", "kind", "author", "idx"])


def downgrade() -> None:
    raise NotImplementedError("a log is not taken back: restore a backup that no guard has seen the end of")
