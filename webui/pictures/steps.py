"""Waterfall picture: from baseline cost over the saving to the account, one row a step, with a check line that both ways agree."""

from dataclasses import dataclass

from markupsafe import Markup

from contracts.views.waterfall import Step, StepKind, Waterfall
from webui.pictures.drawing import SIZE, SMALL, draw_box, draw_figure, draw_hatch, draw_line, draw_path, draw_text, gather, tag
from webui.pictures.lettering import break_text
from webui.pictures.picture import Picture, Sheet, close_sheet, make_sheets
from webui.pictures.scale import Scale, fit_scale
from webui.pictures.table import Cell, Table, make_table
from webui.pictures.writing import Writing

_BAR = {"wide": 17, "narrow": 12}
_ROW = {"wide": 30, "narrow": 42}
_AREA = {"wide": (262.0, 664.0), "narrow": (2.0, 278.0)}  #: from where to where bars run


@dataclass(frozen=True, slots=True)
class _Words:
    """What a step is called."""

    name: str
    reason: str  #: why it is added or taken


def draw_waterfall(waterfall: Waterfall, writing: Writing, name: str = "waterfall") -> Picture:
    """Draw one organisation's way from baseline cost to account; the table has the same steps and the check line."""
    _ = writing.say
    values = {"organisation": waterfall.name, "period": writing.period(waterfall.period)}
    title = _("From baseline cost to the account: %(organisation)s, %(period)s") % values
    description = _describe(waterfall, writing)
    wide, narrow = (_draw(sheet, waterfall, writing, title, description) for sheet in make_sheets(name))
    return Picture(name, title, description, wide, narrow, _tabulate(waterfall, writing, title))


def write_check(waterfall: Waterfall, writing: Writing) -> str:
    """Write whether the steps lead to the stated account, to the cent."""
    _ = writing.say
    if waterfall.account_total is None or waterfall.difference is None:
        return _("No statement of account yet: the way ends at the saving.")
    reached = waterfall.account_total - waterfall.difference
    values = {
        "account": waterfall.account or "",
        "stated": writing.money(waterfall.account_total, waterfall.currency),
        "reached": writing.money(reached, waterfall.currency),
        "difference": writing.money(waterfall.difference, waterfall.currency),
    }
    if waterfall.difference == 0:
        return (
            _("Check: statement of account %(account)s says %(stated)s, the steps lead to %(reached)s; difference %(difference)s.") % values
        )
    return (
        _("The statement of account %(account)s says %(stated)s, but the steps lead to %(reached)s: they differ by %(difference)s.")
        % values
    )


def name_step(kind: StepKind, writing: Writing) -> str:
    """Name a step in the reader's words."""
    _ = writing.say
    names = {
        StepKind.DISPOSAL: _("Disposal avoided"),
        StepKind.PURCHASE: _("Purchase avoided"),
        StepKind.OWN_PLANT: _("Own plant avoided"),
        StepKind.BASELINE: _("Baseline cost"),
        StepKind.HANDLING: _("Cost of the exchanges"),
        StepKind.RECEIVED: _("Prices received"),
        StepKind.PAID: _("Prices paid"),
        StepKind.SAVING: _("Saving"),
        StepKind.SPLIT: _("Split between two"),
        StepKind.TRANSFER: _("Pool transfer"),
        StepKind.GAIN: _("Gain after sharing"),
        StepKind.FEE: _("Network fee"),
        StepKind.RESERVE: _("Network reserve"),
        StepKind.NET: _("Net gain"),
        StepKind.NOT_SPENT: _("Baseline, never spent"),
        StepKind.PAID_ELSEWHERE: _("Costs, paid to others"),
        StepKind.ACCOUNT: _("Account"),
    }
    return names[kind]


def _describe(waterfall: Waterfall, writing: Writing) -> str:
    _ = writing.say
    first = waterfall.steps[0]
    baseline = next((step.end for step in waterfall.steps if step.kind is StepKind.BASELINE), first.end)
    values = {
        "baseline": writing.money(baseline, waterfall.currency),
        "saving": writing.money(waterfall.saving, waterfall.currency),
        "check": write_check(waterfall, writing),
    }
    return _("Bars from a baseline cost of %(baseline)s to a saving of %(saving)s and on to the account. %(check)s") % values


def _draw(sheet: Sheet, waterfall: Waterfall, writing: Writing, title: str, description: str) -> Markup:
    levels = [0, *(level for step in waterfall.steps for level in (step.start, step.end))]
    scale = fit_scale(float(min(levels)), float(max(levels)), *_AREA[sheet.form])
    row, top = _ROW[sheet.form], 6.0
    bottom = top + row * len(waterfall.steps)
    parts = [tag("defs", draw_hatch(sheet.id("fall"), "pic-fall"))]
    parts += [_draw_step(sheet, waterfall, writing, number, scale, top) for number in range(len(waterfall.steps))]
    parts.insert(1, _draw_axis(sheet, scale, len(waterfall.steps), top))
    parts.append(_draw_check(sheet, waterfall, writing, bottom + 22))
    return close_sheet(sheet, bottom + (34 if sheet.wide else 50), title, description, parts)


def _draw_axis(sheet: Sheet, scale: Scale, count: int, top: float) -> Markup:
    """Draw the line of nothing: through on a wide sheet, beside each bar on a narrow one, where it would cross the words."""
    row, bar = _ROW[sheet.form], _BAR[sheet.form]
    if sheet.wide:
        return draw_line(scale(0), top, scale(0), top + row * count, "pic-axis")
    bases = [top + row * number + 28 for number in range(count)]
    return gather(draw_line(scale(0), base - bar / 2 - 2, scale(0), base + bar / 2 + 2, "pic-axis") for base in bases)


def _draw_step(sheet: Sheet, waterfall: Waterfall, writing: Writing, number: int, scale: Scale, top: float) -> Markup:
    step, row, bar = waterfall.steps[number], _ROW[sheet.form], _BAR[sheet.form]
    y = top + number * row
    base = y + row / 2 if sheet.wide else y + 28
    left, right = sorted((scale(step.start), scale(step.end)))
    amount = writing.money(step.amount, waterfall.currency) if step.is_sum else writing.signed_money(step.amount, waterfall.currency)
    parts = []
    if step.is_sum:
        parts.append(draw_box(0, y + 1 if sheet.wide else y, sheet.width, row - 2, "pic-band", round_by=3))
    parts.append(_draw_bar(sheet, step, (left, base - bar / 2, right - left, bar)))
    if sheet.wide and number + 1 < len(waterfall.steps):
        following = base + row
        parts.append(draw_line(scale(step.end), base + bar / 2, scale(step.end), following - bar / 2, "pic-guide"))
    baseline = base + 5 if sheet.wide else y + 15
    room = 246 if sheet.wide else 160
    parts.append(draw_text(6, baseline, name_step(step.kind, writing), width=room, size=SIZE if sheet.wide else 13, bold=step.is_sum))
    edge = sheet.width - 6
    parts.append(
        draw_figure(
            edge, baseline, amount, width=122 if sheet.wide else 110, size=SIZE if sheet.wide else 13, anchor="end", bold=step.is_sum
        )
    )
    return gather(parts)


def _draw_bar(sheet: Sheet, step: Step, box: tuple[float, float, float, float]) -> Markup:
    """Draw a sum full, a rise full, a fall hatched: told apart without colour too."""
    x, y, width, height = box
    width = max(width, 1.5)
    if step.is_sum:
        return draw_box(x, y, width, height, "pic-sum", round_by=1.5)
    if step.amount >= 0:
        return draw_box(x, y, width, height, "pic-rise", round_by=1.5)
    return draw_box(x, y, width, height, "pic-edge-fall", round_by=1.5, fill=sheet.refer("fall"))


def _draw_check(sheet: Sheet, waterfall: Waterfall, writing: Writing, y: float) -> Markup:
    """Draw the check line: a tick where the account and the steps agree to the cent."""
    _ = writing.say
    if waterfall.difference is None:
        return draw_text(6, y, _("No statement of account yet"), width=sheet.width - 12, size=SMALL, cls="pic-soft")
    agrees = waterfall.difference == 0
    mark = (
        draw_path(["M", 8, y - 5, "L", 12, y - 1, "L", 20, y - 11], "pic-check")
        if agrees
        else draw_path(["M", 9, y - 10, "L", 18, y - 1, "M", 18, y - 10, "L", 9, y - 1], "pic-cross")
    )
    difference = writing.money(waterfall.difference, waterfall.currency)
    words = _("Agrees with the statement of account to the cent: difference %(difference)s") % {"difference": difference}
    if not agrees:
        words = _("Differs from the statement of account by %(difference)s") % {"difference": difference}
    if sheet.wide:
        return mark + draw_text(28, y, words, width=sheet.width - 34, size=13, bold=not agrees)
    lines = break_text(words, SMALL, sheet.width - 34, 2)
    return mark + gather(draw_text(28, y + 15 * number, line, width=sheet.width - 34, size=SMALL) for number, line in enumerate(lines))


def _tabulate(waterfall: Waterfall, writing: Writing, title: str) -> Table:
    _ = writing.say
    columns = ((_("Step"), False), (_("Change"), True), (_("Level"), True))
    rows = [
        (
            Cell(name_step(step.kind, writing), step.kind.value),
            Cell("") if step.is_sum else Cell(writing.signed_money(step.amount, waterfall.currency), step.amount),
            Cell(writing.money(step.end, waterfall.currency), step.end),
        )
        for step in waterfall.steps
    ]
    reached = waterfall.steps[-1].end
    change = sum(step.amount for step in waterfall.steps if not step.is_sum)
    end = Cell(writing.money(reached, waterfall.currency), reached)
    return make_table(
        title, columns, rows, (Cell(write_check(waterfall, writing)), Cell(writing.signed_money(change, waterfall.currency), change), end)
    )
