"""Our credential: in the form of W3C and of the UN's schema, exact in its figures, and readable by a stranger's verifier."""

import base64
import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import openvc
import pytest
from openvc.proof.di_jcs import EddsaJcsProofSuite

from contracts.certificates.conformity import DecisionRule, Outcome, ResultRow, parse_measured
from contracts.certificates.credential import (
    ATTESTATION_MEMBER,
    Party,
    QualityCertificate,
    build_credential,
    certify_results,
    write_number,
)
from contracts.certificates.credential_reader import read_certificate
from contracts.certificates.facts import Verdict
from contracts.certificates.jcs import canonical_bytes, parse_json
from contracts.certificates.proof import resolve_did_key, verify_proof
from contracts.certificates.status_list import StatusEntry
from contracts.certificates.vcdm import check_credential
from contracts.errors import Invalid
from ledger.keys import encode_multikey
from tests.contracts.certificates.builders import (
    LAB,
    NOW,
    SPECIFICATION,
    STATUS_URL,
    a_certificate,
    a_signed_credential,
    results_of,
)


@pytest.fixture
def untp(shared: Path) -> jsonschema.Draft202012Validator:
    """The UN's schema 0.7.0 with its one slip mended: W3C demands a text as statusListIndex, the schema a whole number."""
    schema = json.loads((shared / "vectors" / "untp" / "v0.7.0" / "untp-dcc-schema-0.7.0.json").read_text())
    schema["$defs"]["BitstringStatusListEntry"]["properties"]["statusListIndex"] = {"type": "string"}
    return jsonschema.Draft202012Validator(schema)


def some_certificates() -> dict[str, QualityCertificate]:
    return {
        "conform": a_certificate(),
        "off-spec": a_certificate(results_of(moisture="11.3")),
        "guarded": a_certificate(results_of(moisture="9.9"), decision_rule=DecisionRule.GUARDED),
        "a row missing": a_certificate(results_of()[1:]),
        "another unit": a_certificate([ResultRow("free moisture", parse_measured("0.084"), "C62"), *results_of()[1:]]),
        "declaration": a_certificate([], certificate_type="2.1", results=(), verdict=Verdict.CONFORM),
        "no status, replaces": a_certificate(status=(), replaces="https://symbiosis.example/certificates/QC-2026-000122"),
        "many deliveries": a_certificate(deliveries=("delivery:1", "delivery:2")),
        "no batch": a_certificate(batch="", deliveries=("load 7",)),
        "did:web": a_certificate(issuer=Party("did:web:symbiosis.example:orgs:lab", "Lab"), assessor_level="3rdParty"),
    }


@pytest.mark.parametrize("name", some_certificates())
def test_a_certificate_is_a_credential_of_w3c_and_of_the_un_and_comes_back_whole(name: str, untp: jsonschema.Draft202012Validator) -> None:
    certificate = some_certificates()[name]

    document = parse_json(canonical_bytes(build_credential(certificate)))

    assert not check_credential(document)
    assert not [error.message for error in untp.iter_errors(document)]
    assert read_certificate(document) == certificate


def test_the_status_index_is_the_only_place_where_the_uns_schema_and_w3c_disagree(shared: Path) -> None:
    schema = json.loads((shared / "vectors" / "untp" / "v0.7.0" / "untp-dcc-schema-0.7.0.json").read_text())

    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(build_credential(a_certificate())))

    assert [list(error.absolute_path) for error in errors] == [["credentialStatus", "statusListIndex"]]


def test_two_status_entries_stand_in_a_list_as_w3c_allows() -> None:
    entries = (StatusEntry(STATUS_URL, 1, "revocation"), StatusEntry("https://symbiosis.example/status/2", 9, "suspension"))
    certificate = a_certificate(status=entries)

    document = build_credential(certificate)

    assert not check_credential(document)
    assert read_certificate(document).status == entries


def test_figures_stand_as_exact_numbers_and_as_texts() -> None:
    document = parse_json(canonical_bytes(build_credential(a_certificate())))
    rows = document["credentialSubject"]["conformityAssessment"]

    assert [row["assessedPerformance"][0]["measure"]["value"] for row in rows] == [8.4, 96.25, 62, 0.05]
    assert rows[3]["assessedPerformance"][0]["score"]["code"] == "<0.05"
    assert b'"value":62}' in canonical_bytes(rows[2]["assessedPerformance"])
    assert [row["conformance"] for row in rows] == [True] * 4


@pytest.mark.parametrize("text", ["0.1", "123456789012345", "0.000000000000001", "-8.4", "1.50", "99999999.9999999"])
def test_a_number_of_15_digits_survives_json(text: str) -> None:
    written = canonical_bytes([write_number(Decimal(text))])

    assert parse_json(written)[0] == float(text)
    assert Decimal(repr(parse_json(written)[0])) == Decimal(text)


@pytest.mark.parametrize("text", ["0.1234567890123456", "1234567890123456", "NaN", "Infinity"])
def test_a_number_that_json_would_round_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        write_number(Decimal(text))


def test_an_undecided_row_says_neither_yes_nor_no() -> None:
    document = build_credential(some_certificates()["guarded"])

    assert "conformance" not in document["credentialSubject"]["conformityAssessment"][0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"certificate_type": "3.3"}, "unknown-type"),
        ({"certificate_type": "2.1"}, "results-in-declaration"),
        ({"results": ()}, "no-results"),
        ({"issuer": Party("https://symbiosis.example", "PowerCo")}, "not-a-did"),
        ({"id": "QC 1"}, "not-a-url"),
        ({"deliveries": (), "batch": ""}, "missing"),
        ({"results": a_certificate().results * 2}, "not-unique"),
        ({"results": (replace(a_certificate().results[0], maximum=Decimal("0.1234567890123456")),)}, "too-many-digits"),
    ],
)
def test_a_certificate_that_nobody_could_rely_on_is_not_written(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        build_credential(replace(a_certificate(), **changes))

    assert code in {finding.code for finding in refusal.value.findings}


def test_two_results_for_one_parameter_are_not_certified() -> None:
    with pytest.raises(Invalid):
        certify_results(SPECIFICATION, [*results_of(), results_of()[0]], DecisionRule.SIMPLE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["credentialSubject", "conformityAssessment", 0, "assessedPerformance", 0, "measure", "value"], 8.5),
        (["credentialSubject", "conformityAssessment", 0, "conformance"], 1),
        (["credentialSubject", "conformityAssessment", 0, "name"], "whiteness"),
        (["credentialSubject", "conformityAssessment", 0, "evidence"], []),
        (["credentialSubject", "issuedToParty", "name"], None),
        (["credentialSubject", ATTESTATION_MEMBER, "@value", "testedOn"], "20260301"),
        (["credentialSubject", ATTESTATION_MEMBER, "@value", "verdict"], "fine"),
        (["credentialSubject", ATTESTATION_MEMBER, "@value", "deliveries"], [7]),
        (["credentialSubject", ATTESTATION_MEMBER, "@value"], []),
        (["credentialSubject", "conformityAssessment"], {}),
        (["credentialSubject", "conformityAssessment", 0], []),
        (["validFrom"], "2026-03-02T10:15:00+00:00"),
        (["credentialStatus", "statusListIndex"], 123),
        (["name"], "Another certificate"),
    ],
)
def test_a_document_whose_sides_disagree_is_not_read(path: list[str | int], value: object) -> None:
    document = deepcopy(build_credential(a_certificate()))
    place: Any = document
    for step in path[:-1]:
        place = place[step]

    place[path[-1]] = value

    with pytest.raises(Invalid):
        read_certificate(document)


def test_results_in_another_unit_are_certified_as_undecided() -> None:
    certificate = some_certificates()["another unit"]

    assert (certificate.results[0].outcome, certificate.verdict) == (Outcome.NOT_DECIDABLE, Verdict.UNDECIDED)
    assert certificate.tested_on == date(2026, 3, 1)


def test_a_strangers_verifier_accepts_our_credential() -> None:
    policy = openvc.VerificationPolicy(now=NOW, require_status=False)

    result = openvc.verify_credential(a_signed_credential(), policy=policy)

    assert result.format == "data-integrity:eddsa-jcs-2022"
    assert result.issuer == f"did:key:{LAB.multikey}"


def test_a_strangers_verifier_refuses_our_credential_once_it_is_changed() -> None:
    signed = a_signed_credential()
    signed["credentialSubject"]["conformityAssessment"][0]["conformance"] = False

    with pytest.raises(openvc.OpenvcError):
        openvc.verify_credential(signed, policy=openvc.VerificationPolicy(now=NOW, require_status=False))


def test_a_strangers_signer_signs_the_same_bytes_as_we_do() -> None:
    key = openvc.Ed25519SigningKey.generate(kid="unused")
    public = key.public_jwk()
    multikey = _multikey_of(public)
    document = build_credential(a_certificate(issuer=Party(f"did:key:{multikey}", "A stranger")))

    signed = EddsaJcsProofSuite().add_proof(document, signing_key=key, verification_method=f"did:key:{multikey}#{multikey}", created=NOW)

    # Its signature covers the @context in the proof, as section 3.3.5 demands, but it leaves that member out of the file.
    signed["proof"]["@context"] = document["@context"]

    assert not verify_proof(signed, resolve_did_key, NOW).all_findings


def _multikey_of(jwk: dict[str, str]) -> str:
    return encode_multikey(base64.urlsafe_b64decode(jwk["x"] + "="))
