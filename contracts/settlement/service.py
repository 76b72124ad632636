"""Settlement, in steps: the service states the accounts of a period whose allocation was adopted; payees confirm payments."""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import Connection

from contracts.agreements.tables import find_agreement
from contracts.allocation.tables import ProposedAllocation, list_allocations
from contracts.errors import Finding, NotFound, NotYet
from contracts.governance.tables import find_rulebook, is_adopted
from contracts.parties.tables import get_network, open_to
from contracts.said import Handler, Handlers, Said
from contracts.savings.tables import find_period, list_lines
from contracts.settlement import tables
from contracts.settlement.facts import AccountStated, PaymentConfirmed
from contracts.settlement.rules import AccountInputs, SettledAgreement, list_differences, state_accounts
from ledger.canonical import encode_canonical


def draft_accounts(connection: Connection, log_id: int, period: str) -> tuple[AccountStated, ...]:
    """Compute the accounts of a period for the service to sign, one for each organisation that has a line.

    Raises:
        NotFound: the period is not closed.
        NotYet: no allocation of the period was adopted, though its pool saved or lost something.
    """
    return state_accounts(_read_inputs(connection, log_id, period))


def _read_inputs(connection: Connection, log_id: int, period: str) -> AccountInputs:
    closed = find_period(connection, log_id, period)
    if closed is None:
        raise NotFound(f"{period} is not closed: nothing of it can be settled yet")
    lines = tuple(list_lines(connection, log_id, period))
    agreements = {}
    for name in sorted({line.agreement for line in lines}):
        one = find_agreement(connection, log_id, name)
        if one is not None:
            rule = one.terms.text("benefit_rule") or "midpoint"
            share = one.terms.decimal("supplier_share")
            half = Decimal(50)
            agreements[name] = SettledAgreement(name, one.supplier, one.shared, rule, half if share is None else share)
    pooled = any(agreements[line.agreement].benefit_rule == "network_pool" for line in lines)
    allocation = _find_adopted(connection, log_id, period)
    if pooled and allocation is None:
        raise NotYet(f"no allocation of {period} was adopted by the board yet")
    fee, reserve = _read_permille(connection, log_id)
    named: list[str | None] = [closed.statement, allocation.statement if allocation else None]
    return AccountInputs(
        period=period,
        operator=get_network(connection, log_id).operator,
        agreements=agreements,
        lines=lines,
        allocation=allocation.allocation if allocation else None,
        shares=allocation.shares if allocation else (),
        fee_permille=fee,
        reserve_permille=reserve,
        inputs_hash=sha256(encode_canonical([*named, fee, reserve])).hexdigest(),
    )


def _find_adopted(connection: Connection, log_id: int, period: str) -> ProposedAllocation | None:
    """Find the allocation of a period that the board adopted; the last one where it adopted several.

    Once an account of the period is stated, its allocation is that of all others too: transfers of two allocations do not sum to zero.
    """
    proposed = list_allocations(connection, log_id, period=period)
    stated = tables.list_accounts(connection, log_id, period=period, limit=1)
    if stated:
        return next((one for one in proposed if one.allocation == stated[0].allocation), None)
    adopted = [one for one in proposed if is_adopted(connection, log_id, f"allocation:{one.allocation}")]
    return adopted[-1] if adopted else None


def _read_permille(connection: Connection, log_id: int) -> tuple[int, int]:
    rulebook = find_rulebook(connection, log_id)
    return (rulebook.fee_permille, rulebook.reserve_permille) if rulebook else (0, 0)


def _judge_account(connection: Connection, said: Said[AccountStated]) -> list[Finding]:
    if tables.has_account(connection, said.log_id, said.fact.account):
        return [Finding("account", "stated", "this account is stated already: corrections come as true-ups of a later period")]
    return []


def _recompute_account(connection: Connection, said: Said[AccountStated]) -> list[Finding]:
    """Compute the account anew, and name each difference by line."""
    try:
        computed = draft_accounts(connection, said.log_id, said.fact.period)
    except (NotFound, NotYet) as refusal:
        return [Finding("period", "differs", f"states an account; recomputed: {refusal.message}")]
    return [Finding(name, "differs", message) for name, message in list_differences(said.fact, computed)]


def _fold_account(connection: Connection, said: Said[AccountStated]) -> None:
    tables.insert_account(connection, said.log_id, said.fact, said.index)
    open_to(connection, said.log_id, said.index, [said.fact.organisation])


def _judge_payment(connection: Connection, said: Said[PaymentConfirmed]) -> list[Finding]:
    """Judge a confirmation: by the payee, of an amount that its account names, once."""
    fact = said.fact
    account = tables.find_account(connection, said.log_id, fact.account)
    if account is None or account.organisation != said.author:  # of another's account nobody learns so much as that it is there
        return [Finding("account", "unknown-account", f"you have no statement of account {fact.account}")]
    found = []
    due = {one.counterparty: one.amount for one in account.payments if one.amount > 0}
    if due.get(fact.payer) != fact.amount:
        owed = ", ".join(f"{payer} {amount}" for payer, amount in sorted(due.items())) or "nothing"
        found.append(Finding("amount", "not-due", f"the account names what is due to it: {owed}"))
    if tables.has_payment(connection, said.log_id, fact.payment, fact.account, fact.payer):
        found.append(Finding("payment", "taken", "this payment is confirmed already, or its id is taken"))
    if fact.paid_on > said.received_at.date():
        found.append(Finding("paid_on", "future", "the day lies in the future"))
    return found


def _fold_payment(connection: Connection, said: Said[PaymentConfirmed]) -> None:
    tables.insert_payment(connection, said.log_id, said.fact, said.author, said.index)
    open_to(connection, said.log_id, said.index, [said.author, said.fact.payer])


def forget_contents(_connection: Connection, _log_id: int, _index: int, _positions: Sequence[int]) -> None:
    """Keep all: accounts and payments hold nothing of a person."""


HANDLERS: Handlers = {
    AccountStated: Handler(_judge_account, _fold_account, _recompute_account),
    PaymentConfirmed: Handler(_judge_payment, _fold_payment),
}
