"""The certificate travels as JSON, is accepted for the nucleolus, and for nothing else."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.allocation.certificate import (
    Certificate,
    CertificateRefused,
    Stage,
    decode_certificate,
    encode_certificate,
)
from contracts.allocation.certificate_check import check_nucleolus
from contracts.allocation.game import Game
from contracts.allocation.nucleolus import find_nucleolus
from tests.contracts.allocation.builders import game_of, security_council, small_games

#: Lemaire's insurers: nucleolus (52687.5, 24468.75, 12843.75), and a first vertex that misleads to other shares.
LEMAIRE = game_of([0, 46125, Fraction("17437.5"), Fraction("69187.5"), Fraction("5812.5"), Fraction("53812.5"), 30750, 90000])


def prove(game: Game) -> Certificate:
    """The certificate of a game that has a nucleolus."""
    certificate = find_nucleolus(game)
    assert isinstance(certificate, Certificate)
    return certificate


@given(small_games())
def test_a_certificate_survives_its_journey_as_json(game: Game) -> None:
    certificate = find_nucleolus(game)
    assume(not isinstance(certificate, str))
    assert isinstance(certificate, Certificate)

    carried = decode_certificate(game, json.loads(json.dumps(encode_certificate(game, certificate))))

    assert carried == certificate
    check_nucleolus(game, carried)


@given(small_games(), st.data())
def test_other_shares_are_refused(game: Game, data: st.DataObject) -> None:
    certificate = find_nucleolus(game)
    n = len(game.players)
    assume(n > 1 and isinstance(certificate, Certificate))
    assert isinstance(certificate, Certificate)
    taker, giver = data.draw(st.permutations(range(n)))[:2]
    step = data.draw(st.fractions(Fraction(1, 10**12), 5))
    shares = list(certificate.shares)
    shares[taker] += step
    shares[giver] -= step

    with pytest.raises(CertificateRefused):
        check_nucleolus(game, replace(certificate, shares=tuple(shares)))


def test_the_answer_of_the_common_mistake_is_refused() -> None:
    wrong = (Fraction("52687.5"), Fraction(24000), Fraction("13312.5"))
    right = prove(LEMAIRE)

    with pytest.raises(CertificateRefused):
        check_nucleolus(LEMAIRE, replace(right, shares=wrong))


def change_stage(certificate: Certificate, **changes: Any) -> Certificate:
    """The certificate with its first stage changed."""
    return replace(certificate, stages=(replace(certificate.stages[0], **changes), *certificate.stages[1:]))


def list_tampered(certificate: Certificate) -> dict[str, Certificate]:
    """Certificates that are each wrong in one thing."""
    first = certificate.stages[0]
    mask, weight = first.coalitions[0]
    assert first.excess is not None
    return {
        "no stages": replace(certificate, stages=()),
        "last stage missing": replace(certificate, stages=certificate.stages[:-1]),
        "stages swapped": replace(certificate, stages=certificate.stages[::-1]),
        "other excess": change_stage(certificate, excess=first.excess - 1),
        "no excess": change_stage(certificate, excess=None),
        "coalition dropped": change_stage(certificate, coalitions=first.coalitions[1:]),
        "weight changed": change_stage(certificate, coalitions=((mask, weight + 1), *first.coalitions[1:])),
        "weight negative": change_stage(certificate, coalitions=tuple((m, -w) for m, w in first.coalitions)),
        "nobody named": change_stage(certificate, coalitions=((0, weight), *first.coalitions)),
        "empty stage": replace(certificate, stages=(Stage(None, ()), *certificate.stages)),
        "player with more than alone": change_stage(certificate, bounds=((0, Fraction(1)),)),
        "player who is none": change_stage(certificate, bounds=((9, Fraction(1)),)),
        "share missing": replace(certificate, shares=certificate.shares[:-1]),
        "other total": replace(certificate, shares=(certificate.shares[0] + 1, *certificate.shares[1:])),
    }


@pytest.mark.parametrize("name", list_tampered(prove(LEMAIRE)))
def test_a_certificate_wrong_in_one_thing_is_refused(name: str) -> None:
    tampered = list_tampered(prove(LEMAIRE))[name]

    with pytest.raises(CertificateRefused):
        check_nucleolus(LEMAIRE, tampered)


def test_any_shares_at_all_cannot_be_passed_off_as_what_each_has_alone() -> None:
    everybody = Stage(None, (), tuple((i, Fraction(1)) for i in range(3)))
    shares = (Fraction(50000), Fraction(30000), Fraction(10000))

    with pytest.raises(CertificateRefused, match="more than alone"):
        check_nucleolus(LEMAIRE, Certificate("imputations", shares, (everybody,)))


def test_equal_complaints_about_more_than_there_is_are_refused() -> None:
    half = Fraction(1, 2)
    stage = Stage(Fraction(-4), ((1, half), (2, half)))

    with pytest.raises(CertificateRefused, match="do not sum"):
        check_nucleolus(game_of([0, 1, 2, 10]), Certificate("imputations", (Fraction(5), Fraction(6)), (stage,)))


def test_players_held_at_their_own_value_need_imputations() -> None:
    # v({1,2}) = 10 with v(N) = 2: over all payoffs the third would pay 4.
    game = game_of([0, 0, 0, 10, 0, 0, 0, 2])
    certificate = prove(game)
    assert list(certificate.shares) == [1, 1, 0]
    assert any(stage.bounds for stage in certificate.stages)

    with pytest.raises(CertificateRefused, match="only imputations"):
        check_nucleolus(game, replace(certificate, domain="preimputations"))


def test_less_than_alone_is_refused() -> None:
    game = game_of([0, 0, 0, 10, 0, 0, 0, 2])
    over_all = find_nucleolus(game, "preimputations")
    assert isinstance(over_all, Certificate)
    assert list(over_all.shares) == [3, 3, -4]

    with pytest.raises(CertificateRefused, match="less than alone"):
        check_nucleolus(game, replace(over_all, domain="imputations"))


def test_a_certificate_does_not_fit_another_game() -> None:
    council = security_council()
    values = [council.value(mask) for mask in range(1 << 15)]
    values[0b111] = Fraction(1)
    other = game_of(values)

    with pytest.raises(CertificateRefused, match="complain more"):
        check_nucleolus(other, prove(council))


@pytest.mark.parametrize(
    "change",
    [
        {"form": "nucleolus-certificate/9"},
        {"domain": "everything"},
        {"shares": {"a": "1"}},
        {"shares": {"a": "1", "b": "x", "c": "1"}},
        {"stages": None},
        {"stages": [{"excess": "1", "coalitions": [{"members": ["nobody"], "weight": "1"}], "bounds": []}]},
        {"stages": [{}]},
        {"stages": [7]},
    ],
)
def test_what_is_no_certificate_is_refused(change: dict[str, object]) -> None:
    document = encode_certificate(LEMAIRE, prove(LEMAIRE)) | change

    with pytest.raises(CertificateRefused):
        decode_certificate(LEMAIRE, document)
