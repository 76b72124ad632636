"""What stops a command: one sentence with the mend, and an exit code; a traceback is for our own mistakes only."""

import sys
from collections.abc import Iterable
from typing import IO, Any, ClassVar

import click

from contracts.errors import Conflict, Finding, Forbidden, NotFound, NotYet, Refusal
from ledger.errors import EvidenceError

NO, USAGE, INCOMPLETE, UNAVAILABLE = 1, 2, 3, 4
#: Faults in what was asked that are no Refusal, by name: commands that cannot meet them need not load their modules.
_OURS = ("webui.settings.SettingsError", "ledger.log.FoundingRefused")


class Complaint(click.ClickException):
    """A sentence for a person, with findings below it."""

    exit_code: ClassVar[int] = USAGE

    def __init__(self, message: str, code: int = USAGE, findings: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click reads it from the instance as well
        self.findings = tuple(findings)

    def show(self, file: IO[Any] | None = None) -> None:
        """Write it to stderr."""
        click.echo(f"symbiosis: {make_printable(self.message)}", file=file, err=file is None)
        for line in describe_findings(self.findings):
            click.echo(f"  {line}", file=file, err=file is None)


def describe_findings(findings: Iterable[Finding]) -> list[str]:
    """Write findings one a line, as `field: message`."""
    return [make_printable(f"{finding.field}: {finding.message}" if finding.field else finding.message) for finding in findings]


def make_printable(text: str) -> str:
    """Replace control and direction characters: a file of somebody else may not paint on the reader's terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}" for character in text)


def translate_fault(error: Exception) -> click.ClickException | None:
    """Say in a sentence what a person can mend; None for what is our own mistake, or already a sentence of click's."""
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        return None
    if isinstance(error, Refusal):
        code = NO if isinstance(error, Conflict | Forbidden | NotFound | NotYet) else USAGE
        alone = len(error.findings) == 1 and error.findings[0].message == error.message
        return Complaint(f"{error.findings[0].field}: {error.message}" if alone else error.message, code, () if alone else error.findings)
    if isinstance(error, EvidenceError):
        return Complaint(str(error))
    if isinstance(error, OSError) and error.filename is not None:
        return Complaint(f"{error.filename}: {error.strerror or error}")
    if f"{type(error).__module__}.{type(error).__name__}" in _OURS:
        return Complaint(str(error))
    return Complaint(_first_line(error), UNAVAILABLE) if _is_unavailable(error) else None


def _is_unavailable(error: Exception) -> bool:
    """Tell whether log, guard or database stand still; modules that are not loaded cannot have raised anything."""
    families = (
        ("ledger.outcome", "LogClosed"),
        ("ledger.guard", "GuardError"),
        ("ledger.store", "Outage"),
        ("sqlalchemy.exc", "OperationalError"),
        ("sqlalchemy.exc", "InterfaceError"),
    )
    return any(module in sys.modules and isinstance(error, getattr(sys.modules[module], name)) for module, name in families)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
