"""Progress of long work: a bar on stderr, on a terminal only, so that a file or a log of a job holds none."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Show = Callable[[int, int], None]  #: done, in all


@contextmanager
def show_progress(label: str) -> Iterator[Show]:
    """Show how far something has come, from the first word that it gives."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show
