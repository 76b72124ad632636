"""`symbiosis evidence`: less is shown, all of it still holds, and a stranger checks it with Python and one library."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.evidence import check_evidence
from tests.network import OPERATOR
from tests.webui.commands.running import run_here
from tests.webui.website import NETWORK, Website


@pytest.fixture(scope="module")
def admission(site: Website) -> int:
    return site.network.log.list_entries(kinds=["organisation.admitted"])[-1].index


def fetch(site: Website, index: int, query: str = "") -> Any:
    return site.token(OPERATOR).get(f"/networks/{NETWORK}/entries/{index}/evidence{query}")


def test_a_part_of_an_entry_is_handed_on_and_checked_by_a_stranger(site: Website, admission: int, tmp_path: Path, code_home: Path) -> None:
    (tmp_path / "whole.json").write_bytes(fetch(site, admission).data)
    (tmp_path / "log.key").write_text(site.network.keys.log_verifier.to_text())

    done = run_here("evidence", "reduce", tmp_path / "whole.json", "--show", "country", "--out", tmp_path / "part.json")

    check = [sys.executable, "-m", "ledger", "check", str(tmp_path / "part.json"), "--key-file", str(tmp_path / "log.key")]
    told = subprocess.run(check, cwd=code_home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (told.returncode, 'country: "DK"' in told.stdout) == (3, True)
    assert "Powerco" in (tmp_path / "whole.json").read_text()
    assert "Powerco" not in (tmp_path / "part.json").read_text()
    assert (tmp_path / "part.json").stat().st_mode & 0o077 == 0


def test_the_service_shows_just_the_part_that_was_asked_for(site: Website, admission: int) -> None:
    key = site.network.keys.log_verifier.to_text()

    part = check_evidence(fetch(site, admission, "?show=country&show=legal_id").data, origin=site.network.log.name, log_key=key)

    assert part.opened is not None
    assert set(part.opened.values) == {"country", "legal_id"}


@pytest.mark.parametrize("name", ["weight", "country.0"])
def test_a_part_that_is_not_there_is_named(site: Website, admission: int, name: str) -> None:
    answer = fetch(site, admission, f"?show={name}")

    assert (answer.status_code, name in answer.json["detail"]) == (404, True)


@pytest.mark.parametrize("query", ["?show=%00", "?show=", "?show=A"])
def test_a_part_that_cannot_be_read_is_refused(site: Website, admission: int, query: str) -> None:
    answer = fetch(site, admission, query)

    assert answer.status_code == 422
    assert "show" in answer.json["findings"][0]["field"]


def test_who_may_not_read_an_entry_gets_no_part_of_it_either(site: Website, admission: int) -> None:
    site.network.admit("outsider")
    sealed = site.token("outsider").get(f"/networks/{NETWORK}/entries/{admission}/evidence?show=country")
    seen = site.token("outsider").get(f"/networks/{NETWORK}/entries/{admission}").json["readable"]

    assert (sealed.status_code == 200) == seen


@pytest.mark.parametrize(
    ("change", "shown", "code"),
    [
        ({}, "weight", 2),
        ({}, "country.7", 2),
        ({"contents": None}, "country", 1),
        ({"format": "another"}, "country", 1),
        ({"contents": {"fields": []}}, "country", 1),
    ],
)
def test_faults_are_sentences_and_write_nothing(
    site: Website, admission: int, tmp_path: Path, change: dict[str, Any], shown: str, code: int
) -> None:
    value = json.loads(fetch(site, admission).data) | change
    (tmp_path / "whole.json").write_text(json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n")

    done = run_here("evidence", "reduce", tmp_path / "whole.json", "--show", shown, "--out", tmp_path / "part.json")

    assert (done.returncode, done.stderr.count("\n"), (tmp_path / "part.json").exists()) == (code, 1, False)
