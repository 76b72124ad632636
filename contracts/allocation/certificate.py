"""The proof that an allocation is the nucleolus: a few coalitions with weights, checked without solver or float.

The nucleolus makes the largest complaint v(S) - x(S) as small as it can be, then the next largest, and so on, over all
x that sum to v(N) and give nobody less than alone (Schmeidler 1969). The proof goes in stages. Let H be the span of
everybody together and of all coalitions named so far. Each stage names coalitions, all with the same complaint, and
players who get just what they have alone, each with a positive weight, such that

1. the weighted sum of the named coalitions and players lies in H, and
2. no coalition outside H complains more than the named ones.

Take any y that is no worse than x and pays the coalitions of H as x does. By 2 it pays each named coalition at least
what x pays, and each named player at least what he has alone, which is what x pays. By 1 the weighted sum of these
gains is 0, so none gains: y pays the named ones as x does, and they join H. When H is everything, y is x (Kohlberg
1971 in the form of stages). For costs, everything is read with the signs turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from contracts.allocation.exact import format_exact, parse_exact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from contracts.allocation.game import Game

#: What competes: payoffs that give nobody less than alone, or all payoffs that sum to v(N).
Domain: TypeAlias = Literal["imputations", "preimputations"]

#: Version of the JSON form.
_FORM = "nucleolus-certificate/1"


class CertificateRefused(ValueError):
    """The certificate proves nothing for this game; the message says where it fails."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Coalitions whose payoffs this stage settles."""

    #: Their common complaint v(S) - x(S), or x(S) - c(S) for costs; None if the stage settles single players only.
    excess: Fraction | None
    #: Bit masks with their weights, above 0.
    coalitions: tuple[tuple[int, Fraction], ...]
    #: Indices of players held at their stand-alone value, with their weights, above 0.
    bounds: tuple[tuple[int, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """An allocation with the stages that prove it the nucleolus, or the prenucleolus."""

    #: Among which allocations it is the nucleolus.
    domain: Domain
    #: One share for each player, in the game's units.
    shares: tuple[Fraction, ...]
    #: In order.
    stages: tuple[Stage, ...]


def encode_certificate(game: Game, certificate: Certificate) -> dict[str, object]:
    """Write a certificate as JSON-ready values, with players by name and numbers as text."""
    return {
        "form": _FORM,
        "domain": certificate.domain,
        "shares": {name: format_exact(x) for name, x in zip(game.players, certificate.shares, strict=True)},
        "stages": [
            {
                "excess": None if stage.excess is None else format_exact(stage.excess),
                "coalitions": [
                    {"members": list(game.name_coalition(mask)), "weight": format_exact(weight)} for mask, weight in stage.coalitions
                ],
                "bounds": [{"player": game.players[i], "weight": format_exact(weight)} for i, weight in stage.bounds],
            }
            for stage in certificate.stages
        ],
    }


def decode_certificate(game: Game, document: Mapping[str, object]) -> Certificate:
    """Read a certificate from JSON values.

    Raises:
        CertificateRefused: another form, unknown players, or numbers that are none.
    """
    try:
        return _decode(game, document)
    except CertificateRefused:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise CertificateRefused(f"the certificate cannot be read: {fault!r}") from None


def _decode(game: Game, document: Mapping[str, object]) -> Certificate:
    domain = document["domain"]
    if document["form"] != _FORM:
        raise CertificateRefused(f"the certificate's form is not {_FORM}")
    if domain != "imputations" and domain != "preimputations":  # noqa: PLR1714 - mypy narrows these two
        raise CertificateRefused(f"the domain {domain!r} is unknown")
    shares, stages = document["shares"], document["stages"]
    if not isinstance(shares, dict) or set(shares) != set(game.players) or not isinstance(stages, list):
        raise CertificateRefused("the certificate is for other players")
    index = {name: i for i, name in enumerate(game.players)}
    return Certificate(
        domain,
        tuple(parse_exact(shares[name]) for name in game.players),
        tuple(
            Stage(
                None if stage["excess"] is None else parse_exact(stage["excess"]),
                tuple(
                    (sum(1 << index[name] for name in set(item["members"])), parse_exact(item["weight"])) for item in stage["coalitions"]
                ),
                tuple((index[item["player"]], parse_exact(item["weight"])) for item in stage["bounds"]),
            )
            for stage in stages
        ),
    )
