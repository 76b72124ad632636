"""One file judged offline: a true certificate, every kind of false one, and files that only mean harm."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251  seeded: the same spoiled files each run
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.certificates.conformity import DecisionRule, Outcome, parse_measured
from contracts.certificates.credential import Party, QualityCertificate, build_credential
from contracts.certificates.facts import Verdict
from contracts.certificates.jcs import MAX_BYTES, canonical_bytes
from contracts.certificates.proof import secure_document
from contracts.certificates.status_list import StatusEntry, build_list_credential, new_bits, write_bit
from contracts.certificates.verify import CertificateReport, ExitCode, State, verify_certificate
from ledger.keys import SigningKey
from tests.contracts.certificates.builders import (
    INSPECTOR,
    ISSUED,
    LAB,
    NOW,
    STATUS_URL,
    a_certificate,
    a_signed_credential,
    did_of,
    method_of,
    results_of,
)

WEB = "did:web:symbiosis.example:orgs:lab"
#: members replaced by these in the test of spoiled files
STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**53 - 1,
    "",
    "x" * 1000,
    "\x1b[2J",
    "did:key:z",
    [],
    [[]],
    {},
    {"@value": {}},
    [None],
    {"id": 7},
]


def a_status_list(
    *indices: int, key: SigningKey = LAB, issuer: str = "", purpose: str = "revocation", url: str = STATUS_URL, at: datetime = ISSUED
) -> bytes:
    bits = new_bits()
    for index in indices:
        write_bit(bits, index, value=True)
    document = build_list_credential(url, issuer or did_of(key), purpose, bits, at, at + timedelta(days=7))
    return canonical_bytes(secure_document(document, key.sign, method_of(key), at))


def verify(document: dict[str, Any], **options: Any) -> CertificateReport:
    return verify_certificate(canonical_bytes(document), **{"now": NOW} | options)


def verify_signed(certificate: QualityCertificate, *signers: SigningKey, **options: Any) -> CertificateReport:
    return verify(a_signed_credential(certificate, *signers), **{"status_lists": [a_status_list()]} | options)


def state_of(report: CertificateReport, question: str) -> State:
    answer = report.answer(question)
    assert answer is not None
    return answer.state


def failing(report: CertificateReport) -> set[str]:
    return {answer.question for answer in report.answers if answer.state is State.FAILS}


def test_a_true_certificate_with_its_status_list_is_valid() -> None:
    report = verify_signed(a_certificate(), trusted={did_of(LAB): frozenset()})

    assert report.exit_code is ExitCode.VALID
    assert {answer.state for answer in report.answers} == {State.HOLDS}
    assert report.to_lines()[0] == "Certificate QC-2026-000123 is valid."
    assert report.certificate == a_certificate()


def test_without_its_status_list_nobody_says_that_it_was_not_revoked() -> None:
    report = verify(a_signed_credential())

    assert report.exit_code is ExitCode.STATUS_UNKNOWN
    assert state_of(report, "status") is State.UNKNOWN


def test_a_certificate_without_status_entry_is_of_unknown_status() -> None:
    assert verify_signed(a_certificate(status=())).exit_code is ExitCode.STATUS_UNKNOWN


def test_an_honest_certificate_of_bad_goods_is_valid() -> None:
    report = verify_signed(a_certificate(results_of(moisture="11.3")))

    assert report.exit_code is ExitCode.VALID
    answer = report.answer("results")
    assert answer is not None
    assert "do not conform" in answer.words


@pytest.mark.parametrize(("purpose", "word"), [("revocation", "revoked"), ("suspension", "suspended")])
def test_a_set_bit_makes_the_certificate_invalid(purpose: str, word: str) -> None:
    certificate = a_certificate(status=(StatusEntry(STATUS_URL, 123, purpose),))

    report = verify_signed(certificate, status_lists=[a_status_list(123, purpose=purpose)])

    assert report.exit_code is ExitCode.INVALID
    answer = report.answer("status")
    assert answer is not None
    assert answer.words.startswith(word)


def test_one_list_of_two_leaves_the_other_unknown() -> None:
    other = "https://symbiosis.example/status/2"
    certificate = a_certificate(status=(StatusEntry(STATUS_URL, 1, "revocation"), StatusEntry(other, 1, "suspension")))

    one = verify_signed(certificate, status_lists=[a_status_list()])
    both = verify_signed(certificate, status_lists=[a_status_list(), a_status_list(purpose="suspension", url=other)])

    assert (one.exit_code, both.exit_code) == (ExitCode.STATUS_UNKNOWN, ExitCode.VALID)


@pytest.mark.parametrize(
    "status_list",
    [
        a_status_list(key=INSPECTOR),
        a_status_list(key=INSPECTOR, issuer=did_of(LAB)),
        a_status_list(purpose="suspension"),
        a_status_list(url="https://symbiosis.example/status/9"),
        a_status_list(at=NOW - timedelta(days=8)),
        a_status_list(at=NOW + timedelta(days=1)),
        a_status_list().replace(b'"statusPurpose":"revocation"', b'"statusPurpose":["revocation"]'),
        b"",
        b"[]",
        b"\xff",
    ],
)
def test_a_list_that_does_not_speak_for_the_issuer_now_says_nothing(status_list: bytes) -> None:
    assert verify_signed(a_certificate(), status_lists=[status_list]).exit_code is ExitCode.STATUS_UNKNOWN


def test_a_list_by_a_trusted_service_speaks_for_the_laboratory() -> None:
    trusted = {did_of(LAB): frozenset[str](), did_of(INSPECTOR): frozenset[str]()}

    report = verify_signed(a_certificate(), trusted=trusted, status_lists=[a_status_list(123, key=INSPECTOR)])

    assert failing(report) == {"status"}


@pytest.mark.parametrize(
    "path",
    [
        ("credentialSubject", "conformityAssessment", 0, "assessedPerformance", 0, "measure", "value"),
        ("credentialSubject", "urn:symbiosis-ledger:quality-certificate:v1", "@value", "verdict"),
        ("validFrom",),
        ("issuer", "name"),
        ("credentialStatus", "statusListIndex"),
        ("proof", "created"),
        ("proof", "proofValue"),
    ],
)
def test_any_changed_member_makes_the_proof_fail(path: tuple[str | int, ...]) -> None:
    document = a_signed_credential()
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]]

    place[path[-1]] = "zz" + old[2:] if isinstance(old, str) else old + 1
    report = verify(document, status_lists=[a_status_list()])

    assert report.exit_code is ExitCode.INVALID
    assert "proof" in failing(report)


def test_a_certificate_signed_by_somebody_else_in_the_issuers_name_is_forged() -> None:
    report = verify_signed(a_certificate(), INSPECTOR)

    assert report.exit_code is ExitCode.INVALID
    assert "proof" in failing(report)


def test_a_properly_signed_certificate_of_an_unlisted_issuer_is_not_trusted() -> None:
    report = verify_signed(a_certificate(), trusted={did_of(INSPECTOR): frozenset()})

    assert report.exit_code is ExitCode.INVALID
    assert failing(report) == {"issuer"}


def test_a_stated_outcome_that_its_figures_do_not_give_is_found_though_the_issuer_signed_it() -> None:
    bad = a_certificate(results_of(moisture="11.3"))
    lie = replace(bad, results=(replace(bad.results[0], outcome=Outcome.CONFORM), *bad.results[1:]), verdict=Verdict.CONFORM)

    report = verify_signed(lie)

    assert report.exit_code is ExitCode.INVALID
    assert failing(report) == {"results"}
    assert [row.parameter for row in report.rows if not row.follows] == ["free moisture"]


def test_a_stated_verdict_that_its_rows_do_not_give_is_found_though_the_issuer_signed_it() -> None:
    report = verify_signed(a_certificate(results_of()[1:], verdict=Verdict.CONFORM))

    assert failing(report) == {"results"}


def test_the_guarded_rule_is_recomputed_with_the_stated_uncertainty() -> None:
    certificate = a_certificate(results_of(moisture="9.9"), decision_rule=DecisionRule.GUARDED)
    bolder = replace(certificate, results=(replace(certificate.results[0], outcome=Outcome.CONFORM), *certificate.results[1:]))

    assert verify_signed(certificate).exit_code is ExitCode.VALID
    assert failing(verify_signed(bolder)) == {"results"}


def test_a_detection_limit_above_the_maximum_decides_nothing() -> None:
    certificate = a_certificate(results_of(mercury="<5"))

    report = verify_signed(certificate)

    assert report.exit_code is ExitCode.VALID
    assert report.rows[3].recomputed is Outcome.NOT_DECIDABLE
    assert certificate.results[3].measured == parse_measured("<5")


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (ISSUED - timedelta(seconds=1), ExitCode.INVALID),
        (ISSUED, ExitCode.VALID),
        (ISSUED + timedelta(days=2) - timedelta(seconds=1), ExitCode.VALID),
        (ISSUED + timedelta(days=2), ExitCode.INVALID),
    ],
)
def test_validity_is_half_open(now: datetime, code: ExitCode) -> None:
    report = verify_signed(a_certificate(valid_until=ISSUED + timedelta(days=2)), now=now)

    assert report.exit_code is code


def test_a_certificate_signed_ahead_is_not_valid_before_its_day() -> None:
    document = secure_document(build_credential(a_certificate()), LAB.sign, method_of(LAB), ISSUED - timedelta(days=1))

    report = verify(document, now=ISSUED - timedelta(seconds=1))

    assert failing(report) == {"validity"}


def test_type_3_2_needs_two_different_signers() -> None:
    certificate = a_certificate(certificate_type="3.2")

    assert verify_signed(certificate, LAB, INSPECTOR).exit_code is ExitCode.VALID
    assert failing(verify_signed(certificate, LAB)) == {"proof"}
    assert failing(verify_signed(certificate, LAB, LAB)) == {"proof"}


def test_a_did_web_issuer_is_checked_with_the_keys_handed_in() -> None:
    document = build_credential(a_certificate(issuer=Party(WEB, "Lab"), status=()))
    signed = secure_document(document, LAB.sign, f"{WEB}#{LAB.multikey}", ISSUED)

    without = verify(signed)
    right = verify(signed, trusted={WEB: frozenset({LAB.multikey})})
    wrong = verify(signed, trusted={WEB: frozenset({INSPECTOR.multikey})})

    assert (without.exit_code, right.exit_code) == (ExitCode.UNREADABLE, ExitCode.STATUS_UNKNOWN)
    assert failing(wrong) == {"proof"}


def test_a_strangers_credential_is_checked_as_far_as_it_goes() -> None:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": did_of(LAB),
        "credentialSubject": {"id": "urn:example:anything"},
    }

    report = verify(secure_document(document, LAB.sign, method_of(LAB), ISSUED))

    assert report.exit_code is ExitCode.STATUS_UNKNOWN
    assert state_of(report, "results") is State.UNKNOWN


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"%PDF-1.7",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{}",
        b'{"@context": NaN}',
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
        b" " * (MAX_BYTES + 1),
        b'{"proof": 1e999}',
    ],
)
def test_a_file_that_is_no_certificate_is_called_unreadable(data: bytes) -> None:
    report = verify_certificate(data, now=NOW)

    assert report.exit_code is ExitCode.UNREADABLE
    assert report.to_lines()


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_no_bytes_are_ever_called_valid_by_chance(data: bytes) -> None:
    assert verify_certificate(data, now=NOW).exit_code is ExitCode.UNREADABLE


def test_a_spoiled_certificate_is_never_valid_and_never_an_accident() -> None:
    chance = Random(20260302)  # noqa: S311  nothing secret
    whole = a_signed_credential(a_certificate(results_of(moisture="9.9"), certificate_type="3.2"), LAB, INSPECTOR)
    lists = [a_status_list()]
    assert verify(whole, status_lists=lists).exit_code is ExitCode.VALID

    for _ in range(400):
        document = deepcopy(whole)
        _spoil(document, chance)
        report = verify_certificate(json.dumps(document).encode(), now=NOW, status_lists=lists)

        same = canonical_bytes(document) == canonical_bytes(whole)
        assert report.exit_code in ({ExitCode.VALID} if same else {ExitCode.INVALID, ExitCode.UNREADABLE})
        assert all(line.isprintable() for line in report.to_lines())


def test_a_certificate_with_hostile_names_prints_harmlessly() -> None:
    certificate = a_certificate(product="\x1b[2Jgypsum\u202e", issuer=Party(did_of(LAB), "Lab\n  status holds"))

    lines = verify_signed(certificate).to_lines()

    assert all(line.isprintable() for line in lines)


def test_the_time_is_only_the_one_handed_in() -> None:
    later = datetime(2126, 3, 2, tzinfo=UTC)

    assert failing(verify_signed(a_certificate(valid_until=ISSUED + timedelta(days=1)), now=later)) == {"validity"}


def _spoil(document: Any, chance: Random) -> None:
    """Replace, drop or double one member somewhere in a document."""
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = chance.choice(keys)
        inner = place[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
            place = inner
            continue
        how = chance.random()
        if how < 0.2:
            del place[key]
        elif how < 0.3 and isinstance(place, list):
            place.append(deepcopy(inner))
        else:
            place[key] = deepcopy(chance.choice(STRANGE))
        return
