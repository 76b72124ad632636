"""Sankey picture of flows: who hands over, what, and who takes it, in one unit; a table of the same bands beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from contracts.views.flows import Flows
from webui.pictures.drawing import SIZE, SMALL, draw_box, draw_figure, draw_path, draw_text, gather, tag
from webui.pictures.flow_rows import MONEY, Amount, FlowRow, FlowRows, add_amounts, list_units, select_rows, write_symbol
from webui.pictures.lettering import BOLD, break_text
from webui.pictures.picture import Picture, Sheet, close_sheet, make_sheets
from webui.pictures.sankey_layout import BAR, Band, Layout, Node, Ribbon, lay_out
from webui.pictures.table import Cell, Table, make_table
from webui.pictures.writing import Writing

__all__ = ["draw_flows", "list_units"]

KINDS = ("material", "energy", "water", "pooling")
NAME = 13  #: size of names on a narrow sheet
SEVERAL = "~several"  #: node of sums over organisations that stand for no one in particular
LINE = 16  #: height of a line of a label
_Spot: TypeAlias = tuple[int, str]  # column and key of a node
_EDGES: Mapping[str, tuple[float, ...]] = {"wide": (176, 392, 614), "narrow": (0, 270)}  #: left edges of the nodes, by column
_ROOM: Mapping[str, tuple[float, ...]] = {"wide": (164, 186, 164), "narrow": (134, 134)}  #: for labels, by column


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What all parts of one picture know."""

    rows: FlowRows
    flows: Flows
    writing: Writing

    def name(self, organisation: str | None) -> str:
        if organisation is None:
            return self.writing.say("Others, together")
        return self.flows.names.get(organisation, organisation)

    def write(self, amount: Amount) -> str:
        if isinstance(amount, int):
            return self.writing.money(amount, self.flows.currency)
        return self.writing.quantity(amount, self.rows.unit)


def draw_flows(flows: Flows, unit: str, writing: Writing, name: str = "flows") -> Picture:
    """Draw the flows in one unit; those measured otherwise are counted in a note, never converted.

    Args:
        flows: as the reader may see them.
        unit: TNE, MWH, MTQ or money.
        writing: how the reader writes.
        name: beginning of the ids.
    """
    drawn = _Drawn(select_rows(flows, unit), flows, writing)
    _ = writing.say
    span = writing.period(flows.first) if flows.first == flows.last else f"{writing.period(flows.first)} – {writing.period(flows.last)}"
    title = _("Flows, %(span)s, in %(unit)s") % {"span": span, "unit": write_symbol(unit, flows.currency)}
    description = _describe(drawn)
    wide, narrow = (_draw(sheet, drawn, title, description) for sheet in make_sheets(name))
    return Picture(name, title, description, wide, narrow, _tabulate(drawn, title), _note(drawn))


def _describe(drawn: _Drawn) -> str:
    _ = drawn.writing.say
    if not drawn.rows.rows:
        return _("Nothing was measured in this unit.")
    largest = drawn.rows.rows[0]
    return _(
        "Bands from who hands over, on the left, to who takes, on the right; %(count)s bands, %(total)s in all. "
        "The widest: %(what)s from %(source)s to %(target)s, %(amount)s."
    ) % {
        "count": drawn.writing.number(len(drawn.rows.rows)),
        "total": drawn.write(drawn.rows.total),
        "what": _name_what(drawn, largest),
        "source": drawn.name(largest.source),
        "target": drawn.name(largest.target),
        "amount": drawn.write(largest.amount),
    }


def _name_what(drawn: _Drawn, row: FlowRow) -> str:
    return row.what or name_kinds(drawn.writing)[row.exchange_type]


def name_kinds(writing: Writing) -> dict[str, str]:
    """Name the kinds of exchange."""
    _ = writing.say
    return {"material": _("material"), "energy": _("energy"), "water": _("water"), "pooling": _("shared assets")}


def _draw(sheet: Sheet, drawn: _Drawn, title: str, description: str) -> Markup:
    if not drawn.rows.rows:
        words = draw_text(0, 30, description, width=sheet.width, cls="pic-soft")
        return close_sheet(sheet, 48, title, description, [words])
    bands = _make_bands(sheet, drawn.rows.rows)
    labels = _make_labels(sheet, drawn, bands)
    heights = {place: LINE * len(lines) + 3.0 for place, lines in labels.items()}
    tall = min(300, 80 + 45 * len(drawn.rows.rows))
    layout = lay_out(bands, 3 if sheet.wide else 2, height=tall, labels=heights, above=not sheet.wide)
    lead, legend = 28, _draw_legend(sheet, drawn, layout.height + 52)
    inside = tag("g", *_draw_inside(sheet, drawn, layout, labels), transform=f"translate(0 {lead})")
    return close_sheet(sheet, layout.height + lead + 34, title, description, [_draw_heads(sheet, drawn.writing), inside, legend])


def _make_labels(sheet: Sheet, drawn: _Drawn, bands: Sequence[Band]) -> dict[_Spot, list[str]]:
    """Write each node's label: its name, broken to its room, and its amount."""
    labels: dict[_Spot, list[str]] = {}
    for place in [place for band in bands for place in ((band.column, band.source), (band.column + 1, band.target))]:
        if place not in labels:
            rows = _list_at(drawn, sheet, place)
            middle = sheet.wide and place[0] == 1
            name = _name_what(drawn, rows[0]) if middle else drawn.name(None if place[1] == SEVERAL else place[1])
            size = SIZE if middle else BOLD * (SIZE if sheet.wide else NAME)
            lines = break_text(name, size, _ROOM[sheet.form][place[0]], 2)
            labels[place] = [*(lines or ["–"]), drawn.write(add_amounts([row.amount for row in rows]))]
    return labels


def _draw_inside(sheet: Sheet, drawn: _Drawn, layout: Layout, labels: Mapping[_Spot, Sequence[str]]) -> list[Markup]:
    ribbons = sorted(layout.ribbons, key=lambda one: (-one.height, one.band.column, one.band.row))
    shapes = [_draw_ribbon(sheet, drawn, ribbon) for ribbon in ribbons]
    bars = [_draw_bar(sheet, drawn, node) for node in layout.nodes.values()]
    return [*shapes, *bars, *(_draw_label(sheet, node, labels[place]) for place, node in layout.nodes.items())]


def _draw_legend(sheet: Sheet, drawn: _Drawn, y: float) -> Markup:
    words = name_kinds(drawn.writing)
    kinds = [kind for kind in KINDS if any(row.exchange_type == kind for row in drawn.rows.rows)]
    x, step = (_EDGES["wide"][0], 130.0) if sheet.wide else (0.0, sheet.width / 4)
    parts = []
    for number, kind in enumerate(kinds):
        parts.append(draw_box(x + number * step, y - 9, 10, 10, f"pic-node pic-{kind}", round_by=2))
        parts.append(draw_text(x + number * step + 15, y, words[kind], width=step - 16, size=SMALL, cls="pic-soft"))
    return gather(parts)


def _make_bands(sheet: Sheet, rows: Sequence[FlowRow]) -> list[Band]:
    bands = []
    for number, row in enumerate(rows):
        source, target, size = row.source or SEVERAL, row.target or SEVERAL, float(row.size)
        if sheet.wide:
            middle = _key_middle(row)
            bands += [Band(source, middle, 0, size, number), Band(middle, target, 1, size, number)]
        else:
            bands.append(Band(source, target, 0, size, number))
    return bands


def _key_middle(row: FlowRow) -> str:
    """Key of the middle node: an agreement's, so that each contract is seen, or that of a sum over a kind."""
    return row.agreement or f"{SEVERAL}.{row.exchange_type}.{row.parts}"


def _draw_heads(sheet: Sheet, writing: Writing) -> Markup:
    _ = writing.say
    edges, room = _EDGES[sheet.form], _ROOM[sheet.form]
    first, last = _("Hands over"), _("Takes")
    if not sheet.wide:
        left = draw_text(0, 14, first, width=room[0], size=SMALL, cls="pic-soft", bold=True)
        return left + draw_text(sheet.width, 14, last, width=room[1], size=SMALL, anchor="end", cls="pic-soft", bold=True)
    return gather(
        [
            draw_text(edges[0] + BAR, 14, first, width=room[0], size=SMALL, anchor="end", cls="pic-soft", bold=True),
            draw_text(edges[1], 14, _("Under the contract on"), width=room[1], size=SMALL, cls="pic-soft", bold=True),
            draw_text(edges[2], 14, last, width=room[2], size=SMALL, cls="pic-soft", bold=True),
        ]
    )


def _draw_ribbon(sheet: Sheet, drawn: _Drawn, ribbon: Ribbon) -> Markup:
    edges = _EDGES[sheet.form]
    x0, x1 = edges[ribbon.band.column] + BAR, edges[ribbon.band.column + 1]
    bend = (x0 + x1) / 2
    y0, y1, height = ribbon.y0, ribbon.y1, ribbon.height
    row = drawn.rows.rows[ribbon.band.row]
    turned = " pic-turned" if row.amount < 0 else ""
    there: list[str | float] = ["M", x0, y0, "C", bend, y0, bend, y1, x1, y1]
    back: list[str | float] = ["L", x1, y1 + height, "C", bend, y1 + height, bend, y0 + height, x0, y0 + height, "Z"]
    return draw_path([*there, *back], f"pic-ribbon pic-{row.exchange_type}{turned}")


def _list_at(drawn: _Drawn, sheet: Sheet, place: _Spot) -> list[FlowRow]:
    """List the rows that go through a node."""
    column, key = place
    if column == 0:
        return [row for row in drawn.rows.rows if (row.source or SEVERAL) == key]
    if sheet.wide and column == 1:
        return [row for row in drawn.rows.rows if _key_middle(row) == key]
    return [row for row in drawn.rows.rows if (row.target or SEVERAL) == key]


def _draw_bar(sheet: Sheet, drawn: _Drawn, node: Node) -> Markup:
    kinds = {row.exchange_type for row in _list_at(drawn, sheet, (node.column, node.key))}
    middle = sheet.wide and node.column == 1
    cls = f"pic-node pic-{kinds.pop()}" if middle and len(kinds) == 1 else "pic-node"
    return draw_box(_EDGES[sheet.form][node.column], node.y, BAR, node.height, cls, round_by=1.5)


def _draw_label(sheet: Sheet, node: Node, lines: Sequence[str]) -> Markup:
    """Draw a node's label: beside it on a wide sheet, above it on a narrow one."""
    edge, room = _EDGES[sheet.form][node.column], _ROOM[sheet.form][node.column]
    middle = sheet.wide and node.column == 1
    if sheet.wide:
        top = node.y + node.height / 2 - LINE * len(lines) / 2 + 11
        x, anchor = (edge - 11, "end") if node.column == 0 else (edge + BAR + (7 if middle else 11), "start")
    else:
        top = node.y - node.label + 12
        x, anchor = (0.0, "start") if node.column == 0 else (float(sheet.width), "end")
    halo = " pic-halo" if middle or not sheet.wide else ""
    parts = []
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        size, cls = (SMALL, "pic-soft") if last else (SIZE if sheet.wide else NAME, "pic-ink")
        draw = draw_figure if last else draw_text
        parts.append(draw(x, top + LINE * number, line, width=room, size=size, anchor=anchor, cls=cls + halo, bold=not middle and not last))
    return gather(parts)


def _tabulate(drawn: _Drawn, title: str) -> Table:
    _ = drawn.writing.say
    columns = ((_("Hands over"), False), (_("What"), False), (_("Takes"), False), (_("Amount"), True))
    rows = [
        (
            Cell(drawn.name(row.source), row.source),
            Cell(_name_what(drawn, row), row.agreement),
            Cell(drawn.name(row.target), row.target),
            Cell(drawn.write(row.amount), row.amount),
        )
        for row in drawn.rows.rows
    ]
    total = drawn.rows.total
    totals = (Cell(_("Together")), Cell(""), Cell(""), Cell(drawn.write(total), total)) if rows else None
    return make_table(title, columns, rows, totals)


def _note(drawn: _Drawn) -> tuple[str, ...]:
    _, flows, notes = drawn.writing.say, drawn.flows, []
    if drawn.rows.elsewhere and drawn.rows.unit == MONEY:
        notes.append(
            _("Without a price so far, and so not in this picture: %(count)s.") % {"count": drawn.writing.number(drawn.rows.elsewhere)}
        )
    elif drawn.rows.elsewhere:
        notes.append(
            _("Measured in other units, and so not in this picture: %(count)s. Nothing is converted from one kind of quantity to another.")
            % {"count": drawn.writing.number(drawn.rows.elsewhere)}
        )
    if any(row.amount < 0 for row in drawn.rows.rows):
        notes.append(
            _("Bands with a dashed edge run the other way: who hands over pays.")
            if drawn.rows.unit == MONEY
            else _("Bands with a dashed edge are negative: corrections of earlier deliveries outweigh what was handed over.")
        )
    if drawn.rows.rounded:
        notes.append(_("Some amounts have no end as decimals in this unit and are rounded to three places."))
    if flows.running:
        notes.append(
            _("Not closed yet, and so still growing: %(periods)s.") % {"periods": ", ".join(map(drawn.writing.period, flows.running))}
        )
    if any(row.source is None for row in drawn.rows.rows):
        notes.append(_("Others' flows are shown only in sums over at least three organisations."))
    if flows.withheld:
        notes.append(_("Sums over fewer than three organisations are left out."))
    return tuple(notes)
