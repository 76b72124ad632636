"""Codes for cameras: an address as a QR code in SVG, drawn by the server, coloured by class alone."""

from collections.abc import Iterable

from flask import request
from markupsafe import Markup

from webui.api.runtime_of import get_runtime
from webui.pictures.drawing import tag


def make_public_address(path: str) -> str:
    """Make the whole address of one of our pages: by the site's own settings, else by how the reader came."""
    return (get_runtime().settings.public_url or request.host_url.rstrip("/")) + path


def draw_code(text: str) -> Markup:
    """Draw a QR code; a black path on a white ground, so that cameras read it in dark themes and on paper."""
    from segno import make  # noqa: PLC0415 - few pages have one

    code = make(text, error="m", micro=False)
    size = code.symbol_size(border=4)[0]
    runs = []
    for y, row in enumerate(code.matrix_iter(border=4)):
        x = 0
        for dark, length in _count_runs(row):
            if dark:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    drawn = (
        tag("rect", cls="code-ground", width=size, height=size),
        tag("path", cls="code-dark", d="".join(runs)),
    )
    return tag("svg", *drawn, cls="code", viewBox=f"0 0 {size} {size}", role="img", aria_label=text)


def _count_runs(row: Iterable[int]) -> list[tuple[int, int]]:
    """Count equal modules that stand one after the other."""
    runs: list[tuple[int, int]] = []
    for module in row:
        if runs and runs[-1][0] == module:
            runs[-1] = (module, runs[-1][1] + 1)
        else:
            runs.append((module, 1))
    return runs
