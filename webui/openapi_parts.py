"""Parts of addresses: what each may be, as the router matches it and as the OpenAPI document shows it."""

from flask import Flask
from werkzeug.routing import BaseConverter

from webui.service_keys import NETWORK

#: Parts of addresses, by converter: only what is of its form is looked up; all else is not found.
PATTERNS = {
    "network": NETWORK.pattern,
    "name": r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}",
    "hash": r"[0-9a-f]{64}",
    "multikey": r"z6Mk[1-9A-HJ-NP-Za-km-z]{40,48}",
    "organisation": r"o-[0-9a-z]{6,40}",
    "period": r"[0-9]{4}-(?:0[1-9]|1[0-2])",
    "template": r"[a-z][a-z0-9-]{1,60}@[0-9]{1,4}",
    "index": r"(?:0|[1-9][0-9]{0,14})",
}


class Part(BaseConverter):
    """A part of an address with a pattern."""

    part_isolating = True


class IndexPart(Part):
    """The index of an entry, or the number of a row."""

    def to_python(self, value: str) -> int:
        """Read the number."""
        return int(value)


def register_parts(app: Flask) -> None:
    """Let addresses use our converters."""
    for name, pattern in PATTERNS.items():
        parent = IndexPart if name == "index" else Part
        app.url_map.converters[name] = type(f"{name.capitalize()}Part", (parent,), {"regex": pattern})


#: Answers that are no JSON.
PLAIN = {"type": "string"}
OBJECT = {"type": "object"}
BINARY: dict[str, str] = {}
