"""The form of a contract template: typed parameters with limits, clauses with conditional paragraphs, named constraints.

A template is data; ``read_template`` turns its JSON into these records and refuses what the form does not know, so that
a misspelt key in a contract file cannot pass unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast, get_args

from ledger.canonical import JSON, encode_canonical

ValueType: TypeAlias = Literal[
    "string",
    "text",
    "integer",
    "decimal",
    "percent",
    "money",
    "unit_price",
    "boolean",
    "enum",
    "date",
    "month",
    "month_day",
    "duration",
    "party",
    "unit",
    "currency",
    "table",
    "spec_rows",
    "list",
]
Operator: TypeAlias = Literal["in", "not_in", "given", "absent", "positive"]
ClauseKind: TypeAlias = Literal["fixed", "parameter", "optional"]
Scalar: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on one parameter: its value is (not) in a list, is given, is absent, or is a number above zero."""

    parameter: str
    operator: Operator
    #: for ``in`` and ``not_in``
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of an enumeration, and what it means in the contract's text."""

    value: Scalar
    label: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One parameter, column of a table, or item of a list."""

    name: str
    type: ValueType
    #: what a form writes above the field
    label: str
    #: one sentence for the person who fills it in
    help: str
    #: the clause that the parameter belongs to; empty for columns
    clause: str = ""
    #: UN/ECE Rec 20 code of the value
    unit: str | None = None
    #: the parameter that names the unit, for values per unit of quantity
    unit_from: str | None = None
    required: bool = False
    #: required as well when all of these hold
    required_when: tuple[Condition, ...] = ()
    #: refused unless all of these hold
    only_when: tuple[Condition, ...] = ()
    default: JSON = None
    #: a value as a form might suggest it; the examples of a template together make a valid agreement
    example: JSON = None
    #: decimal text; inclusive
    minimum: str | None = None
    #: decimal text; inclusive
    maximum: str | None = None
    #: decimal text; exclusive
    above: str | None = None
    #: whole value, ASCII regular expression common to Python and JSON Schema
    pattern: str | None = None
    #: characters, of strings and text
    max_length: int | None = None
    values: tuple[Choice, ...] = ()
    #: values that the contract form knows but that nothing can settle yet, with the reason
    reserved: tuple[Choice, ...] = ()
    columns: tuple["Definition", ...] = ()
    #: columns that together must differ from row to row
    unique: tuple[str, ...] = ()
    items: "Definition | None" = None
    min_rows: int = 0
    max_rows: int = 200


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One numbered paragraph; it stands in the contract when all conditions hold."""

    #: text with ``{parameter}`` placeholders
    text: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause; without a paragraph that applies, it is left out of the text."""

    id: str
    title: str
    kind: ClauseKind
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule across parameters: ``ordered`` compares them in sequence, other kinds are functions of ``constraints.py``."""

    name: str
    kind: str
    parameters: tuple[str, ...]
    #: the rule in words, shown beside the form
    text: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role of a party, and where the parameters name who holds it: ``supplier`` or a column such as ``shares.organisation``."""

    name: str
    label: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a standard contract."""

    id: str
    version: int
    title: str
    #: material, energy, water or pooling
    exchange_type: str
    #: one paragraph: when to use it
    summary: str
    roles: tuple[Role, ...]
    parameters: tuple[Definition, ...]
    clauses: tuple[Clause, ...]
    constraints: tuple[Constraint, ...]
    #: the JSON value that was read
    source: Mapping[str, JSON] = field(repr=False, compare=False)
    #: its canonical bytes, as they are published: agreements cite their hash
    canonical: bytes = field(repr=False, compare=False)

    @property
    def ref(self) -> str:
        """The name by which agreements cite it: ``material-supply@1``."""
        return f"{self.id}@{self.version}"

    def find_parameter(self, name: str) -> Definition | None:
        """Return the definition of a parameter, or None."""
        return next((one for one in self.parameters if one.name == name), None)


def read_template(source: Mapping[str, JSON]) -> Template:
    """Build a template from its JSON; ``ValueError`` names what the form does not allow (a fault of the contract file)."""
    _check_keys(source, {"id", "version", "title", "exchange_type", "summary", "roles", "parameters", "clauses", "constraints"})
    return Template(
        id=_text(source, "id"),
        version=_integer(source, "version", 1),
        title=_text(source, "title"),
        exchange_type=_text(source, "exchange_type"),
        summary=_text(source, "summary"),
        roles=tuple(Role(_text(row, "name"), _text(row, "label"), _text(row, "parameter")) for row in _rows(source, "roles")),
        parameters=tuple(read_definition(row) for row in _rows(source, "parameters")),
        clauses=tuple(_read_clause(row) for row in _rows(source, "clauses")),
        constraints=tuple(_read_constraint(row) for row in _rows(source, "constraints")),
        source=source,
        canonical=encode_canonical(source),
    )


def read_definition(row: Mapping[str, JSON]) -> Definition:
    """Build one parameter, column or item definition; ``ValueError`` as in ``read_template``."""
    known = {name for name in Definition.__slots__ if name != "items"} | {"items"}
    _check_keys(row, known)
    kind = _text(row, "type")
    if kind not in get_args(ValueType):
        raise _refuse_form(f"{row.get('name')}: unknown type {kind!r}")
    items = row.get("items")
    return Definition(
        name=_text(row, "name"),
        type=cast("ValueType", kind),
        label=_text(row, "label"),
        help=_text(row, "help"),
        clause=_text(row, "clause", ""),
        unit=_optional_text(row, "unit"),
        unit_from=_optional_text(row, "unit_from"),
        required=row.get("required") is True,
        required_when=_read_conditions(row, "required_when"),
        only_when=_read_conditions(row, "only_when"),
        default=row.get("default"),
        example=row.get("example"),
        minimum=_optional_text(row, "minimum"),
        maximum=_optional_text(row, "maximum"),
        above=_optional_text(row, "above"),
        pattern=_optional_text(row, "pattern"),
        max_length=_integer(row, "max_length", 0) or None,
        values=_read_choices(row, "values"),
        reserved=_read_choices(row, "reserved"),
        columns=tuple(read_definition(column) for column in _rows(row, "columns")),
        unique=tuple(str(name) for name in _items(row, "unique")),
        items=read_definition(items) if isinstance(items, Mapping) else None,
        min_rows=_integer(row, "min_rows", 0),
        max_rows=_integer(row, "max_rows", 200),
    )


def _read_clause(row: Mapping[str, JSON]) -> Clause:
    _check_keys(row, {"id", "title", "kind", "paragraphs"})
    kind = _text(row, "kind")
    if kind not in get_args(ClauseKind):
        raise _refuse_form(f"clause {row.get('id')}: unknown kind {kind!r}")
    paragraphs = []
    for paragraph in _rows(row, "paragraphs"):
        _check_keys(paragraph, {"text", "when"})
        paragraphs.append(Paragraph(_text(paragraph, "text"), _read_conditions(paragraph, "when")))
    return Clause(_text(row, "id"), _text(row, "title"), cast("ClauseKind", kind), tuple(paragraphs))


def _read_constraint(row: Mapping[str, JSON]) -> Constraint:
    _check_keys(row, {"name", "kind", "parameters", "text"})
    parameters = tuple(str(name) for name in _items(row, "parameters"))
    return Constraint(_text(row, "name"), _text(row, "kind"), parameters, _text(row, "text"))


def _read_conditions(row: Mapping[str, JSON], key: str) -> tuple[Condition, ...]:
    conditions = []
    for condition in _rows(row, key):
        _check_keys(condition, {"parameter", "operator", "values"})
        operator = _text(condition, "operator")
        if operator not in get_args(Operator):
            raise _refuse_form(f"unknown operator {operator!r}")
        values = tuple(cast("Scalar", value) for value in _items(condition, "values"))
        conditions.append(Condition(_text(condition, "parameter"), cast("Operator", operator), values))
    return tuple(conditions)


def _read_choices(row: Mapping[str, JSON], key: str) -> tuple[Choice, ...]:
    choices = []
    for choice in _rows(row, key):
        _check_keys(choice, {"value", "label"})
        choices.append(Choice(cast("Scalar", choice["value"]), _text(choice, "label")))
    return tuple(choices)


def _check_keys(row: Mapping[str, JSON], known: set[str]) -> None:
    unknown = set(row) - known
    if unknown:
        raise _refuse_form(f"unknown keys {sorted(unknown)} in {row.get('name') or row.get('id') or row}")


def _text(row: Mapping[str, JSON], key: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str):
        raise _refuse_form(f"{key} must be text in {row.get('name') or row.get('id') or row}")
    return value


def _optional_text(row: Mapping[str, JSON], key: str) -> str | None:
    return _text(row, key) if key in row else None


def _integer(row: Mapping[str, JSON], key: str, default: int) -> int:
    value = row.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refuse_form(f"{key} must be an integer in {row.get('name') or row.get('id')}")
    return value


def _items(row: Mapping[str, JSON], key: str) -> Sequence[JSON]:
    value = row.get(key, [])
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _refuse_form(f"{key} must be a list in {row.get('name') or row.get('id')}")
    return value


def _rows(row: Mapping[str, JSON], key: str) -> list[Mapping[str, JSON]]:
    rows = []
    for item in _items(row, key):
        if not isinstance(item, Mapping):
            raise _refuse_form(f"{key} must hold objects in {row.get('name') or row.get('id')}")
        rows.append(item)
    return rows


def _refuse_form(message: str) -> ValueError:
    return ValueError(f"contract file: {message}")
