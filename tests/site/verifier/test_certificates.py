"""Certificates: form, proof, issuer and validity answered in the browser as by `symbiosis certificate verify` without status lists."""

import json
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from random import Random  # noqa: TID251  seeded: the same spoiled files each run
from typing import Any

from contracts.certificates.credential import Party, build_credential
from contracts.certificates.jcs import canonical_bytes
from contracts.certificates.proof import secure_document
from contracts.certificates.verify import verify_certificate
from tests.contracts.certificates.builders import INSPECTOR, ISSUED, LAB, NOW, a_certificate, a_signed_credential, did_of, method_of
from tests.contracts.certificates.test_verify import WEB, _spoil
from tests.site.verifier.driving import Cases

QUESTIONS = ("proof", "issuer", "validity", "status")
UNREADABLE: tuple[bytes, ...] = (
    *(b"", b"\x00" * 100, b"%PDF-1.7", b"null", b"[]", b'"text"', b"{", b"{}", b'{"@context": NaN}', b"[" * 1_000_000, b'{"a":' * 100_000),
    *(b" " * ((1 << 20) + 1), b'{"proof": 1e999}', b'{"a":1,"a":2}', b'{"a":{"b":1,"\\u0062":2}}', b'{"a":12345678901234567890}'),
    *(b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}", b'{"a":"\xff"}', b'{"a":' + b"[" * 70 + b"]" * 70 + b"}"),
)


def change(path: tuple[str | int, ...], value: Any, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """Change one member of a signed credential."""
    changed: Any = document or a_signed_credential()
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed  # type: ignore[no-any-return]  # the document


#: One member of a signed credential changed: its path and the new value.
CHANGES: tuple[tuple[tuple[str | int, ...], Any], ...] = (
    (("credentialSubject", "name"), "x"),
    (("validFrom",), "2026-03-01T00:00:00Z"),
    (("validFrom",), "yesterday"),
    (("validUntil",), "2020-01-01T00:00:00Z"),
    (("issuer", "name"), "x"),
    (("issuer", "id"), "lab"),
    (("proof", "created"), "2026-03-02T10:15:01Z"),
    (("proof", "created"), None),
    (("proof", "proofValue"), "z1"),
    (("proof", "type"), "X"),
    (("proof", "cryptosuite"), "eddsa-rdfc-2022"),
    (("proof", "proofPurpose"), "authentication"),
    (("proof", "previousProof"), "urn:x:1"),
    (("proof", "@context"), ["https://example.org/"]),
    (("proof", "verificationMethod"), "did:key:z6Mk#x"),
    (("proof",), []),
    (("@context",), ["https://example.org/"]),
    (("type",), ["X"]),
    (("credentialSubject",), []),
    (("id",), "no url"),
)


def list_documents() -> list[tuple[str, dict[str, Any], dict[str, frozenset[str]] | None, datetime]]:
    """List credentials, whom the reader trusts, and when."""
    lab, inspector, web = frozenset[str](), frozenset[str](), frozenset({LAB.multikey})
    days = timedelta(days=2)
    by_web = secure_document(
        build_credential(a_certificate(issuer=Party(WEB, "Lab"), status=())), LAB.sign, f"{WEB}#{LAB.multikey}", ISSUED
    )
    ending = a_signed_credential(a_certificate(valid_until=ISSUED + days))
    two = a_signed_credential(a_certificate(certificate_type="3.2"), LAB, INSPECTOR)
    twice = deepcopy(two)
    twice["proof"][1] = twice["proof"][0]
    early = secure_document(build_credential(a_certificate()), LAB.sign, method_of(LAB), ISSUED - timedelta(days=1))
    expiring = change(("proof", "expires"), "2026-03-03T00:00:00Z")
    found = [
        ("good", a_signed_credential(), None, NOW),
        ("trusted", a_signed_credential(), {did_of(LAB): lab}, NOW),
        ("not trusted", a_signed_credential(), {did_of(INSPECTOR): inspector}, NOW),
        ("another signer", a_signed_credential(None, INSPECTOR), None, NOW),
        ("no status", a_signed_credential(a_certificate(status=())), None, NOW),
        ("two signers", two, None, NOW),
        ("one of two", a_signed_credential(a_certificate(certificate_type="3.2")), None, NOW),
        ("twice the same", twice, None, NOW),
        ("before it was signed", a_signed_credential(), None, ISSUED - timedelta(seconds=1)),
        ("just then", a_signed_credential(), None, ISSUED),
        ("last second", ending, None, ISSUED + days - timedelta(seconds=1)),
        ("ended", ending, None, ISSUED + days),
        ("not yet valid", early, None, ISSUED - timedelta(seconds=1)),
        ("proof expired", expiring, None, NOW),
        ("web, unknown", by_web, None, NOW),
        ("web, known", by_web, {WEB: web}, NOW),
        ("web, another key", by_web, {WEB: frozenset({INSPECTOR.multikey})}, NOW),
        ("web, two keys", by_web, {WEB: frozenset({INSPECTOR.multikey, LAB.multikey})}, NOW),
    ]
    return found + [(f"changed {path}", change(path, value), None, NOW) for path, value in CHANGES]


def ask(cases: Cases, data: bytes, now: datetime, trusted: dict[str, frozenset[str]] | None = None) -> None:
    """Add a certificate to the cases."""
    known = None if trusted is None else {did: sorted(keys) for did, keys in trusted.items()}
    options = {"now": now.isoformat()} | ({} if known is None else {"trusted": known})
    cases.add("certificate", file=cases.put(data), options=options)


def test_certificates_are_answered_as_the_command_does(tmp_path: Path) -> None:
    cases, documents = Cases(tmp_path), list_documents()
    for _, document, trusted, now in documents:
        ask(cases, canonical_bytes(document), now, trusted)

    for (name, document, trusted, now), answer in zip(documents, cases.run(), strict=True):
        report = verify_certificate(canonical_bytes(document), now=now, trusted=trusted)
        ours = {one.question: one.state.value for one in report.answers if one.question in QUESTIONS}
        theirs = {one["question"]: one["state"] for one in answer["value"]["answers"] if one["question"] in QUESTIONS}
        assert (theirs, answer["value"]["exit_code"]) == (ours, int(report.exit_code)), (name, answer)


def test_a_context_behind_the_signed_one_changes_nothing_and_before_it_everything(tmp_path: Path) -> None:
    document = a_signed_credential()
    document["proof"]["@context"] = document["@context"]
    signed = secure_document({key: value for key, value in document.items() if key != "proof"}, LAB.sign, method_of(LAB), ISSUED)
    signed["@context"] = [*signed["@context"], "https://example.org/more"]
    cases = Cases(tmp_path)
    ask(cases, canonical_bytes(signed), NOW)

    states = {one["question"]: one["state"] for one in cases.run()[0]["value"]["answers"]}

    report = verify_certificate(canonical_bytes(signed), now=NOW)
    assert states["proof"] == next(one.state.value for one in report.answers if one.question == "proof")


def test_the_w3c_vector_verifies_with_the_key_of_its_issuer(shared: Path, tmp_path: Path) -> None:
    vectors = shared / "vectors" / "w3c-vc-di-eddsa" / "TestVectors"
    signed = json.loads((vectors / "eddsa-jcs-2022" / "signedJCS.json").read_text())
    did, _, key = signed["proof"]["verificationMethod"].partition("#")
    issuer = signed["issuer"] if isinstance(signed["issuer"], str) else signed["issuer"]["id"]
    cases = Cases(tmp_path)
    for changed in (
        signed,
        signed | {"validFrom": "2011-01-01T00:00:00Z"},
        signed | {"proof": signed["proof"] | {"cryptosuite": "eddsa-rdfc-2022"}},
    ):
        ask(cases, canonical_bytes(changed), NOW, {did: frozenset({key}), issuer: frozenset({key})})

    states = [next(one for one in answer["value"]["answers"] if one["question"] == "proof") for answer in cases.run()]

    # the vector's issuer is not who holds the key: the signature fits, the issuer made none
    assert states[0]["why"] == ("issuer" if issuer != did else "holds")
    assert [one["why"] for one in states[1:]] == ["changed", "suite"]


def test_files_that_are_no_certificate_are_unreadable(tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    for data in UNREADABLE:
        ask(cases, data, NOW)

    answers = [answer["value"]["exit_code"] for answer in cases.run()]

    assert answers == [2] * len(UNREADABLE)
    assert answers == [int(verify_certificate(data, now=NOW).exit_code) for data in UNREADABLE]


def test_a_spoiled_certificate_is_never_taken_for_a_sound_one(tmp_path: Path) -> None:
    chance = Random(20260302)  # noqa: S311  nothing secret
    whole = a_signed_credential(a_certificate(certificate_type="3.2"), LAB, INSPECTOR)
    cases, same = Cases(tmp_path), []
    for _ in range(400):
        document = deepcopy(whole)
        _spoil(document, chance)
        same.append(canonical_bytes(document) == canonical_bytes(whole))
        ask(cases, json.dumps(document).encode(), NOW)

    codes = [answer["value"]["exit_code"] for answer in cases.run()]

    assert [code == 3 for code in codes] == same
