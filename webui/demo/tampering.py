"""Tampering: copies of the auditor's file as somebody would make them who wants the log to have said something else.

Each copy is a good container with a manifest of its own: what is found is found in what was said, not in a checksum that was forgotten.
"""

import io
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

from ledger.canonical import JSON, decode_canonical, encode_canonical
from ledger.contents import Binding, RowList, commit_contents
from ledger.entry import hash_entry
from ledger.evidence import LogClaims, open_audit_file, write_audit_file

_DELIVERY = "delivery.dispatched"
_CUT = 25  #: entries that are left out at the end, at least


@dataclass(slots=True)
class Copy:
    """The members of an audit file that a trick may change."""

    entries: list[dict[str, Any]]
    contents: list[Mapping[str, JSON] | None]
    checkpoints: list[str]
    hashed: bool = False  #: whether the chain is made to fit again


@dataclass(frozen=True, slots=True)
class Trick:
    """One way to change a copy."""

    title: Any  #: what is done, in the visitor's words
    why: Any  #: why it is found, or who finds it
    change: Callable[[Copy], None]


def tamper(path: Path, trick: str) -> bytes:
    """Give a copy of an audit file, changed by a trick of TRICKS; the file itself is read only."""
    with open_audit_file(path) as file:
        entries = [_read_object(line) for line in file.read_entries()]
        copy = Copy(entries, list(file.read_contents()), list(file.read_checkpoints()))
        extras = {name: file.read_member(name) for name in file.names if name.startswith(("schemas/", "facts/"))}
        log = LogClaims(file.log.log, file.log.log_key, file.log.receipt_key)
    TRICKS[trick].change(copy)
    encoded = _chain(copy)
    written = io.BytesIO()
    newest = copy.checkpoints[-1]
    write_audit_file(
        written, log=log, entries=encoded, contents=copy.contents, checkpoints=copy.checkpoints, checkpoint=newest, extras=extras
    )
    return written.getvalue()


def _read_object(line: bytes) -> dict[str, Any]:
    value = decode_canonical(line)
    return value if isinstance(value, dict) else {}


def _chain(copy: Copy) -> list[bytes]:
    encoded: list[bytes] = []
    for entry in copy.entries:
        if copy.hashed and encoded:
            entry["previous"] = hash_entry(encoded[-1])
        encoded.append(encode_canonical(entry))
    return encoded


def _list_deliveries(copy: Copy) -> list[int]:
    """List the deliveries whose contents are shown: something that somebody might want to be larger, or earlier."""
    shown = [index for index, contents in enumerate(copy.contents) if contents is not None]
    return [index for index in shown if copy.entries[index]["statement"]["kind"] == _DELIVERY]


def _raise_quantity(copy: Copy) -> int:
    """Add a tenth to a delivered quantity, in the contents alone; gives the entry."""
    index = _list_deliveries(copy)[-1]
    shown: Any = decode_canonical(encode_canonical(copy.contents[index]))
    for one in shown["fields"]:
        if one.get("name") == "quantity":
            one["value"] = f"{(Decimal(one['value']) * Decimal('1.1')).quantize(Decimal('0.001')):f}"
    copy.contents[index] = shown
    return index


def _commit_again(copy: Copy, index: int) -> None:
    """Make the header's root fit the changed contents."""
    statement, shown = copy.entries[index]["statement"], copy.contents[index]
    fields: Any = shown["fields"] if shown else []
    values = [(one["name"], RowList(tuple(row["value"] for row in one["rows"])) if "rows" in one else one["value"]) for one in fields]
    binding = Binding(statement["log"], statement["author"], statement["id"])
    copy.contents[index], statement["contents_root"] = commit_contents(binding, values, lambda: secrets.token_hex(32))


def _leave(_copy: Copy) -> None:
    """Change nothing."""


def _change_figure(copy: Copy) -> None:
    _raise_quantity(copy)


def _change_header(copy: Copy) -> None:
    _commit_again(copy, _raise_quantity(copy))


def _change_all(copy: Copy) -> None:
    _commit_again(copy, _raise_quantity(copy))
    copy.hashed = True


def _change_time(copy: Copy) -> None:
    """Let a delivery have come in when the entry before it did, a while earlier: such as before a deadline."""
    entries = copy.entries
    index = [index for index in _list_deliveries(copy) if entries[index - 1]["received_at"] < entries[index]["received_at"]][-1]
    entries[index]["received_at"] = entries[index - 1]["received_at"]
    entries[index]["statement"]["issued_at"] = entries[index - 1]["statement"]["issued_at"]
    copy.hashed = True


def _cut_end(copy: Copy) -> None:
    """Leave out the newest entries, back to a checkpoint that the log did sign."""
    size = len(copy.entries)
    kept = [note for note in copy.checkpoints if _read_size(note) <= size - _CUT]
    copy.checkpoints = kept
    copy.entries = copy.entries[: _read_size(kept[-1])]
    copy.contents = copy.contents[: _read_size(kept[-1])]


def _read_size(note: str) -> int:
    return int(note.split("\n")[1])


TRICKS: Mapping[str, Trick] = {
    "none": Trick(_l("Change nothing"), _l("An untouched copy: everything holds."), _leave),
    "figure": Trick(
        _l("Add a tenth to a delivered quantity"),
        _l("The figure no longer leads to the commitment that the firm signed."),
        _change_figure,
    ),
    "header": Trick(
        _l("… and make the commitment fit the new figure"),
        _l("Now the firm's signature is no longer of what stands there; only the firm's own key could make a new one."),
        _change_header,
    ),
    "chain": Trick(
        _l("… and compute every later hash of the chain anew"),
        _l("The signature still fails, and the log's signed checkpoint names another tree."),
        _change_all,
    ),
    "time": Trick(
        _l("Let a delivery have come in earlier"),
        _l("Times are signed too: the firm's by the firm, the log's by its checkpoints."),
        _change_time,
    ),
    "end": Trick(
        _l("Leave out the newest entries"),
        _l(
            "What is left is a true old copy. Who knows a newer checkpoint, as every member's browser does, sees that something is missing."
        ),
        _cut_end,
    ),
}
