"""The line by ML-DSA-44 seen from the service: the setting, the key's file, and what API, tiles and audit file then carry."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.audit_file import export_audit_file
from ledger import ml_dsa
from ledger.note import parse_note
from ledger.policy import Policy, read_policy
from ledger.verify import verify_audit_file
from tests.network import OPERATOR
from tests.webui.commands.running import run_here
from tests.webui.website import NETWORK, Website
from webui import jobs
from webui.runtime import Runtime
from webui.service_keys import keep_post_quantum_key, read_service_keys
from webui.settings import SettingsError, read_settings
from webui.tile_targets import publish_network


@pytest.fixture
def website(database_url: str, tmp_path: Path) -> Iterator[Website]:
    """A network with the setting on."""
    website = Website(database_url, tmp_path / "data", start=False, post_quantum=True)
    yield website
    website.network.verify()
    website.close()


def publish(website: Website, runtime: Runtime | None = None) -> str:
    """Enter something and sign a checkpoint; gives the newest note."""
    runtime = runtime or website.runtime
    website.network.clock.advance(timedelta(days=1, seconds=2))  # after a quiet day the log's heart beats
    assert jobs.beat(runtime) == 1
    website.network.clock.advance(timedelta(seconds=2))
    assert jobs.publish_checkpoints(runtime) == 1
    newest = runtime.log(NETWORK).latest_checkpoint()
    assert newest is not None
    return newest[2]


def key_path(website: Website) -> Path:
    """Name the key's file."""
    return website.settings.data / "service" / NETWORK / "log-mldsa44.key"


def make_policy(key: str) -> Policy:
    """Make the policy of an auditor who was given the key."""
    return read_policy(f"witness log {key}\nquorum log\n")


def test_the_settings_answer_names_the_key_by_which_checkpoint_and_audit_file_are_verified(website: Website) -> None:
    note = publish(website)
    reader, log_key, file = website.token(OPERATOR), website.network.keys.log_verifier, io.BytesIO()

    shown = reader.get(f"/networks/{NETWORK}").json
    published = reader.get(f"/networks/{NETWORK}/checkpoint").text
    exported = export_audit_file(website.runtime.log(NETWORK), file, now=website.runtime.now_text())

    policy = make_policy(shown["post_quantum_key"])
    assert shown["post_quantum_key"].startswith(f"{website.network.log.name}+")
    assert (published, policy.judge(published, log_key).met) == (note, True)
    verdict = verify_audit_file(file, origin=exported.log, log_key=exported.log_key, policy=policy)
    assert (verdict.integrity, verdict.exit_code) == ("witnessed", 0)
    assert verdict.times is not None
    assert verdict.times.outliers == 0
    assert [len(parse_note(one).signatures) for one in (published, verdict.checkpoint)] == [2, 2]


def test_tiles_carry_the_line_and_are_checked_without_the_key(website: Website, tmp_path: Path) -> None:
    note = publish(website)
    key_file, folder = tmp_path / "log.key", website.settings.data / "tiles" / NETWORK
    key_file.write_text(website.network.keys.log_verifier.to_text() + "\n", "ascii")
    place = ["--data", website.settings.data, "--database", website.settings.database_url, "--network", NETWORK]

    publish_network(website.runtime, NETWORK)
    exported = run_here("tiles", "export", *place, tmp_path / "copy")
    checked = [run_here("tiles", "check", one, "--key-file", key_file) for one in (folder, tmp_path / "copy")]

    assert [one.read_text("utf-8") for one in (folder / "checkpoint", tmp_path / "copy" / "checkpoint")] == [note, note]
    assert [one.returncode for one in (exported, *checked)] == [0, 0, 0], [one.stderr for one in (exported, *checked)]


def test_the_key_is_made_once_by_whoever_is_first_and_read_by_its_owner_alone(website: Website) -> None:
    path, name = key_path(website), website.network.log.name
    assert not path.exists()

    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: keep_post_quantum_key(website.settings.data, NETWORK, name).public, range(4)))
    before = path.read_bytes()
    note = publish(website)
    again = publish(website, reopen(website, post_quantum=True))

    assert len(set(keys)) == 1
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o600)
    ids = {parse_note(one).signatures[1].id for one in (note, again)}
    assert len(ids) == 1, "a restart signs by the same key"
    assert read_service_keys(website.settings.data, NETWORK).keys.log_key.public == website.network.keys.log_key.public


def test_two_networks_have_two_keys_and_a_long_name_has_none(website: Website) -> None:
    other = website.settings.data / "service" / "other"
    other.mkdir()

    keys = [keep_post_quantum_key(website.settings.data, one, "ledger.example/main").public for one in (NETWORK, "other")]

    assert keys[0] != keys[1]
    with pytest.raises(SettingsError, match=r"SYMBIOSIS_POST_QUANTUM: the name of the log .* has more than 255 bytes"):
        keep_post_quantum_key(website.settings.data, NETWORK, "l" * 256)


def reopen(website: Website, *, post_quantum: bool) -> Runtime:
    """Open the network as another process would, by other settings."""
    settings = replace(website.settings, post_quantum=post_quantum)
    return Runtime(settings, website.network.clock, website.network.engine, website.runtime._make_domain)


def test_turned_off_again_checkpoints_lack_the_line_and_the_key_stays(website: Website) -> None:
    first = publish(website)
    off = reopen(website, post_quantum=False)

    second = publish(website, off)

    assert [len(parse_note(note).signatures) for note in (first, second)] == [2, 1]
    assert off.log(NETWORK).find_post_quantum_key() is None
    assert key_path(website).exists()
    assert len(parse_note(publish(website, reopen(website, post_quantum=True))).signatures) == 2


@pytest.mark.parametrize(("text", "mode", "words"), [("", 0o600, "restore it"), ("zz" * 32, 0o600, "restore it"),
                                                     ("00" * 31, 0o600, "restore it"), ("00" * 32, 0o640, "chmod 600")])  # fmt: skip
def test_a_key_that_cannot_be_used_is_named_and_left_as_it_is(website: Website, text: str, mode: int, words: str) -> None:
    path = key_path(website)
    path.write_text(text, "ascii")
    path.chmod(mode)

    with pytest.raises(SettingsError, match=rf"log-mldsa44\.key .*{words}"):
        website.runtime.log(NETWORK)

    assert path.read_text("ascii") == text
    path.unlink()


def test_the_setting_is_off_on_or_a_fault_and_wants_a_library_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(value: str | None) -> bool:
        environ = {"SYMBIOSIS_DATA": str(tmp_path)}
        return read_settings(environ if value is None else {**environ, "SYMBIOSIS_POST_QUANTUM": value}).post_quantum

    assert [read(None), read("off"), read("on")] == [False, False, True]
    with pytest.raises(SettingsError, match="SYMBIOSIS_POST_QUANTUM: 'yes' is none of off, on"):
        read("yes")
    monkeypatch.setattr(ml_dsa, "_MODULE", "cryptography.hazmat.primitives.asymmetric.not_there")
    with pytest.raises(SettingsError, match="SYMBIOSIS_POST_QUANTUM: the installed cryptography has no ML-DSA-44: install a newer release"):
        read("on")
    assert read("off") is False
