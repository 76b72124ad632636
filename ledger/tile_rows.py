"""A log's tiles as its database has them: entries and nodes by range, signed sizes, the checkpoint to be published."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from ledger import store
from ledger.errors import BadProof
from ledger.note import VerifierKey
from ledger.tables import checkpoints, entries, nodes


class StoredTiles:
    """The tiles of one log in a database; what it gives is committed, and complete nodes never change."""

    def __init__(
        self, engine: store.Engine, log_id: int, name: str, publication: Callable[[], str | None], key: Callable[[int], VerifierKey]
    ) -> None:
        self._reader = store.open_reader(engine)
        self._log_id = log_id
        self._name = name
        self._publication = publication
        self._key = key

    @property
    def name(self) -> str:
        """Give the log's name."""
        return self._name

    def find_key(self, size: int) -> VerifierKey:
        """Give the key that signs the checkpoint of a size."""
        return self._key(size)

    def read_size(self) -> int:
        """Read the number of committed entries."""
        with store.reading(self._reader) as connection:
            head = store.read_head(connection, self._log_id)
        return 0 if head is None else head.size

    def read_publication(self) -> str | None:
        """Read the checkpoint to be published."""
        return self._publication()

    def list_signed_sizes(self, after: int, end: int) -> Sequence[int]:
        """List the sizes of signed checkpoints with after < size <= end."""
        size = checkpoints.c.size
        query = sa.select(size).where(checkpoints.c.log_id == self._log_id, size > after, size <= end).order_by(size)
        with store.reading(self._reader) as connection:
            return list(connection.execute(query).scalars())

    def read_bodies(self, begin: int, end: int) -> list[bytes]:
        """Read the bytes of the entries [begin, end); raises BadProof if one is missing."""
        query = sa.select(entries.c.body).where(entries.c.log_id == self._log_id, entries.c.idx >= begin, entries.c.idx < end)
        return self._read_all(query.order_by(entries.c.idx), end - begin, f"entries {begin} to {end - 1}")

    def read_hashes(self, level: int, begin: int, end: int) -> list[bytes]:
        """Read the complete nodes [begin, end) of a level, leaf hashes at level 0; raises BadProof if one is missing."""
        if level == 0:
            query = sa.select(entries.c.leaf_hash).where(entries.c.log_id == self._log_id)
            query = query.where(entries.c.idx >= begin, entries.c.idx < end).order_by(entries.c.idx)
        else:
            query = sa.select(nodes.c.hash).where(nodes.c.log_id == self._log_id, nodes.c.level == level)
            query = query.where(nodes.c.idx >= begin, nodes.c.idx < end).order_by(nodes.c.idx)
        return self._read_all(query, end - begin, f"nodes {begin} to {end - 1} of level {level}")

    def _read_all(self, query: sa.Select[bytes], count: int, what: str) -> list[bytes]:
        with store.reading(self._reader) as connection:
            found = [bytes(one) for one in connection.execute(query).scalars()]
        if len(found) != count:
            raise BadProof(f"{what}: {len(found)} of {count} are in the database")
        return found
