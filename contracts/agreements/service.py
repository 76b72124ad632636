"""The agreements' steps: templates published, offer, counter-offer, signature, refusal, suspension, end; drafts and histories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from contracts.agreements import rules, tables
from contracts.agreements.facts import (
    AgreementCountered,
    AgreementDeclined,
    AgreementOffered,
    AgreementResumed,
    AgreementSigned,
    AgreementSuspended,
    AgreementTerminated,
    AgreementWithdrawn,
    TemplatePublished,
)
from contracts.agreements.rules import Agreement, AgreementState, Offer, OfferContext, Signature
from contracts.clock import format_instant
from contracts.errors import Finding, NotFound
from contracts.parties import tables as parties
from contracts.said import Handler, Handlers, Said
from contracts.templates.catalogue import (
    Change,
    compare_parameters,
    find_template,
    load_templates,
    normalise_parameters,
    render_text,
    template_hash,
)
from ledger.canonical import JSON

#: contents of an offer by position: column, and what stands there once it was erased
_OFFER_COLUMNS: Mapping[int, tuple[str, Any]] = {
    0: ("template", ""),
    2: ("parties", []),
    3: ("parameters", {}),
    4: ("text", ""),
    5: ("reply_by", ""),
    6: ("message", None),
}
#: position of a termination's day
_EFFECTIVE = 0
#: positions of the words of any other kind: capacity or reason alone, or a termination's reason after its day
_WORDS = frozenset({0, 1})
_RUNNING = (AgreementState.IN_FORCE, AgreementState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Version:
    """One offer of an agreement's history, with what it changed."""

    version: int
    entry: int
    offered_by: str
    offered_at: str  #: instant
    message: str | None
    reply_by: str
    parameters: Mapping[str, JSON]
    text: str
    changes: tuple[Change, ...]  #: against the version before; empty for the first


def draft_offer(
    connection: Connection,
    log_id: int,
    agreement: str,
    template: str,
    parameters: Mapping[str, JSON],
    *,
    reply_by: date,
    message: str | None = None,
) -> AgreementOffered:
    """Draft an offer, complete and ready to sign: parameters in normal form, parties and text as they give them.

    Faulty parameters give a faulty draft: the judge reports all faults at once. Raises NotFound for an unknown template.
    """
    form = find_template(template)
    normal = normalise_parameters(form, parameters)
    text = render_text(form, normal, _find_names(connection, log_id, normal))
    roles = rules.list_role_holders(form, normal)
    return AgreementOffered(agreement, template, template_hash(form), roles, normal, text, reply_by, message)


def draft_counter(
    connection: Connection, log_id: int, agreement: str, changes: Mapping[str, JSON], *, reply_by: date, message: str | None = None
) -> AgreementCountered:
    """Draft a counter-offer: the standing parameters with changes; None takes one away. Raises NotFound."""
    found = tables.find_agreement(connection, log_id, agreement)
    if found is None:
        raise NotFound(f"there is no agreement {agreement}")
    parameters = {name: value for name, value in {**found.parameters, **changes}.items() if value is not None}
    draft = draft_offer(connection, log_id, agreement, found.template, parameters, reply_by=reply_by, message=message)
    return AgreementCountered(*(getattr(draft, name) for name in AgreementOffered.__slots__))


def list_history(connection: Connection, log_id: int, agreement: str) -> list[Version]:
    """List an agreement's versions, oldest first, each with its redline against the one before."""
    versions: list[Version] = []
    for row in tables.list_versions(connection, log_id, agreement):
        changes = compare_parameters(versions[-1].parameters, row.parameters) if versions else ()
        versions.append(
            Version(row.version, row.entry, row.author, row.offered_at, row.message, row.reply_by, row.parameters, row.text, changes)
        )
    return versions


def list_missing_signatures(connection: Connection, log_id: int, agreement: Agreement) -> tuple[str, ...]:
    """List the parties that the standing offer does not bind yet; none once it is in force."""
    signatures = tables.list_signatures(connection, log_id, agreement.agreement, agreement.version)
    return rules.list_unbound(agreement, signatures)


def _judge_template(connection: Connection, said: Said[TemplatePublished]) -> list[Finding]:
    ref = said.fact.template
    if ref not in load_templates():
        return [Finding("template", "unknown-template", f"there is no standard contract {ref}; there are {', '.join(load_templates())}")]
    findings = []
    wanted = template_hash(find_template(ref))
    if said.fact.hash != wanted:
        findings.append(Finding("statement.public.hash", "other-template", f"the standard contract {ref} has the hash {wanted}"))
    if tables.find_published(connection, said.log_id, ref) is not None:
        findings.append(Finding("template", "already-published", f"{ref} was published already: a change is a new version"))
    return findings


def _fold_template(connection: Connection, said: Said[TemplatePublished]) -> None:
    tables.insert_template(connection, said.log_id, said.fact.template, said.fact.hash, said.index)


def _judge_offer(connection: Connection, said: Said[AgreementOffered]) -> list[Finding]:
    findings = []
    if tables.find_agreement(connection, said.log_id, said.fact.agreement) is not None:
        findings.append(Finding("agreement", "agreement-exists", f"{said.fact.agreement} was offered already: answer it, or take a new id"))
    return findings + rules.judge_offer(said.fact, _gather_context(connection, said))


def _fold_offer(connection: Connection, said: Said[AgreementOffered]) -> None:
    agreement = said.fact.agreement
    parties.name_parties(connection, said.log_id, agreement, [party.organisation for party in said.fact.parties])
    tables.insert_agreement(connection, said.log_id, agreement, str(said.fact.parameters["contract_no"]), said.index)
    _insert_version(connection, said, 1)


def _judge_counter(connection: Connection, said: Said[AgreementCountered]) -> list[Finding]:
    found = _find_own(connection, said)
    findings = rules.judge_open(found, said.fact.agreement, _find_today(connection, said))
    if found is None or findings:
        return findings
    findings = rules.judge_counter(found, said.fact, said.author, said.refs)
    return findings + rules.judge_offer(said.fact, _gather_context(connection, said))


def _fold_counter(connection: Connection, said: Said[AgreementCountered]) -> None:
    found = _get_agreement(connection, said)
    number = str(said.fact.parameters["contract_no"])
    version = found.version + 1
    tables.change_agreement(connection, said.log_id, found.agreement, said.index, version=version, contract_no=number)
    _insert_version(connection, said, version)


def _insert_version(connection: Connection, said: Said[Offer], version: int) -> None:
    placed = {"entry": said.index, "hash": said.hash, "author": said.author, "offered_at": format_instant(said.received_at)}
    tables.insert_version(connection, said.log_id, said.fact, version, **placed)
    parties.open_to(connection, said.log_id, said.index, agreement=said.fact.agreement)


def _judge_signing(connection: Connection, said: Said[AgreementSigned]) -> list[Finding]:
    today = _find_today(connection, said)
    found = _find_own(connection, said)
    findings = rules.judge_open(found, said.fact.agreement, today)
    if found is None or findings:
        return findings
    findings = rules.judge_answer(found, said.refs)
    if findings:
        return findings
    signatures = tables.list_signatures(connection, said.log_id, found.agreement, found.version)
    return rules.judge_signature(found, _read_signature(said), rules.read_key_limit(said.limits), signatures, today)


def _fold_signing(connection: Connection, said: Said[AgreementSigned]) -> None:
    found = _get_agreement(connection, said)
    new, signed_at = _read_signature(said), format_instant(said.received_at)
    tables.insert_signature(
        connection,
        said.log_id,
        found.agreement,
        version=found.version,
        organisation=new.organisation,
        holder=new.holder,
        capacity=new.capacity,
        key=said.key,
        entry=said.index,
        signed_at=signed_at,
    )
    signatures = tables.list_signatures(connection, said.log_id, found.agreement, found.version)
    ready: dict[str, Any] = {}
    if not rules.list_unbound(found, signatures):
        ready = {"state": AgreementState.IN_FORCE.value, "in_force_entry": said.index, "in_force_at": signed_at}
        ready |= {"binds_from": found.effective_date.isoformat(), "binds_until": _write_day(found.end_day)}
        ready["asset"] = (found.terms.text("asset_id") or found.agreement) if found.shared else None
    tables.change_agreement(connection, said.log_id, found.agreement, said.index, **ready)
    parties.open_to(connection, said.log_id, said.index, agreement=found.agreement)


def _write_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_signature(said: Said[AgreementSigned]) -> Signature:
    return Signature(said.author, said.holder, said.fact.capacity, said.index)


def _judge_refusal(connection: Connection, said: Said[AgreementDeclined | AgreementWithdrawn]) -> list[Finding]:
    found = _find_own(connection, said)
    findings = rules.judge_open(found, said.fact.agreement, _find_today(connection, said))
    if found is None or findings:
        return findings
    if isinstance(said.fact, AgreementWithdrawn):
        return rules.judge_own_offer(found, said.author)
    signatures = tables.list_signatures(connection, said.log_id, found.agreement, found.version)
    return rules.judge_decline(found, said.author, signatures)


def _judge_running(
    connection: Connection, said: Said[AgreementSuspended | AgreementResumed | AgreementTerminated]
) -> list[Finding]:  # fmt: skip
    found = _find_own(connection, said)
    fact = said.fact
    match fact:
        case AgreementSuspended():
            return rules.judge_running(found, fact.agreement, [AgreementState.IN_FORCE])
        case AgreementResumed():
            findings = rules.judge_running(found, fact.agreement, [AgreementState.SUSPENDED])
            return findings if found is None else findings + rules.judge_resumption(found, said.author)
        case AgreementTerminated():
            findings = rules.judge_running(found, fact.agreement, _RUNNING)
            return findings + rules.judge_termination(fact.effective, _find_today(connection, said))


def _fold_step(connection: Connection, said: Said[Any]) -> None:
    """Fold what changes the state for a reason: decline, withdrawal, suspension, resumption, termination."""
    fact = said.fact
    values: dict[str, Any] = {"reason": fact.reason, "reason_entry": said.index, "suspended_by": None}
    match fact:
        case AgreementDeclined():
            values["state"] = AgreementState.DECLINED.value
        case AgreementWithdrawn():
            values["state"] = AgreementState.WITHDRAWN.value
        case AgreementSuspended():
            values |= {"state": AgreementState.SUSPENDED.value, "suspended_by": said.author}
        case AgreementResumed():
            values["state"] = AgreementState.IN_FORCE.value
        case AgreementTerminated():
            ended = replace(_get_agreement(connection, said), terminated_on=fact.effective)
            values |= {"state": AgreementState.TERMINATED.value, "terminated_on": fact.effective.isoformat()}
            values["binds_until"] = _write_day(ended.end_day)
    tables.change_agreement(connection, said.log_id, fact.agreement, said.index, **values)
    parties.open_to(connection, said.log_id, said.index, agreement=fact.agreement)


def _gather_context(connection: Connection, said: Said[Offer]) -> OfferContext:
    fact = said.fact
    network = parties.get_network(connection, said.log_id)
    wanted = {party.organisation for party in fact.parties}
    states = {one: parties.find_state(connection, said.log_id, one) for one in wanted}
    contract_no = fact.parameters.get("contract_no")
    taken = tables.find_by_contract_no(connection, said.log_id, contract_no, fact.agreement) if isinstance(contract_no, str) else None
    return OfferContext(
        author=said.author,
        published_hash=tables.find_published(connection, said.log_id, fact.template),
        names=_find_names(connection, said.log_id, fact.parameters),
        active=frozenset(one for one, state in states.items() if state is parties.MemberState.ACTIVE),
        currency=network.currency,
        today=said.received_at.astimezone(network.zone).date(),
        taken_by=taken,
    )


def _find_names(connection: Connection, log_id: int, parameters: Mapping[str, JSON]) -> dict[str, str]:
    return parties.list_names(connection, log_id, sorted(set(_list_ids(dict(parameters)))))


def _list_ids(value: JSON) -> Iterator[str]:
    """Yield every text in parameters that may be an organisation's id."""
    if isinstance(value, str) and value.startswith("o-"):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _list_ids(part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from _list_ids(part)


def _find_today(connection: Connection, said: Said[Any]) -> date:
    return said.received_at.astimezone(parties.get_network(connection, said.log_id).zone).date()


def _find_own(connection: Connection, said: Said[Any]) -> Agreement | None:
    """Find the agreement that a party speaks about; for anybody else it is not there, so that a refusal tells nothing of it."""
    found = tables.find_agreement(connection, said.log_id, said.fact.agreement)
    return found if found is not None and found.is_party(said.author) else None


def _get_agreement(connection: Connection, said: Said[Any]) -> Agreement:
    found = tables.find_agreement(connection, said.log_id, said.fact.agreement)
    if found is None:
        raise LookupError(f"the agreement {said.fact.agreement} was judged to be there and is not")
    return found


def blocks_erasure(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> str | None:
    """Say why contents of an entry may not be erased: the terms of an open agreement stay; of one that all signed they stay for good.

    Prices, disputes and corrections read the terms long after an agreement has ended, and its offers and signatures are what shows them.
    """
    ended = tables.find_ended_by(connection, log_id, index)
    if ended is not None and _EFFECTIVE in positions:
        return f"the agreement {ended} ended on that day: the day is kept for good, the reason may go"
    found = tables.find_by_entry(connection, log_id, index)
    if found is None:
        return None
    if found.was_signed:
        return f"the agreement {found.agreement} was signed by all: its terms are kept for good, for figures and disputes rest on them"
    if found.state is not AgreementState.OFFERED:
        return None
    return f"the agreement {found.agreement} is offered: what was offered stays until it is declined or withdrawn"


def forget_contents(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
    """Scrub what was folded from erased contents of the entry at `index`."""
    tables.scrub_version(connection, log_id, index, dict(_OFFER_COLUMNS[one] for one in positions if one in _OFFER_COLUMNS))
    if not _WORDS.isdisjoint(positions):
        tables.scrub_words(connection, log_id, index)


HANDLERS: Handlers = {
    TemplatePublished: Handler(_judge_template, _fold_template),
    AgreementOffered: Handler(_judge_offer, _fold_offer),
    AgreementCountered: Handler(_judge_counter, _fold_counter),
    AgreementSigned: Handler(_judge_signing, _fold_signing),
    AgreementDeclined: Handler(_judge_refusal, _fold_step),
    AgreementWithdrawn: Handler(_judge_refusal, _fold_step),
    AgreementSuspended: Handler(_judge_running, _fold_step),
    AgreementResumed: Handler(_judge_running, _fold_step),
    AgreementTerminated: Handler(_judge_running, _fold_step),
}
