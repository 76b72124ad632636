"""Allocation bars: what each rule gives each organisation, side by side, with the line of standing alone and marks for who would leave."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from contracts.views.rule_comparison import RuleComparison, RuleShares
from webui.pictures.drawing import SIZE, SMALL, draw_box, draw_figure, draw_hatch, draw_line, draw_shape, draw_text, gather, tag
from webui.pictures.lettering import BOLD, break_text
from webui.pictures.picture import Picture, Sheet, close_sheet, make_sheets
from webui.pictures.scale import Scale, fit_scale
from webui.pictures.table import Cell, Table, make_table
from webui.pictures.writing import Writing

DRAWN = 24  #: organisations that are drawn; the ones with smaller shares are added up below them
_STEP = {"wide": 19, "narrow": 19}  #: from bar to bar
_AREA = {"wide": (262.0, 524.0), "narrow": (88.0, 174.0)}  #: from where to where bars run
#: which look each rule has: full for the recorded one, hatched and open ones for the others
_LOOKS = {"equal": "pic-two", "proportional": "pic-three", "shapley": "pic-one", "nucleolus": "pic-four"}

_TURNS = {"equal": 45, "proportional": -45, "shapley": 90, "nucleolus": 0}  #: degrees by which its stripes are turned


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One organisation's bars, or those of the smaller ones together."""

    organisation: str | None  #: None: several together
    name: str
    alone: int
    saved: int
    shares: tuple[int | None, ...]  #: by rule, in the comparison's order
    leaves_alone: tuple[bool, ...]  #: by rule: gets less than it would have saved by itself
    leaves_with: tuple[bool, ...]  #: by rule: with others it would do better on their own


def draw_comparison(comparison: RuleComparison, writing: Writing, name: str = "shares") -> Picture:
    """Draw the recorded allocation and the other rules; only the reader's own bars where that is all it may see."""
    _ = writing.say
    title = _("Shares by rule, %(period)s") % {"period": writing.period(comparison.period)}
    rows = list_rows(comparison, writing)
    description = _describe(comparison, rows, writing)
    wide, narrow = (_draw(sheet, comparison, rows, writing, (title, description)) for sheet in make_sheets(name))
    return Picture(name, title, description, wide, narrow, _tabulate(comparison, rows, writing, title), _note(comparison, writing))


def name_rule(rule: str, writing: Writing) -> str:
    """Name a rule in the reader's words."""
    _ = writing.say
    names = {"equal": _("Equal"), "proportional": _("Proportional"), "shapley": _("Shapley"), "nucleolus": _("Nucleolus")}
    return names.get(rule, rule)


def list_rows(comparison: RuleComparison, writing: Writing) -> list[ShareRow]:
    """List the rows: organisations by their recorded share, largest first, the smaller ones of many together."""
    recorded = comparison.rules[0].shares
    order = sorted(comparison.organisations, key=lambda one: (-recorded[one], one))
    kept = order if len(order) <= DRAWN else order[: DRAWN - 1]
    rows = [_make_row(comparison, one) for one in kept]
    rest = order[len(kept) :]
    if rest:
        words = writing.say("%(count)s others, together") % {"count": writing.number(len(rest))}
        rows.append(_fold_rows([_make_row(comparison, one) for one in rest], words))
    return rows


def _make_row(comparison: RuleComparison, organisation: str) -> ShareRow:
    alone = comparison.alone[organisation]
    shares = tuple(rule.shares.get(organisation) for rule in comparison.rules)
    return ShareRow(
        organisation=organisation,
        name=comparison.names.get(organisation, organisation),
        alone=alone,
        saved=comparison.saved[organisation],
        shares=shares,
        leaves_alone=tuple(share is not None and share < alone for share in shares),
        leaves_with=tuple(any(organisation in one.organisations for one in rule.leaving) for rule in comparison.rules),
    )


def _fold_rows(rows: Sequence[ShareRow], name: str) -> ShareRow:
    columns = list(zip(*(row.shares for row in rows), strict=True))
    return ShareRow(
        organisation=None,
        name=name,
        alone=sum(row.alone for row in rows),
        saved=sum(row.saved for row in rows),
        shares=tuple(None if None in column else sum(share or 0 for share in column) for column in columns),
        leaves_alone=tuple(any(marks) for marks in zip(*(row.leaves_alone for row in rows), strict=True)),
        leaves_with=tuple(any(marks) for marks in zip(*(row.leaves_with for row in rows), strict=True)),
    )


def _describe(comparison: RuleComparison, rows: Sequence[ShareRow], writing: Writing) -> str:
    _ = writing.say
    leaving = sorted({row.name for row in rows if row.leaves_alone[0] or row.leaves_with[0]})
    values = {"rule": name_rule(comparison.rule, writing), "count": writing.number(len(comparison.rules)), "who": ", ".join(leaving)}
    verdict = (
        _("Under the recorded rule these would be better off leaving: %(who)s.") % values
        if leaving
        else _("Under the recorded rule nobody would be better off leaving.")
    )
    if not comparison.complete:
        verdict = _("Only your own share is yours to see.") if not leaving else verdict
    words = _("Bars for each organisation, recorded by %(rule)s, for %(count)s rules; a dashed line marks what it would have saved alone.")
    return f"{words % values} {verdict}"


def _draw(sheet: Sheet, comparison: RuleComparison, rows: Sequence[ShareRow], writing: Writing, words: tuple[str, str]) -> Markup:
    figures = [0, *(value for row in rows for value in (row.alone, *(share for share in row.shares if share is not None)))]
    scale = fit_scale(float(min(figures)), float(max(figures)), *_AREA[sheet.form])
    shown = [place for place, rule in enumerate(comparison.rules) if rule.shares]
    hatched = [comparison.rules[place] for place in shown[1:]]
    parts = [tag("defs", *(draw_hatch(sheet.id(rule.rule), _look(rule), turn=_TURNS.get(rule.rule, 0)) for rule in hatched))]
    y = 8.0
    for row in rows:
        height = _measure_row(sheet, row, len(shown))
        parts.append(_draw_row(sheet, comparison, row, writing, (scale, y, shown)))
        y += height
        edge = y - (6 if sheet.wide else 12)
        parts.append(draw_line(0, edge, sheet.width, edge, "pic-rule"))
    parts.append(_draw_key(sheet, writing, y + 14, any(any(row.leaves_alone) or any(row.leaves_with) for row in rows)))
    return close_sheet(sheet, y + (26 if sheet.wide else 58), *words, parts)


def _look(rule: RuleShares) -> str:
    return _LOOKS.get(rule.rule, "pic-two")


def _measure_row(sheet: Sheet, row: ShareRow, bars: int) -> float:
    lines = len(_break_name(sheet, row))
    if sheet.wide:
        return max(bars * _STEP["wide"], lines * 17 + 34) + 14
    return bars * _STEP["narrow"] + lines * 17 + 58


def _break_name(sheet: Sheet, row: ShareRow) -> list[str]:
    return break_text(row.name, SIZE * BOLD, 168 if sheet.wide else sheet.width, 2) or ["–"]


def _draw_row(sheet: Sheet, comparison: RuleComparison, row: ShareRow, writing: Writing, place: tuple[Scale, float, list[int]]) -> Markup:
    _, money = writing.say, comparison.currency
    scale, y, shown = place
    lines = _break_name(sheet, row)
    parts = [draw_text(0, y + 12 + 17 * number, line, width=sheet.width, bold=True) for number, line in enumerate(lines)]
    alone = _("alone %(amount)s") % {"amount": writing.money(row.alone, money)}
    saved = _("before sharing %(amount)s") % {"amount": writing.money(row.saved, money)}
    under = y + 12 + 17 * len(lines)
    room = 170 if sheet.wide else sheet.width
    parts += [draw_figure(0, under, alone, width=room, size=SMALL, cls="pic-soft")]
    parts += [draw_figure(0, under + 15, saved, width=room, size=SMALL, cls="pic-soft")]
    top = y if sheet.wide else under + 22
    bottom = top + _STEP[sheet.form] * len(shown)
    parts.append(draw_line(scale(0), top - 1, scale(0), bottom - 3, "pic-axis"))
    for position, number in enumerate(shown):
        parts.append(_draw_bar(sheet, comparison, row, writing, (scale, top + position * _STEP[sheet.form], number)))
    parts.append(draw_line(scale(float(row.alone)), top - 4, scale(float(row.alone)), bottom, "pic-alone"))
    return gather(parts)


def _draw_bar(sheet: Sheet, comparison: RuleComparison, row: ShareRow, writing: Writing, place: tuple[Scale, float, int]) -> Markup:
    scale, y, number = place
    rule, share = comparison.rules[number], row.shares[number]
    left = 178 if sheet.wide else 0
    label = draw_text(
        left,
        y + 11,
        name_rule(rule.rule, writing),
        width=82,
        size=SMALL,
        cls="pic-ink" if rule.recorded else "pic-soft",
        bold=rule.recorded,
    )
    if share is None:
        return label + draw_text(scale(0) + 6, y + 11, "–", width=20, size=SMALL, cls="pic-soft")
    start, end = sorted((scale(0), scale(float(share))))
    cls, fill = (_look(rule), None) if rule.recorded else (_look(rule).replace("pic-", "pic-edge-"), sheet.refer(rule.rule))
    bar = draw_box(start, y, max(1.5, end - start), 14, cls, round_by=1.5, fill=fill)
    amount = writing.money(share, comparison.currency)
    edge = 644 if sheet.wide else sheet.width
    value = draw_figure(
        edge, y + 11.5, amount, width=116 if sheet.wide else 100, size=13 if sheet.wide else SMALL, anchor="end", bold=rule.recorded
    )
    return label + bar + value + _draw_mark(sheet, row, writing, y, number)


def _draw_mark(sheet: Sheet, row: ShareRow, writing: Writing, y: float, number: int) -> Markup:
    """Mark who would be better off leaving: a full triangle for alone, an open one for with others."""
    _ = writing.say
    if not (row.leaves_alone[number] or row.leaves_with[number]):
        return Markup("")
    cls = "pic-flag" if row.leaves_alone[number] else "pic-flag-open"
    if not sheet.wide:
        return draw_shape("triangle", 82, y + 8, 5, cls)
    words = _("better off alone") if row.leaves_alone[number] else _("better off as a group")
    return draw_shape("triangle", 661, y + 8.5, 5.5, cls) + draw_figure(671, y + 11.5, words, width=128, size=11.5, cls="pic-mark")


def _draw_key(sheet: Sheet, writing: Writing, y: float, marks: bool) -> Markup:  # noqa: FBT001 - whether marks are explained
    _ = writing.say
    parts = [draw_line(2, y - 12, 2, y + 3, "pic-alone")]
    parts.append(draw_text(12, y, _("saved alone, with nobody else"), width=222, size=SMALL, cls="pic-soft"))
    if marks:
        x, below = (240.0, y) if sheet.wide else (0.0, y + 20)
        parts.append(draw_shape("triangle", x + 5, below - 4, 5, "pic-flag"))
        parts.append(draw_text(x + 16, below, _("would be better off leaving"), width=200, size=SMALL, cls="pic-soft"))
        x, below = (480.0, y) if sheet.wide else (0.0, y + 38)
        parts.append(draw_shape("triangle", x + 5, below - 4, 5, "pic-flag-open"))
        parts.append(draw_text(x + 16, below, _("would, together with others"), width=220, size=SMALL, cls="pic-soft"))
    return gather(parts)


def _tabulate(comparison: RuleComparison, rows: Sequence[ShareRow], writing: Writing, title: str) -> Table:
    _ = writing.say
    shown = [place for place, rule in enumerate(comparison.rules) if rule.shares]
    heads = [(_("Organisation"), False), (_("Before sharing"), True), (_("Alone"), True)]
    for place in shown:
        rule = comparison.rules[place]
        name = name_rule(rule.rule, writing)
        heads.append((_("%(rule)s, recorded") % {"rule": name} if rule.recorded else name, True))
    heads.append((_("Would be better off leaving under"), False))
    body = [
        [
            Cell(row.name, row.organisation),
            *(_money_cell(value, comparison, writing) for value in (row.saved, row.alone, *(row.shares[place] for place in shown))),
            _list_marks(row, shown, comparison, writing),
        ]
        for row in rows
    ]
    sums = [sum(row.saved for row in rows), sum(row.alone for row in rows)]
    sums += [sum(row.shares[place] or 0 for row in rows) for place in shown]
    totals = [Cell(_("Together")), *(_money_cell(value, comparison, writing) for value in sums), Cell("")]
    return make_table(title, heads, body, totals if len(rows) > 1 else None)


def _money_cell(value: int | None, comparison: RuleComparison, writing: Writing) -> Cell:
    return Cell("–") if value is None else Cell(writing.money(value, comparison.currency), value)


def _list_marks(row: ShareRow, shown: Sequence[int], comparison: RuleComparison, writing: Writing) -> Cell:
    _ = writing.say
    marks = []
    for place in shown:
        name = name_rule(comparison.rules[place].rule, writing)
        if row.leaves_alone[place]:
            marks.append(_("%(rule)s (alone)") % {"rule": name})
        elif row.leaves_with[place]:
            marks.append(_("%(rule)s (with others)") % {"rule": name})
    return Cell(
        ", ".join(marks), ", ".join(comparison.rules[place].rule for place in shown if row.leaves_alone[place] or row.leaves_with[place])
    )


def _note(comparison: RuleComparison, writing: Writing) -> tuple[str, ...]:
    _, notes = writing.say, []
    for rule in comparison.rules:
        name = name_rule(rule.rule, writing)
        if rule.reason:
            notes.append(_("%(rule)s gives no shares here: %(reason)s.") % {"rule": name, "reason": rule.reason})
        for one in rule.leaving:
            values = {
                "rule": name,
                "who": ", ".join(comparison.names.get(member, member) for member in one.organisations),
                "gain": writing.money(one.gain, comparison.currency),
            }
            notes.append(_("Under %(rule)s these would gain %(gain)s by leaving together: %(who)s.") % values)
    if not comparison.complete:
        notes.append(
            _("The other organisations' shares, and what other rules would give, are for the board and for auditors with a grant.")
        )
    return tuple(notes)
