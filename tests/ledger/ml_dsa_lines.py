"""Lines by ML-DSA-44 for tests of whatever carries a checkpoint: the key of a fixed seed, and notes with more lines."""

from ledger.checkpoint import peek_checkpoint
from ledger.cosignature import ML_DSA_44, cosign_by_ml_dsa
from ledger.ml_dsa import MlDsaKey
from ledger.note import MAX_SIGNATURES, VerifierKey, parse_note
from ledger.policy import Policy, read_policy

#: From the seed of the examples in RFC 9881, appendix C.
KEY = MlDsaKey(bytes(range(32)))
TIME = 1_679_315_147


def name_key(name: str, key: MlDsaKey = KEY) -> VerifierKey:
    """Give the verifier key of an ML-DSA-44 key under a name."""
    return VerifierKey(name, ML_DSA_44, key.public)


def add_line(note: str, name: str | None = None, time: int = TIME, key: MlDsaKey = KEY) -> str:
    """Add a line by ML-DSA-44 under a name, that of the log if None."""
    checkpoint = peek_checkpoint(note)
    return note + cosign_by_ml_dsa(checkpoint, time, name or checkpoint.origin, key)


def fill_with_lines(note: str) -> str:
    """Add lines by strangers until the note has as many as it may have: about a third of a megabyte."""
    line = add_line(note, "stranger.example")[len(note) :]
    many = range(MAX_SIGNATURES - len(parse_note(note).signatures))
    return note + "".join(line.replace("stranger", f"stranger-{number}") for number in many)


def make_log_policy(log: str, key: MlDsaKey = KEY) -> Policy:
    """Make the policy of an auditor who wants a log's own line by ML-DSA-44."""
    return read_policy(f"witness log {name_key(log, key).to_text()}\nquorum log\n")
