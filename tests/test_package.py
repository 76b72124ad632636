"""What is installed is what stands in the clone: templates, migrations and figures travel in the wheel."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture import ROOT

#: What a wheel of the project is made of.
SOURCES = ("ledger", "contracts", "webui", "migrations", "wsgi.py", "pyproject.toml", "README.md", "LICENSE")
PACKAGES = ("ledger", "contracts", "webui", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel built from a copy of the clone, where no earlier build can lend it a file."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder / "source" / name)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*build, str(folder / "source")], check=True)
    [path] = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def list_package_files(home: Path) -> set[str]:
    """List every file of the packages below a folder, compiled ones aside."""
    return {
        path.relative_to(home).as_posix()
        for package in PACKAGES
        for path in (home / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert held == list_package_files(ROOT) | ({"wsgi.py"} if (ROOT / "wsgi.py").is_file() else set())


def test_the_wheel_brings_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    information = {name.partition(".dist-info/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}

    assert b"symbiosis = webui.commands.main:main" in wheel.read(information["entry_points.txt"])
    assert b"Apache License" in wheel.read(information["licenses/LICENSE"])


def test_tests_run_on_the_installed_package_where_there_is_one(code_home: Path) -> None:
    import ledger  # noqa: PLC0415  # where it comes from is the question

    assert Path(str(ledger.__file__)).resolve().parents[1] == code_home
    if os.environ.get("CI") == "true":
        assert code_home != ROOT
