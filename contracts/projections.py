"""Projections: the one table of who answers which fact, used by live writing, by replay and by audit alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.sequencer import Candidate
from sqlalchemy import Connection

from contracts.agreements import service as agreements
from contracts.allocation import service as allocation
from contracts.certificates import service as certificates
from contracts.clock import parse_instant
from contracts.deliveries import service as deliveries
from contracts.errors import Finding, Invalid, Refusal
from contracts.facts import Withheld, find_fact_type, put_together
from contracts.governance import service as governance
from contracts.parties import service as parties
from contracts.said import Handler, Said
from contracts.savings import service as savings
from contracts.settlement import service as settlement

STAGES = (parties, agreements, deliveries, certificates, savings, allocation, governance, settlement)
HANDLERS: Mapping[type[Any], Handler] = {fact: handler for stage in STAGES for fact, handler in stage.HANDLERS.items()}


class Projections:
    """What statements mean: the sequencer's port into the stages."""

    def __init__(self) -> None:
        self._read: tuple[str, Said[Any]] | None = None  # judged last, and folded next: not decoded twice

    def judge(self, connection: Connection, candidate: Candidate) -> list[Finding]:
        """Read the fact, then ask membership and the stage; all findings at once."""
        try:
            said = self.read(candidate)
        except Invalid as refusal:
            return list(refusal.findings)
        except Withheld as missing:
            return [Finding("contents.fields", "withheld", f"{missing}: a log takes contents whole")]
        handler = HANDLERS[type(said.fact)]
        try:
            findings = [*parties.judge_membership(connection, said), *handler.judge(connection, said)]
            return findings or (handler.recompute(connection, said) if handler.recompute else [])
        except Refusal as refusal:
            return list(refusal.findings) or [Finding("statement", refusal.code, refusal.message)]

    def fold(self, connection: Connection, candidate: Candidate) -> None:
        """Fold a fact that was judged, or that a replay takes from the log; raises Withheld where contents are gone."""
        said = self.read(candidate)
        HANDLERS[type(said.fact)].fold(connection, said)

    def recompute(self, connection: Connection, candidate: Candidate) -> list[Finding]:
        """Recompute what a fact's author computed, from the tables before it; the differences."""
        said = self.read(candidate)
        handler = HANDLERS[type(said.fact)]
        return handler.recompute(connection, said) if handler.recompute else []

    def forget(self, connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
        """Scrub folded rows of what was erased from the entry at `index`."""
        for stage in STAGES:
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
