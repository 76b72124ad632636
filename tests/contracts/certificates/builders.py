"""Certificates to test with: gypsum of one batch, its specification, results and keys."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from contracts.certificates.conformity import (
    DecisionRule,
    ResultRow,
    SpecRow,
    judge_goods,
    parse_measured,
)
from contracts.certificates.credential import Party, QualityCertificate, build_credential, certify_results
from contracts.certificates.proof import name_did_key, name_did_key_method, secure_document
from contracts.certificates.status_list import StatusEntry
from ledger.keys import SigningKey

ISSUED = datetime(2026, 3, 2, 10, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 5, 8, 0, 0, tzinfo=UTC)
LAB = SigningKey(bytes(31) + b"\x01")
INSPECTOR = SigningKey(bytes(31) + b"\x02")
STATUS_URL = "https://symbiosis.example/status/1"

SPECIFICATION = (
    SpecRow("free moisture", "P1", "EN 13454-2", maximum=Decimal(10), reject_maximum=Decimal(12), uncertainty=Decimal("0.2")),
    SpecRow("CaSO4.2H2O", "P1", "EN 13454-2", minimum=Decimal(95)),
    SpecRow("chloride", "NA", "EN 196-2", maximum=Decimal(100)),
    SpecRow("mercury", "NA", reject_maximum=Decimal("1.0")),
)


def did_of(key: SigningKey) -> str:
    return name_did_key(key.multikey)


def method_of(key: SigningKey) -> str:
    return name_did_key_method(key.multikey)


def results_of(moisture: str = "8.4", purity: str = "96.25", chloride: str = "62", mercury: str = "<0.05") -> list[ResultRow]:
    return [
        ResultRow("free moisture", parse_measured(moisture), "P1", "EN 13454-2", Decimal("0.2")),
        ResultRow("CaSO4.2H2O", parse_measured(purity), "P1", "EN 13454-2", Decimal("0.5")),
        ResultRow("chloride", parse_measured(chloride), "NA", "EN 196-2", Decimal(3)),
        ResultRow("mercury", parse_measured(mercury), "NA", "EN 1483", Decimal("0.01")),
    ]


def a_certificate(measured: list[ResultRow] | None = None, **changes: Any) -> QualityCertificate:
    rule = changes.get("decision_rule", DecisionRule.SIMPLE)
    rows = certify_results(SPECIFICATION, results_of() if measured is None else measured, rule)
    fields: dict[str, Any] = {
        "id": "https://symbiosis.example/certificates/QC-2026-000123",
        "number": "QC-2026-000123",
        "certificate_type": "3.1",
        "issuer": Party(did_of(LAB), "North Laboratory"),
        "receiver": Party("urn:symbiosis-ledger:organisation:o-7f3a9c", "PlasterCo A/S"),
        "agreement": "agreement:0190f6c2-1111",
        "deliveries": ("delivery:0190f6c2-2222",),
        "batch": "B-2026-0301",
        "product": "FGD gypsum",
        "tested_on": date(2026, 3, 1),
        "decision_rule": rule,
        "results": rows,
        "verdict": judge_goods([row.outcome for row in rows]),
        "issued_at": ISSUED,
        "status": (StatusEntry(STATUS_URL, 123, "revocation"),),
    }
    return QualityCertificate(**fields | changes)


def a_signed_credential(certificate: QualityCertificate | None = None, *signers: SigningKey) -> dict[str, Any]:
    document = build_credential(certificate or a_certificate())
    for key in signers or (LAB,):
        document = secure_document(document, key.sign, method_of(key), ISSUED)
    return document
