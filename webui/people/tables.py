"""Tables beside the log, never folded from it: people, memberships, tokens, attempts to log in, notices."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint

from contracts.database import Bytes, Document, Flag, Whole, metadata

#: Marks a table that no replay makes anew.
OUTSIDE = {"outside_log": True}

people = Table(
    "people",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # lower case
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2 hash
    Column("active", Flag, nullable=False),
    Column("uniquifier", Text, nullable=False, unique=True),  # what a session names; a new one ends all sessions
    Column("created_at", Text, nullable=False),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: For whom a person reads in a network, and under which pseudonym the person's keys are enrolled there.
memberships = Table(
    "memberships",
    metadata,
    Column("person", Whole, primary_key=True, autoincrement=False),
    Column("log_id", Whole, primary_key=True, autoincrement=False),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Index(None, "log_id", "organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
tokens = Table(
    "tokens",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("hash", Bytes, nullable=False, unique=True),  # SHA-256 of the token's text
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),  # under whose pseudonym it reads
    Column("roles", Document, nullable=False),  # to read as
    Column("name", Text, nullable=False),
    Column("created_by", Whole),  # person; NULL: by command
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("revoked_at", Text),
    Index(None, "log_id", "organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Failed attempts to log in, by account and by address, for as long as they count.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("account", Bytes, nullable=False),  # SHA-256 of the name that was tried: it may be a password typed into the wrong box
    Column("address", Text, nullable=False),
    Column("tried_at", Text, nullable=False),
    Index(None, "account", "tried_at"),
    Index(None, "address", "tried_at"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: What an organisation is reminded of; one row for each matter, whoever finds it first.
notices = Table(
    "notices",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # such as agreement:a-1
    Column("due_at", Text, nullable=False),  # instant
    Column("created_at", Text, nullable=False),
    Column("done_at", Text),
    UniqueConstraint("log_id", "organisation", "kind", "subject"),
    info=OUTSIDE,
    sqlite_strict=True,
)
