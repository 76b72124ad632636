"""Checkpoints: C2SP tlog-checkpoint, the log's signed word on its size and root.

https://c2sp.org/tlog-checkpoint: origin, decimal size, base64 root, each on a line, as the text of a signed note. No extension lines
are written (nobody could audit them); those of others are tolerated by the parser and refused where a log of ours is verified.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from ledger.errors import BadSignature, Malformed
from ledger.keys import Sign
from ledger.merkle import HASH_BYTES
from ledger.note import VerifierKey, parse_note, sign_note, verify_note

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size and root at one moment."""

    origin: str  #: the log's name
    size: int  #: entries
    root: bytes
    extensions: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Write the note's text."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "\n".join(lines) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Parse the text of a checkpoint; raises Malformed. The root's length is checked by verify_checkpoint."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0]:  # noqa: PLR2004 - three lines, each with its line feed
        raise Malformed("a checkpoint has an origin, a size and a root, each on a line")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) >= 1 << 63:
        raise Malformed("a checkpoint's size is a decimal number")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a checkpoint's root is base64") from None
    if not root or base64.b64encode(root).decode() != lines[2]:
        raise Malformed("a checkpoint's root is base64 in its one canonical form")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:-1]))


def peek_checkpoint(note: str | bytes) -> Checkpoint:
    """Read the checkpoint in a note, no signature verified: for one's own notes, and to learn whose keys to ask for. Raises Malformed."""
    return parse_checkpoint(parse_note(note).text)


def sign_checkpoint(origin: str, size: int, root: bytes, key: VerifierKey, sign: Sign) -> str:
    """Sign a checkpoint as a note whose one signature line is the log's."""
    return sign_note(Checkpoint(origin, size, root).to_text(), key, sign)


def verify_checkpoint(note: str | bytes, origin: str, key: VerifierKey) -> Checkpoint:
    """Verify a log's checkpoint; raises Malformed, or BadSignature for another origin or signer."""
    text = verify_note(note, [key])[0].text
    checkpoint = parse_checkpoint(text)
    if checkpoint.origin != origin:
        raise BadSignature(f"the checkpoint is of the log {checkpoint.origin}, not of {origin}")
    if len(checkpoint.root) != HASH_BYTES or checkpoint.extensions:
        raise Malformed("the checkpoint of this log has a root of 32 bytes and no extension lines")
    return checkpoint


def identify_log(origin: str) -> str:
    """Give a log's id among distributors (transparency-dev/formats, log/identifier.go): SHA-256 of "o:" and its origin, 64 hex digits."""
    return sha256(b"o:" + origin.encode()).hexdigest()


def hash_origin(origin: str) -> str:
    """Give a log's id among witnesses (C2SP tlog-witness): SHA-256 of its origin, 64 hex digits."""
    return sha256(origin.encode()).hexdigest()
