"""Heads that an auditor knows from elsewhere, and the keys under which a log's checkpoints are read.

The auditor brings one key of the log. Where the log's key changed, entries of the log that the key before signed name the next one; so
which key signs a checkpoint is asked for by the checkpoint's size, here and nowhere else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.authority import Authority
from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.durable import replace_file
from ledger.errors import BadSignature, Malformed
from ledger.note import VerifierKey, read_verifier_key, verify_note

_HEAD = re.compile(r"(0|[1-9][0-9]{0,15}):([0-9a-f]{64})", re.ASCII)
MAX_KEPT = 1_000_000  #: bytes of a kept head


@dataclass(frozen=True, slots=True)
class Head:
    """A size and root of the log that the auditor knows from elsewhere."""

    size: int
    root: bytes
    words: str  #: what to call it in a fault
    note: str = ""  #: the signed note, where it is one


def parse_known_head(text: str, origin: str, log_key: str) -> Head:
    """Read a known head: `size:root` in hex, or a checkpoint note signed by the log's key; raises EvidenceError."""
    found = _HEAD.fullmatch(text.strip())
    if found:
        return Head(int(found[1]), bytes.fromhex(found[2]), f"the known head {found[1]}:{found[2][:16]}…")
    checkpoint = verify_checkpoint(text, origin, read_verifier_key(log_key))
    return Head(checkpoint.size, checkpoint.root, f"the known checkpoint of size {checkpoint.size}", text)


def read_heads(texts: Sequence[str], origin: str, key: VerifierKey) -> list[Head | str]:
    """Read all known heads; raises EvidenceError for one that is none. A note by another key stays a note: see KnownKeys.read_head."""
    heads: list[Head | str] = []
    for text in texts:
        try:
            heads.append(parse_known_head(text, origin, key.to_text()))
        except BadSignature:
            heads.append(text)
    return heads


class KnownKeys:
    """The keys that sign a log's checkpoints, as the log itself names them, from the one that the auditor brought."""

    def __init__(self, origin: str, key: VerifierKey, authority: Authority) -> None:
        self._origin, self._key, self._authority = origin, key, authority

    def key_at(self, size: int) -> VerifierKey:
        """Give the key that signs a checkpoint of this size."""
        text = self._authority.log_key_at(size)
        founding = not self._authority.log_keys or text == self._authority.log_keys[0][1]
        return self._key if founding else read_verifier_key(text)

    def verify(self, note: str) -> Checkpoint:
        """Verify a checkpoint's note; lines by the log's former keys must hold as well. Raises Malformed or BadSignature."""
        keys = self._list_keys()
        if len(keys) == 1:
            return verify_checkpoint(note, self._origin, self._key)
        _, signed = verify_note(note, keys)
        checkpoint = verify_checkpoint(note, self._origin, signed[0])
        if self.key_at(checkpoint.size) not in signed:
            raise BadSignature("the checkpoint is not signed by the log key that was in force at its size")
        return checkpoint

    def read_head(self, note: str) -> Head:
        """Read a known head that a later key of this log signed; raises BadSignature for one that none of its keys signed."""
        _, signed = verify_note(note, self._list_keys())
        return parse_known_head(note, self._origin, signed[0].to_text())

    def _list_keys(self) -> list[VerifierKey]:
        return [self._key, *(key for _, text in self._authority.log_keys[1:] if (key := read_verifier_key(text)) != self._key)]


def read_kept_head(path: Path) -> str | None:
    """Read the head that was kept after an earlier audit; None if there is none yet. Raises Malformed, OSError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEPT + 1)
    except FileNotFoundError:
        return None
    try:
        if len(data) > MAX_KEPT:
            raise Malformed(f"{path}: too long for a checkpoint")
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed(f"{path}: is not text") from None


def keep_head(path: Path, note: str) -> None:
    """Keep a head in place of the former one: whole on the disk before it takes its name. Raises OSError."""
    replace_file(path, note.encode(), 0o666)
