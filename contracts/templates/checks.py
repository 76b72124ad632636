"""Agreement parameters against a template: all faults at once, and the one normal form that is signed."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from contracts.errors import Finding
from contracts.quantity import MAX_PLACES, MAX_WHOLE_DIGITS
from contracts.templates.constraints import find_role_holders, find_violations
from contracts.templates.template import Definition, Template
from contracts.templates.terms import Terms
from contracts.templates.values import check_value
from ledger.canonical import JSON

#: where parameters stand in an agreement; findings name ``parameters.base_price``
ROOT = "parameters"


def check_parameters(template: Template, parameters: Mapping[str, JSON]) -> tuple[Finding, ...]:
    """Return every fault of the parameters: unknown names, missing ones, types, limits, and rules across parameters.

    Defaults count as given. A rule across parameters is judged only when each parameter it reads is free of faults, so
    that one slip is not reported twice.
    """
    known = {name: value for name, value in parameters.items() if template.find_parameter(name) is not None}
    findings = [
        Finding(f"{ROOT}.{name}", "unknown-parameter", f"{template.ref} has no parameter {name!r}; remove it")
        for name in parameters
        if name not in known
    ]
    terms = Terms(_fill_defaults(template, known))  # a rule reads what other templates have, too: here it finds none of that
    for definition in template.parameters:
        findings.extend(_check_parameter(definition, terms))
    faulty = {finding.field.split(".")[1] for finding in findings}
    for constraint in template.constraints:
        if faulty.isdisjoint(constraint.parameters):
            findings.extend(find_violations(template, constraint, terms))
    return tuple(findings)


def normalise_parameters(template: Template, parameters: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the parameters in the form that is signed: template order, defaults filled, absent ones left out.

    Numbers typed loosely (`` 012.40``, ``+5``, the JSON integer 5 for a decimal) become canonical decimal text; written
    places are kept, for 12.40 and 12.4 may mean different care. What cannot be read stays as it is, for
    ``check_parameters`` to report; so do unknown names.
    """
    filled = _fill_defaults(template, parameters)
    normal: dict[str, JSON] = {}
    for definition in template.parameters:
        if definition.name in filled:
            normal[definition.name] = _normalise_value(definition, filled[definition.name])
    normal.update({name: value for name, value in filled.items() if name not in normal})
    return normal


def list_parties(template: Template, parameters: Mapping[str, JSON]) -> tuple[str, ...]:
    """Return the organisations that hold a role, each once, in the order of the template's roles."""
    return find_role_holders(template, Terms(parameters))


def _check_parameter(definition: Definition, terms: Terms) -> Iterator[Finding]:
    path = f"{ROOT}.{definition.name}"
    value = terms.values.get(definition.name)
    if value is None:
        conditional = bool(definition.required_when) and terms.meets_all(definition.required_when)
        if definition.required or conditional:
            why = f" because {_describe_conditions(definition, terms)}" if conditional else ""
            yield Finding(path, "missing", f"{definition.label} is missing{why}; fill it in")
        return
    if not terms.meets_all(definition.only_when):
        wanted = " and ".join(
            f"{condition.parameter} {condition.operator.replace('_', ' ')} {', '.join(map(str, condition.values))}".strip()
            for condition in definition.only_when
        )
        yield Finding(path, "not-applicable", f"{definition.label} applies only with {wanted}; remove it or change that")
    yield from check_value(definition, value, path)


def _describe_conditions(definition: Definition, terms: Terms) -> str:
    return " and ".join(
        f"{condition.parameter} is {terms.values.get(condition.parameter, 'not given')}" for condition in definition.required_when
    )


def _fill_defaults(template: Template, parameters: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the given parameters without nulls, with the defaults of those that are absent and applicable."""
    filled: dict[str, JSON] = {name: value for name, value in parameters.items() if value is not None}
    for definition in template.parameters:
        if definition.name not in filled and definition.default is not None and Terms(filled).meets_all(definition.only_when):
            filled[definition.name] = definition.default
    return filled


def _normalise_value(definition: Definition, value: JSON) -> JSON:
    match definition.type:
        case "decimal" | "percent" | "unit_price":
            return _normalise_decimal(value)
        case "table" | "spec_rows" if isinstance(value, Sequence) and not isinstance(value, str):
            return [_normalise_row(definition, row) for row in value]
        case "list" if isinstance(value, Sequence) and not isinstance(value, str) and definition.items is not None:
            return [_normalise_value(definition.items, item) for item in value]
        case _:
            return value.strip() if isinstance(value, str) else value


def _normalise_row(definition: Definition, row: JSON) -> JSON:
    if not isinstance(row, Mapping):
        return row
    normal: dict[str, JSON] = {}
    for column in definition.columns:
        cell = row.get(column.name)
        cell = column.default if cell is None else cell
        normal[column.name] = None if cell is None else _normalise_value(column, cell)
    normal.update({name: value for name, value in row.items() if name not in normal})
    return normal


def _normalise_decimal(value: JSON) -> JSON:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return value
    try:
        amount = Decimal(value.strip())
    except InvalidOperation:
        return value
    if not amount.is_finite() or not -MAX_PLACES <= int(amount.as_tuple().exponent) <= 0 or amount.adjusted() >= MAX_WHOLE_DIGITS:
        return value
    return format(abs(amount) if amount.is_zero() else amount, "f")
