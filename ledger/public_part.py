"""The public part of a statement, read strictly: names, texts, roles, objects, whole numbers, proofs of possession.

Every kind of the ledger's own has all its data there, so that a verifier that knows no domain judges it.
"""

import re
from collections.abc import Mapping
from typing import TypeGuard

from ledger.authority import possession_message
from ledger.canonical import JSON, MAX_INTEGER
from ledger.errors import Finding, Malformed
from ledger.keys import decode_multikey, verify_signature
from ledger.statement import KIND, check_signature_hex

HOLDER = re.compile(r"h-[0-9a-z]{6,40}", re.ASCII)
ROLE = re.compile(r"[a-z]{2,30}", re.ASCII)
Public = Mapping[str, JSON]


def check_names(public: Public, names: set[str]) -> list[Finding]:
    """Hold the names in `public` to those of the kind."""
    missing = [blame_public(name, "is missing") for name in sorted(names - set(public))]
    return missing + [blame_public(name, "is not a name of this kind") for name in sorted(set(public) - names)]


def blame_public(name: str, message: str) -> Finding:
    """Name a fault in `public` against the ledger's own rules."""
    return Finding(f"statement.public.{name}", "ledger-rule", message)


def read_text(public: Public, name: str) -> str:
    """Read a text; raises Malformed."""
    value = public[name]
    if not isinstance(value, str):
        raise Malformed(f"{name}: text is wanted")
    return value


def read_roles(public: Public, name: str) -> list[str]:
    """Read a list of different role names; raises Malformed."""
    value = public[name]
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and ROLE.fullmatch(item) for item in value):
        raise Malformed(f"{name}: a list of role names is wanted")
    if len(set(map(str, value))) != len(value):
        raise Malformed(f"{name}: a role stands twice")
    return [str(item) for item in value]


def read_object(public: Public, name: str) -> Mapping[str, JSON]:
    """Read an object; raises Malformed."""
    value = public[name]
    if not isinstance(value, Mapping):
        raise Malformed(f"{name}: an object is wanted")
    return value


def is_whole(value: JSON, low: int, high: int = MAX_INTEGER) -> TypeGuard[int]:
    """Tell whether a value is a whole number from low to high; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_kind_pattern(value: JSON) -> bool:
    """Tell whether a value is a kind, or a family of kinds such as agreement.*."""
    return isinstance(value, str) and bool(KIND.fullmatch(value) or re.fullmatch(r"[a-z][a-z_]{1,40}\.\*", value))


def check_possession(log: str, organisation: str, key: str, public: Public) -> list[Finding]:
    """Check the new key's own signature over its enrolment."""
    holder, roles = read_text(public, "holder"), read_roles(public, "roles")
    if not HOLDER.fullmatch(holder):
        return [blame_public("holder", "a pseudonym of the form h-… is wanted")]
    message = possession_message(log, organisation, key, holder, roles)
    if verify_signature(decode_multikey(key), check_signature_hex(read_text(public, "possession")), message):
        return []
    return [blame_public("possession", "the new key's own signature over log, organisation, key, holder and roles is wanted")]
