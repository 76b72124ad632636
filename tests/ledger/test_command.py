"""`python -m ledger`, as an auditor runs it: on a machine with Python and `cryptography` alone."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from ledger.__main__ import main
from tests.ledger.small_log import CLAIMS, LOG, build_small_log, deliver, make_key, make_verifier_key
from tests.ledger.test_evidence import make_evidence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with audit.zip, log.key and the checkpoint of an earlier audit."""
    log = build_small_log()
    (tmp_path / "audit.zip").write_bytes(log.write())
    (tmp_path / "log.key").write_text(CLAIMS.log_key + "\n")
    (tmp_path / "kept").write_text(log.notes[0])
    return tmp_path


def run(folder: Path, command: str, *options: str) -> int:
    return main([command, str(folder / options[0]), "--key-file", str(folder / "log.key"), *options[1:]])


def test_an_intact_file_is_called_unwitnessed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(folder, "verify", "audit.zip")

    assert (code, "unwitnessed" in capsys.readouterr().out) == (0, True)


def test_a_kept_checkpoint_and_a_head_make_it_consistent(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "heads", "audit.zip")
    head = capsys.readouterr().out.strip()

    code = run(folder, "verify", "audit.zip", "--known-head", str(folder / "kept"), "--known-head", head, "--json")

    verdict = json.loads(capsys.readouterr().out)
    assert (code, verdict["integrity"], verdict["known_heads"], verdict["exit_code"]) == (0, "consistent", 2, 0)


def test_a_longer_known_log_is_called_a_rollback(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = build_small_log()
    deliver(log, seen=log.see(2))
    (folder / "newer").write_text(log.publish())

    code = run(folder, "verify", "audit.zip", "--known-head", str(folder / "newer"))

    assert (code, "rollback" in capsys.readouterr().out) == (1, True)


def test_missing_contents_end_in_three(folder: Path) -> None:
    log = build_small_log()
    log.contents[2] = None
    (folder / "audit.zip").write_bytes(log.write())

    assert run(folder, "verify", "audit.zip", "--quiet") == 3


def test_another_key_than_the_logs_ends_in_one(folder: Path) -> None:
    (folder / "log.key").write_text(make_verifier_key(LOG, make_key("other")).to_text())

    assert run(folder, "verify", "audit.zip", "--quiet") == 1


@pytest.mark.parametrize("file", ["nothing.zip", "."])
def test_a_file_that_cannot_be_read_ends_in_two(folder: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(folder, "verify", file)

    assert (code, "Traceback" in capsys.readouterr().err) == (2, False)


@pytest.mark.parametrize("options", [["--known-head", "3:00"], ["--founding", "00"], ["--known-head", "no-such-file"]])
def test_options_that_mean_nothing_end_in_two(folder: Path, options: list[str]) -> None:
    assert run(folder, "verify", "audit.zip", *options) == 2


@pytest.mark.parametrize("key", ["", "x", "a+b+c", "\x00", "ledger.example/main+00000000+AQ6IWjeV0ZarHKEF9nwjIUchAxI72ohcjCYV900A0qnF"])
def test_a_key_that_is_none_ends_in_two(folder: Path, key: str) -> None:
    (folder / "log.key").write_text(key)

    assert run(folder, "verify", "audit.zip") == 2


@pytest.mark.parametrize("data", [b"", b"PK", os.urandom(5000), b"PK\x05\x06" + b"\xff" * 18], ids=range(4))
def test_a_file_that_is_no_audit_file_ends_in_one(folder: Path, data: bytes) -> None:
    (folder / "audit.zip").write_bytes(data)

    assert run(folder, "verify", "audit.zip", "--quiet") == 1


def test_evidence_of_one_entry_is_checked_and_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "evidence.json").write_bytes(make_evidence())

    assert run(folder, "check", "evidence.json") == 0
    assert 'quantity: "23.230"' in capsys.readouterr().out


def test_false_evidence_ends_in_one_and_hidden_fields_in_three(folder: Path) -> None:
    (folder / "false.json").write_bytes(make_evidence().replace(b"23.230", b"23.231"))
    (folder / "hidden.json").write_bytes(make_evidence(contents=None))

    assert (run(folder, "check", "false.json"), run(folder, "check", "hidden.json", "--quiet")) == (1, 3)


def test_control_characters_of_a_hostile_file_do_not_reach_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = build_small_log()
    log.entries.append(b'{"\x1b[2J":1}')
    log.contents.append(None)
    log.publish()
    (folder / "audit.zip").write_bytes(log.write())

    assert run(folder, "verify", "audit.zip") == 1
    assert "\x1b" not in capsys.readouterr().out


def test_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["verify", "--help"])

    assert "3  intact, but some contents were withheld or erased" in capsys.readouterr().out


@pytest.mark.slow
def test_python_with_cryptography_alone_verifies(folder: Path, code_home: Path) -> None:
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    installed = subprocess.run([python, "-m", "pip", "install", "-q", "cryptography"], capture_output=True, text=True, check=False)
    if installed.returncode:
        message = f"no package index within reach: {installed.stderr[-300:]}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    shutil.copytree(code_home / "ledger", folder / "alone" / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    command = [str(python), "-I", "-c", PROBE, "verify", "../audit.zip", "--key-file", "../log.key", "--known-head", "../kept"]

    done = subprocess.run(command, cwd=folder / "alone", capture_output=True, text=True, check=False, encoding="utf-8")

    assert (done.returncode, done.stderr) == (0, "")
    assert "consistent" in done.stdout
    strangers = set(json.loads(done.stdout.strip().split("\n")[-1]))
    assert strangers - {"_cffi_backend", "_openssl", "cffi"} == {"cryptography"}


#: Runs the command and prints what it imported from outside the standard library and the ledger.
PROBE = """
import json, runpy, sys
sys.path.insert(0, ".")
try:
    runpy.run_module("ledger", run_name="__main__", alter_sys=False)
except SystemExit as end:
    code = end.code
tops = {name.partition(".")[0] for name in sys.modules}
known = {*sys.stdlib_module_names, "ledger", "__main__", "_distutils_hack", "sitecustomize", "usercustomize"}
print(json.dumps(sorted(top for top in tops - known if not top.startswith("__editable__"))))
sys.exit(code)
"""
