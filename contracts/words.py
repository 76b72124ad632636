"""Words: a fact as its signer reads it before signing, every field of it, labelled, with money in its currency and times in UTC.

What is shown is what is signed: fields are listed from the fact's own type, so that none can be left out, and long texts are shortened
only with their length and SHA-256 beside them.
"""

import dataclasses
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
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
_TEXT = "text of {count} characters, SHA-256 {digest}"
_UNITLESS = ("uncertainty",)  #: decimals whose unit a sibling names in other words


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One line of what a fact says."""

    field: str  #: name of the fact's own field that this is, or is a part of
    depth: int  #: 0: the field itself; deeper: rows and parts of it
    label: str  #: empty: the line is its value alone
    value: str
    text: str | None = None  #: a long text, whole; the value then says its length and SHA-256


def _write_instant(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"


@dataclasses.dataclass(frozen=True, slots=True)
class Speech:
    """How a reader is spoken to: as it stands here, in English and in the forms that the log has."""

    translate: Callable[[str], str] = str  #: labels and words, the messages of list_messages
    decimal: Callable[[Decimal], str] = format_decimal  #: exact, with all its decimals
    instant: Callable[[datetime], str] = _write_instant
    day: Callable[[date], str] = date.isoformat
    money: Callable[[int, str], str] = format_money  #: whole minor units of a currency
    count: Callable[[int], str] = "{:,}".format


PLAIN = Speech()


@dataclasses.dataclass(frozen=True, slots=True)
class _Writing:
    """How values are to be written."""

    currency: str | None  #: ISO 4217; None: amounts are said in minor units
    names: Mapping[str, str]  #: legal names by organisation
    full: bool  #: long lists in full
    speech: Speech


@dataclasses.dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands."""

    field: str
    depth: int
    unit: str | None  #: of the record around it

    def go_down(self, steps: int = 2) -> "_Spot":
        """Give the place of the parts of what stands here."""
        return dataclasses.replace(self, depth=self.depth + steps)


def describe_fact(fact: object, *, currency: str | None = None, names: Mapping[str, str] | None = None, full: bool = False) -> list[str]:
    """Describe a fact in lines for a person: its caption, then every field.

    currency: of the network, for amounts; without it they are said in whole minor units. names: legal names by organisation id.
    full: long texts and lists whole, instead of their beginning with length and SHA-256.
    """
    lines = describe_lines(fact, currency=currency, names=names, full=full)
    return [caption_fact(type(fact)), *(text for line in lines for text in _write_line(line, full=full))]


def describe_lines(
    fact: object,
    *,
    currency: str | None = None,
    names: Mapping[str, str] | None = None,
    full: bool = True,
    speech: Speech = PLAIN,
) -> Iterator[Line]:
    """Describe every field of a fact, each line with the field that it says, so that a reader can tell that none was left out.

    As describe_fact; speech: the reader's language, and forms of numbers, days and money.
    """
    writing = _Writing(currency if currency in CURRENCY_EXPONENTS else None, names or {}, full, speech)
    return _describe_record(fact, writing, None)


def caption_fact(kind: type[Any]) -> str:
    """Give the first sentence of what a kind of fact says."""
    return " ".join((kind.__doc__ or kind.__name__).split("\n\n")[0].split())


def label_field(name: str) -> str:
    """Write a field's name as a label."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def list_messages(kinds: Iterable[type[Any]]) -> list[str]:
    """List what describe_lines and caption_fact ever say of kinds of facts in words, for whoever translates it."""
    found = {"none", "yes", "no", _TEXT}
    for kind in kinds:
        found.add(caption_fact(kind))
        _collect_messages(kind, found)
    return sorted(found)


def _collect_messages(hint: Any, found: set[str]) -> None:  # noqa: ANN401 - a type hint is anything
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        for name, part in typing.get_type_hints(hint).items():
            found.add(label_field(name))
            _collect_messages(part, found)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        found.update(str(member.value).replace("_", " ") for member in hint)
    for part in typing.get_args(hint):
        _collect_messages(part, found)


def _write_line(line: Line, *, full: bool) -> Iterator[str]:
    indent = "  " * (line.depth + 1)
    label = f"{line.label}:" if line.label else ""
    yield f"{indent}{label}{' ' if label and line.value else ''}{line.value}"
    if line.text is None:
        return
    shown = line.text if full or len(line.text) <= LONG_TEXT else line.text[:LONG_TEXT] + " …"
    for part in shown.splitlines():
        yield f"{indent}    {part}".rstrip()
    if shown != line.text:
        yield f"{indent}    [shortened: ask for the full text]"


def _describe_record(record: Any, writing: _Writing, outer: _Spot | None) -> Iterator[Line]:  # noqa: ANN401 - a dataclass of any fact
    """Describe a record, at `outer` if it is a part of a field; a record that names no unit has that of the one around it."""
    hints = typing.get_type_hints(type(record), include_extras=True)
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        unit = getattr(record, "unit", outer.unit if outer else None)
        spot = _Spot(outer.field, outer.depth, unit) if outer else _Spot(field.name, 0, unit)
        label = writing.speech.translate(label_field(field.name))
        if _is_cents(hints[field.name]) and value is not None:
            yield Line(spot.field, spot.depth, label, _write_cents(value, writing))
        elif isinstance(value, Decimal):
            yield Line(spot.field, spot.depth, label, _write_decimal(field.name, value, unit, writing))
        elif field.name == "unit" and isinstance(value, str):
            yield Line(spot.field, spot.depth, label, _write_unit(value))
        else:
            yield from _describe_value(label, value, writing, spot)


def _describe_value(label: str, value: Any, writing: _Writing, spot: _Spot) -> Iterator[Line]:  # noqa: ANN401 - any field's value
    field, depth = spot.field, spot.depth
    if isinstance(value, str) and not isinstance(value, Enum) and (len(value) > LONG_TEXT or "\n" in value):
        words = writing.speech.translate(_TEXT).format(count=writing.speech.count(len(value)), digest=sha256(value.encode()).hexdigest())
        yield Line(field, depth, label, words, value)
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        yield Line(field, depth, label, str(len(value)))
        shown = value if writing.full else value[:LONG_LIST]
        for number, item in enumerate(shown, 1):
            yield Line(field, depth + 1, "", f"{number}.")
            yield from _describe_record(item, writing, spot.go_down())
        if len(shown) < len(value):
            yield Line(field, depth + 1, "", f"… and {len(value) - len(shown)} more: ask for the full text")
    elif dataclasses.is_dataclass(value):
        yield Line(field, depth, label, "")
        yield from _describe_record(value, writing, spot.go_down())
    elif isinstance(value, Mapping):
        yield Line(field, depth, label, "" if value else writing.speech.translate("none"))
        for path, item in _flatten(value, ""):
            yield from _describe_value(path, item, writing, dataclasses.replace(spot.go_down(), unit=None))
    elif isinstance(value, (tuple, list)):
        yield Line(field, depth, label, ", ".join(_write_plain(item, writing) for item in value) or writing.speech.translate("none"))
    else:
        yield Line(field, depth, label, _write_plain(value, writing))


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
        return writing.speech.translate("none")
    if isinstance(value, bool):
        return writing.speech.translate("yes" if value else "no")
    if isinstance(value, Enum):
        return writing.speech.translate(str(value.value).replace("_", " "))
    if isinstance(value, datetime):
        return writing.speech.instant(value)
    if isinstance(value, date):
        return writing.speech.day(value)
    if isinstance(value, Decimal):
        return writing.speech.decimal(value)
    if isinstance(value, str) and value in writing.names:
        return f"{writing.names[value]} ({value})"
    return str(value)


def _write_cents(value: int, writing: _Writing) -> str:
    return writing.speech.money(value, writing.currency) if writing.currency else f"{value:,} minor units of the network's currency"


def _write_decimal(name: str, value: Decimal, unit: str | None, writing: _Writing) -> str:
    text = writing.speech.decimal(value)
    if name in _PERCENTAGES:
        return f"{text} % m/m"
    return text if unit is None or name in _UNITLESS or unit not in UNITS else f"{text} {UNITS[unit].symbol}"


def _write_unit(code: str) -> str:
    return f"{UNITS[code].name} ({code})" if code in UNITS else code


def _is_cents(hint: Any) -> bool:  # noqa: ANN401 - a type hint is anything
    [mark] = typing.get_args(Cents)[1:]
    return any(mark in getattr(part, "__metadata__", ()) for part in (hint, *typing.get_args(hint)))
