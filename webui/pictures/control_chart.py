"""Control chart: the certified values of one parameter over time, with its limits, and with the spread that its process has by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from itertools import pairwise

from markupsafe import Markup

from contracts.certificates.conformity import Outcome
from contracts.clock import parse_instant
from contracts.views.certificates import Trend, TrendPoint
from webui.pictures.drawing import SMALL, draw_line, draw_shape, draw_text, gather
from webui.pictures.picture import Picture, Sheet, close_sheet, make_sheets
from webui.pictures.scale import Scale, fit_scale, fit_times
from webui.pictures.table import Cell, Table, make_table
from webui.pictures.writing import Writing

ENOUGH = 8  #: values from which the process tells its own spread
#: three times the spread as a multiple of the mean moving range of two: 3 / d2, d2 = 1.128 (ISO 7870-2:2023, individuals chart)
_WIDTH = Decimal("2.66")
_EXACT = Context(prec=40)
_MARGINS = {"wide": (12.0, 160.0), "narrow": (8.0, 8.0)}  #: left and right of the time axis
_SPAN = {"wide": (20.0, 270.0), "narrow": (20.0, 210.0)}  #: top and bottom of the values
_MARKS = {Outcome.CONFORM: ("circle", "pic-sum"), Outcome.NONCONFORM: ("diamond", "pic-flag")}
_OPEN_MARK = ("ring", "pic-flag-open")


@dataclass(frozen=True, slots=True)
class Spread:
    """What the process does by itself."""

    mean: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class _Line:
    """A level across the chart."""

    value: Decimal
    words: str
    cls: str


@dataclass(frozen=True, slots=True)
class _Rise:
    """From values to places: larger ones stand higher."""

    scale: Scale  #: of the negative values

    def __call__(self, value: float) -> float:
        return self.scale(-value)


def draw_trend(trend: Trend, writing: Writing, name: str = "trend") -> Picture:
    """Draw the values in order of sampling; the table has the same rows."""
    _ = writing.say
    title = _("%(parameter)s over time, contract %(agreement)s") % {"parameter": trend.parameter, "agreement": trend.agreement}
    spread = find_spread(trend.points)
    lines = list_lines(trend, spread, writing)
    description = _describe(trend, writing)
    wide, narrow = (_draw(sheet, trend, lines, writing, (title, description)) for sheet in make_sheets(name))
    return Picture(name, title, description, wide, narrow, _tabulate(trend, writing, title), _note(trend, spread, writing))


def find_spread(points: Sequence[TrendPoint]) -> Spread | None:
    """Find mean and natural limits of standing values; None of fewer than eight, or where one lies beyond what could be measured."""
    values = [point.measured.value for point in points if point.stands]
    if len(values) < ENOUGH or any(point.measured.sign for point in points if point.stands):
        return None
    mean = _divide(values)
    moved = _divide([abs(_EXACT.subtract(after, before)) for before, after in pairwise(values)])
    reach = _EXACT.multiply(_WIDTH, moved)
    places = max(-int(value.as_tuple().exponent) for value in values) + 1
    low, middle, high = (round(one, places) for one in (_EXACT.subtract(mean, reach), mean, _EXACT.add(mean, reach)))
    return Spread(middle, low, high)


def list_lines(trend: Trend, spread: Spread | None, writing: Writing) -> list[_Line]:
    """List the levels to draw: agreed limits, then what the process does by itself."""
    _ = writing.say
    lines = []
    for value, words in ((trend.minimum, _("at least %(value)s")), (trend.maximum, _("at most %(value)s"))):
        if value is not None:
            lines.append(_Line(value, words % {"value": writing.quantity(value, trend.unit)}, "pic-alone"))
    if spread is not None:
        lines.append(_Line(spread.mean, _("mean %(value)s") % {"value": writing.quantity(spread.mean, trend.unit)}, "pic-axis"))
        lines.append(_Line(spread.low, _("natural lower limit"), "pic-guide"))
        lines.append(_Line(spread.high, _("natural upper limit"), "pic-guide"))
    return lines


def name_outcome(outcome: Outcome, writing: Writing) -> str:
    """Name an outcome in the reader's words."""
    _ = writing.say
    names = {
        Outcome.CONFORM: _("inside"),
        Outcome.NONCONFORM: _("outside"),
        Outcome.NOT_DECIDABLE: _("not decidable"),
        Outcome.MISSING: _("not measured"),
    }
    return names[outcome]


def _divide(values: Sequence[Decimal]) -> Decimal:
    return _EXACT.divide(sum(values, Decimal(0)), Decimal(len(values)))


def _describe(trend: Trend, writing: Writing) -> str:
    _ = writing.say
    outside = sum(1 for point in trend.points if point.outcome is Outcome.NONCONFORM)
    words = _("%(count)s certified values in order of sampling; %(outside)s lie outside the agreed limits.")
    return words % {"count": writing.number(len(trend.points)), "outside": writing.number(outside)}


def _draw(sheet: Sheet, trend: Trend, lines: Sequence[_Line], writing: Writing, words: tuple[str, str]) -> Markup:
    if not trend.points:
        return close_sheet(sheet, 44, *words, [draw_text(0, 28, writing.say("No values."), width=sheet.width, cls="pic-soft")])
    top, bottom = _SPAN[sheet.form]
    moments = [parse_instant(point.sampled_at) for point in trend.points]
    across, up = fit_times(moments, *_find_area(sheet)), _fit_values(trend, lines, bottom, top)
    parts = [_draw_lines(sheet, lines, up), _draw_days(sheet, moments, across, writing, bottom)]
    places = [(across(moment.timestamp()), up(float(point.measured.value))) for moment, point in zip(moments, trend.points, strict=True)]
    parts += [draw_line(*before, *after, "pic-lag") for before, after in pairwise(places)]
    parts += [_draw_point(point, place, up) for point, place in zip(trend.points, places, strict=True)]
    return close_sheet(sheet, bottom + (36 if sheet.wide else 36 + 16 * len(lines)), *words, [*parts, _draw_key(sheet, lines, bottom)])


def _find_area(sheet: Sheet) -> tuple[float, float]:
    """Find from where to where the time axis runs."""
    left, right = _MARGINS[sheet.form]
    return left, sheet.width - right


def _fit_values(trend: Trend, lines: Sequence[_Line], bottom: float, top: float) -> _Rise:
    values = [point.measured.value for point in trend.points]
    values += [point.measured.value + side * (point.uncertainty or 0) for point in trend.points for side in (-1, 1)]
    values += [line.value for line in lines]
    low, high = float(min(values)), float(max(values))
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return _Rise(fit_scale(-high - room, room - low, top, bottom))


def _draw_lines(sheet: Sheet, lines: Sequence[_Line], up: _Rise) -> Markup:
    """Draw the levels; where there is room their words stand at their ends, never one on the other."""
    start, end = _find_area(sheet)
    parts, free = [], 0.0
    for line in sorted(lines, key=lambda one: up(float(one.value))):
        y = up(float(line.value))
        parts.append(draw_line(start, y, end, y, line.cls))
        if sheet.wide:
            baseline = max(y + 4, free)
            parts.append(draw_text(end + 10, baseline, line.words, width=sheet.width - end - 12, size=SMALL))
            free = baseline + 15
    return gather(parts)


def _draw_key(sheet: Sheet, lines: Sequence[_Line], bottom: float) -> Markup:
    """Say below a narrow chart what its levels are."""
    if sheet.wide:
        return Markup("")
    parts = []
    for number, line in enumerate(lines):
        y = bottom + 36 + 16 * number
        parts += [draw_line(8, y - 4, 34, y - 4, line.cls), draw_text(42, y, line.words, width=sheet.width - 46, size=SMALL)]
    return gather(parts)


def _draw_days(sheet: Sheet, moments: Sequence[datetime], across: Scale, writing: Writing, bottom: float) -> Markup:
    """Draw the axis with its first and its last day."""
    start, end = _find_area(sheet)
    first, last = min(moments), max(moments)
    parts = [draw_line(start, bottom, end, bottom, "pic-axis")]
    parts.append(draw_text(start, bottom + 16, writing.day(first.date()), width=130, size=SMALL, cls="pic-soft"))
    if last.date() != first.date():
        parts.append(draw_text(end, bottom + 16, writing.day(last.date()), width=130, size=SMALL, anchor="end", cls="pic-soft"))
    parts += [draw_line(across(moment.timestamp()), bottom, across(moment.timestamp()), bottom + 4, "pic-rule") for moment in moments]
    return gather(parts)


def _draw_point(point: TrendPoint, place: tuple[float, float], up: _Rise) -> Markup:
    """Draw a value with its uncertainty: full inside, a diamond outside, a ring where it cannot be told; a triangle where none was read."""
    x, y = place
    parts = []
    if point.uncertainty:
        low, high = (up(float(point.measured.value + side * point.uncertainty)) for side in (-1, 1))
        parts.append(draw_line(x, low, x, high, "pic-guide"))
    shape, cls = _MARKS.get(point.outcome, _OPEN_MARK) if point.stands else _OPEN_MARK
    parts.append(draw_shape("triangle" if point.measured.sign else shape, x, y, 4.6, cls))
    return gather(parts)


def _tabulate(trend: Trend, writing: Writing, title: str) -> Table:
    _ = writing.say
    heads = (
        (_("Sampled"), False),
        (_("Certificate"), False),
        (_("Value"), True),
        (_("Uncertainty"), True),
        (_("Against the limits"), False),
    )
    rows = []
    for point in trend.points:
        moment = parse_instant(point.sampled_at)
        value = f"{point.measured.sign}{writing.quantity(point.measured.value, trend.unit)}"
        spread = "–" if point.uncertainty is None else f"±{writing.quantity(point.uncertainty, trend.unit)}"
        told = name_outcome(point.outcome, writing)
        said = told if point.stands else _("%(outcome)s; the certificate stands no more") % {"outcome": told}
        rows.append(
            (
                Cell(writing.moment(moment), moment),
                Cell(point.number or point.certificate, point.certificate),
                Cell(value, point.measured.value),
                Cell(spread, point.uncertainty),
                Cell(said, point.outcome.value),
            )
        )
    return make_table(title, heads, rows)


def _note(trend: Trend, spread: Spread | None, writing: Writing) -> tuple[str, ...]:
    _ = writing.say
    notes = [_("Limits are those of the newest certificate. A diamond lies outside, a ring cannot be told or stands no more.")]
    if any(point.measured.sign for point in trend.points):
        notes.append(_("A triangle is a value below or above what could be measured."))
    if spread is None:
        notes.append(_("Natural limits are drawn from eight measured values on."))
    else:
        notes.append(_("Natural limits: the mean and 2.66 times the mean step between neighbours. Beyond them something has changed."))
    return tuple(notes)
