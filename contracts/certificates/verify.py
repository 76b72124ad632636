"""One certificate file judged offline, in separate answers: form, proof, issuer, validity, status, results.

Nothing is fetched. did:key names prove themselves; keys of did:web issuers and status lists are handed in as files. What
cannot be known from these is said to be unknown, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from contracts.certificates.conformity import Outcome, ResultRow, SpecRow, judge_goods, judge_row
from contracts.certificates.credential import CertifiedResult, QualityCertificate
from contracts.certificates.credential_reader import is_quality_certificate, read_certificate
from contracts.certificates.facts import Verdict
from contracts.certificates.jcs import parse_json
from contracts.certificates.proof import ProofResult, build_resolver, read_issuer, verify_proof
from contracts.certificates.status_list import StatusEntry, StatusError, StatusListError, read_entry, read_status
from contracts.certificates.vcdm import check_credential, read_time
from contracts.errors import Finding, Invalid

#: certificate types that a second party signs too (EN 10204)
_TWO_SIGNERS = frozenset({"3.2"})


class ExitCode(IntEnum):
    """What the command ends with; documented in its help."""

    VALID = 0
    #: forged, changed, expired, suspended or revoked, or the verdict does not follow from the results
    INVALID = 1
    #: the file cannot be read as a credential, or the issuer's keys were not handed in
    UNREADABLE = 2
    #: all that can be checked holds, but nobody said here whether it was revoked since
    STATUS_UNKNOWN = 3


class State(StrEnum):
    """How one question was answered."""

    HOLDS = "holds"
    FAILS = "fails"
    #: cannot be answered with what was handed in
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question about a certificate."""

    #: form, proof, issuer, validity, status or results
    question: str
    state: State
    #: one sentence for a person
    words: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class RowReport:
    """One result judged again."""

    parameter: str
    stated: Outcome
    recomputed: Outcome
    #: why, with the figures
    reason: str

    @property
    def follows(self) -> bool:
        """What is stated follows from the figures."""
        return self.stated is self.recomputed


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """All that was found about one file."""

    exit_code: ExitCode
    #: one sentence
    summary: str
    answers: tuple[Answer, ...]
    rows: tuple[RowReport, ...] = ()
    #: None where the file is no certificate of ours
    certificate: QualityCertificate | None = None

    def answer(self, question: str) -> Answer | None:
        """Return the answer to one question; None if the file was not readable enough to ask."""
        return next((answer for answer in self.answers if answer.question == question), None)

    def to_lines(self) -> list[str]:
        """Return the report as lines of text for a terminal."""
        lines = [self.summary]
        for answer in self.answers:
            lines.append(f"  {answer.question:<9} {answer.state:<8} {answer.words}")
            lines += [f"{'':21}{finding.field}: {finding.message}".rstrip() for finding in answer.findings]
        lines += [f"  {row.parameter}: {row.reason}" + ("" if row.follows else f", stated was {row.stated}") for row in self.rows]
        return [_make_printable(line) for line in lines]


def verify_certificate(
    data: bytes,
    *,
    now: datetime,
    trusted: Mapping[str, frozenset[str]] | None = None,
    status_lists: Sequence[bytes] = (),
) -> CertificateReport:
    """Judge the bytes of one certificate file; whatever they are, a report comes back.

    Args:
        data: the file, JSON of one credential with its proof.
        now: aware UTC; the time as of which validity and status are asked.
        trusted: DID -> Multikey texts of the issuers that the reader knows. A did:web issuer needs its keys here; a did:key
            issuer stands with its own key, or with an empty set. With None any did:key issuer is taken at its word.
        status_lists: files of status list credentials, signed by the certificate's issuer or by a trusted DID.
    """
    try:
        document = parse_json(data)
    except Invalid as refusal:
        return _refuse_file("not readable", refusal.findings)
    if not isinstance(document, dict):
        return _refuse_file("no JSON object", [Finding("", "not-an-object", "a credential is a JSON object")])
    keys = trusted or {}
    form, certificate = _answer_form(document)
    result = verify_proof(document, build_resolver(keys), now)
    rows = _judge_again(certificate) if certificate else ()
    answers = (
        form,
        _answer_proof(result, certificate),
        _answer_issuer(document, trusted),
        _answer_validity(document, now),
        _answer_status(document, keys, status_lists, now),
        _answer_results(certificate, rows),
    )
    code = _choose_exit_code(answers, result)
    return CertificateReport(code, _summarise(code, document, certificate), answers, rows, certificate)


def _answer_form(document: Mapping[str, Any]) -> tuple[Answer, QualityCertificate | None]:
    findings = check_credential(document)
    certificate = None
    if not findings and is_quality_certificate(document):
        try:
            certificate = read_certificate(document)
        except Invalid as refusal:
            findings = list(refusal.findings)
    if findings:
        return Answer("form", State.FAILS, "not in the form of a W3C credential 2.0 as we write it", tuple(findings)), None
    words = "a W3C credential 2.0" + (" of a quality certificate" if certificate else ", not a quality certificate of this product")
    return Answer("form", State.HOLDS, words), certificate


def _answer_proof(result: ProofResult, certificate: QualityCertificate | None) -> Answer:
    if not result.verified:
        only_keys = bool(result.checks) and all({finding.code for finding in check.findings} <= {"key-unknown"} for check in result.checks)
        if only_keys and any(check.findings for check in result.checks):
            words = "not checked: hand in the keys of the signers, their names alone do not show them"
            return Answer("proof", State.UNKNOWN, words, result.all_findings)
        return Answer("proof", State.FAILS, "the signature does not hold for this text and issuer", result.all_findings)
    signers = sorted({check.controller for check in result.checks})
    if certificate and certificate.certificate_type in _TWO_SIGNERS and len(signers) < 2:  # noqa: PLR2004  two by EN 10204
        message = "type 3.2 needs a second signature, by the purchaser's or an official inspector"
        return Answer("proof", State.FAILS, message, (Finding("proof", "one-signer", message),))
    signed = ", ".join(f"{check.verification_method.partition('#')[2]} on {check.created:%Y-%m-%d %H:%M:%S} UTC" for check in result.checks)
    return Answer("proof", State.HOLDS, f"unchanged since signed by key {signed}; the key belongs to {', '.join(signers)}")


def _answer_issuer(document: Mapping[str, Any], trusted: Mapping[str, frozenset[str]] | None) -> Answer:
    issuer = document.get("issuer")
    did = read_issuer(document)
    name = issuer.get("name") if isinstance(issuer, dict) else None
    called = f"{did[:200]}, which calls itself {name[:100]!r}" if isinstance(name, str) else did[:200]
    if trusted is None:
        return Answer("issuer", State.UNKNOWN, f"{called}; whose key that is, nobody here vouches for")
    if did in trusted:
        return Answer("issuer", State.HOLDS, f"{called}; among the issuers that you trust")
    finding = Finding("issuer", "not-trusted", "the issuer is not among those that you trust")
    return Answer("issuer", State.FAILS, called, (finding,))


def _answer_validity(document: Mapping[str, Any], now: datetime) -> Answer:
    start, end = read_time(document.get("validFrom")), read_time(document.get("validUntil"))
    if start is not None and start > now:
        return Answer("validity", State.FAILS, f"valid only from {document['validFrom']} on")
    if end is not None and end <= now:
        return Answer("validity", State.FAILS, f"expired on {document['validUntil']}")
    since = f"since {document['validFrom']}" if start else "from no stated day on"
    until = f"until {document['validUntil']}" if end else "without end"
    return Answer("validity", State.HOLDS, f"valid {since}, {until}")


def _answer_status(document: Mapping[str, Any], keys: Mapping[str, frozenset[str]], status_lists: Sequence[bytes], now: datetime) -> Answer:
    declared = document.get("credentialStatus", [])
    entries = declared if isinstance(declared, list) else [declared]
    if not entries:
        return Answer("status", State.UNKNOWN, "the certificate names no status list: ask its issuer or the log")
    unknown: list[Finding] = []
    for value in entries:
        try:
            entry = read_entry(value)
            is_set = read_status(entry, _find_list(entry, document, keys, status_lists, now))
        except StatusListError as error:
            unknown += error.findings
            continue
        if is_set:
            state = {"revocation": "revoked", "suspension": "suspended"}.get(entry.purpose, entry.purpose[:60])
            return Answer("status", State.FAILS, f"{state}, says the list {entry.list_url[:200]}")
    if unknown:
        return Answer("status", State.UNKNOWN, "unknown whether it was revoked or suspended", tuple(unknown))
    return Answer("status", State.HOLDS, "neither revoked nor suspended by the lists handed in")


def _find_list(
    entry: StatusEntry,
    certificate: Mapping[str, Any],
    keys: Mapping[str, frozenset[str]],
    status_lists: Sequence[bytes],
    now: datetime,
) -> dict[str, Any]:
    """Return the list that the entry names, once its proof, its issuer and its age hold; raises ``StatusListError``."""
    for data in status_lists:
        try:
            document = parse_json(data)
        except Invalid:
            continue
        if not isinstance(document, dict) or document.get("id") != entry.list_url:
            continue
        if check_credential(document) or not verify_proof(document, build_resolver(keys), now).verified:
            raise StatusListError(StatusError.VERIFICATION, "the status list is not properly signed")
        issuer = read_issuer(document)
        if issuer != read_issuer(certificate) and issuer not in keys:
            raise StatusListError(StatusError.VERIFICATION, f"nobody vouches for {issuer[:100]}, who signed the status list")
        if _answer_validity(document, now).state is not State.HOLDS:
            raise StatusListError(StatusError.VERIFICATION, "the status list is out of date: fetch it again")
        return document
    raise StatusListError(StatusError.RETRIEVAL, f"the list {entry.list_url[:200]} was not handed in")


def _judge_again(certificate: QualityCertificate) -> tuple[RowReport, ...]:
    reports = []
    for row in certificate.results:
        verdict = judge_row(_limits_of(row), _result_of(row), certificate.decision_rule)
        reports.append(RowReport(row.parameter, row.outcome, verdict.outcome, verdict.reason))
    return tuple(reports)


def _limits_of(row: CertifiedResult) -> SpecRow:
    return SpecRow(
        parameter=row.parameter,
        unit=row.agreed_unit,
        method=row.agreed_method,
        minimum=row.minimum,
        maximum=row.maximum,
        uncertainty=row.uncertainty,
    )


def _result_of(row: CertifiedResult) -> list[ResultRow]:
    return [ResultRow(row.parameter, row.measured, row.unit, row.method, row.uncertainty)] if row.measured else []


def _answer_results(certificate: QualityCertificate | None, rows: Sequence[RowReport]) -> Answer:
    if certificate is None:
        return Answer("results", State.UNKNOWN, "no results in a form that can be judged again")
    goods = {Verdict.CONFORM: "conform", Verdict.NONCONFORM: "do not conform", Verdict.UNDECIDED: "are undecided"}
    stated = f"{certificate.product} {goods[certificate.verdict]}"
    if not rows:
        return Answer("results", State.HOLDS, f"declared without results: the goods {stated}")
    findings = [
        Finding(f"results.{row.parameter}", "verdict-does-not-follow", f"stated {row.stated}, but {row.reason}")
        for row in rows
        if not row.follows
    ]
    goods_again = judge_goods([row.recomputed for row in rows])
    if goods_again is not certificate.verdict:
        message = f"stated {certificate.verdict}, but the results give {goods_again}"
        findings.append(Finding("verdict", "verdict-does-not-follow", message))
    if findings:
        return Answer("results", State.FAILS, "the verdict does not follow from the results", tuple(findings))
    return Answer("results", State.HOLDS, f"the goods {stated}: follows from {len(rows)} results by the {certificate.decision_rule} rule")


def _choose_exit_code(answers: Sequence[Answer], result: ProofResult) -> ExitCode:
    states = {answer.question: answer.state for answer in answers}
    if states["form"] is State.FAILS and not result.checks:
        return ExitCode.UNREADABLE
    if State.FAILS in states.values():
        return ExitCode.INVALID
    if states["proof"] is State.UNKNOWN:
        return ExitCode.UNREADABLE
    return ExitCode.STATUS_UNKNOWN if states["status"] is State.UNKNOWN else ExitCode.VALID


def _summarise(code: ExitCode, document: Mapping[str, Any], certificate: QualityCertificate | None) -> str:
    name = f"Certificate {certificate.number}" if certificate else f"Credential {str(document.get('id', 'without id'))[:200]}"
    words = {
        ExitCode.VALID: "is valid",
        ExitCode.INVALID: "is NOT valid",
        ExitCode.UNREADABLE: "could not be checked",
        ExitCode.STATUS_UNKNOWN: "is properly signed; whether it was revoked since is unknown here",
    }
    return f"{name} {words[code]}."


def _make_printable(line: str) -> str:
    """Replace control and direction characters: a certificate may not paint on the reader's terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def _refuse_file(why: str, findings: Sequence[Finding]) -> CertificateReport:
    answer = Answer("form", State.FAILS, f"the file is {why}", tuple(findings))
    return CertificateReport(ExitCode.UNREADABLE, "The file is no certificate that can be read.", (answer,))
