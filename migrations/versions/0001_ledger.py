"""The ledger's tables, and the triggers by which the database itself refuses to change what was said."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Nothing but INSERT: table, and its keys. A new row that has one of them already is refused (SQLite's INSERT OR REPLACE deletes by any).
APPEND_ONLY = {
    "ledger_logs": (("id",), ("name",)),
    "ledger_entries": (
        ("log_id", "idx"),
        ("log_id", "author", "statement_id"),
        ("log_id", "key", "key_seq"),
        ("log_id", "statement_hash"),
    ),
    "ledger_nodes": (("log_id", "level", "idx"),),
    "ledger_heads": (("log_id", "previous_size"), ("log_id", "size")),
    "ledger_checkpoints": (("log_id", "size"),),
}
#: Where the next row must follow the last one: table, what the new row must say.
GAPLESS = {
    "ledger_entries": "NEW.idx <> (SELECT coalesce(max(idx), -1) + 1 FROM ledger_entries WHERE log_id = NEW.log_id)",
    "ledger_heads": "NEW.previous_size <> (SELECT coalesce(max(size), 0) FROM ledger_heads WHERE log_id = NEW.log_id)"
    " OR NEW.size <= NEW.previous_size",
}


def upgrade() -> None:
    create_log_and_entries()
    create_tree()
    create_working_tables()
    if op.get_bind().dialect.name == "sqlite":
        create_sqlite_triggers()
    else:
        create_postgresql_triggers()


def create_log_and_entries() -> None:
    op.create_table(
        "ledger_logs",
        sa.Column("id", Whole, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("founded_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_logs"),
        sa.UniqueConstraint("name", name="uq_ledger_logs_name"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_entries",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("idx", Whole, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.Column("statement_hash", sa.LargeBinary, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("statement_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("key_seq", Whole, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "idx", name="pk_ledger_entries"),
        sa.UniqueConstraint("log_id", "author", "statement_id", name="uq_ledger_entries_log_id_author_statement_id"),
        sa.UniqueConstraint("log_id", "key", "key_seq", name="uq_ledger_entries_log_id_key_key_seq"),
        sa.UniqueConstraint("log_id", "statement_hash", name="uq_ledger_entries_log_id_statement_hash"),
        sqlite_strict=True,
    )
    op.create_index("ix_ledger_entries_log_id_kind_idx", "ledger_entries", ["log_id", "kind", "idx"])
    op.create_index("ix_ledger_entries_log_id_about_idx", "ledger_entries", ["log_id", "about", "idx"])


def create_tree() -> None:
    op.create_table(
        "ledger_nodes",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("level", Whole, nullable=False),
        sa.Column("idx", Whole, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "level", "idx", name="pk_ledger_nodes"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_heads",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("previous_size", Whole, nullable=False),
        sa.Column("size", Whole, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("last_leaf", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "previous_size", name="pk_ledger_heads"),
        sa.UniqueConstraint("log_id", "size", name="uq_ledger_heads_log_id_size"),
        sa.ForeignKeyConstraint(["log_id"], ["ledger_logs.id"], name="fk_ledger_heads_log_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("size", Whole, nullable=False),
        sa.Column("signed_at", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "size", name="pk_ledger_checkpoints"),
        sqlite_strict=True,
    )


def create_working_tables() -> None:
    op.create_table(
        "ledger_contents",
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("idx", Whole, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "idx", name="pk_ledger_contents"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_inbox",
        sa.Column("id", Whole, nullable=False, primary_key=True),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("statement_hash", sa.LargeBinary, nullable=False),
        sa.Column("submission", sa.Text, nullable=False),
        sa.Column("shown_note", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.UniqueConstraint("log_id", "statement_hash", name="uq_ledger_inbox_log_id_statement_hash"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ledger_outcomes",
        sa.Column("id", Whole, nullable=False, primary_key=True),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("statement_hash", sa.LargeBinary, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_ledger_outcomes_log_id_statement_hash", "ledger_outcomes", ["log_id", "statement_hash"])
    op.create_index("ix_ledger_outcomes_log_id_outcome", "ledger_outcomes", ["log_id", "outcome"])


def create_sqlite_triggers() -> None:
    for table, keys in APPEND_ONLY.items():
        for act in ("UPDATE", "DELETE"):
            refuse_in_sqlite(f"{table}_no_{act.lower()}", f"{act} ON {table}", f"{table} allows nothing but INSERT")
        refuse_existing_keys(table, keys)
    for table, gap in GAPLESS.items():
        refuse_in_sqlite(f"{table}_no_gap", f"INSERT ON {table}", f"{table} goes on without a gap", when=gap)
    table = "ledger_contents"
    refuse_in_sqlite(f"{table}_no_delete", f"DELETE ON {table}", f"{table} keeps its rows")
    moved = "NEW.log_id IS NOT OLD.log_id OR NEW.idx IS NOT OLD.idx"
    refuse_in_sqlite(f"{table}_no_move", f"UPDATE ON {table}", "only the body of contents changes", when=moved)
    refuse_existing_keys(table, (("log_id", "idx"),))


def refuse_existing_keys(table: str, keys: tuple[tuple[str, ...], ...]) -> None:
    """Refuse a row with an existing key before REPLACE can delete the old row, whatever recursive_triggers says."""
    matches = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{column} = NEW.{column}' for column in key)})"  # noqa: S608 - names of this file
        for key in keys
    )
    refuse_in_sqlite(f"{table}_no_replace", f"INSERT ON {table}", f"{table} has a row with this key", when=matches)


def refuse_in_sqlite(name: str, event: str, message: str, when: str = "1") -> None:
    # FAIL and not ABORT: both refuse the row, but for ABORT SQLite keeps a journal of each sentence, which made inserts 2.5 times slower.
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} WHEN {when} BEGIN SELECT RAISE(FAIL, '{message}'); END")


def create_postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% allows nothing but INSERT', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE FUNCTION ledger_refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {GAPLESS['ledger_heads']} THEN RAISE EXCEPTION 'ledger_heads goes on without a gap' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE FUNCTION ledger_refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.log_id <> OLD.log_id OR NEW.idx <> OLD.idx THEN RAISE EXCEPTION 'only the body of contents changes' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    for table in APPEND_ONLY:
        # By sentence and not by row: a sentence that would touch no row is refused too, and so is any ON CONFLICT DO UPDATE.
        make_always(table, "no_change", f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT", "ledger_refuse")
    make_always("ledger_heads", "no_gap", "BEFORE INSERT ON ledger_heads FOR EACH ROW", "ledger_refuse_gap")
    make_always("ledger_contents", "no_delete", "BEFORE DELETE OR TRUNCATE ON ledger_contents FOR EACH STATEMENT", "ledger_refuse")
    make_always("ledger_contents", "no_move", "BEFORE UPDATE ON ledger_contents FOR EACH ROW", "ledger_refuse_move")


def make_always(table: str, name: str, event: str, function: str) -> None:
    """Make a trigger that fires on replicas too (session_replication_role would silence an ordinary one)."""
    op.execute(f"CREATE TRIGGER {table}_{name} {event} EXECUTE FUNCTION {function}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")


def downgrade() -> None:
    raise NotImplementedError("a log is not taken back: restore a backup that no guard has seen the end of")
