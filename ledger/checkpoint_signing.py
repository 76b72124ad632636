"""Which of a log's keys sign its next checkpoint: the one in force, and the former ones that are still at hand."""

from collections.abc import Callable

from ledger.checkpoint import sign_checkpoint
from ledger.keys import SigningKey
from ledger.note import countersign_note, read_verifier_key
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
