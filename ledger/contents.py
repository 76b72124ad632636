"""Contents: what a statement commits to, field by field and row by row, each under a salt of its own.

Leaf of field i:        JCS of ["symbiosis-ledger/field/v1", log, author, id, i, name, salt, value]
Leaf of a list field i: JCS of ["symbiosis-ledger/rows/v1", log, author, id, i, name, salt, count, root]
Leaf of its row j:      JCS of ["symbiosis-ledger/row/v1", log, author, id, i, j, salt, value]

Roots are RFC 6962 roots over these leaves. The tags keep a value that looks like a list's root from being opened as one;
log, author and id keep a root from being copied into another statement. A withheld field or row travels as its leaf hash.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from ledger.canonical import JSON, check_value, encode_canonical, encode_checked
from ledger.errors import BadProof, Malformed
from ledger.merkle import EMPTY_ROOT, compute_root, hash_leaf

SALT_HEX = 64  #: 32 random bytes: a quantity with a million possible values falls to guessing in a second without
MAX_ROWS = 10_000
_NO_FIELDS: Mapping[str, JSON] = {"fields": []}
_NO_ROOT = EMPTY_ROOT.hex()
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RowList:
    """The value of a list field that may be shown row by row."""

    rows: tuple[JSON, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """Contents that were checked: what is shown, and which positions are withheld or erased."""

    values: Mapping[str, JSON]  #: by field name; list fields as lists, only when every row is shown
    withheld: tuple[int, ...]  #: positions of fields that are not shown, or not shown whole
    rows: Mapping[str, Mapping[int, JSON]] = field(default_factory=dict)  #: shown rows of list fields shown in part


class Committed(Protocol):
    """What contents are bound to: a statement, or the parts of one in the making."""

    @property
    def log(self) -> str:
        """Name of the log."""

    @property
    def author(self) -> str:
        """Organisation that says it."""

    @property
    def id(self) -> str:
        """UUID of the statement."""


class Commitment(Committed, Protocol):
    """A statement's header, as far as its contents go."""

    @property
    def contents_root(self) -> str:
        """Root over the field leaves, 64 hex digits."""

    @property
    def fields(self) -> int:
        """Number of fields."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Log, author and id of a statement in the making."""

    log: str
    author: str
    id: str


def commit_contents(
    binding: Committed, values: Sequence[tuple[str, JSON | RowList]], make_salt: Callable[[], str]
) -> tuple[dict[str, JSON], str]:
    """Salt and commit ordered field values; returns the travelling form and the contents root (64 hex digits)."""
    fields: list[dict[str, JSON]] = []
    for name, value in values:
        if isinstance(value, RowList):
            rows: list[JSON] = [{"salt": make_salt(), "value": row} for row in value.rows]
            fields.append({"name": name, "salt": make_salt(), "rows": rows})
        else:
            fields.append({"name": name, "salt": make_salt(), "value": value})
    check_value({"fields": fields})
    bound = _encode_binding(binding)
    leaves = [_hash_field(bound, position, shown)[0] for position, shown in enumerate(fields)]
    return {"fields": fields}, compute_root(leaves).hex()


def open_contents(statement: Commitment, contents: JSON) -> Opened:
    """Check a travelling form against the header's root; raises Malformed or BadProof."""
    if statement.fields == 0 and contents == _NO_FIELDS and statement.contents_root == _NO_ROOT:
        return Opened({}, ())
    check_value(contents)  # once for all leaves below
    fields = contents.get("fields") if isinstance(contents, dict) else None
    if not isinstance(fields, list) or len(contents) != 1:  # type: ignore[arg-type]  # a list was found in it
        raise Malformed("contents: an object with one list, fields, is wanted")
    if len(fields) != statement.fields:
        raise BadProof(f"contents: {len(fields)} fields where the statement commits to {statement.fields}")
    values: dict[str, JSON] = {}
    parts: dict[str, Mapping[int, JSON]] = {}
    withheld: list[int] = []
    leaves: list[bytes] = []
    bound = _encode_binding(statement)
    for position, shown in enumerate(fields):
        leaf, rows = _hash_field(bound, position, shown)
        leaves.append(leaf)
        name = str(shown["name"]) if "name" in shown else ""
        if name and (name in values or name in parts):
            raise Malformed(f"contents.fields.{position}: the name {name} stands twice")
        if not name:
            withheld.append(position)
        elif rows is None:
            values[name] = shown["value"]
        elif len(rows) == len(shown["rows"]):
            values[name] = list(rows.values())
        else:
            parts[name] = rows
            withheld.append(position)
    if compute_root(leaves).hex() != statement.contents_root:
        raise BadProof("contents: they do not lead to the statement's contents_root")
    return Opened(values, tuple(withheld), parts)


def withhold_fields(statement: Committed, contents: Mapping[str, JSON], positions: Sequence[int]) -> dict[str, JSON]:
    """Replace fields by their leaf hashes, for disclosure of the others or for erasure; every proof keeps holding."""
    check_value(contents)
    fields = contents["fields"]
    if not isinstance(fields, (list, tuple)):
        raise Malformed("contents.fields: a list is wanted")
    bound = _encode_binding(statement)
    kept: list[JSON] = [
        {"leaf": _hash_field(bound, position, shown)[0].hex()} if position in positions else shown for position, shown in enumerate(fields)
    ]
    return {"fields": kept}


def withhold_rows(statement: Committed, contents: Mapping[str, JSON], position: int, rows: Sequence[int]) -> dict[str, JSON]:
    """Replace rows of one list field by their leaf hashes; every proof keeps holding."""
    check_value(contents)
    fields = contents["fields"]
    shown = fields[position] if isinstance(fields, (list, tuple)) and position < len(fields) else None
    if not isinstance(shown, dict) or not isinstance(shown.get("rows"), (list, tuple)):
        raise Malformed(f"contents.fields.{position}: is not a list field that is shown")
    bound = _encode_binding(statement)
    kept: list[JSON] = [
        {"leaf": _hash_row(bound, position, number, row)[0].hex()} if number in rows else row for number, row in enumerate(shown["rows"])
    ]
    changed: list[JSON] = list(fields)  # type: ignore[arg-type]  # a field was found in it
    changed[position] = {**shown, "rows": kept}
    return {"fields": changed}


def show_only(statement: Committed, contents: Mapping[str, JSON], wanted: Sequence[str]) -> dict[str, JSON]:
    """Withhold all but the named fields and rows: `quantity` for a field, `shares.3` for row 3, from 0, of a list field.

    Raises Malformed, with the name, for what is not among the fields and rows that these contents show.
    """
    fields = contents["fields"]
    if not isinstance(fields, (list, tuple)):
        raise Malformed("contents.fields: a list is wanted")
    places = {str(shown["name"]): place for place, shown in enumerate(fields) if isinstance(shown, dict) and "name" in shown}
    whole: set[int] = set()
    parts: dict[int, set[int]] = {}
    for text in wanted:
        name, dot, row = text.partition(".")
        if name not in places:
            raise Malformed(f"{name[:80]}: no such field is shown: {', '.join(places) or 'none'}")
        if not dot:
            whole.add(places[name])
        elif row in _list_shown_rows(fields[places[name]]):
            parts.setdefault(places[name], set()).add(int(row))
        else:
            raise Malformed(f"{text[:80]}: no such row is shown of the field {name}")
    kept = dict(contents)
    for place in parts.keys() - whole:
        kept = withhold_rows(statement, kept, place, [int(row) for row in _list_shown_rows(fields[place]) if int(row) not in parts[place]])
    return withhold_fields(statement, kept, [place for place in range(len(fields)) if place not in whole | parts.keys()])


def _list_shown_rows(shown: JSON) -> list[str]:
    rows = shown.get("rows") if isinstance(shown, dict) else None
    return [str(number) for number, row in enumerate(rows or ()) if isinstance(row, dict) and "leaf" not in row]


def _encode_binding(binding: Committed) -> bytes:
    """Encode what all leaves of a statement have in common: log, author and id, as members of a JSON list."""
    return b",".join((_encode_name(binding.log), _encode_name(binding.author), encode_canonical(binding.id)))


@lru_cache(maxsize=4096)
def _encode_name(name: str) -> bytes:
    return encode_canonical(name)


def _hash_field(bound: bytes, position: int, shown: JSON) -> tuple[bytes, dict[int, JSON] | None]:
    """Hash one field in its travelling form; returns its leaf hash and, of a list field, the rows shown."""
    where = f"contents.fields.{position}"
    if not isinstance(shown, dict):
        raise Malformed(f"{where}: an object is wanted")
    names = set(shown)
    if names == {"leaf"}:
        return _read_hex(shown["leaf"], f"{where}.leaf"), None
    name = shown.get("name")
    if names not in ({"name", "salt", "value"}, {"name", "salt", "rows"}) or not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Malformed(f"{where}: name, salt and value, or name, salt and rows, or a leaf alone, are wanted")
    salt = _read_hex(shown["salt"], f"{where}.salt").hex().encode()
    # The canonical lists of this module's docstring, put together from parts that are canonical: names and salts need no escapes.
    if "value" in shown:
        value = encode_checked(shown["value"])
        return hash_leaf(b'["symbiosis-ledger/field/v1",%b,%d,"%b","%b",%b]' % (bound, position, name.encode(), salt, value)), None
    rows = shown["rows"]
    if not isinstance(rows, (list, tuple)) or len(rows) > MAX_ROWS:
        raise Malformed(f"{where}.rows: a list of at most {MAX_ROWS} rows is wanted")
    hashed = [_hash_row(bound, position, number, row) for number, row in enumerate(rows)]
    root = compute_root(leaf for leaf, _ in hashed).hex().encode()
    opened = {number: row["value"] for number, (row, (_, shown_row)) in enumerate(zip(rows, hashed, strict=True)) if shown_row}
    leaf = b'["symbiosis-ledger/rows/v1",%b,%d,"%b","%b",%d,"%b"]' % (bound, position, name.encode(), salt, len(rows), root)
    return hash_leaf(leaf), opened


def _hash_row(bound: bytes, position: int, number: int, row: JSON) -> tuple[bytes, bool]:
    where = f"contents.fields.{position}.rows.{number}"
    if not isinstance(row, dict):
        raise Malformed(f"{where}: an object is wanted")
    if set(row) == {"leaf"}:
        return _read_hex(row["leaf"], f"{where}.leaf"), False
    if set(row) != {"salt", "value"}:
        raise Malformed(f"{where}: salt and value, or a leaf alone, are wanted")
    salt = _read_hex(row["salt"], f"{where}.salt").hex().encode()
    value = encode_checked(row["value"])
    return hash_leaf(b'["symbiosis-ledger/row/v1",%b,%d,%d,"%b",%b]' % (bound, position, number, salt, value)), True


def _read_hex(value: JSON, where: str) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise Malformed(f"{where}: {SALT_HEX} lower-case hex digits are wanted")
    return bytes.fromhex(value)
