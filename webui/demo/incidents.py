"""Incidents of the year: a disputed lot that is resolved, a closed delivery that is corrected, a lost key and a rotated one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from contracts.deliveries.facts import CorrectionApproved, CorrectionProposed, DeliveryResolved
from contracts.facts import Role
from contracts.own_facts import KeyRevoked, KeyRotated
from webui.demo.agenda import Agenda
from webui.demo.cast import Signer
from webui.demo.founding import enrol_key
from webui.demo.handovers import Lot
from webui.demo.player import Player

DISPUTED = ("yeast", 5)  #: agreement, and the month whose first lot it is
CORRECTED = ("ash", 9)
OFF_BY = Decimal("0.97")  #: the receiver's figure of the disputed lot, against the supplier's
SHORT_BY = Decimal(120)  #: tonnes that the corrected ship carried less
PLACES = Decimal("0.1")


def disturb_lots(agreement: str, lots: list[Lot]) -> list[Lot]:
    """Let the receiver's scale show too little of the lot that is to be disputed."""
    chosen = find_first(lots, DISPUTED[1])
    if agreement != DISPUTED[0]:
        return lots
    return [replace(lot, got=(lot.sent * OFF_BY).quantize(PLACES)) if lot is chosen else lot for lot in lots]


def find_first(lots: list[Lot], month: int) -> Lot | None:
    """Find the first lot of a month."""
    return next((lot for lot in lots if lot.day.month == month), None)


def schedule_dispute(player: Player, agenda: Agenda, lot: Lot) -> None:
    """The figures lie too far apart, so the receipt opens a dispute; both sides name one quantity, and it ends."""
    one = player.figures.find_exchange(DISPUTED[0])
    agreed = ((lot.sent + lot.got) / 2).quantize(PLACES)
    said: list[str] = []

    def name_quantity() -> None:
        reason = "Our scale was out by three per cent after the frost; the tank gauge shows this much."
        said.append(player.say(DeliveryResolved(lot.id, agreed, reason), player.cast.find(one.receiver, Role.OPERATOR)))

    def agree() -> None:
        fact = DeliveryResolved(lot.id, agreed, "The tank gauge settles it.")
        player.say(fact, player.cast.find(one.supplier, Role.SIGNATORY), refs=said)
        player.notes["disputed and resolved"] = lot.id

    agenda.add(agenda.at(lot.day, 11, later=3), name_quantity)
    agenda.add(agenda.at(lot.day, 11, later=4), agree)


def schedule_correction(player: Player, agenda: Agenda, lot: Lot) -> None:
    """After the period was closed, one side proposes to reverse and replace a delivery, and the other approves: a true-up follows."""
    one = player.figures.find_exchange(CORRECTED[0])
    said: list[str] = []
    following = date(lot.day.year, lot.day.month + 1, 1)

    def propose() -> None:
        right = ((lot.sent + lot.got) / 2 - SHORT_BY).quantize(PLACES)
        reason = "The draught survey at Aalborg counted ballast water as cargo: 120 t less were unloaded."
        fact = CorrectionProposed(lot.id, f"{lot.id}.corrected", right, reason)
        said.append(player.say(fact, player.cast.find(one.receiver, Role.OPERATOR)))

    def approve() -> None:
        fact = CorrectionApproved(lot.id, "Agreed after the surveyor's second report.")
        player.say(fact, player.cast.find(one.supplier, Role.OPERATOR), refs=said)
        player.notes["corrected after its month was closed"] = lot.id

    agenda.add(agenda.at(following, 10, later=8), propose)
    agenda.add(agenda.at(following, 10, later=11), approve)


def schedule_keys(player: Player, agenda: Agenda, made: list[Signer]) -> None:
    """Rotate one key, by itself, and revoke another that was lost; keys that are made on the way are added to `made`."""
    year, log = player.figures.year, player.figures.log

    def rotate() -> None:
        old = player.cast.find("novonordisk", Role.OPERATOR)
        new = player.cast.add("novonordisk", "meters-2", old.roles, old.holder)
        made.append(new)
        player.say(KeyRotated(old.key.multikey, old.key.multikey, new.key.multikey, new.prove(log)), old)

    def revoke() -> None:
        lost, office = player.cast.find("farms", Role.OPERATOR), player.cast.find("farms", Role.SIGNATORY)
        player.say(KeyRevoked(lost.key.multikey, lost.key.multikey, "lost", None), office)
        new = player.cast.add("farms", "phone-2", lost.roles, lost.holder)
        made.append(new)
        enrol_key(player, new, office)

    agenda.add(agenda.at(date(year, 6, 16), 12), rotate)
    agenda.add(agenda.at(date(year, 8, 20), 12), revoke)
