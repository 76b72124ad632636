"""Cosignatures of C2SP tlog-cosignature, Ed25519 (cosignature/v1, type 0x04): a witness's timed word on a checkpoint.

https://c2sp.org/tlog-cosignature. Signed are `cosignature/v1`, `time T` and the checkpoint's text; the line carries T as 8 bytes, big
end first, and the 64 bytes of the signature. The message does not hold the witness's name: one key belongs to one witness.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import BadSignature, Malformed
from ledger.keys import SIGNATURE_BYTES, Sign, verify_signature
from ledger.note import Note, Signature, VerifierKey, read_key_of_type, write_signature_line

COSIGNATURE = 0x04  #: signature type of signed-note
MAX_TIME = 2**63 - 1  #: seconds; tlog-cosignature, "Format"
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One witness's line that holds."""

    key: VerifierKey
    time: int  #: seconds since 1970, by the witness's clock


def read_witness_key(text: str) -> VerifierKey:
    """Read a witness's verifier key (type 0x04) in its one-line form; raises Malformed, for a log's key (0x01) too."""
    return read_key_of_type(text, COSIGNATURE)


def cosign_checkpoint(text: str, time: int, key: VerifierKey, sign: Sign) -> str:
    """Cosign a checkpoint's text at a time; gives the signature line with its line feed."""
    return write_signature_line(key, time.to_bytes(_TIME_BYTES, "big") + sign(_write_message(text, time)))


def verify_cosignature(text: str, line: Signature, key: VerifierKey) -> int:
    """Verify a line that carries a witness's name and key id; gives its time, raises Malformed or BadSignature."""
    if len(line.signature) != _TIME_BYTES + SIGNATURE_BYTES:
        raise Malformed(f"the cosignature by {key.name} has not 8 bytes of time and 64 of signature")
    time = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    if time > MAX_TIME:
        raise Malformed(f"the cosignature by {key.name} is of a time beyond 2^63 - 1")
    if not verify_signature(key.public, line.signature[_TIME_BYTES:], _write_message(text, time)):
        raise BadSignature(f"the cosignature by {key.name} does not hold")
    return time


def find_cosignatures(note: Note, keys: Sequence[VerifierKey]) -> list[Cosignature]:
    """Find the lines by known witnesses, in the note's order; raises Malformed or BadSignature if a known witness's line does not hold.

    Lines by unknown keys are ignored, and so are those of another type by the same key: they have another key id.
    """
    known = {(key.name, key.id): key for key in keys}
    found = ((line, known.get((line.name, line.id))) for line in note.signatures)
    return [Cosignature(key, verify_cosignature(note.text, line, key)) for line, key in found if key is not None]


def _write_message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
