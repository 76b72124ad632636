"""The network's own game: its structure gives the same answers as plain enumeration, and what is allocated adds up."""

from fractions import Fraction
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.allocation.network_game import (
    AssetValue,
    ExchangeValue,
    Group,
    NetworkGame,
    list_components,
    share_losses,
    share_network_by_shapley,
    tabulate_group,
    total_saving,
    value_group,
)
from contracts.allocation.rules import divide_saving, round_shares

NAMES = ("o-aaaaaa", "o-bbbbbb", "o-cccccc", "o-dddddd", "o-eeeeee")


def value_by_definition(game: NetworkGame, coalition: frozenset[str]) -> int:
    """v(S) straight from the words: try every set of users that each asset is run for."""
    value = sum(max(0, one.saving) for one in game.exchanges if one.asset is None and coalition.issuperset(one.parties))
    for asset in game.assets:
        users = [user for user in asset.benefits if user in coalition]
        best = 0
        for count in range(1, len(users) + 1):
            for served in combinations(users, count):
                gain = sum(asset.benefits[user] for user in served) - max(min(asset.alone[user], asset.cost) for user in served)
                gain += sum(
                    max(0, one.saving)
                    for one in game.exchanges
                    if one.asset == asset.agreement and one.user in served and coalition.issuperset(one.parties)
                )
                best = max(best, gain)
        value += best
    return value


def shapley_by_definition(game: NetworkGame) -> dict[str, Fraction]:
    """The average marginal contribution over every order of joining."""
    shares = dict.fromkeys(game.players, Fraction(0))
    orders = list(permutations(game.players))
    for order in orders:
        joined: frozenset[str] = frozenset()
        for player in order:
            shares[player] += value_by_definition(game, joined | {player}) - value_by_definition(game, joined)
            joined |= {player}
    return {player: share / len(orders) for player, share in shares.items()}


money = st.integers(-5_000, 20_000)


@st.composite
def games(draw: st.DrawFn) -> NetworkGame:
    players = NAMES[: draw(st.integers(2, 5))]
    users = draw(st.lists(st.sampled_from(players), unique=True, max_size=4))
    alone = {user: draw(st.integers(0, 9_000)) for user in users}
    assets = (AssetValue("pool", draw(st.integers(0, 9_000)), alone, {user: draw(money) for user in users}),) if users else ()
    exchanges = []
    for number in range(draw(st.integers(0, 5))):
        parties = tuple(sorted(draw(st.lists(st.sampled_from(players), min_size=2, max_size=3, unique=True))))
        needs = bool(users) and parties[0] in users and draw(st.booleans())
        exchanges.append(ExchangeValue(f"a{number}", parties, draw(money), "pool" if needs else None, parties[0] if needs else None))
    return NetworkGame(tuple(sorted(players)), tuple(exchanges), assets, {player: Fraction(draw(st.integers(0, 9))) for player in players})


@given(game=games())
@settings(max_examples=60, deadline=None)
def test_the_structured_shapley_value_is_the_average_over_all_orders(game: NetworkGame) -> None:
    shares = share_network_by_shapley(game)

    assert shares == shapley_by_definition(game)


@given(game=games())
@settings(max_examples=60, deadline=None)
def test_the_table_of_a_component_holds_v_of_every_coalition(game: NetworkGame) -> None:
    for group in list_components(game):
        table = tabulate_group(group)

        for mask in range(1 << len(group.players)):
            coalition = frozenset(player for number, player in enumerate(group.players) if mask >> number & 1)
            part = NetworkGame(group.players, group.exchanges, group.assets)
            assert table.value(mask) == value_by_definition(part, coalition) == value_group(group, coalition)


@given(game=games(), rule=st.sampled_from(["equal", "proportional", "shapley", "nucleolus"]))
@settings(max_examples=80, deadline=None)
def test_what_is_allocated_adds_up_to_what_was_saved_to_the_cent(game: NetworkGame, rule: str) -> None:
    division = divide_saving(game, rule)

    if isinstance(division, str):
        assert division
        return
    assert sum(division.shares.values()) == total_saving(game)
    shares = round_shares(division, {})
    assert sum(share.allocated for share in shares) == total_saving(game)


def test_a_loss_is_borne_by_the_parties_of_the_exchange_that_made_it() -> None:
    game = NetworkGame(NAMES[:3], (ExchangeValue("good", NAMES[:2], 900), ExchangeValue("bad", NAMES[1:3], -300)), ())

    division = divide_saving(game, "shapley")

    assert not isinstance(division, str)
    assert division.shares == {NAMES[0]: 450, NAMES[1]: 300, NAMES[2]: -150}
    assert share_losses(game) == {NAMES[0]: 0, NAMES[1]: -150, NAMES[2]: -150}


def test_nobody_is_charged_a_whole_pipe_that_it_would_not_build_alone() -> None:
    pipe = AssetValue("pipe", 60, {NAMES[0]: 60, NAMES[1]: 50}, {NAMES[0]: 60, NAMES[1]: 50})
    group = Group(NAMES[:2], (), (pipe,))

    alone = value_group(group, frozenset(NAMES[:1]))

    assert alone == 0
    assert share_network_by_shapley(NetworkGame(NAMES[:2], (), (pipe,))) == {NAMES[0]: Fraction(25), NAMES[1]: Fraction(25)}


@pytest.mark.parametrize("rule", ["nash", "", "Shapley"])
def test_an_unknown_rule_is_refused_with_the_ones_that_are_known(rule: str) -> None:
    reason = divide_saving(NetworkGame(NAMES[:2], (ExchangeValue("a", NAMES[:2], 10),), ()), rule)

    assert isinstance(reason, str)
    assert "shapley" in reason
