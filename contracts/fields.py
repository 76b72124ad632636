"""Typed fields of facts: how each value is written as JSON, read back strictly, and described as JSON Schema."""

import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from contracts.clock import format_instant, parse_instant
from contracts.errors import Finding, Invalid
from contracts.quantity import DECIMAL_PATTERN, format_decimal, parse_decimal
from ledger.canonical import JSON, MAX_INTEGER

Findings = list[Finding]
T = TypeVar("T")


class Place(StrEnum):
    """Where a field of a fact stands in the statement."""

    SUBJECT = "subject"
    PUBLIC = "public"
    BUSINESS = "business"
    PERSONAL = "personal"


About = Annotated[T, Place.SUBJECT]  #: what the statement is about: stands in the header
Public = Annotated[T, Place.PUBLIC]  #: stands in clear, for everybody to check
Personal = Annotated[T, Place.PERSONAL]  #: about a person, or words that may name one: erasable; no figure reads them


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a text field: a pattern for names and ids, a length for prose."""

    pattern: str | None
    most: int  #: characters
    wanted: str  #: what to write, in words


def _id(pattern: str, wanted: str) -> Form:
    return Form(pattern, 200, wanted)


Line = Annotated[str, Form(None, 200, "one line of 1 to 200 characters")]
Text = Annotated[str, Form(None, 200_000, "text of 1 to 200,000 characters")]
Id = Annotated[str, _id(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", "an id of letters, digits, '.', '_' and '-'")]
Subject = Annotated[str, _id(r"[a-z][a-z_]{1,40}:[A-Za-z0-9][A-Za-z0-9._:@/-]{0,120}", "a subject such as delivery:0190f6c2")]
OrganisationId = Annotated[str, _id(r"o-[0-9a-z]{6,40}", "an organisation's id such as o-7f3a9c")]
HolderId = Annotated[str, _id(r"h-[0-9a-z]{6,40}", "a holder's pseudonym such as h-1c9b2e")]
RoleName = Annotated[str, _id(r"[a-z]{2,30}", "the name of a role")]
Multikey = Annotated[str, _id(r"z6Mk[1-9A-HJ-NP-Za-km-z]{40,48}", "a key in Multikey text")]
StatementHash = Annotated[str, _id(r"[0-9a-f]{64}", "a statement hash of 64 hex digits")]
Digest = Annotated[str, _id(r"[0-9a-f]{64}", "a SHA-256 of 64 hex digits")]
TemplateRef = Annotated[str, _id(r"[a-z][a-z0-9-]{1,60}@[0-9]{1,4}", "a template such as material-supply@1")]
PeriodId = Annotated[str, _id(r"[0-9]{4}-(0[1-9]|1[0-2])", "a month such as 2025-03")]
UnitCode = Annotated[str, _id(r"[A-Z0-9]{1,3}", "a UN/ECE Rec 20 unit code such as TNE")]
CountryCode = Annotated[str, _id(r"[A-Z]{2}", "a country code of ISO 3166 such as DK")]
Cents = Annotated[int, "whole minor units of the settlement currency"]
Json = Mapping[str, Any]  #: an object of the strict profile, checked by the rules of its stage


@dataclass(frozen=True, slots=True)
class Codec:
    """How one type of field is written, read and described."""

    encode: Callable[[Any], JSON]
    decode: Callable[[JSON, str, Findings], Any]  #: value, path, findings to add to; returns None after a fault
    schema: Mapping[str, JSON]


def make_codec(hint: Any) -> Codec:  # noqa: ANN401, PLR0911 - a type hint is anything, and each kind has its answer
    """Make the codec of a type hint; TypeError for one that facts may not use."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        form = next((mark for mark in hint.__metadata__ if isinstance(mark, Form)), None)
        return _make_text(form) if form else make_codec(hint.__origin__)
    if origin in (typing.Union, types.UnionType):
        return _make_optional(hint)
    if origin is tuple:
        return _make_list(make_codec(typing.get_args(hint)[0]))
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _make_enum(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _make_record(hint)
    if origin is Mapping:
        return Codec(dict, _decode_object, {"type": "object"})
    raise TypeError(f"{hint!r} is not a type of a fact's field")


def _fault(findings: Findings, path: str, message: str) -> None:
    findings.append(Finding(path, "malformed", message))


def _make_text(form: Form) -> Codec:
    pattern = re.compile(form.pattern, re.ASCII) if form.pattern else None

    def decode(value: JSON, path: str, findings: Findings) -> str | None:
        if isinstance(value, str) and value.strip() and len(value) <= form.most and (pattern is None or pattern.fullmatch(value)):
            return value
        _fault(findings, path, f"{form.wanted} is wanted")
        return None

    schema: dict[str, JSON] = {"type": "string", "minLength": 1, "maxLength": form.most}
    if form.pattern:
        schema["pattern"] = f"^({form.pattern})$"
    return Codec(str, decode, schema)


def _make_optional(hint: Any) -> Codec:  # noqa: ANN401 - a type hint is anything
    inner = make_codec(next(part for part in typing.get_args(hint) if part is not type(None)))

    def decode(value: JSON, path: str, findings: Findings) -> Any:  # noqa: ANN401 - whatever the inner type is
        return None if value is None else inner.decode(value, path, findings)

    return Codec(lambda value: None if value is None else inner.encode(value), decode, {"anyOf": [inner.schema, {"type": "null"}]})


def _make_list(inner: Codec) -> Codec:
    def decode(value: JSON, path: str, findings: Findings) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            _fault(findings, path, "a list is wanted")
            return ()
        return tuple(inner.decode(item, f"{path}.{number}", findings) for number, item in enumerate(value))

    return Codec(lambda items: [inner.encode(item) for item in items], decode, {"type": "array", "items": inner.schema})


def _make_enum(hint: type[StrEnum]) -> Codec:
    values = [str(member.value) for member in hint]

    def decode(value: JSON, path: str, findings: Findings) -> StrEnum | None:
        if isinstance(value, str) and value in values:
            return hint(value)
        _fault(findings, path, f"one of {', '.join(values)} is wanted")
        return None

    return Codec(str, decode, {"type": "string", "enum": values})


def _make_record(hint: type[Any]) -> Codec:
    hints = typing.get_type_hints(hint, include_extras=True)
    parts = {part.name: (make_codec(hints[part.name]), part.default is MISSING) for part in fields(hint)}

    def decode(value: JSON, path: str, findings: Findings) -> Any:  # noqa: ANN401 - an instance of the hint
        if not isinstance(value, dict):
            _fault(findings, path, "an object is wanted")
            return None
        before = len(findings)
        for name in sorted(set(parts) - set(value)):
            _fault(findings, f"{path}.{name}", "is missing: write null where there is none")
        for name in sorted(set(value) - set(parts)):
            _fault(findings, f"{path}.{name}", "is not a name that is known here")
        read = {name: parts[name][0].decode(value[name], f"{path}.{name}", findings) for name in parts if name in value}
        return hint(**read) if len(findings) == before else None

    schema: dict[str, JSON] = {
        "type": "object",
        "properties": {name: dict(codec.schema) for name, (codec, _) in parts.items()},
        "required": list(parts),
        "additionalProperties": False,
    }
    return Codec(lambda item: {name: codec.encode(getattr(item, name)) for name, (codec, _) in parts.items()}, decode, schema)


def _decode_integer(value: JSON, path: str, findings: Findings) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    _fault(findings, path, "a whole number is wanted")
    return None


def _decode_boolean(value: JSON, path: str, findings: Findings) -> bool | None:
    if isinstance(value, bool):
        return value
    _fault(findings, path, "true or false is wanted")
    return None


def _decode_decimal(value: JSON, path: str, findings: Findings) -> Decimal | None:
    try:
        return parse_decimal(value if isinstance(value, str) else "a number that is not text")
    except Invalid:
        _fault(findings, path, 'a decimal as text, such as "23.230", is wanted: at most 15 digits before and 9 after the point')
    return None


def _decode_date(value: JSON, path: str, findings: Findings) -> date | None:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass  # a day that no calendar has
    _fault(findings, path, "a day such as 2025-03-14 is wanted")
    return None


def _decode_instant(value: JSON, path: str, findings: Findings) -> datetime | None:
    try:
        return parse_instant(value if isinstance(value, str) else "")
    except Invalid:
        _fault(findings, path, "a time such as 2025-03-14T09:30:00Z is wanted")
    return None


def _decode_object(value: JSON, path: str, findings: Findings) -> Json | None:
    if isinstance(value, dict):
        return value
    _fault(findings, path, "an object is wanted")
    return None


_PLAIN: Mapping[Any, Codec] = {
    bool: Codec(bool, _decode_boolean, {"type": "boolean"}),
    int: Codec(int, _decode_integer, {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}),
    Decimal: Codec(format_decimal, _decode_decimal, {"type": "string", "pattern": f"^({DECIMAL_PATTERN})$"}),
    date: Codec(lambda day: day.isoformat(), _decode_date, {"type": "string", "format": "date"}),
    datetime: Codec(format_instant, _decode_instant, {"type": "string", "format": "date-time"}),
}
