"""The steps of certificates: issued, suspended, reinstated, revoked; drafting for laboratories; what an erasure leaves."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NotRequired, TypedDict, Unpack

from sqlalchemy import Connection

from contracts.agreements.tables import find_agreement
from contracts.certificates import rules, tables
from contracts.certificates.credential import QualityCertificate, build_credential
from contracts.certificates.facts import (
    CertificateIssued,
    CertificateReinstated,
    CertificateRevoked,
    CertificateSuspended,
    Result,
    Verdict,
)
from contracts.certificates.jcs import canonical_bytes
from contracts.certificates.proof import build_proof_configuration, name_did_key_method, secure_document
from contracts.certificates.rules import CertificateState, Earlier, IssueContext, Quoted
from contracts.certificates.specification import find_price_effect, name_product
from contracts.certificates.stated import Setting, Wording, read_results, state_certificate
from contracts.certificates.tables import find_adjustments, find_certificate, find_qualities, list_certificates
from contracts.clock import format_instant
from contracts.deliveries.tables import DeliveryKind, DeliveryState, find_deliveries, find_origin
from contracts.errors import Finding, NotFound
from contracts.parties.tables import find_key, list_names, open_to
from contracts.said import Handler, Handlers, Said
from ledger.keys import SigningKey

__all__ = [
    "HANDLERS",
    "CertificateDraft",
    "LabWords",
    "blocks_erasure",
    "draft_certificate",
    "find_adjustments",
    "find_certificate",
    "find_qualities",
    "forget_contents",
    "list_certificates",
    "prepare_certificate",
]

Change = CertificateSuspended | CertificateReinstated | CertificateRevoked
_LEADS_TO: Mapping[type[Any], CertificateState] = {
    CertificateSuspended: CertificateState.SUSPENDED,
    CertificateReinstated: CertificateState.ISSUED,
    CertificateRevoked: CertificateState.REVOKED,
}
#: contents of certificate.issued, by position, and the columns folded from them with what an erasure leaves there
_SCRUBBED: Sequence[Mapping[str, Any]] = (
    {"number": None},
    {},
    {},
    {"batch": None},
    {"sampled_at": None},
    {"results": []},
    {},
    {},
    {"credential": None},
)


def _judge_issue(connection: Connection, said: Said[CertificateIssued]) -> list[Finding]:
    return rules.check_issue(said.fact, _read_context(connection, said))


def _recompute_issue(connection: Connection, said: Said[CertificateIssued]) -> list[Finding]:
    setting = _find_setting(connection, said.log_id, said.fact, said.author, said.key)
    if setting is None:
        return [Finding("agreement", "unknown-agreement", "there is no such agreement")]
    return rules.recompute_verdict(said.fact, setting)


def _fold_issue(connection: Connection, said: Said[CertificateIssued]) -> None:
    fact = said.fact
    agreement = find_agreement(connection, said.log_id, fact.agreement)
    if agreement is None:
        raise LookupError(f"there is no agreement {fact.agreement}")
    effect = find_price_effect(agreement.terms, read_results(fact.results), fact.verdict)
    tables.insert_certificate(
        connection,
        said.log_id,
        fact.deliveries,
        certificate=fact.certificate,
        entry=said.index,
        state=CertificateState.ISSUED,
        state_entry=said.index,
        lab=said.author,
        key=said.key,
        number=fact.number,
        agreement=fact.agreement,
        batch=fact.batch,
        sampled_at=format_instant(fact.sampled_at),
        issued_at=format_instant(said.received_at),
        verdict=fact.verdict,
        results=[_write_result(result) for result in fact.results],
        credential_hash=fact.credential_hash,
        credential=fact.credential,
        replaces=fact.replaces,
        rank=rules.rank_certificate(said.author, agreement.terms.text("referee_lab"), agreement.organisations),
        discount=effect.discount,
        refused=effect.refused,
    )
    if fact.replaces is not None:
        values = {"state": CertificateState.SUPERSEDED, "state_entry": said.index, "replaced_by": fact.certificate, "reason": None}
        tables.change_certificate(connection, said.log_id, fact.replaces, **values)
    open_to(connection, said.log_id, said.index, agreement=fact.agreement)


def _judge_change(connection: Connection, said: Said[Change]) -> list[Finding]:
    earlier = _find_earlier(connection, said.log_id, said.fact.certificate)
    if earlier is not None and earlier.lab != said.author:
        agreement = find_agreement(connection, said.log_id, earlier.agreement)
        if agreement is None or not agreement.is_party(said.author):
            earlier = None  # a refusal tells nothing of a certificate to those who may not read it
    return rules.check_change(earlier, said.author, _LEADS_TO[type(said.fact)])


def _fold_change(connection: Connection, said: Said[Change]) -> None:
    fact = said.fact
    found = tables.find_certificate(connection, said.log_id, fact.certificate)
    if found is None:
        raise LookupError(f"there is no certificate {fact.certificate}")
    values = {"state": _LEADS_TO[type(fact)], "state_entry": said.index, "reason": fact.reason}
    tables.change_certificate(connection, said.log_id, fact.certificate, **values)
    open_to(connection, said.log_id, said.index, agreement=found.agreement)


class LabWords(TypedDict):
    """What a laboratory says when it certifies."""

    certificate: str  #: new id
    number: str  #: for people; unique with the laboratory
    agreement: str  #: whose specification holds
    deliveries: Sequence[str]  #: ids; empty where a batch is certified
    sampled_at: datetime
    results: Sequence[Result]  #: one per property of the specification
    batch: NotRequired[str | None]  #: instead of deliveries, or besides
    replaces: NotRequired[str | None]  #: id of the certificate that this one supersedes


@dataclass(frozen=True, slots=True)
class CertificateDraft:
    """A certificate whose credential is not signed yet."""

    fact: CertificateIssued  #: with its verdict; credential and hash are still to come
    certificate: QualityCertificate  #: what the credential says
    document: Mapping[str, Any]  #: the credential without its proof
    configuration: Mapping[str, Any]  #: the proof without its value

    def complete(self, credential: str) -> CertificateIssued:
        """Give the fact with its signed credential; whether it is this one, the log's rules judge."""
        return replace(self.fact, credential=credential, credential_hash=hashlib.sha256(credential.encode()).hexdigest())


def prepare_certificate(
    connection: Connection, log_id: int, *, key: str, issued_at: datetime, tested_on: date | None = None, **words: Unpack[LabWords]
) -> CertificateDraft:  # fmt: skip
    """Prepare a certificate whose verdict follows, for a laboratory's key to sign its credential, and then the fact.

    Args:
        connection: an open one.
        log_id: row of the log.
        key: Multikey text of the laboratory's enrolled key.
        issued_at: from when the credential is valid, and when it is signed; not after the statement.
        tested_on: day of the tests; the day of sampling unless given.
        words: see LabWords.

    Raises:
        NotFound: the key or the agreement is not on the log.
        Invalid: results that no credential can hold, with all findings.

    """
    shape = _shape_fact(words)
    enrolled = find_key(connection, log_id, key)
    setting = None if enrolled is None else _find_setting(connection, log_id, shape, enrolled.organisation, key)
    if setting is None:
        raise NotFound("the key is not enrolled on this log, or there is no such agreement in force")
    agreed_type = setting.terms.text("certificate_type")
    own_type = agreed_type if agreed_type in ("2.2", "3.1") else "3.1"  # a second signature (3.2) is added by the second party
    wording = Wording(own_type, issued_at, tested_on or shape.sampled_at.date(), name_product(setting.terms))
    certificate = state_certificate(shape, setting, wording)
    document = build_credential(certificate)
    configuration = build_proof_configuration(document, name_did_key_method(key), issued_at, "assertionMethod")
    return CertificateDraft(replace(shape, verdict=certificate.verdict), certificate, document, configuration)


def draft_certificate(
    connection: Connection, log_id: int, *, key: SigningKey, issued_at: datetime, tested_on: date | None = None, **words: Unpack[LabWords]
) -> CertificateIssued:  # fmt: skip
    """Draft a certificate as `prepare_certificate` does, its credential signed by the key, which is to sign the fact too."""
    draft = prepare_certificate(connection, log_id, key=key.multikey, issued_at=issued_at, tested_on=tested_on, **words)
    secured = secure_document(draft.document, key.sign, name_did_key_method(key.multikey), issued_at)
    return draft.complete(canonical_bytes(secured).decode())


def forget_contents(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
    """Scrub what was folded from erased fields; verdict, effect on prices and hash of the credential stay."""
    values: dict[str, Any] = {}
    for position in positions:
        values |= _SCRUBBED[position] if position < len(_SCRUBBED) else {}
    tables.scrub_certificates(connection, log_id, index, values, reason=0 in positions)


def blocks_erasure(connection: Connection, log_id: int, index: int, _positions: Sequence[int]) -> str | None:
    """Say why contents of an entry may not be erased: what was certified is kept for good, reasons as long as a delivery is in dispute."""
    disputed = tables.list_disputed(connection, log_id, index)
    if disputed:
        return f"delivery {disputed[0]}, which the certificate quotes, is in dispute"
    if tables.was_issued_by(connection, log_id, index):
        return "results, deliveries, batch and credential are kept for good: prices rest on them, and the credential holds them all"
    return None


def _shape_fact(words: LabWords) -> CertificateIssued:
    """Put what the laboratory says into a fact that lacks its verdict and credential yet."""
    return CertificateIssued(
        certificate=words["certificate"],
        credential_hash="0" * 64,
        number=words["number"],
        agreement=words["agreement"],
        deliveries=tuple(words["deliveries"]),
        batch=words.get("batch"),
        sampled_at=words["sampled_at"],
        results=tuple(words["results"]),
        verdict=Verdict.UNDECIDED,
        replaces=words.get("replaces"),
        credential="{}",
    )


def _read_context(connection: Connection, said: Said[CertificateIssued]) -> IssueContext:
    fact = said.fact
    found = find_deliveries(connection, said.log_id, fact.deliveries)
    quoted = {
        name: Quoted(
            agreement=one.agreement,
            batch=one.batch,
            is_reversal=one.kind is DeliveryKind.REVERSAL,
            is_reversed=one.state is DeliveryState.REVERSED,
            origin=find_origin(connection, said.log_id, name),
        )
        for name, one in found.items()
    }
    return IssueContext(
        setting=_find_setting(connection, said.log_id, fact, said.author, said.key),
        now=said.received_at,
        id_taken=tables.find_certificate(connection, said.log_id, fact.certificate) is not None,
        number_taken=tables.is_number_taken(connection, said.log_id, said.author, fact.number),
        quoted=quoted,
        replaced=None if fact.replaces is None else _find_earlier(connection, said.log_id, fact.replaces),
    )


def _find_setting(connection: Connection, log_id: int, fact: CertificateIssued, lab: str, key: str) -> Setting | None:
    """Find what the log knows about who certifies what for whom; None where the agreement was never signed by all."""
    agreement = find_agreement(connection, log_id, fact.agreement)
    if agreement is None or not agreement.was_signed:
        return None
    found = find_deliveries(connection, log_id, fact.deliveries[:1])
    receivers = [one.receiver for one in found.values()] or agreement.holders("receiver") or agreement.organisations
    names = list_names(connection, log_id, [lab, receivers[0]])
    return Setting(fact.agreement, agreement.terms, agreement.organisations, lab, key, receivers[0], names)


def _find_earlier(connection: Connection, log_id: int, certificate: str) -> Earlier | None:
    found = tables.find_certificate(connection, log_id, certificate)
    if found is None:
        return None
    origins = frozenset(find_origin(connection, log_id, name) for name in found.deliveries)
    return Earlier(found.lab, found.agreement, found.said_state, origins, found.batch, found.is_corrected)


def _write_result(result: Result) -> dict[str, str | None]:
    return {
        "parameter": result.parameter,
        "value": result.value,
        "unit": result.unit,
        "method": result.method,
        "uncertainty": None if result.uncertainty is None else f"{result.uncertainty:f}",
    }


HANDLERS: Handlers = {
    CertificateIssued: Handler(_judge_issue, _fold_issue, _recompute_issue),
    CertificateSuspended: Handler(_judge_change, _fold_change),
    CertificateReinstated: Handler(_judge_change, _fold_change),
    CertificateRevoked: Handler(_judge_change, _fold_change),
}
