"""A fact as it was said: by whom, with which key, when and where on the log; and how a stage answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from contracts.errors import Finding
from ledger.canonical import JSON

F = TypeVar("F", covariant=True)  # noqa: PLC0105 - a Said[Fact] is a Said[object]


@dataclass(frozen=True, slots=True)
class Said(Generic[F]):
    """One fact with its place on the log; while it is judged, the place that it would get."""

    fact: F
    log_id: int  #: row of the log; first column of every folded table's key
    index: int
    hash: str  #: statement hash, what later statements name in refs
    id: str  #: UUID of the statement
    author: str  #: organisation
    key: str  #: Multikey text
    holder: str  #: pseudonym of the person who holds the key
    roles: frozenset[str]  #: of the key, as far as its organisation holds them
    limits: Mapping[str, JSON]  #: of the key, by role, such as {"signatory": {"amount": 25000000}} in minor units
    issued_at: datetime  #: the author's word
    received_at: datetime  #: the log's word; rules measure deadlines by it
    refs: tuple[str, ...]  #: statement hashes; each is on the log before this one


Judge = Callable[[Connection, Said[Any]], list[Finding]]
Fold = Callable[[Connection, Said[Any]], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """How a stage answers one kind of fact.

    `judge` reads tables and gives all findings at once; `fold` writes rows and may not fail after a clean judge; `recompute`, of facts with
    computed results, recomputes them from the folded tables and names each difference: judging asks it too, and so does an audit.
    """

    judge: Judge
    fold: Fold
    recompute: Judge | None = None


Handlers = Mapping[type[Any], Handler]


def accept(_connection: Connection, _said: Said[Any]) -> list[Finding]:
    """Judge what the ledger's own rules have judged already."""
    return []


def keep_nothing(_connection: Connection, _said: Said[Any]) -> None:
    """Fold what leaves no row of ours."""
