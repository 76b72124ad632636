"""Notices: what an organisation is reminded of, one row for each matter; put there by the worker, done when the log says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from contracts.clock import format_instant
from contracts.views.reminders import Due
from webui.people.tables import notices


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that waits for an organisation."""

    organisation: str
    kind: str
    subject: str  #: such as delivery:d-1
    due_at: str  #: instant
    created_at: str  #: instant


def keep_notices(connection: Connection, log_id: int, due: Sequence[Due], now: datetime) -> int:
    """Keep what is due now, and mark as done what no longer is; gives how many are new. A second run changes nothing."""
    columns = notices.c
    rows = connection.execute(
        select(columns.id, columns.organisation, columns.kind, columns.subject, columns.done_at).where(columns.log_id == log_id)
    )
    known = {(row.organisation, row.kind, row.subject): row for row in rows}
    wanted = {(one.organisation, one.kind, one.subject): one for one in due}
    new = [one for key, one in wanted.items() if key not in known]
    created = format_instant(now)
    if new:
        connection.execute(
            insert(notices),
            [
                {"log_id": log_id, "organisation": one.organisation, "kind": one.kind, "subject": one.subject, "due_at": one.due_at,
                 "created_at": created, "done_at": None}
                for one in new
            ],
        )  # fmt: skip
    for key, row in known.items():
        if key in wanted and row.done_at is not None:
            connection.execute(update(notices).where(columns.id == row.id).values(done_at=None, due_at=wanted[key].due_at))
        elif key not in wanted and row.done_at is None:
            connection.execute(update(notices).where(columns.id == row.id).values(done_at=created))
    return len(new)


def list_notices(connection: Connection, log_id: int, organisation: str) -> list[Notice]:
    """List what waits for an organisation, the earliest first."""
    columns = notices.c
    query = select(columns.organisation, columns.kind, columns.subject, columns.due_at, columns.created_at)
    query = query.where(columns.log_id == log_id, columns.organisation == organisation, columns.done_at.is_(None))
    return [Notice(*row) for row in connection.execute(query.order_by(columns.due_at, columns.id))]
