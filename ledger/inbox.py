"""The inbox and the outcomes: what waits for a sequencer in another process, and what was refused, quarantined or latched.

Like ledger/store.py these functions speak SQL on their caller's connection.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from ledger.store import Connection, Engine, naming_outages
from ledger.tables import inbox, outcomes


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One submission in the inbox."""

    id: int
    statement_hash: str
    submission: str  #: JSON text of the travelling form
    shown_note: str | None


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One refusal, quarantine or latch, as recorded."""

    statement_hash: str
    outcome: str
    recorded_at: str
    note: str
    detail: str = ""


@contextmanager
def queueing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes beside the log, where nobody waits for the log's writers; raises Outage when the database fails."""
    with naming_outages(), engine.begin() as connection:
        yield connection


def put_inbox(connection: Connection, log_id: int, row: WaitingRow, note: str) -> str:
    """Keep a submission durably until it is judged; returns its acknowledgement, the first one if it waits already."""
    places = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * 5)
    inserted = connection.exec_driver_sql(
        f"INSERT INTO ledger_inbox (log_id, statement_hash, submission, shown_note, note) VALUES ({places}) "  # noqa: S608 - no values
        "ON CONFLICT (log_id, statement_hash) DO NOTHING",
        (log_id, bytes.fromhex(row.statement_hash), row.submission, row.shown_note, note),
    )
    return note if inserted.rowcount else find_notes(connection, log_id, [row.statement_hash]).get(row.statement_hash, note)


def is_filled(connection: Connection, log_id: int) -> bool:
    """Tell whether anything waits; asked many times a second, hence in the driver's own words."""
    return connection.exec_driver_sql(f"SELECT 1 FROM ledger_inbox WHERE log_id = {log_id:d} LIMIT 1").first() is not None  # noqa: S608 - a number of ours


def read_inbox(connection: Connection, log_id: int, limit: int) -> list[WaitingRow]:
    """Read the submissions that have waited longest."""
    query = sa.select(inbox).where(inbox.c.log_id == log_id).order_by(inbox.c.id).limit(limit)
    return [WaitingRow(row.id, row.statement_hash.hex(), row.submission, row.shown_note) for row in connection.execute(query)]


def find_notes(connection: Connection, log_id: int, statement_hashes: Sequence[str]) -> dict[str, str]:
    """Find the acknowledgements of the statements that wait in the inbox, by statement hash."""
    wanted = [bytes.fromhex(text) for text in statement_hashes]
    query = sa.select(inbox.c.statement_hash, inbox.c.note).where(inbox.c.log_id == log_id, inbox.c.statement_hash.in_(wanted))
    return {found.hex(): note for found, note in connection.execute(query)}


def drop_inbox(connection: Connection, ids: Sequence[int]) -> None:
    """Take judged submissions out of the inbox."""
    if ids:
        connection.execute(inbox.delete().where(inbox.c.id == sa.bindparam("row")), [{"row": row} for row in ids])


def insert_outcomes(connection: Connection, log_id: int, rows: Sequence[OutcomeRow]) -> None:
    """Record refusals, quarantines and latches."""
    if rows:
        connection.execute(
            outcomes.insert(),
            [
                {
                    "log_id": log_id,
                    "statement_hash": bytes.fromhex(row.statement_hash),
                    "outcome": row.outcome,
                    "recorded_at": row.recorded_at,
                    "note": row.note,
                    "detail": row.detail,
                }
                for row in rows
            ],
        )


def is_latched(connection: Connection, log_id: int) -> bool:
    """Tell whether any process has shut the log; asked before each commit, hence in the driver's own words."""
    query = f"SELECT 1 FROM ledger_outcomes WHERE log_id = {log_id:d} AND outcome = 'latched' LIMIT 1"  # noqa: S608 - a number of ours
    return connection.exec_driver_sql(query).first() is not None


def read_shut(connection: Connection, log_id: int) -> OutcomeRow | None:
    """Read why whoever leads a log has shut it, by `note` (the reason) and `detail`; None if it is open as far as anybody has said."""
    query = sa.select(*outcomes.c[2:]).where(outcomes.c.log_id == log_id, outcomes.c.outcome.in_(("shut", "opened")))
    row = connection.execute(query.order_by(outcomes.c.id.desc()).limit(1)).first()
    return None if row is None or row.outcome == "opened" else OutcomeRow(row[0].hex(), *row[1:])


def find_refusals(connection: Connection, log_id: int, statement_hashes: Sequence[str]) -> dict[str, str]:
    """Find the newest refusals of statements, signed notes by statement hash."""
    wanted = [bytes.fromhex(text) for text in statement_hashes]
    query = sa.select(outcomes.c.statement_hash, outcomes.c.note).where(outcomes.c.log_id == log_id, outcomes.c.statement_hash.in_(wanted))
    query = query.where(outcomes.c.outcome.in_(("refused", "quarantined"))).order_by(outcomes.c.id)
    return {found.hex(): note for found, note in connection.execute(query)}


def list_outcomes(connection: Connection, log_id: int, *, outcome: str | None = None) -> list[OutcomeRow]:
    """List what was recorded, oldest first, of all or of one outcome."""
    query = sa.select(*outcomes.c[2:]).where(outcomes.c.log_id == log_id)
    if outcome is not None:
        query = query.where(outcomes.c.outcome == outcome)
    return [OutcomeRow(row[0].hex(), *row[1:]) for row in connection.execute(query.order_by(outcomes.c.id))]
