"""Audit files: the browser's verdict is the command's, on every file that the Python tests build, faulty ones above all."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.authority import prove_possession
from ledger.canonical import encode_canonical
from ledger.errors import EvidenceError
from ledger.verdict import Verdict
from ledger.verify import verify_audit_file
from tests.ledger import test_evidence, test_verify
from tests.ledger.small_log import CLAIMS, FIRM, LOG, SmallLog, build_small_log, make_key
from tests.ledger.test_evidence import repack
from tests.site.verifier.driving import Cases
from tests.site.verifier.replaying import Recorded, replay_tests
from tests.site.verifier.stories import replay_stories

FEWEST = 300  #: files that the replayed tests build, at least


def translate_options(options: dict[str, Any]) -> dict[str, Any]:
    """Give what the auditor brings in the names of the module."""
    names = {"origin": "origin", "log_key": "logKey", "founding_hash": "founding", "known_heads": "knownHeads"}
    return {names[name]: list(value) if name == "known_heads" else value for name, value in options.items() if name in names}


def summarize(verdict: dict[str, Any]) -> dict[str, Any]:
    """Leave out the words, and times, which need a policy: codes with their entries, and everything else as it is."""
    kept = {name: value for name, value in verdict.items() if name not in {"faults", "times"}}
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


def test_fields_of_one_name_are_refused_though_they_lead_to_the_root(tmp_path: Path) -> None:
    log = build_small_log()
    log.say("delivery.dispatched", make_key("firm"), FIRM, {}, [("mass", "1"), ("mass", "2")])
    log.publish()
    options: dict[str, Any] = {"origin": LOG, "log_key": CLAIMS.log_key}
    verdict = verify_audit_file(io.BytesIO(log.write()), **options)

    assert [(fault.index, fault.code) for fault in verdict.faults] == [(4, "malformed")]
    assert judge_all([Recorded("a name twice", log.write(), options, verdict)], tmp_path) == []


def test_the_browsers_verdict_is_the_commands_on_every_story_of_the_own_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    recorded = replay_stories(monkeypatch)
    (tmp_path / "files").mkdir()

    assert judge_all(recorded, tmp_path / "files") == []
    assert len(recorded) > 50


def rotate_then_say(log: SmallLog) -> None:
    """Rotate the firm's key, and let the old one speak again."""
    old, new = make_key("firm"), make_key("next")
    proof = prove_possession(LOG, FIRM, new.multikey, "h-firm000", ["operator", "signatory"], new.sign)
    log.say("key.rotated", old, FIRM, {"old": old.multikey, "new": new.multikey, "possession": proof}, about=f"key:{old.multikey}")
    log.say("delivery.dispatched", new, FIRM)
    log.say("delivery.dispatched", old, FIRM)


def replay_then_erase(log: SmallLog) -> None:
    """Enter a statement twice, then erase its contents."""
    log.enter(log.signed[3], log.contents[3])
    public: Any = {"statement": log.signed[3].hash, "fields": [3, 0, 200], "reason": "asked"}
    log.say("contents.erased", make_key("firm"), FIRM, public, about=f"statement:{log.signed[3].hash}")


def list_rare_files() -> Iterator[tuple[str, bytes]]:
    """List what no other test builds as a file."""
    for change in (rotate_then_say, replay_then_erase):
        log = build_small_log()
        change(log)
        log.publish()
        yield change.__name__, log.write()
    log = build_small_log()
    data = log.write()
    first = encode_canonical({"note": log.notes[0]}) + b"\n"
    lines = b"".join(line + b"\n" for line in log.entries)
    yield "no line feed", repack(data, {"entries.jsonl": lines[:-1]})
    yield "an entry cut off", repack(data, {"entries.jsonl": lines[:-40]})
    yield "a line more", repack(data, {"entries.jsonl": lines + b"\n"})
    yield "entries under no checkpoint", repack(data, {"checkpoint": log.notes[0].encode(), "checkpoints.jsonl": first})
    yield "another newest checkpoint", repack(data, {"checkpoint": log.notes[0].encode()})
    yield "a checkpoint twice", repack(data, {"checkpoints.jsonl": first + first})
    yield "no checkpoints", repack(data, {"checkpoints.jsonl": b""})
    yield "a checkpoint that is no UTF-8", repack(data, {"checkpoint": b"\xff"})
    end = data[-22:-6] + (int.from_bytes(data[-6:-2], "little") + 1).to_bytes(4, "little") + data[-2:]
    directory = int.from_bytes(data[-6:-2], "little")
    yield "a byte before the directory", data[:directory] + b"x" + data[directory:-22] + end


def test_files_that_no_other_test_builds_are_judged_alike(tmp_path: Path) -> None:
    recorded = []
    for name, data in list_rare_files():
        verdict = verify_audit_file(io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key)
        recorded.append(Recorded(name, data, {"origin": LOG, "log_key": CLAIMS.log_key}, verdict))

    assert judge_all(recorded, tmp_path) == []
    assert all(one.answer.exit_code == 1 for one in recorded)
