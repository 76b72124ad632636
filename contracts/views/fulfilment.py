"""Fulfilment: what an agreement contracts, what was called off, delivered, accepted and settled under it, and what remains."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import func, or_, select

from contracts.agreements.rules import Agreement
from contracts.agreements.tables import AgreementState
from contracts.deliveries.delivery import DeliveryKind, DeliveryState
from contracts.deliveries.tables import deliveries
from contracts.errors import Invalid
from contracts.period import add_months
from contracts.quantity import Quantity, convert_rounded, round_half_even
from contracts.templates.terms import Terms
from contracts.views.exact_sums import add_parts, sum_decimals
from contracts.views.sight import Sight, ask_open

PLACES = 3  #: of quantities that were weighed in another unit
_ORIGINAL = (DeliveryKind.LOAD.value, DeliveryKind.METERED.value)
_STEPS = ("called_off", "delivered", "accepted")
_ENDED = (AgreementState.DECLINED, AgreementState.WITHDRAWN, AgreementState.TERMINATED)


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """Quantities under an agreement, in its unit; None where its terms name none, or what was measured cannot be converted into it."""

    unit: str  #: UN/ECE Rec 20
    contracted: Decimal | None  #: over the term that runs; an estimate without duty under some quantity models
    until: date | None  #: first day after that term
    is_duty: bool  #: whether the contracted quantity is owed
    called_off: Decimal | None  #: what the suppliers say they handed over
    delivered: Decimal | None  #: what the receivers say arrived
    accepted: Decimal | None  #: what of it they did not refuse
    settled: Decimal  #: counted for both sides, in the price basis, corrections included
    remaining: Decimal | None  #: contracted and not settled; negative where more was settled; None too once the agreement has ended
    is_dry: bool  #: whether settled quantities are dry masses, and the others as they were weighed
    deliveries: int
    open: int  #: of them, not settled
    partly: bool  #: only what the reader handed over or took, for the contract keeps the others' from it


def find_fulfilment(sight: Sight, agreement: Agreement) -> Fulfilment | None:
    """Find the fulfilment of an agreement that came into force and whose terms are not erased; None for others."""
    unit = agreement.terms.text("quantity_unit")
    if not agreement.was_signed or unit is None:
        return None
    partly = not _sees_all(sight, agreement)
    sums = {name: Decimal(0) for name in _STEPS}
    failed: set[str] = set()
    counts = {"all": 0, "open": 0}
    for row in _read_sums(sight, agreement, own=partly):
        counts["all"] += row.number
        counts["open"] += row.number if row.state in (DeliveryState.DISPATCHED, DeliveryState.DISPUTED) else 0
        for place, name in enumerate(_STEPS):
            amount = _convert(add_parts(row[3 + 3 * place : 6 + 3 * place]), row.unit, unit)
            sums[name] += amount or Decimal(0)
            failed |= {name} if amount is None else set()
    contracted, until = find_contracted(agreement.terms, sight.viewer.today)
    settled = _sum_settled(sight, agreement, own=partly)
    ended = agreement.state in _ENDED
    return Fulfilment(
        unit=unit,
        contracted=contracted,
        until=until if agreement.terminated_on is None else agreement.terminated_on,
        is_duty=agreement.terms.text("quantity_model") in ("firm", "band"),
        called_off=None if "called_off" in failed else sums["called_off"],
        delivered=None if "delivered" in failed else sums["delivered"],
        accepted=None if "accepted" in failed else sums["accepted"],
        settled=settled,
        remaining=None if contracted is None or ended else contracted - settled,
        is_dry=agreement.terms.text("invoice_mass") in ("dry", "dry_capped"),
        deliveries=counts["all"],
        open=counts["open"],
        partly=partly,
    )


def find_contracted(terms: Terms, today: date) -> tuple[Decimal | None, date | None]:
    """Find the quantity of the term that runs, renewals included, and the first day after it."""
    yearly, start, months = terms.decimal("annual_contract_quantity"), terms.day("effective_date"), terms.integer("initial_term")
    if start is None or months is None:
        return None, None
    renewal = terms.integer("renewal_term") if terms.text("renewal_mode") == "auto" else None
    while renewal and add_months(start, months) <= today:
        months += renewal
    quantity = None if yearly is None else _trim(round_half_even(Fraction(yearly) * Fraction(months, 12), PLACES))
    return quantity, add_months(start, months)


def _trim(amount: Decimal) -> Decimal:
    text = f"{amount:f}"
    return Decimal(text.rstrip("0").rstrip(".")) if "." in text else amount


def _sees_all(sight: Sight, agreement: Agreement) -> bool:
    """Tell whether the reader sees what every side of a shared asset took: as its operator, by its terms, or by a grant."""
    if not agreement.shared or sight.organisation == agreement.supplier or agreement.terms.text("data_access") == "all":
        return True
    sight.find_visible([ask_open(agreement.offer_entry, "agreement.offered", agreement.offered_by)])
    return agreement.offer_entry in sight.used


def _read_sums(sight: Sight, agreement: Agreement, *, own: bool) -> Sequence[Any]:
    column = deliveries.c
    sums = [part for one in (column.sent_quantity, column.got_quantity, column.accepted) for part in sum_decimals(one)]
    query = select(column.unit, column.state, func.count().label("number"), *sums)
    query = query.where(column.log_id == sight.log_id, column.agreement == agreement.agreement, column.kind.in_(_ORIGINAL))
    if own:
        query = query.where(or_(column.supplier == sight.organisation, column.receiver == sight.organisation))
    return sight.connection.execute(query.group_by(column.unit, column.state)).all()


def _sum_settled(sight: Sight, agreement: Agreement, *, own: bool) -> Decimal:
    column = deliveries.c
    query = select(*sum_decimals(column.settled)).where(column.log_id == sight.log_id, column.agreement == agreement.agreement)
    if own:
        query = query.where(or_(column.supplier == sight.organisation, column.receiver == sight.organisation))
    return add_parts(sight.connection.execute(query.where(column.settled_entry.is_not(None))).one())


def _convert(amount: Decimal, unit: str, wanted: str) -> Decimal | None:
    if unit == wanted or not amount:
        return amount
    try:
        return _trim(convert_rounded(Quantity(amount, unit), wanted, PLACES).amount)
    except Invalid:
        return None
