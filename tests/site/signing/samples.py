"""One fact of every kind, made from the kind's own schema, with texts that are hard to spell alike in two languages."""

from typing import Any

from contracts.drafts import load_facts, read_draft
from contracts.facts import FACT_TYPES, FactType, describe_schema
from ledger.canonical import JSON

#: Quotes, line ends, a separator that JavaScript once took for one, astral and combining characters.
HARD_TEXT = 'Grüße – "Gips" \\ 石膏 \u2028 𝔊 \t x\n2 é / </script> ﷺ \u00ad'
_TEXTS = {
    "decimal": "23.230",
    "date": "2025-03-14",
    "date-time": "2025-03-14T09:30:00Z",
}
_PATTERNS = {  #: by the beginning of the pattern: a value that fits
    "o-": "o-plasterco",
    "h-": "h-plast0001",
    "z6Mk": "z6MkpndRZzcJv62H5aPqUs6wrbgKEW51C39VY4EnZKyvuf6S",
    "[0-9a-f]{64}": "a833fd23" * 8,
    "[0-9a-f]{128}": "a833fd23" * 16,
    "[a-z][a-z0-9-]{1,60}@": "material-supply@1",
    "[0-9]{4}-(0[1-9]|1[0-2])": "2025-03",
    "[A-Z0-9]{1,3}": "TNE",
    "[A-Z]{2}": "DK",
    "[a-z]{2,30}": "operator",
    "[a-z][a-z_]{1,40}:": "delivery:d-1",
    "[A-Za-z0-9]": "d-1",
    "-?": "-1234.5",
}


def list_samples(rows: int = 2) -> list[tuple[FactType, Any]]:
    """Make one fact of each kind; lists of records have so many rows."""
    load_facts()
    return [(kind, make_sample(kind, rows)) for _, kind in sorted(FACT_TYPES.items())]


def make_sample(kind: FactType, rows: int) -> Any:
    """Make a fact of a kind."""
    schema: Any = describe_schema(kind)
    parts = schema["properties"]
    fields = {name: make_value(part, rows) for place in ("public", "contents") for name, part in parts[place]["properties"].items()}
    subject = make_value(parts["about"]["x-id"], rows)
    about = f"{kind.prefix}:{subject}" if kind.prefix else subject
    return read_draft({"kind": kind.kind, "kind_version": kind.version, "about": about, "fields": fields}).fact


def make_value(schema: Any, rows: int) -> JSON:  # noqa: PLR0911 - each type has its answer
    """Make a value that a JSON Schema allows."""
    if "anyOf" in schema:
        return make_value(schema["anyOf"][0], rows)
    if "enum" in schema:
        return str(schema["enum"][-1])
    match schema["type"]:
        case "integer":
            return -(2**53 - 1)
        case "boolean":
            return True
        case "array":
            return [make_value(schema["items"], rows) for _ in range(rows)]
        case "object" if "properties" in schema:
            return {name: make_value(part, rows) for name, part in schema["properties"].items()}
        case "object":
            return {"b": [1, None, {"z": HARD_TEXT}], "a": {"!~": False, "10": "1", "9": "2"}}
    return make_text(schema)


def make_text(schema: Any) -> str:
    """Make a text of a form."""
    if "format" in schema:
        return _TEXTS[schema["format"]]
    pattern = str(schema.get("pattern", "")).removeprefix("^(")
    return next((text for start, text in _PATTERNS.items() if pattern.startswith(start)), HARD_TEXT)
