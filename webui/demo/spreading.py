"""A year's figure, spread over lots, days and hours so that the parts add up to it exactly; chance only moves it about inside the year."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded and handed in: quantities of a play, never a key or a salt

STEADY = (900, 1100)  #: weights of a part that hardly varies
MONTHS = 12


def open_chance(seed: int, purpose: str) -> Random:
    """Give the chance of one purpose: the same for the same seed, whatever else is drawn."""
    return Random(f"{seed}/{purpose}")  # noqa: S311 - no secret comes from it


def spread_total(total: int, weights: Sequence[int]) -> list[int]:
    """Spread a whole number over parts in proportion to weights; the parts add up to it."""
    whole, reached, before = sum(weights), 0, 0
    parts = []
    for weight in weights:
        reached += weight
        now = total * reached // whole
        parts.append(now - before)
        before = now
    return parts


def spread_amount(total: Decimal, places: int, weights: Sequence[int]) -> list[Decimal]:
    """Spread an amount over parts of so many decimals; the parts add up to it."""
    return [Decimal(part).scaleb(-places) for part in spread_total(int(total.scaleb(places)), weights)]


def list_days(year: int) -> list[date]:
    """List the days of a year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]


def spread_over_days(total: Decimal, places: int, months: Sequence[int], year: int, chance: Random) -> dict[date, Decimal]:
    """Spread a year's amount over its days, by the weights of the months and a little chance."""
    days = list_days(year)
    weights = [months[day.month - 1] * chance.randint(*STEADY) for day in days]
    return dict(zip(days, spread_amount(total, places, weights), strict=True))


def spread_over_hours(total: Decimal, places: int, hours: int, chance: Random) -> list[Decimal]:
    """Spread a day's amount over its intervals."""
    return spread_amount(total, places, [chance.randint(*STEADY) for _ in range(hours)])


def place_lots(each_month: Sequence[int], year: int) -> list[date]:
    """Place so many lots into each month, evenly, none on its last three days: what leaves then would arrive in the next."""
    placed = []
    for month in range(1, MONTHS + 1):
        count = each_month[month - 1]
        placed += [date(year, month, 4 + 22 * number // max(1, count)) for number in range(count)]
    return placed


def vary_figure(amount: Decimal, places: int, per_mille: int, chance: Random) -> Decimal:
    """Give another scale's figure of the same lot: off by at most so many parts in a thousand."""
    off = amount * chance.randint(-per_mille * 10, per_mille * 10) / 10_000
    return (amount + off).quantize(Decimal(1).scaleb(-places))
