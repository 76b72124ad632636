"""Reading text: what no text can hold, and no database would keep, is refused at the door with the name of its field."""

import re

from flask import Flask, request

from contracts.errors import Finding, Invalid
from webui.pages.endpoints import is_page

_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def is_text(value: str) -> bool:
    """Tell whether a value is text: no NUL, which PostgreSQL cannot keep, and no half of a surrogate pair, which has no bytes."""
    return _NO_TEXT.search(value) is None


def guard_text(app: Flask) -> None:
    """Refuse, before any handler, queries and forms of pages that hold what is no text; JSON has its own strict reader."""

    @app.before_request
    def read() -> None:
        sent = [*request.args.items(multi=True), *(request.form.items(multi=True) if is_page(request.endpoint) else ())]
        names = dict.fromkeys(name.replace("\0", "") for name, value in sent if not is_text(name + value))
        if names:
            message = "a character without a sign (NUL) stands here: leave it out"
            raise Invalid("what was sent is no text", [Finding(name, "malformed", message) for name in names])
