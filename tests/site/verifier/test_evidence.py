"""Evidence of one entry: held, refused and shown by the browser as by `python -m ledger check`."""

from pathlib import Path

import pytest

from ledger.errors import EvidenceError
from ledger.evidence import Evidence
from tests.ledger import test_evidence
from tests.site.verifier.driving import Cases
from tests.site.verifier.replaying import replay_tests

FEWEST = 60


def test_evidence_is_judged_as_python_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, recorded = replay_tests([test_evidence], monkeypatch, tmp_path)
    (tmp_path / "files").mkdir()
    cases = Cases(tmp_path / "files")
    for one in recorded.found:
        cases.add("evidence", file=cases.put(one.data), options={"origin": one.options["origin"], "logKey": one.options["log_key"]})

    answers = cases.run()

    assert len(answers) >= FEWEST
    for one, answer in zip(recorded.found, answers, strict=True):
        if isinstance(one.answer, EvidenceError):
            assert answer.get("code") == one.answer.code, (one.test, one.answer, answer)
        else:
            assert answer.get("value") == describe(one.answer), (one.test, answer)


def describe(evidence: Evidence) -> dict[str, object]:
    """Say what is shown, and what the command would exit with."""
    opened = evidence.opened
    hidden = evidence.entry.signed.statement.fields if opened is None else len(opened.withheld)
    shown = opened and {
        "values": dict(opened.values),
        "rows": {name: {str(number): value for number, value in part.items()} for name, part in opened.rows.items()},
        "withheld": list(opened.withheld),
    }
    return {"index": evidence.entry.index, "size": evidence.checkpoint.size, "opened": shown, "exit_code": 3 if hidden else 0}
