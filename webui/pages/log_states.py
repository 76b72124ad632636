"""How far an entry has come on its way to strangers' eyes, as the pages say it: sequenced, published, witnessed."""

from typing import Any

from flask import g
from flask_babel import gettext as _

from webui.api.runtime_of import get_runtime
from webui.pages.rendering import get_place


def say_log_state(index: int, *, published: bool, at_length: bool = False) -> tuple[Any, str]:
    """Give the words for the state of an entry of this page's network, and their tone."""
    if published:
        return (_("witnessed"), "good") if index < _read_witnessed_size() else (_("published"), "good")
    return (_("sequenced, waits for the next checkpoint") if at_length else _("sequenced")), "warn"


def _read_witnessed_size() -> int:
    """Read how many entries a quorum of witnesses has seen; once for each request."""
    if "witnessed_size" not in g:
        g.witnessed_size = get_runtime().log(get_place().network).read_witnessed_size()
    size: int = g.witnessed_size
    return size
