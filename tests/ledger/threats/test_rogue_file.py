"""Whoever writes a file for an auditor makes the verifier say no more than the auditor's own key, heads and policy bear out."""

import io
from dataclasses import replace

import pytest

from ledger.checkpoint import sign_checkpoint
from ledger.cosignature import COSIGNATURE, cosign_checkpoint
from ledger.errors import EvidenceError
from ledger.evidence import LogClaims, build_evidence, check_evidence, write_audit_file
from ledger.note import VerifierKey
from ledger.policy import read_policy
from ledger.statement import sign_statement
from ledger.verdict import Verdict
from ledger.verify import verify_audit_file
from tests.ledger.small_log import CLAIMS, FIRM, LOG, LOG_VERIFIER, RECEIPT_VERIFIER, SmallLog, build_small_log, make_key, make_verifier_key
from tests.ledger.test_evidence import prove_entry

FORGER = make_key("forger")
FORGERS_KEY = make_verifier_key(LOG, FORGER)
HONEST = VerifierKey("witness.example/w", COSIGNATURE, make_key("witness").public)
FORGED = VerifierKey("witness.example/w", COSIGNATURE, FORGER.public)
POLICY = read_policy(f"log {CLAIMS.log_key}\nwitness lab {HONEST.to_text()}\nquorum lab\n")
EXTRAS = {
    "facts/known-heads.json": b'{"heads":["4:consistent"]}\n',
    "facts/policy": f"witness lab {FORGED.to_text()}\nquorum none\n".encode(),
    "facts/verdict.json": b'{"integrity":"witnessed"}\n',
}


def write(log: SmallLog, claims: LogClaims = CLAIMS) -> bytes:
    """Write a file whose log.json and extras say what the forger likes."""
    file = io.BytesIO()
    write_audit_file(
        file, log=claims, entries=log.entries, contents=log.contents, checkpoints=log.notes, checkpoint=log.notes[-1], extras=EXTRAS
    )
    return file.getvalue()


def forge_all(disguise: VerifierKey = FORGERS_KEY) -> SmallLog:
    """Sign the checkpoint with the forger's own key, under the name and key id of `disguise`, and let a witness of the forger's cosign."""
    log = build_small_log()
    log.notes[:] = [sign_checkpoint(LOG, len(log.entries), log.compute_root(), disguise, FORGER.sign)]
    text = log.notes[-1].partition("\n\n")[0] + "\n"
    log.notes[-1] += cosign_checkpoint(text, 1_767_225_900, FORGED, FORGER.sign)
    return log


def check(data: bytes, *heads: str, policy: bool = False) -> Verdict:
    """Verify by the auditor's key."""
    return verify_audit_file(
        io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key, known_heads=heads, policy=POLICY if policy else None
    )  # fmt: skip


@pytest.mark.parametrize("claims", [CLAIMS, LogClaims(LOG, FORGERS_KEY.to_text(), RECEIPT_VERIFIER.to_text())])
@pytest.mark.parametrize("disguise", [FORGERS_KEY, LOG_VERIFIER])
@pytest.mark.parametrize("policy", [False, True])
def test_a_file_signed_by_its_writers_key_is_invalid_whatever_it_claims(claims: LogClaims, disguise: VerifierKey, *, policy: bool) -> None:
    verdict = check(write(forge_all(disguise), claims), policy=policy)

    assert (verdict.integrity, verdict.exit_code) == ("invalid", 1)
    assert "bad-signature" in {fault.code for fault in verdict.faults}


def test_no_file_brings_its_own_heads_witnesses_or_policy() -> None:
    log = build_small_log()
    text = log.notes[-1].partition("\n\n")[0] + "\n"
    log.notes[-1] += cosign_checkpoint(text, 1_767_225_900, FORGED, FORGER.sign)
    data = write(log)

    alone, asked = check(data), check(data, policy=True)

    assert (alone.integrity, alone.heads, alone.to_json()["policy"]) == ("unwitnessed", 0, None)
    assert (asked.integrity, asked.exit_code) == ("unwitnessed", 1)
    assert asked.to_json()["policy"] == {"met": False, "witnesses": []}
    assert check(data, log.notes[0]).integrity == "consistent", "that word comes from what the auditor brought"


def test_a_file_that_leaves_signatures_out_or_zeroes_them_is_never_intact() -> None:
    log = build_small_log()
    zeroed = log.rebuild(lambda index, entry: replace(entry, signed=replace(entry.signed, signature=bytes(64))) if index == 3 else entry)

    verdict = check(write(zeroed))

    assert [(fault.index, fault.code) for fault in verdict.faults] == [(3, "bad-signature")]


def test_evidence_by_its_writers_key_or_of_a_firm_that_never_signed_is_refused() -> None:
    log, forged = build_small_log(), forge_all()
    unsigned = build_small_log()
    signed, contents = unsigned.compose("delivery.dispatched", make_key("firm"), FIRM)
    unsigned.enter(sign_statement(signed.statement, FORGER.sign), contents)
    unsigned.publish()

    for story, index in ((forged, 3), (unsigned, 4)):
        data = build_evidence(entry=story.entries[index], path=prove_entry(story, index), checkpoint=story.notes[-1], contents=None)
        with pytest.raises(EvidenceError):
            check_evidence(data, origin=LOG, log_key=CLAIMS.log_key)
    good = build_evidence(entry=log.entries[3], path=prove_entry(log, 3), checkpoint=log.notes[-1], contents=None)
    assert check_evidence(good, origin=LOG, log_key=CLAIMS.log_key).entry.index == 3
