"""Parameters as a form: each parameter of a standard contract is a field with label, unit, bounds, default and help, and is read back.

Names of fields are those of the log's findings, `parameters.base_price` and `parameters.price_tiers.0.price`, so that each fault finds its
field.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from contracts.errors import Finding
from contracts.templates.catalogue import normalise_parameters
from contracts.templates.template import Choice, Condition, Definition, Template
from contracts.templates.terms import Terms
from contracts.units import UNITS
from ledger.canonical import JSON
from webui.pages.forms import MAX_ROWS, Field, count_filled, read_field, type_value
from webui.pages.languages import write_number

ROOT = "parameters"
TABLES = ("table", "spec_rows")
#: parameters of the type "party" that name a thing
ASSETS = ("asset", "asset_id")
_NUMBERS = {"decimal": "number", "percent": "number", "unit_price": "number", "integer": "whole", "duration": "whole", "money": "money"}
_KINDS = {**_NUMBERS, "text": "long", "list": "long", "date": "day", "month": "period", "boolean": "choice", "currency": "choice"}


@dataclass(frozen=True, slots=True)
class Terrain:
    """What fields of parameters need to know of the network."""

    currency: str
    members: Sequence[tuple[str, str]]  #: id and name of those who may be parties


@dataclass(frozen=True, slots=True)
class Section:
    """The fields of one clause."""

    clause: str  #: such as C05
    title: str
    fields: tuple[Field, ...]
    waiting: tuple[str, ...] = ()  #: labels of fields that appear with other choices


@dataclass(slots=True)
class ReadParameters:
    """Parameters as they were typed."""

    values: dict[str, JSON] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)  #: what cannot be read
    rows: dict[str, list[int]] = field(default_factory=dict)  #: of each table, which rows of the form were filled

    def find_name(self, path: str) -> str:
        """Give the form's field for the path of a finding; empty where it has none."""
        parts = path.split(".")
        if parts[0] != ROOT or len(parts) == 1:
            return path if len(parts) == 1 and path != ROOT else ""
        name = f"{ROOT}.{parts[1]}"
        filled = self.rows.get(name, [])
        if len(parts) == 4 and parts[2].isdigit() and int(parts[2]) < len(filled):  # noqa: PLR2004 - root, table, row, column
            return f"{name}.{filled[int(parts[2])]}.{parts[3]}"
        return name


def list_sections(template: Template, values: Mapping[str, Any], terrain: Terrain, faulty: set[str]) -> tuple[list[Section], list[Section]]:
    """List what must be decided, and all else, by clause; what applies with other choices alone waits unless it is filled or faulty."""
    terms = Terms(normalise_parameters(template, read_parameters(template, values).values))
    needed: list[Section] = []
    further: list[Section] = []
    for clause in template.clauses:
        own = [one for one in template.parameters if one.clause == clause.id]
        shown = [one for one in own if terms.meets_all(one.only_when) or is_touched(one, values, faulty)]
        waiting = tuple(f"{one.label} ({describe_conditions(template, one.only_when)})" for one in own if one not in shown)
        fields = {one.name: make_field(one, template, terms, terrain, values) for one in shown}
        wanted = tuple(fields[one.name] for one in shown if fields[one.name].required)
        rest = tuple(fields[one.name] for one in shown if not fields[one.name].required)
        if wanted:
            needed.append(Section(clause.id, clause.title, wanted))
        if rest or waiting:
            further.append(Section(clause.id, clause.title, rest, waiting))
    return needed, further


def is_needed(one: Definition, terms: Terms) -> bool:
    """Tell whether a parameter must be decided: always, with the choices made, or, of a price, as long as the choice behind it is open."""
    if one.required_when:
        undecided = one.type == "unit_price" and not any(terms.has(condition.parameter) for condition in one.required_when)
        return undecided or terms.meets_all(one.required_when)
    return one.required and one.default is None


def is_touched(one: Definition, values: Mapping[str, Any], faulty: set[str]) -> bool:
    """Tell whether anything was typed into a parameter, or is at fault there."""
    name = f"{ROOT}.{one.name}"
    return bool(values.get(name)) or count_filled(name, values) > 0 or any(path == name or path.startswith(f"{name}.") for path in faulty)


def make_field(one: Definition, template: Template, terms: Terms, terrain: Terrain, values: Mapping[str, Any]) -> Field:
    """Make the field of a parameter."""
    needed = is_needed(one, terms)
    name = f"{ROOT}.{one.name}"
    if one.type in TABLES:
        columns = tuple(
            make_column(column, terrain, {str(text) for key, text in values.items() if is_cell(key, name, column.name)})
            for column in one.columns
        )
        return Field(name, one.label, "rows", describe_field(one, template, terrain), columns=columns, required=needed, rows=one.min_rows)
    return Field(
        name,
        one.label,
        find_kind(one),
        describe_field(one, template, terrain),
        choices=list_choices(one, terrain, {str(values.get(name) or "")}),
        required=needed,
        unit=describe_unit(one, terms, terrain),
        lines=5 if one.type == "text" else 3,
    )


def is_cell(key: str, table: str, column: str) -> bool:
    """Tell whether a name is that of a column's cell."""
    parts = key.split(".")
    return key.startswith(f"{table}.") and parts[-1] == column


def make_column(column: Definition, terrain: Terrain, typed: set[str]) -> Field:
    """Make a column of a table's form."""
    unit = terrain.currency if column.type in ("money", "unit_price") else "%" if column.type == "percent" else find_symbol(column.unit)
    choices = list_choices(column, terrain, typed)
    return Field(column.name, column.label, find_kind(column), choices=choices, required=column.required, unit=unit)


def find_kind(one: Definition) -> str:
    """Give the kind of field in which a value of this type is typed."""
    if one.values or one.type == "unit" or (one.type == "party" and one.name not in ASSETS):
        return "choice"
    return _KINDS.get(one.type, "text")


def list_choices(one: Definition, terrain: Terrain, typed: set[str]) -> tuple[tuple[str, str], ...]:
    """List what may be chosen; what stands in an agreement already stays among it."""
    if one.type == "boolean":
        return ("yes", _("yes")), ("no", _("no"))
    if one.type == "currency":
        return ((terrain.currency, terrain.currency),)
    if one.type == "party" and one.name not in ASSETS:
        known = {name for name, _label in terrain.members}
        return (*terrain.members, *((text, text) for text in sorted(typed - known) if text))
    if one.type == "unit":
        codes = [str(choice.value) for choice in one.values] or list(UNITS)
        return tuple((code, f"{UNITS[code].symbol or '1'} – {UNITS[code].name}") for code in codes if code in UNITS)
    return tuple((str(choice.value), describe_choice(one, choice)) for choice in one.values)


def describe_choice(one: Definition, choice: Choice) -> str:
    """Describe a choice by its label, and by its name where that says more."""
    label = choice.label or str(choice.value)
    return label if one.type != "duration" or not one.unit else f"{choice.value} {find_symbol(one.unit)}"


def describe_field(one: Definition, template: Template, terrain: Terrain) -> str:
    """Describe a parameter: the contract's own help, then bounds, default, example and when it applies."""
    parts = [one.help, *describe_bounds(one)]
    if one.type == "list":
        parts.append(_("One on each line."))
    if one.only_when:
        parts.append(_("Applies only with %(condition)s.", condition=describe_conditions(template, one.only_when)))
    if one.required_when:
        parts.append(_("Wanted with %(condition)s.", condition=describe_conditions(template, one.required_when)))
    if one.default is not None:
        parts.append(_("Left empty, it is: %(default)s.", default=describe_default(one, terrain)))
    elif one.example is not None and one.type in ("string", "text"):
        parts.append(_("For example: %(example)s.", example=one.example))
    return " ".join(parts)


def describe_bounds(one: Definition) -> Iterator[str]:
    """Describe the limits of a value, as far as there are any."""
    low, high = one.minimum, one.maximum
    if one.type == "percent":
        low, high = low or "0", high or "100"
    if low is not None and high is not None:
        yield _("From %(low)s to %(high)s.", low=write_bound(one, low), high=write_bound(one, high))
    elif low is not None:
        yield _("At least %(low)s.", low=write_bound(one, low))
    elif high is not None:
        yield _("At most %(high)s.", high=write_bound(one, high))
    if one.above is not None:
        yield _("More than %(above)s.", above=write_bound(one, one.above))
    if one.max_length is not None:
        yield _("At most %(most)s characters.", most=one.max_length)
    if one.type == "month_day":
        yield _("Written as month and day, such as 06-01.")


def write_bound(one: Definition, text: str) -> str:
    """Write a limit as the value itself is typed."""
    return type_value("money", int(text)) if one.type == "money" else write_number(Decimal(text))


def describe_conditions(template: Template, conditions: Sequence[Condition]) -> str:
    """Say in words with which choices a parameter applies."""
    said = []
    for condition in conditions:
        other = template.find_parameter(condition.parameter)
        label = other.label if other else condition.parameter
        labels = {choice.value: choice.label for choice in other.values} if other else {}
        values = ", ".join(str(labels.get(value, value)) for value in condition.values)
        match condition.operator:
            case "in":
                said.append(_("%(parameter)s: %(values)s", parameter=label, values=values))
            case "not_in":
                said.append(_("%(parameter)s other than %(values)s", parameter=label, values=values))
            case "positive":
                said.append(_("%(parameter)s above 0", parameter=label))
            case "given":
                said.append(_("%(parameter)s filled in", parameter=label))
            case "absent":
                said.append(_("%(parameter)s left empty", parameter=label))
    return "; ".join(said)


def describe_default(one: Definition, terrain: Terrain) -> str:
    """Write a parameter's default."""
    if one.type in TABLES and isinstance(one.default, Sequence):
        rows = [row for row in one.default if isinstance(row, Mapping)]
        return "; ".join(", ".join(str(cell) for cell in row.values()) for row in rows)
    typed = dict(type_value_of(one, one.default))
    text = next(iter(typed.values()), "")
    return dict(list_choices(one, terrain, set())).get(text, text)


def describe_unit(one: Definition, terms: Terms, terrain: Terrain) -> str:
    """Give what stands behind a field."""
    if one.type == "percent":
        return "%"
    unit = find_symbol(one.unit or (terms.text(one.unit_from) if one.unit_from else None))
    if one.type == "money":
        return terrain.currency
    if one.type == "unit_price":
        return _("%(currency)s per %(unit)s", currency=terrain.currency, unit=unit) if unit else terrain.currency
    return "" if one.values else unit


def find_symbol(code: str | None) -> str:
    """Give a unit's symbol."""
    return UNITS[code].symbol if code in UNITS else ""


def read_parameters(template: Template, sent: Mapping[str, Any]) -> ReadParameters:
    """Read all parameters that were typed; what is empty is left out, what cannot be read is a finding."""
    values = sent if isinstance(sent, MultiDict) else MultiDict(sent)
    read = ReadParameters()
    for one in template.parameters:
        name = f"{ROOT}.{one.name}"
        value = read_table(one, name, values, read) if one.type in TABLES else read_parameter(one, name, values, read.findings)
        if value not in (None, []):
            read.values[one.name] = value
    return read


def read_parameter(one: Definition, name: str, sent: MultiDict[str, str], findings: list[Finding]) -> JSON:
    """Read one value as contracts keep it; None where nothing was typed."""
    kind = find_kind(one)
    value = read_field(Field(name, kind=kind), name, sent, findings)
    if value is None:
        return None
    if one.type == "boolean":
        return {"yes": True, "no": False}.get(str(value), value)
    if one.type == "list":
        return [line.strip() for line in str(value).split("\n") if line.strip()]
    if kind == "choice" and one.type in ("integer", "duration"):
        return next((choice.value for choice in one.values if str(choice.value) == value), value)
    return value


def read_table(one: Definition, name: str, sent: MultiDict[str, str], read: ReadParameters) -> JSON:
    """Read the filled rows of a table, and note which they are."""
    rows: list[JSON] = []
    filled = read.rows.setdefault(name, [])
    for number in range(count_filled(name, sent)):
        cells = {column.name: read_parameter(column, f"{name}.{number}.{column.name}", sent, read.findings) for column in one.columns}
        if any(sent.get(f"{name}.{number}.{column.name}", "").strip() for column in one.columns):
            rows.append({key: cell for key, cell in cells.items() if cell is not None})
            filled.append(number)
    return rows


def type_parameters(template: Template, parameters: Mapping[str, JSON]) -> dict[str, str]:
    """Write parameters as they would be typed."""
    typed: dict[str, str] = {}
    for one in template.parameters:
        value = parameters.get(one.name)
        if value is not None:
            typed.update(type_value_of(one, value))
    return typed


def type_value_of(one: Definition, value: JSON, name: str = "") -> Iterator[tuple[str, str]]:
    """Write one value as it would be typed, under the names of its fields."""
    name = name or f"{ROOT}.{one.name}"
    if one.type in TABLES:
        rows = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        for number, row in enumerate(rows):
            for column in one.columns:
                cell = row.get(column.name) if isinstance(row, Mapping) else None
                if cell is not None:
                    yield from type_value_of(column, cell, f"{name}.{number}.{column.name}")
    elif one.type == "list":
        yield name, "\n".join(map(str, value)) if isinstance(value, Sequence) else str(value)
    elif one.type == "boolean":
        yield name, "yes" if value is True else "no"
    elif find_kind(one) == "number":
        yield name, type_value("number", Decimal(str(value)))
    else:
        yield name, type_value(find_kind(one), value)


def list_oversized(template: Template, parameters: Mapping[str, JSON]) -> dict[str, JSON]:
    """List the tables with more rows than a form shows: they go into a new version unchanged."""
    tables = {one.name: parameters.get(one.name) for one in template.parameters if one.type in TABLES}
    return {name: value for name, value in tables.items() if isinstance(value, Sequence) and len(value) > MAX_ROWS}
