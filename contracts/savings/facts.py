"""What is said about savings: costs of handling, reported under seal, and the close of a period."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from contracts.facts import Role, fact
from contracts.fields import About, Cents, Digest, Id, Line, OrganisationId, PeriodId, UnitCode


@dataclass(frozen=True, slots=True)
class CostItem:
    """One cost that an exchange really caused its reporter."""

    item: Line  #: such as "transport", "drying", "pumping"
    amount: Cents


@fact("costs.reported", about="costs", by=(Role.FINANCE,), sealed=True)
@dataclass(frozen=True, slots=True)
class CostsReported:
    """An organisation reports what an exchange cost it in a period; sealed against the other organisations."""

    report: About[Id]
    agreement: Id
    period: PeriodId
    items: tuple[CostItem, ...]


class LineCause(StrEnum):
    """Why a line stands in a period."""

    CURRENT = "current"  #: delivered and settled in the period
    TRUE_UP = "true_up"  #: settled, corrected or priced anew by quality after an earlier period was closed


@dataclass(frozen=True, slots=True)
class SavingLine:
    """What one agreement saved one organisation in a period: saving = baseline − actual + price (price received is positive)."""

    agreement: Id
    organisation: OrganisationId
    cause: LineCause
    of_period: PeriodId  #: the period of the deliveries; another than the closed one for true-ups
    deliveries: int  #: how many settled deliveries the line counts; none that only quality prices anew
    quantity: Decimal
    unit: UnitCode
    baseline: Cents  #: what it would have cost without the exchange
    cost: Cents  #: what handling really cost, as reported
    price: Cents  #: prices and discounts received (positive) or paid (negative)
    saving: Cents


@fact("period.closed", about="period", by=(Role.SERVICE,))
@dataclass(frozen=True, slots=True)
class PeriodClosed:
    """A period is closed: what came later becomes a true-up of a later one."""

    period: About[PeriodId]
    method: Line  #: such as "period-close/1"
    entries: int  #: the log's size up to which entries were counted
    inputs_hash: Digest  #: over the inputs read, in canonical form; see savings/service.py
    lines: tuple[SavingLine, ...]
