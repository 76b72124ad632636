"""A long audit file made quickly: one firm's deliveries, signed one by one, headers written from a pattern: a million in minutes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from ledger.checkpoint import sign_checkpoint
from ledger.evidence import write_audit_file
from ledger.instant import format_instant
from ledger.merkle import EMPTY_ROOT, hash_leaf
from ledger.statement import STATEMENT_PREFIX
from ledger.trail import Roots
from tests.ledger.small_log import CLAIMS, FIRM, LOG, LOG_KEY, LOG_VERIFIER, SmallLog, enrol_key, found_log, make_key

SEEN_STEP = 100  #: entries between published checkpoints
_BEGIN = datetime(2026, 1, 2, tzinfo=UTC)


def write_long_file(path: Path, count: int) -> None:
    """Write an audit file of `count` entries, about 900 bytes each, whose statements have no contents."""
    notes: list[str] = []
    lines = path.with_suffix(".jsonl")
    with lines.open("wb") as file:
        file.writelines(data + b"\n" for data in _make_entries(count, notes))
    with path.open("wb") as file, lines.open("rb") as entries:
        read = (line[:-1] for line in entries)
        nothing = (None for _ in range(count))
        write_audit_file(file, log=CLAIMS, entries=read, contents=nothing, checkpoints=notes, checkpoint=notes[-1], extras={})
    lines.unlink()


def _make_entries(count: int, notes: list[str]) -> Iterator[bytes]:
    """Make entry bytes; checkpoints are added to `notes` on the way, one for each SEEN_STEP entries."""
    begun = SmallLog()
    found_log(begun)
    enrol_key(begun, "firm", FIRM, ["signatory", "operator"])
    roots, previous, ref, root, size = Roots(), "", begun.signed[-1].hash, EMPTY_ROOT.hex(), 0
    for index in range(count):
        if index < len(begun.entries):
            data = begun.entries[index]
        else:
            data, ref = _make_entry(index, previous, ref, f'{{"root":"{root}","size":{size}}}')
        leaf = hash_leaf(data)
        previous = leaf.hex()
        roots.append(leaf)
        if roots.size % SEEN_STEP == 0 or roots.size == count:
            size, root = roots.size, roots.compute_root_hex(roots.size)
            notes.append(sign_checkpoint(LOG, size, bytes.fromhex(root), LOG_VERIFIER, LOG_KEY.sign))
        yield data


_FIRM_KEY = make_key("firm")


def _make_entry(index: int, previous: str, ref: str, seen: str) -> tuple[bytes, str]:
    """Make the bytes of one delivery, and the hash of its statement."""
    issued, received, expires = (format_instant(_BEGIN + timedelta(seconds=index + late)) for late in (0, 2, 3600))
    header = (
        f'{{"about":"delivery:{index}","author":"{FIRM}","contents_root":"{EMPTY_ROOT.hex()}","expires_at":"{expires}","fields":0,'
        f'"id":"{index:08x}-0000-4000-8000-{index:012x}","issued_at":"{issued}","key":"{_FIRM_KEY.multikey}","key_seq":{index - 1},'
        f'"kind":"delivery.dispatched","kind_version":1,"log":"{LOG}","public":{{}},"refs":["{ref}"],"seen":{seen},"v":1}}'
    )
    signed = STATEMENT_PREFIX + header.encode()
    entry = (
        f'{{"index":{index},"previous":"{previous}","received_at":"{received}","signature":"{_FIRM_KEY.sign(signed).hex()}",'
        f'"statement":{header},"v":1}}'
    )
    return entry.encode(), sha256(signed).hexdigest()
