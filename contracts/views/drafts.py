"""Drafts tried out: what the log would say to a fact as it stands now, and the fact in words; nothing is kept or entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.certificates.facts import CertificateIssued
from contracts.drafts import Draft, read_draft
from contracts.errors import Finding, Invalid, Refusal
from contracts.facts import Role
from contracts.governance.facts import ResolutionRecorded, RulebookAdopted
from contracts.parties.service import judge_membership
from contracts.parties.tables import get_network, list_names
from contracts.projections import Projections
from contracts.said import Said
from contracts.views.sight import Sight
from contracts.words import describe_fact
from ledger.canonical import JSON
from ledger.statement import ORGANISATION
from ledger.store import read_head

_NOBODY = "0" * 64  #: statement hash of what is not signed yet
#: kinds whose figures are computed anew for a draft: they rest on the author's own matter, and differences tell it nothing of others
_OWN_MATTERS = (CertificateIssued, ResolutionRecorded, RulebookAdopted)


@dataclass(frozen=True, slots=True)
class TriedDraft:
    """What would become of a fact."""

    kind: str | None  #: None where it is not even known what kind it is
    about: str | None
    findings: tuple[Finding, ...]  #: all faults
    words: tuple[str, ...]  #: as its signer would read it; empty where it cannot be read


def try_draft(
    sight: Sight, value: JSON, *, rights: Mapping[str, Sequence[str]], limits: Mapping[str, JSON], now: datetime
) -> TriedDraft:  # fmt: skip
    """Judge a draft as if the reader had signed it now; what the reader's roles do not cover is judged no further.

    The ledger's own rules on keys, numbers and times are judged when it is signed.

    Args:
        sight: whose draft it is.
        value: the draft.
        rights: kinds that each role may say, by the log.
        limits: of the reader's key, by role.
        now: the log's clock.
    """
    try:
        draft = read_draft(value)
    except Invalid as refusal:
        return TriedDraft(None, None, refusal.findings or (Finding("", refusal.code, refusal.message),), ())
    head = read_head(sight.connection, sight.log_id)
    said = Said(
        fact=draft.fact,
        log_id=sight.log_id,
        index=head.size if head else 0,
        hash=_NOBODY,
        id="00000000-0000-4000-8000-000000000000",
        author=sight.organisation,
        key="",
        holder=sight.reader.holder,
        roles=sight.reader.roles,
        limits=limits,
        issued_at=now,
        received_at=now,
        refs=draft.refs,
    )
    # As in the log's own order: whoever may not say a kind learns nothing of what its judge would read.
    findings = _judge_role(draft, sight.reader.roles, rights) or _judge(sight, said)
    return TriedDraft(draft.type.kind, _find_subject(draft), tuple(findings), tuple(_describe(sight, draft, value)))


def _judge_role(draft: Draft, roles: frozenset[str], rights: Mapping[str, Sequence[str]]) -> list[Finding]:
    family = f"{draft.type.kind.partition('.')[0]}.*"
    speakers = [role for role, kinds in sorted(rights.items()) if role != Role.SERVICE and (draft.type.kind in kinds or family in kinds)]
    if roles.intersection(speakers):
        return []
    wanted = ", ".join(speakers) or "the service alone"
    return [Finding("kind", "wrong-role", f"a key with one of these roles may say this: {wanted}")]


def _judge(sight: Sight, said: Said[object]) -> list[Finding]:
    handler = Projections().handlers[type(said.fact)]
    try:
        findings = [*judge_membership(sight.connection, said), *handler.judge(sight.connection, said)]
        recompute = handler.recompute if isinstance(said.fact, _OWN_MATTERS) else None
        return findings or (recompute(sight.connection, said) if recompute else [])
    except Refusal as refusal:
        return list(refusal.findings) or [Finding("", refusal.code, refusal.message)]


def _find_subject(draft: Draft) -> str:
    field = next(part for part in draft.type.fields if part.place.value == "subject")
    name = str(getattr(draft.fact, field.name))
    return f"{draft.type.prefix}:{name}" if draft.type.prefix else name


def _describe(sight: Sight, draft: Draft, value: JSON) -> list[str]:
    network = get_network(sight.connection, sight.log_id)
    names = list_names(sight.connection, sight.log_id, _find_organisations(value))
    return describe_fact(draft.fact, currency=network.currency, names=names)


def _find_organisations(value: JSON) -> set[str]:
    """Find the organisations that a draft mentions, at any depth."""
    if isinstance(value, str):
        return {value} if ORGANISATION.fullmatch(value) else set()
    if isinstance(value, Mapping):
        return {name for item in value.values() for name in _find_organisations(item)}
    if isinstance(value, (list, tuple)):
        return {name for item in value for name in _find_organisations(item)}
    return set()
