"""Redline: what changed between two sets of parameters, place by place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.canonical import JSON


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; None stands for absent (null and absent are one)."""

    #: path such as ``parameters.shares.0.vote``
    field: str
    before: JSON
    after: JSON

    @property
    def kind(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def compare_parameters(old: Mapping[str, JSON], new: Mapping[str, JSON]) -> tuple[Change, ...]:
    """Return every difference in the order of the old parameters, then of the new; empty when the values are the same.

    Rows of tables are compared by position, so a row that was put in between shows as changes of all that follow.
    """
    return tuple(_compare(old, new, "parameters"))


def _compare(old: JSON, new: JSON, path: str) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*old, *new]):
            yield from _compare(old.get(name), new.get(name), f"{path}.{name}")
    elif _is_list(old) and _is_list(new):
        first, second = _items(old), _items(new)
        for index in range(max(len(first), len(second))):
            before = first[index] if index < len(first) else None
            after = second[index] if index < len(second) else None
            yield from _compare(before, after, f"{path}.{index}")
    elif type(old) is not type(new) or old != new:
        yield Change(path, old, new)


def _is_list(value: JSON) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _items(value: JSON) -> Sequence[JSON]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
