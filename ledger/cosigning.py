"""Cosigning: a log's dealings with its witnesses: asking them, keeping what they sign, and which checkpoint is shown to the outside.

Nothing waits for a witness: checkpoints are signed, stored and receipted without them. What they sign is kept beside the checkpoint.
"""

import logging
from collections.abc import Callable, Iterator, Sequence

from ledger import store
from ledger.checkpoint import peek_checkpoint
from ledger.cosigned_rows import find_last_cosigned, insert_cosignatures, list_cosignatures, list_cosignatures_between, list_cosigned_sizes
from ledger.errors import EvidenceError
from ledger.instant import count_seconds, read_seconds
from ledger.note import VerifierKey
from ledger.policy import NONE, Policy
from ledger.witness_client import PATIENCE, Ask, Prove, Reply, ask_all
from ledger.writer import LogService, Writer

FRESHNESS = 3600  #: seconds after which a quiet log is cosigned again
LAG = 600  #: seconds that the witnessed checkpoint may be behind the newest one and still be the one that is published
LOOKED_AT = 20  #: newest cosigned checkpoints that are judged; older ones were, when they were new
MAX_JUDGED = 1000  #: judgements kept in memory
PAGE = 500  #: checkpoints read at once
_journal = logging.getLogger(__name__)

Published = tuple[int, str, str]  #: size, instant, note with the witnesses' lines


class Cosigning:
    """One log's witnesses; thread-safe."""

    def __init__(self, engine: store.Engine, log_id: int, service: LogService, writer: Writer) -> None:
        self._engine, self._log_id, self._service, self._writer = engine, log_id, service, writer
        self._reader = store.open_reader(engine)
        self._judged: dict[str, bool] = {}  #: whether the quorum is met, by note
        self._witnessed = 0  #: size known to be witnessed

    def ask_witnesses(self, keys: Sequence[VerifierKey], prove: Prove) -> list[Reply]:
        """Ask those witnesses for which the log has something new, or whose word on it is old, all at once; keep what holds.

        keys: that may have signed the log's checkpoints. Returns within seconds, whatever they do; each cosignature is kept as it comes.
        Raises LogLatched if one of them proves that this log had another history.
        """
        policy = self._service.policy
        with store.reading(self._reader) as connection:
            newest = store.list_checkpoints(connection, self._log_id, newest_first=True, limit=1)
            names = [one.key.name for one in policy.witnesses] if policy else []
            last = find_last_cosigned(connection, self._log_id, names)
        if policy is None or not newest:
            return []
        size, _, note = newest[0]
        now = read_seconds(self._service.clock())
        due = [one for one in policy.witnesses if one.url and self._is_due(last.get(one.key.name), size, now)]
        ask = Ask(peek_checkpoint(note), note, tuple(keys), prove, now)
        replies = []
        for reply in ask_all(due, ask, {name: cosigned[0] for name, cosigned in last.items()}, PATIENCE):
            replies.append(reply)
            self._take(reply, size)
        return replies

    def _is_due(self, last: tuple[int, int] | None, size: int, now: int) -> bool:
        return last is None or last[0] < size or now - last[1] >= FRESHNESS

    def _take(self, reply: Reply, size: int) -> None:
        """Keep a cosignature, report a fault, or let the log be shut by what the witness shows."""
        name = reply.witness.name
        if reply.line:
            with store.writing(self._engine, self._log_id) as connection:
                insert_cosignatures(connection, self._log_id, size, [(reply.witness.key.name, reply.time, reply.line)])
            # A crash before this commit: the witness has cosigned and is asked again, from the size that it names.
            return
        _journal.warning("log %d: the witness %s did not cosign %d: %s", self._log_id, name, size, reply.reason)
        if reply.shown:
            self._writer.check_shown(reply.shown, f"the witness {name}")

    def read_cosigned(self, size: int | None = None) -> Published | None:
        """Read the checkpoint of a size, the newest if None, with all witnesses' lines."""
        with store.reading(self._reader) as connection:
            found = store.list_checkpoints(connection, self._log_id, from_size=size or 0, newest_first=size is None, limit=1)
            return self._add_lines(connection, found[0]) if found and size in (None, found[0][0]) else None

    def list_cosigned(self, size: int) -> Iterator[str]:
        """List the notes of all checkpoints up to a size, with all witnesses' lines, by size."""
        begin = 0
        while begin <= size:
            with store.reading(self._reader) as connection:
                kept = store.list_checkpoints(connection, self._log_id, from_size=begin, limit=PAGE)
                lines = list_cosignatures_between(connection, self._log_id, begin, kept[-1][0]) if kept else {}
            yield from (note + "".join(lines.get(one, [])) for one, _, note in kept if one <= size)
            begin = kept[-1][0] + 1 if len(kept) == PAGE else size + 1

    def read_publication(self, find_key: Callable[[int], VerifierKey]) -> Published | None:
        """Read the checkpoint that is shown to the outside.

        It is the newest one that a quorum has cosigned; if there is no policy, or that one is more than ten minutes behind the newest
        signed one, the newest signed one with what lines it has. find_key: gives the log's key for a size.
        """
        newest = self.read_cosigned()
        if newest is None or self._service.policy is None:
            return newest
        witnessed = self._find_witnessed(self._service.policy, find_key)
        if witnessed is None or count_seconds(newest[1]) - count_seconds(witnessed[1]) > LAG:
            return newest
        return witnessed

    def read_witnessed_size(self, find_key: Callable[[int], VerifierKey]) -> int:
        """Read the size of the newest checkpoint that a quorum has cosigned, 0 if there is none or nobody is to cosign."""
        policy = self._service.policy
        found = None if policy is None or policy.quorum == NONE else self._find_witnessed(policy, find_key)
        if found is not None:
            self._witnessed = max(self._witnessed, found[0])
        return self._witnessed

    def _find_witnessed(self, policy: Policy, find_key: Callable[[int], VerifierKey]) -> Published | None:
        if policy.quorum == NONE:
            return self.read_cosigned()
        with store.reading(self._reader) as connection:
            for size in list_cosigned_sizes(connection, self._log_id, LOOKED_AT):
                kept = store.list_checkpoints(connection, self._log_id, from_size=size, limit=1)
                if kept and kept[0][0] == size:
                    published = self._add_lines(connection, kept[0])
                    if self._is_met(policy, published[2], find_key, size):
                        return published
        return None

    def _is_met(self, policy: Policy, note: str, find_key: Callable[[int], VerifierKey], size: int) -> bool:
        if note not in self._judged:
            if len(self._judged) >= MAX_JUDGED:
                self._judged.clear()
            try:
                self._judged[note] = policy.judge(note, find_key(size)).met
            except EvidenceError as error:
                _journal.error("log %d: the cosigned checkpoint of %d does not hold: %s", self._log_id, size, error)
                self._judged[note] = False
        return self._judged[note]

    def _add_lines(self, connection: store.Connection, checkpoint: Published) -> Published:
        size, instant, note = checkpoint
        return size, instant, note + "".join(list_cosignatures(connection, self._log_id, size))
