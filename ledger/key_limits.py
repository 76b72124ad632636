"""Limits of keys, handed on: what one key gives another may not reach beyond what it may do itself.

Limits are by role, then by name, such as {"signatory": {"amount": 25000000}} in minor units. What a name bounds is the domain's business;
here numbers are compared alone. As wherever limits are read, a role or a name without a value is not bounded, and what is neither that
nor an integer allows nothing.
"""

from collections.abc import Iterable, Mapping
from typing import TypeGuard

from ledger.canonical import JSON, MAX_INTEGER
from ledger.public_part import is_whole

Limits = Mapping[str, JSON]  #: by role; of each an object of integers by name


def find_excesses(own: Limits, given: JSON, roles: Iterable[str]) -> dict[str, int | None]:
    """Find where limits reach beyond a key's own, for the roles that are handed on with them.

    Args:
        own: limits of the key that hands on.
        given: what it hands on, of any form.
        roles: of the key that gets it; what the limits say of other roles counts for nothing.

    Returns:
        the highest allowed value by path, such as {"signatory.amount": 1000}, None where the own limit allows nothing; of excesses alone.
    """
    found: dict[str, int | None] = {}
    for role in sorted(roles):
        bounds, values = own.get(role), given.get(role) if isinstance(given, Mapping) else None
        if bounds is None:
            continue
        if not isinstance(bounds, Mapping):
            found[role] = None
            continue
        for name, bound in sorted(bounds.items()):
            value = values.get(name) if isinstance(values, Mapping) else None
            if bound is not None and not (is_integer(bound) and is_integer(value) and value <= bound):
                found[f"{role}.{name}"] = bound if is_integer(bound) else None
    return found


def narrow_limits(keys: Iterable[Limits], roles: Iterable[str]) -> dict[str, JSON]:
    """Give the widest limits for these roles that each of some keys may hand on; what cannot be read of them is left out."""
    narrowest: dict[str, dict[str, int]] = {}
    wanted = sorted(roles)
    for limits in keys:
        for role in wanted:
            bounds = limits.get(role)
            for name, bound in bounds.items() if isinstance(bounds, Mapping) else ():
                if is_integer(bound):
                    known = narrowest.setdefault(role, {})
                    known[name] = min(bound, known.get(name, bound))
    return {role: dict(bounds) for role, bounds in narrowest.items()}


def is_integer(value: JSON) -> TypeGuard[int]:
    """Tell whether a value is an integer; true and false are none."""
    return is_whole(value, -MAX_INTEGER)
