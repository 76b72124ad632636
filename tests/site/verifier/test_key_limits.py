"""Limits handed on beyond the signer's own, entered by an operator in league with the thief: every verifier blames just that entry."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.authority import prove_possession
from ledger.verify import verify_audit_file
from tests import second_verifier
from tests.ledger.small_log import CLAIMS, FIRM, LOG, SmallLog, build_small_log, make_key
from tests.site.verifier.replaying import Recorded
from tests.site.verifier.test_audit_files import judge_all

OPTIONS: dict[str, Any] = {"origin": LOG, "log_key": CLAIMS.log_key}
OWN = {"signatory": {"amount": 1000}}


def enrol(log: SmallLog, name: str, by: str, limits: Any) -> None:
    """Enter the enrolment of a signatory's key of the firm."""
    key, holder = make_key(name), f"h-{name}00"
    proof = prove_possession(LOG, FIRM, key.multikey, holder, ["signatory"], key.sign)
    public: Any = {"organisation": FIRM, "key": key.multikey, "holder": holder, "roles": ["signatory"], "limits": limits,
                   "not_after": None, "possession": proof}  # fmt: skip
    log.say("key.enrolled", make_key(by), FIRM, public, about=f"key:{key.multikey}")


def rotate(log: SmallLog, old: str, new: str, by: str) -> None:
    """Enter the rotation of such a key."""
    keys = make_key(old), make_key(new)
    proof = prove_possession(LOG, FIRM, keys[1].multikey, f"h-{old}00", ["signatory"], keys[1].sign)
    public: Any = {"old": keys[0].multikey, "new": keys[1].multikey, "possession": proof}
    log.say("key.rotated", make_key(by), FIRM, public, about=f"key:{keys[0].multikey}")


@pytest.mark.parametrize(
    ("enter", "faults"),
    [
        (lambda log: enrol(log, "thieving", "limited", {}), ["ledger-rule"]),
        (lambda log: enrol(log, "thieving", "limited", {"signatory": {"amount": 1001}}), ["ledger-rule"]),
        (lambda log: enrol(log, "thieving", "limited", {"signatory": {"amount": True}}), ["ledger-rule"]),
        (lambda log: enrol(log, "thieving", "limited", OWN), []),
        (lambda log: enrol(log, "thieving", "wideopen", {}), []),
        (lambda log: rotate(log, "wideopen", "thieving", "limited"), ["ledger-rule"]),
        (lambda log: rotate(log, "limited", "thieving", "limited"), []),
        (lambda log: rotate(log, "limited", "thieving", "wideopen"), []),
    ],
)
def test_all_verifiers_blame_the_entry_that_hands_on_more_than_its_signers_limits(
    enter: Callable[[SmallLog], None], faults: list[str], tmp_path: Path
) -> None:
    log = build_small_log()
    enrol(log, "limited", "firm", OWN)
    enrol(log, "wideopen", "firm", {})
    enter(log)
    log.publish()
    data, last = log.write(), len(log.entries) - 1

    verdict = verify_audit_file(io.BytesIO(data), **OPTIONS)

    wanted = [(last, code) for code in faults]
    assert [(fault.index, fault.code) for fault in verdict.faults] == wanted
    assert [(fault["index"], fault["code"]) for fault in second_verifier.verify_file(data, **OPTIONS)["faults"]] == wanted
    assert judge_all([Recorded("handed on", data, OPTIONS, verdict)], tmp_path) == [], "the browser's verifier says the same"
