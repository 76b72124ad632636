"""The tip: all that a writer knows of its log between two commits, read from the store and checked against the guard."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger import store
from ledger.authority import Authority
from ledger.entry import FIRST_PREVIOUS, decode_entry, hash_entry
from ledger.errors import EvidenceError
from ledger.guard import BehindError, GuardError, StoredError
from ledger.merkle import EMPTY_ROOT, Frontier, Node, cover_range, read_root
from ledger.own_kinds import OWN_KINDS, RESOLUTION_KIND, apply_statement

STATE_KINDS = (*OWN_KINDS, RESOLUTION_KIND)  #: the kinds from which authority is folded


@dataclass(frozen=True, slots=True)
class Tip:
    """The log at one size; a new one for each commit, so that a batch that fails leaves the old one as it was."""

    frontier: Frontier = field(default_factory=Frontier)  #: not to be changed: copy it
    root: bytes = EMPTY_ROOT
    last_leaf: str = FIRST_PREVIOUS  #: leaf hash of the last entry, 64 hex digits
    received_at: str = ""  #: of the last entry
    authority: Authority = field(default_factory=Authority)  #: not to be changed: copy it

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.frontier.size


def read_tip(connection: store.Connection, log_id: int, known: Tip) -> Tip:
    """Bring a tip up to the newest head; returns `known` itself if that is it.

    Raises GuardError if the database went back behind `known`, or its entries, nodes and head do not fit each other.
    """
    head = store.read_head(connection, log_id)
    size, root = (0, EMPTY_ROOT) if head is None else (head.size, head.root)
    if size < known.size or (size == known.size and root != known.root):
        raise GuardError(
            f"the database holds {size} entries under the root {root.hex()}, this writer knew {known.size} under {known.root.hex()}: "
            "it was replaced or restored under a running writer; bring back the newer one"
        )
    if head is None or size == known.size:
        return known
    frontier = _read_frontier(connection, log_id, size)
    last = store.read_entries(connection, log_id, size - 1, size)
    if frontier.compute_root() != root or not last or hash_entry(last[0].body) != head.last_leaf or last[0].leaf_hash != head.last_leaf:
        raise StoredError(f"entries, nodes and head at size {size} do not fit each other: restore the database from a sound copy")
    authority = known.authority
    news = [entry for entry in store.list_entries(connection, log_id, kinds=STATE_KINDS, after=known.size - 1) if entry.index < size]
    if news:
        authority = authority.copy()
        for stored in news:
            try:
                entry = decode_entry(stored.body)
            except EvidenceError as error:
                raise StoredError(f"entry {stored.index} cannot be read ({error}): restore the database from a sound copy") from None
            apply_statement(authority, entry.signed, entry.index, entry.received_at)
    return Tip(frontier, root, head.last_leaf, head.received_at, authority)


def read_root_at(connection: store.Connection, log_id: int, size: int) -> bytes:
    """Give the tree's root at an earlier size, from the heads or from stored nodes."""
    if size == 0:
        return EMPTY_ROOT
    head = store.read_head(connection, log_id, size)
    return head.root if head is not None else read_root(lambda wanted: _read_all(connection, log_id, wanted, size), size)


def check_guard(connection: store.Connection, log_id: int, known: tuple[int, bytes] | None, tip: Tip) -> None:
    """Compare a tip with what the guard said before the tip was read; raises GuardError for a database that must not sign.

    The guard is read first: read after, it might have been advanced by a commit that this transaction does not see. One that knows
    nothing yet is taken as that of a new log: whoever deletes guard and newest entries together is caught by the checkpoints that others
    hold, not here.
    """
    if known is None or known == (tip.size, tip.root):
        return
    size, root = known
    if tip.size < size:
        raise BehindError(
            f"the database ends at entry {tip.size - 1}, the guard has answered for {size} entries: it was restored from an older copy. "
            "Bring back the newer database, or `symbiosis ledger recover`; going on from here would be a second history"
        )
    found = tip.root if size == tip.size else read_root_at(connection, log_id, size)
    if found != root:
        raise GuardError(
            f"the guard has answered for the root {root.hex()} at size {size}, the database has {found.hex()}: it is another log"
        )


def _read_frontier(connection: store.Connection, log_id: int, size: int) -> Frontier:
    wanted = cover_range(0, size)
    found = _read_all(connection, log_id, wanted, size)
    return Frontier(size, [found[node] for node in wanted])


def _read_all(connection: store.Connection, log_id: int, wanted: Sequence[Node], size: int) -> dict[Node, bytes]:
    found = store.read_nodes(connection, log_id, wanted)
    for node in wanted:
        if node not in found:
            raise StoredError(f"node {node} of the tree of {size} is missing: restore the database from a sound copy")
    return found
