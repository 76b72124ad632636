"""A picture: two drawings of the same figures, for wide and for narrow places, with title, description, notes and a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from webui.pictures.drawing import Number, gather, tag
from webui.pictures.lettering import clean_text
from webui.pictures.table import Table

WIDE, NARROW = 800, 280  #: user units across; CSS shows the one that fits, so that text is never smaller than about 10 pixels
_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture."""

    name: str  #: makes the ids: unique on its page
    title: str
    description: str  #: what it shows, in a sentence or two, for who does not see it
    wide: Markup  #: svg
    narrow: Markup  #: svg of the same figures
    table: Table
    notes: tuple[str, ...] = ()  #: what must be said beside it

    def __html__(self) -> str:
        """Give both drawings; pictures.css shows one of them."""
        return tag("div", self.wide, self.narrow, cls="pic")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one drawing is drawn on."""

    name: str  #: of the picture
    form: str  #: wide or narrow

    @property
    def width(self) -> int:
        """User units across."""
        return WIDE if self.form == "wide" else NARROW

    @property
    def wide(self) -> bool:
        """Whether there is room for labels beside the bars."""
        return self.form == "wide"

    def id(self, part: str) -> str:
        """Make an id for a part of the drawing."""
        return f"{self.name}-{self.form}-{part}"

    def refer(self, part: str) -> str:
        """Refer to a defined pattern, as a fill."""
        return f"url(#{self.id(part)})"


def make_sheets(name: str) -> tuple[Sheet, Sheet]:
    """Make the sheets of a picture; ValueError for a name that is no beginning of an id."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r}: a name of small letters, digits and hyphens is wanted")
    return Sheet(name, "wide"), Sheet(name, "narrow")


def close_sheet(sheet: Sheet, height: Number, title: str, description: str, parts: Sequence[Markup]) -> Markup:
    """Close a drawing: the svg element with its title and description, which scales with its place."""
    return tag(
        "svg",
        tag("title", escape(clean_text(title)), id=sheet.id("title")),
        tag("desc", escape(clean_text(description)), id=sheet.id("desc")),
        gather(parts),
        cls=f"pic-sheet pic-{sheet.form}",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {sheet.width} {round(height)}",
        width="100%",
        role="img",
        aria_labelledby=f"{sheet.id('title')} {sheet.id('desc')}",
    )
