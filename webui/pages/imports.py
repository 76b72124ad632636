"""Imports: a CSV file of loads, receipts or metered intervals is tried row by row, mended, and signed in one go; nothing is kept before."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from contracts.deliveries.importing import COLUMNS, ImportKind, ImportPlan, plan_import, write_rejected
from contracts.drafts import write_draft
from contracts.errors import Invalid, NotFound
from contracts.facts import type_of
from contracts.quantity import parse_decimal
from contracts.views.imports import list_importable, read_context
from webui.access import MEMBER_PERSONS
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.rendering import get_place, name_organisation, render
from webui.pages.routes import Pages
from webui.pages.signing import show_signing

MOST_BYTES = 1 << 20  #: of a file on this page; the command takes larger ones
MOST_SHOWN = 300  #: rows with faults on the page
MOST_GOOD = 50  #: rows without
#: facts that are signed with one look; the same file again brings the rest
AT_ONCE = {ImportKind.DISPATCHES: 200, ImportKind.RECEIPTS: 200, ImportKind.READINGS: 31}
KINDS = {
    ImportKind.DISPATCHES: _l("Loads that we handed over"),
    ImportKind.RECEIPTS: _l("What arrived"),
    ImportKind.READINGS: _l("Metered intervals"),
}
NAMES = ("kind", "agreement", "user", "registers")
pages = Pages("imports")


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of the file."""

    row: int
    cells: Sequence[str]
    words: str
    tone: str
    faults: Sequence[str]


@pages.page("GET /n/<network:network>/imports", MEMBER_PERSONS)
def show_import(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the form."""
    return show_form(request.args, {}, 200)


@pages.page("POST /n/<network:network>/imports", MEMBER_PERSONS)
def try_import(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Try a file; on demand give its rejected rows, or show what is new for signing."""
    form, faults = request.form, dict[str, list[str]]()
    data, name = read_file(faults)
    plan = make_plan(data, form, faults)
    if plan is None or data is None or "edit" in form:
        return show_form(form, faults, 422 if faults else 200)
    if "rejected" in form:
        headers = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
        return Response(write_rejected(plan), 200, headers, content_type="text/csv; charset=utf-8")
    kept = [*((one, form.get(one, "")) for one in NAMES), ("name", name), ("data", base64.b64encode(data).decode())]
    if "sign" in form and plan.facts:
        drafts = [write_draft(fact, type_of(fact)) for fact in plan.facts[: AT_ONCE[plan.kind]]]
        then = get_place().path(f"/deliveries?agreement={form['agreement']}")
        return show_signing(drafts, then=then, title=str(KINDS[plan.kind]), typed=kept)
    return show_plan(plan, name, kept)


def read_file(faults: dict[str, list[str]]) -> tuple[bytes | None, str]:
    """Read the file that was sent, or that an earlier answer carried along, with its name; what is wrong becomes a fault."""
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        name = sent.filename[-120:]
        with sent.stream as stream:  # a large one lies in a temporary file until it is closed
            data = stream.read(MOST_BYTES + 1)
    else:
        name = request.form.get("name", "")[-120:]
        try:
            data = base64.b64decode(request.form.get("data", ""), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if not data:
            faults["file"] = [_("Choose a file.")]
            return None, name
    if len(data) > MOST_BYTES:
        faults["file"] = [_("The file has more than 1 MiB: split it, or use the command symbiosis import.")]
        return None, name
    return data, name


def make_plan(data: bytes | None, form: Mapping[str, str], faults: dict[str, list[str]]) -> ImportPlan | None:
    """Hold a file against the log; what is wrong becomes a fault. None without a file."""
    try:
        kind = ImportKind(form.get("kind", ""))
    except ValueError:
        faults["kind"] = [_("Choose one.")]
        kind = None
    registers = read_registers(form.get("registers", ""), faults)
    if not form.get("agreement"):
        faults["agreement"] = [_("Choose one.")]
    if faults or kind is None or data is None:
        return None
    try:
        with see() as sight:
            now = get_runtime().clock.now()
            context = read_context(sight, form["agreement"], now, user=form.get("user") or None, registers=registers)
            return plan_import(data, kind, context)
    except NotFound:
        faults["agreement"] = [_("You hand over and receive nothing under this contract.")]
    except Invalid as refusal:
        faults["agreement"] = [refusal.message]
    return None


def read_registers(text: str, faults: dict[str, list[str]]) -> dict[str, Decimal]:
    """Read opening registers, one METER=VALUE a line."""
    found: dict[str, Decimal] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        meter, _mark, value = line.rpartition("=")
        try:
            found[meter.strip()] = parse_decimal(value.strip())
        except Invalid:
            faults.setdefault("registers", []).append(_("%(line)s: write meter and reading, such as M-1=10432.5", line=line[:60]))
    return found


def show_form(values: Mapping[str, str], faults: Mapping[str, Sequence[str]], status: int) -> Response:
    """Show the form with what was typed; a file must be chosen again."""
    with see() as sight:
        agreements = list_importable(sight)
    choices = [(one.agreement, f"{one.terms.text('contract_no') or one.agreement} ({one.agreement})") for one in agreements]
    users = {user: name_organisation(user) for one in agreements if one.shared for user in one.receivers}
    labels = {"kind": _("What the rows are"), "agreement": _("Contract"), "file": _("CSV file"), "registers": _("Registers")}
    return render(
        "deliveries/import.html",
        status=status,
        values=values,
        faults=faults,
        labels=labels,
        kinds=KINDS,
        agreements=choices,
        users=users,
        columns=COLUMNS,
    )


def show_plan(plan: ImportPlan, name: str, kept: Sequence[tuple[str, str]]) -> Response:
    """Show what importing would say, each row's faults beside it."""
    rows = list_rows(plan)
    faulty = [one for one in rows if one.faults]
    good = [one for one in rows if not one.faults]
    return render(
        "deliveries/import_plan.html",
        status=422 if plan.rejected and not plan.facts else 200,
        plan=plan,
        name=name,
        kept=kept,
        faulty=faulty[:MOST_SHOWN],
        more=max(0, len(faulty) - MOST_SHOWN),
        good=good[:MOST_GOOD],
        counts=count_rows(plan, rows),
        at_once=AT_ONCE[plan.kind],
        kind=KINDS[plan.kind],
    )


def list_rows(plan: ImportPlan) -> list[ShownRow]:
    """List the file's rows in order, those that cannot even be read too."""
    cells = dict(plan.file.rows)
    faults: dict[int, list[str]] = {}
    for one in plan.rejected:
        faults.setdefault(one.row, []).append(f"{one.column}: {one.message}" if one.column else one.message)
    for other in plan.conflicts:
        told = _(
            "%(column)s: the log has %(log)s, the file %(file)s; a correction is proposed, not imported",
            column=other.column,
            log=other.on_log or "–",
            file=other.in_file or "–",
        )
        faults.setdefault(other.row, []).append(told)
    rejected, conflicting, known = ({one.row for one in plan.rejected}, {one.row for one in plan.conflicts}, set(plan.known))
    rows = []
    for row in sorted({*cells, *faults}):
        state: tuple[Any, str] = (
            (_("rejected"), "bad")
            if row in rejected
            else (_("differs from the log"), "warn")
            if row in conflicting
            else (_("on the log already"), "plain")
            if row in known
            else (_("new"), "good")
        )
        values = [cells.get(row, {}).get(column, "")[:80] for column in plan.file.header]
        rows.append(ShownRow(row, values, str(state[0]), state[1], faults.get(row, ())))
    return rows


def count_rows(plan: ImportPlan, rows: Sequence[ShownRow]) -> list[tuple[str, int, str]]:
    """Count rows by what becomes of them: words, number, tone."""
    rejected = len({one.row for one in plan.rejected})
    conflicting = len({one.row for one in plan.conflicts} - {one.row for one in plan.rejected})
    new = sum(1 for one in rows if one.tone == "good")
    return [
        (ngettext("row is new", "rows are new", new), new, "good"),
        (ngettext("row is on the log already", "rows are on the log already", len(plan.known)), len(plan.known), "plain"),
        (ngettext("row differs from the log", "rows differ from the log", conflicting), conflicting, "warn"),
        (ngettext("row is rejected", "rows are rejected", rejected), rejected, "bad"),
    ]
