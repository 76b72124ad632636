"""Exporting: all rows of a list's query as CSV or XLSX; numbers as numbers, and no text that a spreadsheet would run as a formula.

CSV has a byte-order mark and, where decimals have a comma, semicolons: what the reader's spreadsheet opens without asking.
"""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, TypeVar

from babel.numbers import get_decimal_symbol
from flask import Response

from contracts.clock import format_instant, parse_instant
from contracts.errors import Finding, Invalid
from contracts.money import CURRENCY_EXPONENTS
from webui.api.seeing import see
from webui.pages.languages import find_locale, find_zone
from webui.pages.listing import MAX_EXPORT, STEP, Column, Kind, Listing, Wanted
from webui.pages.rendering import get_place, name_organisation

R = TypeVar("R")
#: What a spreadsheet takes for the beginning of a formula; OWASP, "CSV injection".
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Value = str | int | Decimal | date | datetime | None


def export_list(listing: Listing[R], wanted: Wanted, form: str) -> Response:
    """Answer with all rows of a query as a file; raises Invalid for another form, or for more rows than one file takes."""
    check_form(form)
    return answer_export(listing.name, form, *make_table(listing.columns, fetch_all(listing, wanted)))


def check_form(form: str) -> None:
    """Refuse a form in which nothing is exported."""
    if form not in _FORMS:
        raise Invalid("a list is exported as csv or xlsx", [Finding("format", "unknown-format", "csv or xlsx is wanted")])


def answer_export(name: str, form: str, heads: Sequence[str], table: Sequence[Sequence[Value]]) -> Response:
    """Answer with a table as a file; raises Invalid for another form than csv or xlsx."""
    check_form(form)
    data = write_csv(heads, table) if form == "csv" else write_xlsx(heads, table)
    headers = {"Content-Disposition": f'attachment; filename="{get_place().network}-{name}.{form}"'}
    return Response(data, 200, headers, content_type=_FORMS[form])


def fetch_all(listing: Listing[R], wanted: Wanted) -> list[R]:
    """Fetch all rows of a query; raises Invalid if they are too many for one file."""
    rows: list[R] = []
    after = ""
    with see() as sight:
        while True:
            step = Wanted(wanted.chosen, wanted.sort, wanted.down, after, STEP)
            found = list(listing.fetch(sight, step))
            rows += found
            if len(rows) > MAX_EXPORT:
                raise Invalid(f"this would be more than {MAX_EXPORT:,} rows: narrow the list with its filters", [])
            if len(found) < STEP:
                return rows
            after = listing.place(found[-1], step)


def make_table(columns: Sequence[Column[R]], rows: Sequence[R]) -> tuple[list[str], list[list[Value]]]:
    """Make heads and values; a quantity's unit, a money's currency and an organisation's id stand in columns of their own."""
    heads: list[str] = []
    for column in columns:
        heads.append(str(column.label))
        heads += {Kind.QUANTITY: ["unit"], Kind.MONEY: ["currency"], Kind.ORGANISATION: ["id"]}.get(column.kind, [])
    return heads, [[value for column in columns for value in read_values(column, row)] for row in rows]


def read_values(column: Column[R], row: R) -> list[Value]:  # noqa: PLR0911 - each kind in its own way
    """Read a column's values of a row."""
    value: Any = column.read(row)
    match column.kind:
        case Kind.MONEY:
            currency = get_place().currency
            return [None if value is None else Decimal(value).scaleb(-CURRENCY_EXPONENTS[currency]), currency]
        case Kind.QUANTITY:
            return [*(value or (None, ""))]
        case Kind.ORGANISATION:
            return [name_organisation(value) if value else None, value]
        case Kind.MOMENT:
            return [parse_instant(value) if isinstance(value, str) else value]
        case Kind.STATE:
            return [str(value[0]) if value else None]
        case Kind.NUMBER | Kind.ENTRY | Kind.DAY:
            return [value]
        case Kind.TEXT | Kind.ID | Kind.PERIOD:
            return [None if value is None else str(value)]


def guard_text(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write_csv(heads: Sequence[str], rows: Sequence[Sequence[Value]]) -> bytes:
    """Write rows as CSV; instants in UTC."""
    mark = get_decimal_symbol(find_locale())
    file = StringIO()
    writer = csv.writer(file, delimiter=";" if mark == "," else ",", lineterminator="\r\n")
    writer.writerow([guard_text(head) for head in heads])
    writer.writerows([_write_plain(value, mark) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _write_plain(value: Value, mark: str) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}".replace(".", mark)
        case datetime():
            return format_instant(value)
        case date():
            return value.isoformat()
        case str():
            return guard_text(value)
        case int():
            return str(value)


def write_xlsx(heads: Sequence[str], rows: Sequence[Sequence[Value]]) -> bytes:
    """Write rows as a workbook; numbers and days as such, instants in the network's time zone, texts never as formulas or links."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - few requests want it

    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as book:
        sheet = book.add_worksheet("list")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": f'yyyy-mm-dd hh:mm:ss "{find_zone().key}"'})
        for column, head in enumerate(heads):
            sheet.write_string(0, column, guard_text(head), bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                match value:
                    case None:
                        pass
                    case datetime():
                        sheet.write_datetime(number, column, value.astimezone(find_zone()).replace(tzinfo=None), moment)
                    case date():
                        sheet.write_datetime(number, column, value, day)
                    case str():
                        sheet.write_string(number, column, guard_text(value))
                    case Decimal() | int():
                        sheet.write_number(number, column, value)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), max(len(heads) - 1, 0))
        sheet.set_column(0, max(len(heads) - 1, 0), 18)
    return file.getvalue()
