"""What a signer has seen of a log: the newest checkpoint that was checked, kept beside the key file, so that every signer is a witness.

A server that shows an older tree than before, another one of the same size, or one that does not continue what was seen, is caught here.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.errors import EvidenceError
from ledger.log_kinds import follow_rotations
from ledger.merkle import check_consistency
from ledger.note import read_verifier_key, verify_note
from ledger.statement import Seen
from webui.commands.faults import NO, Complaint

Prove = Callable[[int, int], list[bytes]]  #: old and new size → consistency proof


@dataclass(frozen=True, slots=True)
class Remembered:
    """What stands in the file."""

    log_key: str  #: verifier key that every checkpoint since has held under
    note: str | None


def place_memory(key_file: Path) -> Path:
    """Give the file beside a key file that remembers what its holder saw."""
    return key_file.with_name(f"{key_file.name}.seen")


def read_memory(path: Path) -> Remembered | None:
    """Read what was seen; None if nothing was."""
    try:
        value = json.loads(path.read_text("utf-8"))
        return Remembered(str(value["log_key"]), value["note"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise Complaint(f"{path}: it does not hold what was seen of the log: remove it, or bring back a copy") from None


def check_head(path: Path, note: str, log: str, log_key: str, prove: Prove, rotations: Sequence[str] = ()) -> Seen:
    """Check a checkpoint against what was seen before, remember it, and give what the statement says was seen.

    rotations: notes by which the trusted key and those after it handed over; the last one that signed is trusted from now on.
    Raises Complaint, with the two notes kept, if the log's own words contradict each other.
    """
    try:
        keys = follow_rotations(log, read_verifier_key(log_key), rotations)
        signed = verify_note(note, keys)[1]
        newest = max(signed, key=keys.index)
        checkpoint = verify_checkpoint(note, log, newest)
        known = read_memory(path)
        if known is not None and known.note is not None:
            old = verify_checkpoint(known.note, log, keys[0])
            _compare(path, old, checkpoint, prove)
    except EvidenceError as error:
        raise Complaint(f"the server's checkpoint does not hold: {error}; nothing was signed", NO) from None
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps({"log_key": newest.to_text(), "note": note}, indent=1) + "\n", "utf-8")
    draft.replace(path)
    return Seen(checkpoint.size, checkpoint.root.hex())


def _compare(path: Path, old: Checkpoint, new: Checkpoint, prove: Prove) -> None:
    where = f"your own record is {path}; keep it, and show it to the other members"
    if new.size < old.size:
        raise Complaint(f"the server shows a log of {new.size} entries where you have seen {old.size}; {where}", NO)
    if new.size == old.size and new.root != old.root:
        raise Complaint(f"the server shows another log of {new.size} entries than the one that you have seen; {where}", NO)
    if new.size > old.size > 0:
        try:
            check_consistency(old.size, old.root, new.size, new.root, prove(old.size, new.size))
        except EvidenceError as error:
            raise Complaint(f"the server's log does not continue the one that you have seen ({error}); {where}", NO) from None
