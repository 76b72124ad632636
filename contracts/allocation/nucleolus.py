"""The nucleolus of a dense game, exact, with a certificate that anybody checks without a solver.

Stage by stage the largest complaint outside the settled span is made as small as possible, and what has positive dual
weight at that optimum is settled; at most n - 1 stages. Two ways lead there:

1. quick: HiGHS proposes each stage's coalitions, their weights and the level follow exactly by linear algebra;
2. exact: a simplex method in fractions, begun at HiGHS's proposal, with exact scans.

Whatever comes out is returned only after `check_nucleolus` has accepted its certificate. Method: Maschler, Peleg and
Shapley 1979; lazy rows and settling by duals as in Guajardo and Joernsten 2015, Benedek, Fliege and Nguyen 2021.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from contracts.allocation.certificate import Certificate, CertificateRefused, Stage
from contracts.allocation.certificate_check import check_nucleolus
from contracts.allocation.game import list_profits
from contracts.allocation.span import Span, list_bits
from contracts.allocation.stage_exact import Budget, Exhausted, Settlement, settle_proposal, solve_stage

if TYPE_CHECKING:
    from contracts.allocation.certificate import Domain
    from contracts.allocation.game import Game, Table
    from contracts.allocation.stage_float import FloatStages

#: Up to here the exact way is quicker than starting HiGHS.
_SMALL = 4
#: Table entries that the exact way may scan in all, int64 and Python integers: tens of seconds at most.
_SCAN_BUDGET, _SCAN_BUDGET_WIDE = 1 << 31, 1 << 27
#: Most pivots of the exact way.
_PIVOTS = 4000


def find_nucleolus(game: Game, domain: Domain = "imputations") -> Certificate | str:
    """The nucleolus (or, over preimputations, the prenucleolus) with its certificate; or why there is none.

    For costs it is that of the savings against paying alone. The reasons are: there is no allocation that gives
    everybody at least what he has alone; or, in words that say so, the proof could not be completed in the time allowed.
    """
    table, n = list_profits(game), len(game.players)
    surplus = int(table[-1]) - sum(int(table[1 << i]) for i in range(n))
    if domain == "imputations" and surplus < 0:
        return (
            "the nucleolus is not defined: together the players "
            + ("have less" if game.type == "profit" else "pay more")
            + " than the sum of what each "
            + ("has" if game.type == "profit" else "pays")
            + " alone, so no allocation leaves everybody as well off as alone"
        )
    if domain == "imputations" and surplus == 0:
        certificate = _settle_alone(game)
        check_nucleolus(game, certificate)
        return certificate
    proposer = _start_highs(table, n, domain) if n > _SMALL else None
    if proposer is not None:
        quick = _prove(game, domain, _settle_quickly(table, n, proposer))
        if quick is not None:
            return quick
    per_scan = _SCAN_BUDGET if table.dtype != object else _SCAN_BUDGET_WIDE
    budget = Budget(min(_PIVOTS, per_scan >> n))
    try:
        exact = _prove(game, domain, _settle_exactly(table, n, domain, proposer, budget))
    except Exhausted:
        exact = None
    if exact is None:
        return "the nucleolus exists, but its exact proof could not be completed within the limits set for one game"
    return exact


def _start_highs(table: Table, n: int, domain: Domain) -> FloatStages:
    # HiGHS takes longer to load than small games take to solve.
    from contracts.allocation.stage_float import FloatStages  # noqa: PLC0415 - loaded on demand

    return FloatStages(table, n, domain)


def _settle_quickly(table: Table, n: int, proposer: FloatStages) -> tuple[Span, list[Settlement]] | None:
    span, settlements = _begin(table, n), []
    while span.rank < n:
        proposal = proposer.propose(span)
        settlement = settle_proposal(table, span, *proposal) if proposal else None
        if settlement is None or not _extend(table, span, settlement):
            return None
        settlements.append(settlement)
    return span, settlements


def _settle_exactly(
    table: Table, n: int, domain: Domain, proposer: FloatStages | None, budget: Budget
) -> tuple[Span, list[Settlement]] | None:
    span, settlements = _begin(table, n), []
    while span.rank < n:
        proposal = proposer.propose(span) if proposer else None
        seed = settle_proposal(table, span, *proposal) if proposal else None
        settlement = solve_stage(table, span, domain, seed, budget)
        if not _extend(table, span, settlement):
            return None
        settlements.append(settlement)
    return span, settlements


def _begin(table: Table, n: int) -> Span:
    span = Span(n)
    span.add([1] * n, Fraction(int(table[-1])))
    return span


def _extend(table: Table, span: Span, settlement: Settlement) -> bool:
    """Settle what the stage names; False when it names nothing new."""
    before = span.rank
    for mask in settlement.coalitions:
        span.add(list_bits(mask, span.n), int(table[mask]) - settlement.level)
    for i in settlement.bounds:
        span.add(list_bits(1 << i, span.n), Fraction(int(table[1 << i])))
    return span.rank > before


def _prove(game: Game, domain: Domain, settled: tuple[Span, list[Settlement]] | None) -> Certificate | None:
    """Turn settlements into a certificate in the game's units, if the check accepts it."""
    if settled is None:
        return None
    span, settlements = settled
    sign = 1 if game.type == "profit" else -1
    certificate = Certificate(
        domain,
        tuple(sign * x / game.denominator for x in span.list_payoffs()),
        tuple(
            Stage(
                settlement.level / game.denominator,
                tuple(sorted(settlement.coalitions.items())),
                tuple(sorted(settlement.bounds.items())),
            )
            for settlement in settlements
        ),
    )
    try:
        check_nucleolus(game, certificate)
    except CertificateRefused:
        return None
    return certificate


def _settle_alone(game: Game) -> Certificate:
    """Where nothing is to be shared, everybody has what he has alone: the sum over all players is settled."""
    bounds = tuple((i, Fraction(1)) for i in range(len(game.players)))
    return Certificate("imputations", game.standalone(), (Stage(None, (), bounds),))
