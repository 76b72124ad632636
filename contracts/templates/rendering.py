"""The full text of a contract: clauses with the agreed values in place, then the schedule of all parameters."""

import re
from collections.abc import Iterator, Mapping

from contracts.money import format_money
from contracts.templates.template import Choice, Clause, Definition, Template
from contracts.templates.terms import Terms
from contracts.units import UNITS
from ledger.canonical import JSON

_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
_RULE = "=" * 72
#: stands for a value that was left out; a template's test keeps it out of its paragraphs
NOT_AGREED = "(not agreed)"


def render_text(template: Template, parameters: Mapping[str, JSON], names: Mapping[str, str]) -> str:
    """Return the contract as plain text, the same bytes for the same input.

    Args:
        template: the standard contract.
        parameters: normalised parameters; faulty ones give faulty text, so check them first.
        names: legal name of each organisation by its id; an id without one stands for itself.

    """
    writer = _Writer(template, Terms(parameters), names)
    return "\n".join(writer.write_contract()) + "\n"


def list_placeholders(text: str) -> tuple[str, ...]:
    """Return the parameters that a paragraph mentions."""
    return tuple(_PLACEHOLDER.findall(text))


class _Writer:
    """One contract being written."""

    def __init__(self, template: Template, terms: Terms, names: Mapping[str, str]) -> None:
        self.template = template
        self.terms = terms
        self.names = names
        self.currency = terms.text("currency") or ""

    def write_contract(self) -> Iterator[str]:
        title = self.template.title
        yield from (title.upper(), _RULE)
        yield f"Contract no. {self.terms.text('contract_no') or NOT_AGREED}"
        yield f"Standard form {self.template.ref}"
        yield ""
        for clause in self.template.clauses:
            yield from self.write_clause(clause)
        yield from ("SCHEDULE OF PARAMETERS", _RULE)
        for definition in self.template.parameters:
            if self.terms.has(definition.name):
                value = self.write_value(definition, self.terms.values[definition.name])
                yield f"{definition.clause}  {definition.label} ({definition.name}): {value}"

    def write_clause(self, clause: Clause) -> Iterator[str]:
        paragraphs = [one for one in clause.paragraphs if self.terms.meets_all(one.when)]
        if not paragraphs:
            return
        yield f"{clause.id}  {clause.title}"
        for number, paragraph in enumerate(paragraphs, start=1):
            yield f"{clause.id}.{number}  {_PLACEHOLDER.sub(self.fill_placeholder, paragraph.text)}"
        yield ""

    def fill_placeholder(self, match: re.Match[str]) -> str:
        definition = self.template.find_parameter(match.group(1))
        value = self.terms.values.get(match.group(1))
        if definition is None or value is None:
            return NOT_AGREED
        return self.write_value(definition, value)

    def write_value(self, definition: Definition, value: JSON) -> str:  # noqa: PLR0911  one return a type
        match definition.type:
            case "table" | "spec_rows":
                rows = Terms({"rows": value}).rows("rows")
                return "".join(f"\n    - {self.write_row(definition, row)}" for row in rows)
            case "list" if isinstance(value, list | tuple) and definition.items is not None:
                return ", ".join(self.write_value(definition.items, item) for item in value)
            case "boolean":
                return "yes" if value is True else "no"
            case "party":
                name = self.names.get(str(value))
                return f"{name} ({value})" if name else str(value)
            case "money" if isinstance(value, int):
                return format_money(value, self.currency) if self.currency else str(value)
            case "unit":
                return _find_symbol(str(value)) or "one"
            case _:
                return self.write_scalar(definition, value)

    def write_row(self, definition: Definition, row: Terms) -> str:
        cells = [f"{column.label.lower()} {self.write_cell(column, row)}" for column in definition.columns if row.has(column.name)]
        return "; ".join(cells)

    def write_cell(self, column: Definition, row: Terms) -> str:
        """Write a cell; its unit may stand in another column of the same row."""
        text = self.write_value(column, row.values[column.name])
        unit = row.values.get(column.unit_from) if column.unit_from else None
        if isinstance(unit, str) and column.type == "decimal":
            return f"{text} {_find_symbol(unit)}".rstrip()
        return text

    def write_scalar(self, definition: Definition, value: JSON) -> str:
        text = _find_label(definition.values, value) or str(value)
        own = self.terms.text(definition.unit_from) if definition.unit_from else None
        unit = _find_symbol(definition.unit or own or "")
        if definition.type == "unit_price":
            return f"{text} {self.currency}{f' per {unit}' if unit else ''}"
        if definition.type == "percent":
            return f"{text} %"
        if definition.type in ("duration", "integer") and text == "1":
            unit = unit.removesuffix("s")
        return f"{text} {unit}" if unit else text


def _find_symbol(code: str) -> str:
    unit = UNITS.get(code)
    return unit.symbol if unit is not None else ""


def _find_label(choices: tuple[Choice, ...], value: JSON) -> str | None:
    return next((choice.label for choice in choices if choice.value == value), None)
