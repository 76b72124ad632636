"""The scrub: everything stored of a log against everything that remembers it, row by row and tile by tile.

A disk loses bits in silence, and a restored backup is sound in itself. Each start looks at the right edge; the scrub looks at the rest,
at whatever pace its caller keeps, in memory that does not grow with the log.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger import store
from ledger.errors import EvidenceError
from ledger.guard import GuardError
from ledger.recall import Recalled, TilesMemory, ask_memories, check_memories, list_log_keys, read_note
from ledger.soundness import Progress, Unsound, check_quietly
from ledger.tile_reader import FolderPlace, Unreachable, read_entries
from ledger.tip import Tip, check_guard, read_tip

if TYPE_CHECKING:
    from ledger.writer import LogService

#: Tables whose rows a signature covers: while one of them is wrong nothing more is signed. Contents are replaced one by one.
_SIGNED = ("ledger_entries", "ledger_nodes", "ledger_heads", "ledger_checkpoints")
_TILES = 5000  #: entries of tiles between two calls of on_progress


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What a scrub came to."""

    size: int  #: entries that the database holds
    against: str = ""  #: what guard or memories say against the database; empty if nothing
    reason: str = ""  #: why the log must not sign, one of outcome.REASONS; empty if it may
    unsound: tuple[Unsound, ...] = ()  #: rows of the database that are wrong, by index
    odd: tuple[str, ...] = ()  #: what is wrong with guard, tiles or witnesses and not with the log

    @property
    def is_sound(self) -> bool:
        """Tell whether there is nothing to mend."""
        return not (self.against or self.unsound or self.odd)

    @property
    def lines(self) -> list[str]:
        """All of it, a line each."""
        return [*([self.against] if self.against else []), *(one.words for one in self.unsound), *self.odd]

    @property
    def words(self) -> str:
        """What forbids signing, in a line."""
        wrong = [one.words for one in self.unsound if one.table in _SIGNED]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return self.against or f"{wrong[0] if wrong else ''}{more}: `symbiosis ledger check` names all, bring back a sound copy"


def scrub_log(engine: store.Engine, log_id: int, service: "LogService", on_progress: Progress | None = None) -> Scrubbed:
    """Compare guard, memories, heads, nodes, entries, checkpoints, contents and tiles of a log; raises store.Outage.

    Args:
        engine: of the log's database.
        log_id: row of the log.
        service: keys, guard and memories.
        on_progress: called now and then with the number of entries done, of tiles again from the first; it may wait.
    """
    recalled = ask_memories(service.memories)
    against, reason, odd, tip = _compare_edges(engine, log_id, service, recalled)
    unsound = check_quietly(engine, log_id, service.keys.name, service.keys.log_verifier, on_progress)
    if not reason and any(one.table in _SIGNED for one in unsound):
        reason = "unsound"
    torn = [
        words for memory in service.memories if isinstance(memory, TilesMemory) for words in _check_tiles(memory, service, tip, on_progress)
    ]
    return Scrubbed(tip.size, against, reason, unsound, (*odd, *torn))


def _compare_edges(
    engine: store.Engine, log_id: int, service: "LogService", recalled: tuple[Recalled, ...]
) -> tuple[str, str, tuple[str, ...], Tip]:
    """Compare the database's right edge with guard and memories; gives what is against it, why it must not sign, what is odd, the tip."""
    tip = Tip()
    try:
        guarded = service.guard.read()
        with store.reading(engine) as connection:
            tip = read_tip(connection, log_id, tip)
            check_guard(connection, log_id, guarded, tip)
            odd = check_memories(
                connection, log_id, recalled, tip, service.keys.name, list_log_keys(tip.authority, service.keys.log_verifier)
            )
    except GuardError as error:
        return str(error), error.code, (), tip
    if guarded is None and tip.size:
        odd = (*odd, "the guard remembers nothing of this log: it was lost, and the next commit writes it anew")
    return "", "", odd, tip


def _check_tiles(memory: TilesMemory, service: "LogService", tip: Tip, on_progress: Progress | None) -> list[str]:
    """Read every tile under the checkpoint of a folder; gives what is wrong with the first that is."""
    keys = list_log_keys(tip.authority, service.keys.log_verifier)
    checkpoint = next((found for note in memory.read() if (found := read_note(note, service.keys.name, keys))), None)
    if checkpoint is None:
        return []  # none yet, or one that check_memories has named
    try:
        for number, _ in enumerate(read_entries(FolderPlace(memory.folder), checkpoint), 1):
            if on_progress is not None and not number % _TILES:
                on_progress(number)
    except (EvidenceError, Unreachable) as error:
        return [f"{memory.name}: {error}"]
    return []
