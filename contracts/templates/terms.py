"""Agreed parameters, read with their types: what rules and prices use instead of raw JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from contracts.errors import Finding, Invalid
from contracts.quantity import parse_decimal
from contracts.templates.template import Condition
from ledger.canonical import JSON

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Terms:
    """The normalised parameters of an agreement, or one row of a table in them; readers return None for what is absent.

    Values are expected to have passed ``check_parameters``; one of another type is ``Invalid``.
    """

    values: Mapping[str, JSON]

    def has(self, name: str) -> bool:
        """Tell whether the parameter is given."""
        return self.values.get(name) is not None

    def text(self, name: str) -> str | None:
        """Return a string, text, enum, party, unit or currency."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise _refuse_term(name, "text")

    def decimal(self, name: str) -> Decimal | None:
        """Return a decimal, percentage or unit price, exactly as written."""
        text = self.text(name)
        return None if text is None else parse_decimal(text)

    def integer(self, name: str) -> int | None:
        """Return an integer, a duration in its unit, or money in minor units."""
        value = self.values.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise _refuse_term(name, "a whole number")

    def flag(self, name: str) -> bool:
        """Return a boolean; absent means false."""
        return self.values.get(name) is True

    def day(self, name: str) -> date | None:
        """Return a date."""
        text = self.text(name)
        return None if text is None else date.fromisoformat(text)

    def rows(self, name: str) -> tuple["Terms", ...]:
        """Return the rows of a table, each as terms of its own; absent means none."""
        return tuple(Terms(row) for row in self._list(name) if isinstance(row, Mapping))

    def items(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list; absent means none."""
        return tuple(item for item in self._list(name) if isinstance(item, str))

    def require_text(self, name: str) -> str:
        """Return a text that must be there; ``Invalid`` if it is not."""
        return _require(self.text(name), name)

    def require_decimal(self, name: str) -> Decimal:
        """Return a decimal that must be there; ``Invalid`` if it is not."""
        return _require(self.decimal(name), name)

    def require_integer(self, name: str) -> int:
        """Return a whole number that must be there; ``Invalid`` if it is not."""
        return _require(self.integer(name), name)

    def require_day(self, name: str) -> date:
        """Return a date that must be there; ``Invalid`` if it is not."""
        return _require(self.day(name), name)

    def meets(self, condition: Condition) -> bool:
        """Tell whether a condition of the template holds for these terms."""
        value = self.values.get(condition.parameter)
        match condition.operator:
            case "given":
                return value is not None
            case "absent":
                return value is None
            case "in":
                return value is not None and value in condition.values
            case "not_in":
                return value is None or value not in condition.values
            case "positive":
                return _is_positive(value)

    def meets_all(self, conditions: Sequence[Condition]) -> bool:
        """Tell whether every condition holds; none at all holds."""
        return all(self.meets(condition) for condition in conditions)

    def _list(self, name: str) -> Sequence[JSON]:
        value = self.values.get(name)
        if value is None:
            return ()
        if isinstance(value, Sequence) and not isinstance(value, str):
            return value
        raise _refuse_term(name, "a list")


def _is_positive(value: JSON) -> bool:
    if isinstance(value, str):
        try:
            return parse_decimal(value) > 0
        except Invalid:
            return False
    return isinstance(value, int) and value > 0


def _require(value: Value | None, name: str) -> Value:
    if value is None:
        message = f"{name} is missing; fill it in"
        raise Invalid(message, [Finding(f"parameters.{name}", "missing", message)])
    return value


def _refuse_term(name: str, wanted: str) -> Invalid:
    message = f"{name} must be {wanted}"
    return Invalid(message, [Finding(f"parameters.{name}", "wrong-type", message)])
