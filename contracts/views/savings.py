"""What readers see of periods and savings: everybody that a period is closed, each its own lines, auditors by grant all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from contracts.agreements.tables import Agreement, find_agreement, list_binding_offers, list_in_force
from contracts.errors import NotFound
from contracts.parties.reading import Asked
from contracts.parties.tables import get_network
from contracts.period import Period
from contracts.period import find_period as find_month
from contracts.savings import service, tables
from contracts.savings.facts import SavingLine
from contracts.savings.tables import ClosedPeriod, CostReport
from contracts.views.sight import Sight, ask_open

__all__ = ["ENOUGH", "ClosedPeriod", "CostReport", "SavingLine", "SeenSavings", "find_period", "find_savings", "list_periods"]

ENOUGH = 3  #: organisations that a figure must be over before other members see it
MOST_REPORTS = 10_000  #: of one organisation for one period


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A closed period with what was saved in it, as far as the reader sees it."""

    period: str
    entry: int
    organisations: int  #: that have a line
    total: int | None  #: minor units, all together; None where fewer than three would be told apart
    own: int | None  #: minor units of the reader's organisation; None where it has no line


@dataclass(frozen=True, slots=True)
class OwnReport:
    """Who must report costs of which agreement for a period, and what was reported; each for the reader's own organisation."""

    agreement: str
    report: CostReport | None  #: None: nothing was reported


@dataclass(frozen=True, slots=True)
class Baseline:
    """What would have been without an exchange, for one of its sides, as a contract in force says."""

    agreement: str
    version: int  #: of the contract
    entry: int  #: that offered it
    organisation: str
    parameter: str  #: baseline_supplier_cost, baseline_receiver_cost or stand_alone_cost
    unit_cost: Decimal | None  #: currency per unit
    yearly: int | None  #: minor units a year
    ratio: Decimal | None  #: units of the substituted good that one unit replaces
    unit: str
    factor_set: str | None  #: emission factors that the contract names
    review_months: int | None  #: how often it is reviewed

    @property
    def place(self) -> tuple[str, str, str]:
        """Its place in a list: agreement, parameter, organisation."""
        return self.agreement, self.parameter, self.organisation


@dataclass(frozen=True, slots=True)
class SeenSavings:
    """A closed period's saving lines, as far as the reader sees them."""

    period: str
    organisations: int  #: that have a line
    total: int | None  #: minor units, all organisations together; None where fewer than three would be told apart
    complete: bool  #: whether all lines are shown
    lines: Sequence[SavingLine]


def list_periods(sight: Sight, *, after: str, limit: int) -> list[ClosedPeriod]:
    """List closed periods in order."""
    return tables.list_periods(sight.connection, sight.log_id, after=after, limit=limit)


def list_period_rows(sight: Sight, *, after: str, limit: int) -> list[PeriodRow]:
    """List closed periods with their totals, the latest first."""
    closed = tables.list_periods(sight.connection, sight.log_id, after=after, limit=limit, down=True)
    visible = sight.find_visible([ask_open(one.entry, "period.closed") for one in closed])
    sums: dict[str, dict[str, int]] = {one.period: {} for one in closed}
    for period, organisation, amount in tables.sum_lines(sight.connection, sight.log_id, list(sums)):
        sums[period][organisation] = amount
    return [
        PeriodRow(
            period=one.period,
            entry=one.entry,
            organisations=len(sums[one.period]),
            total=sum(sums[one.period].values()) if one.entry in visible or len(sums[one.period]) >= ENOUGH else None,
            own=sums[one.period].get(sight.organisation),
        )
        for one in closed
    ]


def list_open_periods(sight: Sight, now: datetime) -> tuple[str | None, str]:
    """Give the earliest period that has ended and waits for its close, if any, and the one that runs."""
    zone = get_network(sight.connection, sight.log_id).zone
    return service.find_open_period(sight.connection, sight.log_id, now), find_month(now, zone).name


def list_numbered_lines(sight: Sight, period: str) -> list[tuple[int, SavingLine]]:
    """List a closed period's lines as far as the reader sees them, each with its number, from 0."""
    closed = find_period(sight, period)
    lines = tables.list_numbered_lines(sight.connection, sight.log_id, period)
    complete = bool(sight.find_visible([ask_open(closed.entry, "period.closed")]))
    return [(number, line) for number, line in lines if complete or line.organisation == sight.organisation]


def list_own_reports(sight: Sight, period: str) -> list[OwnReport]:
    """List the agreements of a period of which the reader's organisation may report costs, each with what it reported."""
    month = Period(period)
    bound = list_in_force(sight.connection, sight.log_id, month.first_day, month.next().first_day, party=sight.organisation)
    reports = tables.list_cost_reports(sight.connection, sight.log_id, organisation=sight.organisation, period=period, limit=MOST_REPORTS)
    found = {one.agreement: one for one in reports}
    mine = {one.agreement for one in bound if sight.organisation in (one.supplier, *one.receivers)} | set(found)
    return [OwnReport(name, found.get(name)) for name in sorted(mine)]


def list_reports(sight: Sight, *, period: str | None, after: int, limit: int) -> list[CostReport]:
    """List the reports of costs of the reader's own organisation, in the order of the log."""
    return tables.list_cost_reports(
        sight.connection, sight.log_id, organisation=sight.organisation, period=period, after=after, limit=limit
    )


def list_baselines(sight: Sight, first: date, last: date, *, limit: int, after: tuple[str, str, str] = ("", "", "")) -> list[Baseline]:
    """List the baselines of contracts that the reader may see and that bind on a day of [first, last).

    They come by agreement, parameter and organisation, from the one after `after` on, at most `limit`.
    """

    def fetch(place: str, count: int) -> list[Row[Any]]:
        return list_binding_offers(sight.connection, sight.log_id, first, last, first=after[0], after=place, limit=count)

    def ask(offer: Row[Any]) -> Asked:
        return ask_open(offer.entry, "agreement.offered", offer.author)

    found: list[Baseline] = []
    for offer in sight.collect(fetch, ask, lambda one: str(one.agreement), "", limit + 1):  # that of `after` may have no more
        agreement = find_agreement(sight.connection, sight.log_id, offer.agreement)
        rows = sorted(_read_baselines(agreement), key=lambda one: one.place) if agreement else []
        found += [one for one in rows if one.place > after]
    return found[:limit]


def _read_baselines(one: Agreement) -> Iterator[Baseline]:
    terms = one.terms
    unit, factors, review = terms.require_text("quantity_unit"), terms.text("factor_set"), terms.integer("benefit_review")
    place = one.agreement, one.version, one.offer_entry
    if one.shared:
        for row in terms.rows("stand_alone_cost"):
            organisation = row.require_text("organisation")
            yield Baseline(*place, organisation, "stand_alone_cost", None, row.integer("cost"), None, unit, factors, review)
        return
    for organisation, name in ((one.supplier, "baseline_supplier_cost"), (one.receivers[0], "baseline_receiver_cost")):
        ratio = terms.decimal("substitution_ratio") if name == "baseline_receiver_cost" else None
        yield Baseline(*place, organisation, name, terms.decimal(name), None, ratio, unit, factors, review)


def find_period(sight: Sight, period: str) -> ClosedPeriod:
    """Find a closed period; raises NotFound."""
    found = tables.find_period(sight.connection, sight.log_id, period)
    if found is None:
        raise NotFound("this period is not closed")
    return found


def find_savings(sight: Sight, period: str) -> SeenSavings:
    """Show a period's savings; raises NotFound."""
    closed = find_period(sight, period)
    lines = tables.list_lines(sight.connection, sight.log_id, period)
    complete = bool(sight.find_visible([ask_open(closed.entry, "period.closed")]))
    owners = {line.organisation for line in lines}
    total = sum(line.saving for line in lines) if complete or len(owners) >= ENOUGH else None
    shown = lines if complete else [line for line in lines if line.organisation == sight.organisation]
    return SeenSavings(period, len(owners), total, complete, shown)
