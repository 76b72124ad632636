"""The savings waterfall: how one organisation comes from its baseline cost to its saving, its part of the pool, and its account.

All but one figure are read from the close's lines and from the account; the last one is read from the account alone, and `difference`
says whether both ways lead to the same cent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contracts.errors import NotFound
from contracts.parties import tables as parties
from contracts.savings.facts import SavingLine
from contracts.savings.tables import find_period, list_lines
from contracts.settlement.facts import LineKind
from contracts.settlement.tables import Account, list_accounts
from contracts.views.sight import Sight, ask_open
from contracts.views.traded import Traded, read_traded


class StepKind(StrEnum):
    """What a step of the waterfall stands for."""

    DISPOSAL = "disposal"  #: avoided: what getting rid of it would have cost
    PURCHASE = "purchase"  #: avoided: what buying elsewhere would have cost
    OWN_PLANT = "own_plant"  #: avoided: what a plant for itself alone would have cost
    BASELINE = "baseline"  #: sum: what it would have cost without the exchanges
    HANDLING = "handling"  #: what the exchanges really cost
    RECEIVED = "received"  #: prices received
    PAID = "paid"  #: prices paid
    SAVING = "saving"  #: sum: baseline − cost + price
    SPLIT = "split"  #: between the two parties of an agreement outside the pool
    TRANSFER = "transfer"  #: allocated − saving of the pool
    GAIN = "gain"  #: sum: what cooperation brings after sharing
    FEE = "fee"  #: by the rulebook
    RESERVE = "reserve"  #: by the rulebook
    NET = "net"  #: sum: what is left after fee and reserve
    NOT_SPENT = "not_spent"  #: the baseline was never paid, and so is not on the account
    PAID_ELSEWHERE = "paid_elsewhere"  #: handling was paid to others already, and so is not on the account
    ACCOUNT = "account"  #: sum: total of the statement of account


SUMS = frozenset({StepKind.BASELINE, StepKind.SAVING, StepKind.GAIN, StepKind.NET, StepKind.ACCOUNT})
#: account lines that lead from the saving to the account, by the step that they make; prices stand in the saving already
_SHARED = {LineKind.SPLIT: StepKind.SPLIT, LineKind.TRANSFER: StepKind.TRANSFER}
_TAKEN = {LineKind.FEE: StepKind.FEE, LineKind.RESERVE: StepKind.RESERVE}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a change, or a sum of all changes so far."""

    kind: StepKind
    amount: int  #: minor units; of a sum the level reached
    start: int  #: level before; of a sum 0
    end: int  #: level after

    @property
    def is_sum(self) -> bool:
        """Whether it is a sum and no change."""
        return self.kind in SUMS


@dataclass(frozen=True, slots=True)
class Waterfall:
    """One organisation's way from baseline cost to account, in one period."""

    organisation: str
    name: str
    period: str
    currency: str
    steps: tuple[Step, ...]
    saving: int  #: minor units
    account: str | None  #: id of the statement of account; None before it is stated
    account_total: int | None  #: as stated on the log
    difference: int | None  #: stated − computed; 0 wherever all is well, None before the account is stated


def find_waterfall(sight: Sight, organisation: str, period: str) -> Waterfall:
    """Find an organisation's waterfall of a closed period; raises NotFound, also where it is not for the reader."""
    closed = find_period(sight.connection, sight.log_id, period)
    if closed is None:
        raise NotFound("this period is not closed")
    if organisation != sight.organisation and not sight.find_visible([ask_open(closed.entry, "period.closed")]):
        raise NotFound("there are no savings for you to see")
    lines = list_lines(sight.connection, sight.log_id, period, organisation=organisation)
    account = _find_account(sight, organisation, period)
    if not lines and account is None:
        raise NotFound("this organisation has no line in this period")
    traded = read_traded(sight.connection, sight.log_id, {line.agreement for line in lines})
    steps = build_steps(lines, traded, account)
    reached = steps[-1].end
    return Waterfall(
        organisation=organisation,
        name=parties.list_names(sight.connection, sight.log_id, [organisation]).get(organisation, organisation),
        period=period,
        currency=parties.get_network(sight.connection, sight.log_id).currency,
        steps=steps,
        saving=sum(line.saving for line in lines),
        account=account.account if account else None,
        account_total=account.total if account else None,
        difference=account.total - reached if account else None,
    )


def build_steps(lines: Sequence[SavingLine], traded: Mapping[str, Traded], account: Account | None) -> tuple[Step, ...]:
    """Build the steps from the close's lines and, once it is stated, the account; steps of nothing are left out, sums stay."""
    baseline = sum(line.baseline for line in lines)
    cost = sum(line.cost for line in lines)
    changes: list[tuple[StepKind, int]] = [*_part_baseline(lines, traded), (StepKind.BASELINE, 0), (StepKind.HANDLING, -cost)]
    changes += [(StepKind.RECEIVED, sum(line.price for line in lines if line.price > 0))]
    changes += [(StepKind.PAID, sum(line.price for line in lines if line.price < 0)), (StepKind.SAVING, 0)]
    if account is not None:
        changes += [*_sum_kinds(account, _SHARED), (StepKind.GAIN, 0)]
        taken = [one for one in _sum_kinds(account, _TAKEN) if one[1]]
        changes += [*taken, (StepKind.NET, 0)] if taken else []
        changes += [(StepKind.NOT_SPENT, -baseline), (StepKind.PAID_ELSEWHERE, cost), (StepKind.ACCOUNT, 0)]
    steps, level = [], 0
    for kind, amount in changes:
        if kind in SUMS:
            steps.append(Step(kind, level, 0, level))
        elif amount:
            steps.append(Step(kind, amount, level, level + amount))
            level += amount
    return tuple(steps)


def _part_baseline(lines: Iterable[SavingLine], traded: Mapping[str, Traded]) -> list[tuple[StepKind, int]]:
    """Part the baseline by what was avoided: disposal by who hands over, purchase by who takes, a plant of its own by users."""
    parts = {StepKind.DISPOSAL: 0, StepKind.PURCHASE: 0, StepKind.OWN_PLANT: 0}
    for line in lines:
        one = traded[line.agreement]
        kind = StepKind.OWN_PLANT if one.shared else StepKind.DISPOSAL if line.organisation == one.supplier else StepKind.PURCHASE
        parts[kind] += line.baseline
    return list(parts.items())


def _sum_kinds(account: Account, kinds: Mapping[LineKind, StepKind]) -> list[tuple[StepKind, int]]:
    return [(step, sum(line.amount for line in account.lines if line.kind is kind)) for kind, step in kinds.items()]


def _find_account(sight: Sight, organisation: str, period: str) -> Account | None:
    found = list_accounts(sight.connection, sight.log_id, period=period, organisation=organisation, limit=1)
    return next(iter(sight.choose(found, lambda one: ask_open(one.entry, "account.stated"))), None)
