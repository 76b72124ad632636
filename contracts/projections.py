"""Projections: the one table of who answers which fact, used by live writing, by replay and by audit alike."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from contracts.clock import parse_instant
from contracts.errors import Finding, Invalid, Refusal
from contracts.facts import Withheld, find_fact_type, put_together
from contracts.own_facts import ContentsErased
from contracts.parties import service as parties
from contracts.said import Handler, Handlers, Said
from ledger.sequencer import Candidate
from ledger.store import find_by_hashes


class Stage(Protocol):
    """A stage's service, as projections see it; `blocks_erasure` may be there too, see `Projections.judge_erasure`."""

    HANDLERS: Handlers

    def forget_contents(self, connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
        """Scrub what was folded from erased contents of the entry at `index`."""


def load_stages() -> tuple[Stage, ...]:
    """Give every stage's service, in the order of the stages."""
    from contracts.stages import STAGES  # noqa: PLC0415 - who folds some stages need not load all

    return STAGES


class Projections:
    """What statements mean: the sequencer's port into the stages."""

    def __init__(self, stages: Sequence[Stage] | None = None) -> None:
        self.stages = load_stages() if stages is None else tuple(stages)
        self.handlers: Mapping[type[Any], Handler] = {fact: handler for stage in self.stages for fact, handler in stage.HANDLERS.items()}
        self._read: tuple[str, Said[Any]] | None = None  # judged last, and folded next: not decoded twice

    def judge(self, connection: Connection, candidate: Candidate) -> list[Finding]:
        """Read the fact, then ask membership and the stage; all findings at once."""
        try:
            said = self.read(candidate)
        except Invalid as refusal:
            return list(refusal.findings)
        except Withheld as missing:
            return [Finding("contents.fields", "withheld", f"{missing}: a log takes contents whole")]
        handler = self.handlers[type(said.fact)]
        try:
            findings = [*parties.judge_membership(connection, said), *handler.judge(connection, said)]
            if isinstance(said.fact, ContentsErased):
                findings += self.judge_erasure(connection, said)
            return findings or (handler.recompute(connection, said) if handler.recompute else [])
        except Refusal as refusal:
            return list(refusal.findings) or [Finding("statement", refusal.code, refusal.message)]

    def judge_erasure(self, connection: Connection, said: Said[ContentsErased]) -> list[Finding]:
        """Ask every stage that has a `blocks_erasure` whether contents of an entry must stay for now."""
        found = find_by_hashes(connection, said.log_id, [said.fact.statement]).get(said.fact.statement)
        if found is None:
            return []  # whether there is such a statement is the ledger's rule
        findings = []
        for stage in self.stages:
            ask = getattr(stage, "blocks_erasure", None)
            reason = ask(connection, said.log_id, found.index, said.fact.fields) if ask else None
            if reason:
                findings.append(Finding("statement.public.statement", "kept-for-now", f"entry {found.index}: {reason}"))
        return findings

    def fold(self, connection: Connection, candidate: Candidate) -> None:
        """Fold a fact that was judged, or that a replay takes from the log; raises Withheld where contents are gone."""
        said = self.read(candidate)
        self.handlers[type(said.fact)].fold(connection, said)

    def recompute(self, connection: Connection, candidate: Candidate) -> list[Finding]:
        """Recompute what a fact's author computed, from the tables before it; the differences."""
        said = self.read(candidate)
        handler = self.handlers[type(said.fact)]
        return handler.recompute(connection, said) if handler.recompute else []

    def forget(self, connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
        """Scrub folded rows of what was erased from the entry at `index`."""
        for stage in self.stages:
            stage.forget_contents(connection, log_id, index, positions)

    def read(self, candidate: Candidate) -> Said[Any]:
        """Read a candidate as a fact that was said; raises Invalid or Withheld."""
        if self._read and self._read[0] == candidate.signed.hash and self._read[1].index == candidate.index:
            return self._read[1]
        statement = candidate.signed.statement
        kind = find_fact_type(statement.kind, statement.kind_version)
        fact = put_together(kind, statement.about, statement.public, candidate.opened)
        record = candidate.authority.keys.get(statement.key)
        said = Said(
            fact=fact,
            log_id=candidate.log_id,
            index=candidate.index,
            hash=candidate.signed.hash,
            id=statement.id,
            author=statement.author,
            key=statement.key,
            holder=record.holder if record else "",
            roles=record.roles & candidate.authority.allowed_roles(record.organisation) if record else frozenset(),
            limits=record.limits if record else {},
            issued_at=parse_instant(statement.issued_at),
            received_at=parse_instant(candidate.received_at),
            refs=statement.refs,
        )
        self._read = (candidate.signed.hash, said)
        return said
