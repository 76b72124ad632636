"""The laboratory: samples certified lots and signs each certificate, statement and credential, with its own key."""

from datetime import datetime
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded and handed in: results of a play, never a key or a salt
from typing import Any

from contracts.certificates.facts import CertificateIssued, Result, Verdict
from contracts.certificates.service import draft_certificate
from contracts.facts import Role
from webui.demo.agenda import Agenda
from webui.demo.figures import ExchangeFigures
from webui.demo.handovers import Lot
from webui.demo.player import Player

LABORATORY = "westlab"  #: short name
MOISTURE = "free moisture"  #: the property that the weighbridge's moisture figure speaks of
_HUNDRED = 100


def schedule_certificate(player: Player, agenda: Agenda, one: ExchangeFigures, lot: Lot, chance: Random) -> None:
    """Put the certificate of a lot on the agenda: sampled when it arrives, issued the next afternoon."""
    sampled = agenda.at(lot.day, 15)
    results = tuple(_measure(row, lot, chance) for row in one.terms["quality_spec"])
    agenda.add(agenda.at(lot.day, 14, later=1), lambda: _certify(player, one, lot, sampled, results))


def _certify(player: Player, one: ExchangeFigures, lot: Lot, sampled: datetime, results: tuple[Result, ...]) -> None:
    lab = player.cast.find(LABORATORY, Role.LAB)
    fact: CertificateIssued = player.draft(
        draft_certificate,
        certificate=f"certificate.{lot.id}",
        number=f"WL-{lot.id}",
        agreement=one.agreement,
        deliveries=[lot.id],
        sampled_at=sampled,
        results=results,
        key=lab.key,
        issued_at=player.clock.now(),
    )
    player.say(fact, lab)
    if fact.verdict is not Verdict.CONFORM:
        player.notes["off-specification"] = fact.certificate


def _measure(row: dict[str, Any], lot: Lot, chance: Random) -> Result:
    """Draw a result well inside the limits; moisture is what the weighbridge found, so that both tell the same story."""
    value = lot.moisture if row["parameter"] == MOISTURE and lot.moisture is not None else _draw_value(row, chance)
    uncertainty = Decimal(row["uncertainty"]) if row.get("uncertainty") else None
    return Result(row["parameter"], f"{value:f}", row["unit"], row["method"], uncertainty)


def _draw_value(row: dict[str, Any], chance: Random) -> Decimal:
    """Draw from the middle of what is allowed: between minimum and target, or from half to nine tenths of the maximum."""
    if row.get("min") is not None:
        low = Decimal(row["min"])
        high = Decimal(row["target"]) if row.get("target") else low
        share = Decimal(chance.randint(50, _HUNDRED)) / _HUNDRED
        return (low + (high - low) * share).quantize(Decimal("0.01"))
    return (Decimal(row["max"]) * chance.randint(30, 80) / _HUNDRED).quantize(Decimal("0.001"))
