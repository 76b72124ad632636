"""What a reader finds on pages of figures: the text as it is seen, the network's pages of a kind, and files of exports."""

import html
import re
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from tests.site.agreements.desk import Desk, FormReader
from tests.webui.website import NETWORK, Answer

ROOTS = (
    *("/savings", "/periods/2025-01", "/periods/2025-02", "/periods/2025-03", "/costs", "/baselines", "/allocations"),
    *("/reviews", "/resolutions", "/rulebook", "/accounts", "/account-lines", "/payments"),
)
_NOUNS = "savings|periods|costs(?!/new)|baselines|allocations|reviews|resolutions|rulebook|account|payments|why"
_MINE = re.compile(rf'href="/n/{NETWORK}(/(?:{_NOUNS})[^"#]*)"')


def read_text(answer: Answer) -> str:
    """Read a page's text as it is seen, with single spaces."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def crawl(desk: Desk) -> dict[str, Answer]:
    """Open every page of figures that a reader comes to by links, exports too; forms with examples in their help are left out."""
    waiting, found = list(ROOTS), dict[str, Answer]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = desk.get(path)
            waiting += [html.unescape(link) for link in _MINE.findall(found[path].text)]
    return found


def read_workbook(answer: Answer) -> list[tuple[Any, ...]]:
    """Read the rows of an exported workbook, heads first, as another program reads them."""
    assert answer.status_code == 200, answer.text[:500]
    sheet = load_workbook(BytesIO(answer.data), read_only=True).worksheets[0]
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def read_form_with(answer: Answer, field: str) -> dict[str, str]:
    """Read what a browser would send unchanged of the form that has a field."""
    reader = FormReader()
    reader.feed(answer.text)
    return next(form for form in reader.forms if field in form)
