"""Data Integrity proofs: W3C's eddsa-jcs-2022 vectors byte for byte, did:key, proof sets, and every reason to refuse."""

import hashlib
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.certificates.jcs import canonical_bytes
from contracts.certificates.proof import (
    VerificationMethod,
    build_proof_configuration,
    build_resolver,
    hash_for_proof,
    resolve_did_key,
    secure_document,
    verify_proof,
)
from ledger.keys import SigningKey, base58_decode, base58_encode, decode_multikey

CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
LAB = SigningKey(bytes(31) + b"\x01")
INSPECTOR = SigningKey(bytes(31) + b"\x02")


def did_of(key: SigningKey) -> str:
    return f"did:key:{key.multikey}"


def method_of(key: SigningKey) -> str:
    return f"did:key:{key.multikey}#{key.multikey}"


def a_document(**changes: object) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": did_of(LAB),
        "credentialSubject": {"id": "urn:example:batch", "moisture": 8.4},
    }
    return {**document, **changes}


def a_signed_document(**changes: object) -> dict[str, Any]:
    return secure_document(a_document(**changes), LAB.sign, method_of(LAB), NOW)


def codes_of(document: dict[str, Any], now: datetime = NOW) -> set[str]:
    return {finding.code for finding in verify_proof(document, resolve_did_key, now).all_findings}


@pytest.fixture
def vectors(shared: Path) -> Path:
    return shared / "vectors" / "w3c-vc-di-eddsa" / "TestVectors"


def test_the_w3c_vector_is_reproduced_byte_for_byte(vectors: Path) -> None:
    suite = vectors / "eddsa-jcs-2022"
    keys = json.loads((vectors / "keyPair.json").read_text())
    secret = base58_decode(keys["privateKeyMultibase"][1:])
    key = SigningKey(secret[2:])
    document = json.loads((vectors / "unsigned.json").read_text())
    method = f"did:key:{key.multikey}#{key.multikey}"

    configuration = build_proof_configuration(document, method, CREATED, "assertionMethod")
    hashed = hash_for_proof(document, configuration)
    signed = secure_document(document, key.sign, method, CREATED)

    assert secret[:2] == b"\x80\x26"
    assert key.multikey == keys["publicKeyMultibase"]
    assert canonical_bytes(document) == (suite / "canonDocJCS.txt").read_bytes().strip()
    assert hashlib.sha256(canonical_bytes(document)).hexdigest() == (suite / "docHashJCS.txt").read_text().strip()
    assert configuration == json.loads((suite / "proofConfigJCS.json").read_text())
    assert canonical_bytes(configuration) == (suite / "proofCanonJCS.txt").read_bytes().strip()
    assert hashlib.sha256(canonical_bytes(configuration)).hexdigest() == (suite / "proofHashJCS.txt").read_text().strip()
    assert hashed.hex() == (suite / "combinedHashJCS.txt").read_text().strip()
    assert key.sign(hashed).hex() == (suite / "sigHexJCS.txt").read_text().strip()
    assert signed["proof"]["proofValue"] == (suite / "sigBTC58JCS.txt").read_text().strip()
    assert signed == json.loads((suite / "signedJCS.json").read_text())


def test_the_w3c_vector_verifies_for_the_issuer_that_shows_the_key(vectors: Path) -> None:
    signed = json.loads((vectors / "eddsa-jcs-2022" / "signedJCS.json").read_text())
    public = decode_multikey(json.loads((vectors / "keyPair.json").read_text())["publicKeyMultibase"])

    def resolve(method: str) -> VerificationMethod:
        return VerificationMethod(method, "https://vc.example/issuers/5678", public, frozenset({"assertionMethod"}))

    assert verify_proof(signed, resolve, NOW).verified


def test_the_w3c_vector_is_refused_where_nobody_says_that_the_issuer_owns_the_key(vectors: Path) -> None:
    signed = json.loads((vectors / "eddsa-jcs-2022" / "signedJCS.json").read_text())

    assert codes_of(signed) == {"not-by-issuer"}


def test_proofs_of_the_other_suites_in_the_vectors_are_refused_by_name(vectors: Path) -> None:
    for name in ("eddsa-rdfc-2022/signedDataInt.json", "proof-set-chain/signedProofSet2.json", "Ed25519Signature2020/signedEdSig.json"):
        assert "other-suite" in codes_of(json.loads((vectors / name).read_text()))


def test_a_proof_chain_is_refused_by_name(vectors: Path) -> None:
    assert "proof-chain" in codes_of(json.loads((vectors / "proof-set-chain/signedProofChain1.json").read_text()))


def test_every_did_key_vector_is_the_key_of_its_seed(shared: Path) -> None:
    cases = json.loads((shared / "vectors" / "did-key" / "ed25519-seeds.json").read_text())["seed_to_did"]

    for seed, did in cases.items():
        key = SigningKey(bytes.fromhex(seed))
        method = resolve_did_key(f"{did}#{key.multikey}")

        assert did == did_of(key)
        assert method is not None
        assert (method.controller, method.public) == (did, key.public)


@pytest.mark.parametrize(
    "method", ["did:key:z6Mk", "did:key:", "did:key:#", "", "did:web:lab.example#key-1", f"{did_of(LAB)}#{INSPECTOR.multikey}", did_of(LAB)]
)
def test_what_is_no_did_key_method_resolves_to_nothing(method: str) -> None:
    assert resolve_did_key(method) is None


def test_a_did_key_of_low_order_resolves_to_nothing() -> None:
    multikey = "z" + base58_encode(b"\xed\x01" + b"\x01" + bytes(31))

    assert resolve_did_key(f"did:key:{multikey}#{multikey}") is None


def test_a_signed_document_verifies_and_is_a_copy() -> None:
    document = a_document()

    signed = secure_document(document, LAB.sign, method_of(LAB), NOW)

    assert verify_proof(signed, resolve_did_key, NOW).verified
    assert "proof" not in document


def test_every_change_of_a_signed_member_is_found() -> None:
    signed = a_signed_document()
    changed = [
        signed | {"type": ["VerifiableCredential", "urn:x"]},
        signed | {"credentialSubject": {"id": "urn:example:batch", "moisture": 8.5}},
        signed | {"extra": None},
        {name: value for name, value in signed.items() if name != "credentialSubject"},
        signed | {"proof": signed["proof"] | {"created": "2026-03-02T11:59:59Z"}},
        signed | {"proof": signed["proof"] | {"domain": "elsewhere"}},
    ]

    assert [codes_of(document) for document in changed] == [{"bad-signature"}] * len(changed)


def test_a_proof_copied_under_another_issuer_is_refused() -> None:
    signed = a_signed_document(issuer=did_of(INSPECTOR))

    assert codes_of(signed) == {"not-by-issuer"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "Ed25519Signature2020"}, "other-suite"),
        ({"cryptosuite": "eddsa-rdfc-2022"}, "other-suite"),
        ({"proofPurpose": "authentication"}, "other-purpose"),
        ({"@context": ["https://example.org/other"]}, "other-context"),
        ({"@context": ["https://www.w3.org/ns/credentials/v2", "https://example.org/more"]}, "other-context"),
        ({"created": "2026-03-02T12:00:01Z"}, "in-the-future"),
        ({"created": "yesterday"}, "not-a-time"),
        ({"created": "2026-03-02T12:00:00"}, "not-a-time"),
        ({"created": None}, "not-a-time"),
        ({"expires": "2026-03-02T12:00:00Z"}, "expired"),
        ({"verificationMethod": "did:web:lab.example#k"}, "key-unknown"),
        ({"verificationMethod": ["did:web:lab.example#k"]}, "key-unknown"),
        ({"proofValue": "u4242"}, "not-a-signature"),
        ({"proofValue": "z" + "1" * 64 + "2"}, "not-a-signature"),
        ({"proofValue": "z0OIl"}, "not-a-signature"),
        ({"proofValue": None}, "not-a-signature"),
        ({"proofValue": "z" + "2" * 100_000}, "not-a-signature"),
        ({"previousProof": "urn:uuid:1"}, "proof-chain"),
    ],
)
def test_a_proof_with_a_wrong_member_is_refused_with_its_reason(change: dict[str, object], code: str) -> None:
    signed = a_signed_document()

    assert code in codes_of(signed | {"proof": signed["proof"] | change})


@pytest.mark.parametrize("proof", [None, [], "proof", 7, [None], [[]], {}, [{}]])
def test_something_else_in_place_of_a_proof_is_refused(proof: object) -> None:
    assert codes_of(a_document(proof=proof))


def test_more_proofs_than_anybody_needs_are_refused_unread() -> None:
    signed = a_signed_document()

    assert codes_of(signed | {"proof": [signed["proof"]] * 9}) == {"too-many-proofs"}


def test_a_key_that_its_controller_does_not_let_assert_is_refused() -> None:
    signed = a_signed_document()

    def resolve(method: str) -> VerificationMethod:
        return VerificationMethod(method, did_of(LAB), LAB.public, frozenset({"authentication"}))

    assert {finding.code for finding in verify_proof(signed, resolve, NOW).all_findings} == {"key-not-authorised"}


def test_a_context_added_behind_the_signed_one_changes_nothing() -> None:
    signed = a_signed_document()

    signed["@context"] = [*signed["@context"], "https://example.org/later"]

    assert verify_proof(signed, resolve_did_key, NOW).verified


def test_both_proofs_of_a_set_are_checked() -> None:
    both = secure_document(a_signed_document(), INSPECTOR.sign, method_of(INSPECTOR), NOW + timedelta(hours=1))

    result = verify_proof(both, resolve_did_key, NOW + timedelta(hours=2))

    assert result.verified
    assert [check.controller for check in result.checks] == [did_of(LAB), did_of(INSPECTOR)]


def test_one_bad_proof_spoils_a_set() -> None:
    both = secure_document(a_signed_document(), INSPECTOR.sign, method_of(INSPECTOR), NOW)
    spoiled = deepcopy(both)
    spoiled["proof"][1]["proofValue"] = spoiled["proof"][0]["proofValue"]

    assert codes_of(spoiled) == {"bad-signature"}


def test_keys_of_a_did_web_come_from_what_was_handed_in() -> None:
    document = a_document(issuer="did:web:lab.example:orgs:north")
    signed = secure_document(document, LAB.sign, f"did:web:lab.example:orgs:north#{LAB.multikey}", NOW)
    other = {"did:web:lab.example:orgs:north": frozenset({INSPECTOR.multikey})}
    right = {"did:web:lab.example:orgs:north": frozenset({INSPECTOR.multikey, LAB.multikey})}

    assert verify_proof(signed, build_resolver(right), NOW).verified
    assert not verify_proof(signed, build_resolver(other), NOW).verified
    assert not verify_proof(signed, build_resolver({}), NOW).verified
