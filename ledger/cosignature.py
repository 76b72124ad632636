"""Cosignatures of C2SP tlog-cosignature: a cosigner's timed word on a checkpoint, by Ed25519 (type 0x04) or ML-DSA-44 (type 0x06).

https://c2sp.org/tlog-cosignature. Under Ed25519 are `cosignature/v1`, `time T` and the checkpoint's text, and not the cosigner's name: one
key belongs to one cosigner. What is under ML-DSA-44 stands in ledger/ml_dsa.py. The line carries T as 8 bytes, big end first, and the
signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.errors import BadSignature, Malformed
from ledger.keys import SIGNATURE_BYTES, Sign, verify_signature
from ledger.ml_dsa import SIGNED_BYTES, MlDsaKey, check_ml_dsa_key, verify_ml_dsa, write_cosigned_message
from ledger.note import Note, Signature, VerifierKey, read_key_of_type, split_verifier_key, write_signature_line

COSIGNATURE, ML_DSA_44 = 0x04, 0x06  #: signature types of signed-note
MAX_TIME = 2**63 - 1  #: seconds; tlog-cosignature, "Format"
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One witness's line that holds."""

    key: VerifierKey
    time: int  #: seconds since 1970, by the witness's clock; 0 by ML-DSA-44: it says nothing of time

    @property
    def is_timed(self) -> bool:
        """Tell whether it says when; tlog-cosignature lets a line by ML-DSA-44 vouch for the tree and leave the time out."""
        return self.time > 0 or self.key.type != ML_DSA_44


def read_witness_key(text: str) -> VerifierKey:
    """Read a witness's verifier key (type 0x04 or 0x06) in its one-line form; raises Malformed, for a log's key (0x01) too."""
    key = split_verifier_key(text)
    if key.type != ML_DSA_44:
        return read_key_of_type(text, COSIGNATURE)
    check_ml_dsa_key(key.public)
    return key


def cosign_by_ml_dsa(checkpoint: Checkpoint, time: int, name: str, key: MlDsaKey) -> str:
    """Cosign a checkpoint by ML-DSA-44 under a cosigner's name; gives the signature line with its line feed, raises Malformed."""
    signature = key.sign(write_cosigned_message(name, time, checkpoint))
    return write_signature_line(VerifierKey(name, ML_DSA_44, key.public), time.to_bytes(_TIME_BYTES, "big") + signature)


def cosign_checkpoint(text: str, time: int, key: VerifierKey, sign: Sign) -> str:
    """Cosign a checkpoint's text at a time; gives the signature line with its line feed."""
    return write_signature_line(key, time.to_bytes(_TIME_BYTES, "big") + sign(_write_message(text, time)))


def verify_cosignature(text: str, line: Signature, key: VerifierKey) -> int:
    """Verify a line that carries a witness's name and key id; gives its time, raises Malformed or BadSignature."""
    length = SIGNED_BYTES if key.type == ML_DSA_44 else SIGNATURE_BYTES
    if len(line.signature) != _TIME_BYTES + length:
        raise Malformed(f"the cosignature by {key.name} has not 8 bytes of time and {length} of signature")
    time = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    if time > MAX_TIME:
        raise Malformed(f"the cosignature by {key.name} is of a time beyond 2^63 - 1")
    if not _holds(text, time, line.signature[_TIME_BYTES:], key):
        raise BadSignature(f"the cosignature by {key.name} does not hold")
    return time


def find_cosignatures(note: Note, keys: Sequence[VerifierKey]) -> list[Cosignature]:
    """Find the lines by known witnesses, in the note's order; raises Malformed or BadSignature if a known witness's line does not hold.

    Lines by unknown keys are ignored, and so are those of another type by the same key: they have another key id.
    """
    known = {(key.name, key.id): key for key in keys}
    found = ((line, known.get((line.name, line.id))) for line in note.signatures)
    return [Cosignature(key, verify_cosignature(note.text, line, key)) for line, key in found if key is not None]


def _holds(text: str, time: int, signature: bytes, key: VerifierKey) -> bool:
    if key.type != ML_DSA_44:
        return verify_signature(key.public, signature, _write_message(text, time))
    return verify_ml_dsa(key.public, signature, write_cosigned_message(key.name, time, parse_checkpoint(text)))


def _write_message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
