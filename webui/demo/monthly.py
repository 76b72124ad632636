"""Each month's end: costs under seal, the close, allocations, the board's review, statements of account, payments."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random  # noqa: TID251 - seeded and handed in: costs of a play, never a key or a salt

from contracts.allocation.facts import AllocationProposed
from contracts.allocation.service import draft_allocation
from contracts.facts import Role
from contracts.governance.facts import ResolutionRecorded
from contracts.period import Period
from contracts.savings.facts import CostItem, CostsReported, PeriodClosed
from contracts.savings.service import draft_period
from contracts.settlement.facts import AccountStated, PaymentConfirmed
from contracts.settlement.service import draft_accounts
from ledger.outcome import Receipt
from webui.demo.agenda import Agenda
from webui.demo.board import schedule_review
from webui.demo.player import Player

RULE = "shapley"
COMPARED = (6, ("equal", "nucleolus"))  #: month for which the board asked to see other rules, and those rules
STILL_OPEN = 2  #: last months whose payments nobody has confirmed yet


@dataclass(slots=True)
class Books:
    """What the year's closes gave, in order."""

    closes: list[PeriodClosed] = field(default_factory=list)
    allocations: list[AllocationProposed] = field(default_factory=list)  #: those that the board adopted
    compared: list[AllocationProposed] = field(default_factory=list)  #: by other rules, shown beside them
    resolutions: list[ResolutionRecorded] = field(default_factory=list)
    accounts: list[AccountStated] = field(default_factory=list)
    payments: int = 0  #: confirmed


def schedule_month(player: Player, agenda: Agenda, books: Books, period: str, chance: Random) -> None:
    """Put a month's end on the agenda of the following month."""
    following = Period(period).next().first_day
    confirms = int(period[5:]) <= 12 - STILL_OPEN
    agenda.add(agenda.at(following, 9, later=2), lambda: _report_costs(player, period, chance))
    agenda.add(agenda.at(following, 8, later=4), lambda: _close(player, agenda, books, period))
    agenda.add(agenda.at(following, 8, later=12), lambda: _state_accounts(player, books, period))
    if confirms:
        agenda.add(agenda.at(following, 9, later=20), lambda: _confirm_payments(player, books, period, following + timedelta(days=19)))


def _report_costs(player: Player, period: str, chance: Random) -> None:
    for one in [one for one in player.figures.costs if int(period[5:]) in one.months]:
        item = CostItem(one.item, chance.randint(one.least, one.most))
        fact = CostsReported(f"{period}.{one.by}.{one.agreement}", one.agreement, period, (item,))
        player.say(fact, player.cast.find(one.by, Role.FINANCE))


def _close(player: Player, agenda: Agenda, books: Books, period: str) -> None:
    """Close the period as the service's job does, propose its allocation, and have the board take it up the next day."""
    closed: PeriodClosed = player.draft(draft_period, period, _read_size(player))
    player.say_as_service([closed])
    books.closes.append(closed)
    allocation, receipt = _propose(player, period, RULE)
    books.allocations.append(allocation)
    if int(period[5:]) == COMPARED[0]:
        books.compared += [_propose(player, period, rule)[0] for rule in COMPARED[1]]
    schedule_review(player, agenda, allocation, receipt, books.resolutions)


def _propose(player: Player, period: str, rule: str) -> tuple[AllocationProposed, Receipt]:
    fact: AllocationProposed = player.draft(draft_allocation, period, rule, _read_size(player))
    return fact, player.say_as_service([fact])[0]


def _read_size(player: Player) -> int:
    player.submit()
    head = player.log.read_head()
    return head.size if head else 0


def _state_accounts(player: Player, books: Books, period: str) -> None:
    accounts: tuple[AccountStated, ...] = player.draft(draft_accounts, period)
    player.say_as_service(accounts)
    books.accounts.extend(accounts)


def _confirm_payments(player: Player, books: Books, period: str, paid_on: date) -> None:
    """Have each payee confirm what arrived."""
    shorts = {one.id: one.short for one in player.figures.organisations}
    for account in [one for one in books.accounts if one.period == period]:
        for payment in [one for one in account.payments if one.amount > 0]:
            payer = shorts[payment.counterparty]
            fact = PaymentConfirmed(f"{account.account}.{payer}", account.account, payment.counterparty, payment.amount, paid_on)
            player.say(fact, player.cast.find(shorts[account.organisation], Role.FINANCE))
            books.payments += 1
