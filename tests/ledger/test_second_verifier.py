"""Two verifiers that share no line agree on every audit file that the tests build, good and bad, and on files changed at random."""

import io
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import EvidenceError
from ledger.unicode14 import find_unassigned
from ledger.verdict import Verdict
from ledger.verify import verify_audit_file
from tests import second_verifier
from tests.architecture import ROOT
from tests.ledger import test_evidence, test_verify
from tests.ledger.small_log import CLAIMS, LOG, build_small_log
from tests.site.verifier.replaying import Recorded, replay_tests
from tests.site.verifier.stories import replay_stories
from tests.site.verifier.test_audit_files import list_rare_files

FEWEST = 300  #: files that the replayed tests build, at least
OPTIONS: dict[str, Any] = {"origin": LOG, "log_key": CLAIMS.log_key}


def summarize(verdict: dict[str, Any]) -> dict[str, Any]:
    """Leave out words, and times, which need a policy; a fault in a kind's own rules is one, whether of form or of substance."""
    kept = {name: value for name, value in verdict.items() if name not in {"faults", "times"}}
    if verdict["stopped"]:
        return kept
    places = {(-1 if one["index"] is None else one["index"], one["code"].replace("ledger-rule", "malformed")) for one in verdict["faults"]}
    return kept | {"faults": sorted(places)}


def ask_second(data: bytes, options: dict[str, Any]) -> dict[str, Any] | None:
    """Give the second verifier's verdict, None where it refuses what the auditor brought."""
    try:
        return second_verifier.verify_file(data, **options)
    except second_verifier.Wrong:
        return None


def find_difference(recorded: Recorded) -> str | None:
    """Say in a line where both differ."""
    known = {name: value for name, value in recorded.options.items() if name in {"origin", "log_key", "founding_hash", "known_heads"}}
    said = ask_second(recorded.data, known)
    if isinstance(recorded.answer, EvidenceError) or said is None:
        return None if isinstance(recorded.answer, EvidenceError) and said is None else f"{recorded.test}: {recorded.answer}, {said}"
    ours, theirs = summarize(recorded.answer.to_json()), summarize(said)
    different = {name: (ours[name], theirs.get(name)) for name in ours if ours[name] != theirs.get(name)}
    return f"{recorded.test}: {different}" if different else None


def test_both_agree_on_every_file_of_the_tests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    verified, _ = replay_tests([test_verify, test_evidence], monkeypatch, tmp_path)

    differences = [found for one in verified.found if (found := find_difference(one))]

    assert differences == []
    assert len(verified.found) >= FEWEST
    assert len({fault.code for one in verified.found if isinstance(one.answer, Verdict) for fault in one.answer.faults}) > 25


def test_both_agree_on_every_story_of_the_own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = replay_stories(monkeypatch)

    assert [found for one in recorded if (found := find_difference(one))] == []
    assert len(recorded) > 50


def test_both_agree_on_files_that_no_other_test_builds() -> None:
    recorded = [Recorded(name, data, OPTIONS, verify_audit_file(io.BytesIO(data), **OPTIONS)) for name, data in list_rare_files()]

    assert [found for one in recorded if (found := find_difference(one))] == []
    assert all(one.answer.exit_code == 1 for one in recorded)


GOOD = build_small_log().write()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from(["flip", "cut", "drop", "double", "put"]), st.binary(max_size=9)),
                min_size=1, max_size=3))  # fmt: skip
def test_both_agree_on_a_file_changed_at_random(changes: list[tuple[int, str, bytes]]) -> None:
    data = GOOD
    for place, change, more in changes:
        at = min(place, len(data))
        rest = {"flip": bytes([data[at] ^ (more or b"\1")[0]]) + data[at + 1 :] if at < len(data) else b"", "cut": b"",
                "drop": data[at + 1 + len(more) :], "double": data[at : at + 40] + data[at:], "put": more + data[at:]}[change]  # fmt: skip
        data = data[:at] + rest

    verdict = verify_audit_file(io.BytesIO(data), **OPTIONS)

    assert find_difference(Recorded("changed at random", data, OPTIONS, verdict)) is None
    assert (verdict.exit_code == 0) == (data == GOOD)


def test_the_second_verifier_is_a_command_that_needs_nothing_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "audit.zip").write_bytes(GOOD)
    (tmp_path / "log.key").write_text(CLAIMS.log_key, "utf-8")
    command = [sys.executable, "-I", str(ROOT / "tests" / "second_verifier.py"), "audit.zip", "log.key"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert '"integrity": "unwitnessed"' in done.stdout
    source = (ROOT / "tests" / "second_verifier.py").read_text("utf-8")
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if re.match(r"\s*(import|from) \w", line)}
    assert imported <= sys.stdlib_module_names


def test_code_points_that_later_unicodes_assign_are_named_for_later_pythons() -> None:
    late = [chr(point) for low, high in second_verifier.RANGES for point in range(low, high + 1)]

    assert len(late) == 4_489 + 627  # what Unicode 15.0 and 15.1 say that they added
    assert all(map(find_unassigned, late))
    if unicodedata.unidata_version == "14.0.0":
        assert not any(unicodedata.category(character) != "Cn" for character in late)
