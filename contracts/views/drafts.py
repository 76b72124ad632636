"""Drafts tried out: what the log would say to a fact as it stands now, the fact in words, and all that a signer needs; nothing is kept."""

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
from contracts.signing import Prepared, limit_validity, prepare_statement
from contracts.views.sight import Sight
from contracts.words import PLAIN, Line, Speech, caption_fact, describe_fact, describe_lines
from ledger.canonical import JSON
from ledger.statement import ORGANISATION
from ledger.store import read_head

_NOBODY = "0" * 64  #: statement hash of what is not signed yet
#: kinds whose figures are computed anew for a draft: they rest on the author's own matter, and differences tell it nothing of others
_OWN_MATTERS = (CertificateIssued, ResolutionRecorded, RulebookAdopted)


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact as its signer reads it, in full."""

    caption: str
    lines: tuple[Line, ...]  #: every field of the fact, in order, each with its parts


@dataclass(frozen=True, slots=True)
class TriedDraft:
    """What would become of a fact."""

    kind: str | None  #: None where it is not even known what kind it is
    about: str | None
    findings: tuple[Finding, ...]  #: all faults
    words: tuple[str, ...]  #: as its signer would read it, long texts shortened; empty where it cannot be read
    shown: ShownFact | None  #: the same in full, each line with its field; None where it cannot be read
    prepared: Prepared | None  #: what is signed, but for its author, key, number and time; None where it cannot be read


@dataclass(frozen=True, slots=True)
class Rules:
    """What the log says of who may say what; read from its authority."""

    rights: Mapping[str, Sequence[str]]  #: kinds that each role may say
    limits: Mapping[str, JSON]  #: of the reader's key, by role
    key: str  #: of the reader, by which the draft would be signed; Multikey text, "" where there is none
    validity: Mapping[str, int]  #: seconds that a statement of a kind may be under way


def try_draft(sight: Sight, value: JSON, rules: Rules, now: datetime, speech: Speech = PLAIN) -> TriedDraft:
    """Judge a draft as if the reader had signed it now; what the reader's roles do not cover is judged no further.

    The ledger's own rules on keys, numbers and times are judged when it is signed.

    Args:
        sight: whose draft it is.
        value: the draft.
        rules: of the log.
        now: the log's clock.
        speech: of `shown`.
    """
    try:
        draft = read_draft(value)
    except Invalid as refusal:
        return TriedDraft(None, None, refusal.findings or (Finding("", refusal.code, refusal.message),), (), None, None)
    # As in the log's own order: whoever may not say a kind learns nothing of what its judge would read.
    findings = _judge_role(draft, sight.reader.roles, rules.rights) or _judge(sight, draft, rules, now)
    currency = get_network(sight.connection, sight.log_id).currency
    names = list_names(sight.connection, sight.log_id, _find_organisations(value))
    words = describe_fact(draft.fact, currency=currency, names=names)
    lines = describe_lines(draft.fact, currency=currency, names=names, speech=speech)
    shown = ShownFact(speech.translate(caption_fact(draft.type.fact)), tuple(lines))
    prepared = prepare_statement(draft.fact, draft.refs, validity=limit_validity(rules.validity, draft.type.kind))
    return TriedDraft(prepared.kind, prepared.about, tuple(findings), tuple(words), shown, prepared)


def _judge_role(draft: Draft, roles: frozenset[str], rights: Mapping[str, Sequence[str]]) -> list[Finding]:
    family = f"{draft.type.kind.partition('.')[0]}.*"
    speakers = [role for role, kinds in sorted(rights.items()) if role != Role.SERVICE and (draft.type.kind in kinds or family in kinds)]
    if roles.intersection(speakers):
        return []
    wanted = ", ".join(speakers) or "the service alone"
    return [Finding("kind", "wrong-role", f"a key with one of these roles may say this: {wanted}")]


def _judge(sight: Sight, draft: Draft, rules: Rules, now: datetime) -> list[Finding]:
    head = read_head(sight.connection, sight.log_id)
    said = Said(
        fact=draft.fact,
        log_id=sight.log_id,
        index=head.size if head else 0,
        hash=_NOBODY,
        id="00000000-0000-4000-8000-000000000000",
        author=sight.organisation,
        key=rules.key,
        holder=sight.reader.holder,
        roles=sight.reader.roles,
        limits=rules.limits,
        issued_at=now,
        received_at=now,
        refs=draft.refs,
    )
    handler = Projections().handlers[type(said.fact)]
    try:
        findings = [*judge_membership(sight.connection, said), *handler.judge(sight.connection, said)]
        recompute = handler.recompute if isinstance(said.fact, _OWN_MATTERS) else None
        return findings or (recompute(sight.connection, said) if recompute else [])
    except Refusal as refusal:
        return list(refusal.findings) or [Finding("", refusal.code, refusal.message)]


def _find_organisations(value: JSON) -> set[str]:
    """Find the organisations that a draft mentions, at any depth."""
    if isinstance(value, str):
        return {value} if ORGANISATION.fullmatch(value) else set()
    if isinstance(value, Mapping):
        return {name for item in value.values() for name in _find_organisations(item)}
    if isinstance(value, (list, tuple)):
        return {name for item in value for name in _find_organisations(item)}
    return set()
