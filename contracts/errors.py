"""What is said when something cannot be done: findings (faults in data, all at once) and refusals (a request stops)."""

from collections.abc import Sequence
from typing import ClassVar

from ledger.errors import Finding

__all__ = ["Conflict", "Finding", "Forbidden", "Invalid", "NotFound", "NotYet", "Refusal", "raise_findings"]


class Refusal(Exception):
    """A request was understood and is not carried out; nothing was changed."""

    #: stable name of the family, for programs; ``webui/problems.py`` maps it to HTTP
    code: ClassVar[str] = "refused"

    #: why, in one sentence
    message: str
    #: the faults found; empty where the sentence says it all
    findings: tuple[Finding, ...]

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.findings = tuple(findings)

    def __reduce__(self) -> tuple[type["Refusal"], tuple[str, tuple[Finding, ...]]]:
        """Keep the findings when a refusal crosses a process border."""
        return type(self), (self.message, self.findings)


class Invalid(Refusal):
    """The data itself is at fault; sending the same again cannot succeed."""

    code: ClassVar[str] = "invalid"


class NotFound(Refusal):
    """What was asked for does not exist, or the asker may not know that it does."""

    code: ClassVar[str] = "not-found"


class Forbidden(Refusal):
    """The asker, or the key that signed, lacks the role, limit or grant."""

    code: ClassVar[str] = "forbidden"


class Conflict(Refusal):
    """The data is well formed, but the state as it is does not allow the step."""

    code: ClassVar[str] = "conflict"


class NotYet(Refusal):
    """The step will be possible later: an earlier signature, a deadline or an opening is awaited."""

    code: ClassVar[str] = "not-yet"


def raise_findings(findings: Sequence[Finding], message: str = "") -> None:
    """Raise ``Invalid`` with all findings if there is any; else do nothing.

    ``message`` is the sentence above the list; without one the findings are counted.
    """
    if not findings:
        return
    count = len(findings)
    raise Invalid(message or (findings[0].message if count == 1 else f"{count} faults were found"), findings)
