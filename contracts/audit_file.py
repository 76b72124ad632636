"""The audit file of a network: its log up to the newest checkpoint, contents as far as the asker may see them, and what explains them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from typing import BinaryIO

from contracts.drafts import load_facts
from contracts.errors import NotYet
from contracts.facts import FACT_TYPES, describe_schema
from ledger.canonical import JSON, encode_canonical
from ledger.entry import decode_entry
from ledger.evidence import MAX_TIMESTAMPS, LogClaims, write_audit_file
from ledger.log import Log

Shows = Callable[[int], bool]  #: index → do its contents travel
Progress = Callable[[int, int], None]  #: entries written, entries in all; entries come first, then contents, so it counts twice the size
CHUNK = 500  #: entries read at once
_WORDS = "FACTS.md"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an audit file holds."""

    log: str  #: name
    log_key: str  #: verifier key, one line
    size: int  #: entries
    checkpoint: str  #: the note that covers them
    withheld: int  #: entries whose contents stayed behind


def export_audit_file(
    log: Log, file: BinaryIO, *, now: str, shows: Shows = lambda _index: True, on_progress: Progress | None = None
) -> Exported:
    """Write the audit file of a log, front to back, cut at its published checkpoint; a new one is signed first if the log grew.

    Where witnesses cosign, that is the newest one that a quorum has seen: entries of the last seconds may be left for the next file.

    Args:
        log: to be exported.
        file: any binary file object; written to, never sought in.
        now: the time as an instant.
        shows: which entries' contents the asker may see; all by default, sealed ones too.
        on_progress: see Progress.

    Raises:
        NotYet: the log has no entries.
        LogLatched: the log must not sign.
    """
    log.publish_checkpoint(now)
    newest = log.read_published_checkpoint()
    if newest is None:
        raise NotYet(f"the log {log.name} has no entries yet")
    size, _, note = newest
    first = decode_entry(log.read_entries(0, 1)[0].body).signed.statement
    claims = LogClaims(log.name, str(first.public["log_key"]), str(first.public["receipt_key"]))
    reader = _Reader(log, size, shows, on_progress)
    write_audit_file(
        file,
        log=claims,
        entries=reader.read_entries(),
        contents=reader.read_contents(),
        checkpoints=chain(log.list_cosigned(size - 1), [note]),
        checkpoint=note,
        extras=describe_facts(),
        timestamps={stamped: response for stamped, _, response in log.list_timestamps(size)[-MAX_TIMESTAMPS:]},
    )
    return Exported(log.name, claims.log_key, size, note, reader.withheld)


def describe_facts() -> dict[str, bytes]:
    """Give what explains the contents: a JSON Schema for every kind of fact, and FACTS.md."""
    load_facts()
    described = {
        f"schemas/{kind.kind}.{kind.version}.json": encode_canonical(describe_schema(kind)) + b"\n" for kind in FACT_TYPES.values()
    }
    words = files("contracts") / _WORDS
    return {**described, **({f"facts/{_WORDS.lower()}": words.read_bytes()} if words.is_file() else {})}


def list_sealed(log: Log) -> frozenset[int]:
    """List the entries whose contents are sealed against other organisations than their author."""
    load_facts()
    kinds = sorted({kind.kind for kind in FACT_TYPES.values() if kind.sealed})
    found: list[int] = []
    while page := log.list_entries(kinds=kinds, after=found[-1] if found else -1, limit=CHUNK):
        found += [entry.index for entry in page]
    return frozenset(found)


class _Reader:
    """Reads a log in chunks, and counts."""

    def __init__(self, log: Log, size: int, shows: Shows, on_progress: Progress | None) -> None:
        self._log, self._size, self._shows, self._on_progress = log, size, shows, on_progress
        self.withheld = 0

    def read_entries(self) -> Iterator[bytes]:
        """Read entry bytes in order."""
        for begin in range(0, self._size, CHUNK):
            for entry in self._log.read_entries(begin, min(begin + CHUNK, self._size)):
                yield entry.body
            self._show(min(begin + CHUNK, self._size))

    def read_contents(self) -> Iterator[Mapping[str, JSON] | None]:
        """Read contents in order, None for those that stay behind and for statements without any."""
        for begin in range(0, self._size, CHUNK):
            end = min(begin + CHUNK, self._size)
            kept = self._log.read_contents_range(begin, end)
            for index in range(begin, end):
                shown = kept.get(index)
                if shown is not None and not self._shows(index):
                    self.withheld += 1
                    shown = None
                yield shown
            self._show(self._size + end)

    def _show(self, done: int) -> None:
        if self._on_progress is not None:
            self._on_progress(done, 2 * self._size)
