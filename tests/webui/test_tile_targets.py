"""The job that writes tiles: where the setting says, again without harm, and red where what is published does not fit."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.errors import Invalid
from ledger.tile_reader import FolderPlace, check_tiles
from ledger.tiles import CHECKPOINT, Tile
from tests.webui.website import NETWORK, Website
from webui import jobs
from webui.health import examine_health
from webui.settings import SettingsError, read_settings
from webui.tile_stores import BucketMemory, open_target
from webui.tile_targets import find_place


@pytest.fixture
def grown(website: Website) -> Website:
    """A network with a checkpoint."""
    publish(website)
    return website


def publish(website: Website) -> None:
    website.network.clock.advance(timedelta(seconds=2))
    jobs.publish_checkpoints(website.runtime)


def find_folder(website: Website) -> Path:
    return website.settings.data / "tiles" / NETWORK


def test_tiles_are_written_after_checkpoints_and_once(grown: Website) -> None:
    first, again = jobs.publish_tile_files(grown.runtime), jobs.publish_tile_files(grown.runtime)
    grown.network.admit("powerco")
    publish(grown)

    third = jobs.publish_tile_files(grown.runtime)

    assert (first > 0, again, third > 0) == (True, 0, True)
    found = check_tiles(FolderPlace(find_folder(grown)), grown.network.log.name, grown.network.keys.log_verifier)
    assert found.size == grown.count()


def test_the_folder_is_for_the_service_alone_until_somebody_opens_it(grown: Website) -> None:
    jobs.publish_tile_files(grown.runtime)
    folder = find_folder(grown).parent
    made = folder.stat().st_mode & 0o777
    folder.chmod(0o750)

    jobs.publish_tile_files(grown.runtime)

    assert (made, folder.stat().st_mode & 0o777) == (0o700, 0o750)


def test_served_and_written_files_are_the_same_bytes(grown: Website) -> None:
    jobs.publish_tile_files(grown.runtime)
    grown.network.admit("powerco")
    caller = grown.token("powerco")

    folder = find_folder(grown)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        answer = caller.knock("GET", f"/log/{NETWORK}/{path.relative_to(folder).as_posix()}")
        assert answer.data == path.read_bytes(), path


@pytest.mark.parametrize(("damaged", "words"), [("checkpoint", "checkpoint: "), ("tile", "holds other bytes")])
def test_what_does_not_fit_turns_health_red_and_is_left_alone(
    grown: Website, damaged: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    strange = find_folder(grown) / (CHECKPOINT if damaged == "checkpoint" else Tile(0, 0, grown.count()).path)
    strange.parent.mkdir(parents=True)
    strange.write_bytes(b"strange")

    written = jobs.publish_tile_files(grown.runtime)

    assert (written, strange.read_bytes()) == (0, b"strange")
    assert words in caplog.text
    assert any(words in line for line in examine_health(grown.runtime, NETWORK).found)
    strange.unlink()
    jobs.publish_tile_files(grown.runtime)
    assert examine_health(grown.runtime, NETWORK).found == ()


def test_a_folder_that_cannot_be_written_is_tried_again(grown: Website, caplog: pytest.LogCaptureFixture) -> None:
    (grown.settings.data / "tiles").write_bytes(b"a file in the way")

    written = jobs.publish_tile_files(grown.runtime)

    assert (written, "will be tried again" in caplog.text) == (0, True)


def test_a_process_that_ends_leaves_the_rest_for_the_next_one(grown: Website) -> None:
    grown.runtime.ending.set()
    ended = jobs.publish_tile_files(grown.runtime)
    grown.runtime.ending.clear()

    assert (ended, jobs.publish_tile_files(grown.runtime) > 0) == (0, True)


def test_off_means_nowhere(database_url: str, tmp_path: Path) -> None:
    website = Website(database_url, tmp_path / "data", tiles="off")
    publish(website)

    assert (jobs.publish_tile_files(website.runtime), find_folder(website).exists()) == (0, False)
    website.close()


def test_a_bucket_gets_a_prefix_for_each_network(database_url: str, tmp_path: Path) -> None:
    website = Website(database_url, tmp_path / "data", start=False, tiles="s3://ledger/logs")

    assert find_place(website.runtime, NETWORK) == f"s3://ledger/logs/{NETWORK}"
    assert BucketMemory(f"s3://ledger/logs/{NETWORK}") in website.runtime.log(NETWORK)._service.memories
    website.close()


def test_the_settings_say_where_and_what_is_public(tmp_path: Path) -> None:
    given = {"SYMBIOSIS_DATA": str(tmp_path), "SYMBIOSIS_TILES": "s3://ledger-tiles/a/b/", "SYMBIOSIS_PUBLIC_LOGS": "kalundborg, harbour,"}

    settings, plain = read_settings(given), read_settings({"SYMBIOSIS_DATA": str(tmp_path)})

    assert (settings.tiles, settings.public_logs) == ("s3://ledger-tiles/a/b", frozenset({"kalundborg", "harbour"}))
    assert (plain.tiles, plain.public_logs) == ("folder", frozenset())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYMBIOSIS_TILES", ""),
        ("SYMBIOSIS_TILES", "/srv/tiles"),
        ("SYMBIOSIS_TILES", "s3://"),
        ("SYMBIOSIS_TILES", "s3://Bucket/x"),
        ("SYMBIOSIS_TILES", "s3://bucket/../other"),
        ("SYMBIOSIS_TILES", "https://bucket/x"),
        ("SYMBIOSIS_PUBLIC_LOGS", "*"),
        ("SYMBIOSIS_PUBLIC_LOGS", "kalundborg;harbour"),
        ("SYMBIOSIS_PUBLIC_LOGS", "Kalundborg"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({"SYMBIOSIS_DATA": str(tmp_path), name: value})


@pytest.mark.parametrize("place", ["s3://", "s3://a b/c", "https://x/y"])
def test_a_place_that_is_none_is_named(place: str) -> None:
    with pytest.raises(Invalid, match="is wanted"), open_target(place, public=False):
        pass
