"""The steps of deliveries: what each fact changes, who may read it, and what an erasure leaves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from contracts.deliveries import metered, rules, settling, tables
from contracts.deliveries.agreed import find_trade, require_trade
from contracts.deliveries.delivery import (
    REPLACEMENT_SUFFIX,
    REVERSAL_SUFFIX,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Figure,
    Proposal,
    Purpose,
    SettledBy,
)
from contracts.deliveries.facts import (
    CorrectionApproved,
    CorrectionProposed,
    DeliveryDispatched,
    DeliveryDisputed,
    DeliveryReceived,
    DeliveryResolved,
    ReadingsRecorded,
)
from contracts.deliveries.import_drafts import ImportContext
from contracts.deliveries.rules import Taken
from contracts.deliveries.scrubbing import blocks_erasure, forget_contents
from contracts.deliveries.tables import find_deliveries, find_delivery, list_deliveries, list_open_proposals, list_settled, read_readings
from contracts.deliveries.trade import Trade
from contracts.errors import Finding, NotFound
from contracts.parties.tables import get_network, open_to
from contracts.period import find_day_start
from contracts.quantity import format_decimal
from contracts.said import Handler, Handlers, Said

__all__ = [
    "HANDLERS",
    "blocks_erasure",
    "find_deliveries",
    "find_delivery",
    "find_import_context",
    "forget_contents",
    "list_deliveries",
    "list_open_proposals",
    "list_settled",
    "read_readings",
]


def find_import_context(
    connection: Connection,
    log_id: int,
    agreement: str,
    author: str,
    now: datetime,
    *,
    user: str | None = None,
    registers: Mapping[str, Decimal] | None = None,
) -> ImportContext:  # fmt: skip
    """Read what the log says about an agreement, for `plan_import`; raises NotFound."""
    trade = find_trade(connection, log_id, agreement)
    if trade is None:
        raise NotFound(f"there is no agreement {agreement}")
    zone = get_network(connection, log_id).zone
    loads, days = tables.read_recorded(connection, log_id, agreement)
    return ImportContext(trade, author, now, zone, loads, days, user, registers or {})


def _judge_dispatch(connection: Connection, said: Said[DeliveryDispatched]) -> list[Finding]:
    fact = said.fact
    trade = _find_own_trade(connection, said, fact.agreement)
    taken = Taken(
        tables.is_taken(connection, said.log_id, fact.delivery),
        tables.is_ticket_taken(connection, said.log_id, fact.agreement, fact.ticket),
    )
    zone = get_network(connection, said.log_id).zone
    return rules.check_dispatch(fact, trade, said.author, said.received_at, zone, taken)


def _fold_dispatch(connection: Connection, said: Said[DeliveryDispatched]) -> None:
    fact = said.fact
    trade = require_trade(connection, said.log_id, fact.agreement)
    sent = Figure(fact.quantity, fact.gross, fact.tare, fact.moisture)
    zone = get_network(connection, said.log_id).zone
    tables.insert_delivery(
        connection,
        said.log_id,
        delivery=fact.delivery,
        kind=DeliveryKind.LOAD,
        receiver=trade.receivers[0],
        state=DeliveryState.DISPATCHED,
        unit=fact.unit,
        dispatched_at=fact.dispatched_at,
        **_write_figure("sent", sent),
        ticket=fact.ticket,
        batch=fact.batch,
        vehicle=fact.vehicle,
        driver=fact.driver,
        period=trade.find_title_period(fact.dispatched_at, None, zone),
        **_start_row(said, trade),
        **_find_silence(said, trade, fact.unit, sent),
    )
    _open_entry(connection, said, trade, trade.receivers[0])


def _judge_readings(connection: Connection, said: Said[ReadingsRecorded]) -> list[Finding]:
    fact = said.fact
    trade = _find_own_trade(connection, said, fact.agreement)
    taken = Taken(
        tables.is_taken(connection, said.log_id, fact.delivery),
        tables.is_day_taken(connection, said.log_id, fact.agreement, fact.meter, fact.day),
    )
    zone = get_network(connection, said.log_id).zone
    return metered.check_readings(fact, trade, said.author, said.received_at, zone, taken)


def _fold_readings(connection: Connection, said: Said[ReadingsRecorded]) -> None:
    fact = said.fact
    trade = require_trade(connection, said.log_id, fact.agreement)
    zone = get_network(connection, said.log_id).zone
    sent = Figure(metered.sum_readings(fact))
    user = fact.user or trade.receivers[0]
    own_use = user == trade.supplier
    tables.insert_delivery(
        connection,
        said.log_id,
        delivery=fact.delivery,
        kind=DeliveryKind.METERED,
        receiver=user,
        state=DeliveryState.SETTLED if own_use else DeliveryState.DISPATCHED,
        unit=fact.unit,
        dispatched_at=find_day_start(fact.day, zone),
        **_write_figure("sent", sent),
        meter=fact.meter,
        day=fact.day.isoformat(),
        period=f"{fact.day:%Y-%m}",
        **_start_row(said, trade),
        **({} if own_use else _find_silence(said, trade, fact.unit, sent)),
    )
    if own_use:
        _settle(connection, said, fact.delivery, settling.claim_figure(trade, fact.unit, sent), SettledBy.OWN_USE)
    tables.insert_readings(
        connection,
        said.log_id,
        delivery=fact.delivery,
        entry=said.index,
        interval=fact.interval,
        register_start=fact.register_start,
        register_end=fact.register_end,
        readings=[[f"{one.start:%Y-%m-%dT%H:%M:%SZ}", format_decimal(one.quantity), one.quality.value] for one in fact.readings],
    )
    _open_entry(connection, said, trade, user)


def _judge_receipt(connection: Connection, said: Said[DeliveryReceived]) -> list[Finding]:
    delivery = _find_own(connection, said, said.fact.delivery)
    trade = None if delivery is None else find_trade(connection, said.log_id, delivery.agreement)
    return rules.check_receipt(said.fact, delivery, trade, said.author, said.received_at)


def _fold_receipt(connection: Connection, said: Said[DeliveryReceived]) -> None:
    fact = said.fact
    delivery, trade = _require(connection, said.log_id, fact.delivery)
    got = Figure(fact.quantity, fact.gross, fact.tare, fact.moisture)
    values: dict[str, Any] = {
        "received_entry": said.index,
        "received_at": fact.received_at,
        **_write_figure("got", got),
        "accepted": fact.accepted,
        "refused": fact.refused,
        "refusal_reason": fact.reason,
    }
    if delivery.kind is DeliveryKind.LOAD:
        zone = get_network(connection, said.log_id).zone
        values["period"] = trade.find_title_period(delivery.dispatched_at, fact.received_at, zone)
    tables.change_delivery(connection, said.log_id, fact.delivery, **values)
    if delivery.state is DeliveryState.DISPATCHED:
        settled = settling.settle_figures(trade, delivery.unit, delivery.sent, got, fact.refused)
        if settled is None:
            _dispute(connection, said, fact.delivery)
        else:
            _settle(connection, said, fact.delivery, settled, SettledBy.MATCH)
    _open_entry(connection, said, trade, delivery.receiver)


def _judge_dispute(connection: Connection, said: Said[DeliveryDisputed]) -> list[Finding]:
    return rules.check_dispute(said.fact, _find_own(connection, said, said.fact.delivery))


def _fold_dispute(connection: Connection, said: Said[DeliveryDisputed]) -> None:
    fact = said.fact
    delivery, trade = _require(connection, said.log_id, fact.delivery)
    tables.close_proposals(connection, said.log_id, fact.delivery)
    _dispute(connection, said, fact.delivery, dispute_by=said.author, dispute_quantity=fact.quantity, dispute_reason=fact.reason)
    _open_entry(connection, said, trade, delivery.receiver)


def _judge_resolution(connection: Connection, said: Said[DeliveryResolved]) -> list[Finding]:
    delivery = _find_own(connection, said, said.fact.delivery)
    return rules.check_resolution(said.fact, delivery, said.author, _find_named(connection, said, said.fact.delivery))


def _fold_resolution(connection: Connection, said: Said[DeliveryResolved]) -> None:
    fact = said.fact
    delivery, trade = _require(connection, said.log_id, fact.delivery)
    if not _find_named(connection, said, fact.delivery) and delivery.supplier != delivery.receiver:
        proposal = Proposal(said.hash, fact.delivery, Purpose.RESOLUTION, said.author, fact.quantity, None, said.index, is_open=True)
        tables.insert_proposal(connection, said.log_id, proposal, fact.reason)
    else:
        tables.close_proposals(connection, said.log_id, fact.delivery)
        if delivery.settled is None:
            _settle(connection, said, fact.delivery, fact.quantity, SettledBy.RESOLUTION)
        elif delivery.settled == fact.quantity:
            tables.change_delivery(connection, said.log_id, fact.delivery, state=DeliveryState.SETTLED)
        else:
            _reverse(connection, said, delivery, fact.delivery + REPLACEMENT_SUFFIX, fact.quantity, SettledBy.RESOLUTION)
    _open_entry(connection, said, trade, delivery.receiver)


def _judge_correction(connection: Connection, said: Said[CorrectionProposed]) -> list[Finding]:
    fact = said.fact
    taken = fact.replacement != fact.delivery and tables.is_taken(connection, said.log_id, fact.replacement)
    return rules.check_correction(fact, _find_own(connection, said, fact.delivery), replacement_taken=taken)


def _fold_correction(connection: Connection, said: Said[CorrectionProposed]) -> None:
    fact = said.fact
    delivery, trade = _require(connection, said.log_id, fact.delivery)
    purpose, replacement = Purpose.CORRECTION, fact.replacement
    proposal = Proposal(said.hash, fact.delivery, purpose, said.author, fact.quantity, replacement, said.index, is_open=True)
    tables.insert_proposal(connection, said.log_id, proposal, fact.reason)
    _open_entry(connection, said, trade, delivery.receiver)


def _judge_approval(connection: Connection, said: Said[CorrectionApproved]) -> list[Finding]:
    proposal = _find_first_proposal(connection, said)
    taken = proposal is not None and tables.is_taken(connection, said.log_id, proposal.replacement or "")
    delivery = _find_own(connection, said, said.fact.delivery)
    return rules.check_approval(said.fact, delivery, said.author, proposal, replacement_taken=taken)


def _fold_approval(connection: Connection, said: Said[CorrectionApproved]) -> None:
    delivery, trade = _require(connection, said.log_id, said.fact.delivery)
    proposal = _find_first_proposal(connection, said)
    if proposal is None or proposal.replacement is None or proposal.quantity is None:
        raise LookupError(f"entry {said.index} approves a proposal that is not there")
    tables.close_proposals(connection, said.log_id, delivery.delivery)
    _reverse(connection, said, delivery, proposal.replacement, proposal.quantity, SettledBy.CORRECTION)
    _open_entry(connection, said, trade, delivery.receiver)


def _reverse(
    connection: Connection, said: Said[object], original: Delivery, replacement: str, quantity: Decimal, by: SettledBy
) -> None:  # fmt: skip
    """Write the exact negative of a settled delivery and what stands instead; both belong to the original's period."""
    if original.settled is None:
        raise LookupError(f"delivery {original.delivery} has nothing to reverse")
    reversal = original.delivery + REVERSAL_SUFFIX
    for delivery, kind, settled in (
        (reversal, DeliveryKind.REVERSAL, settling.negate(original.settled)),
        (replacement, DeliveryKind.REPLACEMENT, quantity),
    ):
        tables.insert_delivery(
            connection,
            said.log_id,
            delivery=delivery,
            agreement=original.agreement,
            kind=kind,
            of=original.delivery,
            supplier=original.supplier,
            receiver=original.receiver,
            state=DeliveryState.SETTLED,
            entry=said.index,
            recorded_at=said.received_at,
            unit=original.settled_unit,
            dispatched_at=original.dispatched_at,
            received_at=original.received_at,
            batch=original.batch,
            period=original.period,
            settled=settled,
            settled_unit=original.settled_unit,
            settled_entry=said.index,
            settled_by=by,
        )
    values = {"state": DeliveryState.REVERSED, "reversed_by": reversal, "replaced_by": replacement}
    tables.change_delivery(connection, said.log_id, original.delivery, **values)


def _settle(connection: Connection, said: Said[object], delivery: str, quantity: Decimal, by: SettledBy) -> None:
    values = {"state": DeliveryState.SETTLED, "settled": quantity, "settled_entry": said.index, "settled_by": by}
    tables.change_delivery(connection, said.log_id, delivery, **values)


def _dispute(connection: Connection, said: Said[object], delivery: str, **values: object) -> None:
    tables.change_delivery(connection, said.log_id, delivery, state=DeliveryState.DISPUTED, dispute_entry=said.index, **values)


def _start_row(said: Said[object], trade: Trade) -> dict[str, Any]:
    return {
        "agreement": trade.agreement,
        "supplier": trade.supplier,
        "entry": said.index,
        "recorded_at": said.received_at,
        "settled_unit": trade.unit,
    }


def _find_silence(said: Said[object], trade: Trade, unit: str, sent: Figure) -> Mapping[str, Any]:
    """From when silence settles, and what; measured by the log's time, not by the recorder's."""
    if not trade.silent_accept or trade.confirm_within is None:
        return {}
    quantity = settling.claim_figure(trade, unit, sent)
    return {"silent_from": said.received_at + timedelta(hours=trade.confirm_within), "silent_quantity": quantity}


def _find_named(connection: Connection, said: Said[object], delivery: str) -> tuple[Proposal, ...]:
    found = tables.find_proposals(connection, said.log_id, said.refs)
    named = (found[one] for one in said.refs if one in found)
    return tuple(one for one in named if one.delivery == delivery and one.purpose is Purpose.RESOLUTION and one.is_open)


def _find_first_proposal(connection: Connection, said: Said[CorrectionApproved]) -> Proposal | None:
    first = tables.find_proposals(connection, said.log_id, said.refs[:1]).get(said.refs[0]) if said.refs else None
    return first if first is not None and first.delivery == said.fact.delivery else None


def _find_own(connection: Connection, said: Said[object], delivery: str) -> Delivery | None:
    """Find a delivery of which the author is a side; for anybody else it is not there, so that a refusal tells nothing of it.

    Raises Invalid where its terms were erased, before a fold would miss them.
    """
    found = tables.find_delivery(connection, said.log_id, delivery)
    if found is None or not found.is_side(said.author):
        return None
    find_trade(connection, said.log_id, found.agreement)
    return found


def _find_own_trade(connection: Connection, said: Said[object], agreement: str) -> Trade | None:
    """Find what an agreement says about deliveries; for those who neither hand over nor receive under it, it is not there."""
    found = find_trade(connection, said.log_id, agreement)
    return found if found is not None and said.author in (found.supplier, *found.receivers) else None


def _require(connection: Connection, log_id: int, delivery: str) -> tuple[Delivery, Trade]:
    found = tables.find_delivery(connection, log_id, delivery)
    if found is None:
        raise LookupError(f"there is no delivery {delivery}")
    return found, require_trade(connection, log_id, found.agreement)


def _write_figure(prefix: str, figure: Figure) -> dict[str, Decimal | None]:
    return {f"{prefix}_{name}": getattr(figure, name) for name in Figure.__slots__}


def _open_entry(connection: Connection, said: Said[object], trade: Trade, receiver: str) -> None:
    """Let both sides read; what one member of a shared asset used, the others read only where the agreement says so."""
    if trade.shared and not trade.use_is_open:
        open_to(connection, said.log_id, said.index, [trade.supplier, receiver])
    else:
        open_to(connection, said.log_id, said.index, agreement=trade.agreement)


HANDLERS: Handlers = {
    DeliveryDispatched: Handler(_judge_dispatch, _fold_dispatch),
    DeliveryReceived: Handler(_judge_receipt, _fold_receipt),
    ReadingsRecorded: Handler(_judge_readings, _fold_readings),
    DeliveryDisputed: Handler(_judge_dispute, _fold_dispute),
    DeliveryResolved: Handler(_judge_resolution, _fold_resolution),
    CorrectionProposed: Handler(_judge_correction, _fold_correction),
    CorrectionApproved: Handler(_judge_approval, _fold_approval),
}
