"""The database: one MetaData for every table of this package, engines with their settings, and migrations from the package.

SQLite's settings and why: WAL lets readers go on while one writes; synchronous=FULL makes a commit survive a power cut (NORMAL does not);
trusted_schema=OFF keeps a hostile file from running functions; recursive_triggers=ON lets the triggers that forbid deletion see
INSERT OR REPLACE; secure_delete=ON overwrites what an erasure drops; isolation_level None leaves BEGIN to us.
"""

import json
import time
from decimal import Decimal
from functools import partial
from importlib.resources import as_file, files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    StaticPool,
    Text,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeEngine

from contracts.quantity import format_decimal
from ledger import store, tables

#: Every table of contracts/ hangs here; the ledger's own hang on ledger.tables.metadata.
metadata = MetaData(naming_convention=tables.NAMING)

#: SQLite's STRICT tables know INTEGER, REAL, TEXT and BLOB only; make each table with `sqlite_strict=True` and these types.
Whole = BigInteger().with_variant(Integer(), "sqlite")
Bytes = LargeBinary()

#: Seconds that a writer waits for another writer of the same SQLite file.
BUSY_SECONDS = 60
#: Seconds after which PostgreSQL is asked whether a connection lives before it is used; asking each time would be a journey for each read.
RESTED = 1.0
_USED = "ledger_used"  #: when a connection was last given back, in monotonic seconds
#: Key of the advisory lock that lets one process migrate at a time; any number of our own.
_MIGRATION_LOCK = 0x53594D42
_PRAGMAS = (
    "page_size=8192",  # of a new file alone; with SQLite's own 4,096 a commit writes half as many bytes again
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "trusted_schema=OFF",
    "recursive_triggers=ON",
    "secure_delete=ON",
    "cache_size=-65536",
)


class Flag(TypeDecorator[bool]):
    """A truth value: BOOLEAN on PostgreSQL, INTEGER 0 or 1 in SQLite's strict tables."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of a database."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:  # noqa: ANN401, FBT001 - SQLAlchemy's signature
        """Hand a truth value to the driver."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> bool | None:  # noqa: ANN401 - the driver's value
        """Take a truth value from the driver."""
        return None if value is None else bool(value)


class Document(TypeDecorator[Any]):
    """A JSON value kept as text with sorted names, so that equal values are equal rows on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str:  # noqa: ANN401 - any JSON value
        """Write the value; None is the JSON null, never SQL's NULL."""
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:  # noqa: ANN401 - any JSON value
        """Read the value."""
        return None if value is None else json.loads(value)


class DecimalText(TypeDecorator[Decimal]):
    """An exact decimal kept as its canonical text, places included, so that 23.230 stays 23.230 on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        """Write the canonical text; Invalid past the bounds of a quantity."""
        return None if value is None else format_decimal(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Decimal | None:
        """Read the decimal."""
        return None if value is None else Decimal(value)


def make_engine(url: str, *, reading: bool = False) -> Engine:
    """Make an engine for a SQLite or PostgreSQL URL.

    Transactions of the engine may write: on SQLite they begin IMMEDIATE, so that a writer waits at its beginning and never fails in its
    middle. With `reading`, or through `open_reader(engine)`, which shares the pool, they begin plain and hold nobody up.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        engine = create_engine(address, pool_size=20, max_overflow=10)
        event.listen(engine, "connect", _plan_anew)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_ask_if_it_lives, engine))
        return open_reader(engine) if reading else engine
    arguments: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": BUSY_SECONDS}}
    if address.database in (None, "", ":memory:"):
        arguments["poolclass"] = StaticPool  # one connection: a second one would open a second, empty database
    engine = create_engine(address, **arguments)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return open_reader(engine) if reading else engine


def open_reader(engine: Engine) -> Engine:
    """Give an engine on the same pool whose transactions only read."""
    reader: Engine = store.open_reader(engine)
    return reader


def migrate(url: str) -> None:
    """Bring a database to the newest tables, from empty or from any earlier release; safe to start twice at once."""
    engine = make_engine(url)
    try:
        with as_file(files("migrations")) as folder, engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(folder).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def grant_rights(connection: Connection, role: str) -> None:
    """Give a PostgreSQL role what the service needs and no more; makes the role, without login, if it is missing.

    To be run by the owner of the tables after each migration. The role owns nothing. On the ledger's tables it has what
    ledger.tables.RIGHTS lists; on alembic_version SELECT; on all others SELECT, INSERT, UPDATE and DELETE.
    """
    quote = connection.dialect.identifier_preparer.quote
    name = quote(role)
    if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first():
        connection.execute(text(f"CREATE ROLE {name} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"))
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}"))
    connection.execute(text(f"REVOKE CREATE ON SCHEMA public FROM {name}, PUBLIC"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    for table in inspect(connection).get_table_names():
        rights = tables.RIGHTS.get(table, "SELECT" if table == "alembic_version" else "SELECT, INSERT, UPDATE, DELETE")
        connection.execute(text(f"GRANT {rights} ON {quote(table)} TO {name}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"))


def _set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _plan_anew(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    """Have PostgreSQL plan each query for the tables as they are: a plan that was kept from a log's first minute walks over all of it."""
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = time.monotonic()


def _ask_if_it_lives(engine: Engine, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401 - the driver's
    """Ask a connection that has rested, before it is used: a server that was away has dropped it, and with it all others."""
    now = time.monotonic()
    if now - record.info.get(_USED, now) > RESTED:
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get(store.READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def order_entries(query: Select[Any], entry: ColumnElement[int], after: int, *, down: bool) -> Select[Any]:
    """Order rows by the entry that made them, from the one after `after` on; `down`: the newest first, -1 being its beginning."""
    if not down:
        return query.where(entry > after).order_by(entry)
    return (query.where(entry < after) if after >= 0 else query).order_by(entry.desc())
