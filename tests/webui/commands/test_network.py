"""`symbiosis network found`: a network on each kind of database, ready for its members; nothing is founded on a no."""

import subprocess
from functools import partial
from pathlib import Path

import pytest

from ledger.note import read_verifier_key
from tests.webui.commands.running import LOG, run, run_here, write_key, write_passphrase

ABOUT = ["--name", "kalundborg", "--log", LOG, "--currency", "EUR", "--time-zone", "Europe/Copenhagen",
         "--legal-name", "Kalundborg Symbiosis", "--legal-id", "DK-10000001", "--country", "DK"]  # fmt: skip


def found(code_home: Path | None, folder: Path, url: str, *more: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Found a network in a folder; in a process of its own where a code home is given."""
    if not (folder / "operator.key").exists():
        write_key(folder / "operator.key", organisation="o-symbiosis")
    signing = ["--key", folder / "operator.key", "--passphrase-file", write_passphrase(folder)]
    start = partial(run, code_home) if code_home is not None else run_here
    return start("network", "found", "--data", folder / "data", "--database", url, *ABOUT, *signing, *more, given=given)


def test_a_founded_network_is_listed_and_its_tables_follow_from_its_log(code_home: Path, tmp_path: Path, database_url: str) -> None:
    done = found(code_home, tmp_path, database_url, "--yes")

    place = ["--data", tmp_path / "data", "--database", database_url]
    listed = run(code_home, "network", "list", *place)
    checked = run_here("replay", *place, "--check")
    assert done.returncode == 0, done.stderr
    key = (tmp_path / "data" / "kalundborg.log.key").read_text("ascii").strip()
    assert read_verifier_key(key).name == LOG
    assert key in done.stdout
    assert listed.stdout.split() == ["kalundborg", LOG, "8", "entries"]
    assert checked.returncode == 0, checked.stdout


def test_nothing_is_founded_on_a_no(tmp_path: Path, sqlite_url: str) -> None:
    done = found(None, tmp_path, sqlite_url, given="n\n")

    assert done.returncode == 1
    assert "To be founded: the network kalundborg of Kalundborg Symbiosis (o-symbiosis)" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--currency", "XXX", "currency: a listed ISO 4217 code such as EUR is wanted"),
        ("--time-zone", "Europe/Atlantis", "time_zone: an IANA time zone"),
        ("--name", "Big Network", "is not a network's short name"),
        ("--log", "ledger.other.example/main", "was made for the log ledger.example/main"),
    ],
)
def test_a_bad_setting_is_named(
    tmp_path: Path, sqlite_url: str, option: str, value: str, says: str
) -> None:  # fmt: skip
    done = found(None, tmp_path, sqlite_url, "--yes", option, value)

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
