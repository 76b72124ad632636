"""From exact shares to whole cents that add up: largest remainder, once and over many periods."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def round_largest_remainder(shares: Mapping[str, Fraction], order: Sequence[str]) -> dict[str, int]:
    """Round shares to whole units that sum to the same total; nobody is off by a whole unit.

    1. Each share is rounded down, towards minus infinity, for losses too.
    2. The units still missing go, one each, to the largest fractional parts; ties to who comes first in `order`.

    Args:
        shares: exact shares in minor units of money; their sum is a whole number.
        order: every name of `shares` once, the fixed order of partners.

    Raises:
        ValueError: the shares do not sum to a whole number, or `order` names others than `shares`.
    """
    if len(order) != len(shares) or set(order) != set(shares):
        raise ValueError("the order must name everybody who has a share, once")
    total = sum(shares.values(), Fraction(0))
    if total.denominator != 1:
        raise ValueError(f"the shares sum to {total}, which is no whole number of cents")
    whole = {name: shares[name].numerator // shares[name].denominator for name in order}
    missing = total.numerator - sum(whole.values())
    by_remainder = sorted(order, key=lambda name: whole[name] - shares[name])
    for name in by_remainder[:missing]:
        whole[name] += 1
    return whole


def round_cumulative(entitled: Mapping[str, Fraction], paid_before: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    """What to pay now, so that everything paid up to now is the rounding of everything earned up to now.

    Rounding each period by itself drifts; this keeps each partner within one cent of its entitlement for ever.

    Args:
        entitled: exact entitlements summed over all periods up to this one, in minor units of money.
        paid_before: what was paid in earlier periods; a missing name was paid 0.
        order: every name of `entitled` once, the fixed order of partners.

    Raises:
        ValueError: as `round_largest_remainder`, or somebody was paid who is not in `entitled`.
    """
    strangers = set(paid_before) - set(entitled)
    if strangers:
        raise ValueError(f"{min(strangers)!r} was paid before and has no entitlement; hand in 0 for who left")
    due = round_largest_remainder(entitled, order)
    return {name: due[name] - paid_before.get(name, 0) for name in order}
