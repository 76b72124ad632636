"""`symbiosis ledger`: the stored log is checked, and a lost or older database is brought up to its tiles."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.engine import make_url

from contracts.database import make_engine
from ledger.tile_folder import FolderTarget
from ledger.tile_publication import publish_tiles
from ledger.tile_rows import StoredTiles
from tests.thief import drop_triggers
from tests.webui.website import NETWORK, Website
from webui.archiving import archive_contents
from webui.commands.main import symbiosis


def run(website: Website, url: str, *arguments: str) -> Result:
    """Run `symbiosis ledger` on the website's folder and a database."""
    place = ["--data", str(website.settings.data), "--database", url, "--network", NETWORK]
    return CliRunner().invoke(symbiosis, ["ledger", *arguments, *place])


def publish(website: Website) -> int:
    """Sign, publish the tiles and archive the contents; gives the log's size."""
    log = website.runtime.log(NETWORK)
    log.publish_checkpoint("2030-01-01T00:00:00Z")
    newest = log.latest_checkpoint()
    assert newest is not None
    key = website.runtime.service(NETWORK).keys.log_verifier
    with FolderTarget(website.settings.data / "tiles" / NETWORK) as target:
        publish_tiles(StoredTiles(website.runtime.engine, log.log_id, log.name, lambda: newest[2], lambda _size: key), target)
    assert archive_contents(website.runtime) == newest[0]
    return newest[0]


@pytest.fixture
def published(website: Website) -> tuple[Website, int]:
    """A website whose log is published and archived, and its size."""
    return website, publish(website)


def test_a_sound_log_is_said_to_be_sound(published: tuple[Website, int]) -> None:
    website, size = published

    found = run(website, website.settings.database_url, "check")

    assert (found.exit_code, found.stdout) == (0, f"OK: {size} entries of {website.runtime.log(NETWORK).name}.\n"), found.output


def test_a_changed_row_is_named(published: tuple[Website, int]) -> None:
    website, _ = published
    with website.runtime.engine.begin() as connection:
        drop_triggers(connection, "ledger_entries")
        connection.execute(text("UPDATE ledger_entries SET about = 'thing:9' WHERE idx = 3"))

    found = run(website, website.settings.database_url, "check", "--json")

    outcome = json.loads(found.stdout)
    assert (found.exit_code, outcome["sound"], outcome["must_not_sign"]) == (1, False, "unsound")
    assert [line[:24] for line in outcome["found"]] == ["entry 3, ledger_entries:"]


def test_a_lost_database_is_recovered_with_every_table(published: tuple[Website, int], tmp_path: Path) -> None:
    website, size = published
    url = f"sqlite:///{tmp_path / 'anew.db'}"

    found = run(website, url, "recover")
    checked = run(website, url, "check")
    replayed = CliRunner().invoke(
        symbiosis, ["replay", "--check", "--data", str(website.settings.data), "--database", url, "--network", NETWORK]
    )

    assert found.exit_code == 0, found.output
    assert f"{size} entries taken over" in found.stdout
    assert checked.exit_code == 0, checked.output
    assert replayed.exit_code == 0, replayed.output
    mine, anew = (make_engine(one) for one in (website.settings.database_url, url))
    with mine.connect() as left, anew.connect() as right:
        query = text("SELECT idx, body FROM ledger_entries ORDER BY idx")
        assert [tuple(row) for row in left.execute(query)] == [tuple(row) for row in right.execute(query)]
    mine.dispose()
    anew.dispose()


def test_entries_answered_for_after_the_tiles_end_the_log(published: tuple[Website, int], tmp_path: Path) -> None:
    website, size = published
    log = website.runtime.log(NETWORK)
    head = log.read_head()
    assert head is not None
    log._service.guard.advance(size + 2, b"\x11" * 32)

    found = run(website, f"sqlite:///{tmp_path / 'anew.db'}", "recover")

    assert found.exit_code == 1
    assert "2 were acknowledged after the last tiles" in found.stdout
    assert "successor log" in found.stdout


def test_tiles_that_do_not_hold_change_nothing(published: tuple[Website, int], tmp_path: Path) -> None:
    website, size = published
    bundle = next(path for path in (website.settings.data / "tiles" / NETWORK).rglob(str(size)) if "entries" in path.parts)
    bundle.chmod(0o600)
    bundle.write_bytes(bundle.read_bytes()[:-40])

    found = run(website, f"sqlite:///{tmp_path / 'anew.db'}", "recover")

    assert found.exit_code == 1
    assert "Nothing was changed" in found.stdout


def test_contents_that_are_nowhere_are_named(published: tuple[Website, int], tmp_path: Path) -> None:
    website, _ = published
    shutil.rmtree(website.settings.data / "contents")

    found = run(website, f"sqlite:///{tmp_path / 'anew.db'}", "recover")

    assert found.exit_code == 1
    assert "Contents are missing" in found.stdout


def test_a_place_without_tiles_is_a_fault_of_usage(website: Website, tmp_path: Path) -> None:
    found = run(website, f"sqlite:///{tmp_path / 'anew.db'}", "recover", "--tiles", str(tmp_path / "nothing"))

    assert found.exit_code == 2
    assert str(make_url(website.settings.database_url).database) not in found.output
