"""Sight: what one reader may see, decided entry by entry; whatever is shown by right of a grant is noted, for its owner to look up."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from contracts.facts import Role
from contracts.parties.reading import Asked, find_viewer, may_read_entries, record_readings
from contracts.parties.rules import Reading, Viewer

PAGE = 200  #: rows that are looked at in one step
R = TypeVar("R")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads."""

    organisation: str
    holder: str  #: pseudonym of the person or of whoever made the token
    roles: frozenset[str]  #: at most those of the organisation; less is seen with less


@dataclass(slots=True)
class Sight:
    """A reader on one log, in one transaction that only reads."""

    connection: Connection
    log_id: int
    reader: Reader
    viewer: Viewer
    used: dict[int, str] = field(default_factory=dict)  #: grants by which entries were shown, by index
    answered: dict[Asked, Reading] = field(default_factory=dict)  #: what was asked before: one page comes back to the same entries

    @property
    def organisation(self) -> str:
        """The reader's organisation."""
        return self.reader.organisation

    def find_visible(self, asked: Iterable[Asked]) -> set[int]:
        """Find which entries' contents the reader may see, by index; notes the grants that it takes."""
        wanted = list(asked)
        news = [one for one in wanted if one not in self.answered]
        if news:
            answers = may_read_entries(self.connection, self.log_id, self.viewer, news)
            self.answered.update({one: answers[one.index] for one in news})
            self.used.update({index: answer.grant for index, answer in answers.items() if answer.allowed and answer.grant})
        return {one.index for one in wanted if self.answered[one].allowed}

    def choose(self, rows: Sequence[R], asked: Callable[[R], Asked]) -> list[R]:
        """Choose the rows that rest on entries which the reader may see."""
        visible = self.find_visible([asked(row) for row in rows])
        return [row for row in rows if asked(row).index in visible]

    def collect(
        self, fetch: Callable[[C, int], Sequence[R]], asked: Callable[[R], Asked], place: Callable[[R], C], after: C, limit: int
    ) -> list[R]:
        """Collect up to `limit` rows that the reader may see.

        Args:
            fetch: gives rows after a cursor, at most so many.
            asked: the entry that a row rests on.
            place: a row's cursor.
            after: where to begin.
            limit: how many are wanted.
        """
        found: list[R] = []
        while len(found) < limit:
            rows = fetch(after, PAGE)
            found += self.choose(rows, asked)
            if len(rows) < PAGE:
                break
            after = place(rows[-1])
        return found[:limit]


def find_sight(connection: Connection, log_id: int, reader: Reader, now: datetime) -> Sight:
    """Find what a reader sees: no more than its organisation, and no more than the roles that it reads in."""
    viewer = find_viewer(connection, log_id, reader.organisation, now)
    board, auditor = viewer.board and Role.BOARD in reader.roles, viewer.auditor and Role.AUDITOR in reader.roles
    return Sight(connection, log_id, reader, replace(viewer, board=board, auditor=auditor))


def record_shown(connection: Connection, sight: Sight, now: datetime) -> None:
    """Record what was shown by right of grants, in a transaction that writes."""
    record_readings(connection, sight.log_id, sight.used, (sight.reader.organisation, sight.reader.holder), now)


def ask_open(index: int, kind: str, author: str = "") -> Asked:
    """Ask for an entry of a kind, version 1; the author may be left out where the entry is open to it anyway."""
    return Asked(index, kind, 1, author)
