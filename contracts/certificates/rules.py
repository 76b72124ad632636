"""Rules of certificates: who certifies what, that the credential says the same as the fact, and how a certificate ends.

Any laboratory of the network may certify: the role lab is the network's to give. Whose word counts first is a matter of rank
(`rank_certificate`): the agreement's referee, then a laboratory outside the agreement, then one of its own parties.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.certificates.facts import CertificateIssued, Result
from contracts.certificates.specification import read_specification
from contracts.certificates.stated import Setting, Wording, compare_certificates, find_verdict, read_results, state_certificate
from contracts.certificates.verify import CertificateReport, State, verify_certificate
from contracts.errors import Finding, Invalid
from contracts.units import UNITS

#: how far a laboratory's clock may run ahead of the log's
CLOCK_SKEW = timedelta(minutes=5)
#: more results are no certificate of one delivery
MAX_RESULTS = 200


class CertificateState(StrEnum):
    """Where a certificate stands."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A delivery that a certificate quotes, as far as its rules go."""

    agreement: str
    batch: str | None
    is_reversal: bool
    is_reversed: bool
    origin: str  #: the delivery as first recorded


@dataclass(frozen=True, slots=True)
class Earlier:
    """A certificate that is to be replaced or whose state is to change."""

    lab: str
    agreement: str
    state: CertificateState
    origins: frozenset[str]  #: of the deliveries that it quotes
    batch: str | None
    is_corrected: bool  #: a delivery that it quotes was reversed


@dataclass(frozen=True, slots=True)
class IssueContext:
    """What the log knows when a certificate is issued."""

    setting: Setting | None  #: None: there is no such agreement
    now: datetime
    id_taken: bool
    number_taken: bool
    quoted: Mapping[str, Quoted]
    replaced: Earlier | None


def check_issue(fact: CertificateIssued, context: IssueContext) -> list[Finding]:
    """Check everything but the verdict, which `recompute_verdict` answers."""
    findings = [*_check_names(fact, context), *_check_deliveries(fact, context.quoted), *_check_replaced(fact, context)]
    if fact.sampled_at > context.now + CLOCK_SKEW:
        findings.append(Finding("sampled_at", "in-the-future", "the sample was taken later than the log's clock says"))
    setting = context.setting
    if setting is None:
        return [*findings, Finding("agreement", "unknown-agreement", "there is no such agreement in force")]
    known = {row.parameter for row in read_specification(setting.terms)}
    if not known:
        findings.append(Finding("agreement", "no-specification", "the agreement has no quality specification to certify against"))
    wrong = [*_check_results(fact.results, known)]
    findings += wrong
    return [*findings, *_check_credential(fact, setting, context.now, results_read=not wrong)]


def recompute_verdict(fact: CertificateIssued, setting: Setting) -> list[Finding]:
    """Compare the stated verdict with the one that follows from results, specification and decision rule."""
    verdict = find_verdict(setting.terms, read_results(fact.results))
    if verdict is fact.verdict:
        return []
    return [Finding("verdict", "verdict-does-not-follow", f"says {fact.verdict}, recomputed {verdict}")]


def check_change(earlier: Earlier | None, author: str, wanted: CertificateState) -> list[Finding]:
    """Check that a laboratory may suspend, reinstate or revoke a certificate; `wanted` is the state that it leads to."""
    if earlier is None:
        return [Finding("certificate", "unknown-certificate", "there is no such certificate")]
    findings = []
    if author != earlier.lab:
        findings.append(Finding("certificate", "not-issuer", "only the laboratory that issued a certificate changes its state"))
    allowed = {
        CertificateState.SUSPENDED: (CertificateState.ISSUED,),
        CertificateState.ISSUED: (CertificateState.SUSPENDED,),
        CertificateState.REVOKED: (CertificateState.ISSUED, CertificateState.SUSPENDED),
    }
    if wanted is CertificateState.ISSUED and earlier.is_corrected:
        findings.append(Finding("certificate", "delivery-reversed", "a delivery that it quotes was corrected: issue it anew"))
    elif earlier.state not in allowed[wanted]:
        findings.append(Finding("certificate", "not-open", f"the certificate is {earlier.state}"))
    return findings


def rank_certificate(lab: str, referee: str | None, parties: Sequence[str]) -> int:
    """Rank whose word counts: 2 the agreement's referee, 1 a laboratory outside the agreement, 0 one of its parties."""
    return 2 if lab == referee else 0 if lab in parties else 1


def _check_names(fact: CertificateIssued, context: IssueContext) -> Iterator[Finding]:
    if context.id_taken:
        yield Finding("certificate", "certificate-taken", "a certificate with this id is on the log")
    if context.number_taken:
        yield Finding("number", "number-taken", f"this laboratory has issued a certificate number {fact.number}")


def _check_deliveries(fact: CertificateIssued, quoted: Mapping[str, Quoted]) -> Iterator[Finding]:
    if not fact.deliveries and fact.batch is None:
        yield Finding("deliveries", "missing", "name the deliveries, or a batch instead")
    twice = {name for name, count in Counter(fact.deliveries).items() if count > 1}
    for number, name in enumerate(fact.deliveries):
        path, found = f"deliveries.{number}", quoted.get(name)
        if name in twice:
            yield Finding(path, "not-unique", "a certificate names a delivery once")
        if found is None or found.agreement != fact.agreement:
            yield Finding(path, "unknown-delivery", "there is no such delivery under this agreement")
        elif found.is_reversal or found.is_reversed:
            yield Finding(path, "delivery-reversed", "the delivery was reversed: certify its replacement")
        elif fact.batch is not None and found.batch != fact.batch:
            yield Finding(path, "other-batch", f"the delivery is not of batch {fact.batch}")


def _check_replaced(fact: CertificateIssued, context: IssueContext) -> Iterator[Finding]:
    if fact.replaces is None:
        return
    earlier = context.replaced
    if earlier is None or context.setting is None or earlier.lab != context.setting.lab:
        yield Finding("replaces", "unknown-certificate", "this laboratory has issued no such certificate")
        return
    if earlier.state in (CertificateState.REVOKED, CertificateState.SUPERSEDED):
        yield Finding("replaces", "not-open", f"the certificate is {earlier.state}")
    origins = {context.quoted[name].origin for name in fact.deliveries if name in context.quoted}
    if earlier.agreement != fact.agreement or earlier.origins != origins or earlier.batch != fact.batch:
        yield Finding("replaces", "other-deliveries", "a certificate replaces one for the same deliveries, or for their replacements")


def _check_results(results: Sequence[Result], known: set[str]) -> Iterator[Finding]:
    if len(results) > MAX_RESULTS:
        yield Finding("results", "too-many", f"at most {MAX_RESULTS} results")
        return
    counts = Counter(result.parameter for result in results)
    for number, result in enumerate(results):
        path = f"results.{number}"
        if counts[result.parameter] > 1:
            yield Finding(f"{path}.parameter", "not-unique", "a certificate shows one result per parameter")
        if result.parameter not in known:
            yield Finding(f"{path}.parameter", "unknown-parameter", f"the specification names {', '.join(sorted(known)) or 'nothing'}")
        if result.unit not in UNITS:
            yield Finding(f"{path}.unit", "unknown-unit", f"{result.unit} is no UN/ECE Rec 20 unit that is known here")
        if result.uncertainty is not None and result.uncertainty < 0:
            yield Finding(f"{path}.uncertainty", "negative", "an uncertainty is not negative")
    try:
        read_results(results)
    except Invalid as refusal:
        yield from refusal.findings


def _check_credential(fact: CertificateIssued, setting: Setting, now: datetime, *, results_read: bool) -> Iterator[Finding]:
    data = fact.credential.encode()
    if hashlib.sha256(data).hexdigest() != fact.credential_hash:
        yield Finding("statement.public.credential_hash", "other-hash", "this is not the SHA-256 of the credential's bytes")
    report = verify_certificate(data, now=now + CLOCK_SKEW)
    yield from _list_faults(report)
    given = report.certificate
    if given is None:
        if not any(answer.state is State.FAILS for answer in report.answers):
            yield Finding("credential", "not-a-certificate", "the credential is no quality certificate of this product")
        return
    if not results_read:
        return
    if given.tested_on.toordinal() < fact.sampled_at.toordinal() - 1:  # the day of the tests is a local one
        yield Finding("credential", "tested-before-sampled", "the credential says that it was tested before the sample was taken")
    wording = Wording(given.certificate_type, given.issued_at, given.tested_on, given.product, given.valid_until, given.status)
    wanted = state_certificate(fact, setting, wording)
    yield from (one for one in compare_certificates(wanted, given) if one.field != "verdict")
    if given.verdict is not fact.verdict:
        yield Finding("verdict", "credential-differs", f"the credential says {given.verdict}, the statement {fact.verdict}")


def _list_faults(report: CertificateReport) -> Iterator[Finding]:
    """The answers that failed offline: form, proof, validity and results; whether it was revoked the log itself says."""
    for answer in report.answers:
        if answer.state is State.FAILS or (answer.question == "proof" and answer.state is not State.HOLDS):
            why = "; ".join(finding.message for finding in answer.findings[:3])
            yield Finding("credential", f"credential-{answer.question}", f"{answer.words}{': ' + why if why else ''}")
