"""Seeing: the sight of whoever asks, for as long as one answer is read; what grants opened is recorded before the answer goes out."""

from collections.abc import Iterator
from contextlib import contextmanager

from contracts.views.sight import Reader, Sight, find_sight, record_shown
from webui.access import get_member
from webui.api.runtime_of import get_runtime


@contextmanager
def see() -> Iterator[Sight]:
    """Open the caller's sight on the network in the address."""
    runtime, member = get_runtime(), get_member()
    now = runtime.clock.now()
    with runtime.reading() as connection:
        sight = find_sight(connection, member.log_id, Reader(member.organisation, member.holder, member.roles), now)
        yield sight
    if sight.used:
        with runtime.writing() as connection:
            record_shown(connection, sight, now)
