"""One value against its definition: type, limits, pattern, choices, rows; every fault found is reported, none is mended.

Values are the JSON that stands on the log: decimals, percentages and unit prices are canonical decimal text, money is an
integer of minor units, dates are text; a JSON float is refused wherever it stands.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from contracts.errors import Finding, Invalid
from contracts.money import CURRENCY_EXPONENTS, MAX_MINOR
from contracts.period import Period
from contracts.quantity import parse_decimal
from contracts.templates.template import Definition
from contracts.units import UNITS

#: an organisation's or asset's id, as everywhere in the product
PARTY_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
DATE_PATTERN = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
MONTH_PATTERN = r"[0-9]{4}-(0[1-9]|1[0-2])"
MONTH_DAY_PATTERN = r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
#: characters of a line and of a text, where the definition says nothing
STRING_LENGTH = 200
TEXT_LENGTH = 4000

_DECIMAL_TYPES = frozenset({"decimal", "percent", "unit_price"})
_INTEGER_TYPES = frozenset({"integer", "money", "duration"})


def check_value(definition: Definition, value: object, path: str) -> Iterator[Finding]:
    """Yield every fault of one value, which is not null; ``path`` is where it stands."""
    if isinstance(value, float):
        yield Finding(path, "float", f'{definition.label}: floats are not exact; write the decimal as text, such as "12.40"')
    elif definition.type in _DECIMAL_TYPES:
        yield from _check_decimal_text(definition, value, path)
    elif definition.type in _INTEGER_TYPES:
        yield from _check_whole_number(definition, value, path)
    elif definition.type == "boolean":
        if not isinstance(value, bool):
            yield _wrong_type(definition, path, "true or false")
    elif definition.type in ("table", "spec_rows"):
        yield from _check_rows(definition, value, path)
    elif definition.type == "list":
        yield from _check_list(definition, value, path)
    elif not isinstance(value, str):
        yield _wrong_type(definition, path, "text")
    else:
        yield from _check_text(definition, value, path)
    if not isinstance(value, list | dict):
        yield from _check_choice(definition, value, path)


def _check_decimal_text(definition: Definition, value: object, path: str) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield _wrong_type(definition, path, 'a decimal written as text, such as "12.40"')
        return
    try:
        amount = parse_decimal(value)
    except Invalid as refusal:
        yield Finding(path, "not-a-decimal", f"{definition.label}: {refusal.message}")
        return
    yield from _check_limits(definition, amount, path)


def _check_whole_number(definition: Definition, value: object, path: str) -> Iterator[Finding]:
    if not isinstance(value, int) or isinstance(value, bool):
        what = "whole minor units (cents)" if definition.type == "money" else "a whole number"
        yield _wrong_type(definition, path, what)
        return
    if abs(value) > MAX_MINOR:
        yield Finding(path, "out-of-range", f"{definition.label}: the number is too large to be kept exactly")
        return
    if definition.type == "duration" and value < 0:
        yield Finding(path, "below-minimum", f"{definition.label}: a duration is not negative")
    yield from _check_limits(definition, Decimal(value), path)


def _check_limits(definition: Definition, amount: Decimal, path: str) -> Iterator[Finding]:
    minimum, maximum = definition.minimum, definition.maximum
    if definition.type == "percent":
        minimum, maximum = minimum or "0", maximum or "100"
    if minimum is not None and amount < Decimal(minimum):
        yield Finding(path, "below-minimum", f"{definition.label} is {amount:f}; the least is {minimum}")
    if maximum is not None and amount > Decimal(maximum):
        yield Finding(path, "above-maximum", f"{definition.label} is {amount:f}; the most is {maximum}")
    if definition.above is not None and amount <= Decimal(definition.above):
        yield Finding(path, "not-above", f"{definition.label} is {amount:f}; it must be more than {definition.above}")


def _check_text(definition: Definition, value: str, path: str) -> Iterator[Finding]:
    longest = definition.max_length or (TEXT_LENGTH if definition.type == "text" else STRING_LENGTH)
    allowed = "\n" if definition.type == "text" else ""
    if not value.strip():
        yield Finding(path, "empty", f"{definition.label} is empty; fill it in or leave it out")
    elif len(value) > longest:
        yield Finding(path, "too-long", f"{definition.label} has {len(value)} characters; the most is {longest}")
    elif any(unicodedata.category(char).startswith("C") and char not in allowed for char in value):
        yield Finding(path, "control-character", f"{definition.label} holds characters that cannot be printed; remove them")
    elif unicodedata.normalize("NFC", value) != value:
        yield Finding(path, "not-nfc", f"{definition.label} is not in Unicode normal form NFC; type it anew")
    elif definition.pattern is not None and re.fullmatch(definition.pattern, value, re.ASCII) is None:
        yield Finding(path, "pattern", f"{definition.label}: {value!r} does not have the form {definition.pattern}")
    elif (check := _FORMS.get(definition.type)) is not None and not check[0](value):
        yield Finding(path, check[1], f"{definition.label}: {value!r} is not {check[2]}")


def _check_choice(definition: Definition, value: object, path: str) -> Iterator[Finding]:
    reserved = next((choice for choice in definition.reserved if choice.value == value), None)
    if reserved is not None:
        yield Finding(path, "not-supported-yet", f"{definition.label} {value!r} cannot be settled yet: {reserved.label}")
    elif definition.values and all(not _same(choice.value, value) for choice in definition.values):
        choices = ", ".join(str(choice.value) for choice in definition.values)
        yield Finding(path, "unknown-value", f"{definition.label}: {value!r} is not one of {choices}")


def _check_rows(definition: Definition, value: object, path: str) -> Iterator[Finding]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield _wrong_type(definition, path, "a list of rows")
        return
    yield from _check_count(definition, len(value), path)
    known = {column.name for column in definition.columns}
    for index, row in enumerate(value[: definition.max_rows]):
        where = f"{path}.{index}"
        if not isinstance(row, Mapping):
            yield Finding(where, "wrong-type", f"{definition.label}: row {index + 1} must be an object of columns")
            continue
        for name in row:
            if name not in known:
                yield Finding(f"{where}.{name}", "unknown-column", f"{definition.label} has no column {name!r}; remove it")
        for column in definition.columns:
            cell = row.get(column.name)
            if cell is not None:
                yield from check_value(column, cell, f"{where}.{column.name}")
            elif column.required:
                yield Finding(f"{where}.{column.name}", "missing", f"{definition.label}: {column.label} is missing; fill it in")
    if definition.unique:
        keys = [tuple(row.get(name) for name in definition.unique) for row in value if isinstance(row, Mapping)]
        yield from _check_unique(definition, [repr(key) for key in keys], path)


def _check_list(definition: Definition, value: object, path: str) -> Iterator[Finding]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield _wrong_type(definition, path, "a list")
        return
    yield from _check_count(definition, len(value), path)
    if definition.items is not None:
        for index, item in enumerate(value[: definition.max_rows]):
            if item is None:
                yield Finding(f"{path}.{index}", "missing", f"{definition.label}: an item is empty; remove it")
            else:
                yield from check_value(definition.items, item, f"{path}.{index}")
    yield from _check_unique(definition, [repr(item) for item in value], path)


def _check_count(definition: Definition, count: int, path: str) -> Iterator[Finding]:
    if count < definition.min_rows:
        yield Finding(path, "too-few-rows", f"{definition.label} has {count} rows; it needs at least {definition.min_rows}")
    if count > definition.max_rows:
        yield Finding(path, "too-many-rows", f"{definition.label} has {count} rows; the most is {definition.max_rows}")


def _check_unique(definition: Definition, keys: Iterable[str], path: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield Finding(f"{path}.{index}", "duplicate", f"{definition.label}: row {index + 1} repeats an earlier one; remove it")
        seen.add(key)


def _wrong_type(definition: Definition, path: str, wanted: str) -> Finding:
    return Finding(path, "wrong-type", f"{definition.label} must be {wanted}")


def _same(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


def _is_date(text: str) -> bool:
    if re.fullmatch(DATE_PATTERN, text, re.ASCII) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_month(text: str) -> bool:
    try:
        Period(text)
    except Invalid:
        return False
    return True


#: type → (test, code, what it should have been)
_FORMS: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "party": (lambda text: re.fullmatch(PARTY_PATTERN, text, re.ASCII) is not None, "not-an-id", "an organisation's id"),
    "date": (_is_date, "not-a-date", "a date; write it as 2026-04-01"),
    "month": (_is_month, "not-a-month", "a month; write it as 2026-04"),
    "month_day": (
        lambda text: _is_date(f"2024-{text}"),
        "not-a-month-day",
        "a day of the year; write it as 06-01",
    ),
    "unit": (lambda text: text in UNITS, "unknown-unit", "a known UN/ECE Rec 20 unit such as TNE, MWH or MTQ"),
    "currency": (lambda text: text in CURRENCY_EXPONENTS, "unknown-currency", "a listed ISO 4217 currency such as EUR"),
}
