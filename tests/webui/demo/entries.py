"""What a demo's audit file says, read straight from its entries: no table and no service of ours stands between."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.contents import open_contents
from ledger.entry import decode_entry
from ledger.evidence import open_audit_file


@dataclass(frozen=True, slots=True)
class Said:
    """One entry, opened."""

    index: int
    kind: str
    author: str
    about: str  #: without its prefix
    public: Mapping[str, Any]
    values: Mapping[str, Any]  #: contents by name
    received_at: str
    is_whole: bool  #: all contents are shown


def read_said(path: Path) -> list[Said]:
    """Read all entries of an audit file."""
    found = []
    with open_audit_file(path) as file:
        for data, contents in zip(file.read_entries(), file.read_contents(), strict=True):
            entry = decode_entry(data)
            statement = entry.signed.statement
            opened = open_contents(statement, contents) if contents is not None else None
            values = dict(opened.values) if opened else {}
            whole = statement.fields == 0 or (opened is not None and not opened.withheld)
            about = statement.about.partition(":")[2]
            found.append(Said(entry.index, statement.kind, statement.author, about, statement.public, values, entry.received_at, whole))
    return found


def choose(said: list[Said], kind: str) -> list[Said]:
    """Choose the entries of a kind."""
    return [one for one in said if one.kind == kind]
