"""The standard contracts shipped in the package: find one by its reference, hash it, and the way in to all else.

``find_template("material-supply@1")``, then ``normalise_parameters`` → ``check_parameters`` → ``render_text``.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from contracts.errors import Finding, NotFound
from contracts.templates.checks import check_parameters, list_parties, normalise_parameters
from contracts.templates.redline import Change, compare_parameters
from contracts.templates.rendering import render_text
from contracts.templates.schema import build_schema
from contracts.templates.template import Template, read_template
from contracts.templates.terms import Terms
from ledger.canonical import decode_json

__all__ = [
    "Change",
    "Template",
    "Terms",
    "build_schema",
    "check_parameters",
    "compare_parameters",
    "find_template",
    "list_parties",
    "load_templates",
    "normalise_parameters",
    "render_text",
    "template_hash",
]

_FOLDER = "contracts.templates.standard"


@cache
def load_templates() -> Mapping[str, Template]:
    """Return every standard contract in the package by its reference, in alphabetical order."""
    templates: dict[str, Template] = {}
    for file in sorted(resources.files(_FOLDER).iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".json"):
            continue
        source = decode_json(file.read_bytes())
        if not isinstance(source, Mapping):
            raise ValueError(f"contract file {file.name} does not hold an object")  # noqa: TRY004  one error for a file
        template = read_template(source)
        if file.name != f"{template.ref}.json":
            raise ValueError(f"contract file {file.name} holds {template.ref}")
        templates[template.ref] = template
    return MappingProxyType(templates)


def find_template(ref: str) -> Template:
    """Return the standard contract of a reference such as ``water-supply@1``; ``NotFound`` names those that there are."""
    template = load_templates().get(ref)
    if template is None:
        message = f"there is no standard contract {ref!r}; there are {', '.join(load_templates())}"
        raise NotFound(message, [Finding("template", "unknown-template", message)])
    return template


def template_hash(template: Template) -> str:
    """Return the SHA-256 of the canonical bytes in lower-case hex: what agreements and ``template.published`` cite."""
    return hashlib.sha256(template.canonical).hexdigest()
