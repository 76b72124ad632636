"""The witness protocol of C2SP tlog-witness v1.1.0, as pure rules: what a log asks, and what a witness answers.

https://c2sp.org/tlog-witness. A request is `old N`, the lines of a consistency proof, an empty line and a checkpoint. The checks run in
the specification's order: form 400, unknown log 404, signature 403, old size beyond the new one 400, old size not the last one
cosigned 409, other root at the same size and a proof that does not hold 422.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ledger.checkpoint import Checkpoint, peek_checkpoint
from ledger.errors import BadProof, BadSignature, Malformed
from ledger.merkle import EMPTY_ROOT, HASH_BYTES, check_consistency
from ledger.note import Signature, VerifierKey, decode_base64, verify_note

MAX_PROOF = 63  #: lines; tlog-witness, "add-checkpoint"
MAX_REQUEST_BYTES = 131_072  #: our own bound: 63 lines of proof, and 38 lines by ML-DSA-44 where signed-note asks for 16 of 5 kB at least
OK, BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROVED, UNAVAILABLE = 200, 400, 403, 404, 409, 422, 503
PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
FORK, UNPROVED_GROWTH = "fork", "unproved"  #: kinds of evidence
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """One request, in due form; nothing in it verified yet."""

    old: int  #: size that the proof begins from
    proof: tuple[bytes, ...]
    note: str  #: the checkpoint as signed
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers."""

    status: int  #: of HTTP
    body: str
    content_type: str = PLAIN


class Refused(Exception):
    """A request is not cosigned; `answer` says why, `evidence` what it may show of the log, `FORK` or `UNPROVED_GROWTH`, or nothing."""

    code: ClassVar[str] = "not-cosigned"

    def __init__(self, status: int, reason: str, evidence: str = "") -> None:
        super().__init__(reason)
        self.answer = Answer(status, f"{reason}\n")
        self.evidence = evidence


class Stale(Refused):
    """The request does not begin from the size cosigned last; the answer names that size."""

    def __init__(self, size: int, evidence: str = "") -> None:
        super().__init__(CONFLICT, f"the size cosigned last is {size}", evidence)
        self.answer = Answer(CONFLICT, f"{size}\n", SIZE)


def write_request(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """Write a request's body."""
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def parse_request(body: bytes) -> AddCheckpoint:
    """Parse a request's body strictly; raises Malformed."""
    if len(body) > MAX_REQUEST_BYTES:
        raise Malformed(f"the request has more than {MAX_REQUEST_BYTES} bytes")
    try:
        head, parted, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        raise Malformed("the request is not UTF-8") from None
    first, *lines = head.split("\n")
    found = _OLD.fullmatch(first)
    if not parted or found is None or int(found[1]) >= 1 << 63:
        raise Malformed("a request begins with old, a space and a size, and has an empty line before the checkpoint")
    if len(lines) > MAX_PROOF:
        raise Malformed(f"the proof has more than {MAX_PROOF} lines")
    proof = tuple(decode_base64(line, "a line of the proof") for line in lines)
    if any(len(step) != HASH_BYTES for step in proof):
        raise Malformed("a line of the proof is not a hash of 32 bytes")
    checkpoint = peek_checkpoint(note)
    if len(checkpoint.root) != HASH_BYTES or checkpoint.extensions:
        raise Malformed("a checkpoint that is to be cosigned has a root of 32 bytes and no extension lines")
    return AddCheckpoint(int(found[1]), proof, note, checkpoint)


def check_log_signature(request: AddCheckpoint, keys: Sequence[VerifierKey]) -> tuple[Signature, ...]:
    """Check that a request's checkpoint is signed by a key of its log; gives the lines that hold, raises Refused.

    keys: those that the witness trusts for the checkpoint's origin; none if it does not know the log.
    """
    if not keys:
        raise Refused(NOT_FOUND, "this witness does not know the log")
    try:
        note, signed = verify_note(request.note, keys)
    except BadSignature as error:
        raise Refused(FORBIDDEN, str(error)) from None
    held = {(key.name, key.id) for key in signed}
    return tuple({(line.name, line.id): line for line in reversed(note.signatures) if (line.name, line.id) in held}.values())


def judge_growth(request: AddCheckpoint, known: Checkpoint | None) -> None:
    """Check a request that its log signed against the checkpoint cosigned last, None if there was none; raises Refused."""
    new, old = request.checkpoint, request.old
    if old > new.size:
        raise Refused(BAD_REQUEST, "the old size is larger than the checkpoint's")
    last = known or Checkpoint(new.origin, 0, EMPTY_ROOT)
    forks = known is not None and new.size == known.size and new.root != known.root
    if old != last.size:
        raise Stale(last.size, FORK if forks else "")
    if new.size == 0 and new.root != EMPTY_ROOT:
        raise Refused(UNPROVED, "an empty tree has the root of the empty tree", FORK)
    if new.size == last.size:
        if new.root != last.root:
            raise Refused(UNPROVED, "another root at the size that was cosigned last: there are two histories", FORK)
        if request.proof:
            raise Refused(UNPROVED, "equal sizes need no consistency proof")
    elif old == 0:
        if request.proof:
            raise Refused(UNPROVED, "from an empty tree the consistency proof is empty")
    else:
        try:
            check_consistency(old, last.root, new.size, new.root, request.proof)
        except BadProof as error:
            raise Refused(UNPROVED, f"the consistency proof does not hold: {error}", UNPROVED_GROWTH) from None
