"""The command as a whole: it starts at once, every subcommand explains itself, and faults are sentences with exit codes."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from contracts.errors import Conflict, Finding, Invalid
from ledger.errors import Malformed
from ledger.outcome import LogUnavailable
from tests.architecture import ROOT
from tests.webui.commands.running import run
from webui.commands.faults import Complaint, translate_fault
from webui.commands.main import SUBCOMMANDS, symbiosis

#: Everything that a person can ask for help about.
PAGES = [
    *([name] for name in SUBCOMMANDS),
    *(["keys", name] for name in ("new", "show", "request", "revoke")),
    ["certificate", "verify"],
    *(["audit", name] for name in ("export", "recompute")),
    *(["network", name] for name in ("found", "list")),
    *(["person", name] for name in ("add", "reset-factor")),
    ["token", "new"],
]


def test_the_installed_command_is_this_one() -> None:
    script = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]["symbiosis"]

    module, _, name = script.partition(":")

    assert callable(getattr(importlib.import_module(module), name))


def test_help_lists_every_command_and_the_exit_codes(code_home: Path) -> None:
    done = run(code_home, "--help")

    assert done.returncode == 0
    assert all(f"  {name} " in done.stdout for name in SUBCOMMANDS)
    assert all(f"\n    {code}  " in done.stdout for code in range(5))


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_every_command_explains_itself_with_an_example(page: list[str]) -> None:
    if page == ["demo"]:
        pytest.importorskip("webui.commands.demo")
    done = CliRunner().invoke(symbiosis, [*page, "--help"])

    assert done.exit_code == 0, done.output
    command = symbiosis.get_command(click.Context(symbiosis), page[0])
    is_group = isinstance(command, click.Group) and len(page) == 1
    assert is_group or f"symbiosis {' '.join(page)}" in done.output.partition("\n")[2], "an example is wanted"


def test_asking_for_help_loads_neither_databases_nor_solvers(code_home: Path) -> None:
    program = (
        "import sys; from webui.commands.main import symbiosis\n"
        "try: symbiosis.main(['allocate', '--help'], prog_name='symbiosis')\n"
        "except SystemExit: pass\n"
        "print([name for name in ('sqlalchemy', 'flask', 'numpy', 'highspy', 'gunicorn') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=code_home, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_is_a_fault_of_usage(code_home: Path) -> None:
    done = run(code_home, "divide")

    assert done.returncode == 2
    assert "No such command" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (Invalid("2 faults", [Finding("quantity", "malformed", "a decimal is wanted")]), 2, "quantity: a decimal is wanted"),
        (Conflict("it is closed"), 1, "it is closed"),
        (Malformed("not JSON"), 2, "not JSON"),
        (FileNotFoundError(2, "No such file or directory", "a.json"), 2, "a.json: No such file or directory"),
        (LogUnavailable("the database failed"), 4, "the database failed"),
    ],
)
def test_faults_are_said_in_a_sentence(error: Exception, code: int, says: str) -> None:
    found = translate_fault(error)

    assert isinstance(found, Complaint)
    assert found.exit_code == code
    assert says in "\n".join([found.message, *(f"{one.field}: {one.message}" for one in found.findings)])


def test_a_mistake_of_our_own_keeps_its_traceback() -> None:
    assert translate_fault(KeyError("log_id")) is None


def test_a_hostile_text_does_not_reach_the_terminal() -> None:
    @click.command()
    def complain() -> None:
        raise Complaint("before\x1b[2Jafter")

    done = CliRunner().invoke(complain)

    assert "\x1b" not in done.output
    assert "before\ufffd[2Jafter" in done.output
