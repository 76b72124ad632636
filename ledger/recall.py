"""Recall: what else remembers this log, and whether the database still holds all that was ever shown under its key.

The guard stands on the machine that writes and can be lost or restored together with the database. What was published cannot: exported
tiles and witnesses keep checkpoints. A database that is behind one of them, or has another root at its size, never signs.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger import store
from ledger.authority import Authority
from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.errors import EvidenceError
from ledger.guard import BehindError, GuardError
from ledger.note import VerifierKey, read_verifier_key
from ledger.tip import Tip, read_root_at

_BEHIND = (
    "the database holds {have} entries, {name}: a signed checkpoint of {size} is kept there. The database was restored from an older copy: "
    "bring back the newer one, or `symbiosis ledger recover`, or found a successor log; going on from here would be a second history"
)
_FORKED = (
    "{name}: the checkpoint kept there is of size {size} and root {right}, the database has the root {found}: there are two histories. "
    "Keep both, find out which is true, and found a successor log"
)
_journal = logging.getLogger(__name__)


class MemoryFault(Exception):
    """A memory could not be asked: nothing follows from that for the log."""


class Memory(Protocol):
    """Something outside the database that keeps checkpoints of one log."""

    @property
    def name(self) -> str:
        """What it is, for people: "the tiles in /srv/tiles", "the witness of Aalborg"."""

    def read(self) -> Sequence[str]:
        """Give the signed notes that it holds, none if it holds nothing yet; raises MemoryFault, within seconds, if it does not answer."""


@dataclass(frozen=True, slots=True)
class TilesMemory:
    """The checkpoint at the top of a folder of exported tiles."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder."""
        return f"the tiles in {self.folder}"

    def read(self) -> Sequence[str]:
        """Read the file, if it is there."""
        try:
            return [(self.folder / "checkpoint").read_bytes().decode("utf-8", "replace")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise MemoryFault(f"{self.name} cannot be read ({error})") from error


@dataclass(frozen=True, slots=True)
class Recalled:
    """What one memory holds, or why that is not known."""

    name: str
    notes: tuple[str, ...] = ()
    fault: str = ""


def ask_memories(memories: Sequence[Memory]) -> tuple[Recalled, ...]:
    """Ask every memory; to be done before the database's head is read, for a checkpoint of a moment later would seem to be ahead of it."""
    found = []
    for memory in memories:
        try:
            found.append(Recalled(memory.name, tuple(memory.read())))
        except MemoryFault as error:
            _journal.warning("%s", error)
            found.append(Recalled(memory.name, fault=str(error)))
    return tuple(found)


def check_memories(
    connection: store.Connection, log_id: int, recalled: Sequence[Recalled], tip: Tip, origin: str, keys: Sequence[VerifierKey]
) -> tuple[str, ...]:
    """Compare a tip with what was recalled before it was read; gives what is odd there and proves nothing.

    Raises BehindError if a memory is ahead of the database, GuardError if it holds another root.
    """
    odd = [one.fault for one in recalled if one.fault]
    for one in recalled:
        for note in one.notes:
            checkpoint = read_note(note, origin, keys)
            if checkpoint is None:
                # Anybody can put such a file there: it must not stop a log. But it is not what was published.
                odd.append(f"{one.name}: its checkpoint is not signed by this log's key")
            elif checkpoint.size > tip.size:
                raise BehindError(_BEHIND.format(have=tip.size, name=one.name, size=checkpoint.size))
            elif (found := read_root_at(connection, log_id, checkpoint.size)) != checkpoint.root:
                raise GuardError(_FORKED.format(name=one.name, size=checkpoint.size, right=checkpoint.root.hex(), found=found.hex()))
    return tuple(odd)


def list_log_keys(authority: Authority, current: VerifierKey) -> tuple[VerifierKey, ...]:
    """List the keys that may have signed checkpoints of a log: the one at hand, and those that its entries name."""
    named = tuple(read_verifier_key(text) for _, text in authority.log_keys)
    return tuple(dict.fromkeys((current, *named)))


def read_note(note: str, origin: str, keys: Sequence[VerifierKey]) -> Checkpoint | None:
    """Verify a checkpoint by any of a log's keys; None if it is of none of them."""
    for key in keys:
        try:
            return verify_checkpoint(note, origin, key)
        except EvidenceError:
            continue
    return None
