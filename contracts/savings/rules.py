"""Savings of a period: prices, baselines and costs of each exchange, organisation by organisation, to the cent.

saving = baseline − cost + price, where cost is what the agreement states per unit and what was reported under seal. Summed over an
exchange's parties the prices between them cancel, so that the sum is what the exchange saved.
Money is rounded where the agreement says so: once per delivery for prices, once per line for baselines. What was settled after
its period was closed becomes a true-up line of the period that closes next, under the prices of its own period; so does a change of
price by what was certified of a delivery after its period was closed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from contracts.money import price_quantity, split_money
from contracts.period import Period
from contracts.savings.facts import LineCause, SavingLine
from contracts.templates.charges import stand_alone_costs
from contracts.templates.pricing import price_delivery
from contracts.templates.terms import Terms

METHOD = "period-close/1"
NOTHING = Decimal(0)
_EXACT = Context(prec=80)  #: wide enough for any product of two bounded decimals


@dataclass(frozen=True, slots=True)
class Exchange:
    """An agreement as far as savings go."""

    agreement: str
    terms: Terms
    supplier: str  #: of a shared asset its operator
    receivers: tuple[str, ...]  #: one receiver; of a shared asset its users
    shared: bool  #: a shared asset


@dataclass(frozen=True, slots=True)
class Handover:
    """A settled delivery that no closed period has counted."""

    delivery: str
    agreement: str
    receiver: str
    of_period: str  #: period of the title transfer, "2025-03"
    quantity: Decimal  #: in the agreement's unit and price basis; negative for a reversal
    unit: str
    adjustment: Decimal  #: currency per unit by which quality changes the price, mostly negative
    refused_price: bool  #: quality makes the price fall away altogether
    taken_before: Decimal  #: settled before this one in the same contract year


@dataclass(frozen=True, slots=True)
class Requalified:
    """A delivery that a close has counted, as it stood then and as certificates have it now."""

    before: Handover
    after: Handover  #: the same but for `adjustment` and `refused_price`


@dataclass(frozen=True, slots=True)
class PeriodInputs:
    """All that a period's close reads."""

    period: str
    currency: str
    exchanges: tuple[Exchange, ...]
    handovers: tuple[Handover, ...]  #: in order of settlement
    costs: Mapping[tuple[str, str], int]  #: reported, minor units, by (agreement, organisation)
    reports: tuple[str, ...]  #: statement hashes of the reports that say so
    in_force: frozenset[str]  #: agreements in force at any moment of the period
    requalified: tuple[Requalified, ...] = ()  #: counted by an earlier close, and priced otherwise by quality now


def price_handover(terms: Terms, handover: Handover, currency: str) -> int:
    """Price one delivery in minor units, from the supplier's side: agreed price and quality adjustment, each rounded once."""
    if handover.refused_price:
        return 0
    agreed = price_delivery(terms, handover.quantity, taken_before=handover.taken_before, period=Period(handover.of_period))
    return agreed + (price_quantity(handover.quantity, handover.adjustment, currency) if handover.adjustment else 0)


def price_change(terms: Terms, one: Requalified, currency: str) -> int:
    """Price what quality has changed since a delivery was counted, minor units from the supplier's side."""
    return price_handover(terms, one.after, currency) - price_handover(terms, one.before, currency)


def compute_lines(inputs: PeriodInputs) -> tuple[SavingLine, ...]:
    """Compute the saving lines of a period, ordered by agreement, period of the deliveries and organisation."""
    lines: list[SavingLine] = []
    for exchange in sorted(inputs.exchanges, key=lambda one: one.agreement):
        mine = [one for one in inputs.handovers if one.agreement == exchange.agreement]
        periods = {one.of_period for one in mine}
        periods |= {
            one.after.of_period for one in _list_requalified(exchange, inputs) if price_change(exchange.terms, one, inputs.currency)
        }
        if _has_costs(exchange, inputs) or (exchange.shared and exchange.agreement in inputs.in_force):
            periods.add(inputs.period)
        for of_period in sorted(periods):
            chosen = [one for one in mine if one.of_period == of_period]
            lines += (_share_asset if exchange.shared else _value_supply)(exchange, of_period, chosen, inputs)
    return tuple(lines)


def _value_supply(exchange: Exchange, of_period: str, chosen: Sequence[Handover], inputs: PeriodInputs) -> list[SavingLine]:
    """Value a supply: the supplier avoids disposal, the receiver avoids buying elsewhere, the price passes between them."""
    quantity = sum((one.quantity for one in chosen), NOTHING)
    price = sum(price_handover(exchange.terms, one, inputs.currency) for one in chosen)
    changed = [one for one in _list_requalified(exchange, inputs) if one.after.of_period == of_period]
    price += sum(price_change(exchange.terms, one, inputs.currency) for one in changed)
    terms, supplier, receiver = exchange.terms, exchange.supplier, exchange.receivers[0]
    replaced = terms.decimal("substitution_ratio") or Decimal(1)
    avoided = {
        supplier: terms.decimal("baseline_supplier_cost") or NOTHING,
        receiver: multiply(terms.decimal("baseline_receiver_cost") or NOTHING, replaced),
    }
    agreed = {supplier: terms.decimal("supplier_handling_cost") or NOTHING, receiver: terms.decimal("receiver_processing_cost") or NOTHING}
    carrier = supplier if terms.text("transport_payer") == "supplier" else receiver
    agreed[carrier] += terms.decimal("transport_cost") or NOTHING
    signs = {supplier: 1, receiver: -1}
    return [
        _make_line(
            exchange,
            organisation,
            of_period,
            inputs,
            deliveries=len(chosen),
            quantity=quantity,
            baseline=price_quantity(quantity, unit_cost, inputs.currency),
            price=signs[organisation] * price,
            agreed_cost=price_quantity(quantity, agreed[organisation], inputs.currency),
        )
        for organisation, unit_cost in sorted(avoided.items())
    ]


def _share_asset(exchange: Exchange, of_period: str, chosen: Sequence[Handover], inputs: PeriodInputs) -> list[SavingLine]:
    """Value a shared asset: users avoid what each would pay alone, and pay the operator its cost by the agreed keys."""
    used = {user: sum((one.quantity for one in chosen if one.receiver == user), NOTHING) for user in exchange.receivers}
    current = of_period == inputs.period
    charges = charge_users(exchange.terms, of_period, used, fixed=current, currency=inputs.currency)
    alone = stand_alone_costs(exchange.terms, of_period) if current else {}
    lines = [
        _make_line(
            exchange,
            user,
            of_period,
            inputs,
            deliveries=sum(1 for one in chosen if one.receiver == user),
            quantity=used[user],
            baseline=alone.get(user, 0),
            price=-charges[user],
            reports=user != exchange.supplier,
        )
        for user in sorted(exchange.receivers)
    ]
    total = sum(charges.values())
    running = {"deliveries": len(chosen), "quantity": sum(used.values(), NOTHING), "baseline": 0, "price": total, "agreed_cost": total}
    # The operator's own line stands last: it runs the asset at cost, and uses it, if it does, like any other user.
    return [*lines, _make_line(exchange, exchange.supplier, of_period, inputs, **running)]  # type: ignore[arg-type]  # names of the columns


def charge_users(terms: Terms, period: str, used: Mapping[str, Decimal], *, fixed: bool, currency: str) -> dict[str, int]:
    """Charge a shared asset's cost to its users: the month's fixed cost by the fixed key, the variable cost by metered use."""
    charges = dict.fromkeys(used, 0)
    if fixed:
        month_cost = Period(period).take_part(terms.require_integer("fixed_cost"))
        weights = fixed_weights(terms, used)
        # Keys that weigh nobody (no use, no share, nothing to save alone) leave equal parts: somebody pays the operator.
        weights = weights if any(weights.values()) else dict.fromkeys(used, Fraction(1))
        for user, part in split_money(month_cost, weights).items():
            charges[user] += part
    rate = terms.decimal("variable_cost") or NOTHING
    return {user: charge + price_quantity(used[user], rate, currency) for user, charge in charges.items()}


def fixed_weights(terms: Terms, used: Mapping[str, Decimal]) -> dict[str, Fraction]:
    """Give the weights of the fixed key; where nothing was metered, capacity shares stand in for use."""
    shares = {row.require_text("organisation"): Fraction(row.require_decimal("capacity_share")) for row in terms.rows("shares")}
    capacity = {user: shares.get(user, Fraction(0)) for user in used}
    match terms.text("fixed_key"):
        case "equal":
            return {user: Fraction(1) for user in used}
        case "metered_use" if any(used.values()):
            return {user: Fraction(max(amount, NOTHING)) for user, amount in used.items()}
        case "shapley":
            return share_stages(
                {row.require_text("organisation"): row.require_integer("cost") for row in terms.rows("stand_alone_cost")}, used
            )
        case _:
            return capacity


def share_stages(alone: Mapping[str, int], users: Iterable[str]) -> dict[str, Fraction]:
    """Weigh users by the airport formula: each step of stand-alone cost is shared by all who need it (Littlechild & Owen 1973)."""
    waiting = sorted(users, key=lambda user: (alone.get(user, 0), user))
    weights: dict[str, Fraction] = {}
    reached, below = Fraction(0), 0
    for place, user in enumerate(waiting):
        reached += Fraction(alone.get(user, 0) - below, len(waiting) - place)
        below = alone.get(user, 0)
        weights[user] = reached
    return weights


def multiply(one: Decimal, other: Decimal) -> Decimal:
    """Multiply two bounded decimals exactly."""
    return _EXACT.multiply(one, other)


def _list_requalified(exchange: Exchange, inputs: PeriodInputs) -> list[Requalified]:
    """Use of a shared asset has no price by quality."""
    return [] if exchange.shared else [one for one in inputs.requalified if one.after.agreement == exchange.agreement]


def _has_costs(exchange: Exchange, inputs: PeriodInputs) -> bool:
    return any((exchange.agreement, organisation) in inputs.costs for organisation in (exchange.supplier, *exchange.receivers))


def _make_line(  # noqa: PLR0913 - one argument a column
    exchange: Exchange,
    organisation: str,
    of_period: str,
    inputs: PeriodInputs,
    *,
    deliveries: int,
    quantity: Decimal,
    baseline: int,
    price: int,
    agreed_cost: int = 0,
    reports: bool = True,
) -> SavingLine:
    current = of_period == inputs.period
    reported = inputs.costs.get((exchange.agreement, organisation), 0) if current and reports else 0
    cost = reported + agreed_cost
    return SavingLine(
        agreement=exchange.agreement,
        organisation=organisation,
        cause=LineCause.CURRENT if current else LineCause.TRUE_UP,
        of_period=of_period,
        deliveries=deliveries,
        quantity=quantity,
        unit=exchange.terms.require_text("quantity_unit"),
        baseline=baseline,
        cost=cost,
        price=price,
        saving=baseline - cost + price,
    )


def sum_savings(lines: Iterable[SavingLine], agreements: frozenset[str]) -> dict[str, int]:
    """Sum each organisation's saving over some agreements, minor units."""
    sums: dict[str, int] = {}
    for line in lines:
        if line.agreement in agreements:
            sums[line.organisation] = sums.get(line.organisation, 0) + line.saving
    return sums
