"""The network's own game, "realised with shut-down option", built from a period's saving lines and solved by its structure.

v(S) is the most that a coalition S could have saved by itself in the period with what was really exchanged: the exchanges whose parties
are all in S, each run only if it pays, and the shared assets that S would run, sized for the largest member that it runs them for.
A stand-alone organisation is so never charged a whole pipe that it would not build. The game falls into groups: an exchange that
needs no shared asset is a dividend of its parties; an asset that no exchange hangs on is an airport game of its users; an asset
with its exchanges is a mixed group, tabulated up to 24 organisations. Source: Ieong & Shoham 2005 for dividends,
Littlechild & Owen 1973 for assets; the shut-down option in README, "Decided".

What loss-making exchanges and assets really lost is borne in equal parts by their own parties, so that what is allocated adds up to
what was really saved.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from contracts.allocation.structured import Stage, share_dividends, share_stages_by_shapley

if TYPE_CHECKING:
    from contracts.allocation.game import Game  # numpy comes with it: only where a group is dense

GAME = "realised-with-shut-down/1"
DENSE_PLAYERS = 24  #: organisations of a group that is tabulated


@dataclass(frozen=True, slots=True)
class ExchangeValue:
    """What one supply saved its parties together in the period, minor units; may be a loss."""

    agreement: str
    parties: tuple[str, ...]
    saving: int
    asset: str | None = None  #: agreement of the shared asset that it needs
    user: str | None = None  #: party for whom the asset is then run


@dataclass(frozen=True, slots=True)
class AssetValue:
    """A shared asset in the period, minor units."""

    agreement: str
    cost: int  #: what running it really cost
    alone: Mapping[str, int]  #: by user: what an asset for this user alone would cost
    benefits: Mapping[str, int]  #: by user: what the user avoids by taking part, own handling costs deducted


@dataclass(frozen=True, slots=True)
class NetworkGame:
    """A period's game."""

    players: tuple[str, ...]  #: sorted
    exchanges: tuple[ExchangeValue, ...]
    assets: tuple[AssetValue, ...]
    weights: Mapping[str, Fraction] = field(default_factory=dict)  #: keys of the rule `proportional`: baseline costs


@dataclass(frozen=True, slots=True)
class Group:
    """A shared asset with the exchanges that need it, or one component of players for a dense rule."""

    players: tuple[str, ...]
    exchanges: tuple[ExchangeValue, ...]
    assets: tuple[AssetValue, ...]


def total_saving(game: NetworkGame) -> int:
    """Sum what the exchanges and assets really saved."""
    return sum(one.saving for one in game.exchanges) + sum(_realise_asset(asset) for asset in game.assets)


def share_losses(game: NetworkGame) -> dict[str, Fraction]:
    """Share what running everything lost against running what pays, in equal parts among the parties of each group."""
    losses = dict.fromkeys(game.players, Fraction(0))
    for exchange in game.exchanges:
        if exchange.asset is None and exchange.saving < 0:
            _spread(losses, exchange.parties, exchange.saving)
    for group in list_asset_groups(game):
        realised = sum(one.saving for one in group.exchanges) + sum(_realise_asset(asset) for asset in group.assets)
        best = value_group(group, frozenset(group.players))
        if realised != best:
            _spread(losses, group.players, realised - best)
    return losses


def share_network_by_shapley(game: NetworkGame) -> dict[str, Fraction] | str:
    """Compute the Shapley value of the game exactly, at any size but for mixed groups; a reason where one of these is too large."""
    paying = [(one.parties, one.saving) for one in game.exchanges if one.asset is None and one.saving > 0]
    shares = share_dividends(game.players, paying)
    for group in list_asset_groups(game):
        parts = _share_group(group)
        if isinstance(parts, str):
            return parts
        for player, part in parts.items():
            shares[player] += part
    return shares


def _share_group(group: Group) -> dict[str, Fraction] | str:
    if _is_airport(group):
        asset = group.assets[0]
        users = sorted(asset.benefits)
        parts = share_stages_by_shapley([Stage(Fraction(min(asset.alone[user], asset.cost))) for user in users])
        return {user: asset.benefits[user] - part for user, part in zip(users, parts, strict=True)}
    if len(group.players) > DENSE_PLAYERS:
        return f"{len(group.players)} organisations hang on {group.assets[0].agreement}: at most {DENSE_PLAYERS} can be solved exactly"
    from contracts.allocation.shapley import share_by_shapley  # noqa: PLC0415 - numpy only where a group is dense

    return dict(zip(group.players, share_by_shapley(tabulate_group(group)), strict=True))


def _is_airport(group: Group) -> bool:
    """Tell whether an asset stands alone and every user gains at least what it alone would cost: then nobody is ever shut out."""
    asset = group.assets[0]
    return (
        not group.exchanges
        and len(group.assets) == 1
        and all(asset.benefits[user] >= min(asset.alone[user], asset.cost) for user in asset.benefits)
    )


def list_asset_groups(game: NetworkGame) -> list[Group]:
    """List the shared assets with the exchanges that need them; assets that one exchange's parties share stay apart."""
    groups = []
    for asset in sorted(game.assets, key=lambda one: one.agreement):
        needing = tuple(one for one in game.exchanges if one.asset == asset.agreement)
        players = {*asset.benefits, *(party for one in needing for party in one.parties)}
        groups.append(Group(tuple(sorted(players)), needing, (asset,)))
    return groups


def list_components(game: NetworkGame) -> list[Group]:
    """List the connected components: players joined by exchanges or assets, each with all that joins them."""
    joined = [set(one.parties) | ({one.user} if one.user else set()) for one in game.exchanges]
    joined += [set(asset.benefits) for asset in game.assets]
    joined += [set(group.players) for group in list_asset_groups(game)]
    components: list[set[str]] = []
    for players in joined:
        touching = [one for one in components if one & players]
        components = [one for one in components if not one & players] + [players.union(*touching)]
    return [
        Group(
            tuple(sorted(players)),
            tuple(one for one in game.exchanges if set(one.parties) <= players),
            tuple(asset for asset in game.assets if set(asset.benefits) <= players),
        )
        for players in sorted(components, key=min)
    ]


def value_group(group: Group, coalition: frozenset[str]) -> int:
    """Value a coalition by v(S): exchanges that pay, and each asset at its best size; minor units."""
    value = sum(max(0, one.saving) for one in group.exchanges if one.asset is None and coalition.issuperset(one.parties))
    for asset in group.assets:
        benefits = {user: benefit for user, benefit in asset.benefits.items() if user in coalition}
        for one in group.exchanges:
            if one.asset == asset.agreement and one.user in benefits and coalition.issuperset(one.parties):
                benefits[one.user] += max(0, one.saving)
        value += _best_size(asset, benefits)
    return value


def _best_size(asset: AssetValue, benefits: Mapping[str, int]) -> int:
    """Choose the size that pays best: all users whose own need it covers and who gain by it, or no asset at all."""
    needs = {user: min(asset.alone[user], asset.cost) for user in benefits}
    sizes = sorted(set(needs.values()))
    return max([0, *(sum(max(0, benefits[user]) for user in benefits if needs[user] <= size) - size for size in sizes)])


def tabulate_group(group: Group, weights: Mapping[str, Fraction] | None = None) -> "Game":
    """Tabulate v over all coalitions of a group of at most 24 players: the dense game that the rules take."""
    import numpy as np  # noqa: PLC0415 - only where a group is dense

    from contracts.allocation.game import make_game  # noqa: PLC0415 - the same

    count = len(group.players)
    place = {player: number for number, player in enumerate(group.players)}
    table = np.zeros(1 << count, dtype=np.int64)
    for one in group.exchanges:
        if one.asset is None and one.saving > 0:
            table[_mask(place, one.parties)] += one.saving
    for number in range(count):
        halves = table.reshape(-1, 2, 1 << number)
        halves[:, 1, :] += halves[:, 0, :]
    coalitions = np.arange(1 << count, dtype=np.int64)
    for asset in group.assets:
        needs = {user: min(asset.alone[user], asset.cost) for user in asset.benefits}
        gains = {}
        for user, benefit in asset.benefits.items():
            gain = np.where(coalitions >> place[user] & 1, np.int64(benefit), np.int64(0))
            for one in group.exchanges:
                if one.asset == asset.agreement and one.user == user and one.saving > 0:
                    mask = _mask(place, {*one.parties, user})
                    gain += np.where(coalitions & mask == mask, np.int64(one.saving), np.int64(0))
            gains[user] = np.maximum(gain, 0)
        best = np.zeros_like(table)
        for size in sorted(set(needs.values())):
            served = sum((gains[user] for user in gains if needs[user] <= size), np.zeros_like(table))
            best = np.maximum(best, served - size)
        table += best
    keys = [weights.get(player, Fraction(0)) for player in group.players] if weights is not None else None
    return make_game(group.players, table.tolist(), "profit", keys)


def _mask(place: Mapping[str, int], players: Collection[str]) -> int:
    return sum(1 << place[player] for player in players)


def _realise_asset(asset: AssetValue) -> int:
    return sum(asset.benefits.values()) - asset.cost


def _spread(losses: dict[str, Fraction], parties: Sequence[str], amount: int) -> None:
    for party in parties:
        losses[party] += Fraction(amount, len(parties))
