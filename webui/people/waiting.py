"""Waiting: what waits in a whole network, by organisation and kind, for the facilitator who brings it to mind."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from webui.people.tables import notices


@dataclass(frozen=True, slots=True)
class Waiting:
    """Things of one kind that wait for one organisation."""

    organisation: str
    kind: str  #: as in contracts/views/reminders.py
    number: int
    due_at: str  #: instant of the first of them


def list_waiting(connection: Connection, log_id: int, limit: int = 100) -> list[Waiting]:
    """List what waits for whom, the earliest first."""
    column = notices.c
    query = select(column.organisation, column.kind, func.count(), func.min(column.due_at).label("due"))
    query = query.where(column.log_id == log_id, column.done_at.is_(None)).group_by(column.organisation, column.kind)
    return [Waiting(*row) for row in connection.execute(query.order_by("due", column.organisation).limit(limit))]
