"""Timeline picture: one row an entry, with its event, its signature and its record each on a track of its own; delays in words."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from markupsafe import Markup

from contracts.views.timeline import Happening, Timeline
from webui.pictures.drawing import SIZE, SMALL, draw_line, draw_shape, draw_text, gather
from webui.pictures.kind_words import name_kind
from webui.pictures.lettering import measure_text
from webui.pictures.picture import Picture, Sheet, close_sheet, make_sheets
from webui.pictures.scale import Scale, fit_times, list_ticks
from webui.pictures.table import Cell, Table, make_table
from webui.pictures.writing import Writing

DRAWN = 60  #: entries of one picture
_ROW = {"wide": 44, "narrow": 74}
_AREA = {"wide": (254.0, 618.0), "narrow": (12.0, 268.0)}  #: from where to where the time axis runs
_TRACKS = (-10, 0, 10)  #: of event, signature and record, around the middle of a row
_MARKS = (("circle", "pic-event", 5.0), ("diamond", "pic-signed", 5.0), ("square", "pic-recorded", 4.2))
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


@dataclass(frozen=True, slots=True)
class _Placed:
    """One row with its places in time; a day stands at its noon."""

    happening: Happening
    times: tuple[datetime | None, datetime, datetime]  #: event, signature, record


def draw_timeline(timeline: Timeline, writing: Writing, name: str = "timeline") -> Picture:
    """Draw the entries, newest last; of more than sixty the newest ones."""
    _ = writing.say
    shown = timeline.happenings[-DRAWN:]
    placed = [_Placed(one, (_place_event(one.happened), one.signed_at, one.recorded_at)) for one in shown]
    title = _("When it happened, was signed, and was recorded")
    words = _(
        "Rows in the order of the log, %(count)s entries; a circle for the event, a diamond for the signature, a square for the record."
    )
    description = words % {"count": writing.number(len(shown))}
    wide, narrow = (_draw(sheet, timeline, placed, writing, (title, description)) for sheet in make_sheets(name))
    return Picture(name, title, description, wide, narrow, _tabulate(timeline, placed, writing, title), _note(timeline, placed, writing))


def write_delay(seconds: int, writing: Writing) -> str:
    """Write how much later something was, in its two largest units; a minus where it was earlier."""
    _ = writing.say
    sign, left = ("−" if seconds < 0 else "+"), abs(seconds)
    days, left = divmod(left, _DAY)
    hours, left = divmod(left, _HOUR)
    minutes, rest = divmod(left, _MINUTE)
    parts = [(days, _("d")), (hours, _("h")), (minutes, _("min")), (rest, _("s"))]
    first = next((place for place, (count, _unit) in enumerate(parts) if count), len(parts) - 1)
    words = [f"{writing.number(count)} {unit}" for count, unit in parts[first : first + 2] if count or first == len(parts) - 1]
    return sign + " ".join(words)


def _place_event(happened: datetime | date | None) -> datetime | None:
    if happened is None or isinstance(happened, datetime):
        return happened
    return datetime.combine(happened, time(12), UTC)


def _draw(sheet: Sheet, timeline: Timeline, placed: list[_Placed], writing: Writing, words: tuple[str, str]) -> Markup:
    if not placed:
        return close_sheet(sheet, 44, *words, [draw_text(0, 28, writing.say("No entries."), width=sheet.width, cls="pic-soft")])
    moments = [moment for one in placed for moment in one.times if moment is not None]
    scale = fit_times(moments, *_AREA[sheet.form])
    top = 34.0
    bottom = top + _ROW[sheet.form] * len(placed)
    parts = [_draw_key(sheet, writing), _draw_axis(sheet, scale, moments, writing, (top, bottom))]
    for number, one in enumerate(placed):
        parts.append(_draw_row(sheet, timeline, one, writing, scale, top + number * _ROW[sheet.form]))
    return close_sheet(sheet, bottom + 30, *words, parts)


def _draw_key(sheet: Sheet, writing: Writing) -> Markup:
    _ = writing.say
    names = (_("happened"), _("signed"), _("recorded"))
    step, left = (124.0, _AREA["wide"][0]) if sheet.wide else (93.0, 6.0)
    parts = []
    for number, ((shape, cls, radius), name) in enumerate(zip(_MARKS, names, strict=True)):
        x = left + number * step
        parts += [draw_shape(shape, x, 12, radius, cls), draw_text(x + 11, 16.5, name, width=step - 18, size=SMALL, cls="pic-soft")]
    return gather(parts)


def _draw_axis(sheet: Sheet, scale: Scale, moments: list[datetime], writing: Writing, span: tuple[float, float]) -> Markup:
    """Draw marks of round days or hours, written inwards at both ends; a mark whose words would run into the last ones has none."""
    first, last, (top, bottom) = min(moments), max(moments), span
    by_day = last - first > timedelta(days=3)
    widest = measure_text(writing.day(last.date()) if by_day else writing.moment(last), SMALL) + 14
    ticks = list_ticks(first, last, max(1, int((scale.end - scale.start) / widest)))
    parts, free = [draw_line(scale.start, bottom, scale.end, bottom, "pic-axis")], 0.0
    for tick in ticks:
        x, text = scale(tick.timestamp()), writing.day(tick.date()) if by_day else writing.moment(tick)
        width = measure_text(text, SMALL)
        left = min(max(x - width / 2, scale.start), scale.end - width)
        parts.append(draw_line(x, top - 6 if sheet.wide else bottom - 5, x, bottom + 4, "pic-rule"))
        if left >= free:
            parts.append(draw_text(left, bottom + 18, text, width=width, size=SMALL, cls="pic-soft"))
            free = left + width + 10
    return gather(parts)


def _draw_row(sheet: Sheet, timeline: Timeline, one: _Placed, writing: Writing, scale: Scale, top: float) -> Markup:
    happening = one.happening
    middle = top + (_ROW["wide"] / 2 if sheet.wide else 54)
    who = timeline.names.get(happening.author, happening.author)
    index = writing.number(happening.entry)
    room = 240 if sheet.wide else sheet.width
    parts = [
        draw_line(0, top, sheet.width, top, "pic-rule"),
        draw_text(0, top + 18, name_kind(happening.kind, writing), width=room, size=SIZE if sheet.wide else 13, bold=True),
        draw_text(0, top + 34, f"{index} · {who}", width=room, size=SMALL, cls="pic-soft"),
    ]
    spots = [
        (scale(moment.timestamp()), middle + track) if moment is not None else None
        for moment, track in zip(one.times, _TRACKS, strict=True)
    ]
    known = [spot for spot in spots if spot is not None]
    parts += [draw_line(*before, *after, "pic-lag") for before, after in pairwise(known)]
    parts += [draw_shape(shape, *spot, radius, cls) for (shape, cls, radius), spot in zip(_MARKS, spots, strict=True) if spot is not None]
    if sheet.wide:
        for number, line in enumerate(_write_delays(one, writing)):
            parts.append(draw_text(636, top + 18 + 16 * number, line, width=164, size=SMALL, cls="pic-soft"))
    return gather(parts)


def _write_delays(one: _Placed, writing: Writing) -> list[str]:
    _ = writing.say
    happened, signed, recorded = one.times
    lines = []
    if happened is not None and isinstance(one.happening.happened, datetime):
        lines.append(_("signed %(delay)s") % {"delay": write_delay(_count(happened, signed), writing)})
    elif isinstance(one.happening.happened, date):
        lines.append(_("event on %(day)s") % {"day": writing.day(one.happening.happened)})
    elif one.happening.hidden:
        lines.append(_("event time not for you"))
    lines.append(_("recorded %(delay)s") % {"delay": write_delay(_count(signed, recorded), writing)})
    return lines


def _count(earlier: datetime, later: datetime) -> int:
    return int((later - earlier).total_seconds())


def _tabulate(timeline: Timeline, placed: list[_Placed], writing: Writing, title: str) -> Table:
    _ = writing.say
    heads = ((_("Entry"), True), (_("What"), False), (_("By"), False), (_("Happened"), False), (_("Signed"), False), (_("Recorded"), False))
    rows = []
    for one in placed:
        happening = one.happening
        rows.append(
            (
                Cell(writing.number(happening.entry), happening.entry),
                Cell(name_kind(happening.kind, writing), happening.kind),
                Cell(timeline.names.get(happening.author, happening.author), happening.author),
                _write_event(happening, writing),
                Cell(writing.moment(happening.signed_at), happening.signed_at),
                Cell(writing.moment(happening.recorded_at), happening.recorded_at),
            )
        )
    return make_table(title, heads, rows)


def _write_event(happening: Happening, writing: Writing) -> Cell:
    _ = writing.say
    if happening.hidden:
        return Cell(_("not for you"))
    if happening.happened is None:
        return Cell("–")
    if isinstance(happening.happened, datetime):
        return Cell(writing.moment(happening.happened), happening.happened)
    return Cell(writing.day(happening.happened), happening.happened)


def _note(timeline: Timeline, placed: list[_Placed], writing: Writing) -> tuple[str, ...]:
    _, notes = writing.say, []
    notes.append(_("The event and the signature carry the author's own clock; only the record's time is the log's."))
    if any(one.happening.happened is None and not one.happening.hidden for one in placed):
        notes.append(_("Where no event stands, the saying itself is what happened."))
    if timeline.more or len(timeline.happenings) > len(placed):
        notes.append(_("There are more entries than are drawn here."))
    return tuple(notes)
