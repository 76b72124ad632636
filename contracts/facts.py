"""Facts: frozen dataclasses, one per kind and version, and how each becomes a statement's header and contents and back.

A field stands in one of these places: `About` is what the statement is about (header, in clear), `Public` fields are in clear in the
header for everybody to check, all others are contents, committed to under salts. A tuple of records is a list that may be shown row
by row. `Personal` contents are erasable, and no figure reads them; other contents are `business`.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar

from contracts.errors import Finding, Invalid
from contracts.fields import Codec, Findings, Place, make_codec
from ledger.canonical import JSON
from ledger.contents import Opened, RowList

F = TypeVar("F")


class Role(StrEnum):
    """What a key may be used for; who may say what is on the log, derived from the facts' own `by`."""

    OPERATOR = "operator"  #: weighs, records
    SIGNATORY = "signatory"  #: signs contracts, enrols the organisation's keys
    FINANCE = "finance"  #: reports costs, confirms payments
    LAB = "lab"  #: issues certificates
    FACILITATOR = "facilitator"  #: runs the network: admits, grants, publishes
    BOARD = "board"  #: reviews, votes, resolves
    AUDITOR = "auditor"  #: reads what a grant covers; says nothing of its own yet
    SERVICE = "service"  #: the service's own key: what jobs put on the log


OWN_ROLES = (Role.OPERATOR, Role.SIGNATORY, Role.FINANCE)  #: roles that an organisation gives its own keys


@dataclass(frozen=True, slots=True)
class FactField:
    """One field of a kind of fact."""

    name: str
    place: Place
    codec: Codec
    rows: bool  #: a list whose rows can be shown one by one


@dataclass(frozen=True, slots=True)
class FactType:
    """One kind and version of fact."""

    kind: str
    version: int
    fact: type[Any]
    by: tuple[Role, ...]
    sealed: bool  #: contents are for the author and granted auditors only
    prefix: str | None  #: of the subject; None: the field holds the whole subject
    fields: tuple[FactField, ...]

    def list_contents(self) -> list[FactField]:
        """List the contents fields in their fixed order."""
        return [part for part in self.fields if part.place in (Place.BUSINESS, Place.PERSONAL)]


@dataclass(frozen=True, slots=True)
class Parts:
    """A fact, taken apart for a statement."""

    kind: str
    version: int
    about: str
    public: Mapping[str, JSON]
    values: Sequence[tuple[str, JSON | RowList]]


class Withheld(Exception):
    """A fact cannot be read whole: contents are withheld or erased."""


FACT_TYPES: dict[tuple[str, int], FactType] = {}
_BY_CLASS: dict[type[Any], FactType] = {}


def fact(kind: str, *, by: Sequence[Role], about: str | None, version: int = 1, sealed: bool = False) -> Callable[[type[F]], type[F]]:
    """Register a frozen dataclass as the fact of a kind; `about` is the subject's prefix, None for a field that holds it whole."""

    def register(made: type[F]) -> type[F]:
        hints = typing.get_type_hints(made, include_extras=True)
        parts = tuple(
            FactField(part.name, _find_place(hints[part.name]), make_codec(hints[part.name]), _is_row_list(hints[part.name]))
            for part in dataclasses.fields(made)  # type: ignore[arg-type]  # a type variable hides that it is a dataclass
        )
        found = FactType(kind, version, made, tuple(by), sealed, about, parts)
        if (kind, version) in FACT_TYPES or [part.place for part in parts].count(Place.SUBJECT) != 1:
            raise TypeError(f"{kind} {version}: registered twice, or without exactly one subject")
        FACT_TYPES[kind, version] = _BY_CLASS[made] = found
        return made

    return register


def find_fact_type(kind: str, version: int) -> FactType:
    """Find a kind of fact; raises Invalid."""
    found = FACT_TYPES.get((kind, version))
    if found is None:
        raise Invalid(
            f"{kind} {version} is not a kind of fact that is known here", [Finding("statement.kind", "unknown-kind", f"{kind} is unknown")]
        )
    return found


def type_of(said: object) -> FactType:
    """Give the kind of a fact; KeyError for what is none."""
    return _BY_CLASS[type(said)]


def take_apart(said: object) -> Parts:
    """Take a fact apart into header parts and ordered contents."""
    kind = type_of(said)
    about, public_part = "", {}
    values: list[tuple[str, JSON | RowList]] = []
    for part in kind.fields:
        value = part.codec.encode(getattr(said, part.name))
        if part.place is Place.SUBJECT:
            about = f"{kind.prefix}:{value}" if kind.prefix else str(value)
        elif part.place is Place.PUBLIC:
            public_part[part.name] = value
        else:
            values.append((part.name, RowList(tuple(value)) if part.rows and isinstance(value, list) else value))
    return Parts(kind.kind, kind.version, about, public_part, values)


def put_together(kind: FactType, about: str, public_part: Mapping[str, JSON], opened: Opened) -> Any:  # noqa: ANN401 - a fact of the kind
    """Read a fact from a statement's parts; raises Invalid with all findings, or Withheld if contents are not shown."""
    findings: Findings = []
    business = {part.name for part in kind.list_contents() if part.place is Place.BUSINESS}
    if opened.withheld and (business - set(opened.values)):
        raise Withheld(f"contents fields {list(opened.withheld)} are withheld or erased")
    _check_shape(kind, about, public_part, opened, findings)
    read: dict[str, Any] = {}
    for part in kind.fields:
        if part.place is Place.SUBJECT:
            read[part.name] = part.codec.decode(about.partition(":")[2] if kind.prefix else about, "statement.about", findings)
        elif part.place is Place.PUBLIC:
            read[part.name] = part.codec.decode(public_part.get(part.name), f"statement.public.{part.name}", findings)
        elif part.name in opened.values:
            read[part.name] = part.codec.decode(opened.values[part.name], part.name, findings)
        else:
            read[part.name] = None  # personal and erased: no fold needs it
    if findings:
        raise Invalid(findings[0].message if len(findings) == 1 else f"{len(findings)} faults were found", findings)
    return kind.fact(**read)


def _check_shape(kind: FactType, about: str, public_part: Mapping[str, JSON], opened: Opened, findings: Findings) -> None:
    if kind.prefix and about.partition(":")[0] != kind.prefix:
        findings.append(Finding("statement.about", "other-subject", f"this kind is about {kind.prefix}:…"))
    wanted = {part.name for part in kind.fields if part.place is Place.PUBLIC}
    if set(public_part) != wanted:
        findings.append(Finding("statement.public", "malformed", f"just these names are wanted: {', '.join(sorted(wanted)) or 'none'}"))
    names = [part.name for part in kind.list_contents()]
    wanted_names = [name for position, name in enumerate(names) if position not in opened.withheld]
    if len(opened.values) + len(opened.withheld) != len(names) or list(opened.values) != wanted_names:
        findings.append(Finding("contents.fields", "malformed", f"these fields in this order are wanted: {', '.join(names) or 'none'}"))


def _find_place(hint: Any) -> Place:  # noqa: ANN401 - a type hint is anything
    return next((mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Place)), Place.BUSINESS)


def _is_row_list(hint: Any) -> bool:  # noqa: ANN401 - a type hint is anything
    arguments = typing.get_args(hint)
    return typing.get_origin(hint) is tuple and isinstance(arguments[0], type) and is_dataclass(arguments[0])


def list_rights() -> dict[str, list[str]]:
    """List the kinds that each role may say, as a founding puts it on the log."""
    return {role.value: sorted({kind.kind for kind in FACT_TYPES.values() if role in kind.by}) for role in Role}


def describe_schema(kind: FactType) -> dict[str, JSON]:
    """Describe a kind of fact as JSON Schema (2020-12) of its subject, public part and contents."""

    def describe(places: Sequence[Place]) -> dict[str, JSON]:
        chosen = [part for part in kind.fields if part.place in places]
        properties: dict[str, JSON] = {
            part.name: {**part.codec.schema, "x-place": part.place.value, "x-rows": part.rows} for part in chosen
        }
        return {"type": "object", "properties": properties, "required": [part.name for part in chosen], "additionalProperties": False}

    about = next(part for part in kind.fields if part.place is Place.SUBJECT)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind.kind} {kind.version}",
        "description": " ".join((kind.fact.__doc__ or "").split()),
        "type": "object",
        "properties": {
            "about": {"type": "string", "x-prefix": kind.prefix, "x-id": dict(about.codec.schema)},
            "public": describe([Place.PUBLIC]),
            "contents": describe([Place.BUSINESS, Place.PERSONAL]),
        },
        "required": ["about", "public", "contents"],
        "x-by": [role.value for role in kind.by],
        "x-sealed": kind.sealed,
    }
