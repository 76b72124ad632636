"""What can be wrong with evidence: findings are values, EvidenceError is the one family that leaves verification."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in what was said, for its author to mend."""

    field: str  #: path of the fault, such as "statement.expires_at" or "parameters.base_price"
    code: str  #: stable kebab-case name
    message: str  #: names the fault and the mend


class EvidenceError(Exception):
    """Evidence that does not hold; `index` names the entry when one is to blame."""

    code: ClassVar[str] = "evidence"

    def __init__(self, message: str, *, index: int | None = None) -> None:
        super().__init__(message if index is None else f"entry {index}: {message}")
        self.index = index


class Malformed(EvidenceError):
    """Bytes that are not in the form of FORMAT.md."""

    code = "malformed"


class BadSignature(EvidenceError):
    """A signature that does not verify, or by a key that may not sign this."""

    code = "bad-signature"


class BadProof(EvidenceError):
    """A hash, path or root that does not follow from the bytes shown."""

    code = "bad-proof"


class Diverged(EvidenceError):
    """Two histories that cannot both be true of one log."""

    code = "diverged"
