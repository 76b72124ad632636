"""Places on the map: by coordinates where there are any, pushed apart where crowded; otherwise on a ring, the same each time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.views.network_map import MapLink, MapMember

SWEEPS = 24  #: of ordering the ring and of pushing places apart
MOST_TRIED = 60_000  #: steps of one sweep of exchanges; beyond that one sweep is made


@dataclass(frozen=True, slots=True)
class Spot:
    """A member's place on the sheet."""

    x: float
    y: float


def order_ring(members: Sequence[MapMember], links: Sequence[MapLink]) -> list[str]:
    """Order the members that have links so that few of these cross; the others follow, by kind and name.

    Each member goes to the mean place of its neighbours, again and again, and then changes places with the next one wherever that
    leaves fewer crossings. The same members and links give the same order.
    """
    near: dict[str, list[str]] = {one.organisation: [] for one in members}
    pairs = sorted({(min(link.supplier, link.receiver), max(link.supplier, link.receiver)) for link in links})
    for one, other in pairs:
        if one != other and one in near and other in near:
            near[one].append(other)
            near[other].append(one)
    order = sorted((name for name in near if near[name]), key=lambda name: (-len(near[name]), name))
    best, least = order, count_crossings(order, pairs)
    for _ in range(SWEEPS):
        place = {name: position for position, name in enumerate(order)}
        order = sorted(order, key=lambda name: (sum(place[other] for other in near[name]) / len(near[name]), place[name]))
        crossings = count_crossings(order, pairs)
        if crossings < least:
            best, least = order, crossings
    alone = sorted((one for one in members if not near[one.organisation]), key=lambda one: (one.kind, one.organisation))
    return [*_swap_neighbours(best, pairs, least), *(one.organisation for one in alone)]


def _swap_neighbours(order: Sequence[str], pairs: Sequence[tuple[str, str]], crossings: int) -> list[str]:
    best, least = list(order), crossings
    for _ in range(SWEEPS if len(order) * len(pairs) ** 2 < MOST_TRIED else 1):
        before = least
        for number in range(len(best) - 1):
            tried = [*best[:number], best[number + 1], best[number], *best[number + 2 :]]
            count = count_crossings(tried, pairs)
            if count < least:
                best, least = tried, count
        if least in (0, before):
            break
    return best


def count_crossings(order: Sequence[str], pairs: Sequence[tuple[str, str]]) -> int:
    """Count which chords of the ring cross: those whose ends stand in turn."""
    place = {name: position for position, name in enumerate(order)}
    chords = [
        (min(place[one], place[other]), max(place[one], place[other]))
        for one, other in pairs
        if one in place and other in place and one != other
    ]
    return sum(1 for number, (a, b) in enumerate(chords) for c, d in chords[number + 1 :] if a < c < b < d or c < a < d < b)


def place_ring(order: Sequence[str], width: float, height: float, top: float) -> dict[str, Spot]:
    """Place members on an ellipse, half of them on each side with even steps from row to row, so that labels beside them never meet."""
    right = order[: math.ceil(len(order) / 2)]
    left = list(reversed(order[len(right) :]))
    spots: dict[str, Spot] = {}
    for side, names in ((1, right), (-1, left)):
        for number, name in enumerate(names):
            part = (number + 0.5) / len(names)
            reach = math.sqrt(max(0.0, 1 - (2 * part - 1) ** 2))
            spots[name] = Spot(width / 2 + side * (0.3 + 0.7 * reach) * width / 2, top + part * height)
    return spots


def place_geographically(members: Sequence[MapMember], box: tuple[float, float, float, float], gap: float) -> dict[str, Spot]:
    """Place members by their coordinates, to scale in both directions, and push apart what lies closer than `gap`.

    Args:
        members: with positions.
        box: left, top, width and height on the sheet.
        gap: least distance between two marks.
    """
    known = [(one.organisation, one.position) for one in members if one.position is not None]
    middle = sum(float(position.latitude) for _, position in known) / max(1, len(known))
    narrowing = max(0.05, math.cos(math.radians(middle)))
    flat = {name: (float(position.longitude) * narrowing, -float(position.latitude)) for name, position in known}
    left, top, width, height = box
    xs, ys = [x for x, _ in flat.values()], [y for _, y in flat.values()]
    span = max((max(xs) - min(xs)) / width, (max(ys) - min(ys)) / height) if flat else 0.0
    scale = 1 / span if span else 0.0
    centre = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    spots = {
        name: (left + width / 2 + (x - centre[0]) * scale, top + height / 2 + (y - centre[1]) * scale) for name, (x, y) in flat.items()
    }
    return _push_apart(spots, box, gap)


def _push_apart(spots: dict[str, tuple[float, float]], box: tuple[float, float, float, float], gap: float) -> dict[str, Spot]:
    left, top, width, height = box
    names = sorted(spots)
    for _ in range(SWEEPS * 4):
        moved = False
        for number, one in enumerate(names):
            for place, other in enumerate(names[number + 1 :]):
                (ax, ay), (bx, by) = spots[one], spots[other]
                dx, dy = bx - ax, by - ay
                distance = math.hypot(dx, dy)
                if distance >= gap:
                    continue
                if distance < 0.01:  # noqa: PLR2004 - the same place: part them by a direction of their own
                    angle = 2.4 * (number + place + 1)
                    dx, dy, distance = math.cos(angle), math.sin(angle), 1.0
                push = (gap - min(distance, gap)) / 2 + 0.2
                spots[one] = _keep(ax - dx / distance * push, ay - dy / distance * push, left, top, width, height)
                spots[other] = _keep(bx + dx / distance * push, by + dy / distance * push, left, top, width, height)
                moved = True
        if not moved:
            break
    return {name: Spot(*spots[name]) for name in names}


def _keep(x: float, y: float, left: float, top: float, width: float, height: float) -> tuple[float, float]:
    return min(max(x, left), left + width), min(max(y, top), top + height)
