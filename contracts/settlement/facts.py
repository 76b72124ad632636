"""What is said when accounts are settled: statements of account and payments."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.facts import Role, fact
from contracts.fields import About, Cents, Digest, Id, Line, OrganisationId, PeriodId, UnitCode


class LineKind(StrEnum):
    """What a line of a statement of account is for."""

    PRICE = "price"  #: deliveries × price, discounts included
    SPLIT = "split"  #: fixed_split or midpoint sharing between the two parties of an agreement
    TRANSFER = "transfer"  #: allocated − saving of the pool
    FEE = "fee"  #: by the rulebook, to the operator
    RESERVE = "reserve"  #: by the rulebook, kept by the operator for the network


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One component of an account; positive is owed to the organisation."""

    kind: LineKind
    agreement: Id | None
    counterparty: OrganisationId | None
    of_period: PeriodId
    quantity: Decimal | None
    unit: UnitCode | None
    amount: Cents


@dataclass(frozen=True, slots=True)
class AccountPayment:
    """What this organisation pays (negative) or gets (positive), and from whom."""

    counterparty: OrganisationId
    amount: Cents


@fact("account.stated", about="account", by=(Role.SERVICE,))
@dataclass(frozen=True, slots=True)
class AccountStated:
    """What one organisation owes or is owed for a period."""

    account: About[Id]  #: period and organisation, such as 2025-03.o-7f3a9c
    organisation: OrganisationId
    period: PeriodId
    allocation: Id | None  #: the adopted allocation that transfers come from
    method: Line
    inputs_hash: Digest
    lines: tuple[AccountLine, ...]
    payments: tuple[AccountPayment, ...]
    total: Cents  #: the sum of the lines, and of the payments


@fact("payment.confirmed", about="payment", by=(Role.FINANCE,))
@dataclass(frozen=True, slots=True)
class PaymentConfirmed:
    """The payee confirms that a payment of a statement of account arrived."""

    payment: About[Id]
    account: Id  #: of the payee
    payer: OrganisationId
    amount: Cents
    paid_on: date
