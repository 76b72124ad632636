"""What the close of a period reads: settled deliveries not yet counted, agreements, quality adjustments, reported costs."""

from datetime import date
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import Connection

from contracts.agreements import tables as agreements
from contracts.agreements.tables import Agreement
from contracts.certificates.tables import find_adjustments
from contracts.deliveries.tables import DeliveryKind, SettledRow, list_settled
from contracts.parties.tables import get_network
from contracts.period import Period, find_contract_year
from contracts.savings import tables
from contracts.savings.requalified import read_requalified
from contracts.savings.rules import NOTHING, Exchange, Handover, PeriodInputs
from ledger.canonical import JSON, encode_canonical

_OPEN_END = date(9999, 1, 1)


def read_inputs(connection: Connection, log_id: int, period: str) -> PeriodInputs:
    """Read the inputs of a period's close, from folded tables alone.

    Silence settles up to the period's end and not up to the close's own moment: so everybody computes the same close, whenever it is said.
    """
    network = get_network(connection, log_id)
    month = Period(period)
    end = month.find_bounds(network.zone)[1]
    last = tables.find_last_period(connection, log_id)
    settled = list_settled(connection, log_id, period=period, now=end)
    closed = tables.find_period(connection, log_id, last) if last else None
    after = closed.entry if closed else None
    late = [row for row in list_settled(connection, log_id, settled_after=after, now=end) if row.of_period < period]
    rows = [*late, *settled]
    requalified = read_requalified(connection, log_id, after)
    costs = tables.list_costs(connection, log_id, period)
    bound = agreements.list_in_force(connection, log_id, month.first_day, month.next().first_day)
    found = {one.agreement: one for one in bound}
    named = {row.agreement for row in rows} | {agreement for agreement, _ in costs} | {one.after.agreement for one in requalified}
    for name in named:
        one = found.get(name) or agreements.find_agreement(connection, log_id, name)
        if one is not None:
            found[name] = one
    return PeriodInputs(
        period=period,
        currency=network.currency,
        exchanges=tuple(read_exchange(found[name]) for name in sorted(found)),
        handovers=_read_handovers(connection, log_id, rows, found),
        costs=costs,
        reports=tables.list_reports(connection, log_id, period),
        in_force=frozenset(one.agreement for one in bound),
        requalified=requalified,
    )


def read_exchange(agreement: Agreement) -> Exchange:
    """Read an agreement as far as savings go."""
    return Exchange(agreement.agreement, agreement.terms, agreement.supplier, agreement.receivers, agreement.shared)


def _read_handovers(connection: Connection, log_id: int, rows: list[SettledRow], found: dict[str, Agreement]) -> tuple[Handover, ...]:
    adjustments = find_adjustments(connection, log_id, [row.delivery for row in rows])
    taken: dict[tuple[str, date], Decimal] = {}
    handovers = []
    for row in rows:
        agreement = found[row.agreement]
        before = NOTHING
        if agreement.terms.text("price_model") == "tiered":
            year = _find_year(agreement, row.of_period)
            if (row.agreement, year) not in taken:
                taken[row.agreement, year] = _sum_counted(connection, log_id, agreement, year)
            before = taken[row.agreement, year]
            taken[row.agreement, year] = before + row.quantity
        quality = adjustments.get(row.delivery)
        adjustment, refused = (quality.per_unit, quality.refused) if quality else (NOTHING, False)
        original = tables.find_counted(connection, log_id, row.of) if row.of and row.kind is DeliveryKind.REVERSAL else None
        if original is not None:  # the exact negative of what a close counted, whatever was certified since
            adjustment, refused = original.adjustment, original.refused
        handovers.append(
            Handover(
                delivery=row.delivery,
                agreement=row.agreement,
                receiver=row.receiver,
                of_period=row.of_period,
                quantity=row.quantity,
                unit=row.unit,
                adjustment=adjustment,
                refused_price=refused,
                taken_before=before,
            )
        )
    return tuple(handovers)


def _find_year(agreement: Agreement, period: str) -> date:
    start = agreement.terms.text("contract_year_start") or "01-01"
    first = agreement.terms.day("effective_date") or date(1, 1, 1)
    day = max(Period(period).first_day, first)
    return find_contract_year(day, start, first, _OPEN_END).start


def _sum_counted(connection: Connection, log_id: int, agreement: Agreement, year: date) -> Decimal:
    counted = tables.list_counted(connection, log_id, agreement=agreement.agreement)
    return sum((one.quantity for one in counted if _find_year(agreement, one.of_period) == year), NOTHING)


def hash_inputs(inputs: PeriodInputs) -> str:
    """Hash what was read, so that an auditor who reads the same is told that it is the same.

    Sealed costs are named by the statement hashes of their reports, which stand on salted commitments: a hash over the amounts
    themselves could be tried out by a member who knows all the rest.
    """
    rows: list[JSON] = [
        [
            one.delivery,
            one.agreement,
            one.receiver,
            one.of_period,
            format(one.quantity, "f"),
            one.unit,
            format(one.adjustment, "f"),
            one.refused_price,
            format(one.taken_before, "f"),
        ]
        for one in inputs.handovers
    ]
    changed: list[JSON] = [
        [one.after.delivery, format(part.adjustment, "f"), part.refused_price]
        for one in inputs.requalified
        for part in (one.before, one.after)
    ]
    terms: list[JSON] = [[one.agreement, dict(one.terms.values)] for one in inputs.exchanges]
    return sha256(
        encode_canonical([inputs.period, inputs.currency, rows, changed, list(inputs.reports), terms, sorted(inputs.in_force)])
    ).hexdigest()
