"""One quality certificate as a W3C credential whose subject is the UN's conformity attestation (UNTP DCC 0.7.0).

The UN's members carry what its readers know: measured values as JSON numbers, one assessment per result. What they have no
member for (limits, ``<0.05``, decision rule, verdict, deliveries) stands beside them as one JSON literal under a URN, in
exact decimal texts, so that JSON-LD readers keep it too. Both sides are written from the same decimals, of 15 digits at
most: such a number survives any JSON reader, and JCS writes it back in one way. ``credential_reader`` takes the texts and
refuses a document whose two sides disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from contracts.certificates.conformity import (
    MAX_DIGITS,
    DecisionRule,
    Measured,
    Outcome,
    ResultRow,
    SpecRow,
    judge_rows,
)
from contracts.certificates.contexts import BASE_CONTEXT, is_url
from contracts.certificates.facts import Verdict
from contracts.certificates.status_list import StatusEntry, build_entry
from contracts.clock import format_instant
from contracts.errors import Finding, Invalid, raise_findings

UNTP_CONTEXT = "https://vocabulary.uncefact.org/untp/0.7.0/context/"
#: member with the JSON literal of the attestation, and of one assessment
ATTESTATION_MEMBER = "urn:symbiosis-ledger:quality-certificate:v1"
RESULT_MEMBER = "urn:symbiosis-ledger:quality-result:v1"
#: EN 10204:2004 certificate type -> kind of attestation of UNTP
ATTESTATION_TYPES = {"2.1": "declaration", "2.2": "testing", "3.1": "inspection", "3.2": "inspection"}

_TOPIC = {
    "type": ["ConformityTopic"],
    "id": "http://vocabulary.uncefact.org/ConformityTopic#environment.waste",
    "name": "environment.waste",
}


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation as the certificate shows it."""

    #: DID or other URL
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CertifiedResult:
    """One result with the limits that it was judged by."""

    parameter: str
    #: None = agreed, but not measured
    measured: Measured | None
    #: UN/ECE Rec 20 code of the measured value and its uncertainty
    unit: str
    method: str
    #: the agreement's unit and method (empty = any); a result in other ones is not decidable
    agreed_unit: str
    agreed_method: str
    #: limits of the agreement, in its unit
    minimum: Decimal | None
    maximum: Decimal | None
    #: expanded (k = 2), the one used by the decision rule
    uncertainty: Decimal | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class QualityCertificate:
    """What a quality certificate says."""

    #: URI of this certificate
    id: str
    #: number for people, such as QC-2026-000123
    number: str
    #: EN 10204: 2.1, 2.2, 3.1 or 3.2
    certificate_type: str
    #: did:key or did:web of who signs
    issuer: Party
    receiver: Party
    #: id of the agreement whose specification holds
    agreement: str
    deliveries: tuple[str, ...]
    #: empty = the delivery itself is the batch
    batch: str
    product: str
    #: day of the tests
    tested_on: date
    decision_rule: DecisionRule
    results: tuple[CertifiedResult, ...]
    verdict: Verdict
    issued_at: datetime
    valid_until: datetime | None = None
    status: tuple[StatusEntry, ...] = ()
    #: URI of the certificate that this one replaces (ISO/IEC 17025 7.8.8); empty = none
    replaces: str = ""
    #: UNTP: self, commercial, buyer, membership, unspecified, 3rdParty, hybrid
    assessor_level: str = "self"


def certify_results(rows: Sequence[SpecRow], results: Sequence[ResultRow], rule: DecisionRule) -> tuple[CertifiedResult, ...]:
    """Judge each row of a specification and return what a certificate shows of it, in the specification's order."""
    by_parameter = {result.parameter: result for result in results}
    if len(by_parameter) < len(results):
        raise_findings([Finding("results", "not-unique", "a certificate shows one result per parameter")])
    certified = []
    for row, verdict in zip(rows, judge_rows(rows, results, rule), strict=True):
        result = by_parameter.get(row.parameter)
        uncertainty = row.uncertainty if result is None or result.uncertainty is None else result.uncertainty
        certified.append(
            CertifiedResult(
                parameter=row.parameter,
                measured=result.measured if result else None,
                unit=result.unit if result else row.unit,
                method=result.method if result else row.method,
                agreed_unit=row.unit,
                agreed_method=row.method,
                minimum=row.lowest,
                maximum=row.highest,
                uncertainty=uncertainty,
                outcome=verdict.outcome,
            )
        )
    return tuple(certified)


def check_certificate(certificate: QualityCertificate) -> list[Finding]:
    """Return all faults that would make the certificate unreadable or untrue to EN 10204."""
    findings = []
    if certificate.certificate_type not in ATTESTATION_TYPES:
        message = f"EN 10204 knows the types {', '.join(ATTESTATION_TYPES)}"
        findings.append(Finding("certificate_type", "unknown-type", message))
    if certificate.certificate_type == "2.1" and certificate.results:
        findings.append(Finding("results", "results-in-declaration", "type 2.1 declares compliance and shows no results"))
    if certificate.certificate_type != "2.1" and not certificate.results:
        findings.append(Finding("results", "no-results", f"type {certificate.certificate_type} shows results"))
    if not certificate.issuer.id.startswith(("did:key:", "did:web:")):
        findings.append(Finding("issuer", "not-a-did", "the issuer is named by a did:key or did:web"))
    urls = {"id": certificate.id, "issuer": certificate.issuer.id, "receiver": certificate.receiver.id}
    findings += [Finding(field, "not-a-url", f"{field} must be a URI") for field, url in urls.items() if not is_url(url)]
    if not certificate.deliveries and not certificate.batch:
        findings.append(Finding("deliveries", "missing", "a certificate binds a delivery or a batch"))
    names = [row.parameter for row in certificate.results]
    if len(set(names)) < len(names):
        findings.append(Finding("results", "not-unique", "a certificate shows one result per parameter"))
    for position, row in enumerate(certificate.results):
        values = (row.measured.value if row.measured else None, row.minimum, row.maximum, row.uncertainty)
        if not all(value is None or _is_exact(value) for value in values):
            message = f"a figure of {row.parameter!r} has more than {MAX_DIGITS} digits"
            findings.append(Finding(f"results.{position}", "too-many-digits", message))
    return findings


def build_credential(certificate: QualityCertificate) -> dict[str, Any]:
    """Return the unsigned credential; raises ``Invalid`` with the findings of ``check_certificate``."""
    raise_findings(check_certificate(certificate))
    credential: dict[str, Any] = {
        "@context": [BASE_CONTEXT, UNTP_CONTEXT],
        "type": ["DigitalConformityCredential", "VerifiableCredential"],
        "id": certificate.id,
        "name": f"Quality certificate {certificate.number}",
        "issuer": {"type": ["CredentialIssuer"], "id": certificate.issuer.id, "name": certificate.issuer.name},
        "validFrom": format_instant(certificate.issued_at),
        "credentialSubject": _build_attestation(certificate),
    }
    if certificate.valid_until is not None:
        credential["validUntil"] = format_instant(certificate.valid_until)
    entries = [build_entry(entry) for entry in certificate.status]
    if entries:
        # One entry stands alone, because the UN's schema knows no list here; W3C allows both.
        credential["credentialStatus"] = entries[0] if len(entries) == 1 else entries
    return credential


def write_number(value: Decimal) -> int | float:
    """Return a decimal as the JSON number that means exactly it; ``Invalid`` if there is none."""
    if not _is_exact(value):
        message = f"{value} has more than {MAX_DIGITS} digits"
        raise Invalid(message, [Finding("value", "too-many-digits", message)])
    return int(value) if value == value.to_integral_value() else float(value)


def name_thing(kind: str, name: str) -> str:
    """Return a URI for a thing of ours: the name itself if it is one, else a URN."""
    return name if is_url(name) else f"urn:symbiosis-ledger:{kind}:{name.replace(' ', '%20')}"


def _build_attestation(certificate: QualityCertificate) -> dict[str, Any]:
    agreement = name_thing("agreement", certificate.agreement)
    stated = {
        "number": certificate.number,
        "en10204Type": certificate.certificate_type,
        "agreement": certificate.agreement,
        "deliveries": list(certificate.deliveries),
        "batch": certificate.batch,
        "product": certificate.product,
        "testedOn": certificate.tested_on.isoformat(),
        "decisionRule": certificate.decision_rule.value,
        "verdict": certificate.verdict.value,
        "replaces": certificate.replaces,
    }
    return {
        "type": ["ConformityAttestation"],
        "id": f"{certificate.id}#attestation",
        "name": f"{certificate.product}, EN 10204 type {certificate.certificate_type}",
        "assessorLevel": certificate.assessor_level,
        "assessmentLevel": "no-endorsement",
        "attestationType": ATTESTATION_TYPES[certificate.certificate_type],
        "issuedToParty": {"type": ["Party"], "id": certificate.receiver.id, "name": certificate.receiver.name},
        "referenceScheme": {"type": ["ConformityScheme"], "id": agreement, "name": "Quality specification of the agreement"},
        "conformityAssessment": [
            _build_assessment(certificate, row, position) for position, row in enumerate(certificate.results, start=1)
        ],
        ATTESTATION_MEMBER: {"@type": "@json", "@value": stated},
    }


def _build_assessment(certificate: QualityCertificate, row: CertifiedResult, position: int) -> dict[str, Any]:
    own_id = f"{certificate.id}#result-{position}"
    assessment: dict[str, Any] = {
        "type": ["ConformityAssessment"],
        "id": own_id,
        "name": row.parameter,
        "assessmentCriteria": [{"type": ["Criterion"], "id": f"{own_id}-criterion", "name": _say_limits(row)}],
        "assessmentDate": certificate.tested_on.isoformat(),
        "assessedPerformance": [_build_performance(row, own_id)] if row.measured else [],
        "assessedProduct": [_build_product(certificate)],
        "referenceStandard": [{"type": ["Standard"], "id": "urn:iso:std:en:10204", "name": "EN 10204:2004"}],
        "specifiedCondition": [f"test method: {row.method or 'not named'}"],
        "conformityTopic": [_TOPIC],
        RESULT_MEMBER: {"@type": "@json", "@value": _state_result(row)},
    }
    if row.outcome in {Outcome.CONFORM, Outcome.NONCONFORM}:
        # Yes or no is all that the UN's member can say; without it the row is open.
        assessment["conformance"] = row.outcome is Outcome.CONFORM
    return assessment


def _build_performance(row: CertifiedResult, own_id: str) -> dict[str, Any]:
    if row.measured is None:
        return {}
    measure: dict[str, Any] = {"value": write_number(row.measured.value), "unit": row.unit}
    if row.uncertainty is not None and not row.measured.sign:
        measure["upperTolerance"] = measure["lowerTolerance"] = write_number(row.uncertainty)
    performance: dict[str, Any] = {
        "metric": {"type": ["PerformanceMetric"], "id": f"{own_id}-metric", "name": row.parameter},
        "measure": measure,
    }
    if row.measured.sign:
        side = "below the limit of detection" if row.measured.sign == "<" else "above the measuring range"
        performance["score"] = {"code": str(row.measured), "definition": side}
    return performance


def _build_product(certificate: QualityCertificate) -> dict[str, Any]:
    thing = ("batch", certificate.batch) if certificate.batch else ("delivery", certificate.deliveries[0])
    product: dict[str, Any] = {"type": ["Product"], "id": name_thing(*thing), "name": certificate.product}
    if certificate.batch:
        product["batchNumber"] = certificate.batch
    if len(certificate.deliveries) == 1:
        product["itemNumber"] = certificate.deliveries[0]
    return {"product": product, "idVerifiedByCAB": False}


def _state_result(row: CertifiedResult) -> dict[str, Any]:
    return {
        "parameter": row.parameter,
        "value": None if row.measured is None else str(row.measured),
        "unit": row.unit,
        "method": row.method,
        "agreedUnit": row.agreed_unit,
        "agreedMethod": row.agreed_method,
        "minimum": _write_decimal(row.minimum),
        "maximum": _write_decimal(row.maximum),
        "uncertainty": _write_decimal(row.uncertainty),
        "outcome": row.outcome.value,
    }


def _say_limits(row: CertifiedResult) -> str:
    low = "" if row.minimum is None else f"at least {row.minimum:f} {row.agreed_unit}"
    high = "" if row.maximum is None else f"at most {row.maximum:f} {row.agreed_unit}"
    return f"{row.parameter}: {' and '.join(part for part in (low, high) if part) or 'no limit'}"


def _write_decimal(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _is_exact(value: Decimal) -> bool:
    if not value.is_finite() or len(f"{abs(value):f}".replace(".", "").lstrip("0")) > MAX_DIGITS:
        return False
    return Decimal(repr(float(value))) == value
