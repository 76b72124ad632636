"""Checking a nucleolus certificate: fractions and one pass over the table, no solver and no float."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from contracts.allocation.certificate import CertificateRefused
from contracts.allocation.excess import ExcessScan
from contracts.allocation.game import list_profits
from contracts.allocation.span import Span, find_unsettled, list_bits

if TYPE_CHECKING:
    from contracts.allocation.certificate import Certificate, Stage
    from contracts.allocation.game import Game, Table


def check_nucleolus(game: Game, certificate: Certificate) -> None:
    """Accept the certificate only if it proves its shares; `certificate.py` says why that is a proof.

    1. The shares sum to v(N), and give nobody less than alone.
    2. In each stage the named coalitions have the stage's complaint, the named players exactly what they have alone,
       the weights are positive, and the weighted sum lies in the span of what was settled.
    3. No coalition outside that span complains more.
    4. In the end everything is settled.

    Raises:
        CertificateRefused: with the first fault.
    """
    if len(certificate.shares) != len(game.players):
        raise CertificateRefused("the certificate is for another number of players")
    sign = 1 if game.type == "profit" else -1
    table = list_profits(game)
    payoffs = [sign * share * game.denominator for share in certificate.shares]
    _check_shares(game, table, payoffs, with_bounds=certificate.domain == "imputations")
    scan = ExcessScan(table, payoffs)
    excesses = [stage.excess * game.denominator for stage in certificate.stages if stage.excess is not None]
    above = scan.list_above(min(excesses)) if excesses else np.zeros(0, dtype=np.int64)
    span = Span(len(payoffs))
    span.add([1] * len(payoffs), Fraction(0))
    for number, stage in enumerate(certificate.stages, 1):
        if stage.bounds and certificate.domain != "imputations":
            raise CertificateRefused(f"stage {number} names single players, which only imputations allow")
        _check_stage(number, stage, scan, table, payoffs, span, game.denominator)
        if stage.excess is not None:
            louder = scan.keep_above(above, stage.excess * game.denominator)
            louder = louder[find_unsettled(louder, span.find_complement())]
            if len(louder):
                names = ", ".join(game.name_coalition(int(louder[0])))
                raise CertificateRefused(f"stage {number}: {names} complain more than the stage says, and are not settled")
        for mask, _ in stage.coalitions:
            span.add(list_bits(mask, len(payoffs)), Fraction(0))
        for i, _ in stage.bounds:
            span.add(list_bits(1 << i, len(payoffs)), Fraction(0))
    if span.rank < len(payoffs):
        raise CertificateRefused("the stages end before every share is settled")


def _check_shares(game: Game, table: Table, payoffs: list[Fraction], *, with_bounds: bool) -> None:
    if sum(payoffs) != int(table[-1]):
        raise CertificateRefused("the shares do not sum to what all players have together")
    for i, name in enumerate(game.players):
        if with_bounds and payoffs[i] < int(table[1 << i]):
            raise CertificateRefused(f"{name} has less than alone")


def _check_stage(
    number: int,
    stage: Stage,
    scan: ExcessScan,
    table: Table,
    payoffs: list[Fraction],
    span: Span,
    denominator: int,
) -> None:
    """Check point 2 of one stage."""
    n = len(payoffs)
    if (stage.excess is None) != (not stage.coalitions) or not (stage.coalitions or stage.bounds):
        raise CertificateRefused(f"stage {number} names no coalition, or no excess")
    total = [Fraction(0)] * n
    for mask, weight in stage.coalitions:
        if not 0 < mask < (1 << n) - 1 or weight <= 0:
            raise CertificateRefused(f"stage {number} names no proper coalition, or gives it no positive weight")
        if stage.excess is None or scan.excess(mask) != stage.excess * denominator:
            raise CertificateRefused(f"stage {number} names a coalition whose complaint is another one")
        total = [entry + weight if mask >> i & 1 else entry for i, entry in enumerate(total)]
    for i, weight in stage.bounds:
        if not 0 <= i < n or weight <= 0 or payoffs[i] != int(table[1 << i]):
            raise CertificateRefused(f"stage {number} names a player who has more than alone, or no positive weight")
        total[i] += weight
    if any(sum(a * b for a, b in zip(vector, total, strict=True)) for vector in span.find_complement()):
        raise CertificateRefused(f"stage {number}: the weighted coalitions do not balance")
