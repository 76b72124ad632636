"""Which of a log's keys sign its next checkpoint: the one in force, the former ones that are still at hand, and one by ML-DSA-44."""

from collections.abc import Callable

from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.cosignature import ML_DSA_44, cosign_by_ml_dsa
from ledger.instant import read_seconds
from ledger.keys import SigningKey
from ledger.ml_dsa import MlDsaKey
from ledger.note import VerifierKey, countersign_note, read_verifier_key
from ledger.outcome import LogKeys, LogUnavailable
from ledger.tip import Tip

FindKey = Callable[[str], SigningKey | None]  #: verifier key → a log key that is at hand


def sign_tip(tip: Tip, keys: LogKeys, find_key: FindKey) -> str:
    """Sign a checkpoint of a tip; lines by former keys are for whoever knows no later one yet.

    Raises LogUnavailable if the key in force is not at hand: the log takes statements all the same, which are published once it is back.
    """
    *former, text = (text for _, text in tip.authority.log_keys)
    verifier = read_verifier_key(text)
    in_force = keys.log_key if verifier == keys.log_verifier else find_key(text)
    if in_force is None:
        raise LogUnavailable(f"the key that signs this log's checkpoints is not at hand: bring the file of {text} back")
    note = sign_checkpoint(keys.name, tip.size, tip.root, verifier, in_force.sign)
    for text in reversed(former):
        if (key := find_key(text)) is not None:  # asked for each time: one that was retired signs no more, whoever holds it in memory
            note = countersign_note(note, read_verifier_key(text), key.sign)
    return note


def cosign_tip(tip: Tip, log: str, key: MlDsaKey | None, now: str) -> str:
    """Cosign a tip by the log's ML-DSA-44 key at an instant: a signature line, or nothing where there is no such key."""
    return "" if key is None else cosign_by_ml_dsa(Checkpoint(log, tip.size, tip.root), read_seconds(now), log, key)


def name_post_quantum_key(log: str, key: MlDsaKey | None) -> str | None:
    """Write the verifier key of a log's ML-DSA-44 lines, type 0x06; None where there is none."""
    return None if key is None else VerifierKey(log, ML_DSA_44, key.public).to_text()
