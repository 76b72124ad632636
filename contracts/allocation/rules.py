"""Division of a period's pooled saving: which game, which rule, whole cents that add up, and how stable the split is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from contracts.allocation.exact import format_exact
from contracts.allocation.facts import Share
from contracts.allocation.network_game import (
    DENSE_PLAYERS,
    AssetValue,
    ExchangeValue,
    Group,
    NetworkGame,
    list_components,
    share_losses,
    share_network_by_shapley,
    tabulate_group,
    total_saving,
)
from contracts.allocation.rounding import round_largest_remainder
from contracts.savings.facts import SavingLine
from ledger.canonical import JSON

METHODS = {"equal": "equal/1", "proportional": "proportional/1", "shapley": "shapley/1", "nucleolus": "nucleolus/1"}
CHECKED_PLAYERS = 20  #: the core is checked coalition by coalition up to here: a million coalitions, well under a second


@dataclass(frozen=True, slots=True)
class PoolAgreement:
    """An agreement whose benefit_rule is network_pool, as far as the game goes."""

    agreement: str
    shared: bool
    supplier: str
    receivers: tuple[str, ...]
    asset: str | None  #: agreement of the shared asset that it needs
    alone: Mapping[str, int]  #: of a shared asset: monthly stand-alone cost by user


@dataclass(frozen=True, slots=True)
class Division:
    """The exact split of a game with what the board needs to judge it."""

    shares: Mapping[str, Fraction]
    components: tuple[Mapping[str, JSON], ...]
    losses: Mapping[str, Fraction]


def build_game(agreements: Sequence[PoolAgreement], lines: Sequence[SavingLine]) -> NetworkGame:
    """Build the period's game from its saving lines; lines of agreements outside the pool are left out."""
    pool = {one.agreement: one for one in agreements}
    mine = [line for line in lines if line.agreement in pool]
    exchanges: list[ExchangeValue] = []
    assets: list[AssetValue] = []
    assets_here = {one.agreement for one in agreements if one.shared}
    for agreement in sorted({line.agreement for line in mine}):
        one, of_it = pool[agreement], [line for line in mine if line.agreement == agreement]
        if one.shared:
            assets.append(_value_asset(one, of_it))
            continue
        needs = one.asset if one.asset in assets_here else None
        parties = tuple(sorted({one.supplier, *one.receivers}))
        saving = sum(line.saving for line in of_it)
        exchanges.append(ExchangeValue(agreement, parties, saving, needs, one.receivers[0] if needs else None))
    players = {line.organisation for line in mine if line.saving or line.baseline or line.price or line.cost}
    players |= {party for one in exchanges for party in one.parties} | {user for asset in assets for user in asset.benefits}
    weights: dict[str, Fraction] = {}
    for line in mine:
        weights[line.organisation] = weights.get(line.organisation, Fraction(0)) + max(0, line.baseline)
    return NetworkGame(tuple(sorted(players)), tuple(exchanges), tuple(assets), weights)


def _value_asset(one: PoolAgreement, lines: Sequence[SavingLine]) -> AssetValue:
    """Part the operator's own line (it receives the charges, and runs the asset at that cost) from the users' lines."""
    last = {line.of_period: number for number, line in enumerate(lines) if line.organisation == one.supplier}
    running = [lines[number] for number in last.values()]  # savings/rules.py writes the operator's own line last
    using = [line for number, line in enumerate(lines) if number not in last.values()]
    benefits = dict.fromkeys(sorted({*one.receivers, *(line.organisation for line in using)}), 0)
    for line in using:
        benefits[line.organisation] += line.baseline - line.cost
    return AssetValue(one.agreement, sum(line.cost for line in running), {user: one.alone.get(user, 0) for user in benefits}, benefits)


def divide_saving(game: NetworkGame, rule: str) -> Division | str:
    """Divide what was really saved by a named rule, exactly; a reason where the rule defines no split of this game."""
    if rule not in METHODS:
        return f"{rule} is no rule that is known here: one of {', '.join(METHODS)} is"
    if not game.players:
        return "no agreement of the pool was used in the period"
    total, losses = total_saving(game), share_losses(game)
    match rule:
        case "equal":
            shares: dict[str, Fraction] | str = {player: Fraction(total, len(game.players)) for player in game.players}
        case "proportional":
            shares = _divide_by_weights(game, total)
        case "nucleolus":
            shares = _divide_by_nucleolus(game, losses)
        case _:
            parts = share_network_by_shapley(game)
            shares = parts if isinstance(parts, str) else {player: parts[player] + losses[player] for player in game.players}
    if isinstance(shares, str):
        return shares
    return Division(shares, tuple(_describe_component(group, shares, losses) for group in list_components(game)), losses)


def _divide_by_weights(game: NetworkGame, total: int) -> dict[str, Fraction] | str:
    whole = sum(game.weights.values(), Fraction(0))
    if whole <= 0:
        return "proportional needs baseline costs above zero to divide by"
    return {player: total * game.weights.get(player, Fraction(0)) / whole for player in game.players}


def _divide_by_nucleolus(game: NetworkGame, losses: Mapping[str, Fraction]) -> dict[str, Fraction] | str:
    from contracts.allocation.solve import Undefined, allocate_game  # noqa: PLC0415 - the solver only where it is asked for

    shares = dict(losses)
    for group in list_components(game):
        if len(group.players) > DENSE_PLAYERS:
            return f"{len(group.players)} organisations hang together: the nucleolus is solved for at most {DENSE_PLAYERS}"
        outcome = allocate_game(tabulate_group(group), "nucleolus")
        if isinstance(outcome, Undefined):
            return outcome.reason
        for player, part in zip(outcome.players, outcome.shares, strict=True):
            shares[player] += part
    return shares


def _describe_component(group: Group, shares: Mapping[str, Fraction], losses: Mapping[str, Fraction]) -> Mapping[str, JSON]:
    """Describe a component for the board: who, joined by what, and whether anybody would be better off leaving."""
    found: dict[str, JSON] = {
        "players": list(group.players),
        "exchanges": [one.agreement for one in group.exchanges],
        "assets": [one.agreement for one in group.assets],
        "core": None,
    }
    if len(group.players) <= CHECKED_PLAYERS:
        from contracts.allocation.core import check_core  # noqa: PLC0415 - numpy only where a component is dense

        game = tabulate_group(group)
        verdict = check_core(game, [shares[player] - losses[player] for player in group.players])
        found["core"] = {
            "value": format_exact(game.grand),
            "stable": verdict.stable,
            "worst": list(verdict.worst or ()),
            "worst_excess": None if verdict.worst_excess is None else format_exact(verdict.worst_excess),
            "blocking": verdict.blocking,
        }
    return found


def round_shares(division: Division, savings: Mapping[str, int]) -> tuple[Share, ...]:
    """Round a division to whole cents that add up to the saving; transfers then sum to zero."""
    order = sorted(division.shares)
    allocated = round_largest_remainder(dict(division.shares), order)
    return tuple(
        Share(
            organisation=player,
            saving=savings.get(player, 0),
            allocated=allocated[player],
            transfer=allocated[player] - savings.get(player, 0),
            exact=format_exact(division.shares[player]),
        )
        for player in order
    )
