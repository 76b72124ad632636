"""Cosignatures: others' keys, the message as the specification writes it, and lines that do not hold."""

import json
from pathlib import Path

import pytest

from ledger.checkpoint import sign_checkpoint
from ledger.cosignature import COSIGNATURE, MAX_TIME, cosign_checkpoint, find_cosignatures, read_witness_key
from ledger.errors import BadSignature, Malformed
from ledger.keys import SigningKey, verify_signature
from ledger.merkle import EMPTY_ROOT
from ledger.note import ED25519, VerifierKey, parse_note, parse_signature_line, read_verifier_key

KEY = SigningKey(bytes(range(32)))
WITNESS = VerifierKey("witness.example", COSIGNATURE, KEY.public)
LOG = VerifierKey("ledger.example/main", ED25519, SigningKey(bytes(32)).public)
NOTE = sign_checkpoint("ledger.example/main", 0, EMPTY_ROOT, LOG, SigningKey(bytes(32)).sign)
TEXT = parse_note(NOTE).text
#: Their library does not read the id in a key's text, and their ML-DSA-44 key stands under a wrong one: theirs, and what the key gives.
MISSPELT = ("test+5893dc2c+", "test+31236897+")


def test_the_keys_of_others_are_read_as_far_as_they_are_cosigners(shared: Path) -> None:
    read = []
    for case in json.loads((shared / "vectors" / "c2sp-tlog" / "cosignature_vkeys.json").read_text("utf-8"))["cases"]:
        try:
            key = read_witness_key(case["vkey"].replace(*MISSPELT))
        except Malformed:
            continue
        read.append(case["name"])
        assert key.to_text() == case["vkey"].replace(*MISSPELT)

    # Their library makes a witness's key of a log's (0x01) by itself; tlog-policy wants each type where it belongs.
    assert read == ["works: native algEd25519CosignatureV1 verifier", "works: native algMLDSA44 verifier"]


def test_a_key_under_another_id_than_the_specifications_is_refused(shared: Path) -> None:
    cases = json.loads((shared / "vectors" / "c2sp-tlog" / "cosignature_vkeys.json").read_text("utf-8"))["cases"]
    [misspelt] = [case["vkey"] for case in cases if case["vkey"].startswith(MISSPELT[0])]

    with pytest.raises(Malformed, match="hash does not fit"):
        read_witness_key(misspelt)


def test_the_message_is_that_of_the_specification() -> None:
    line = parse_signature_line(cosign_checkpoint(TEXT, 1_679_315_147, WITNESS, KEY.sign)[:-1])

    assert (line.name, line.id) == (WITNESS.name, WITNESS.id)
    assert line.signature[:8] == (1_679_315_147).to_bytes(8, "big")
    assert verify_signature(KEY.public, line.signature[8:], b"cosignature/v1\ntime 1679315147\n" + TEXT.encode())


def test_a_line_counts_for_the_key_whose_id_it_carries_and_others_are_ignored() -> None:
    stranger = VerifierKey("stranger.example", COSIGNATURE, SigningKey(bytes([9] * 32)).public)
    note = parse_note(NOTE + cosign_checkpoint(TEXT, 7, stranger, KEY.sign) + cosign_checkpoint(TEXT, 9, WITNESS, KEY.sign))

    assert [(one.key, one.time) for one in find_cosignatures(note, [WITNESS])] == [(WITNESS, 9)]
    assert find_cosignatures(note, [VerifierKey(WITNESS.name, ED25519, KEY.public)]) == [], "a log's key of the same bytes has another id"


@pytest.mark.parametrize("spoil", ["time", "text", "key", "short", "far"])
def test_a_line_of_a_known_witness_that_does_not_hold_spoils_the_note(spoil: str) -> None:
    time = MAX_TIME + 1 if spoil == "far" else 9
    signer = SigningKey(bytes([9] * 32)) if spoil == "key" else KEY
    line = cosign_checkpoint(TEXT + "x" * (spoil == "text"), time, WITNESS, signer.sign)
    parsed = parse_signature_line(line[:-1])
    if spoil == "time":
        line = type(parsed)(parsed.name, parsed.id, (8).to_bytes(8, "big") + parsed.signature[8:]).to_text()
    if spoil == "short":
        line = type(parsed)(parsed.name, parsed.id, parsed.signature[:-1]).to_text()

    with pytest.raises((BadSignature, Malformed)):
        find_cosignatures(parse_note(NOTE + line), [WITNESS])


def test_a_logs_key_is_no_witnesss_and_a_witnesss_key_is_no_logs() -> None:
    with pytest.raises(Malformed, match="type 0x04"):
        read_witness_key(LOG.to_text())
    with pytest.raises(Malformed, match="Ed25519"):
        read_verifier_key(WITNESS.to_text())
