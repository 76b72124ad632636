"""Our own credential read back: strictly what ``credential`` writes, so that no member can say something else beside it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Never, TypeVar

from contracts.certificates.conformity import DecisionRule, Outcome, parse_measured
from contracts.certificates.credential import (
    ATTESTATION_MEMBER,
    RESULT_MEMBER,
    CertifiedResult,
    Party,
    QualityCertificate,
    build_credential,
)
from contracts.certificates.facts import Verdict
from contracts.certificates.jcs import canonical_bytes
from contracts.certificates.status_list import read_entry
from contracts.clock import parse_instant
from contracts.errors import Finding, Invalid

_Name = TypeVar("_Name", bound=StrEnum)


def is_quality_certificate(document: Mapping[str, Any]) -> bool:
    """Tell whether a credential claims to be one of ours, of this version."""
    subject = document.get("credentialSubject")
    return isinstance(subject, dict) and ATTESTATION_MEMBER in subject


def read_certificate(document: Mapping[str, Any]) -> QualityCertificate:
    """Read a credential that ``build_credential`` wrote; raises ``Invalid`` for any other byte in it (proof aside).

    The certificate is read from the exact texts, written again, and compared: numbers, yes-or-no members and names that
    say something else than the texts are found without a rule for each.
    """
    subject = _object(document, "credentialSubject")
    stated = _literal(subject, ATTESTATION_MEMBER)
    issuer, receiver = _object(document, "issuer"), _object(subject, "issuedToParty")
    status = document.get("credentialStatus", [])
    certificate = QualityCertificate(
        id=_text(document, "id"),
        number=_text(stated, "number"),
        certificate_type=_text(stated, "en10204Type"),
        issuer=Party(_text(issuer, "id"), _text(issuer, "name")),
        receiver=Party(_text(receiver, "id"), _text(receiver, "name")),
        agreement=_text(stated, "agreement"),
        deliveries=tuple(_each_text(stated, "deliveries")),
        batch=_text(stated, "batch"),
        product=_text(stated, "product"),
        tested_on=_day(stated, "testedOn"),
        decision_rule=_choice(DecisionRule, stated, "decisionRule"),
        results=tuple(_read_result(row) for row in _list(subject, "conformityAssessment")),
        verdict=_choice(Verdict, stated, "verdict"),
        issued_at=parse_instant(_text(document, "validFrom")),
        valid_until=parse_instant(_text(document, "validUntil")) if "validUntil" in document else None,
        status=tuple(read_entry(entry) for entry in (status if isinstance(status, list) else [status])),
        replaces=_text(stated, "replaces"),
        assessor_level=_text(subject, "assessorLevel"),
    )
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    rebuilt = build_credential(certificate)
    if canonical_bytes(rebuilt) != canonical_bytes(unsecured):
        place = _find_difference(rebuilt, unsecured, "")
        _fail(place, "sides-disagree", f"{place or 'the document'} does not say what the certificate's own texts say")
    return certificate


def _read_result(assessment: object) -> CertifiedResult:
    if not isinstance(assessment, dict):
        _fail("conformityAssessment", "not-an-object", "an assessment is an object")
    row = _literal(assessment, RESULT_MEMBER)
    return CertifiedResult(
        parameter=_text(row, "parameter"),
        measured=None if row.get("value") is None else parse_measured(_text(row, "value")),
        unit=_text(row, "unit"),
        method=_text(row, "method"),
        agreed_unit=_text(row, "agreedUnit"),
        agreed_method=_text(row, "agreedMethod"),
        minimum=_decimal(row, "minimum"),
        maximum=_decimal(row, "maximum"),
        uncertainty=_decimal(row, "uncertainty"),
        outcome=_choice(Outcome, row, "outcome"),
    )


def _find_difference(ours: object, theirs: object, path: str) -> str:
    """Return the path of the first place where two JSON values differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            if name not in ours or name not in theirs or canonical_bytes(ours[name]) != canonical_bytes(theirs[name]):
                return _find_difference(ours.get(name), theirs.get(name), f"{path}.{name}".lstrip("."))
    if isinstance(ours, list) and isinstance(theirs, list):
        for position, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            if canonical_bytes(one) != canonical_bytes(other):
                return _find_difference(one, other, f"{path}.{position}")
    return path


def _literal(holder: Mapping[str, Any], name: str) -> dict[str, Any]:
    return _object(_object(holder, name), "@value")


def _object(holder: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else _fail(name, "not-an-object", f"{name} must be an object")


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else _fail(name, "not-a-list", f"{name} must be a list")


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else _fail(name, "not-a-text", f"{name} must be a text")


def _each_text(holder: Mapping[str, Any], name: str) -> list[str]:
    values = _list(holder, name)
    return values if all(isinstance(value, str) for value in values) else _fail(name, "not-a-text", f"{name} must be texts")


def _decimal(holder: Mapping[str, Any], name: str) -> Decimal | None:
    if holder.get(name) is None:
        return None
    measured = parse_measured(_text(holder, name))
    return measured.value if not measured.sign else _fail(name, "not-a-number", f"{name} must be a number without < or >")


def _day(holder: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(_text(holder, name))
    except ValueError:
        _fail(name, "not-a-date", f"{name} must be a date such as 2026-03-02")


def _choice(kind: type[_Name], holder: Mapping[str, Any], name: str) -> _Name:
    try:
        return kind(_text(holder, name))
    except ValueError:
        _fail(name, "unknown-value", f"{name} must be one of {', '.join(kind)}")


def _fail(field: str, code: str, message: str) -> Never:
    raise Invalid(message, [Finding(field, code, message)])
