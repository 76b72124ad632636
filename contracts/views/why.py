"""Why this number: any amount of savings, shares and accounts, taken apart under a Sight down to what was said on the log.

Each function raises NotFound where the amount is not there or not for the reader, without saying which.
"""

from dataclasses import replace
from fractions import Fraction

from contracts.allocation.tables import ProposedAllocation, find_allocation
from contracts.errors import NotFound
from contracts.governance.tables import list_rulebooks
from contracts.savings.tables import find_counted
from contracts.settlement.facts import AccountLine, LineKind
from contracts.settlement.rules import METHOD
from contracts.settlement.tables import Account
from contracts.views import savings, settlement
from contracts.views.derivation import (
    Closed,
    Derivation,
    Evidence,
    Factor,
    Rounding,
    Rule,
    Source,
    Unit,
    What,
    compute,
    make_leaf,
    negate,
    take_off,
)
from contracts.views.sight import Sight, ask_open
from contracts.views.why_deliveries import explain_delivery_price, join_deliveries
from contracts.views.why_savings import Scope, cite_contract, explain_charge, explain_line, explain_price, list_users, open_scope
from contracts.views.why_shares import explain_share, explain_transfer, sees_lines

_HALF = Fraction(50)


def explain_account(sight: Sight, account: str) -> Derivation:
    """Explain the total of a statement of account, line by line."""
    found, scope = settlement.find_account(sight, account), open_scope(sight)
    parts = tuple(_explain_account_line(scope, found, number) for number in range(len(found.lines)))
    return Derivation(
        What.ACCOUNT,
        found.total,
        parts=parts,
        organisation=found.organisation,
        period=found.period,
        name=found.account,
        path=f"/why/accounts/{found.account}",
        source=Source(Rule.METHOD, METHOD),
        evidence=(Evidence(found.entry, "account.stated"),),
    )


def explain_account_line(sight: Sight, account: str, number: int) -> Derivation:
    """Explain one line of a statement of account, counted from 0."""
    found = settlement.find_account(sight, account)
    if number >= len(found.lines):
        raise NotFound("this statement of account has no such line")
    return _explain_account_line(open_scope(sight), found, number)


def explain_payment(sight: Sight, account: str, counterparty: str) -> Derivation:
    """Explain a payment of a statement of account: its total, less what is paid otherwise."""
    found = settlement.find_account(sight, account)
    paid = {one.counterparty: one.amount for one in found.payments}
    if counterparty not in paid:
        raise NotFound("this statement of account names no such payment")
    whole = explain_account(sight, account)
    others = tuple(
        Derivation(What.PAYMENT, -amount, closed=Closed.METHOD, counterparty=other, source=Source(Rule.METHOD, METHOD))
        for other, amount in paid.items()
        if other != counterparty
    )
    return Derivation(
        What.PAYMENT,
        paid[counterparty],
        parts=(whole, *others),
        organisation=found.organisation,
        counterparty=counterparty,
        period=found.period,
        path=f"/why/payments/{account}/{counterparty}",
        source=Source(Rule.METHOD, METHOD),
        evidence=whole.evidence,
    )


def explain_saving(sight: Sight, period: str, number: int) -> Derivation:
    """Explain a saving line of a closed period, counted from 0: its owner's, or by grant."""
    savings.find_period(sight, period)
    scope = open_scope(sight)
    line = dict(scope.list_lines(period)).get(number)
    if line is None or not (line.organisation == sight.organisation or sees_lines(scope, period)):
        raise NotFound("there is no such line for you to see")
    return explain_line(scope, period, number)


def explain_total(sight: Sight, period: str) -> Derivation:
    """Explain what a period saved: line by line as far as they are for the reader, the others together."""
    seen, scope = savings.find_savings(sight, period), open_scope(sight)
    if seen.total is None:
        raise NotFound("this total is over too few organisations to be shown")
    numbers = [n for n, line in scope.list_lines(period) if seen.complete or line.organisation == sight.organisation]
    parts = [explain_line(scope, period, number) for number in numbers]
    rest = seen.total - sum(part.amount for part in parts)
    if not seen.complete:
        others = seen.organisations - bool(parts)
        parts.append(Derivation(What.OTHER_SAVINGS, rest, closed=Closed.OTHERS, count=others))
    return Derivation(What.PERIOD, seen.total, parts=tuple(parts), period=period, count=seen.organisations, path=f"/why/totals/{period}")


def explain_allocated(sight: Sight, allocation: str, organisation: str) -> Derivation:
    """Explain an organisation's transfer: what it is allocated, less what it saved itself."""
    found = find_allocation(sight.connection, sight.log_id, allocation)
    share = next((one for one in found.shares if one.organisation == organisation), None) if found else None
    if found is None or share is None or not _sees_share(sight, found, organisation):
        raise NotFound("there is no such share for you to see")
    whole = explain_transfer(open_scope(sight), found, share)
    return replace(whole, path=f"/why/shares/{allocation}/{organisation}", name=found.rule)


def explain_delivery(sight: Sight, delivery: str) -> Derivation:
    """Explain the price of a delivery as its close counted it, from the supplier's side."""
    counted = find_counted(sight.connection, sight.log_id, delivery)
    rows = sight.choose(join_deliveries(sight.connection, sight.log_id, [counted] if counted else []), lambda row: row.ask())
    scope = open_scope(sight)
    one = scope.find_readable(rows[0].counted.agreement) if rows else None
    if one is None or one.shared:
        raise NotFound("no close has counted such a delivery with a price for you to see")
    return explain_delivery_price(sight.connection, sight.log_id, one, rows[0], scope.exponent)


def _sees_share(sight: Sight, found: ProposedAllocation, organisation: str) -> bool:
    return organisation == sight.organisation or bool(sight.find_visible([ask_open(found.entry, "allocation.proposed")]))


def _explain_account_line(scope: Scope, account: Account, number: int) -> Derivation:
    line = account.lines[number]
    match line.kind:
        case LineKind.PRICE:
            found = _explain_price_line(scope, account, line)
        case LineKind.SPLIT:
            found = _explain_split(scope, account, line)
        case LineKind.TRANSFER:
            found = _explain_transfer_line(scope, account, line)
        case LineKind.FEE | LineKind.RESERVE:
            found = _explain_taken(scope, account, line)
    return replace(
        found,
        agreement=line.agreement,
        counterparty=line.counterparty,
        organisation=account.organisation,
        period=line.of_period,
        quantity=line.quantity,
        unit=line.unit,
        path=f"/why/accounts/{account.account}/{number}",
    )


def _explain_price_line(scope: Scope, account: Account, line: AccountLine) -> Derivation:
    """Explain prices: each stands in a saving line of the receiver, or is a user's charge for a shared asset."""
    whole = Derivation(What.ACCOUNT_PRICE, line.amount)
    one = scope.find_readable(line.agreement or "")
    if one is None:
        return replace(whole, closed=Closed.CONTRACT)
    supplies = account.organisation == one.supplier
    user = line.counterparty if supplies else account.organisation
    if one.shared:
        users = [each for _, each in list_users(scope, account.period, one.agreement, line.of_period)]
        mine = next(each for each in users if each.organisation == user)
        charge = explain_charge(scope, one, mine, users)
        turned = negate(charge) if supplies else charge
        return replace(whole, parts=turned.parts, closed=turned.closed)
    lines = [each for _, each in scope.list_lines(account.period) if (each.agreement, each.of_period) == (one.agreement, line.of_period)]
    mine = next(each for each in lines if each.organisation == user)
    priced = explain_price(scope, account.period, mine, 1 if supplies else -1)
    return replace(whole, parts=priced.parts, closed=priced.closed)


def _explain_split(scope: Scope, account: Account, line: AccountLine) -> Derivation:
    """Explain a split: the agreed part of what both saved together, less what this party saved itself."""
    whole = Derivation(What.ACCOUNT_SPLIT, line.amount)
    one = scope.find_readable(line.agreement or "")
    if one is None:
        return replace(whole, closed=Closed.CONTRACT)
    lines = [each for each in scope.list_lines(account.period) if (each[1].agreement, each[1].of_period) == (one.agreement, line.of_period)]
    number, mine = next(each for each in lines if each[1].organisation == account.organisation)
    saving = explain_line(scope, account.period, number)
    midpoint = one.terms.text("benefit_rule") != "fixed_split"
    agreed = one.terms.decimal("supplier_share")
    percent = _HALF if midpoint or agreed is None else Fraction(agreed)
    total = sum(each.saving for _, each in lines)
    part = Derivation(
        What.AGREED_PART,
        line.amount + mine.saving,
        organisation=account.organisation,
        agreement=one.agreement,
        name="midpoint" if midpoint else "fixed_split",
        source=cite_contract(one, "benefit_rule", *(() if midpoint else ("supplier_share",))),
    )
    if not sees_lines(scope, account.period):  # the other party's saving holds its sealed costs
        return replace(whole, parts=(replace(part, closed=Closed.SEALED), take_off(saving)))
    joint = Derivation(
        What.EXCHANGE, total, parts=tuple(explain_line(scope, account.period, place) for place, _ in lines), agreement=one.agreement
    )
    factors = [Factor(Fraction(total), Unit.MONEY, name="joint_saving"), Factor(percent, Unit.PERCENT, name="supplier_share")]
    arithmetic = compute([factors], 0, Rounding.HALF_EVEN)
    if account.organisation == one.supplier:
        return replace(whole, parts=(replace(make_leaf(part, arithmetic), basis=(joint,)), take_off(saving)))
    theirs = replace(part, amount=arithmetic.result, arithmetic=arithmetic, organisation=one.supplier)
    return replace(whole, parts=(replace(part, parts=(joint, take_off(theirs))), take_off(saving)))


def _explain_transfer_line(scope: Scope, account: Account, line: AccountLine) -> Derivation:
    found = find_allocation(scope.sight.connection, scope.sight.log_id, account.allocation or "")
    share = next((one for one in found.shares if one.organisation == account.organisation), None) if found else None
    if found is None or share is None or share.transfer != line.amount:
        return Derivation(What.TRANSFER, line.amount, closed=Closed.CHANGED)
    return explain_transfer(scope, found, share)


def _explain_taken(scope: Scope, account: Account, line: AccountLine) -> Derivation:
    """Explain a fee or reserve: so many of a thousand of what the payer was allocated, rounded down."""
    payer = account.organisation if line.amount < 0 else line.counterparty or ""
    what = What.FEE if line.kind is LineKind.FEE else What.RESERVE
    books = [one for one in list_rulebooks(scope.sight.connection, scope.sight.log_id) if one.entry < account.entry]
    permille = 0 if not books else books[-1].fee_permille if what is What.FEE else books[-1].reserve_permille
    source = Source(Rule.RULEBOOK, books[-1].rulebook, entry=books[-1].entry) if books else None
    whole = Derivation(what, line.amount, source=source, name=str(permille))
    found = find_allocation(scope.sight.connection, scope.sight.log_id, account.allocation or "")
    share = next((one for one in found.shares if one.organisation == payer), None) if found else None
    if found is None or share is None or not _sees_share(scope.sight, found, payer):
        return replace(whole, closed=Closed.OTHERS)
    factors = [
        Factor(Fraction(max(0, share.allocated)), Unit.MONEY, name="allocated"),
        Factor(Fraction(permille), Unit.PERMILLE, name=what.value),
    ]
    taken = make_leaf(whole, compute([factors], 0, Rounding.DOWN, -1 if line.amount < 0 else 1))
    return replace(taken, basis=(explain_share(scope, found, share),))
