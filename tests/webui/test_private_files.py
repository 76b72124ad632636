"""Contents lie in files that others on the machine cannot read, whatever folder they are put in."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from webui.demo.place import Place
from webui.private_files import open_private
from webui.runtime import open_runtime
from webui.settings import Settings


def open_folder(data: Path) -> None:
    """Open a runtime in a folder, write to its database, and let it go."""
    settings = Settings(database_url=f"sqlite:///{data / 'ledger.db'}", data=data, secret_key="k" * 48)
    with closing(open_runtime(settings)) as runtime, runtime.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS probe (one INTEGER)")
        assert list_open(data) == []  # with the -wal and -shm files that lie there while it runs


def list_open(folder: Path) -> list[str]:
    """List the files that group or world may do something with."""
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.stat().st_mode & 0o077)


def test_a_database_in_a_folder_that_others_may_enter_is_not_theirs_to_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)

    open_folder(data)

    assert list_open(data) == []
    assert caplog.records == []


def test_a_folder_of_our_own_is_shut(tmp_path: Path) -> None:
    open_folder(tmp_path / "data")

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_database_that_others_could_read_is_shut_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_folder(tmp_path)
    (tmp_path / "ledger.db").chmod(0o644)
    (tmp_path / "guard").mkdir(exist_ok=True)
    (tmp_path / "guard" / "kalundborg").touch(0o644)
    (tmp_path / "guard" / "kalundborg").chmod(0o644)

    with caplog.at_level(logging.WARNING, "symbiosis.files"):
        open_folder(tmp_path)

    assert list_open(tmp_path) == list_open(tmp_path / "guard") == []
    assert [record.getMessage().partition(" could be read")[0] for record in caplog.records] == [
        str(tmp_path / "ledger.db"),
        str(tmp_path / "guard" / "kalundborg"),
    ]


def test_an_export_over_an_open_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "audit.zip"
    path.touch()
    path.chmod(0o644)

    with open_private(path) as file:
        file.write(b"x")

    assert list_open(tmp_path) == []


def test_a_demos_folder_that_was_there_gets_private_files(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    Place(tmp_path).begin()

    assert list_open(tmp_path) == []
