"""Savings, in steps: costs are reported under seal; a period is closed by the service, and judged by computing it anew."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from contracts.agreements.tables import find_agreement, list_in_force
from contracts.clock import parse_instant
from contracts.deliveries.tables import settle_silently
from contracts.errors import Conflict, Finding, NotYet
from contracts.parties.tables import get_network, open_to
from contracts.period import Period, find_period
from contracts.said import Handler, Handlers, Said
from contracts.savings import tables
from contracts.savings.facts import CostsReported, PeriodClosed, SavingLine
from contracts.savings.inputs import hash_inputs, read_inputs
from contracts.savings.rules import METHOD, compute_lines, price_handover

_LINE_FIELDS = tuple(part.name for part in fields(SavingLine))
RETROSPECT = 24  #: months before the founding for which costs may be reported, where an agreement binds in retrospect
MOST_COST = 10**12  #: minor units of one report: ten thousand million, so that sums over a network stay exact integers of JSON
_COST_FIELDS = ("report", "agreement", "period", "items")


def draft_period(connection: Connection, log_id: int, period: str, index: int) -> PeriodClosed:
    """Compute the close of a period from the tables as they are, for the service to sign.

    Args:
        connection: an open one.
        log_id: row of the log.
        period: such as 2025-03.
        index: size of the log that the tables stand at.

    Raises:
        Conflict: the period is closed, or an earlier one is still open.
    """
    findings = _check_order(connection, log_id, period)
    if findings:
        raise Conflict(findings[0].message, findings)
    inputs = read_inputs(connection, log_id, period)
    return PeriodClosed(period, METHOD, index, hash_inputs(inputs), compute_lines(inputs))


def find_open_period(connection: Connection, log_id: int, now: datetime) -> str | None:
    """Find the earliest period that has ended and is not closed; None if there is none."""
    network = get_network(connection, log_id)
    last = tables.find_last_period(connection, log_id)
    candidate = Period(last).next() if last else _find_beginning(connection, log_id)
    return candidate.name if candidate.find_bounds(network.zone)[1] <= now else None


def _check_order(connection: Connection, log_id: int, period: str) -> list[Finding]:
    last = tables.find_last_period(connection, log_id)
    if last is not None and period <= last:
        return [Finding("period", "closed", f"{period} is closed: what came later is a true-up of the next period")]
    earliest = Period(last).next() if last is not None else _find_first(connection, log_id, Period(period))
    if earliest.name != period:
        return [Finding("period", "order", f"{earliest.name} is to be closed first")]
    return []


def _find_first(connection: Connection, log_id: int, wanted: Period) -> Period:
    """Find the first period to be closed: the beginning, or a later one if nothing bound or was reported before it."""
    founded = _find_founding(connection, log_id)
    bound = list_in_force(connection, log_id, founded.first_day, max(founded.first_day, wanted.first_day))
    months = [max(founded.name, one.effective_date.isoformat()[:7]) for one in bound]
    report = tables.find_first_report(connection, log_id)
    skipped = [name for name in [*months, *([report] if report else [])] if name < wanted.name]
    return Period(min(skipped, default=max(wanted.name, _find_beginning(connection, log_id).name)))


def _find_beginning(connection: Connection, log_id: int) -> Period:
    """Find the month of the founding, or an earlier one for which costs were reported in retrospect."""
    founded = _find_founding(connection, log_id).name
    return Period(min(founded, tables.find_first_report(connection, log_id) or founded))


def _find_founding(connection: Connection, log_id: int) -> Period:
    network = get_network(connection, log_id)
    return find_period(parse_instant(network.founded_at), network.zone)


def _judge_costs(connection: Connection, said: Said[CostsReported]) -> list[Finding]:
    """Judge a report of costs: by a party, once for an agreement and period, before the close, nothing negative."""
    fact, found = said.fact, []
    agreement = find_agreement(connection, said.log_id, fact.agreement)
    if agreement is None or not agreement.is_party(said.author):
        return [Finding("agreement", "unknown-agreement", f"you have no agreement {fact.agreement}")]
    if said.author not in {agreement.supplier, *agreement.receivers}:
        found.append(Finding("agreement", "not-a-side", "only those who hand over and receive report costs of an agreement"))
    if tables.find_period(connection, said.log_id, fact.period):
        found.append(Finding("period", "closed", f"{fact.period} is closed: report the costs for an open period"))
    if tables.has_report_id(connection, said.log_id, fact.report):
        found.append(Finding("report", "taken", "this id is taken: choose another"))
    if tables.has_report(connection, said.log_id, fact.agreement, said.author, fact.period):
        found.append(Finding("period", "reported", f"the costs of {fact.agreement} in {fact.period} are reported already"))
    found += [
        Finding(f"items.{number}.amount", "negative", "a cost is not below zero")
        for number, item in enumerate(fact.items)
        if item.amount < 0
    ]
    if sum(item.amount for item in fact.items) > MOST_COST:
        found.append(Finding("items", "too-much", f"together at most {MOST_COST} minor units are taken for one agreement and period"))
    network = get_network(connection, said.log_id)
    # Not further back than RETROSPECT: each month from the first report on is to be closed.
    begun = max(agreement.effective_date.isoformat()[:7], _find_founding(connection, said.log_id).shift(-RETROSPECT).name)
    if not begun <= fact.period <= find_period(said.received_at, network.zone).name:
        found.append(Finding("period", "range", f"a period from {begun}, to the current one is wanted"))
    if not fact.items:
        found.append(Finding("items", "empty", "at least one item is wanted; write 0 where nothing was spent"))
    return found


def _fold_costs(connection: Connection, said: Said[CostsReported]) -> None:
    fact = said.fact
    row = {"report": fact.report, "agreement": fact.agreement, "organisation": said.author, "period": fact.period}
    place = {"log_id": said.log_id, "entry": said.index, "statement": said.hash}
    items = [{"item": item.item, "amount": item.amount} for item in fact.items]
    amount = sum(item.amount for item in fact.items)
    tables.insert_rows(connection, tables.cost_reports, [{**row, **place, "amount": amount, "items": items}])
    open_to(connection, said.log_id, said.index, agreement=fact.agreement)


def _judge_period(connection: Connection, said: Said[PeriodClosed]) -> list[Finding]:
    """Judge a close: its period has ended and is next in order; what it computed is judged by `recompute`."""
    network = get_network(connection, said.log_id)
    end = Period(said.fact.period).find_bounds(network.zone)[1]
    found = _check_order(connection, said.log_id, said.fact.period)
    if end > said.received_at:
        raise NotYet(f"{said.fact.period} ends on {end:%Y-%m-%d %H:%M} UTC: a period is closed after its end")
    if said.fact.method != METHOD:
        found.append(Finding("method", "unknown-method", f"{METHOD} is the method of this release"))
    if not 0 <= said.fact.entries <= said.index:
        found.append(Finding("entries", "range", f"a size of the log up to {said.index} is wanted"))
    return found


def _recompute_period(connection: Connection, said: Said[PeriodClosed]) -> list[Finding]:
    """Compute the close anew from the tables before it, and name each difference by line and column."""
    fact = said.fact
    inputs = read_inputs(connection, said.log_id, fact.period)
    lines = compute_lines(inputs)
    found = [
        Finding(f"lines.{number}.{name}", "differs", f"says {getattr(line, name)}, recomputed {getattr(right, name)}")
        for number, (line, right) in enumerate(zip(fact.lines, lines, strict=False))
        for name in _LINE_FIELDS
        if getattr(line, name) != getattr(right, name)
    ]
    if len(lines) != len(fact.lines):
        found.append(Finding("lines", "differs", f"says {len(fact.lines)} lines, recomputed {len(lines)}"))
    if hash_inputs(inputs) != fact.inputs_hash:
        found.append(Finding("inputs_hash", "differs", "the inputs read were others than those on the log"))
    return found


def _fold_period(connection: Connection, said: Said[PeriodClosed]) -> None:
    fact, log_id = said.fact, said.log_id
    inputs = read_inputs(connection, log_id, fact.period)
    terms = {one.agreement: one.terms for one in inputs.exchanges if not one.shared}
    counted = [
        {
            "log_id": log_id,
            "delivery": one.delivery,
            "period": fact.period,
            "of_period": one.of_period,
            "agreement": one.agreement,
            "quantity": one.quantity,
            # Use of a shared asset has no price of its own: its users are charged the month's cost together, on their lines.
            "price": price_handover(terms[one.agreement], one, inputs.currency) if one.agreement in terms else 0,
            "adjustment": one.adjustment,
            "refused": one.refused_price,
            "taken_before": one.taken_before,
        }
        for one in inputs.handovers
    ]
    row: dict[str, Any] = {"period": fact.period, "entry": said.index, "statement": said.hash, "method": fact.method}
    tables.insert_rows(
        connection, tables.closed_periods, [{**row, "log_id": log_id, "entries": fact.entries, "inputs_hash": fact.inputs_hash}]
    )
    lines = [
        {"log_id": log_id, "period": fact.period, "number": number, **{name: getattr(line, name) for name in _LINE_FIELDS}}
        for number, line in enumerate(fact.lines)
    ]
    tables.insert_rows(connection, tables.saving_lines, lines)
    tables.insert_rows(connection, tables.counted_deliveries, counted)
    for one in inputs.requalified:
        tables.restate_quality(connection, log_id, one.after.delivery, one.after.adjustment, refused=one.after.refused_price)
    # After the inputs were read: what silence settles in this close is settled by this entry, and counted by no other.
    settle_silently(connection, log_id, said.index, Period(fact.period).find_bounds(get_network(connection, log_id).zone)[1])
    open_to(connection, log_id, said.index)


def forget_contents(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
    """Scrub erased items of a report of costs; lines of a closed period carry nothing personal and stay."""
    if {_COST_FIELDS[1:][place] for place in positions if place < len(_COST_FIELDS) - 1} & {"items"}:
        reports = tables.cost_reports
        connection.execute(update(reports).where(reports.c.log_id == log_id, reports.c.entry == index).values(items=[], amount=None))


def blocks_erasure(connection: Connection, log_id: int, index: int, _positions: Sequence[int]) -> str | None:
    """Costs are kept until the period that reads them is closed."""
    period = tables.find_reported_period(connection, log_id, index)
    if period is not None and tables.find_period(connection, log_id, period) is None:
        return f"the costs are an input of {period}, which is not closed yet"
    return None


HANDLERS: Handlers = {
    CostsReported: Handler(_judge_costs, _fold_costs),
    PeriodClosed: Handler(_judge_period, _fold_period, _recompute_period),
}
