"""The two rules of thumb: an equal split, and a split in proportion to a key.

Both divide v(N) and look at nothing that coalitions could do; practice prefers them, stability is not promised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    from contracts.allocation.game import Game


def split_equally(game: Game) -> tuple[Fraction, ...]:
    """Give each player v(N)/n: the equal division rule.

    This is *not* the equal surplus division (CIS), which first pays each player its stand-alone value.
    """
    n = len(game.players)
    return (game.grand / n,) * n


def split_proportionally(game: Game) -> tuple[Fraction, ...] | None:
    """Give player i v(N)·w_i/Σw, with the game's weights as w, or else the stand-alone values v({i}).

    None where the w sum to zero: no proportion is defined. With stand-alone values of both signs the formula holds,
    and a share may exceed v(N).
    """
    keys = game.standalone() if game.weights is None else game.weights
    total = sum(keys)
    if total == 0:
        return None
    return tuple(game.grand * key / total for key in keys)
