"""`symbiosis certificate verify` on files: valid, changed, unreadable, on the log or not; its exit code says which."""

import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.evidence import build_evidence
from ledger.merkle import hash_leaf, prove_inclusion
from tests.contracts.certificates.builders import a_signed_credential
from tests.ledger.small_log import FIRM, LOG_VERIFIER, SmallLog, build_small_log, make_key
from tests.webui.commands.running import run

AT = "2026-06-01T00:00:00Z"


def write_certificate(folder: Path, document: dict[str, Any] | None = None) -> Path:
    """Write a certificate's file."""
    path = folder / "certificate.json"
    path.write_text(json.dumps(document or a_signed_credential()), "utf-8")
    return path


def verify(code_home: Path, path: Path, *more: object) -> tuple[int, dict[str, Any]]:
    """Run the command; gives exit code and report."""
    done = run(code_home, "certificate", "verify", path, "--at", AT, "--json", *more)
    return done.returncode, json.loads(done.stdout)


def test_a_good_certificate_without_a_status_list_is_signed_and_its_status_unknown(code_home: Path, tmp_path: Path) -> None:
    code, report = verify(code_home, write_certificate(tmp_path))

    states = {answer["question"]: answer["state"] for answer in report["answers"]}
    assert (code, report["exit_code"], report["state"]) == (3, 3, "status-unknown")
    assert (states["form"], states["proof"], states["results"]) == ("holds", "holds", "holds")
    assert all(row["follows"] for row in report["results"])


def test_a_changed_byte_makes_it_invalid(code_home: Path, tmp_path: Path) -> None:
    document = a_signed_credential()
    document["issuer"]["name"] = "Another laboratory"

    code, report = verify(code_home, write_certificate(tmp_path, document))

    assert (code, report["state"]) == (1, "invalid")
    assert {answer["question"] for answer in report["answers"] if answer["state"] == "fails"} == {"proof"}


def test_the_lines_for_a_person_say_what_was_asked(code_home: Path, tmp_path: Path) -> None:
    done = run(code_home, "certificate", "verify", write_certificate(tmp_path), "--at", AT)

    assert done.returncode == 3
    assert all(f"  {question}" in done.stdout for question in ("form", "proof", "issuer", "validity", "status", "results"))


def test_an_issuer_that_nobody_named_is_not_trusted(code_home: Path, tmp_path: Path) -> None:
    (tmp_path / "issuers.json").write_text('{"did:web:another.example": []}')

    code, report = verify(code_home, write_certificate(tmp_path), "--issuers", tmp_path / "issuers.json")

    assert code == 1
    assert any(answer["question"] == "issuer" and answer["state"] == "fails" for answer in report["answers"])


def test_what_is_no_certificate_is_unreadable(code_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "certificate.json"
    path.write_text("{", "utf-8")

    code, report = verify(code_home, path)

    assert (code, report["state"]) == (2, "unreadable")


@pytest.mark.parametrize("content", ["[]", '{"did:web:lab.example": "z6Mk"}', "{"])
def test_a_bad_file_of_issuers_is_a_fault_of_usage(code_home: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "issuers.json").write_text(content)

    done = run(code_home, "certificate", "verify", write_certificate(tmp_path), "--issuers", tmp_path / "issuers.json")

    assert done.returncode == 2
    assert "issuers.json" in done.stderr


def write_evidence(folder: Path, credential: Path) -> Path:
    """Enter a certificate's hash into a small log; write the evidence of its entry, and the log's key."""
    log = build_small_log()
    digest = sha256(credential.read_bytes()).hexdigest()
    log.say("certificate.issued", make_key("firm"), FIRM, {"credential_hash": digest}, [("number", "QC-1")])
    note = log.publish()
    size = len(log.entries)

    def read(wanted: Any) -> dict[tuple[int, int], bytes]:
        return {
            (level, index): SmallLog(entries=log.entries[index << level : (index + 1) << level]).compute_root()
            if level
            else hash_leaf(log.entries[index])
            for level, index in wanted
        }

    file = io.BytesIO(
        build_evidence(entry=log.entries[-1], path=prove_inclusion(read, size - 1, size), checkpoint=note, contents=log.contents[-1])
    )
    (folder / "evidence.json").write_bytes(file.getvalue())
    (folder / "log.key").write_text(LOG_VERIFIER.to_text() + "\n")
    return folder / "evidence.json"


def test_a_certificate_that_stands_on_the_log_is_said_to(code_home: Path, tmp_path: Path) -> None:
    path = write_certificate(tmp_path)
    evidence = write_evidence(tmp_path, path)

    code, report = verify(code_home, path, "--evidence", evidence, "--key-file", tmp_path / "log.key")

    assert code == 3
    assert report["answers"][-1] == {"question": "log", "state": "holds", "words": "on the log", "findings": []}


def test_evidence_of_another_certificate_does_not_do(code_home: Path, tmp_path: Path) -> None:
    path = write_certificate(tmp_path)
    evidence = write_evidence(tmp_path, path)
    write_certificate(tmp_path, a_signed_credential())
    path.write_bytes(path.read_bytes() + b" \n ")
    path.write_text(json.dumps({**json.loads(path.read_text()), "name": "x"}))

    done = run(code_home, "certificate", "verify", path, "--at", AT, "--evidence", evidence, "--key-file", tmp_path / "log.key")

    assert done.returncode == 1
    assert "of another credential than this file" in done.stdout
