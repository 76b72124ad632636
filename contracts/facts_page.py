"""FACTS.md, written from the registry of facts: `python -m contracts.facts_page > contracts/FACTS.md`."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from contracts.facts import FACT_TYPES, FactType
from contracts.fields import Place
from contracts.quantity import DECIMAL_PATTERN
from ledger.canonical import JSON

FAMILIES: Mapping[str, str] = {  #: module that registers facts: what it is about
    "contracts.own_facts": "The ledger's own kinds",
    "contracts.parties.facts": "Parties",
    "contracts.agreements.facts": "Agreements",
    "contracts.deliveries.facts": "Deliveries",
    "contracts.certificates.facts": "Certificates",
    "contracts.savings.facts": "Savings",
    "contracts.allocation.facts": "Allocation",
    "contracts.governance.facts": "Governance",
    "contracts.settlement.facts": "Settlement",
}
_PLACES = {
    Place.SUBJECT: "subject",
    Place.PUBLIC: "public",
    Place.BUSINESS: "contents",
    Place.PERSONAL: "contents, personal",
}
_FORMATS = {"date": "day", "date-time": "time"}
_INTRODUCTION = """\
# Facts

What can be said on a log, kind by kind. Written from the code by `python -m contracts.facts_page > contracts/FACTS.md`; a test holds it
to the code.

A fact becomes a statement (`ledger/FORMAT.md`): its *subject* and its *public* fields stand in the header, in clear, for everybody to
check; its *contents* are committed to field by field under salts, in the order given here. *Personal* contents are about a person, or
words that may name one: no figure reads them, and they can be erased once no dispute waits for them. A list marked *by rows* is a salted
sub-tree, so that one row can be shown by itself. *Sealed* facts are read by their author and by auditors whose grant says so, and by
nobody else. An absent value is null.

Who may say a kind is put on the log at its founding (`rights`), by role of the signing key. Besides role, the author must be an active
member and the rules of the stage must hold; a refusal names every fault by field and code.

The JSON Schema (2020-12) of every kind, with the same marks as `x-place`, `x-rows`, `x-by` and `x-sealed`, travels in the audit file as
`schemas/<kind>.<version>.json`; `contracts.facts.describe_schema` gives it.

Decimals are text with a point, such as "23.230"; money is whole minor units of the network's one currency; times are
`YYYY-MM-DDThh:mm:ssZ`, days `YYYY-MM-DD`; units are UN/ECE Rec 20 codes.
"""


def write_page() -> str:
    """Write the page: every registered kind, stage by stage, in the order of the code."""
    lines = [_INTRODUCTION]
    for module, title in FAMILIES.items():
        import_module(module)
        lines += [f"## {title}", ""]
        for kind in FACT_TYPES.values():
            if kind.fact.__module__ == module:
                lines += _write_kind(kind)
    return "\n".join(lines)


def _write_kind(kind: FactType) -> Iterator[str]:
    yield f"### `{kind.kind}` {kind.version}"
    yield ""
    yield " ".join((kind.fact.__doc__ or "").split())
    yield ""
    yield f"Said by: {_list_roles(kind)}.{' Sealed.' if kind.sealed else ''}"
    yield ""
    yield "| field | place | form |"
    yield "|---|---|---|"
    for part in kind.fields:
        form = _describe_form(part.codec.schema)
        if part.place is Place.SUBJECT:
            form = f"`{kind.prefix}:` + {form}" if kind.prefix else form
        yield f"| `{part.name}` | {_PLACES[part.place]}{', by rows' if part.rows else ''} | {form} |"
    yield ""


def _list_roles(kind: FactType) -> str:
    return ", ".join(role.value for role in kind.by)


def _describe_form(schema: Mapping[str, JSON]) -> str:  # noqa: PLR0911 - each kind of schema has its words
    """Describe a field's schema in a few words."""
    choices = schema.get("anyOf")
    if isinstance(choices, Sequence) and isinstance(choices[0], Mapping):
        return f"{_describe_form(choices[0])}, or null"
    values, items, properties = schema.get("enum"), schema.get("items"), schema.get("properties")
    if isinstance(values, Sequence):
        return "one of " + ", ".join(f"`{value}`" for value in values)
    if isinstance(items, Mapping):
        return f"list of {_describe_form(items)}"
    if isinstance(properties, Mapping):
        return "{" + "; ".join(f"`{name}`: {_describe_form(one)}" for name, one in properties.items() if isinstance(one, Mapping)) + "}"
    if "pattern" in schema and DECIMAL_PATTERN in str(schema["pattern"]):
        return "decimal"
    if "pattern" in schema:
        return "text `" + str(schema["pattern"]).replace("|", "\\|") + "`"
    if schema["type"] == "string":
        return _FORMATS.get(str(schema.get("format"))) or f"text, at most {schema['maxLength']} characters"
    return str(schema["type"])


if __name__ == "__main__":
    sys.stdout.write(write_page())
