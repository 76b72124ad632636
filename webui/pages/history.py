"""History: what was said on the log about a subject, for the page of the thing; event, signature and record kept apart.

Headers are open to every member; when something happened stands in the contents and is shown to whoever may read them alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts.views.timeline import Happening, find_timeline
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.kinds import caption_kind, word_kind
from webui.pages.log_states import say_log_state

MOST = 50  #: entries in one history unless more are asked for


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry in the history of a thing."""

    entry: int  #: index on the log
    path: str  #: of the entry's page
    kind: str  #: such as "delivery.received"
    title: str  #: the kind's short name
    words: str  #: what saying this means, in a sentence
    author: str  #: organisation
    happened: datetime | date | None  #: the event, by its author; None: saying it is the event, or it is hidden
    hidden: bool  #: whether an event time stands in contents that are not for the reader
    signed_at: datetime  #: by the author's clock
    recorded_at: datetime  #: by the log's clock
    state: tuple[str, str]  #: how far it has come, in words, and their tone


@dataclass(frozen=True, slots=True)
class History:
    """Entries about some subjects, in the order of the log."""

    rows: tuple[HistoryRow, ...]
    more: str | None  #: address of all of them, where there are more than are shown


def read_history(network: str, about: str | Sequence[str], *, limit: int = MOST) -> History:
    """Read the history of a subject such as "delivery:d-1", or of several together; only on a network's pages.

    Args:
        network: short name.
        about: subject, or several.
        limit: how many entries at most, 200 or fewer.
    """
    subjects = [about] if isinstance(about, str) else list(about)
    with see() as sight:
        timeline = find_timeline(sight, subjects, limit=limit)
    size = read_published_size(network)
    rows = tuple(make_row(network, one, size) for one in timeline.happenings)
    return History(rows, f"/n/{network}/ledger?about={subjects[0]}" if timeline.more else None)


def read_published_size(network: str) -> int:
    """Read how many entries stand under the newest published checkpoint."""
    newest = get_runtime().log(network).latest_checkpoint()
    return newest[0] if newest else 0


def make_row(network: str, one: Happening, published: int) -> HistoryRow:
    """Make a row for the page of what happened."""
    return HistoryRow(
        entry=one.entry,
        path=f"/n/{network}/entries/{one.entry}",
        kind=one.kind,
        title=word_kind(one.kind),
        words=caption_kind(one.kind),
        author=one.author,
        happened=one.happened,
        hidden=one.hidden,
        signed_at=one.signed_at,
        recorded_at=one.recorded_at,
        state=say_log_state(one.entry, published=one.entry < published, at_length=True),
    )
