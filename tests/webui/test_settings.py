"""Settings and service keys: what is missing is named with its mend, and secrets stay where they belong."""

from pathlib import Path

import pytest

from webui.service_keys import list_networks, make_service_keys, read_service_keys
from webui.settings import SettingsError, read_settings

SECRET = "s" * 40


def test_without_any_variable_everything_has_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = read_settings({})

    assert settings.database_url == f"sqlite:///{tmp_path / 'symbiosis-data' / 'ledger.db'}"
    assert settings.secure_cookies
    assert settings.serves_sequencer


def test_the_secret_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    first = read_settings({"SYMBIOSIS_DATA": str(tmp_path)})
    second = read_settings({"SYMBIOSIS_DATA": str(tmp_path)})

    assert first.secret_key == second.secret_key
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_secrets_are_in_no_picture_of_the_settings(tmp_path: Path) -> None:
    url = "postgresql+psycopg://symbiosis:hidden-password@db/ledger"

    settings = read_settings({"SYMBIOSIS_DATA": str(tmp_path), "SYMBIOSIS_SECRET_KEY": SECRET, "SYMBIOSIS_DATABASE_URL": url})

    assert SECRET not in repr(settings)
    assert "hidden-password" not in repr(settings)
    assert not settings.serves_sequencer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYMBIOSIS_DATABASE_URL", "not a url"),
        ("SYMBIOSIS_DATABASE_URL", "mysql://x/y"),
        ("SYMBIOSIS_SECRET_KEY", "short"),
        ("SYMBIOSIS_SECRET_KEY_FILE", "/nowhere/at/all"),
        ("SYMBIOSIS_COOKIES", "perhaps"),
        ("SYMBIOSIS_PROXIES", "-1"),
        ("SYMBIOSIS_ANSWER_SECONDS", "soon"),
        ("SYMBIOSIS_ANSWER_SECONDS", "0"),
        ("SYMBIOSIS_ANSWER_SECONDS", "nan"),
        ("SYMBIOSIS_SEQUENCER", "maybe"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({"SYMBIOSIS_DATA": str(tmp_path), name: value})


def test_service_keys_are_made_once_for_one_log(tmp_path: Path) -> None:
    first = make_service_keys(tmp_path, "kalundborg", "ledger.example.org/main")

    again = make_service_keys(tmp_path, "kalundborg", "ledger.example.org/main")

    assert again.service.multikey == first.service.multikey
    assert again.keys.log_key.public != again.keys.receipts_key.public != again.service.public
    assert list_networks(tmp_path) == ["kalundborg"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "service" / "kalundborg").iterdir()} == {0o600}


def test_the_keys_of_one_log_are_not_given_for_another(tmp_path: Path) -> None:
    make_service_keys(tmp_path, "kalundborg", "ledger.example.org/main")

    with pytest.raises(SettingsError, match="not of ledger"):
        make_service_keys(tmp_path, "kalundborg", "ledger.example.org/other")


@pytest.mark.parametrize("name", ["", "Kalundborg", "../etc", "a/b", "x" * 41])
def test_a_network_has_a_plain_short_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="short name"):
        make_service_keys(tmp_path, name, "ledger.example.org/main")


def test_keys_that_others_may_read_are_not_used(tmp_path: Path) -> None:
    make_service_keys(tmp_path, "kalundborg", "ledger.example.org/main")
    (tmp_path / "service" / "kalundborg" / "log.key").chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        read_service_keys(tmp_path, "kalundborg")


def test_damaged_keys_are_named(tmp_path: Path) -> None:
    make_service_keys(tmp_path, "kalundborg", "ledger.example.org/main")
    (tmp_path / "service" / "kalundborg" / "log.key").write_text("xyz", "ascii")

    with pytest.raises(SettingsError, match="cannot be read"):
        read_service_keys(tmp_path, "kalundborg")
