"""Parameters as they are read: each value of a contract with its unit, as the reader writes numbers, money, days and names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from babel.numbers import format_decimal
from flask_babel import gettext as _
from markupsafe import Markup, escape

from contracts.templates.template import Definition, Template
from contracts.templates.terms import Terms
from ledger.canonical import JSON
from webui.pages.languages import find_locale, write_day, write_money, write_number
from webui.pages.parameter_fields import ASSETS, TABLES, find_symbol
from webui.pages.rendering import link_organisation

NUMBERS = ("decimal", "percent", "unit_price")
SINGULAR = "1"


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One value: a text, or a table."""

    text: Markup | str
    heads: tuple[str, ...] = ()  #: of a table
    rows: tuple[tuple[Markup | str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ShownParameter:
    """One parameter with its value."""

    name: str
    label: str
    help: str
    value: ShownValue


@dataclass(frozen=True, slots=True)
class ShownClause:
    """The parameters of one clause."""

    clause: str
    title: str
    parameters: tuple[ShownParameter, ...]


def show_parameters(template: Template, parameters: Mapping[str, JSON]) -> list[ShownClause]:
    """Show the parameters that are given, by clause."""
    terms = Terms(parameters)
    shown = []
    for clause in template.clauses:
        own = tuple(
            ShownParameter(one.name, one.label, one.help, show_value(one, parameters[one.name], terms))
            for one in template.parameters
            if one.clause == clause.id and parameters.get(one.name) is not None
        )
        if own:
            shown.append(ShownClause(clause.id, clause.title, own))
    return shown


def show_value(one: Definition, value: JSON, terms: Terms) -> ShownValue:
    """Show one value."""
    if one.type not in TABLES:
        return ShownValue(write_value(one, value, terms))
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, Sequence) and not isinstance(value, str) else []
    used = [column for column in one.columns if any(row.get(column.name) is not None for row in rows)]
    cells = tuple(tuple("–" if row.get(column.name) is None else write_cell(column, row, terms) for column in used) for row in rows)
    return ShownValue("", tuple(column.label for column in used), cells)


def write_cell(column: Definition, row: Mapping[str, JSON], terms: Terms) -> Markup | str:
    """Write a cell; its unit may stand in another column of the row."""
    unit = row.get(column.unit_from) if column.unit_from else None
    if column.type == "decimal" and isinstance(unit, str):
        return join_unit(write_exact(row[column.name]), find_symbol(unit))
    return write_value(column, row[column.name], terms)


def write_value(one: Definition, value: JSON, terms: Terms) -> Markup | str:  # noqa: PLR0911 - one return a type
    """Write one value with its unit."""
    unit = find_symbol(one.unit or (terms.text(one.unit_from) if one.unit_from else None))
    currency = terms.text("currency") or ""
    label = next((choice.label for choice in one.values if choice.value == value and choice.label), None)
    match one.type:
        case "boolean":
            return str(_("yes") if value is True else _("no"))
        case "party" if one.name not in ASSETS:
            return link_organisation(str(value))
        case "money" if isinstance(value, int) and currency:
            return write_money(value, currency)
        case "unit_price":
            price = f"{write_exact(value)} {currency}"
            return str(_("%(price)s per %(unit)s", price=price, unit=unit)) if unit else price
        case "percent":
            return join_unit(write_exact(value), "%")
        case "date" if isinstance(value, str):
            return write_date(value)
        case "unit":
            return find_symbol(str(value)) or "1"
        case "list" if isinstance(value, Sequence) and not isinstance(value, str):
            return escape(", ".join(map(str, value)))
        case "decimal" | "integer" | "duration" if label is None or one.type == "duration":
            text = write_exact(value)
            return join_unit(text, unit.removesuffix("s") if text == SINGULAR and one.type != "decimal" else unit)
        case _:
            return label or str(value)


def write_exact(value: JSON) -> str:
    """Write a number with the places that it was given; what is none stands as it is."""
    if isinstance(value, int):
        return write_number(value)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    places = max(-int(number.as_tuple().exponent), 0)
    form = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(number, format=form, locale=find_locale(), decimal_quantization=False))


def write_date(text: str) -> str:
    """Write a day; what is none stands as it is."""
    try:
        return write_day(date.fromisoformat(text))
    except ValueError:
        return text


def join_unit(text: str, unit: str) -> str:
    """Put a unit behind a number, on the same line."""
    return f"{text}\u202f{unit}" if unit else text


def name_parameter(template: Template | None, path: str) -> str:
    """Name the place of a change such as `parameters.shares.0.vote` in the contract's words."""
    parts = path.split(".")[1:]
    one = template.find_parameter(parts[0]) if template and parts else None
    if one is None:
        return ".".join(parts)
    rest = []
    for part in parts[1:]:
        column = next((column for column in one.columns if column.name == part), None)
        rest.append(_("row %(number)s", number=int(part) + 1) if part.isdigit() else column.label if column else part)
    return ", ".join([one.label, *rest])


def show_place(template: Template | None, path: str, value: JSON, parameters: Mapping[str, JSON]) -> ShownValue:
    """Show the value at the place of a change."""
    if value is None:
        return ShownValue("–")
    parts = path.split(".")[1:]
    one = template.find_parameter(parts[0]) if template and parts else None
    if one is None:
        return ShownValue(str(value))
    if len(parts) == 1:
        return show_value(one, value, Terms(parameters))
    column = next((column for column in one.columns if column.name == parts[-1]), None)
    if column is not None:
        return ShownValue(write_value(column, value, Terms(parameters)))
    return show_value(one, [value], Terms(parameters)) if one.type in TABLES else ShownValue(str(value))
