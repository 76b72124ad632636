"""Drafts: a fact as a person or a program writes it down before it is signed, read into the fact with all faults at once.

    {"kind": "delivery.dispatched", "about": "delivery:d-0190", "refs": [], "fields": {"agreement": "a-17", "quantity": "23.230", …}}

`fields` holds the fact's fields by name; those that may be empty may be left out. `about` may give the bare id, and stands under its own
field's name as well ("delivery": "d-0190"). Where no field is called like a name of the draft, the fields may stand beside `kind`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from contracts.errors import Finding, Invalid
from contracts.facts import FACT_TYPES, FactField, FactType
from contracts.fields import Findings, Place
from ledger.canonical import JSON, decode_json
from ledger.errors import Malformed
from ledger.statement import HASH

MAX_DRAFT = 1 << 20  #: bytes
_OWN_NAMES = ("kind", "kind_version", "about", "refs", "fields")


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact that is ready to be signed."""

    fact: Any  #: a fact of contracts/*/facts.py
    type: FactType
    refs: tuple[str, ...]  #: statement hashes


def parse_draft(data: bytes) -> Draft:
    """Read a draft from the bytes of a JSON file; raises Invalid."""
    try:
        return read_draft(decode_json(data, MAX_DRAFT))
    except Malformed as error:
        raise Invalid(f"this is no draft: {error}") from None


def read_draft(value: JSON) -> Draft:
    """Read a draft from a JSON value; raises Invalid with all findings."""
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise Invalid('a draft is an object with a kind, such as {"kind": "delivery.dispatched", "about": …, "fields": {…}}')
    kind = _find_type(str(value["kind"]), value.get("kind_version"))
    findings: Findings = []
    nested = value.get("fields")
    fields = dict(nested) if isinstance(nested, Mapping) else {name: item for name, item in value.items() if name not in _OWN_NAMES}
    surplus = set(value) - set(_OWN_NAMES) if isinstance(nested, Mapping) else set[str]()
    subject = next(part for part in kind.fields if part.place is Place.SUBJECT)
    if "about" in value:
        fields.setdefault(subject.name, value["about"])
    if not isinstance(nested, Mapping) and nested is not None:
        fields["fields"] = nested  # contents.erased has a field of this name
    surplus |= set(fields) - {part.name for part in kind.fields}
    findings += [Finding(name, "unknown-field", f"{kind.kind} has no such field") for name in sorted(surplus)]
    read = {part.name: _read_field(kind, part, fields.get(part.name), findings) for part in kind.fields}
    refs = _read_refs(value.get("refs", []), findings)
    if findings:
        raise Invalid(findings[0].message if len(findings) == 1 else f"{len(findings)} faults were found in the draft", findings)
    return Draft(kind.fact(**read), kind, refs)


def write_draft(fact: object, kind: FactType, refs: Iterable[str] = ()) -> dict[str, JSON]:
    """Write a fact as a draft; `read_draft` reads it back."""
    values = {part.name: part.codec.encode(getattr(fact, part.name)) for part in kind.fields}
    subject = next(part for part in kind.fields if part.place is Place.SUBJECT)
    about = values.pop(subject.name)
    named = f"{kind.prefix}:{about}" if kind.prefix else about
    return {"kind": kind.kind, "kind_version": kind.version, "about": named, "refs": list(refs), "fields": values}


def _find_type(name: str, version: JSON) -> FactType:
    """Find a kind of fact, in the newest version unless one is named."""
    load_facts()
    found = [kind for (known, number), kind in FACT_TYPES.items() if known == name and version in (None, number)]
    if not found:
        family = sorted({known for known, _ in FACT_TYPES if known.partition(".")[0] == name.partition(".")[0]})
        known_words = ", ".join(family or sorted({known.partition(".")[0] + ".…" for known, _ in FACT_TYPES}))
        raise Invalid(f"{name[:80]} is not a kind that is known here; known are {known_words}")
    return max(found, key=lambda kind: kind.version)


def _read_field(kind: FactType, part: FactField, value: JSON, findings: Findings) -> Any:  # noqa: ANN401 - whatever the field holds
    if part.place is Place.SUBJECT and isinstance(value, str) and kind.prefix:
        value = value.removeprefix(f"{kind.prefix}:")
    return part.codec.decode(value, "about" if part.place is Place.SUBJECT else part.name, findings)


def _read_refs(value: JSON, findings: Findings) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)) and all(isinstance(ref, str) and HASH.fullmatch(ref) for ref in value):
        return tuple(str(ref) for ref in value)
    findings.append(Finding("refs", "malformed", "a list of statement hashes, 64 hex digits each, is wanted"))
    return ()


@cache
def load_facts() -> None:
    """Make every kind of fact known; who reads drafts need not load the stages' services and tables."""
    import_module("contracts.own_facts")
    for stage in ("parties", "agreements", "deliveries", "certificates", "savings", "allocation", "governance", "settlement"):
        import_module(f"contracts.{stage}.facts")
