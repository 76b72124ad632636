"""The tests of the Python verifier told again to the browser's: every file and every piece of evidence that they build is recorded."""

import inspect
import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ledger.errors import EvidenceError
from ledger.evidence import check_evidence
from ledger.verify import verify_audit_file

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What Python was asked, and what it said."""

    test: str  #: name of the test that asked
    data: bytes
    options: dict[str, Any]
    answer: Any  #: verdict, evidence, or the EvidenceError


class Recorder:
    """Stands in for verify_audit_file or check_evidence in a test module, and for the same function does the work."""

    def __init__(self, real: Callable[..., Any], keep: int) -> None:
        self._real, self._keep = real, keep
        self._known: set[bytes] = set()
        self.test, self.calls = "", 0
        self.found: list[Recorded] = []

    def __call__(self, source: Any, **options: Any) -> Any:
        """Do what the real function does; record one call in `keep` of a test that calls often."""
        data = _read(source)
        self.calls += 1
        often = self.calls > self._keep and self.calls % self._keep
        try:
            answer = self._real(io.BytesIO(data) if self._real is verify_audit_file else data, **options)
        except EvidenceError as error:
            self._record(data, options, error, skip=bool(often))
            raise
        self._record(data, options, answer, skip=bool(often))
        return answer

    def _record(self, data: bytes, options: dict[str, Any], answer: Any, *, skip: bool) -> None:
        name = sha256(data + repr(sorted(options.items())).encode()).digest()
        if not skip and name not in self._known:
            self._known.add(name)
            self.found.append(Recorded(self.test, data, options, answer))


def _read(source: Any) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, (str, Path)):
        return Path(source).read_bytes()
    source.seek(0)
    data = source.read()
    return data if isinstance(data, bytes) else bytes(data)


def replay_tests(modules: list[ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keep: int = 40) -> tuple[Recorder, Recorder]:
    """Run every test of these modules that needs no fixture but tmp_path; gives what was asked of both functions."""
    recorders = Recorder(verify_audit_file, keep), Recorder(check_evidence, keep)
    for module in modules:
        for name, recorder in zip(("verify_audit_file", "check_evidence"), recorders, strict=True):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, recorder)
        for test, arguments in list_calls(module, tmp_path=lambda: tmp_path):
            for recorder in recorders:
                recorder.test, recorder.calls = test.__name__, 0
            with suppress(EvidenceError):
                test(**arguments)
    return recorders


def list_calls(module: ModuleType, **makers: Callable[[], Any]) -> Iterator[tuple[Callable[..., Any], dict[str, Any]]]:
    """Expand each test's parameters as pytest would; makers: what makes the fixtures that are known here."""
    for name, test in vars(module).items():
        if not name.startswith("test_") or hasattr(test, "hypothesis"):
            continue
        axes = [_list_rows(mark) for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
        for rows in itertools.product(*axes):
            arguments: dict[str, Any] = {}
            for row in rows:
                arguments |= row
            wanted = inspect.signature(test).parameters
            arguments |= {name: make() for name, make in makers.items() if name in wanted}
            if set(wanted) == set(arguments):
                yield test, arguments


def _list_rows(mark: pytest.Mark) -> list[dict[str, Any]]:
    names, values = mark.args
    split = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = [value.values if hasattr(value, "values") and hasattr(value, "marks") else value for value in values]
    return [dict(zip(split, row if len(split) > 1 else (row,), strict=True)) for row in rows]
