"""Why an organisation's share is what it is: the rule's exact answer, how it was rounded, and what the organisation saved itself."""

from dataclasses import replace
from fractions import Fraction

from contracts.allocation.exact import parse_exact
from contracts.allocation.facts import Share
from contracts.allocation.network_game import NetworkGame, list_asset_groups, share_losses, share_network_by_shapley, total_saving
from contracts.allocation.service import read_game
from contracts.allocation.tables import ProposedAllocation
from contracts.savings.tables import find_period
from contracts.views.derivation import (
    Arithmetic,
    Closed,
    Derivation,
    Evidence,
    Factor,
    Rounding,
    Rule,
    Source,
    Unit,
    What,
    take_off,
)
from contracts.views.savings import ENOUGH
from contracts.views.sight import ask_open
from contracts.views.why_savings import Scope, explain_line

POOL = "network_pool"
EXACT = "exact_share"  #: name of a factor that is the whole of the rule's answer
Terms = list[tuple[Factor, ...]]


def explain_share(scope: Scope, found: ProposedAllocation, share: Share) -> Derivation:
    """Explain a share that is for the reader: what the rule gives it, exactly, and the whole minor units that became of it."""
    whole = Derivation(
        What.ALLOCATED,
        share.allocated,
        organisation=share.organisation,
        period=found.period,
        name=found.rule,
        count=len(found.shares),
        path=f"/why/shares/{found.allocation}/{share.organisation}",
        source=Source(Rule.METHOD, f"{found.method} · {found.game}", entry=found.entry),
        evidence=(Evidence(found.entry, "allocation.proposed"),),
    )
    exact = parse_exact(share.exact)
    terms, basis = _list_terms(scope, found, share, exact)
    floor = exact.numerator // exact.denominator
    rounding = Rounding.NONE if exact.denominator == 1 else Rounding.REMAINDER_DOWN if floor == share.allocated else Rounding.REMAINDER_UP
    return replace(
        whole, arithmetic=Arithmetic(tuple(terms), exact, rounding), basis=basis, closed=Closed.METHOD if _is_stated(terms) else None
    )


def explain_transfer(scope: Scope, found: ProposedAllocation, share: Share) -> Derivation:
    """Explain a transfer: allocated − what the organisation saved in the pool itself."""
    parts = (explain_share(scope, found, share), take_off(explain_own_saving(scope, found, share)))
    return Derivation(What.TRANSFER, share.transfer, parts=parts, organisation=share.organisation, period=found.period)


def explain_own_saving(scope: Scope, found: ProposedAllocation, share: Share) -> Derivation:
    """Explain what an organisation saved in the pool's agreements, line by line, for whom its lines are open."""
    whole = Derivation(What.OWN_SAVING, share.saving, organisation=share.organisation, period=found.period)
    if not (share.organisation == scope.sight.organisation or sees_lines(scope, found.period)):
        return replace(whole, closed=Closed.OTHERS)
    numbers = [
        number
        for number, line in scope.list_lines(found.period)
        if line.organisation == share.organisation and _is_pooled(scope, line.agreement)
    ]
    return replace(whole, parts=tuple(explain_line(scope, found.period, number) for number in numbers))


def sees_lines(scope: Scope, period: str) -> bool:
    """Tell whether the reader sees all saving lines of a closed period."""
    closed = find_period(scope.sight.connection, scope.sight.log_id, period)
    return closed is not None and bool(scope.sight.find_visible([ask_open(closed.entry, "period.closed")]))


def _is_pooled(scope: Scope, agreement: str) -> bool:
    one = scope.find(agreement)
    return one is not None and one.terms.text("benefit_rule") == POOL


def _list_terms(scope: Scope, found: ProposedAllocation, share: Share, exact: Fraction) -> tuple[Terms, tuple[Derivation, ...]]:
    """List the terms of the exact share, and the amounts that they are of, as far as these are for the reader.

    What another exchange saved is for its parties: who sees its own lines alone is shown the exact answer as recorded.
    """
    stated: Terms = [(Factor(exact, Unit.MONEY, name=EXACT),)]
    sees_all = sees_lines(scope, found.period)
    visible = sees_all or bool(scope.sight.find_visible([ask_open(found.entry, "allocation.proposed")]))
    total = sum(one.allocated for one in found.shares)
    if found.rule in ("equal", "proportional") and total and (visible or len(found.shares) >= ENOUGH):
        return [(Factor(Fraction(total), Unit.MONEY, name="pool"), Factor(exact / total, Unit.RATIO, name=found.rule))], ()
    if found.rule != "shapley" or not sees_all:
        return stated, ()
    game = read_game(scope.sight.connection, scope.sight.log_id, found.period)
    terms, basis = _list_dividends(scope, found, game, share.organisation)
    terms += _list_asset_parts(game, share.organisation)
    if sum((_value(term) for term in terms), Fraction(0)) != exact or total != total_saving(game):
        return stated, ()  # agreements have changed since: the game is another one now
    return terms, basis


def _list_dividends(scope: Scope, found: ProposedAllocation, game: NetworkGame, player: str) -> tuple[Terms, tuple[Derivation, ...]]:
    """List a player's equal parts of what each of its exchanges saved, or lost, and why that is so much."""
    terms: Terms = []
    basis = []
    for exchange in game.exchanges:
        if exchange.asset is None and player in exchange.parties:
            ratio = Fraction(1, len(exchange.parties))
            terms.append(
                (Factor(Fraction(exchange.saving), Unit.MONEY, name=exchange.agreement), Factor(ratio, Unit.RATIO, name="parties"))
            )
            basis.append(explain_exchange(scope, found.period, exchange.agreement))
    return terms, tuple(basis)


def _list_asset_parts(game: NetworkGame, player: str) -> Terms:
    """List a player's part of each shared asset with the exchanges that hang on it: the average over all orders, losses included."""
    terms: Terms = []
    for group in list_asset_groups(game):
        if player in group.players:
            alone = NetworkGame(group.players, group.exchanges, group.assets)
            shares = share_network_by_shapley(alone)
            if not isinstance(shares, str):
                part = shares[player] + share_losses(alone)[player]
                terms.append((Factor(part, Unit.MONEY, name=group.assets[0].agreement),))
    return terms


def explain_exchange(scope: Scope, period: str, agreement: str) -> Derivation:
    """Explain what an agreement saved its parties together, for who sees all lines."""
    numbers = [number for number, line in scope.list_lines(period) if line.agreement == agreement]
    parts = tuple(explain_line(scope, period, number) for number in numbers)
    return Derivation(What.EXCHANGE, sum(part.amount for part in parts), parts=parts, agreement=agreement, period=period)


def _is_stated(terms: Terms) -> bool:
    return terms[0][0].name == EXACT if terms else False


def _value(term: tuple[Factor, ...]) -> Fraction:
    product = Fraction(1)
    for factor in term:
        product *= factor.value
    return product
