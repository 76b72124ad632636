"""The command `symbiosis` as a second process, as its users run it; and key files for it."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from ledger.keyfile import KeyFile, seal_key
from ledger.keys import SigningKey
from webui.commands.main import symbiosis

PASSPHRASE = "correct horse battery staple"
LOG = "ledger.example/main"
TIMEOUT = 120  #: seconds for one command


def run(code_home: Path, *arguments: object, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `symbiosis` with arguments, something on its standard input, and variables in its environment."""
    return subprocess.run(
        [sys.executable, "-m", "webui.commands.main", *map(str, arguments)],
        cwd=code_home,
        env={**clean_environment(), **variables},
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )


def run_here(*arguments: object, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `symbiosis` in this process: the same command without a second's start, where a second process was tried already."""
    hidden = {name: None for name in os.environ if name.startswith("SYMBIOSIS_")}
    done = CliRunner().invoke(symbiosis, [str(one) for one in arguments], input=given, env={**hidden, **variables})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess([str(one) for one in arguments], done.exit_code, done.stdout, done.stderr)


def clean_environment() -> dict[str, str]:
    """Give the environment without what a developer's shell may say of a service."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SYMBIOSIS_") and name not in ("COVERAGE_PROCESS_START", "PYTHONWARNINGS")
    } | {"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}


def write_passphrase(folder: Path) -> Path:
    """Write the passphrase's file."""
    path = folder / "passphrase"
    path.write_text(PASSPHRASE + "\n", "utf-8")
    return path


def write_key(
    path: Path, *, log: str = LOG, organisation: str = "o-powerco", holder: str = "h-powerco1", key: SigningKey | None = None
) -> KeyFile:
    """Write a key file under the passphrase."""
    file = KeyFile(key or SigningKey.generate(), log, organisation, holder)
    path.write_bytes(seal_key(file, PASSPHRASE))
    return file
