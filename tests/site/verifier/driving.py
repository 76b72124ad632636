"""The verifier's modules driven through node: many cases in one process, files by path, answers as JSON."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.architecture import ROOT

MODULES = ROOT / "webui" / "static" / "verifier"
#: another folder of modules, to see these tests fail on copies with faults
_FOLDER = os.environ.get("VERIFIER_MODULES", str(MODULES))
_RUNNER = Path(__file__).with_name("runner.mjs")
_SECONDS = 300  #: until a process counts as hung


def find_node() -> str:
    """Find node; without it a test skips, on the project's own machines it fails."""
    node = shutil.which("node")
    if node is None:
        message = "node is not installed: the browser's modules are driven through it here"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return node


@dataclass(slots=True)
class Cases:
    """Cases gathered for one process; `put` keeps bytes in a file of the folder."""

    folder: Path
    cases: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0  #: files that were put

    def put(self, data: bytes) -> str:
        """Keep bytes for a case; gives the path."""
        self.count += 1
        path = self.folder / f"{self.count}.bin"
        path.write_bytes(data)
        return str(path)

    def add(self, operation: str, **arguments: Any) -> None:
        """Add a case of the runner's operation."""
        self.cases.append({"do": operation, **arguments})

    def run(self) -> list[dict[str, Any]]:
        """Run all cases; each answers {"value"} or, where the module refused, {"code", "message"}."""
        return run_cases(self.folder, self.cases)


def run_cases(folder: Path, cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run cases in one process of node; fails with its words for any other error than a refusal."""
    asked, answered = folder / "cases.json", folder / "answers.json"
    asked.write_text(json.dumps(cases), "utf-8")
    command = [find_node(), str(_RUNNER), _FOLDER, str(asked), str(answered)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[dict[str, Any]] = json.loads(answered.read_text("utf-8"))
    assert len(answers) == len(cases)
    return answers


def refusals(answers: Sequence[dict[str, Any]]) -> list[str | None]:
    """Give the code of each refusal, None where there was none."""
    return [answer.get("code") for answer in answers]
