"""Deliveries that a close has counted, and whose quality changed since: certified late, or by a certificate taken back later."""

from dataclasses import replace

from sqlalchemy import Connection

from contracts.agreements.tables import find_agreement
from contracts.certificates.tables import find_adjustments, list_changed
from contracts.deliveries.tables import DeliveryKind, SettledRow, list_settled
from contracts.savings import tables
from contracts.savings.rules import NOTHING, Handover, Requalified


def read_requalified(connection: Connection, log_id: int, after: int | None) -> tuple[Requalified, ...]:
    """Read the counted deliveries that quality prices otherwise than they were counted, agreement by agreement in order of settlement.

    What was reversed is left out with its reversal: the pair cancels at what the original was counted at. Only agreements with a
    certificate that changed by an entry after `after`, that of the last close, are read; None stands for no close, and gives nothing.
    """
    found: list[Requalified] = []
    for name in list_changed(connection, log_id, after) if after is not None else ():
        agreement = find_agreement(connection, log_id, name)
        if agreement is not None and not agreement.shared:
            found += _compare_agreement(connection, log_id, name)
    return tuple(found)


def _compare_agreement(connection: Connection, log_id: int, agreement: str) -> list[Requalified]:
    counted = {one.delivery: one for one in tables.list_counted(connection, log_id, agreement=agreement)}
    rows = list_settled(connection, log_id, agreement=agreement)
    reversed_ones = {row.of for row in rows if row.kind is DeliveryKind.REVERSAL}
    standing = [
        row for row in rows if row.delivery in counted and row.kind is not DeliveryKind.REVERSAL and row.delivery not in reversed_ones
    ]
    adjustments = find_adjustments(connection, log_id, [row.delivery for row in standing])
    found = []
    for row in standing:
        before = _restore_handover(row, counted[row.delivery])
        quality = adjustments.get(row.delivery)
        refused = quality is not None and quality.refused
        after = replace(before, adjustment=quality.per_unit if quality else NOTHING, refused_price=refused)
        if after != before:
            found.append(Requalified(before, after))
    return found


def _restore_handover(row: SettledRow, counted: tables.CountedDelivery) -> Handover:
    """Restore a handover as the last close left it."""
    return Handover(
        delivery=row.delivery,
        agreement=row.agreement,
        receiver=row.receiver,
        of_period=row.of_period,
        quantity=row.quantity,
        unit=row.unit,
        adjustment=counted.adjustment,
        refused_price=counted.refused,
        taken_before=counted.taken_before,
    )
