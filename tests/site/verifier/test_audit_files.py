"""Audit files: the browser's verdict is the command's, on every file that the Python tests build, faulty ones above all."""

from pathlib import Path
from typing import Any

import pytest

from ledger.errors import EvidenceError
from ledger.verdict import Verdict
from tests.ledger import test_evidence, test_verify
from tests.site.verifier.driving import Cases
from tests.site.verifier.replaying import Recorded, replay_tests
from tests.site.verifier.stories import replay_stories

FEWEST = 300  #: files that the replayed tests build, at least


def translate_options(options: dict[str, Any]) -> dict[str, Any]:
    """Give what the auditor brings in the names of the module."""
    names = {"origin": "origin", "log_key": "logKey", "founding_hash": "founding", "known_heads": "knownHeads"}
    return {names[name]: list(value) if name == "known_heads" else value for name, value in options.items() if name in names}


def summarize(verdict: dict[str, Any]) -> dict[str, Any]:
    """Leave out the words: codes with their entries, and everything else as it is."""
    kept = {name: value for name, value in verdict.items() if name != "faults"}
    places = sorted({(-1 if fault["index"] is None else fault["index"], fault["code"]) for fault in verdict["faults"]})
    return kept | {"faults": [list(place) for place in places]}


def compare(recorded: Recorded, answer: dict[str, Any]) -> str | None:
    """Say in a line where both differ."""
    said = recorded.answer
    if isinstance(said, EvidenceError):
        return None if "code" in answer else f"{recorded.test}: Python refuses ({said}), the module does not"
    if "code" in answer:
        return f"{recorded.test}: the module refuses: {answer}"
    ours, theirs = summarize(said.to_json()), summarize(answer["value"])
    if ours["stopped"] and theirs["stopped"]:
        ours.pop("faults"), theirs.pop("faults")
    different = {name: (ours[name], theirs.get(name)) for name in ours if ours[name] != theirs.get(name)}
    return f"{recorded.test}: {different}" if different else None


def judge_all(recorded: list[Recorded], folder: Path) -> list[str]:
    """Give all recorded files to the module; returns the differences."""
    cases = Cases(folder)
    for one in recorded:
        cases.add("verify", file=cases.put(one.data), options=translate_options(one.options))
    return [found for one, answer in zip(recorded, cases.run(), strict=True) if (found := compare(one, answer))]


def test_the_browsers_verdict_is_the_commands_on_every_file_of_the_tests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    verified, _ = replay_tests([test_verify, test_evidence], monkeypatch, tmp_path)
    (tmp_path / "files").mkdir()

    differences = judge_all(verified.found, tmp_path / "files")

    assert differences == []
    print(len(verified.found))
    assert len(verified.found) >= FEWEST
    codes = {fault.code for one in verified.found if isinstance(one.answer, Verdict) for fault in one.answer.faults}
    assert len(codes) > 25


def test_the_browsers_verdict_is_the_commands_on_every_story_of_the_own_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    recorded = replay_stories(monkeypatch)
    (tmp_path / "files").mkdir()

    assert judge_all(recorded, tmp_path / "files") == []
    assert len(recorded) > 50
