"""What an auditor remembers and asks for: a kept head, the notes that prove a fork, a policy of witnesses, a log key that changed."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.__main__ import main
from ledger.checkpoint import sign_checkpoint
from ledger.cosignature import COSIGNATURE, cosign_checkpoint
from ledger.entry_checks import Effort
from ledger.errors import BadSignature
from ledger.log_kinds import sign_rotation
from ledger.note import VerifierKey
from ledger.policy import read_policy
from ledger.verdict import Verdict, describe_verdict
from ledger.verify import verify_audit_file
from tests.benchmarks.synthetic_log import write_long_file
from tests.ledger.small_log import (
    CLAIMS,
    LOG,
    LOG_KEY,
    LOG_VERIFIER,
    OPERATOR,
    SmallLog,
    build_small_log,
    deliver,
    make_key,
    make_verifier_key,
)

WITNESS = make_key("witness")
WITNESS_KEY = VerifierKey("witness.example/w", COSIGNATURE, WITNESS.public)
POLICY = f"log {CLAIMS.log_key}\nwitness lab {WITNESS_KEY.to_text()}\nquorum lab\n"


def verify(log: SmallLog, **options: Any) -> Verdict:
    return verify_audit_file(io.BytesIO(log.write()), origin=LOG, log_key=CLAIMS.log_key, **options)


def rewrite(log: SmallLog) -> SmallLog:
    """Tell another history with the log's own key."""
    return log.rebuild(lambda index, entry: replace(entry, received_at="2026-01-01T00:59:00Z") if index == len(log.entries) - 1 else entry)


def audit(folder: Path, log: SmallLog, *options: str) -> int:
    (folder / "file").write_bytes(log.write())
    (folder / "log.key").write_text(CLAIMS.log_key, "utf-8")
    return main(["verify", str(folder / "file"), "--key-file", str(folder / "log.key"), "--keep", str(folder / "kept"), *options])


def test_the_newest_head_is_kept_and_asked_for_the_next_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = build_small_log()
    first = audit(tmp_path, log)
    one = (tmp_path / "kept").read_text("utf-8")
    deliver(log, seen=log.see(2))
    log.publish()

    second = audit(tmp_path, log)

    assert (first, second) == (0, 0)
    assert "unwitnessed" in capsys.readouterr().out.split("consistent")[0]
    assert (one, (tmp_path / "kept").read_text("utf-8")) == (log.notes[-2], log.notes[-1])
    assert {path.name for path in tmp_path.iterdir()} == {"file", "log.key", "kept"}


def test_a_head_that_contradicts_the_kept_one_never_takes_its_place_and_both_notes_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = build_small_log()
    other = rewrite(log)
    audit(tmp_path, log)
    capsys.readouterr()

    code = audit(tmp_path, other, "--json")

    verdict = json.loads(capsys.readouterr().out)
    assert (code, verdict["integrity"]) == (1, "diverged")
    assert verdict["evidence"] == [log.notes[-1], other.notes[-1]]
    assert (tmp_path / "kept").read_text("utf-8") == log.notes[-1]
    assert "keep this signed note as evidence:" in "\n".join(describe_verdict(verify(other, known_heads=[log.notes[-1]])))


def test_a_file_with_a_fault_leaves_no_head(tmp_path: Path) -> None:
    log = build_small_log()
    log.entries[3] = log.entries[3].replace(b"thing:1", b"thing:2")

    assert audit(tmp_path, log, "--quiet") == 1
    assert not (tmp_path / "kept").exists()


def test_a_file_that_the_policy_does_not_take_leaves_no_head_either(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(POLICY, "utf-8")

    assert audit(tmp_path, build_small_log(), "--quiet", "--policy", str(tmp_path / "policy")) == 1
    assert not (tmp_path / "kept").exists()


def test_enough_cosignatures_of_the_policy_make_it_witnessed() -> None:
    log, policy = build_small_log(), read_policy(POLICY)
    alone = verify(log, policy=policy)
    text = log.notes[-1].partition("\n\n")[0] + "\n"
    log.notes[-1] += cosign_checkpoint(text, 1_767_225_600, WITNESS_KEY, WITNESS.sign)

    seen = verify(log, policy=policy, known_heads=[log.notes[0]])

    assert (alone.integrity, alone.exit_code) == ("unwitnessed", 1)
    assert (seen.integrity, seen.exit_code) == ("witnessed", 0)
    assert seen.to_json()["policy"] == {"met": True, "witnesses": [{"name": "lab", "time": 1_767_225_600}]}
    assert verify(log).integrity == "unwitnessed"


def test_a_cosignature_of_an_older_checkpoint_is_not_enough_and_one_that_does_not_hold_is_a_fault() -> None:
    log, policy = build_small_log(), read_policy(POLICY)
    text = log.notes[0].partition("\n\n")[0] + "\n"
    line = cosign_checkpoint(text, 1_767_225_600, WITNESS_KEY, WITNESS.sign)
    older, wrong = build_small_log(), build_small_log()
    older.notes[0] += line
    wrong.notes[-1] += line

    assert verify(older, policy=policy).integrity == "unwitnessed"
    assert verify(wrong, policy=policy).integrity == "invalid"
    assert verify(log, policy=policy).faults == ()


def rotate(log: SmallLog) -> None:
    """Hand the log over to a next key, which signs what comes."""
    next_key = make_key("next log key")
    verifier = make_verifier_key(LOG, next_key)
    note = sign_rotation(LOG_VERIFIER, verifier, LOG_KEY.sign, next_key.sign)
    log.say("log.key_rotated", make_key("operator"), OPERATOR, {"note": note}, about=f"log:{LOG}")
    deliver(log, seen=log.see(2))
    log.publish(next_key)


def test_checkpoints_are_read_by_the_key_in_force_at_their_size_and_so_are_kept_heads(tmp_path: Path) -> None:
    log = build_small_log()
    rotate(log)
    kept = log.notes[-1]
    codes = [audit(tmp_path, log, "--quiet"), audit(tmp_path, log, "--quiet")]
    signed_by_old = SmallLog(
        log.entries, log.contents, [*log.notes[:-1], sign_checkpoint(LOG, 6, log.compute_root(), LOG_VERIFIER, LOG_KEY.sign)]
    )

    assert codes == [0, 0]
    assert verify(log, known_heads=[kept, log.notes[0]]).integrity == "consistent"
    assert {fault.code for fault in verify(signed_by_old).faults} == {"bad-signature"}
    with pytest.raises(BadSignature):
        verify(
            log,
            known_heads=[sign_checkpoint(LOG, 6, log.compute_root(), make_verifier_key(LOG, make_key("thief")), make_key("thief").sign)],
        )


def test_a_long_file_is_judged_alike_by_processes_and_by_threads(tmp_path: Path) -> None:
    path = tmp_path / "long.zip"
    write_long_file(path, 10_200)
    good = path.read_bytes()
    place = good.index(b'"key_seq":9000,')
    signature = good.rindex(b'"signature":"', 0, place) + 20
    spoilt = good[:signature] + (b"0" if good[signature : signature + 1] != b"0" else b"1") + good[signature + 1 :]

    verdicts = [
        verify_audit_file(io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key, effort=effort).to_json()
        for data in (good, spoilt)
        for effort in (Effort(threads=1), Effort(threads=2), Effort(processes=2))
    ]

    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert verdicts[3] == verdicts[4] == verdicts[5]
    assert verdicts[0]["integrity"] == "unwitnessed"
    assert verdicts[3]["integrity"] == "invalid"
    faults: Any = verdicts[3]["faults"]
    assert (faults[0]["index"], faults[0]["code"]) == (9001, "bad-signature")
