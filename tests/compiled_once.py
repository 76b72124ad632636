"""Sentences of SQL that were compiled once, for every engine of a kind in a process of tests.

Each test has a database of its own, and with it an engine whose memory is empty: compiling took a fifth of the time of tests that open one.
"""

from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

#: Sentences that a memory holds: all that the tests of a file say, and more.
MOST = 5000
_memories: dict[type, Any] = {}
_make_engine = Engine.__init__


def share_memory() -> None:
    """Let engines of one kind share what they compiled; part of its key is the dialect, of which each engine makes its own."""

    def make(self: Engine, *arguments: Any, **options: Any) -> None:
        _make_engine(self, *arguments, **options)
        memory: Any = _memories.setdefault(type(self.dialect), self._compiled_cache)
        memory.capacity = MOST
        self._compiled_cache = memory

    Engine.__init__ = make  # type: ignore[method-assign]  # there is no option for it
    dialect: Any = DefaultDialect
    dialect.__eq__ = lambda one, other: type(one) is type(other)
    dialect.__hash__ = lambda one: hash(type(one))
