"""The first page, the settings and the top folder hold what they should: commands, reasons, and nothing left lying."""

import re
import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture import FOLDERS, ROOT

#: What may lie at the top, besides what git ignores.
TOP = {*FOLDERS, "wsgi.py", "pyproject.toml", "README.md", "LICENSE", ".ci", ".git", ".gitignore"}

DEMO = "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/symbiosis demo"
TESTS = "python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/python -m pytest -n auto"

#: Work put off, in the words that people use for it; parted here, so that this file passes.
PUT_OFF = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|HA" r"CK)\b")

#: An exception to ruff or mypy within a line, and the words after it.
EXCEPTION = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*|\[[a-z, -]+\])?(?P<reason>.*)")

#: Sections of pyproject.toml in which a list or a switch on one line wants a reason.
EXPLAINED = ("project.optional-dependencies", "tool.ruff.lint.per-file-ignores", "tool.mypy.overrides")


def find_strange_files(tree: Path) -> list[str]:
    """What lies at the top and is neither part of the design nor ignored by git."""
    ignored = [line.strip("/") for line in (tree / ".gitignore").read_text("utf-8").split()]
    names = [path.name for path in sorted(tree.iterdir())]
    return [name for name in names if name not in TOP and not any(fnmatch(name, pattern) for pattern in ignored)]


def find_settings_without_reason(text: str) -> list[str]:
    """Lines of pyproject.toml with a requirement or an exception, and no comment to say why."""
    found, section = [], ""
    for line in text.splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        code, _, reason = line.partition("#")
        is_item = re.match(r' +"', code) and '"error"' not in code and not re.search(r'"\w+: ', code)
        is_exception = section in EXPLAINED and re.search(r"= (\[.+\]|true|false)\s*$", code) and not code.startswith("module")
        if (is_item or is_exception) and not reason.strip():
            found.append(line.strip())
    return found


def find_exceptions_without_reason(text: str) -> list[str]:
    """Lines of Python that silence ruff or mypy and do not say why."""
    return [
        line.strip()
        for line in text.splitlines()
        if (silenced := EXCEPTION.search(line)) and not re.search(r"[a-z]{2,}", silenced["reason"])
    ]


def find_put_off_work(text: str) -> list[str]:
    """Lines that put work off: what is open is an issue, not a remark."""
    return [line.strip() for line in text.splitlines() if PUT_OFF.search(line)]


def read_sources() -> dict[str, str]:
    """Read every Python file, page and setting of the project, by path."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    paths += [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
    paths = [path for path in paths if path.is_file() and path.suffix in {".py", ".md", ".toml", ""}]
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in paths}


def test_the_top_folder_holds_what_the_design_names() -> None:
    assert find_strange_files(ROOT) == []


def test_every_requirement_and_every_exception_in_the_settings_has_a_reason() -> None:
    assert find_settings_without_reason((ROOT / "pyproject.toml").read_text("utf-8")) == []


@pytest.mark.parametrize("find", [find_exceptions_without_reason, find_put_off_work], ids=lambda find: find.__name__)
def test_no_file_of_ours_holds(find: Callable[[str], list[str]]) -> None:
    sources = read_sources()

    found = [f"{path}: {line}" for path, text in sources.items() if path != "tests/test_house.py" for line in find(text)]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("find", "fault"),
    [
        (find_exceptions_without_reason, "import os  # noqa: PLC0415"),
        (find_exceptions_without_reason, "import os  # noqa"),
        (find_exceptions_without_reason, "x = f()  # type: ignore[no-untyped-call]"),
        (find_put_off_work, "# TODO: later"),
        (find_settings_without_reason, '[project]\ndependencies = [\n    "flask>=3",\n]'),
        (find_settings_without_reason, '[tool.ruff.lint]\nignore = [\n    "E501",\n]'),
        (find_settings_without_reason, '[tool.ruff.lint.per-file-ignores]\n"tests/**" = ["S101"]'),
        (find_settings_without_reason, '[[tool.mypy.overrides]]\nmodule = ["highspy.*"]\nignore_errors = true'),
        (find_settings_without_reason, '[tool.pytest.ini_options]\nfilterwarnings = [\n    "error",\n    "ignore:x",\n]'),
    ],
)
def test_a_planted_fault_of_housekeeping_is_found(find: Callable[[str], list[str]], fault: str) -> None:
    assert len(find(fault)) == 1


@pytest.mark.parametrize(
    ("find", "text"),
    [
        (find_exceptions_without_reason, "import os  # noqa: PLC0415, F401  # loaded only by those who print"),
        (find_put_off_work, "# what is to do is in the list"),
        (find_settings_without_reason, '[project]\ndependencies = [\n    "flask>=3",  # the web\n]\nkeywords = ["x"]'),
        (find_settings_without_reason, '[tool.pytest.ini_options]\nfilterwarnings = ["error"]'),
    ],
)
def test_a_reason_given_satisfies(find: Callable[[str], list[str]], text: str) -> None:
    assert find(text) == []


def test_a_file_left_at_the_top_is_found(tmp_path: Path) -> None:
    for name in ("README.md", "notes.txt", "build"):
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("/build/\n", "utf-8")

    assert find_strange_files(tmp_path) == ["notes.txt"]


@pytest.mark.parametrize(("section", "command"), [("Run the demo", DEMO), ("Run the tests", TESTS)])
def test_the_first_page_gives_each_command_on_a_line_of_its_own(section: str, command: str) -> None:
    page = (ROOT / "README.md").read_text("utf-8")

    _, _, rest = page.partition(f"\n## {section}\n")

    assert rest.partition("```sh\n")[2].partition("\n```")[0] == command


def test_the_commands_need_what_the_settings_declare() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert "symbiosis" in settings["scripts"]
    assert "test" in settings["optional-dependencies"]
