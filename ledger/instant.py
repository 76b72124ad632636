"""Instants in one spelling, `YYYY-MM-DDThh:mm:ssZ`: their order as text is their order in time."""

import re
from datetime import UTC, datetime

from ledger.errors import Malformed

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


def parse_instant(text: str) -> datetime:
    """Read an instant, aware, UTC, whole seconds; raises Malformed."""
    if not _FORM.fullmatch(text):
        raise Malformed(f"{text[:40]!r} is not an instant: write YYYY-MM-DDThh:mm:ssZ")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{text!r} is not a day and time of the calendar") from None


def format_instant(moment: datetime) -> str:
    """Write an aware instant in UTC, cut to whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
