"""Words: a fact as its signer reads it before signing, every field of it, labelled, with money in its currency and times in UTC.

What is shown is what is signed: fields are listed from the fact's own type, so that none can be left out, and long texts are shortened
only with their length and SHA-256 beside them.
"""

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any

from contracts.fields import Cents
from contracts.money import CURRENCY_EXPONENTS, format_money
from contracts.quantity import format_decimal
from contracts.units import UNITS

LONG_TEXT = 240  #: characters of a text that are shown unless all of it is asked for
LONG_LIST = 20  #: rows of a list that are shown unless all are asked for
_PERCENTAGES = ("moisture",)  #: decimals that are in percent whatever the record's unit is
_UNITLESS = ("uncertainty",)  #: decimals whose unit a sibling names in other words


@dataclasses.dataclass(frozen=True, slots=True)
class _Writing:
    """How values are to be written."""

    currency: str | None  #: ISO 4217; None: amounts are said in minor units
    names: Mapping[str, str]  #: legal names by organisation
    full: bool  #: long texts and lists in full


def describe_fact(fact: object, *, currency: str | None = None, names: Mapping[str, str] | None = None, full: bool = False) -> list[str]:
    """Describe a fact in lines for a person: its caption, then every field.

    currency: of the network, for amounts; without it they are said in whole minor units. names: legal names by organisation id.
    full: long texts and lists whole, instead of their beginning with length and SHA-256.
    """
    writing = _Writing(currency if currency in CURRENCY_EXPONENTS else None, names or {}, full)
    return [caption_fact(type(fact)), *_describe_record(fact, writing, "  ")]


def caption_fact(kind: type[Any]) -> str:
    """Give the first sentence of what a kind of fact says."""
    return " ".join((kind.__doc__ or kind.__name__).split("\n\n")[0].split())


def label_field(name: str) -> str:
    """Write a field's name as a label."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _describe_record(record: Any, writing: _Writing, indent: str, outer: str | None = None) -> Iterator[str]:  # noqa: ANN401 - a dataclass of any fact
    """Describe a record; `outer` is the unit of the record around it, for one that names none of its own."""
    hints = typing.get_type_hints(type(record), include_extras=True)
    unit = getattr(record, "unit", outer)
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        label = f"{indent}{label_field(field.name)}: "
        if _is_cents(hints[field.name]) and value is not None:
            yield label + _write_cents(value, writing)
        elif isinstance(value, Decimal):
            yield label + _write_decimal(field.name, value, unit)
        elif field.name == "unit" and isinstance(value, str):
            yield label + _write_unit(value)
        else:
            yield from _describe_value(label, value, writing, indent, unit)


def _describe_value(
    label: str,
    value: Any,  # noqa: ANN401 - any field's value
    writing: _Writing,
    indent: str,
    unit: str | None = None,
) -> Iterator[str]:
    inner = indent + "    "
    if isinstance(value, str) and not isinstance(value, Enum) and (len(value) > LONG_TEXT or "\n" in value):
        yield from _describe_text(label, value, writing, inner)
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        yield f"{label}{len(value)}"
        shown = value if writing.full else value[:LONG_LIST]
        for number, item in enumerate(shown, 1):
            yield f"{indent}  {number}."
            yield from _describe_record(item, writing, inner, unit)
        if len(shown) < len(value):
            yield f"{indent}  … and {len(value) - len(shown)} more: ask for the full text"
    elif dataclasses.is_dataclass(value):
        yield label.rstrip()
        yield from _describe_record(value, writing, inner, unit)
    elif isinstance(value, Mapping):
        yield label.rstrip() if value else f"{label}none"
        for path, item in _flatten(value, ""):
            yield from _describe_value(f"{inner}{path}: ", item, writing, inner)
    elif isinstance(value, (tuple, list)):
        yield label + (", ".join(_write_plain(item, writing) for item in value) or "none")
    else:
        yield label + _write_plain(value, writing)


def _describe_text(label: str, text: str, writing: _Writing, indent: str) -> Iterator[str]:
    yield f"{label}text of {len(text):,} characters, SHA-256 {sha256(text.encode()).hexdigest()}"
    shown = text if writing.full or len(text) <= LONG_TEXT else text[:LONG_TEXT] + " …"
    for line in shown.splitlines():
        yield f"{indent}{line}".rstrip()
    if shown != text:
        yield f"{indent}[shortened: ask for the full text]"


def _flatten(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """List the leaves of an object, by dotted path."""
    for name, item in value.items():
        here = f"{path}{name}"
        if isinstance(item, Mapping) and item:
            yield from _flatten(item, f"{here}.")
        elif isinstance(item, (list, tuple)) and any(isinstance(part, (Mapping, list, tuple)) for part in item):
            yield from _flatten({str(number): part for number, part in enumerate(item)}, f"{here}.")
        else:
            yield here, item


def _write_plain(value: Any, writing: _Writing) -> str:  # noqa: ANN401, PLR0911 - any field's value, each kind in its own words
    if value is None or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(value, str) and value in writing.names:
        return f"{writing.names[value]} ({value})"
    return str(value)


def _write_cents(value: int, writing: _Writing) -> str:
    return format_money(value, writing.currency) if writing.currency else f"{value:,} minor units of the network's currency"


def _write_decimal(name: str, value: Decimal, unit: str | None) -> str:
    text = format_decimal(value)
    if name in _PERCENTAGES:
        return f"{text} % m/m"
    return text if unit is None or name in _UNITLESS or unit not in UNITS else f"{text} {UNITS[unit].symbol}"


def _write_unit(code: str) -> str:
    return f"{UNITS[code].name} ({code})" if code in UNITS else code


def _is_cents(hint: Any) -> bool:  # noqa: ANN401 - a type hint is anything
    [mark] = typing.get_args(Cents)[1:]
    return any(mark in getattr(part, "__metadata__", ()) for part in (hint, *typing.get_args(hint)))
