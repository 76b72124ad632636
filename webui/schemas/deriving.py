"""Deriving: the schema of an answer from the frozen dataclass that a service returns, so that one noun has one set of fields."""

import types
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as list_fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from marshmallow import Schema, fields

from contracts.errors import Finding
from webui.schemas.fields import DecimalText, FindingSchema, InstantText

_MADE: dict[tuple[type[Any], frozenset[str], str], type[Schema]] = {}
_WRITTEN: Mapping[type[Any], type[Schema]] = {Finding: FindingSchema}  #: schemas that are written by hand
_PLAIN: Mapping[type[Any], type[fields.Field[Any]]] = {
    str: fields.String,
    bool: fields.Boolean,
    int: fields.Integer,
    Decimal: DecimalText,
    date: fields.Date,
    datetime: InstantText,
    Fraction: fields.String,
}


def make_schema(made: type[Any], *, name: str = "", hide: Sequence[str] = ()) -> type[Schema]:
    """Make the schema of a dataclass's answers: every field but the hidden ones, in order, each present in every answer.

    Args:
        made: a dataclass; TypeError for field types that no answer has.
        name: in the OpenAPI document, if not the dataclass's own.
        hide: fields that are ours alone, such as log_id.
    """
    if made in _WRITTEN:
        return _WRITTEN[made]
    key = (made, frozenset(hide), name)
    if key not in _MADE:
        hints = typing.get_type_hints(made)
        shown = {part.name: make_field(hints[part.name], hide) for part in list_fields(made) if part.name not in hide}
        title = name or made.__name__
        body: dict[str, Any] = {**shown, "__doc__": made.__doc__}
        _MADE[key] = type(f"{title}Schema", (Schema,), body)
    return _MADE[key]


def make_field(hint: Any, hide: Sequence[str] = (), **more: Any) -> fields.Field[Any]:  # noqa: ANN401, PLR0911 - a type hint is anything
    """Make the field of a type hint."""
    options: dict[str, Any] = {"required": True, **more}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return make_field(arguments[0], hide, **more)
    if origin in (typing.Union, types.UnionType):
        inner = [part for part in arguments if part is not type(None)]
        if len(inner) != 1:
            return fields.Raw(**{**options, "allow_none": len(inner) < len(arguments)})  # any JSON value
        return make_field(inner[0], hide, allow_none=len(inner) < len(arguments), **more)
    if origin in (tuple, list, Sequence, AbstractSet, frozenset):
        return fields.List(make_field(arguments[0], hide), **options)
    if origin in (Mapping, dict):
        return fields.Dict(keys=fields.String(), **options)
    if isinstance(hint, type) and hint in _PLAIN:
        return _PLAIN[hint](**options)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return fields.Enum(hint, by_value=fields.String(), **options)
    if isinstance(hint, type) and is_dataclass(hint):
        return fields.Nested(make_schema(hint, hide=hide), **options)
    if hint is Any:
        return fields.Raw(**options)
    raise TypeError(f"{hint!r} is not a type of an answer's field")


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, and where the next page begins."""

    items: Sequence[Any]
    next: str | None  #: cursor for `after`; None on the last page


def make_page(items: Sequence[Any], limit: int, cursor: typing.Callable[[Any], object]) -> Page:
    """Make a page of items that were asked for with one more than `limit`: the surplus one says that there is more."""
    shown = items[:limit]
    return Page(shown, str(cursor(shown[-1])) if len(items) > limit else None)


def make_page_schema(item: type[Schema]) -> type[Schema]:
    """Make the schema of a page of items."""
    title = item.__name__.removesuffix("Schema")
    return type(
        f"{title}PageSchema",
        (Schema,),
        {
            "__doc__": f"A page of {title}.",
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(required=True, allow_none=True, metadata={"description": "cursor for `after`; null on the last page"}),
        },
    )
