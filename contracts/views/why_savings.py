"""Why a saving line has its amounts: baseline, costs and prices, down to deliveries and what both sides said of them.

Nothing is computed here that the close did not: the same rules are asked again, one term at a time, and a leaf whose arithmetic does not
give the recorded amount says so instead of showing it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from contracts.agreements.tables import Agreement, find_agreement
from contracts.money import minor_units
from contracts.parties.reading import Asked
from contracts.parties.tables import get_network
from contracts.period import Period
from contracts.savings import tables
from contracts.savings.facts import LineCause, SavingLine
from contracts.savings.rules import METHOD, fixed_weights
from contracts.views.derivation import (
    Closed,
    Derivation,
    Evidence,
    Factor,
    Rounding,
    Rule,
    Source,
    Unit,
    Use,
    What,
    compute,
    make_leaf,
    negate,
    state_amount,
)
from contracts.views.sight import Sight, ask_open
from contracts.views.why_deliveries import CountedRow, describe_use, explain_delivery_price, explain_repriced, read_counted

NOTHING = Decimal(0)
_MONTHS = 12


@dataclass(slots=True)
class Scope:
    """A sight with what many derivations of one answer ask for."""

    sight: Sight
    exponent: int  #: decimals of the network's currency
    agreements: dict[str, Agreement | None] = field(default_factory=dict)
    readable: dict[str, bool] = field(default_factory=dict)  #: contracts that the reader may see, by agreement
    lines: dict[str, list[tuple[int, SavingLine]]] = field(default_factory=dict)  #: by closed period
    rows: dict[tuple[str, str], list[CountedRow]] = field(default_factory=dict)  #: counted deliveries by agreement and closed period

    def find(self, name: str) -> Agreement | None:
        """Find an agreement, whoever may see it."""
        if name not in self.agreements:
            self.agreements[name] = find_agreement(self.sight.connection, self.sight.log_id, name)
        return self.agreements[name]

    def find_readable(self, name: str) -> Agreement | None:
        """Find an agreement whose terms the reader may see."""
        if name not in self.readable:
            one = self.find(name)
            self.readable[name] = one is not None and bool(self.sight.choose([one], _ask_contract))
        return self.find(name) if self.readable[name] else None

    def list_lines(self, period: str) -> list[tuple[int, SavingLine]]:
        """List a closed period's lines with their numbers, whoever may see them."""
        if period not in self.lines:
            self.lines[period] = tables.list_numbered_lines(self.sight.connection, self.sight.log_id, period)
        return self.lines[period]

    def list_rows(self, agreement: str, period: str, of_period: str) -> tuple[list[CountedRow], list[CountedRow]]:
        """List the deliveries that a close counted, first those that the reader may see, then all others."""
        key = agreement, period
        if key not in self.rows:
            self.rows[key] = read_counted(self.sight.connection, self.sight.log_id, agreement, period)
        rows = [row for row in self.rows[key] if row.counted.of_period == of_period]
        seen = {row.delivery.delivery for row in self.sight.choose(rows, lambda row: row.ask())}
        return [row for row in rows if row.delivery.delivery in seen], [row for row in rows if row.delivery.delivery not in seen]


def _ask_contract(one: Agreement) -> Asked:
    return ask_open(one.offer_entry, "agreement.offered", one.offered_by)


def open_scope(sight: Sight) -> Scope:
    """Open a scope for one answer."""
    return Scope(sight, minor_units(get_network(sight.connection, sight.log_id).currency))


def cite_contract(one: Agreement, *terms: str) -> Source:
    """Name a contract's parameters as a rule's source."""
    return Source(Rule.CONTRACT, one.agreement, one.version, tuple(terms), one.offer_entry)


def explain_line(scope: Scope, period: str, number: int) -> Derivation:
    """Explain a saving line, for whom it is open: saving = baseline − costs + price; KeyError where there is none."""
    line = dict(scope.list_lines(period))[number]
    one = scope.find_readable(line.agreement)
    closed = tables.find_period(scope.sight.connection, scope.sight.log_id, period)
    whole = Derivation(
        What.SAVING,
        line.saving,
        organisation=line.organisation,
        agreement=line.agreement,
        period=line.of_period,
        count=line.deliveries,
        quantity=line.quantity,
        unit=line.unit,
        path=f"/why/savings/{period}/{number}",
        source=Source(Rule.METHOD, METHOD),
        evidence=(Evidence(closed.entry, "period.closed"),) if closed else (),
    )
    if one is None:
        return replace(whole, closed=Closed.CONTRACT)
    parts = _part_shared(scope, period, number, one) if one.shared else _part_supply(scope, period, line, one)
    return replace(
        whole, parts=tuple(part for part in parts if part.amount or part.what is What.BASELINE), uses=_list_uses(scope, period, line, one)
    )


def _list_uses(scope: Scope, period: str, line: SavingLine, one: Agreement) -> tuple[Use, ...]:
    """List the deliveries that a line counts, as far as they are for the reader."""
    rows = scope.list_rows(line.agreement, period, line.of_period)[0]
    runs = one.shared and line.organisation == one.supplier and line.deliveries == len(rows)
    return tuple(describe_use(row) for row in rows if not one.shared or runs or row.delivery.receiver == line.organisation)


def _part_supply(scope: Scope, period: str, line: SavingLine, one: Agreement) -> list[Derivation]:
    """Part a supply's line: baseline, agreed and reported costs, prices."""
    supplies, terms = line.organisation == one.supplier, one.terms
    quantity = Factor(Fraction(line.quantity), Unit.QUANTITY, line.unit, "quantity")

    def price(name: str) -> Factor:
        return Factor(Fraction(terms.decimal(name) or NOTHING), Unit.UNIT_PRICE, line.unit, name)

    avoided = "baseline_supplier_cost" if supplies else "baseline_receiver_cost"
    factors = [quantity, price(avoided)]
    ratio = None if supplies else terms.decimal("substitution_ratio")
    if ratio is not None:
        factors.append(Factor(Fraction(ratio), Unit.RATIO, name="substitution_ratio"))
    source = cite_contract(one, avoided, *(["substitution_ratio"] if ratio is not None else []))
    baseline = make_leaf(Derivation(What.BASELINE, line.baseline, source=source), compute([factors], scope.exponent, Rounding.HALF_EVEN))
    carries = (terms.text("transport_payer") == "supplier") == supplies
    names = ["supplier_handling_cost" if supplies else "receiver_processing_cost", *(["transport_cost"] if carries else [])]
    costs = [name for name in names if terms.decimal(name)]
    agreed = compute([[quantity, price(name)] for name in costs], scope.exponent, Rounding.HALF_EVEN, -1)
    cost = Derivation(What.AGREED_COST, agreed.result, arithmetic=agreed, source=cite_contract(one, *costs))
    reported = _explain_reported(scope, line, -line.cost - agreed.result)
    return [baseline, cost, reported, explain_price(scope, period, line, 1 if supplies else -1)]


def _explain_reported(scope: Scope, line: SavingLine, amount: int) -> Derivation:
    """Explain costs that were reported under seal: item by item, for whom they are open."""
    sight = scope.sight
    whole = Derivation(What.REPORTED_COST, amount, organisation=line.organisation, agreement=line.agreement, period=line.of_period)
    report = tables.find_cost_report(sight.connection, sight.log_id, line.agreement, line.organisation, line.of_period)
    if report is None or not sight.choose([report], lambda one: ask_open(one.entry, "costs.reported", one.organisation)):
        return replace(whole, closed=Closed.SEALED)
    source, evidence = Source(Rule.SAID, entry=report.entry), (Evidence(report.entry, "costs.reported"),)
    items = tuple(
        Derivation(What.COST_ITEM, -item.amount, arithmetic=state_amount(item.amount, -1), name=item.item) for item in report.items
    )
    if sum(item.amount for item in items) != amount:
        return replace(whole, closed=Closed.ERASED, source=source, evidence=evidence)
    return replace(whole, parts=items, source=source, evidence=evidence)


def explain_price(scope: Scope, period: str, line: SavingLine, sign: int) -> Derivation:
    """Explain the price of a supply's line, from the supplier's side (+1) or the receiver's (−1), delivery by delivery."""
    sight, known = scope.sight, scope.find(line.agreement)
    price = line.price if known and line.organisation == known.supplier else -line.price  # from the supplier's side
    whole = Derivation(
        What.PRICE, price, agreement=line.agreement, period=line.of_period, count=line.deliveries, quantity=line.quantity, unit=line.unit
    )
    one = scope.find_readable(line.agreement)
    if one is None:
        return replace(whole, amount=sign * price, closed=Closed.CONTRACT)
    seen, others = scope.list_rows(line.agreement, period, line.of_period)
    parts = [explain_delivery_price(sight.connection, sight.log_id, one, row, scope.exponent) for row in seen]
    if others:
        hidden = sum(row.counted.price for row in others)
        parts.append(Derivation(What.HIDDEN_DELIVERIES, hidden, closed=Closed.OTHERS, count=len(others), agreement=one.agreement))
    rest = price - sum(part.amount for part in parts)
    if rest:
        parts.append(explain_repriced(sight.connection, sight.log_id, one, period, line.of_period, rest))
    priced = replace(whole, parts=tuple(parts))
    return priced if sign > 0 else negate(priced)


def list_users(scope: Scope, period: str, agreement: str, of_period: str) -> list[tuple[int, SavingLine]]:
    """List the lines of a shared asset's users; the operator's own line, which stands last, is left out."""
    return [(place, one) for place, one in scope.list_lines(period) if (one.agreement, one.of_period) == (agreement, of_period)][:-1]


def _part_shared(scope: Scope, period: str, number: int, one: Agreement) -> list[Derivation]:
    """Part a shared asset's line: what standing alone would cost, and the charges."""
    line = dict(scope.list_lines(period))[number]
    placed = list_users(scope, period, one.agreement, line.of_period)
    users = [each for _, each in placed]
    if number not in dict(placed):
        charges = [negate(explain_charge(scope, one, each, users)) for each in users]
        total = sum(charge.amount for charge in charges)
        source = cite_contract(one, "fixed_cost", "variable_cost")
        running = Derivation(What.RUNNING_COST, -total, arithmetic=state_amount(total, -1, "charges"), source=source)
        earned = Derivation(What.CHARGES, total, parts=tuple(charges), agreement=one.agreement)
        return [running, _explain_reported(scope, line, total - line.cost), earned]
    alone = {row.text("organisation"): row.require_integer("cost") for row in one.terms.rows("stand_alone_cost")}
    baseline = Derivation(What.BASELINE, 0, arithmetic=state_amount(0))
    if line.cause is LineCause.CURRENT:
        source = cite_contract(one, "stand_alone_cost")
        baseline = _explain_month(What.BASELINE, alone.get(line.organisation, 0), line.of_period, source)
    return [baseline, _explain_reported(scope, line, -line.cost), explain_charge(scope, one, line, users)]


def _explain_month(what: What, yearly: int, period: str, source: Source) -> Derivation:
    """Explain a month's part of a yearly amount: what is due by its end less what was due by its beginning, each rounded down."""
    month, parts = int(period[5:]), []
    for kind, passed, sign in ((What.YEAR_TO_MONTH, month, 1), (What.YEAR_BEFORE, month - 1, -1)):
        factors = [Factor(Fraction(yearly), Unit.MONEY, name="a_year"), Factor(Fraction(passed, _MONTHS), Unit.RATIO, name="months")]
        arithmetic = compute([factors], 0, Rounding.DOWN, sign)
        parts.append(Derivation(kind, arithmetic.result, arithmetic=arithmetic, period=period))
    return Derivation(what, sum(part.amount for part in parts), parts=tuple(parts), source=source, period=period)


def explain_charge(scope: Scope, one: Agreement, line: SavingLine, users: Sequence[SavingLine]) -> Derivation:
    """Explain what a user of a shared asset pays, as a negative amount: its part of the month's fixed cost, and its metered use."""
    whole = Derivation(What.CHARGE, line.price, organisation=line.organisation, agreement=one.agreement, period=line.of_period)
    rate = Factor(Fraction(one.terms.decimal("variable_cost") or NOTHING), Unit.UNIT_PRICE, line.unit, "variable_cost")
    quantity = Factor(Fraction(line.quantity), Unit.QUANTITY, line.unit, "quantity")
    use = compute([[quantity, rate]], scope.exponent, Rounding.HALF_EVEN, -1)
    parts = [Derivation(What.USE_CHARGE, use.result, arithmetic=use, source=cite_contract(one, "variable_cost", "variable_key"))]
    if line.cause is LineCause.CURRENT:
        used = {each.organisation: each.quantity for each in users}
        parts.insert(0, _explain_fixed(one, line, used, line.price - use.result))
    kept = tuple(part for part in parts if part.amount)
    if sum(part.amount for part in kept) != line.price:
        return replace(whole, closed=Closed.CHANGED)
    return replace(whole, parts=kept)


def _explain_fixed(one: Agreement, line: SavingLine, used: Mapping[str, Decimal], amount: int) -> Derivation:
    """Explain a user's part of the month's fixed cost: by the agreed key, rounded so that all parts add up."""
    yearly, source = one.terms.require_integer("fixed_cost"), cite_contract(one, "fixed_cost", "fixed_key")
    weights = fixed_weights(one.terms, used)
    weights = weights if any(weights.values()) else dict.fromkeys(used, Fraction(1))
    key = Factor(weights[line.organisation] / sum(weights.values(), Fraction(0)), Unit.RATIO, name="key")
    month = Factor(Fraction(Period(line.of_period).take_part(yearly)), Unit.MONEY, name="month_cost")
    arithmetic = compute([[month, key]], 0, Rounding.REMAINDER_DOWN, -1)
    if arithmetic.result != amount:
        arithmetic = compute([[month, key]], 0, Rounding.REMAINDER_UP, -1)
    whole = Derivation(What.FIXED_CHARGE, amount, source=source, organisation=line.organisation, name=one.terms.text("fixed_key") or "")
    return replace(make_leaf(whole, arithmetic), basis=(_explain_month(What.MONTH_COST, yearly, line.of_period, source),))
