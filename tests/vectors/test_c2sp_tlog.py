"""C2SP's log formats as others test them: checkpoints, log ids, verifier keys, and the notes and proofs in a witness's requests.

Elsewhere: `go_tile_paths` (tiles), a witness's answers to `witness_add_checkpoint` (tests/ledger/test_witness.py), cosigners' keys
(test_cosignature.py), `sigsum_policies` (test_policy.py). Out of scope: `tlog_proof_errors` (tlog-proof files) and `sigsum_proofs`
(Sigsum's own format). A reader of Ed25519 note keys refuses cosigners' keys (types 0x04 and 0x06).
"""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.checkpoint import Checkpoint, hash_origin, identify_log, parse_checkpoint, verify_checkpoint
from ledger.errors import BadProof, BadSignature, Malformed
from ledger.merkle import check_consistency
from ledger.note import ED25519, VerifierKey, parse_note, read_verifier_key, verify_note

#: The public key of Go's checksum database, as the go command has it built in.
GO_SUM = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def read_vectors(shared: Path, name: str) -> dict[str, Any]:
    """Read one file of vectors."""
    vectors: dict[str, Any] = json.loads((shared / "vectors" / "c2sp-tlog" / name).read_text("utf-8"))
    return vectors


@pytest.mark.parametrize("number", range(12))
def test_a_checkpoint_is_parsed_as_its_authors_do(shared: Path, number: int) -> None:
    cases = read_vectors(shared, "checkpoint_parse.json")["cases"]
    assert len(cases) == 12
    case = cases[number]

    try:
        parsed = parse_checkpoint(case["text"])
    except Malformed:
        assert case["want_err"], case["desc"]
    else:
        assert not case["want_err"], case["desc"]
        assert parsed.to_text() == case["text"]


def test_log_ids_are_those_of_others(shared: Path) -> None:
    for case in read_vectors(shared, "log_ids.json")["cases"]:
        assert identify_log(case["origin"]) == case["id"]
        assert hash_origin(case["origin"]) == sha256(case["origin"].encode()).hexdigest()


def test_verifier_keys_are_read_as_far_as_they_are_ed25519(shared: Path) -> None:
    cases = read_vectors(shared, "cosignature_vkeys.json")["cases"]
    read, refused = [], []
    for case in cases:
        try:
            key = read_verifier_key(case["vkey"])
        except Malformed:
            refused.append(case["name"])
        else:
            read.append(case["name"])
            assert key.to_text() == case["vkey"]
            assert not case["want_err"]

    assert read == ["works: convert from algEd25519"]
    assert {case["name"] for case in cases if case["want_err"]} <= set(refused)
    assert len(refused) == 5


def split_request(body: str) -> tuple[int, list[bytes], str]:
    """Split a request of tlog-witness into old size, proof and note."""
    head, _, note = body.partition("\n\n")
    first, *proof = head.split("\n")
    return int(first.removeprefix("old ")), [base64.b64decode(line) for line in proof], note


def test_the_notes_that_a_witness_was_shown_are_verified_as_it_did(shared: Path) -> None:
    vectors = read_vectors(shared, "witness_add_checkpoint.json")
    public = bytes.fromhex(vectors["log_key_hex"])

    for case in vectors["cases"]:
        _, _, note = split_request(case["request_body"])
        origin = note.partition("\n")[0]
        key = read_verifier_key(GO_SUM) if case["source"] == "sumdb.txt" else VerifierKey(origin, ED25519, public)
        try:
            verify_note(note, [key])
            holds = True
        except (BadSignature, Malformed):
            holds = False
        assert holds == (case["status"] != 403), case


def test_the_proofs_that_a_witness_was_shown_are_judged_as_it_did(shared: Path) -> None:
    cosigned: dict[str, Checkpoint] = {}
    judged = []
    for case in read_vectors(shared, "witness_add_checkpoint.json")["cases"]:
        old, proof, note = split_request(case["request_body"])
        if case["status"] not in (200, 422):
            continue
        new = parse_checkpoint(parse_note(note).text)
        before = cosigned.get(new.origin)
        if before is not None and before.size == old:
            try:
                check_consistency(old, before.root, new.size, new.root, proof)
                judged.append((case["status"], True))
            except BadProof:
                judged.append((case["status"], False))
        if case["status"] == 200:
            cosigned[new.origin] = new

    assert judged == [(422, False), (422, False), (200, True), (200, True)]


def test_gos_checksum_database_signed_what_we_read(shared: Path) -> None:
    request = next(
        case["request_body"] for case in read_vectors(shared, "witness_add_checkpoint.json")["cases"] if case["source"] == "sumdb.txt"
    )
    note = split_request(request)[2]

    checkpoint = verify_checkpoint(note, "go.sum database tree", read_verifier_key(GO_SUM))

    assert checkpoint.size == 35225469
    with pytest.raises(BadSignature):
        verify_checkpoint(note.replace("35225469", "35225468"), "go.sum database tree", read_verifier_key(GO_SUM))
