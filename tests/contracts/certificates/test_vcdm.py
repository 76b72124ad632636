"""The form of credentials and presentations, by the accept and reject inputs of W3C's VC Data Model 2.0 test suite."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.certificates.vcdm import check_credential, check_presentation

ISSUER = "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"

#: inputs whose name states no verdict: whether issuer and holder must be equal hangs on a proof that these files lack;
#: the -ok inputs of presentations have unequal ones too
OUT_OF_SCOPE = {
    "presentation-self-asserted-vc-holder-mismatch.json",
    "presentation-self-asserted-vc-issuer-mismatch.json",
    "presentation-self-asserted-vc-no-holder.json",
}
#: the suite's runner writes the issuer into a credential that has none, except where its absence is the fault
WITHOUT_ISSUER = {"credential-no-issuer-fail.json", "credential-issuer-null-fail.json"}
#: words in the files that the suite's runner replaces by times
TIMES = {"PAST DATE": "2020-01-01T00:00:00Z", "FUTURE DATE": "2090-01-01T00:00:00Z"}


def read_input(path: Path) -> Any:
    """Read one input and complete it as the suite's runner does."""
    text = path.read_text()
    for word, time in TIMES.items():
        text = text.replace(word, time)
    document = json.loads(text)
    if path.name.startswith("presentation") or path.name in WITHOUT_ISSUER:
        return document
    issuer = document.get("issuer", ISSUER)
    if isinstance(issuer, dict) and "id" not in issuer:
        issuer = issuer | {"id": ISSUER}
    return document | {"issuer": issuer}


@pytest.fixture
def inputs(shared: Path) -> list[Path]:
    return sorted((shared / "vectors" / "w3c-vcdm2-inputs" / "tests" / "input").rglob("*.json"))


@pytest.mark.parametrize("kind", ["credential", "presentation"])
def test_each_input_of_the_w3c_suite_gets_the_verdict_in_its_name(inputs: list[Path], kind: str) -> None:
    check = check_credential if kind == "credential" else check_presentation
    files = [path for path in inputs if path.name.startswith(kind) or (kind == "credential" and path.name.startswith("issuer"))]
    judged = [path for path in files if path.name not in OUT_OF_SCOPE]

    wrong = {path.name: check(read_input(path)) for path in judged if ("-ok" in path.name) == bool(check(read_input(path)))}

    print(f"{len(judged)} {kind} inputs judged, {len(files) - len(judged)} out of scope")
    assert not wrong
    assert len(judged) == (95 if kind == "credential" else 22)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("credential-redef-type-fail", "@context.1.VerifiableCredential"),
        ("credential-type-unmapped-fail", "type"),
        ("credential-no-issuer-fail", "issuer"),
        ("credential-schema-no-id-fail", "credentialSchema.0.id"),
        ("credential-status-nonurl-id-fail", "credentialStatus.0.id"),
        ("credential-subject-multiple-empty-fail", "credentialSubject.1"),
        ("credential-validUntil-validFrom-fail", "validUntil"),
        ("presentation-vc-missing-required-type-fail", "verifiableCredential.0.type"),
    ],
)
def test_a_refused_input_is_refused_for_its_own_reason(inputs: list[Path], name: str, field: str) -> None:
    path = next(path for path in inputs if path.stem == name)

    findings = (check_credential if name.startswith("credential") else check_presentation)(read_input(path))

    assert field in {finding.field for finding in findings}


@pytest.mark.parametrize(
    "document", [None, [], "text", 7, {}, {"@context": {}}, {"type": {}}, {"@context": [None], "credentialSubject": [[]]}]
)
def test_something_else_than_a_credential_is_refused_with_findings(document: object) -> None:
    assert check_credential(document)
    assert check_presentation(document)
