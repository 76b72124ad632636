"""Flows: what was handed over by whom to whom in some periods, as far as a reader may see it; the rest only in sums over three or more.

A closed period shows what its close counted, which is what its accounts rest on; what was settled late stands in the period that
counted it. The running period shows what is settled so far, without prices, and only to those whom the deliveries concern.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from contracts.deliveries.tables import deliveries
from contracts.errors import Finding, Invalid
from contracts.parties import tables as parties
from contracts.parties.tables import agreement_parties
from contracts.period import Period
from contracts.savings.facts import LineCause
from contracts.savings.tables import closed_periods, saving_lines
from contracts.views.exact_sums import add_decimals, add_parts, sum_decimals, trim_decimal
from contracts.views.savings import ENOUGH
from contracts.views.sight import Sight, ask_open
from contracts.views.traded import Traded, find_granted, read_traded

MOST_PERIODS = 12  #: that are looked at together
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Flow:
    """What passed under one agreement from one organisation to another, or in sum between at least three others."""

    agreement: str | None  #: None: a sum over agreements that the reader may not see
    what: str | None  #: in the contract's words; None for a sum
    exchange_type: str  #: material, energy, water or pooling
    supplier: str | None  #: of a shared asset its operator; None for a sum
    receiver: str | None  #: of a shared asset the user; None for a sum
    quantity: Decimal  #: settled, in `unit`; negative where corrections outweigh
    unit: str  #: UN/ECE Rec 20
    late: Decimal  #: part of the quantity that was settled for earlier periods
    paid: int | None  #: minor units from receiver to supplier, negative the other way; None before the close
    deliveries: int
    organisations: int  #: that take part: of a sum at least three


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows of some months."""

    first: str  #: period
    last: str  #: period, included
    currency: str
    reader: str  #: organisation
    flows: tuple[Flow, ...]  #: by kind of exchange, agreement and sides; sums last
    names: Mapping[str, str]  #: legal names by organisation
    running: tuple[str, ...]  #: periods among them that are not closed
    complete: bool  #: whether the reader sees all of them one by one
    withheld: bool  #: whether something is left out because fewer than three others took part


class _Counted(NamedTuple):
    """One flow in one close, before the reader's sight is applied; there may be many thousands."""

    period: str
    traded: Traded
    receiver: str
    quantity: Decimal
    unit: str
    late: bool
    paid: int
    deliveries: int

    def is_side(self, organisation: str) -> bool:
        return organisation in (self.traded.supplier, self.receiver)


def find_flows(sight: Sight, first: str, last: str) -> Flows:
    """Find the flows of the months from `first` to `last`, both included; raises Invalid for more than twelve of them."""
    months = _list_months(first, last)
    closes = _read_closes(sight, first, last)
    running = tuple(month for month in months if month not in closes)
    shown, hidden = _split_counted(sight, _read_counted(sight, first, last), _find_open_closes(sight, closes))
    sums, withheld = _sum_hidden(hidden)
    flows = _merge([*map(_show_counted, shown), *_read_running(sight, running), *sums])
    named = {name for flow in flows for name in (flow.supplier, flow.receiver) if name}
    return Flows(
        first=first,
        last=last,
        currency=parties.get_network(sight.connection, sight.log_id).currency,
        reader=sight.organisation,
        flows=tuple(flows),
        names=parties.list_names(sight.connection, sight.log_id, named),
        running=running,
        complete=not hidden and (not running or _sees_all(sight)),
        withheld=withheld,
    )


def _list_months(first: str, last: str) -> list[str]:
    months: list[str] = []
    month = Period(first)
    while month <= Period(last) and len(months) <= MOST_PERIODS:
        months.append(month.name)
        month = month.next()
    if not 1 <= len(months) <= MOST_PERIODS:
        message = f"from {first} to {last}: one to {MOST_PERIODS} months, the later one last, are wanted"
        raise Invalid(message, [Finding("last", "range", message)])
    return months


def _read_closes(sight: Sight, first: str, last: str) -> dict[str, int]:
    """Read which periods are closed, and by which entries."""
    column = closed_periods.c
    query = select(column.period, column.entry).where(column.log_id == sight.log_id, column.period.between(first, last))
    return {row.period: row.entry for row in sight.connection.execute(query)}


def _find_open_closes(sight: Sight, closes: Mapping[str, int]) -> set[str]:
    visible = sight.find_visible([ask_open(entry, "period.closed") for entry in closes.values()])
    return {period for period, entry in closes.items() if entry in visible}


def _read_counted(sight: Sight, first: str, last: str) -> list[_Counted]:
    """Read what closes counted, one row for each receiver: the lines of a supply's supplier and of an asset's operator say it again."""
    column = saving_lines.c
    columns = (column.period, column.agreement, column.organisation, column.cause, column.of_period)
    query = select(*columns, column.deliveries, column.quantity, column.unit, column.price)
    query = query.where(column.log_id == sight.log_id, column.period.between(first, last)).order_by(column.period, column.number)
    rows = [tuple(row) for row in sight.connection.execute(query)]
    traded = read_traded(sight.connection, sight.log_id, {row[1] for row in rows})
    # savings/rules.py writes an operator's own line last; its use of the asset stands before.
    own = {(row[0], row[1], row[4]): number for number, row in enumerate(rows) if row[2] == traded[row[1]].supplier}
    skipped = set(own.values())
    return [
        _Counted(period, traded[agreement], organisation, quantity, unit, cause == LineCause.TRUE_UP, -price, count)
        for number, (period, agreement, organisation, cause, _, count, quantity, unit, price) in enumerate(rows)
        if number not in skipped
    ]


def _show_counted(one: _Counted) -> Flow:
    return Flow(
        agreement=one.traded.agreement,
        what=one.traded.what,
        exchange_type=one.traded.exchange_type,
        supplier=one.traded.supplier,
        receiver=one.receiver,
        quantity=one.quantity,
        unit=one.unit,
        late=one.quantity if one.late else _ZERO,
        paid=one.paid,
        deliveries=one.deliveries,
        organisations=len({one.traded.supplier, one.receiver}),
    )


def _split_counted(sight: Sight, counted: Sequence[_Counted], visible: set[str]) -> tuple[list[_Counted], list[_Counted]]:
    """Part what the reader sees one by one from what it sees in sums at most."""
    me = sight.organisation
    strange = {one.traded.agreement: one.traded for one in counted if one.period not in visible and not one.is_side(me)}
    granted = find_granted(sight, strange.values())
    shown: list[_Counted] = []
    hidden: list[_Counted] = []
    for one in counted:
        seen = one.period in visible or one.traded.agreement in granted or one.is_side(me)
        (shown if seen else hidden).append(one)
    return shown, hidden


def _sum_hidden(hidden: Sequence[_Counted]) -> tuple[list[Flow], bool]:
    """Sum what the reader may not see by close, kind and unit; sums over fewer than three organisations are left out.

    Each close is judged by itself, so that the difference of two ranges gives nothing away that one month would not.
    """
    groups: dict[tuple[str, str, str], list[_Counted]] = {}
    for one in hidden:
        if one.quantity or one.paid:
            groups.setdefault((one.period, one.traded.exchange_type, one.unit), []).append(one)
    sums, withheld = [], False
    for (_, kind, unit), group in groups.items():
        taking_part = {name for one in group for name in (one.traded.supplier, one.receiver)}
        if len(taking_part) < ENOUGH:
            withheld = True
            continue
        sums.append(
            Flow(
                agreement=None,
                what=None,
                exchange_type=kind,
                supplier=None,
                receiver=None,
                quantity=add_decimals([one.quantity for one in group]),
                unit=unit,
                late=add_decimals([one.quantity for one in group if one.late]),
                paid=sum(one.paid for one in group),
                deliveries=sum(one.deliveries for one in group),
                organisations=len(taking_part),
            )
        )
    return sums, withheld


def _read_running(sight: Sight, periods: Sequence[str]) -> list[Flow]:
    """Read what is settled so far in periods that are not closed, added up by the database."""
    if not periods:
        return []
    column = deliveries.c
    sides = (column.agreement, column.supplier, column.receiver, column.settled_unit)
    query = select(*sides, func.count(), *sum_decimals(column.settled)).where(column.log_id == sight.log_id, column.period.in_(periods))
    query = query.where(column.settled_entry.is_not(None)).group_by(*sides).order_by(*sides)
    me = sight.organisation
    if not _sees_all(sight):
        mine = select(agreement_parties.c.agreement).where(
            agreement_parties.c.log_id == sight.log_id, agreement_parties.c.organisation == me
        )
        named = [grant.agreement for grant in sight.viewer.grants if grant.agreement is not None]
        query = query.where(or_(column.agreement.in_(mine), column.agreement.in_(named)))
    rows = sight.connection.execute(query).all()
    traded = read_traded(sight.connection, sight.log_id, {row.agreement for row in rows})
    granted = find_granted(sight, {row.agreement: traded[row.agreement] for row in rows if me not in row[1:3]}.values())
    return [_flow_of(traded[row.agreement], row) for row in rows if me in row[1:3] or row.agreement in granted]


def _sees_all(sight: Sight) -> bool:
    """Tell whether a grant on the whole network opens everything to the reader; what is then shown is judged and noted one by one."""
    return sight.viewer.active and any(grant.agreement is None and grant.holds_on(sight.viewer.today) for grant in sight.viewer.grants)


def _flow_of(traded: Traded, row: Any) -> Flow:  # noqa: ANN401 - a row of _read_running
    return Flow(
        agreement=traded.agreement,
        what=traded.what,
        exchange_type=traded.exchange_type,
        supplier=row.supplier,
        receiver=row.receiver,
        quantity=add_parts(row[5:]),
        unit=row.settled_unit,
        late=_ZERO,
        paid=None,
        deliveries=row[4],
        organisations=len({row.supplier, row.receiver}),
    )


def _merge(flows: Iterable[Flow]) -> list[Flow]:
    """Add up the flows of several periods that are alike; priced and unpriced ones stay apart."""
    groups: dict[tuple[str, str, str, str, str, bool], list[Flow]] = {}
    for flow in flows:
        place = (flow.exchange_type, flow.agreement or "~", flow.supplier or "", flow.receiver or "", flow.unit, flow.paid is None)
        groups.setdefault(place, []).append(flow)
    return [_add(groups[place]) for place in sorted(groups)]


def _add(flows: Sequence[Flow]) -> Flow:
    """Add up flows; `organisations` of sums is the least, since the same ones may stand in several."""
    return replace(
        flows[0],
        quantity=trim_decimal(add_decimals([flow.quantity for flow in flows])),
        late=trim_decimal(add_decimals([flow.late for flow in flows])),
        paid=None if flows[0].paid is None else sum(flow.paid or 0 for flow in flows),
        deliveries=sum(flow.deliveries for flow in flows),
        organisations=min(flow.organisations for flow in flows),
    )
