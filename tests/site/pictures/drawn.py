"""What a drawing must be, whatever it shows: well-formed, named, within its sheet, coloured by known classes, with nothing that runs."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from tests.architecture import ROOT
from webui.pictures.lettering import measure_text
from webui.pictures.picture import Picture

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {
    *("svg", "title", "desc", "g", "defs", "pattern", "rect", "line", "path", "text", "circle", "polygon"),
}
NUMBERS = {"x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "width", "height", "font-size", "textLength"}
KNOWN = frozenset(re.findall(r"\.(pic-[a-z-]+)", (ROOT / "webui/static/pictures.css").read_text("utf-8")))
#: classes that only mark a part for tests and readers of the source
UNSTYLED = frozenset({"pic-rise", "pic-fall"})
_MOVED = re.compile(r"translate\((-?[0-9.]+) (-?[0-9.]+)\)(?: rotate\(-?[0-9]+\))?")


@dataclass(frozen=True, slots=True)
class Box:
    """A text's place, as wide as it may be."""

    text: str
    left: float
    right: float
    base: float
    size: float

    def meets(self, other: "Box") -> bool:
        """Tell whether two texts run into each other: letters stand mostly between the base line and three quarters above it."""
        apart = self.right <= other.left + 0.5 or other.right <= self.left + 0.5
        return not apart and abs(self.base - other.base) < 0.72 * max(self.size, other.size)


def parse(svg: str) -> ET.Element:
    """Read a drawing as strict XML; entities and declarations have no place in it."""
    assert "<!" not in svg
    return ET.fromstring(svg)  # noqa: S314 - our own text, without declarations


def check_picture(picture: Picture) -> None:
    """Check both drawings of a picture, and that their ids differ."""
    ids = [one for svg in (picture.wide, picture.narrow) for one in check_drawing(str(svg))]
    assert len(ids) == len(set(ids))
    assert picture.title
    assert picture.description
    assert picture.table.caption
    for row in picture.table.rows:
        assert len(row) == len(picture.table.columns)


def check_drawing(svg: str) -> list[str]:
    """Check one drawing; gives its ids."""
    root = parse(svg)
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert root.attrib["role"] == "img"
    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text
    assert description.text
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    left, top, width, height = (int(part) for part in root.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    assert width in (800, 280)
    assert 0 < height < 20_000
    for one in root.iter():
        check_element(one, ids)
    check_places(root, width, height)
    return ids


def check_element(one: ET.Element, ids: list[str]) -> None:
    """Check one element: known, without style or script, its classes coloured by the stylesheet, its numbers finite."""
    assert one.tag.removeprefix(SVG) in TAGS
    assert one.tag.startswith(SVG)
    for name, value in one.attrib.items():
        assert name != "style"
        assert not name.lower().startswith("on")
        assert "javascript:" not in value.lower()
        assert name not in ("href", "{http://www.w3.org/1999/xlink}href", "stroke")
        if name == "fill":
            assert value.startswith("url(#")
            assert value[5:-1] in ids
        if name in NUMBERS and value != "100%":
            assert math.isfinite(float(value))
        if name in ("d", "points", "transform"):
            assert "nan" not in value
            assert "inf" not in value
    for cls in one.attrib.get("class", "").split():
        assert cls in KNOWN | UNSTYLED, cls


def check_places(root: ET.Element, width: int, height: int) -> None:
    """Check that nothing lies outside the sheet."""
    for one, dx, dy in walk(root):
        attributes = one.attrib
        points: list[tuple[float, float]] = []
        match one.tag.removeprefix(SVG):
            case "rect":
                x, y = float(attributes["x"]) + dx, float(attributes["y"]) + dy
                points = [(x, y), (x + float(attributes["width"]), y + float(attributes["height"]))]
            case "line":
                points = [(float(attributes[f"x{end}"]) + dx, float(attributes[f"y{end}"]) + dy) for end in "12"]
            case "circle":
                x, y, reach = float(attributes["cx"]) + dx, float(attributes["cy"]) + dy, float(attributes["r"])
                points = [(x - reach, y - reach), (x + reach, y + reach)]
            case "path":
                numbers = [float(part) for part in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", attributes["d"])]
                points = [(x + dx, y + dy) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            case "text":
                box = measure_box(one, dx, dy)
                points = [(box.left, box.base - box.size), (box.right, box.base + 0.25 * box.size)]
        for x, y in points:
            assert -1 <= x <= width + 1, (one.tag, one.attrib, one.text)
            assert -1 <= y <= height + 1, (one.tag, one.attrib, one.text)


def walk(root: ET.Element, dx: float = 0.0, dy: float = 0.0) -> Iterator[tuple[ET.Element, float, float]]:
    """Walk all drawn elements with how far they are moved; what is only defined is left out."""
    for one in root:
        if one.tag == f"{SVG}defs":
            continue
        moved = _MOVED.fullmatch(one.attrib.get("transform", ""))
        x, y = (dx + float(moved[1]), dy + float(moved[2])) if moved else (dx, dy)
        yield one, x, y
        if one.tag == f"{SVG}g" and "rotate" not in one.attrib.get("transform", ""):
            yield from walk(one, x, y)


def measure_box(one: ET.Element, dx: float = 0.0, dy: float = 0.0) -> Box:
    """Measure a text as wide as it may be."""
    size, text = float(one.attrib["font-size"]), one.text or ""
    bold = "pic-bold" in one.attrib.get("class", "")
    length = float(one.attrib["textLength"]) if "textLength" in one.attrib else measure_text(text, size, bold=bold)
    x = float(one.attrib["x"]) + dx
    left = {"end": x - length, "middle": x - length / 2}.get(one.attrib.get("text-anchor", ""), x)
    return Box(text, left, left + length, float(one.attrib["y"]) + dy, size)


def list_texts(svg: str) -> list[Box]:
    """List the texts of a drawing with their places."""
    return [measure_box(one, dx, dy) for one, dx, dy in walk(parse(svg)) if one.tag == f"{SVG}text"]


def find_meeting(svg: str) -> list[tuple[str, str]]:
    """Find texts that run into each other."""
    boxes = list_texts(svg)
    return [(one.text, other.text) for number, one in enumerate(boxes) for other in boxes[number + 1 :] if one.meets(other)]


def list_boxes(svg: str, cls: str) -> list[tuple[float, float]]:
    """List left edge and width of the rectangles that have a class."""
    found = [one for one, _, _ in walk(parse(svg)) if one.tag == f"{SVG}rect" and cls in one.attrib["class"].split()]
    return [(float(one.attrib["x"]), float(one.attrib["width"])) for one in found]
