"""Map picture of the network: members and the agreements between them; by coordinates where known, else as a ring, on phones as arcs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from contracts.views.network_map import MapLink, MapMember, NetworkMap, count_links
from webui.pictures.drawing import SIZE, SMALL, draw_line, draw_path, draw_shape, draw_text, gather, tag
from webui.pictures.picture import Picture, Sheet, close_sheet, make_sheets
from webui.pictures.places import Spot, order_ring, place_geographically, place_ring
from webui.pictures.sankey import KINDS, name_kinds
from webui.pictures.table import Cell, Table, make_table
from webui.pictures.writing import Writing

DRAWN = 40  #: members that are drawn: those with most agreements
ROW = 40  #: of a list of members
RING = 380  #: width of the ring
BENDS = 5  #: ways to bend links between the same two; further ones lie on them, short of the middle and inside the sheet
_SHAPES = {"partner": "circle", "municipality": "hexagon", "laboratory": "square", "auditor": "diamond", "operator": "triangle"}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is drawn of a map."""

    map: NetworkMap
    members: Mapping[str, MapMember]  #: in order
    links: tuple[MapLink, ...]  #: between them
    writing: Writing


def draw_map(network_map: NetworkMap, writing: Writing, name: str = "map") -> Picture:
    """Draw the map; the table lists the agreements, and the members without one."""
    _ = writing.say
    drawn = _choose(network_map, writing)
    title = _("The network's members and their exchanges")
    words = _("%(members)s members, %(links)s exchanges under agreements of the last year that you may see, from giver to taker.")
    description = words % {"members": writing.number(len(network_map.members)), "links": writing.number(len(drawn.links))}
    wide, narrow = (_draw(sheet, drawn, (title, description)) for sheet in make_sheets(name))
    return Picture(name, title, description, wide, narrow, _tabulate(drawn, title), _note(drawn))


def _choose(network_map: NetworkMap, writing: Writing) -> _Drawn:
    counts = count_links(network_map.links)
    chosen = sorted(network_map.members, key=lambda one: (-counts.get(one.organisation, 0), one.organisation))[:DRAWN]
    names = {one.organisation: one for one in chosen}
    links = tuple(link for link in network_map.links if link.supplier in names and link.receiver in names)
    order = order_ring(chosen, links)
    return _Drawn(network_map, {name: names[name] for name in order}, links, writing)


def _draw(sheet: Sheet, drawn: _Drawn, words: tuple[str, str]) -> Markup:
    positions = {one.position for one in drawn.members.values() if one.position is not None}
    if len(positions) > 1:
        height, parts = _draw_geography(sheet, drawn)
    elif sheet.wide:
        height, parts = _draw_ring(sheet, drawn)
    else:
        height, parts = _draw_arcs(sheet, drawn)
    return close_sheet(sheet, height + 28, *words, [*parts, _draw_key(sheet, drawn, height + 14)])


def _draw_ring(sheet: Sheet, drawn: _Drawn) -> tuple[float, list[Markup]]:
    """Draw a ring with a label beside each member that has links, outwards; the others stand in rows below."""
    linked = {name for link in drawn.links for name in (link.supplier, link.receiver)}
    ring = [name for name in drawn.members if name in linked] or list(drawn.members)
    height = max(200.0, math.ceil(len(ring) / 2) * (ROW + 12.0))
    placed = place_ring(ring, RING, height, 6)
    spots = {name: Spot(spot.x + (sheet.width - RING) / 2, spot.y) for name, spot in placed.items()}
    parts = _draw_links(drawn, spots, (sheet.width / 2, 6 + height / 2))
    for name in ring:
        member, spot = drawn.members[name], spots[name]
        right = spot.x >= sheet.width / 2
        x, anchor = (spot.x + 16, "start") if right else (spot.x - 16, "end")
        room = sheet.width - x if right else x
        parts += [_draw_site(drawn, member, spot, 8), *_draw_names(drawn, member, (x, spot.y), room, anchor)]
    others = [drawn.members[name] for name in drawn.members if name not in ring]
    top, columns = height + 32, 3
    if others:
        parts.append(draw_text(0, top, drawn.writing.say("Without an agreement that you may see"), width=400, size=SMALL, cls="pic-soft"))
    for number, member in enumerate(others):
        x, y = number % columns * sheet.width / columns, top + 26 + number // columns * ROW
        parts += [
            _draw_site(drawn, member, Spot(x + 10, y), 8),
            *_draw_names(drawn, member, (x + 26, y), sheet.width / columns - 34, "start"),
        ]
    return (top + 6 + math.ceil(len(others) / columns) * ROW + 12) if others else height + 12, parts


def _draw_names(drawn: _Drawn, member: MapMember, place: tuple[float, float], room: float, anchor: str) -> list[Markup]:
    x, y = place
    return [
        draw_text(x, y, member.name, width=room, size=SIZE, anchor=anchor, bold=True),
        draw_text(x, y + 15, _describe_member(drawn, member), width=room, size=SMALL, anchor=anchor, cls="pic-soft"),
    ]


def _draw_arcs(sheet: Sheet, drawn: _Drawn) -> tuple[float, list[Markup]]:
    """Draw the members one below the other with arcs beside them: what fits a phone."""
    spine, reach = 78.0, 54.0
    spots = {name: Spot(spine, 24.0 + number * (ROW + 2)) for number, name in enumerate(drawn.members)}
    parts, farthest = [], max(1.0, ROW * max(1, len(spots) - 1) * 0.75)
    for number, link in enumerate(drawn.links):
        start, end = spots[link.supplier].y, spots[link.receiver].y
        bow = 14 + (reach - 14) * min(1.0, abs(end - start) / farthest) - number % 3 * 2
        bow = max(10.0, bow)
        path: list[str | float] = ["M", spine - 8, start, "C", spine - 8 - bow * 1.25, start, spine - 8 - bow * 1.25, end, spine - 13, end]
        parts.append(draw_path(path, f"pic-link pic-{link.exchange_type}"))
        parts.append(_draw_tip(spine - 9, end, 0.0, link))
    for name, member in drawn.members.items():
        y = spots[name].y
        parts.append(_draw_site(drawn, member, spots[name], 7))
        parts.append(draw_text(spine + 15, y, member.name, width=sheet.width - spine - 15, size=13, bold=True))
        parts.append(
            draw_text(spine + 15, y + 15, _describe_member(drawn, member), width=sheet.width - spine - 15, size=SMALL, cls="pic-soft")
        )
    return 34.0 + len(spots) * (ROW + 2), parts


def _draw_geography(sheet: Sheet, drawn: _Drawn) -> tuple[float, list[Markup]]:
    """Draw members by their coordinates with numbers, and a list of the names: numbers never run into each other."""
    located = [one for one in drawn.members.values() if one.position is not None]
    box = (24.0, 24.0, 430.0, 380.0) if sheet.wide else (20.0, 20.0, sheet.width - 40.0, 230.0)
    spots = place_geographically(located, box, 30)
    parts = _draw_links(drawn, spots, (box[0] + box[2] / 2, box[1] + box[3] / 2))
    for number, (name, member) in enumerate(drawn.members.items(), 1):
        if name in spots:
            parts.append(_draw_site(drawn, member, spots[name], 12))
            own = "pic-on-own" if name == drawn.map.reader else "pic-ink"
            figure = drawn.writing.number(number)
            parts.append(draw_text(spots[name].x, spots[name].y + 4, figure, width=24, size=SMALL, anchor="middle", cls=own, bold=True))
    left, top = (492.0, 14.0) if sheet.wide else (0.0, box[1] + box[3] + 34)
    for number, member in enumerate(drawn.members.values(), 1):
        y = top + (number - 1) * 34
        words = f"{drawn.writing.number(number)}  {member.name}"
        parts.append(draw_text(left, y, words, width=sheet.width - left, size=13, bold=True))
        parts.append(draw_text(left, y + 15, _describe_member(drawn, member), width=sheet.width - left, size=SMALL, cls="pic-soft"))
    return max(box[1] + box[3] + 20, top + 12 + 34 * len(drawn.members)), parts


def _draw_links(drawn: _Drawn, spots: Mapping[str, Spot], centre: tuple[float, float]) -> list[Markup]:
    """Draw the links, bent a little towards the middle; several between the same two are bent by different amounts."""
    parts: list[Markup] = []
    seen: dict[tuple[str, ...], int] = {}
    for link in drawn.links:
        if link.supplier not in spots or link.receiver not in spots:
            continue
        pair = tuple(sorted((link.supplier, link.receiver)))
        number = seen[pair] = seen.get(pair, -1) + 1
        start, end = spots[link.supplier], spots[link.receiver]
        pull = 0.28 + 0.16 * (number % BENDS)
        bend = ((start.x + end.x) / 2 * (1 - pull) + centre[0] * pull, (start.y + end.y) / 2 * (1 - pull) + centre[1] * pull)
        angle = math.atan2(end.y - bend[1], end.x - bend[0])
        tip = (end.x - 14 * math.cos(angle), end.y - 14 * math.sin(angle))
        parts.append(draw_path(["M", start.x, start.y, "Q", *bend, *tip], f"pic-link pic-{link.exchange_type}"))
        parts.append(_draw_tip(end.x - 10 * math.cos(angle), end.y - 10 * math.sin(angle), angle, link))
    return parts


def _draw_tip(x: float, y: float, angle: float, link: MapLink) -> Markup:
    """Draw an arrow's tip at a point, pointing along an angle."""
    turn = math.degrees(angle)
    shape = tag("polygon", cls=f"pic-tip pic-{link.exchange_type}", points="0,0 -9,-4.5 -9,4.5")
    return tag("g", shape, transform=f"translate({x:.1f} {y:.1f}) rotate({turn:.0f})")


def _draw_site(drawn: _Drawn, member: MapMember, spot: Spot, radius: float) -> Markup:
    own = " pic-own" if member.organisation == drawn.map.reader else ""
    return draw_shape(_SHAPES.get(member.kind, "circle"), spot.x, spot.y, radius, f"pic-site{own}")


def _describe_member(drawn: _Drawn, member: MapMember) -> str:
    _ = drawn.writing.say
    kinds = {
        "partner": "",
        "municipality": _("municipality"),
        "laboratory": _("laboratory"),
        "auditor": _("auditor"),
        "operator": _("operator"),
    }
    words = [kinds.get(member.kind, member.kind), member.place, _("suspended") if member.suspended else ""]
    return " · ".join(word for word in words if word)


def _draw_key(sheet: Sheet, drawn: _Drawn, y: float) -> Markup:
    """Explain the lines: their dashes tell the kinds apart without colour."""
    words = name_kinds(drawn.writing)
    kinds = [kind for kind in KINDS if any(link.exchange_type == kind for link in drawn.links)]
    step, per_row = (170.0, 4) if sheet.wide else (sheet.width / 2, 2)
    parts = []
    for number, kind in enumerate(kinds):
        x, below = number % per_row * step, y + number // per_row * 18 - (18 if len(kinds) > per_row else 0)
        parts.append(draw_line(x + 1, below - 4, x + 32, below - 4, f"pic-link pic-{kind}"))
        parts.append(draw_text(x + 40, below, words[kind], width=step - 44, size=SMALL, cls="pic-soft"))
    return gather(parts)


def _tabulate(drawn: _Drawn, title: str) -> Table:
    _ = drawn.writing.say
    kinds = name_kinds(drawn.writing)
    heads = ((_("Hands over"), False), (_("What"), False), (_("Takes"), False), (_("Kind"), False))
    rows: list[Sequence[Cell]] = [
        (
            Cell(drawn.members[link.supplier].name, link.supplier),
            Cell(_name_exchange(drawn, link), link.agreement),
            Cell(drawn.members[link.receiver].name, link.receiver),
            Cell(kinds[link.exchange_type], link.exchange_type),
        )
        for link in drawn.links
    ]
    linked = {name for link in drawn.links for name in (link.supplier, link.receiver)}
    others = sorted((one for one in drawn.members.values() if one.organisation not in linked), key=lambda one: one.organisation)
    rows += [(Cell(one.name, one.organisation), Cell("–"), Cell("–"), Cell(_describe_member(drawn, one) or "–")) for one in others]
    return make_table(title, heads, rows)


def _name_exchange(drawn: _Drawn, link: MapLink) -> str:
    words = drawn.writing.say("%(what)s (%(count)s contracts)")
    return words % {"what": link.what, "count": drawn.writing.number(len(link.others) + 1)} if link.others else link.what


def _note(drawn: _Drawn) -> tuple[str, ...]:
    _, notes, number = drawn.writing.say, [], drawn.writing.number
    if drawn.map.unseen:
        notes.append(_("Agreements between others, which are not for you to see: %(count)s.") % {"count": number(drawn.map.unseen)})
    left = len(drawn.map.members) - len(drawn.members)
    if left:
        notes.append(_("Members with the fewest agreements, not drawn: %(count)s.") % {"count": number(left)})
    positions = [one.position for one in drawn.members.values()]
    if any(positions) and not all(positions):
        notes.append(_("Members without coordinates stand in the list only."))
    return tuple(notes)
