"""Forms: what a person writes becomes a draft of a fact, is tried and comes back with all faults beside its fields or goes on to be signed.

A form is declared once: which kind of fact it makes and its fields, in the reader's words. Names of fields are those of the fact, rows of a
list stand under `results.0.value`: so each finding of the log's own rules finds its field.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import NumberFormatError, get_decimal_symbol, get_group_symbol
from flask import Response, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from contracts.clock import format_instant, parse_instant
from contracts.errors import Finding, Invalid
from contracts.money import CURRENCY_EXPONENTS, parse_money
from ledger.canonical import JSON
from webui.drafting import try_for_member
from webui.pages.languages import find_locale, find_zone, read_month
from webui.pages.rendering import get_place, render
from webui.pages.signing import show_signing
from webui.pages.wording import word_finding

SPARE_ROWS = 3  #: empty rows that a list of records offers beyond those filled
MAX_ROWS = 200  #: of one list in a form
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Kinds: text, long, number (decimal), whole, money, choice, many, check, moment, day, period, hidden, rows; password, email and file are
    for forms that make no fact.
    """

    name: str  #: of the fact's field
    label: Any = ""
    kind: str = "text"
    help: Any = ""
    choices: Sequence[tuple[str, Any]] = ()
    required: bool = True
    unit: Any = ""  #: stands behind the field
    columns: Sequence["Field"] = ()  #: of rows
    lines: int = 4  #: of a long text
    rows: int = 1  #: empty rows to begin with
    autocomplete: str = ""

    def count_rows(self, values: Mapping[str, Any]) -> int:
        """Count the rows to show: those filled, and some spare ones."""
        return min(max(count_filled(self.name, values) + SPARE_ROWS, self.rows), MAX_ROWS)


@dataclass(frozen=True, slots=True)
class Form:
    """A form that makes a fact."""

    kind: str  #: of the fact
    title: Any
    fields: Sequence[Field]
    submit: Any = field(default_factory=lambda: _("Check and go on to sign"))
    lead: Any = ""
    refs: Sequence[str] = ()  #: statement hashes that the fact refers to
    fixed: Mapping[str, JSON] = field(default_factory=dict)  #: fields that the reader does not choose, in the draft's form
    finish: Callable[[dict[str, JSON]], dict[str, JSON]] = lambda fields: fields  #: where the fact's differ


def answer_form(
    form: Form,
    *,
    then: str,
    initial: Mapping[str, Any] | None = None,
    back: str = "",
    template: str = "form.html",
    **more: Any,  # noqa: ANN401 - what a template wants
) -> Response:
    """Answer GET and POST of a form's address.

    Args:
        form: the form.
        then: address of the page to go to when the fact is on the log.
        initial: values to begin with, as they would be typed; `type_value` writes them. Those in the address's query go before.
        back: address for who gives up.
        template: extends form.html.
        more: for the template.
    """
    values: MultiDict[str, Any] = close_gaps(form, request.form) if request.method == "POST" else begin_values(form, initial or {})
    faults: dict[str, list[str]] = {}
    if request.method == "POST" and "edit" not in request.form:
        findings: list[Finding] = []
        draft = read_draft_form(form, values, findings)
        tried = try_for_member(draft)
        unread = {finding.field for finding in findings}
        findings += [finding for finding in tried.findings if finding.field not in unread]
        if not findings:
            typed = [(name, text) for name, text in request.form.items(multi=True) if name not in ("csrf_token", "edit")]
            return show_signing(draft, then=then, title=str(form.title), typed=typed)
        faults = sort_faults(form, word_missing(form, request.form, findings))
    status = 422 if faults else 200
    return render(template, status=status, form=form, values=values, faults=faults, labels=list_labels(form.fields), back=back, **more)


def begin_values(form: Form, initial: Mapping[str, Any]) -> MultiDict[str, Any]:
    """Give the values that a form begins with: an address may name some, so that a link or a slip's code fills them in."""
    names = {one.name for one in form.fields if one.kind != "hidden"}
    named = {name: texts for name, texts in request.args.lists() if name.partition(".")[0] in names}
    return MultiDict({**initial, **named})


def word_missing(form: Form, sent: Mapping[str, str], findings: Sequence[Finding]) -> list[Finding]:
    """Say of fields in which nothing was written that something is wanted, not in which form a program writes it."""
    empty = {one.name for one in form.fields if not (sent.get(one.name) or "").strip()}
    missing = Finding("", "missing", _("Something is wanted here."))
    return [replace(missing, field=one.field) if one.code == "malformed" and one.field in empty else one for one in findings]


def read_draft_form(form: Form, sent: MultiDict[str, str], findings: list[Finding]) -> dict[str, JSON]:
    """Make a draft of what was sent; what cannot be read is a finding and is left out."""
    fields: dict[str, JSON] = {}
    for one in form.fields:
        value = read_rows(one, sent, findings) if one.kind == "rows" else read_field(one, one.name, sent, findings)
        if value is not None:
            fields[one.name] = value
    return {"kind": form.kind, "refs": list(form.refs), "fields": {**form.finish(fields), **form.fixed}}


def read_field(one: Field, name: str, sent: MultiDict[str, str], findings: list[Finding]) -> JSON:
    """Read one field as a draft has it; None where nothing was written."""
    if one.kind == "many":
        return list(sent.getlist(name))
    if one.kind == "check":
        return name in sent
    text = sent.get(name, "").replace("\r\n", "\n").strip()
    if not text:
        return None
    try:
        return read_text(one, text)
    except Invalid as refusal:
        findings.append(Finding(name, "malformed", refusal.message))
        return None


def read_text(one: Field, text: str) -> JSON:
    """Read what was typed into a field of a kind; raises Invalid."""
    match one.kind:
        case "number":
            return f"{read_number(text):f}"
        case "whole":
            number = read_number(text)
            if number != number.to_integral_value():
                raise Invalid(_("A whole number is wanted."))
            return int(number)
        case "money":
            return parse_money(f"{read_number(text):f}", get_place().currency)
        case "moment":
            return read_moment(text)
        case "period":
            return read_month(text)
        case _:
            return text


def read_number(text: str) -> Decimal:
    """Read a number as the reader writes it; raises Invalid where it could be meant in two ways."""
    point, group = get_decimal_symbol(find_locale()), get_group_symbol(find_locale())
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("−", "-")
    example = f"1234{point}5"
    with suppress(InvalidOperation, NumberFormatError):
        grouped = re.fullmatch(rf"-?[0-9]{{1,3}}(\{group}[0-9]{{3}})+(\{point}[0-9]+)?", plain)
        if grouped and (point in plain or plain.count(group) > 1):  # 1,234 alone may be meant as either
            plain = plain.replace(group, "")
        if group not in plain and re.fullmatch(rf"-?[0-9]{{1,20}}(\{point}[0-9]{{1,12}})?", plain):
            return Decimal(plain.replace(point, "."))
    raise Invalid(_("A number is wanted, written like %(example)s.", example=example))


def read_moment(text: str) -> str:
    """Read a local date and time in the network's time zone as an instant; raises Invalid."""
    if not _LOCAL.fullmatch(text):
        raise Invalid(_("A date and a time are wanted."))
    try:
        naive = datetime.fromisoformat(text)
        moment = naive.replace(tzinfo=find_zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(_("There is no such date and time.")) from None
    if moment.astimezone(find_zone()).replace(tzinfo=None) != naive:
        raise Invalid(_("There is no such time: the clocks were put forward then."))
    return format_instant(moment)


def read_rows(one: Field, sent: MultiDict[str, str], findings: list[Finding]) -> JSON:
    """Read a list of records; rows in which nothing was written are left out."""
    rows: list[JSON] = []
    for number in range(count_filled(one.name, sent)):
        cells = {column.name: read_field(column, f"{one.name}.{number}.{column.name}", sent, findings) for column in one.columns}
        if any(value not in (None, False, []) for name, value in cells.items() if not is_hidden(one, name)):
            rows.append({name: value for name, value in cells.items() if value is not None})
    return rows


def close_gaps(form: Form, sent: MultiDict[str, str]) -> MultiDict[str, Any]:
    """Let the rows of lists move up over empty ones, so that a finding on a row of the fact names the same row of the form."""
    closed: MultiDict[str, Any] = MultiDict(sent)
    for one in form.fields:
        if one.kind != "rows":
            continue
        numbers = range(count_filled(one.name, sent))
        rows = [{column.name: sent.get(f"{one.name}.{number}.{column.name}", "") for column in one.columns} for number in numbers]
        kept = [row for row in rows if any(text.strip() for name, text in row.items() if not is_hidden(one, name))]
        for number in numbers:
            for column in one.columns:
                closed.pop(f"{one.name}.{number}.{column.name}", None)
                text = kept[number][column.name] if number < len(kept) else ""
                if text:
                    closed[f"{one.name}.{number}.{column.name}"] = text
    return closed


def is_hidden(one: Field, name: str) -> bool:
    """Tell whether a column is hidden."""
    return any(column.name == name and column.kind == "hidden" for column in one.columns)


def count_filled(name: str, values: Mapping[str, Any]) -> int:
    """Count the rows of a list up to the last one with anything in it."""
    numbers = [
        int(found[1]) for key, value in values.items() if value and (found := re.fullmatch(rf"{re.escape(name)}\.([0-9]{{1,3}})\..+", key))
    ]
    return min(max(numbers, default=-1) + 1, MAX_ROWS)


def sort_faults(form: Form, findings: Sequence[Finding]) -> dict[str, list[str]]:
    """Sort findings by the fields that they name; what names none of the form's fields stands above it."""
    faults: dict[str, list[str]] = {}
    for finding in findings:
        name = find_name(form.fields, finding.field)
        words = word_finding(finding)
        told = words if name or not finding.field else f"{finding.field}: {words}"
        faults.setdefault(name, []).append(told)
    return faults


def find_name(fields: Sequence[Field], path: str) -> str:
    """Find the form's name for a finding's path: the field itself, its cell, or the list around it."""
    known = {one.name: one for one in fields}
    parts = path.split(".")
    if path in known:
        return path
    one = known.get(parts[0])
    if one is None:
        return ""
    cells = {column.name for column in one.columns}
    return path if len(parts) == 3 and parts[1].isdigit() and parts[2] in cells else one.name  # noqa: PLR2004 - list, number, column


def list_labels(fields: Sequence[Field]) -> dict[str, str]:
    """List the labels of fields and of cells, for the summary of faults."""
    labels = {one.name: str(one.label) for one in fields}
    for one in fields:
        for column in one.columns:
            label = str(column.label)  # translated once, not for each of the rows that there may be
            labels |= {f"{one.name}.{number}.{column.name}": f"{label} {number + 1}" for number in range(MAX_ROWS)}
    return labels


def type_value(kind: str, value: Any) -> str:  # noqa: ANN401 - whatever the kind holds
    """Write a value as it would be typed into a field of a kind."""
    if value is None:
        return ""
    point = get_decimal_symbol(find_locale())
    match kind:
        case "number" | "whole":
            return f"{value:f}".replace(".", point) if isinstance(value, Decimal) else str(value)
        case "money":
            return f"{Decimal(value).scaleb(-CURRENCY_EXPONENTS[get_place().currency]):f}".replace(".", point)
        case "moment":
            moment = parse_instant(value) if isinstance(value, str) else value
            return str(moment.astimezone(find_zone()).strftime("%Y-%m-%dT%H:%M:%S"))
        case "check":
            return "yes" if value else ""
        case _:
            return str(value)
