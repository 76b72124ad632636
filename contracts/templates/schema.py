"""The JSON Schema (2020-12) of a template's parameters, for forms, imports and other people's programs.

It says what one value may be; rules across parameters are listed in words under ``x-constraints``.
"""

from collections.abc import Sequence

from contracts.money import CURRENCY_EXPONENTS, MAX_MINOR
from contracts.quantity import DECIMAL_PATTERN
from contracts.templates.template import Definition, Template
from contracts.templates.values import (
    DATE_PATTERN,
    MONTH_DAY_PATTERN,
    MONTH_PATTERN,
    PARTY_PATTERN,
    STRING_LENGTH,
    TEXT_LENGTH,
)
from contracts.units import UNITS
from ledger.canonical import JSON

_PATTERNS = {
    "decimal": DECIMAL_PATTERN,
    "percent": DECIMAL_PATTERN,
    "unit_price": DECIMAL_PATTERN,
    "party": PARTY_PATTERN,
    "date": DATE_PATTERN,
    "month": MONTH_PATTERN,
    "month_day": MONTH_DAY_PATTERN,
}


def build_schema(template: Template) -> dict[str, JSON]:
    """Return the JSON Schema of the parameters of a template; conditional requirements are left to ``check_parameters``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{template.ref}: {template.title}",
        "description": template.summary,
        **_build_object(template.parameters),
        "x-constraints": [{"name": one.name, "parameters": list(one.parameters), "text": one.text} for one in template.constraints],
    }


def _build_object(definitions: Sequence[Definition]) -> dict[str, JSON]:
    return {
        "type": "object",
        "properties": {definition.name: _build_property(definition) for definition in definitions},
        "required": [definition.name for definition in definitions if definition.required and definition.default is None],
        "additionalProperties": False,
    }


def _build_property(definition: Definition) -> dict[str, JSON]:
    """Null is allowed where the value may be absent: absent and null are one."""
    value = _build_value(definition)
    described: dict[str, JSON] = {"title": definition.label, "description": definition.help}
    if definition.example is not None:
        described["examples"] = [definition.example]
    if definition.default is not None:
        described["default"] = definition.default
    marks = {"x-unit": definition.unit, "x-unit-from": definition.unit_from, "x-clause": definition.clause}
    described |= {key: text for key, text in marks.items() if text}
    if definition.required and definition.default is None:
        return described | value
    return described | {"anyOf": [value, {"type": "null"}]}


def _build_value(definition: Definition) -> dict[str, JSON]:
    value = _build_type(definition)
    if definition.values:
        value["enum"] = [choice.value for choice in definition.values]
    if definition.pattern is not None:
        value["pattern"] = f"^({definition.pattern})$"
    return value


def _build_type(definition: Definition) -> dict[str, JSON]:  # noqa: PLR0911  one return a type
    match definition.type:
        case "boolean":
            return {"type": "boolean"}
        case "integer" | "money" | "duration":
            least = "0" if definition.type == "duration" else str(-MAX_MINOR)
            return {
                "type": "integer",
                "minimum": int(definition.minimum or least),
                "maximum": int(definition.maximum or MAX_MINOR),
            }
        case "table" | "spec_rows":
            rows = _build_object(definition.columns)
            return {"type": "array", "items": rows, "minItems": definition.min_rows, "maxItems": definition.max_rows}
        case "list":
            items = _build_value(definition.items) if definition.items is not None else {}
            return {"type": "array", "items": items, "minItems": definition.min_rows, "maxItems": definition.max_rows}
        case "unit":
            return {"type": "string", "enum": sorted(UNITS)}
        case "currency":
            return {"type": "string", "enum": sorted(CURRENCY_EXPONENTS)}
        case kind if kind in _PATTERNS:
            return {"type": "string", "pattern": f"^({_PATTERNS[kind]})$"}
        case kind:
            longest = definition.max_length or (TEXT_LENGTH if kind == "text" else STRING_LENGTH)
            return {"type": "string", "minLength": 1, "maxLength": longest}
