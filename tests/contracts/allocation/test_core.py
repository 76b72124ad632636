"""Core verdicts count every coalition exactly, and least core values carry their proof."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation.certificate import CertificateRefused
from contracts.allocation.core import LeastCore, check_core, check_least_core, find_least_core
from contracts.allocation.game import Game
from tests.contracts.allocation.builders import game_of, small_games


@given(small_games(), st.data())
def test_a_verdict_is_what_going_through_all_coalitions_says(game: Game, data: st.DataObject) -> None:
    n = len(game.players)
    reach = max(1, int(max(abs(game.value(mask)) for mask in range(1 << n))))
    shares = data.draw(st.lists(st.fractions(-reach, reach, max_denominator=50), min_size=n, max_size=n))
    if data.draw(st.booleans()):
        shares[-1] = game.grand - sum(shares[:-1])
    sign = 1 if game.type == "profit" else -1
    complaints = {
        mask: sign * (game.value(mask) - sum((shares[i] for i in range(n) if mask >> i & 1), Fraction(0)))
        for mask in range(1, (1 << n) - 1)
    }

    verdict = check_core(game, shares)

    assert verdict.blocking == sum(complaint > 0 for complaint in complaints.values())
    assert verdict.efficient == (sum(shares) == game.grand)
    assert verdict.stable == (verdict.efficient and verdict.blocking == 0)
    if n == 1:
        assert verdict.worst is None
        assert verdict.worst_excess is None
    else:
        worst = max(complaints, key=lambda mask: (complaints[mask], -mask))
        assert verdict.worst == game.name_coalition(worst)
        assert verdict.worst_excess == complaints[worst]


def test_the_coalition_that_would_leave_is_named() -> None:
    game = game_of([0, 0, 0, 10, 0, 0, 0, 12])

    verdict = check_core(game, [Fraction(4), Fraction(4), Fraction(4)])

    assert not verdict.stable
    assert verdict.worst == ("a", "b")
    assert verdict.worst_excess == 2
    assert verdict.blocking == 1


def test_a_cent_too_much_is_seen_beside_a_fortune() -> None:
    game = game_of([0, 0, 0, 10**40, 0, 0, 0, 10**40])
    half = Fraction(10**40, 2)

    fair = check_core(game, [half, half, Fraction(0)])
    cent_off = check_core(game, [half, half - Fraction(1, 100), Fraction(1, 100)])

    assert fair.stable
    assert not cent_off.stable
    assert cent_off.worst_excess == Fraction(1, 100)


@given(small_games())
def test_least_core_values_are_proved(game: Game) -> None:
    least = find_least_core(game)

    assert isinstance(least, LeastCore)
    check_least_core(game, least)
    assert least.core_nonempty == check_core(game, least.shares).stable


def test_an_empty_core_is_known_by_its_balanced_weights() -> None:
    majority = game_of([0, 0, 0, 1, 0, 1, 1, 1])

    least = find_least_core(majority)

    assert isinstance(least, LeastCore)
    assert not least.core_nonempty
    assert least.excess == Fraction(1, 3)
    assert dict(least.weights) == {3: Fraction(1, 3), 5: Fraction(1, 3), 6: Fraction(1, 3)}


def test_wrong_least_core_values_are_refused() -> None:
    game = game_of([0, 0, 0, 1, 0, 1, 1, 1])
    least = find_least_core(game)
    assert isinstance(least, LeastCore)
    wrong = [
        replace(least, excess=Fraction(1, 4)),
        replace(least, excess=None),
        replace(least, shares=(Fraction(1), Fraction(0), Fraction(0))),
        replace(least, shares=(Fraction(1), Fraction(1), Fraction(1))),
        replace(least, weights=()),
        replace(least, weights=least.weights[:2]),
        replace(least, weights=((3, Fraction(1)),)),
        replace(least, weights=((1, Fraction(1, 3)), (2, Fraction(1, 3)), (4, Fraction(1, 3)))),
        replace(least, weights=((7, Fraction(1)),)),
    ]

    for tampered in wrong:
        with pytest.raises(CertificateRefused):
            check_least_core(game, tampered)


def test_each_player_needs_a_share() -> None:
    with pytest.raises(ValueError, match="1 shares for 2 players"):
        check_core(game_of([0, 0, 0, 1]), [Fraction(1)])
