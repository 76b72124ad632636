"""The ledger's tables, and what the service's database role may do with each.

Entries, nodes, heads, checkpoints, cosignatures, timestamps and logs allow INSERT alone (triggers of migrations 0001, 0013 and 0014); of
contents only the body changes, when fields are erased. Hashes are 32 bytes here and hex everywhere else; SQLite's tables are STRICT.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Column, Index, LargeBinary, Table, Text, UniqueConstraint

NAMING = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
_APPEND, _QUEUE = "SELECT, INSERT", "SELECT, INSERT, DELETE"

#: What the service's PostgreSQL role may do; contracts.database.grant_rights grants it, FORMAT.md shows it.
RIGHTS: Mapping[str, str] = {
    "ledger_logs": _APPEND,
    "ledger_entries": _APPEND,
    "ledger_nodes": _APPEND,
    "ledger_heads": _APPEND,
    "ledger_checkpoints": _APPEND,
    "ledger_cosignatures": _APPEND,
    "ledger_timestamps": _APPEND,
    "ledger_outcomes": _APPEND,
    "ledger_inbox": _QUEUE,
    "ledger_contents": "SELECT, INSERT, UPDATE (body)",
}

metadata = sa.MetaData(naming_convention=NAMING)
_Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str) -> Column[int]:
    return Column(name, _Whole, primary_key=True, autoincrement=False)


logs = Table(
    "ledger_logs",
    metadata,
    Column("id", _Whole, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("founded_at", Text, nullable=False),
    sqlite_strict=True,
)
entries = Table(
    "ledger_entries",
    metadata,
    _key("log_id"),
    _key("idx"),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("statement_hash", LargeBinary, nullable=False),
    Column("author", Text, nullable=False),
    Column("statement_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("key_seq", _Whole, nullable=False),
    Column("about", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the entry's canonical bytes: the columns before it are read from them
    UniqueConstraint("log_id", "author", "statement_id"),
    UniqueConstraint("log_id", "key", "key_seq"),
    UniqueConstraint("log_id", "statement_hash"),
    Index(None, "log_id", "kind", "idx"),
    Index(None, "log_id", "about", "idx"),
    Index(None, "log_id", "kind", "author", "idx"),
    sqlite_strict=True,
)
nodes = Table(
    "ledger_nodes",
    metadata,
    _key("log_id"),
    _key("level"),  # from 1: level 0 is the leaf hashes of the entries
    _key("idx"),
    Column("hash", LargeBinary, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
heads = Table(
    "ledger_heads",
    metadata,
    _key("log_id"),
    _key("previous_size"),
    Column("size", _Whole, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("last_leaf", LargeBinary, nullable=False),
    Column("received_at", Text, nullable=False),
    UniqueConstraint("log_id", "size"),
    sa.ForeignKeyConstraint(["log_id"], ["ledger_logs.id"]),
    sqlite_strict=True,
)
checkpoints = Table(
    "ledger_checkpoints",
    metadata,
    _key("log_id"),
    _key("size"),
    Column("signed_at", Text, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
)
cosignatures = Table(
    "ledger_cosignatures",
    metadata,
    _key("log_id"),
    _key("size"),
    Column("name", Text, primary_key=True),  # of the witness's key
    _key("time"),  # seconds since 1970, by the witness's clock; a quiet log is cosigned again
    Column("line", Text, nullable=False),
    Index(None, "log_id", "name", "size"),
    sqlite_strict=True,
)
timestamps = Table(
    "ledger_timestamps",
    metadata,
    _key("log_id"),
    _key("size"),
    Column("time", Text, nullable=False),
    Column("response", LargeBinary, nullable=False),  # of RFC 3161, DER
    sqlite_strict=True,
)
contents = Table(
    "ledger_contents", metadata, _key("log_id"), _key("idx"), Column("body", Text, nullable=False), sqlite_strict=True
)  # fmt: skip
inbox = Table(
    "ledger_inbox",
    metadata,
    Column("id", _Whole, primary_key=True),
    Column("log_id", _Whole, nullable=False),
    Column("statement_hash", LargeBinary, nullable=False),
    Column("submission", Text, nullable=False),
    Column("shown_note", Text),
    Column("note", Text, nullable=False),  # the acknowledgement
    UniqueConstraint("log_id", "statement_hash"),
    sqlite_strict=True,
    sqlite_autoincrement=True,  # a waiting process tells by its row's id that it was taken: an id must not come again
)
outcomes = Table(
    "ledger_outcomes",
    metadata,
    Column("id", _Whole, primary_key=True),
    Column("log_id", _Whole, nullable=False),
    Column("statement_hash", LargeBinary, nullable=False),
    Column("outcome", Text, nullable=False),  # refused, quarantined, latched, shut or opened
    Column("recorded_at", Text, nullable=False),
    Column("note", Text, nullable=False),  # signed refusal; of a latched log the note that proves the fork; of a shut one the reason
    Column("detail", Text, nullable=False),  # for the operator: what failed inside
    Index(None, "log_id", "statement_hash"),
    Index(None, "log_id", "outcome"),
    sqlite_strict=True,
)
