"""Settlement: what each organisation owes or is owed for a period, line by line, and who pays whom; all to the cent.

Prices pass between the two parties of a delivery, transfers and splits sum to zero, fees and reserves go to the operator: so the totals
of all accounts of a period sum to zero, and payments can clear them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction

from contracts.allocation.facts import Share
from contracts.savings.facts import SavingLine
from contracts.settlement.facts import AccountLine, AccountPayment, AccountStated, LineKind

METHOD = "account/1"
PERMILLE = 1000


@dataclass(frozen=True, slots=True)
class SettledAgreement:
    """An agreement as far as accounts go."""

    agreement: str
    supplier: str  #: of a shared asset its operator
    shared: bool
    benefit_rule: str  #: fixed_split, midpoint or network_pool
    supplier_share: Decimal  #: percent, of fixed_split


@dataclass(frozen=True, slots=True)
class AccountInputs:
    """All that the accounts of a period read."""

    period: str
    operator: str
    agreements: Mapping[str, SettledAgreement]
    lines: tuple[SavingLine, ...]
    allocation: str | None
    shares: tuple[Share, ...]
    fee_permille: int
    reserve_permille: int
    inputs_hash: str


def state_accounts(inputs: AccountInputs) -> tuple[AccountStated, ...]:
    """State the accounts of a period, one for each organisation that any line names, ordered by organisation."""
    lines: dict[str, list[AccountLine]] = {}
    for organisation, line in [*_list_prices(inputs), *_list_splits(inputs), *_list_transfers(inputs), *_list_fees(inputs)]:
        lines.setdefault(organisation, []).append(line)
    totals = {organisation: sum(line.amount for line in mine) for organisation, mine in lines.items()}
    payments = clear_totals(totals)
    return tuple(
        AccountStated(
            account=f"{inputs.period}.{organisation}",
            organisation=organisation,
            period=inputs.period,
            allocation=inputs.allocation,
            method=METHOD,
            inputs_hash=inputs.inputs_hash,
            lines=tuple(lines[organisation]),
            payments=payments[organisation],
            total=totals[organisation],
        )
        for organisation in sorted(lines)
    )


def _list_prices(inputs: AccountInputs) -> Iterable[tuple[str, AccountLine]]:
    """Give each price twice: to whom it is owed, and who owes it."""
    for line in inputs.lines:
        agreement = inputs.agreements[line.agreement]
        if line.price == 0 or line.organisation == agreement.supplier:
            # The supplier's side is written from the receiver's line, so that a shared asset's operator sees each user by name.
            continue
        for organisation, counterparty, amount in (
            (line.organisation, agreement.supplier, line.price),
            (agreement.supplier, line.organisation, -line.price),
        ):
            yield organisation, AccountLine(LineKind.PRICE, line.agreement, counterparty, line.of_period, line.quantity, line.unit, amount)


def _list_splits(inputs: AccountInputs) -> Iterable[tuple[str, AccountLine]]:
    """Bring the two parties of an agreement outside the pool to their agreed shares of what it saved them."""
    by_exchange: dict[tuple[str, str], list[SavingLine]] = {}
    for line in inputs.lines:
        agreement = inputs.agreements[line.agreement]
        if agreement.benefit_rule != "network_pool" and not agreement.shared:
            by_exchange.setdefault((line.agreement, line.of_period), []).append(line)
    for (name, of_period), lines in sorted(by_exchange.items()):
        agreement = inputs.agreements[name]
        percent = Fraction(50) if agreement.benefit_rule == "midpoint" else Fraction(agreement.supplier_share)
        total = sum(line.saving for line in lines)
        saved = sum(line.saving for line in lines if line.organisation == agreement.supplier)
        moved = round(total * percent / 100) - saved
        receiver = next(line.organisation for line in lines if line.organisation != agreement.supplier)
        if moved:
            yield agreement.supplier, AccountLine(LineKind.SPLIT, name, receiver, of_period, None, None, moved)
            yield receiver, AccountLine(LineKind.SPLIT, name, agreement.supplier, of_period, None, None, -moved)


def _list_transfers(inputs: AccountInputs) -> Iterable[tuple[str, AccountLine]]:
    for share in inputs.shares:
        if share.transfer:
            yield share.organisation, AccountLine(LineKind.TRANSFER, None, None, inputs.period, None, None, share.transfer)


def _list_fees(inputs: AccountInputs) -> Iterable[tuple[str, AccountLine]]:
    """Take fee and reserve from what an organisation is allocated, each in whole cents rounded down, never from a loss."""
    for kind, permille in ((LineKind.FEE, inputs.fee_permille), (LineKind.RESERVE, inputs.reserve_permille)):
        for share in inputs.shares:
            amount = max(0, share.allocated) * permille // PERMILLE
            if amount and share.organisation != inputs.operator:
                yield share.organisation, AccountLine(kind, None, inputs.operator, inputs.period, None, None, -amount)
                yield inputs.operator, AccountLine(kind, None, share.organisation, inputs.period, None, None, amount)


def clear_totals(totals: Mapping[str, int]) -> dict[str, tuple[AccountPayment, ...]]:
    """Find few payments that clear the totals: the largest debtor pays the largest creditor, ties by id.

    Raises ValueError unless the totals sum to zero.
    """
    if sum(totals.values()) != 0:
        raise ValueError("accounts of a period sum to zero")
    found: dict[str, list[AccountPayment]] = {organisation: [] for organisation in totals}
    left = dict(totals)
    while any(left.values()):
        creditor = _first(left, sign=1)
        debtor = _first(left, sign=-1)
        amount = min(left[creditor], -left[debtor])
        left[creditor] -= amount
        left[debtor] += amount
        found[creditor].append(AccountPayment(debtor, amount))
        found[debtor].append(AccountPayment(creditor, -amount))
    return {organisation: tuple(payments) for organisation, payments in found.items()}


def _first(left: Mapping[str, int], *, sign: int) -> str:
    return min(left, key=lambda organisation: (-sign * left[organisation], organisation))


def list_differences(said: AccountStated, computed: Sequence[AccountStated]) -> list[tuple[str, str]]:
    """Name what differs between an account as stated and as computed: pairs of field and message."""
    wanted = next((one for one in computed if one.account == said.account), None)
    if wanted is None:
        return [("account", f"nothing is to be stated for {said.organisation} in {said.period}")]
    found = [
        (f"lines.{number}", f"says {_write_differing(line, right)}, recomputed {_write_differing(right, line)}")
        for number, (line, right) in enumerate(zip(said.lines, wanted.lines, strict=False))
        if line != right
    ]
    if len(said.lines) != len(wanted.lines):
        found.append(("lines", f"says {len(said.lines)} lines, recomputed {len(wanted.lines)}"))
    return found + [
        (name, f"says {getattr(said, name)}, recomputed {getattr(wanted, name)}")
        for name in ("organisation", "allocation", "method", "inputs_hash", "payments", "total")
        if getattr(said, name) != getattr(wanted, name)
    ]


def _write_differing(line: AccountLine, other: AccountLine) -> str:
    """Write the columns of a line in which another one differs."""
    names = [part.name for part in fields(AccountLine) if getattr(line, part.name) != getattr(other, part.name)]
    return ", ".join(f"{name} {getattr(line, name)}" for name in names)
