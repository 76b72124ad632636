"""Others' probes of Merkle proofs: github.com/transparency-dev/merkle, testdata; 98 of inclusion and 98 of consistency."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import BadProof
from ledger.merkle import check_consistency, check_inclusion

PROBES = 98  #: of each kind


def read_probes(shared: Path, name: str) -> list[dict[str, Any]]:
    """Read one file of probes."""
    probes: list[dict[str, Any]] = json.loads((shared / "vectors" / "merkle-rfc6962" / name).read_text("utf-8"))
    assert len(probes) == PROBES
    return probes


def decode(text: str | None) -> bytes:
    """Read base64; null stands for nothing."""
    return base64.b64decode(text or "")


@pytest.mark.parametrize("number", range(PROBES))
def test_an_inclusion_probe_is_judged_as_its_authors_do(shared: Path, number: int) -> None:
    probe = read_probes(shared, "inclusion.json")[number]
    path = [decode(step) for step in probe["proof"] or []]

    try:
        check_inclusion(decode(probe["leafHash"]), probe["leafIdx"], probe["treeSize"], path, decode(probe["root"]))
        refused = False
    except BadProof:
        refused = True

    assert refused == probe["wantErr"], probe["case"]


@pytest.mark.parametrize("number", range(PROBES))
def test_a_consistency_probe_is_judged_as_its_authors_do(shared: Path, number: int) -> None:
    probe = read_probes(shared, "consistency.json")[number]
    path = [decode(step) for step in probe["proof"] or []]

    try:
        check_consistency(probe["size1"], decode(probe["root1"]), probe["size2"], decode(probe["root2"]), path)
        refused = False
    except BadProof:
        refused = True

    assert refused == probe["wantErr"], probe["case"]
