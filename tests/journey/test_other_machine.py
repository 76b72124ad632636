"""What others check without trusting the service: the audit file and a certificate, in an empty folder, by second processes."""

import json
from pathlib import Path

import pytest

from tests.journey.deployment import run_apart
from tests.journey.story import Story


@pytest.fixture
def desk(story: Story, tmp_path: Path) -> Path:
    """The auditor's empty folder: the file as downloaded, and the log's key as the operator printed it."""
    assert story.download is not None
    assert story.download.status == 200, story.download.body
    (tmp_path / "audit.zip").write_bytes(story.download.body)
    (tmp_path / "log.key").write_text(story.cast.deployment.log_key + "\n", "ascii")
    return tmp_path


def test_the_file_verifies_and_continues_what_a_firm_had_seen(story: Story, desk: Path) -> None:
    seen = story.cast["plasterco"].seen

    done = run_apart(desk, "ledger", "verify", "audit.zip", "--key-file", "log.key", "--known-head", f"{seen.size}:{seen.root}", "--json")

    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["integrity"], done.stderr) == (0, "consistent", "")
    assert verdict["size"] > seen.size > 20


def test_every_figure_is_recomputed_from_the_file_alone(desk: Path) -> None:
    done = run_apart(desk, "webui.commands.main", "audit", "recompute", "audit.zip", "--key-file", "log.key", "--json")

    found = json.loads(done.stdout)
    assert (done.returncode, found["result"]) == (0, "ok"), done.stdout
    assert found["recomputed"]["period.closed"] == 1
    assert found["recomputed"]["allocation.proposed"] == 1
    assert found["recomputed"]["account.stated"] == 4
    assert found["recomputed"]["certificate.issued"] == 1
    assert found["recomputed"]["resolution.recorded"] == 1


def test_a_file_with_one_bit_flipped_is_refused_by_both(desk: Path) -> None:
    data = bytearray((desk / "audit.zip").read_bytes())
    data[len(data) // 3] ^= 4
    (desk / "audit.zip").write_bytes(data)

    verified = run_apart(desk, "ledger", "verify", "audit.zip", "--key-file", "log.key")
    recomputed = run_apart(desk, "webui.commands.main", "audit", "recompute", "audit.zip", "--key-file", "log.key")

    assert (verified.returncode, recomputed.returncode) == (1, 1)
    assert "INVALID" in recomputed.stdout


def test_live_rows_are_what_a_replay_of_the_log_gives(story: Story, tmp_path: Path) -> None:
    done = run_apart(tmp_path, "webui.commands.main", "replay", *story.cast.deployment.place, "--check", "--json")

    found = json.loads(done.stdout)
    assert (done.returncode, found["result"], found["differences"], found["skipped"]) == (0, "ok", [], [])
    assert found["rows"] > 150


def test_a_certificate_handed_on_verifies_for_a_stranger(story: Story, desk: Path) -> None:
    buyer = story.cast["plasterco"].client
    handed_on = buyer.ask("GET", "/networks/kalundborg/certificates/c-1/credential")
    evidence = buyer.ask("GET", f"/networks/kalundborg/entries/{story.receipts['certificate']['index']}/evidence")
    (desk / "certificate.json").write_bytes(handed_on.body)
    (desk / "evidence.json").write_bytes(evidence.body)
    key = story.cast["lab"].keys.key.multikey
    (desk / "issuers.json").write_text(json.dumps({f"did:key:{key}": [key]}), "ascii")
    options = ["--issuers", "issuers.json", "--evidence", "evidence.json", "--key-file", "log.key", "--json"]

    done = run_apart(desk, "webui.commands.main", "certificate", "verify", "certificate.json", *options)

    report = json.loads(done.stdout)
    answers = {one["question"]: one["state"] for one in report["answers"]}
    assert handed_on.headers["content-type"].startswith("application/vc")
    assert answers.pop("status") == "unknown"  # no status list is named: that it was not revoked since, only the log says
    assert set(answers) == {"form", "proof", "issuer", "validity", "results", "log"}
    assert set(answers.values()) == {"holds"}
    assert done.returncode == 3


def test_a_certificate_with_another_result_is_not_valid(story: Story, desk: Path) -> None:
    text = story.cast["plasterco"].client.ask("GET", "/networks/kalundborg/certificates/c-1/credential").body.decode()
    assert '"62"' in text or "62" in text
    (desk / "certificate.json").write_text(text.replace("62", "26", 1), "utf-8")

    done = run_apart(desk, "webui.commands.main", "certificate", "verify", "certificate.json")

    assert done.returncode == 1, done.stdout
