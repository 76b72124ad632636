"""The board: reviews each allocation, declares interests, votes, and records what the votes gave; once one seat dissents."""

from contracts.allocation.facts import AllocationProposed
from contracts.facts import Role
from contracts.governance.facts import Choice, Interest, InterestDeclared, ResolutionRecorded, ReviewOpened, VoteCast
from contracts.governance.service import draft_resolution
from contracts.period import Period
from ledger.outcome import Receipt
from webui.demo.agenda import Agenda
from webui.demo.cast import Signer
from webui.demo.founding import CHAIR
from webui.demo.player import Player

DISSENTER = ("gyproc", 3)  #: short name, and the month of the dissent
DISSENT = (
    "We vote against. In February a lot of gypsum came too wet and our line stood for a day; the split counts the discount, "
    "not the day. The board should have such losses reported as costs before it splits anything."
)
_PARTY = "Our own exchanges are in the pool, as those of most members are; the rule is the same for all."


def schedule_review(
    player: Player, agenda: Agenda, allocation: AllocationProposed, receipt: Receipt, resolutions: list[ResolutionRecorded]
) -> None:
    """Put the review of an allocation on the agenda: opened, interests declared, votes cast, resolution recorded."""
    first, review = Period(allocation.period).next().first_day, f"review-{allocation.period}"
    closes_at = agenda.at(first, 12, later=10)
    opening = ReviewOpened(
        review=review,
        matter=f"allocation:{allocation.allocation}",
        index=receipt.index,
        statement=receipt.statement_hash,
        question=f"Shall what the pool saved in {allocation.period} be shared as proposed, by the rule {allocation.rule}?",
        closes_at=closes_at,
    )
    agenda.add(agenda.at(first, 9, later=5), lambda: _say(player, opening, player.cast.find(CHAIR, Role.BOARD)))
    agenda.add(agenda.at(first, 9, later=6), lambda: _declare(player, review))
    agenda.add(agenda.at(first, 9, later=8), lambda: _vote(player, review, allocation.period))
    agenda.add(agenda.at(first, 13, later=10), lambda: _resolve(player, review, resolutions))


def _say(player: Player, fact: object, by: Signer) -> None:
    player.say(fact, by)


def _declare(player: Player, review: str) -> None:
    for seat in player.cast.list_board():
        is_party = not seat.name.startswith(CHAIR)
        interest, words = (Interest.GENERAL, _PARTY) if is_party else (Interest.NONE, None)
        player.say(InterestDeclared(review, interest, words), seat)


def _vote(player: Player, review: str, period: str) -> None:
    for seat in player.cast.list_board():
        against = seat.name.startswith(DISSENTER[0]) and int(period[5:]) == DISSENTER[1]
        choice, reason = (Choice.AGAINST, DISSENT) if against else (Choice.FOR, None)
        player.say(VoteCast(review, choice, reason), seat)


def _resolve(player: Player, review: str, resolutions: list[ResolutionRecorded]) -> None:
    fact: ResolutionRecorded = player.draft(draft_resolution, review, player.clock.now())
    player.say(fact, player.cast.find(CHAIR, Role.BOARD))
    resolutions.append(fact)
