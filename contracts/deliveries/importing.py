"""Import of weighbridge and meter files: CSV becomes facts ready to sign, or rows with the reason why not.

Pure: what is on the log is handed in, nothing is written. Importing a file again changes nothing: rows that the log has are reported
as known, rows that differ from it as conflicts. Ids are derived from agreement and ticket (or meter and day), so that two people who
import one file cannot record it twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts.deliveries.csv_rows import REASON_COLUMN, CellReader, CsvFile, Rejected, read_csv, write_csv
from contracts.deliveries.facts import DeliveryDispatched, DeliveryReceived, ReadingsRecorded
from contracts.deliveries.import_drafts import Conflict, Draft, Fact, ImportContext, derive_id
from contracts.deliveries.import_readings import draft_readings
from contracts.deliveries.rules import Taken, check_dispatch, check_receipt
from contracts.deliveries.trade import NOTHING
from contracts.units import UNITS

__all__ = ["COLUMNS", "Conflict", "Fact", "ImportContext", "ImportKind", "ImportPlan", "Rejected", "plan_import", "write_rejected"]


class ImportKind(StrEnum):
    """What the rows of a file are."""

    DISPATCHES = "dispatches"
    RECEIPTS = "receipts"
    READINGS = "readings"


#: columns of each kind: those that must be there, then those that may
COLUMNS: Mapping[ImportKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ImportKind.DISPATCHES: (
        ("ticket", "dispatched_at", "quantity", "unit"),
        ("gross", "tare", "moisture", "batch", "vehicle", "driver"),
    ),
    ImportKind.RECEIPTS: (
        ("ticket", "received_at", "quantity", "accepted", "refused"),
        ("gross", "tare", "moisture", "reason"),
    ),
    ImportKind.READINGS: (("meter", "start", "quantity", "quality"), ("register_start", "register_end")),
}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What importing a file would say; signing its facts carries it out."""

    kind: ImportKind
    facts: tuple[Fact, ...]  #: in order of time, whatever the file's order
    rejected: tuple[Rejected, ...]
    known: tuple[int, ...]  #: rows that are on the log as they stand here
    conflicts: tuple[Conflict, ...]
    unread: tuple[str, ...]  #: columns of the file that mean nothing here
    summary: str  #: in words, to be shown before signing
    file: CsvFile


def plan_import(data: bytes, kind: ImportKind, context: ImportContext) -> ImportPlan:
    """Plan the import of a file: a dry run whose facts, once signed, are the import."""
    required, optional = COLUMNS[kind]
    file = read_csv(data, required)
    draft = Draft(rejected=list(file.rejected))
    if kind is ImportKind.READINGS:
        draft_readings(draft, file, context)
    else:
        _draft_loads(draft, file, kind, context)
    facts = tuple(fact for _, fact in sorted(draft.facts, key=lambda one: one[0]))
    known_names = {*required, *optional, REASON_COLUMN}
    unread = tuple(name for name in file.header if name not in known_names)
    plan = ImportPlan(
        kind=kind,
        facts=facts,
        rejected=tuple(sorted(draft.rejected, key=lambda one: one.row)),
        known=tuple(sorted(draft.known)),
        conflicts=tuple(sorted(draft.conflicts, key=lambda one: one.row)),
        unread=unread,
        summary="",
        file=file,
    )
    return _summarise(plan, context)


def write_rejected(plan: ImportPlan) -> bytes:
    """Write the rejected rows as CSV with one more column that says why; mended, the file can be imported as it is."""
    reasons: dict[int, list[str]] = {}
    for one in plan.rejected:
        reasons.setdefault(one.row, []).append(f"{one.column}: {one.message}" if one.column else one.message)
    cells = dict(plan.file.rows)
    names = [name for name in plan.file.header if name != REASON_COLUMN]
    rows = [[*(cells.get(row, {}).get(name, "") for name in names), "; ".join(why)] for row, why in reasons.items()]
    return write_csv(plan.file.separator, [*names, REASON_COLUMN], rows)


def _draft_loads(draft: Draft, file: CsvFile, kind: ImportKind, context: ImportContext) -> None:
    read = _read_dispatch if kind is ImportKind.DISPATCHES else _read_receipt
    seen: dict[str, tuple[int, Mapping[str, str]]] = {}
    clashing = _find_clashes(file)
    for row, cells in file.rows:
        cell = CellReader(row, cells, file.separator, context.zone)
        ticket = cell.require("ticket")
        if ticket in clashing:
            cell.reject("ticket", f"ticket {ticket} stands in the file with different values")
        elif ticket in seen:
            cell.reject("ticket", f"repeats row {seen[ticket][0]}")
        if not cell.rejected:
            seen[ticket] = (row, cells)
            read(draft, cell, ticket, context)
        draft.rejected += cell.rejected


def _find_clashes(file: CsvFile) -> set[str]:
    first: dict[str, Mapping[str, str]] = {}
    return {cells["ticket"] for _, cells in file.rows if first.setdefault(cells["ticket"], cells) != cells}


def _read_dispatch(draft: Draft, cell: CellReader, ticket: str, context: ImportContext) -> None:
    moment, quantity, unit = cell.instant("dispatched_at"), cell.decimal("quantity", required=True), cell.unit("unit")
    figures = {name: cell.decimal(name) for name in ("gross", "tare", "moisture")}
    words = {name: cell.text(name) for name in ("batch", "vehicle", "driver")}
    if cell.rejected or moment is None or quantity is None or unit is None:
        return
    agreement = context.trade.agreement
    values = {"quantity": quantity, "unit": unit, "dispatched_at": moment, **words}
    known = context.loads.get(ticket)
    if known is not None:
        logged: list[tuple[str, object, object]] = [
            (name, getattr(known.sent, name), given) for name, given in {"quantity": quantity, **figures}.items()
        ]
        logged += [(name, getattr(known, name), given) for name, given in values.items() if name not in ("quantity", "driver")]
        draft.compare(cell.row, logged)
        return
    fact = DeliveryDispatched(
        delivery=derive_id(agreement, ticket),
        agreement=agreement,
        quantity=quantity,
        unit=unit,
        gross=figures["gross"],
        tare=figures["tare"],
        moisture=figures["moisture"],
        dispatched_at=moment,
        ticket=ticket,
        batch=words["batch"],
        vehicle=words["vehicle"],
        driver=words["driver"],
    )
    findings = check_dispatch(fact, context.trade, context.author, context.now, context.zone, Taken(delivery=False))
    draft.reject_findings(cell.row, findings)
    if not findings:
        draft.facts.append(((f"{moment:%Y%m%d%H%M%S}", ticket), fact))


def _read_receipt(draft: Draft, cell: CellReader, ticket: str, context: ImportContext) -> None:
    delivery = context.loads.get(ticket)
    if delivery is None:
        cell.reject("ticket", f"no load with ticket {ticket} was handed over under this agreement")
        return
    moment = cell.instant("received_at")
    quantity, accepted, refused = (cell.decimal(name, required=True) for name in ("quantity", "accepted", "refused"))
    figures = {name: cell.decimal(name) for name in ("gross", "tare", "moisture")}
    if cell.rejected or moment is None or quantity is None or accepted is None or refused is None:
        return
    if delivery.received_entry is not None:
        pairs: list[tuple[str, object, object]] = [
            (name, getattr(delivery.got, name), given) for name, given in {"quantity": quantity, **figures}.items()
        ]
        mine = {"received_at": moment, "accepted": accepted, "refused": refused}
        pairs += [(name, getattr(delivery, name), given) for name, given in mine.items()]
        draft.compare(cell.row, [*pairs, ("reason", delivery.refusal_reason, cell.text("reason"))])
        return
    fact = DeliveryReceived(
        delivery=delivery.delivery,
        received_at=moment,
        quantity=quantity,
        gross=figures["gross"],
        tare=figures["tare"],
        moisture=figures["moisture"],
        accepted=accepted,
        refused=refused,
        reason=cell.text("reason"),
    )
    findings = check_receipt(fact, delivery, context.trade, context.author, context.now)
    draft.reject_findings(cell.row, findings)
    if not findings:
        draft.facts.append(((f"{moment:%Y%m%d%H%M%S}", ticket), fact))


def _summarise(plan: ImportPlan, context: ImportContext) -> ImportPlan:
    units = {fact.unit for fact in plan.facts if not isinstance(fact, DeliveryReceived)}
    unit = UNITS[units.pop()].symbol if len(units) == 1 else ""
    counted = [
        sum((one.quantity for one in fact.readings), NOTHING) if isinstance(fact, ReadingsRecorded) else fact.quantity
        for fact in plan.facts
    ]
    what = {
        ImportKind.DISPATCHES: "loads handed over",
        ImportKind.RECEIPTS: "receipts",
        ImportKind.READINGS: "metered days",
    }[plan.kind]
    total = f", {sum(counted, NOTHING):f} {unit}".rstrip() + " in all" if counted and (unit or plan.kind is ImportKind.RECEIPTS) else ""
    rejected = len({one.row for one in plan.rejected})
    conflicting = len({one.row for one in plan.conflicts})
    sentences = [
        f"{len(plan.facts)} {what} under agreement {context.trade.agreement} are new{total}: one act signs them.",
        f"{len(plan.known)} rows are on the log already, {conflicting} say something else than the log, {rejected} are rejected.",
    ]
    if plan.unread:
        sentences.append(f"Columns that were not read: {', '.join(plan.unread)}.")
    if context.registers and plan.kind is ImportKind.READINGS and "register_start" not in plan.file.header:
        sentences.append("Registers are counted on from the opening readings given, not read from the file.")
    values = {name: getattr(plan, name) for name in ImportPlan.__slots__}
    return ImportPlan(**{**values, "summary": " ".join(sentences)})
