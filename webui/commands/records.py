"""Records: answers of the API read back into the frozen dataclasses that the service wrote them from."""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from contracts.clock import parse_instant
from contracts.errors import Refusal
from contracts.quantity import parse_decimal
from webui.commands.faults import UNAVAILABLE, Complaint

R = TypeVar("R")


def read_record(kind: type[R], answer: Mapping[str, Any]) -> R:
    """Read an object of an answer as a dataclass; a Complaint if the server speaks of something else."""
    try:
        return typing.cast("R", _read(kind, answer))
    except (KeyError, TypeError, ValueError, Refusal) as error:
        message = f"the server's answer is no {kind.__name__} that is known here ({error}): are its version and yours the same?"
        raise Complaint(message, UNAVAILABLE) from None


def _read(hint: Any, value: Any) -> Any:  # noqa: ANN401, PLR0911 - a type hint is anything, and each kind has its answer
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _read(arguments[0], value)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _read(next(part for part in arguments if part is not types.NoneType), value)
    if origin is tuple:
        return tuple(_read(arguments[0], item) for item in value)
    if origin is not None or hint is Any:
        return value
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return typing.cast("Any", hint)(**{part.name: _read(hints[part.name], value[part.name]) for part in fields(hint)})
    if issubclass(hint, Enum):
        return hint(value)
    readers = {Decimal: parse_decimal, datetime: parse_instant, date: date.fromisoformat}
    if hint in readers:
        return readers[hint](value)
    if not isinstance(value, hint):
        raise TypeError(f"{value!r} is no {hint.__name__}")
    return value
