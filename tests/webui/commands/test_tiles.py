"""`symbiosis tiles`: exported twice, checked from a folder and over HTTP, and every fault a sentence with its exit code."""

from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ledger.tiles import CHECKPOINT, Tile
from tests.webui.commands.running import run, run_here
from tests.webui.test_log_files import serve
from tests.webui.website import NETWORK, Website
from webui.tile_stores import make_client


@pytest.fixture(scope="module")
def key_file(site: Website, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log's verifier key, in a file."""
    path = tmp_path_factory.mktemp("key") / "log.key"
    path.write_text(site.network.keys.log_verifier.to_text() + "\n", "ascii")
    return path


def name_place(site: Website) -> list[Any]:
    return ["--data", site.settings.data, "--database", site.settings.database_url, "--network", NETWORK]


def test_a_folder_is_written_once_and_checked(site: Website, key_file: Path, tmp_path: Path, code_home: Path) -> None:
    folder = tmp_path / "log"

    first = run(code_home, "tiles", "export", *name_place(site), folder)
    again = run_here("tiles", "export", *name_place(site), folder)
    checked = run(code_home, "tiles", "check", folder, "--key-file", key_file)

    assert (first.returncode, again.returncode, checked.returncode) == (0, 0, 0), first.stderr + again.stderr + checked.stderr
    assert f"{site.count()} of them new" in first.stdout
    assert "0 of them new; 0 tiles written" in again.stdout
    assert checked.stdout.startswith(f"OK: {site.count()} entries of {site.network.log.name} lead to the signed root\n")


def test_a_changed_tile_is_named_and_the_answer_is_no(site: Website, key_file: Path, tmp_path: Path) -> None:
    run_here("tiles", "export", *name_place(site), tmp_path)
    tile = tmp_path / Tile(0, 0, site.count()).path
    tile.write_bytes(bytes(len(tile.read_bytes())))

    checked, exported = run_here("tiles", "check", tmp_path, "--key-file", key_file), tmp_path / CHECKPOINT
    exported.unlink()
    refused = run_here("tiles", "export", *name_place(site), tmp_path)

    assert (checked.returncode, f"tile/0/000.p/{site.count()}" in checked.stderr) == (1, True)
    assert (refused.returncode, "never rewritten" in refused.stderr) == (1, True)


def test_a_bucket_is_written(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws():
        client = make_client()
        client.create_bucket(Bucket="ledger")
        done = run_here("tiles", "export", *name_place(site), "--public", "s3://ledger/kalundborg")
        nowhere = run_here("tiles", "export", *name_place(site), "s3://nowhere/kalundborg")
        found = client.head_object(Bucket="ledger", Key=f"kalundborg/{CHECKPOINT}")

    assert (done.returncode, found["CacheControl"]) == (0, "public, no-cache")
    assert (nowhere.returncode, "NoSuchBucket" in nowhere.stderr) == (4, True)


def test_a_served_log_is_checked_with_a_members_token(site: Website, key_file: Path) -> None:
    token = site.token("powerco").headers["Authorization"].removeprefix("Bearer ")

    with serve(site) as address:
        good = run_here("tiles", "check", f"{address}/log/{NETWORK}", "--key-file", key_file, SYMBIOSIS_TOKEN=token)
        stranger = run_here("tiles", "check", f"{address}/log/{NETWORK}", "--key-file", key_file)

    assert (good.returncode, good.stdout[:3]) == (0, "OK:"), good.stderr
    assert (stranger.returncode, "answered 401" in stranger.stderr) == (4, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["check", "ftp://host/log"], 2, "http(s) address"),
        (["check", "/nowhere/at/all"], 1, "checkpoint: there is none"),
        (["check", "http://127.0.0.1:9/log"], 4, "refused"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(arguments: list[str], code: int, words: str, key_file: Path) -> None:
    done = run_here("tiles", *arguments, "--key-file", key_file)

    assert (done.returncode, words in done.stderr) == (code, True), done.stderr


@pytest.mark.parametrize(("target", "code"), [("https://x/y", 2), ("s3://A", 2), ("/proc/nothing/here", 4)])
def test_what_cannot_be_written_is_said_in_a_sentence(site: Website, target: str, code: int) -> None:
    done = run_here("tiles", "export", *name_place(site), target)

    assert (done.returncode, done.stderr.startswith("symbiosis: ")) == (code, True), done.stderr


def test_a_log_without_a_checkpoint_has_nothing_to_export(database_url: str, tmp_path: Path) -> None:
    website = Website(database_url, tmp_path / "data", start=False)

    done = run_here("tiles", "export", *name_place(website), tmp_path / "log")

    assert (done.returncode, "has no checkpoint yet" in done.stderr) == (1, True)
    website.close()
