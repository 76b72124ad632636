"""Rules across parameters: what no single limit can say. Each kind is one function, named in the contract file.

``ordered`` compares its parameters in sequence; the others are looked up in ``_KINDS``. All are pure.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise

from contracts.errors import Finding
from contracts.templates.pricing import estimate_contract_value
from contracts.templates.template import Constraint, Definition, Template
from contracts.templates.terms import Terms

_HUNDRED = Decimal(100)
_LEAST_DAYS_A_MONTH = 28
_HOURS_A_DAY = 24
_DAYS_A_LEAP_YEAR = 366

Rule = Callable[[Constraint, Terms], Iterator[Finding]]


def find_violations(template: Template, constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    """Yield the faults that a constraint finds; the terms are free of faults by themselves.

    Raises:
        KeyError: the contract file names a kind that is not written here.

    """
    if constraint.kind == "ordered":
        yield from _check_ordered(template, constraint, terms)
    elif constraint.kind == "signatories":
        yield from _check_signatories(template, constraint, terms)
    else:
        yield from _KINDS[constraint.kind](constraint, terms)


def list_kinds() -> frozenset[str]:
    """Return every kind that a contract file may name."""
    return frozenset(_KINDS) | {"ordered", "signatories"}


def find_role_holders(template: Template, terms: Terms) -> tuple[str, ...]:
    """Return the organisations that hold a role, each once, in the order of the template's roles."""
    parties: dict[str, None] = {}
    for role in template.roles:
        name, _, column = role.parameter.partition(".")
        holders = [row.text(column) for row in terms.rows(name)] if column else [terms.text(name)]
        parties.update({holder: None for holder in holders if holder is not None})
    return tuple(parties)


def _fault(constraint: Constraint, parameter: str, message: str = "") -> Finding:
    return Finding(f"parameters.{parameter}", constraint.name, message or constraint.text)


def _check_ordered(template: Template, constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    """Each given parameter must not be less than the given one before it."""
    given = [one for name in constraint.parameters if (one := template.find_parameter(name)) and terms.has(name)]
    for lower, upper in pairwise(given):
        if _read_comparable(lower, terms) > _read_comparable(upper, terms):
            yield _fault(constraint, upper.name, f"{upper.label} is less than {lower.label.lower()}: {constraint.text}")


def _read_comparable(definition: Definition, terms: Terms) -> Decimal:
    if definition.type == "date":
        return Decimal(terms.require_day(definition.name).toordinal())
    if definition.type in ("integer", "duration", "money"):
        return Decimal(terms.require_integer(definition.name))
    return terms.require_decimal(definition.name)


def _check_differ(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    first, second = constraint.parameters
    if terms.has(first) and terms.text(first) == terms.text(second):
        yield _fault(constraint, second)


def _check_take_or_pay(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    """Take-or-pay needs a quantity duty, room under the free shortfall, and a price that the receiver pays."""
    level = terms.decimal("take_or_pay") or Decimal(0)
    supply = terms.decimal("supply_or_pay") or Decimal(0)
    tolerance = terms.decimal("down_tolerance") or Decimal(0)
    if terms.text("quantity_model") not in ("firm", "band"):
        for name, value in (("take_or_pay", level), ("supply_or_pay", supply)):
            if value > 0:
                yield _fault(constraint, name, f"{name} needs quantity_model firm or band; set it to 0 or change the model")
        return
    if level > _HUNDRED - tolerance:
        most = _HUNDRED - tolerance
        yield _fault(constraint, "take_or_pay", f"take-or-pay of {level} % is above 100 - down_tolerance = {most} %; lower one of them")
    price = terms.decimal("base_price")
    if level > 0 and (terms.text("price_model") in ("gate_fee", "free") or (price is not None and price < 0)):
        yield _fault(
            constraint,
            "take_or_pay",
            "take-or-pay contradicts a gate fee or a free handover: there the supplier pays or nobody does; set take_or_pay "
            "to 0 and use supply_or_pay for the room that the supplier booked",
        )


def _check_price_sign(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    model, price = terms.text("price_model"), terms.decimal("base_price")
    if price is None:
        return
    if model == "gate_fee" and price >= 0:
        yield _fault(constraint, "base_price", "a gate fee is a negative price (the supplier pays); write it as -20")
    elif model == "free" and price != 0:
        yield _fault(constraint, "base_price", "a free handover has no price; leave it out or write 0")
    elif model not in ("gate_fee", "free") and price < 0:
        yield _fault(constraint, "base_price", "a negative price is allowed only with price_model gate_fee")


def _check_tiers(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    """Ranges are half-open, start at 0, follow each other without gap, and only the last has no end."""
    expected: Decimal | None = Decimal(0)
    rows = terms.rows("price_tiers")
    for index, row in enumerate(rows):
        start, end = row.require_decimal("from"), row.decimal("to")
        where = f"price_tiers.{index}"
        if expected is None or start != expected:
            wanted = "nothing, for the range before has no end" if expected is None else str(expected)
            yield _fault(constraint, f"{where}.from", f"tier {index + 1} starts at {start}; it must start at {wanted}")
        if end is not None and end <= start:
            yield _fault(constraint, f"{where}.to", f"tier {index + 1} ends at {end}, not above its start {start}")
        expected = end
    if rows and expected is not None:
        yield _fault(constraint, f"price_tiers.{len(rows) - 1}.to", "the last tier must have no end; leave its 'to' empty")


def _check_index_weights(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    if terms.text("price_model") != "indexed":
        return
    fixed = terms.decimal("index_fixed_share") or Decimal(0)
    rows = terms.rows("index_terms")
    total = fixed + sum(row.require_decimal("weight") for row in rows)
    if total != 1:
        yield _fault(constraint, "index_terms", f"fixed share and weights add up to {total}; they must add up to 1")
    known = {row.require_text("index") for row in rows}
    for position, row in enumerate(terms.rows("index_values")):
        if row.require_text("index") not in known:
            name = row.require_text("index")
            yield _fault(constraint, f"index_values.{position}.index", f"{name!r} is not among index_terms; remove the row")


def _check_spec_rows(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    """Limits of each row in order, steps with their price, uncertainty where the decision rule is guarded by it."""
    for name in (one for one in constraint.parameters if one not in ("decision_rule", "offspec_rule")):
        for index, row in enumerate(terms.rows(name)):
            where = f"{name}.{index}"
            subject = row.require_text("parameter")
            limits = [(key, row.decimal(key)) for key in ("reject_min", "min", "target", "max", "reject_max")]
            given = [(key, value) for key, value in limits if value is not None]
            if all(key == "target" for key, _ in given):
                yield _fault(constraint, where, f"{subject}: a row needs at least one limit; fill in min, max or a rejection limit")
            for (low, least), (high, most) in pairwise(given):
                if least > most:
                    yield _fault(constraint, f"{where}.{high}", f"{subject}: {high} {most} is below {low} {least}")
            if row.has("adjustment_step") != row.has("adjustment_price"):
                yield _fault(constraint, where, f"{subject}: adjustment_step and adjustment_price belong together; give both")
            if terms.text("decision_rule") == "guarded" and not row.has("uncertainty"):
                message = f"{subject}: a guarded decision needs the uncertainty of the method; fill it in"
                yield _fault(constraint, f"{where}.uncertainty", message)


def _check_discount(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    if terms.text("offspec_rule") == "discount" and not any(row.has("adjustment_step") for row in terms.rows("quality_spec")):
        yield _fault(constraint, "quality_spec")


def _check_signatories(template: Template, constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    """Each party signs, and on each side one row's limit holds the contract's value."""
    parties = find_role_holders(template, terms)
    rows = terms.rows("signatories")
    value = estimate_contract_value(terms)
    for party in parties:
        limits = [row.integer("limit") for row in rows if row.text("organisation") == party]
        if not limits:
            yield _fault(constraint, "signatories", f"{party} is a party but has no signatory; add one")
        elif value is not None and all(limit is not None and limit < value for limit in limits):
            message = f"no signatory of {party} has a limit that holds the contract's value of {value} minor units"
            yield _fault(constraint, "signatories", message)
    for index, row in enumerate(rows):
        if row.text("organisation") not in parties:
            where = f"signatories.{index}.organisation"
            yield _fault(constraint, where, f"{row.text('organisation')} signs but is not a party; remove the row")


def _check_notice(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    term, notice = terms.integer("renewal_term"), terms.integer("renewal_notice")
    if term is not None and notice is not None and notice >= term * _LEAST_DAYS_A_MONTH:
        yield _fault(constraint, "renewal_notice")


def _check_samples(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    hours, days = terms.integer("inspection_period"), terms.integer("retained_sample_days")
    if hours is not None and days is not None and days * _HOURS_A_DAY < hours:
        yield _fault(constraint, "retained_sample_days")


def _check_exit_table(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    rows = terms.rows("early_exit_payment")
    amounts = [row.require_integer("amount") for row in rows]
    years = [row.require_integer("year") for row in rows]
    if years != sorted(set(years)) or amounts != sorted(amounts, reverse=True) or (amounts and amounts[-1] != 0):
        yield _fault(constraint, "early_exit_payment")


def _check_permits(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    start = terms.day("first_delivery_date")
    for index, row in enumerate(terms.rows("permits")):
        expiry = row.day("expiry")
        if start is not None and expiry is not None and expiry < start:
            message = f"permit {row.text('number')} expires before the first delivery; name the permit that holds then"
            yield _fault(constraint, f"permits.{index}.expiry", message)


def _check_shares(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    """Capacity shares leave room for the reserve; stand-alone costs are known for exactly those who share."""
    shares = terms.rows("shares")
    reserve = terms.decimal("reserve_share") or Decimal(0)
    total = sum((row.require_decimal("capacity_share") for row in shares), Decimal(0))
    if total > _HUNDRED - reserve:
        message = f"capacity shares add up to {total} %; with a reserve of {reserve} % at most {_HUNDRED - reserve} % can be given"
        yield _fault(constraint, "shares", message)
    if total == 0 and terms.text("fixed_key") == "capacity_share":
        yield _fault(constraint, "shares", "fixed cost goes by capacity share, but no share is above 0; give shares")
    users = {row.require_text("organisation") for row in shares if row.require_decimal("capacity_share") > 0}
    alone = {row.require_text("organisation") for row in terms.rows("stand_alone_cost")}
    for missing in sorted(users - alone):
        yield _fault(constraint, "stand_alone_cost", f"{missing} shares the asset but has no stand-alone cost; add the row")
    for stranger in sorted(alone - {row.require_text("organisation") for row in shares}):
        yield _fault(constraint, "stand_alone_cost", f"{stranger} has a stand-alone cost but no share; remove the row")


def _check_daily_quantity(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    daily, annual = terms.decimal("daily_max"), terms.decimal("annual_contract_quantity")
    if daily is not None and annual is not None and daily * _DAYS_A_LEAP_YEAR < annual:
        yield _fault(constraint, "daily_max")


def _check_booking_window(constraint: Constraint, terms: Terms) -> Iterator[Finding]:
    opens, closes = terms.integer("booking_opens"), terms.integer("booking_closes")
    if opens is not None and closes is not None and opens * _HOURS_A_DAY <= closes:
        yield _fault(constraint, "booking_closes")


_KINDS: dict[str, Rule] = {
    "differ": _check_differ,
    "take_or_pay": _check_take_or_pay,
    "price_sign": _check_price_sign,
    "tiers": _check_tiers,
    "index_weights": _check_index_weights,
    "spec_rows": _check_spec_rows,
    "discount": _check_discount,
    "notice": _check_notice,
    "samples": _check_samples,
    "exit_table": _check_exit_table,
    "permits": _check_permits,
    "shares": _check_shares,
    "daily_quantity": _check_daily_quantity,
    "booking_window": _check_booking_window,
}
