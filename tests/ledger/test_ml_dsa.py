"""ML-DSA-44: known answers, the message byte by byte, lines that count and lines that are refused, and a library that lacks it."""

import io
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ledger import ml_dsa
from ledger.checkpoint import Checkpoint, peek_checkpoint, sign_checkpoint, verify_checkpoint
from ledger.cosignature import COSIGNATURE, MAX_TIME, ML_DSA_44, cosign_checkpoint, find_cosignatures, read_witness_key
from ledger.errors import BadSignature, EvidenceError, Malformed
from ledger.instant import read_seconds
from ledger.ml_dsa import MlDsaKey, has_ml_dsa, verify_ml_dsa, write_cosigned_message
from ledger.note import Signature, VerifierKey, parse_note, parse_signature_line, write_signature_line
from ledger.policy import read_policy
from ledger.verdict import Verdict, describe_verdict
from ledger.verify import verify_audit_file
from tests.ledger.ml_dsa_lines import KEY, TIME, add_line, make_log_policy, name_key
from tests.ledger.small_log import CLAIMS, LOG, LOG_KEY, LOG_VERIFIER, SmallLog, build_small_log, make_key

ROOT = bytes(range(100, 132))
CHECKPOINT = Checkpoint(LOG, 20_852_163, ROOT)
NOTE = sign_checkpoint(LOG, CHECKPOINT.size, ROOT, LOG_VERIFIER, LOG_KEY.sign)
OTHER = MlDsaKey(bytes(32))

#: What a cosigner called ledger.example/main signs of CHECKPOINT at TIME, written out from tlog-cosignature, "ML-DSA-44 signed message".
MESSAGE = bytes.fromhex(
    "737562747265652f76310a00"  # label: subtree/v1, LF, 0x00
    "136c65646765722e6578616d706c652f6d61696e"  # cosigner_name: 19 bytes, ledger.example/main
    "00000000641850cb"  # timestamp: 1679315147
    "136c65646765722e6578616d706c652f6d61696e"  # log_origin: 19 bytes, ledger.example/main
    "0000000000000000"  # start: the first leaf
    "00000000013e2dc3"  # end: 20852163
    "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283"  # hash
)


def read_line(note: str) -> Signature:
    """Read the last line of a note."""
    return parse_note(note).signatures[-1]


def put_line(line: Signature) -> str:
    """Give the note with a line."""
    return NOTE + line.to_text()


def flip(data: bytes, bit: int) -> bytes:
    """Flip one bit."""
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def test_a_seed_gives_the_key_that_others_know_for_it() -> None:
    # RFC 9881, appendix C: the seed 00 01 … 1f; first and last 32 of the 1,312 bytes.
    assert len(KEY.public) == 1312
    assert KEY.public[:32].hex() == "d7b2b47254aae0db45e7930d4a98d2c97d8f1397d1789dafa17024b316e9bec9"
    assert KEY.public[-32:].hex() == "2202766151f16a965f9f81ece76cc070b55869e4db9784cf05c830b3242c8312"
    assert sha256(KEY.public).hexdigest() == "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46"
    with pytest.raises(Malformed, match="32 bytes"):
        MlDsaKey(bytes(31))


def test_the_message_has_the_bytes_of_the_specification() -> None:
    assert write_cosigned_message(LOG, TIME, CHECKPOINT) == MESSAGE
    assert write_cosigned_message("w", 0, Checkpoint("l", 1, ROOT, ("an extension line",))) == (
        b"subtree/v1\n\0" + b"\1w" + bytes(8) + b"\1l" + bytes(8) + bytes(7) + b"\1" + ROOT
    )


def test_a_line_carries_the_time_and_a_signature_over_that_message() -> None:
    line = read_line(add_line(NOTE))

    assert (line.name, line.id) == (LOG, sha256(b"ledger.example/main\n\x06" + KEY.public).digest()[:4])
    assert line.signature[:8].hex() == "00000000641850cb"
    assert len(line.signature) == 8 + 2420
    MLDSA44PublicKey.from_public_bytes(KEY.public).verify(line.signature[8:], MESSAGE)


def test_a_name_of_255_bytes_fits_and_no_other_length_beyond() -> None:
    longest = "ä" * 127 + "x"

    assert write_cosigned_message(longest, 1, CHECKPOINT)[12:14] == b"\xff\xc3"
    for name, checkpoint in (("", CHECKPOINT), (longest + "x", CHECKPOINT), ("x", replace(CHECKPOINT, origin=longest + "x"))):
        with pytest.raises(Malformed, match="1 to 255 bytes"):
            write_cosigned_message(name, 1, checkpoint)
    with pytest.raises(Malformed, match="root has 32 bytes"):
        write_cosigned_message("x", 1, replace(CHECKPOINT, root=ROOT[:-1]))


def test_the_form_of_keys_and_signatures_is_checked() -> None:
    text = name_key(LOG).to_text()

    assert read_witness_key(text) == name_key(LOG)
    for public in (KEY.public[:-1], KEY.public + b"\0", b"\0"):
        with pytest.raises(Malformed, match="1312 bytes"):
            read_witness_key(VerifierKey(LOG, ML_DSA_44, public).to_text())
    with pytest.raises(Malformed, match="hash does not fit"):
        read_witness_key(text.replace(LOG, "other.example"))
    assert not verify_ml_dsa(KEY.public, b"", b"")
    assert not verify_ml_dsa(KEY.public, KEY.sign(b"x") + b"\0", b"x")


def test_an_auditor_with_the_key_has_the_line_verified() -> None:
    policy = make_log_policy(LOG)

    quorum = policy.judge(add_line(NOTE), LOG_VERIFIER)

    assert (quorum.met, [(one.name, one.times) for one in quorum.witnesses]) == (True, [("log", (TIME,))])
    assert not policy.judge(NOTE, LOG_VERIFIER).met
    assert not policy.judge(add_line(NOTE, key=OTHER), LOG_VERIFIER).met, "another key's line is nobody's"
    assert not policy.judge(add_line(NOTE, "witness.example"), LOG_VERIFIER).met, "another name's line is nobody's"


LINE = read_line(add_line(NOTE))
FORGERIES: dict[str, Callable[[], str]] = {
    "a bit of the signature": lambda: put_line(replace(LINE, signature=flip(LINE.signature, 8 * 1000 + 3))),
    "its last bit": lambda: put_line(replace(LINE, signature=flip(LINE.signature, 8 * 2428 - 1))),
    "zeros": lambda: put_line(replace(LINE, signature=LINE.signature[:8] + bytes(2420))),
    "another time": lambda: put_line(replace(LINE, signature=(TIME + 1).to_bytes(8, "big") + LINE.signature[8:])),
    "no time": lambda: put_line(replace(LINE, signature=bytes(8) + LINE.signature[8:])),
    "a time beyond": lambda: add_line(NOTE, time=MAX_TIME + 1),
    "a byte less": lambda: put_line(replace(LINE, signature=LINE.signature[:-1])),
    "a byte more": lambda: put_line(replace(LINE, signature=LINE.signature + b"\0")),
    "the time alone": lambda: put_line(replace(LINE, signature=LINE.signature[:8])),
    "Ed25519 under its name": lambda: put_line(replace(LINE, signature=LINE.signature[:8] + LOG_KEY.sign(MESSAGE))),
    "signed by another key": lambda: put_line(replace(read_line(add_line(NOTE, key=OTHER)), id=LINE.id)),
    "signed under another name": lambda: put_line(replace(read_line(add_line(NOTE, "witness.example")), name=LOG, id=LINE.id)),
    "over the note's text": lambda: put_line(replace(LINE, signature=LINE.signature[:8] + KEY.sign(parse_note(NOTE).text.encode()))),
}


#: Those that are refused for their form, before anything is verified.
MISSHAPEN = {"a time beyond", "a byte less", "a byte more", "the time alone", "Ed25519 under its name"}


@pytest.mark.parametrize("words", FORGERIES)
def test_a_forged_line_is_refused(words: str) -> None:
    with pytest.raises(Malformed if words in MISSHAPEN else BadSignature, match=r"^the cosignature by ledger\.example/main "):
        make_log_policy(LOG).judge(FORGERIES[words](), LOG_VERIFIER)


def test_a_line_that_shares_the_id_and_not_the_name_is_ignored() -> None:
    stranger = put_line(replace(LINE, name="other.example"))  # signed-note: even if they share a name or ID (but not both) with a known key

    assert make_log_policy(LOG).judge(stranger, LOG_VERIFIER).witnesses == ()


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [(LOG, 20_852_164, ROOT), (LOG, CHECKPOINT.size, bytes(32)), ("ledger.example/other", CHECKPOINT.size, ROOT)],
)
def test_whoever_breaks_ed25519_cannot_put_the_line_under_another_tree_or_log(origin: str, size: int, root: bytes) -> None:
    verifier = replace(LOG_VERIFIER, name=origin)
    other = sign_checkpoint(origin, size, root, verifier, LOG_KEY.sign) + LINE.to_text()

    assert verify_checkpoint(other, origin, verifier).size == size, "by Ed25519 alone it passes"
    with pytest.raises(BadSignature, match=r"by ledger\.example/main does not hold"):
        make_log_policy(LOG).judge(other, verifier)


def test_a_witness_by_ml_dsa_counts_in_a_quorum_beside_one_by_ed25519() -> None:
    north = VerifierKey("north.example", COSIGNATURE, make_key("north").public)
    text = (
        f"witness north {north.to_text()}\nwitness south {name_key('south.example').to_text()}\ngroup both all north south\nquorum both\n"
    )
    policy, plain = read_policy(text), cosign_checkpoint(parse_note(NOTE).text, 5, north, make_key("north").sign)

    assert [policy.judge(note).met for note in (NOTE + plain, add_line(NOTE, "south.example"))] == [False, False]
    quorum = policy.judge(add_line(NOTE + plain, "south.example"))

    assert (quorum.met, [(one.name, one.time) for one in quorum.witnesses]) == (True, [("north", 5), ("south", TIME)])
    with pytest.raises(Malformed, match="line 2: the witness twin has the same key as south: a key counts once"):
        read_policy(
            f"witness south {name_key('south.example').to_text()}\nwitness twin {name_key('twin.example').to_text()}\nquorum south\n"
        )


def test_who_does_not_know_the_key_passes_the_line_over_whatever_it_holds() -> None:
    for words, forge in FORGERIES.items():
        assert verify_checkpoint(forge(), LOG, LOG_VERIFIER) == CHECKPOINT, words
    assert find_cosignatures(parse_note(add_line(NOTE)), [name_key(LOG, OTHER)]) == []


def audit(log: SmallLog, **options: Any) -> Verdict:
    return verify_audit_file(io.BytesIO(log.write()), origin=LOG, log_key=CLAIMS.log_key, **options)


def make_signed_log(change: Callable[[str], str] = lambda note: note) -> SmallLog:
    """Make a log whose checkpoints carry the line, half a minute after their newest entry; `change` has the newest note."""
    log = build_small_log()
    log.notes = [add_line(note, time=read_seconds("2026-01-01T00:00:30Z") + 60 * peek_checkpoint(note).size) for note in log.notes]
    log.notes[-1] = change(log.notes[-1])
    return log


def spoil_line(note: str) -> str:
    """Flip a bit in a note's last line."""
    plain, line = parse_note(note).signatures
    return f"{parse_note(note).text}\n{plain.to_text()}{replace(line, signature=flip(line.signature, 9999)).to_text()}"


def drop_line(note: str) -> str:
    """Take a note's last line away."""
    return note[: note.rindex("— ")]


def test_an_audit_with_the_key_is_met_and_one_without_says_the_same_of_the_log() -> None:
    log = make_signed_log()

    without, known = audit(log), audit(log, policy=make_log_policy(LOG))

    assert (without.integrity, without.exit_code) == ("unwitnessed", 0)
    assert (known.integrity, known.exit_code, known.checkpoints) == ("witnessed", 0, 3)
    assert known.times is not None
    assert (known.times.anchors, known.times.bracketed, known.times.outliers) == (3, 4, 0)


def test_an_audit_with_the_key_finds_a_forged_line_and_a_missing_one() -> None:
    forged, missing, policy = make_signed_log(spoil_line), make_signed_log(drop_line), make_log_policy(LOG)

    assert [fault.code for fault in audit(forged, policy=policy).faults] == ["bad-signature"]
    assert audit(forged).exit_code == 0, "without the key it is a line like any other"
    assert (audit(missing, policy=policy).integrity, audit(missing, policy=policy).exit_code) == ("unwitnessed", 1)


def test_a_line_without_a_time_counts_for_the_quorum_and_dates_nothing() -> None:
    log = build_small_log()
    log.notes = [add_line(note, time=0) for note in log.notes]

    verdict = audit(log, policy=make_log_policy(LOG))

    assert (verdict.integrity, verdict.times and (verdict.times.anchors, verdict.times.outliers)) == ("witnessed", (0, 0))
    assert verdict.to_json()["policy"] == {"met": True, "witnesses": [{"name": "log", "time": 0}]}
    assert any("log, no time" in line for line in describe_verdict(verdict))
    both = read_policy(f"witness log {name_key(LOG).to_text()}\nquorum log\n").judge(add_line(add_line(NOTE), time=0))
    assert [(one.times, one.time) for one in both.witnesses] == [((TIME,), TIME)]
    plain = VerifierKey("north.example", COSIGNATURE, make_key("north").public)
    old = NOTE + cosign_checkpoint(parse_note(NOTE).text, 0, plain, make_key("north").sign)
    assert read_policy(f"witness n {plain.to_text()}\nquorum n\n").judge(old).witnesses[0].times == (0,), "Ed25519 always says when"


def test_a_library_without_it_reads_no_such_key_and_passes_the_lines_over(monkeypatch: pytest.MonkeyPatch) -> None:
    note, line = add_line(NOTE), parse_signature_line(write_signature_line(name_key(LOG), bytes(2428))[:-1])
    assert has_ml_dsa()
    monkeypatch.setattr(ml_dsa, "_MODULE", "cryptography.hazmat.primitives.asymmetric.not_there")

    assert not has_ml_dsa()
    with pytest.raises(Malformed, match=r"line 1: .*no ML-DSA-44: a newer release"):
        make_log_policy(LOG)
    with pytest.raises(EvidenceError, match="no ML-DSA-44"):
        find_cosignatures(parse_note(put_line(line)), [name_key(LOG)])
    assert verify_checkpoint(note, LOG, LOG_VERIFIER) == CHECKPOINT
