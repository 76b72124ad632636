"""What can be known of a credential's ``@context`` without fetching anything: its form, and what its inline parts do to terms.

Source: W3C VC Data Model 2.0, sections 4.3 and 4.5, and the terms of its base context. Contexts at other addresses are
taken as they are: no JSON-LD engine runs here, for the proof covers the JSON itself.
"""

import re
from collections.abc import Mapping
from typing import Any

from contracts.errors import Finding

#: the base context, always first (VC Data Model 2.0, section 4.3)
BASE_CONTEXT = "https://www.w3.org/ns/credentials/v2"

#: terms that the base context defines for every object and protects
BASE_TERMS = frozenset(
    {
        "id", "type", "description", "digestMultibase", "digestSRI", "mediaType", "name",
        "VerifiableCredential", "EnvelopedVerifiableCredential",
        "VerifiablePresentation", "EnvelopedVerifiablePresentation",
        "JsonSchemaCredential", "JsonSchema", "DataIntegrityProof",
        "BitstringStatusListCredential", "BitstringStatusList", "BitstringStatusListEntry",
    }
)  # fmt: skip

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f<>\"{}|\\^`]+")


def is_url(value: object) -> bool:
    """Tell whether a value is an absolute URL (did:, urn: and https: alike), by its form."""
    return isinstance(value, str) and _URL.fullmatch(value) is not None


def check_context(document: Mapping[str, Any]) -> list[Finding]:
    """Return the faults of ``@context``: base first, then URLs or inline objects, no protected term defined anew."""
    context = document.get("@context")
    if not isinstance(context, list) or not context or context[0] != BASE_CONTEXT:
        return [Finding("@context", "base-context", f"@context must be a list that begins with {BASE_CONTEXT}")]
    findings = []
    protected: dict[str, object] = dict.fromkeys(BASE_TERMS)
    for position, part in enumerate(context[1:], start=1):
        field = f"@context.{position}"
        if isinstance(part, dict):
            findings += _check_inline(part, field, protected)
        elif not is_url(part):
            findings.append(Finding(field, "not-a-context", "a context is a URL or an object with terms"))
    return findings


def is_type_known(document: Mapping[str, Any], name: str) -> bool:
    """Tell whether a type stands for a URL: it is one, or a context defines it or may define it."""
    if is_url(name) or name in BASE_TERMS:
        return True
    context = document.get("@context")
    for part in context if isinstance(context, list) else []:
        if isinstance(part, str) and part != BASE_CONTEXT:
            return True  # an address that is not fetched may define any term
        if isinstance(part, dict):
            meaning = part.get(name)
            meaning = meaning.get("@id") if isinstance(meaning, dict) else meaning
            if is_url(meaning) or (meaning is None and is_url(part.get("@vocab"))):
                return True
    return False


def _check_inline(part: Mapping[str, Any], field: str, protected: dict[str, object]) -> list[Finding]:
    findings = []
    for term, meaning in part.items():
        if term.startswith("@"):
            continue
        if term in protected and protected[term] != meaning:
            message = f"the term {term[:60]!r} is protected and cannot be defined anew"
            findings.append(Finding(f"{field}.{term[:60]}", "protected-term", message))
        elif part.get("@protected") is True:
            protected[term] = meaning
    return findings
