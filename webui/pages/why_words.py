"""Words of derivations: what an amount is, how it was rounded, who ruled it so, and why nothing stands below it."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from contracts.views.derivation import Closed, Derivation, Rounding, Rule, Source, What
from webui.pages.languages import write_period, write_quantity
from webui.pages.rendering import name_organisation

WHATS: dict[What, Any] = {
    What.ACCOUNT: _l("Total of the statement of account"),
    What.ACCOUNT_PRICE: _l("Prices"),
    What.ACCOUNT_SPLIT: _l("To bring both parties to their agreed parts"),
    What.TRANSFER: _l("Transfer: allocated less saved"),
    What.FEE: _l("Fee"),
    What.RESERVE: _l("Reserve"),
    What.PAYMENT: _l("Payment"),
    What.PERIOD: _l("Saved by all together"),
    What.SAVING: _l("Saving: baseline less costs, and the price"),
    What.OTHER_SAVINGS: _l("Savings of all others together"),
    What.EXCHANGE: _l("Saved by the parties together"),
    What.BASELINE: _l("Baseline: what it would have cost without the exchange"),
    What.YEAR_TO_MONTH: _l("Due from the year's beginning to the end of the month"),
    What.YEAR_BEFORE: _l("Less what was due before the month"),
    What.AGREED_COST: _l("Cost of the exchange itself, as agreed for each unit"),
    What.RUNNING_COST: _l("Cost of running the asset: what its users were charged"),
    What.REPORTED_COST: _l("Costs reported under seal"),
    What.COST_ITEM: _l("Cost"),
    What.PRICE: _l("Price of the deliveries"),
    What.CHARGES: _l("Charges received from the users"),
    What.CHARGE: _l("Charge for the shared asset"),
    What.FIXED_CHARGE: _l("Part of the month's fixed cost"),
    What.MONTH_COST: _l("Fixed cost of the month"),
    What.USE_CHARGE: _l("Metered use"),
    What.DELIVERY: _l("Price of the delivery"),
    What.AGREED_PRICE: _l("Agreed price"),
    What.TIERS_WITH: _l("Price of the contract year's quantity with this delivery"),
    What.TIERS_BEFORE: _l("Less the price of the quantity before it"),
    What.QUALITY: _l("Bonus or discount by certified quality"),
    What.REFUSED: _l("The price falls away by certified quality"),
    What.REPRICED: _l("Priced anew by what was certified after its close"),
    What.HIDDEN_DELIVERIES: _l("Deliveries that are not for you to see"),
    What.ALLOCATED: _l("Allocated"),
    What.OWN_SAVING: _l("What was saved in the pool's agreements"),
    What.AGREED_PART: _l("Agreed part of what both saved together"),
}

ROUNDINGS: dict[Rounding, Any] = {
    Rounding.NONE: _l("It is whole: nothing was rounded."),
    Rounding.HALF_EVEN: _l("Rounded once to the nearest whole unit of money, halves to the even one."),
    Rounding.DOWN: _l("Rounded down to a whole unit of money."),
    Rounding.REMAINDER_DOWN: _l("Rounded down; the units of money still missing from the sum went to larger remainders."),
    Rounding.REMAINDER_UP: _l(
        "Rounded down, and one unit of money more: of those still missing from the sum one went to each of the largest remainders."
    ),
}

CLOSED: dict[Closed, Any] = {
    Closed.SEALED: _l("It holds costs under seal: their owner, and an auditor whose grant says so, see more."),
    Closed.OTHERS: _l("It rests on figures of other organisations, which are not for you."),
    Closed.CONTRACT: _l("The contract is not for you to see."),
    Closed.METHOD: _l("This is the method's own result, as it stands on the log."),
    Closed.ERASED: _l("What it rested on was erased."),
    Closed.CHANGED: _l("What it rested on has changed since; the amount stands as it was recorded."),
}

#: Names of factors: parameters of the standard contracts, and words of the rules.
FACTORS: dict[str, Any] = {
    "quantity": _l("quantity"),
    "base_price": _l("price of a unit"),
    "indexed_price": _l("indexed price of a unit"),
    "price_tiers": _l("price in this tier"),
    "quality_adjustment": _l("change by quality for a unit"),
    "baseline_supplier_cost": _l("avoided cost of the supplier for a unit"),
    "baseline_receiver_cost": _l("price of the substituted good for a unit"),
    "substitution_ratio": _l("units of the substituted good that one unit replaces"),
    "supplier_handling_cost": _l("supplier's handling of a unit"),
    "receiver_processing_cost": _l("receiver's processing of a unit"),
    "transport_cost": _l("transport of a unit"),
    "variable_cost": _l("cost of a unit of use"),
    "a_year": _l("a year"),
    "months": _l("part of the year"),
    "month_cost": _l("fixed cost of the month"),
    "key": _l("part by the agreed key"),
    "charges": _l("charges of all users"),
    "exact_share": _l("exact share"),
    "pool": _l("saved by the whole pool"),
    "equal": _l("equal part"),
    "proportional": _l("part of all baselines"),
    "parties": _l("equal part of its parties"),
    "joint_saving": _l("saved by both together"),
    "supplier_share": _l("supplier's part"),
    "allocated": _l("allocated"),
    "fee": _l("fee"),
    "reserve": _l("reserve"),
}

#: Keys by which a shared asset's fixed cost is parted.
KEYS: dict[str, Any] = {
    "equal": _l("in equal parts"),
    "metered_use": _l("by metered use"),
    "shapley": _l("by the steps of what standing alone would cost"),
    "capacity_share": _l("by shares of the capacity"),
}

#: How the fact calls what settled a quantity.
SETTLED: dict[str, Any] = {
    "match": _l("both figures agree within the tolerance"),
    "resolution": _l("both sides named this quantity after a dispute"),
    "correction": _l("proposed by one side and approved by the other"),
    "silence": _l("not contested in the agreed time"),
    "own_use": _l("the operator's own use"),
}


def word_amount(one: Derivation) -> str:
    """Say what an amount is, of whom and of what."""
    words = str(WHATS[one.what])
    if one.what is What.COST_ITEM:
        words = one.name
    elif one.what in (What.DELIVERY, What.REPRICED) and one.delivery:
        words = str(_("Delivery %(delivery)s", delivery=one.delivery))
        words += f": {write_quantity(one.quantity, one.unit or '')}" if one.quantity is not None else ""
    elif one.what in (What.FEE, What.RESERVE):
        words += f", {one.name} ‰"
    elif one.what is What.FIXED_CHARGE and one.name in KEYS:
        words += f", {KEYS[one.name]}"
    elif one.what is What.HIDDEN_DELIVERIES:
        words = ngettext("%(num)s delivery that is not for you to see", "%(num)s deliveries that are not for you to see", one.count or 0)
    elif one.what is What.OTHER_SAVINGS:
        words = ngettext("Saving of %(num)s other organisation", "Savings of %(num)s others together", one.count or 0)
    return str(_("Less: %(amount)s", amount=words)) if one.turned else str(words)


def name_factor(name: str) -> str:
    """Call a factor or a parameter of a contract by its name in words."""
    return str(FACTORS[name]) if name in FACTORS else name.replace("_", " ")


def list_details(one: Derivation) -> list[str]:
    """List what tells an amount from its neighbours: organisation, contract, period, quantity."""
    found = []
    if one.organisation and one.what in (What.SAVING, What.CHARGE, What.ALLOCATED, What.AGREED_PART, What.ACCOUNT):
        found.append(name_organisation(one.organisation))
    if one.counterparty:
        found.append(name_organisation(one.counterparty))
    if one.agreement and one.what in (What.SAVING, What.EXCHANGE, What.ACCOUNT_PRICE, What.ACCOUNT_SPLIT, What.CHARGE):
        found.append(one.agreement)
    if one.period and one.what in (What.SAVING, What.ACCOUNT, What.ACCOUNT_PRICE, What.ACCOUNT_SPLIT, What.PERIOD, What.MONTH_COST):
        found.append(write_period(one.period))
    if one.quantity is not None and one.what in (What.SAVING, What.ACCOUNT_PRICE, What.AGREED_PRICE, What.TIERS_WITH, What.TIERS_BEFORE):
        found.append(write_quantity(one.quantity, one.unit or ""))
    return found


def word_source(one: Source) -> str:
    """Say who or what rules an amount."""
    words = {
        Rule.CONTRACT: _("Contract %(name)s, version %(version)s", name=one.name, version=one.version),
        Rule.METHOD: _("Method %(name)s", name=one.name),
        Rule.RULEBOOK: _("Rulebook %(name)s", name=one.name),
        Rule.SAID: _("As its author said it"),
    }
    return str(words[one.rule])
