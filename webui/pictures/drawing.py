"""Drawing: SVG elements as safe markup; every text is escaped, every number written short, and colours come from classes alone."""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from webui.pictures.lettering import clean_text, fit_text, is_plain, measure_text

Number = float | int
SIZE = 14  #: of ordinary text, in user units
SMALL = 12


def write_number(value: Number) -> str:
    """Write a coordinate with one decimal at most; ValueError for what is no number."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no coordinate")
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def tag(name: str, *children: Markup, cls: str = "", **attributes: str | Number | None) -> Markup:
    """Make an element; underscores in names stand for hyphens, None leaves an attribute out. No `style`: the browser would refuse it."""
    if "style" in attributes:
        raise ValueError("pictures are coloured by class")
    parts = [Markup("<") + name]
    if cls:
        parts.append(Markup(' class="{}"').format(cls))
    for key, value in attributes.items():
        if value is not None:
            written = value if isinstance(value, str) else write_number(value)
            parts.append(Markup(' {}="{}"').format(key.replace("_", "-"), written))
    if not children:
        return Markup("").join([*parts, Markup("/>")])
    return Markup("").join([*parts, Markup(">"), *children, Markup("</"), escape(name), Markup(">")])


def draw_text(
    x: Number, y: Number, text: str, *, width: Number, size: Number = SIZE, anchor: str = "start", cls: str = "pic-ink", bold: bool = False
) -> Markup:
    """Draw one line of text, cut to `width`; (x, y) is the anchor on the base line."""
    fitted = fit_text(text, size, width, bold=bold)
    return _set_text((x, y), fitted, width=width, size=size, anchor=anchor, cls=f"{cls} pic-bold" if bold else cls, bold=bold)


def draw_figure(
    x: Number, y: Number, text: str, *, width: Number, size: Number = SIZE, anchor: str = "start", cls: str = "pic-ink", bold: bool = False
) -> Markup:
    """Draw a figure: set smaller where it would be wider than `width`, and never cut, since half an amount is another amount."""
    whole = clean_text(text)
    wide = measure_text(whole, size, bold=bold)
    fitting = size if wide <= width else math.floor(10 * size * width / wide) / 10  # one decimal is written: never rounded up
    return _set_text((x, y), whole, width=width, size=fitting, anchor=anchor, cls=f"{cls} pic-bold" if bold else cls, bold=bold)


def _set_text(place: tuple[Number, Number], text: str, *, width: Number, size: Number, anchor: str, cls: str, bold: bool) -> Markup:
    """Set a text that fits; one whose letters cannot be measured is given its length, so that no font makes it longer."""
    if not text:
        return Markup("")
    forced = None if is_plain(text) else min(width, measure_text(text, size, bold=bold))
    return tag(
        "text",
        escape(text),
        cls=cls,
        x=place[0],
        y=place[1],
        font_size=size,
        text_anchor=None if anchor == "start" else anchor,
        textLength=forced,
        lengthAdjust="spacingAndGlyphs" if forced is not None else None,
    )


def draw_box(x: Number, y: Number, width: Number, height: Number, cls: str, *, round_by: Number = 0, fill: str | None = None) -> Markup:
    """Draw a rectangle."""
    return tag("rect", cls=cls, x=x, y=y, width=max(0, width), height=max(0, height), rx=round_by or None, fill=fill)


def draw_line(x1: Number, y1: Number, x2: Number, y2: Number, cls: str) -> Markup:
    """Draw a straight line."""
    return tag("line", cls=cls, x1=x1, y1=y1, x2=x2, y2=y2)


def draw_path(points: Sequence[str | Number], cls: str, **attributes: str | Number | None) -> Markup:
    """Draw a path from commands and coordinates."""
    return tag("path", cls=cls, d=" ".join(part if isinstance(part, str) else write_number(part) for part in points), **attributes)


def draw_shape(shape: str, x: Number, y: Number, radius: Number, cls: str) -> Markup:
    """Draw a mark around a point: circle, ring, square, diamond, triangle or hexagon."""
    if shape in ("circle", "ring"):
        return tag("circle", cls=cls, cx=x, cy=y, r=radius)
    corners = {"square": (4, 45), "diamond": (4, 0), "triangle": (3, 90), "hexagon": (6, 0)}[shape]
    count, turn = corners
    reach = radius * {3: 1.25, 4: 1.2, 6: 1.1}[count]
    angles = [math.radians(turn + 360 * step / count) for step in range(count)]
    points = [(x + reach * math.cos(angle), y - reach * math.sin(angle)) for angle in angles]
    return tag("polygon", cls=cls, points=" ".join(f"{write_number(px)},{write_number(py)}" for px, py in points))


def draw_hatch(name: str, cls: str, *, turn: int = 45) -> Markup:
    """Define a pattern of slanting lines; used as fill="url(#name)", so that a fall is told from a rise without colour."""
    step = 6
    ground = draw_box(0, 0, step, step, f"{cls} pic-hatch-ground")
    stripe = draw_line(0, 0, 0, step, f"{cls} pic-hatch-line")
    return tag(
        "pattern", ground, stripe, id=name, width=step, height=step, patternUnits="userSpaceOnUse", patternTransform=f"rotate({turn})"
    )


def gather(parts: Iterable[Markup]) -> Markup:
    """Put elements one after the other."""
    return Markup("").join(parts)
