"""Why a delivery has its price: the agreed price of its settled quantity, and what certified quality does to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection

from contracts.agreements.tables import Agreement
from contracts.certificates.tables import find_certificate, find_qualities
from contracts.deliveries.delivery import Delivery, SettledBy
from contracts.deliveries.tables import find_deliveries
from contracts.parties.reading import Asked
from contracts.period import Period
from contracts.savings.rules import Handover, price_handover
from contracts.savings.tables import CountedDelivery, list_counted
from contracts.templates.pricing import find_unit_price, price_delivery, read_tiers
from contracts.views.derivation import (
    Closed,
    Derivation,
    Evidence,
    Factor,
    Rounding,
    Rule,
    Source,
    Unit,
    Use,
    What,
    compute,
    make_leaf,
)
from contracts.views.sight import ask_open

_CHUNK = 500
#: parameters that rule the price of a model
_TERMS = {
    "fixed": ("base_price",),
    "gate_fee": ("base_price",),
    "free": ("price_model",),
    "tiered": ("price_tiers", "tier_mode", "contract_year_start"),
    "indexed": ("base_price", "index_fixed_share", "index_terms", "index_values", "price_places", "price_floor", "price_cap"),
}


#: kinds of facts that settle a quantity; a match is made by the receipt
_SETTLED = {
    SettledBy.RESOLUTION: "delivery.resolved",
    SettledBy.CORRECTION: "delivery.correction_approved",
    SettledBy.SILENCE: "period.closed",
}


@dataclass(frozen=True, slots=True)
class CountedRow:
    """A delivery as a close counted it, and as it stands."""

    counted: CountedDelivery
    delivery: Delivery

    def ask(self) -> Asked:
        """Ask for the entry that recorded it."""
        return ask_open(self.delivery.entry, "delivery.dispatched", self.delivery.supplier)


def read_counted(connection: Connection, log_id: int, agreement: str, period: str, of_period: str | None = None) -> list[CountedRow]:
    """Read the deliveries of an agreement that the close of a period counted, of one period or of all."""
    counted = [one for one in list_counted(connection, log_id, agreement=agreement, period=period) if of_period in (None, one.of_period)]
    return join_deliveries(connection, log_id, counted)


def join_deliveries(connection: Connection, log_id: int, counted: Sequence[CountedDelivery]) -> list[CountedRow]:
    """Join counted deliveries with their rows, in the order of the log."""
    found: dict[str, Delivery] = {}
    for begin in range(0, len(counted), _CHUNK):
        found |= find_deliveries(connection, log_id, [one.delivery for one in counted[begin : begin + _CHUNK]])
    rows = [CountedRow(one, found[one.delivery]) for one in counted if one.delivery in found]
    return sorted(rows, key=lambda row: (row.delivery.entry, row.delivery.delivery))


def describe_use(row: CountedRow) -> Use:
    """Say what both sides said of a delivery, with the entries that say so."""
    one = row.delivery
    said: dict[int, str] = {one.entry: "readings.recorded" if one.day else "delivery.dispatched"}
    if one.received_entry is not None:
        said.setdefault(one.received_entry, "delivery.received")
    if one.dispute is not None:
        said.setdefault(one.dispute.entry, "delivery.disputed")
    if one.settled_entry is not None:
        said.setdefault(one.settled_entry, _SETTLED.get(one.settled_by or SettledBy.MATCH, "delivery.received"))
    return Use(
        delivery=one.delivery,
        settled=row.counted.quantity,
        settled_unit=one.settled_unit,
        settled_by=one.settled_by.value if one.settled_by else "",
        sent=one.sent,
        got=one.got,
        unit=one.unit,
        of=one.of,
        evidence=tuple(Evidence(index, kind) for index, kind in sorted(said.items())),
    )


def explain_delivery_price(connection: Connection, log_id: int, one: Agreement, row: CountedRow, exponent: int) -> Derivation:
    """Explain what a close paid for a delivery, from the supplier's side."""
    counted = row.counted
    agreed = _explain_agreed(one, counted, exponent)
    rest = counted.price - agreed.amount
    parts = (agreed, _explain_quality(connection, log_id, one, counted, rest, agreed.amount, exponent)) if rest else (agreed,)
    return Derivation(
        What.DELIVERY,
        counted.price,
        parts=parts,
        uses=(describe_use(row),),
        agreement=one.agreement,
        delivery=counted.delivery,
        period=counted.of_period,
        quantity=counted.quantity,
        unit=row.delivery.settled_unit,
        path=f"/why/deliveries/{counted.delivery}",
    )


def _explain_agreed(one: Agreement, counted: CountedDelivery, exponent: int) -> Derivation:
    """Explain the agreed price of a quantity: a product, or under tiers the difference of two running totals."""
    terms, model = one.terms, one.terms.text("price_model") or ""
    unit, period = terms.require_text("quantity_unit"), Period(counted.of_period)
    amount = price_delivery(terms, counted.quantity, taken_before=counted.taken_before, period=period)
    source = Source(Rule.CONTRACT, one.agreement, one.version, tuple(name for name in _TERMS[model] if terms.has(name)), one.offer_entry)
    whole = Derivation(What.AGREED_PRICE, amount, agreement=one.agreement, source=source, quantity=counted.quantity, unit=unit)
    if model == "tiered":
        with_it = _explain_tiers(one, What.TIERS_WITH, counted.taken_before + counted.quantity, exponent, 1)
        before = _explain_tiers(one, What.TIERS_BEFORE, counted.taken_before, exponent, -1)
        return replace(whole, parts=(with_it, before))
    name = "indexed_price" if model == "indexed" else "base_price"
    factors = [_quantity(counted.quantity, unit), Factor(Fraction(find_unit_price(terms, period)), Unit.UNIT_PRICE, unit, name)]
    return make_leaf(whole, compute([factors], exponent, Rounding.HALF_EVEN))


def _explain_tiers(one: Agreement, what: What, quantity: Decimal, exponent: int, sign: int) -> Derivation:
    """Explain the price of a contract year's quantity: each slice at its tier's price, or all of it at the tier reached."""
    unit, tiers = one.terms.require_text("quantity_unit"), read_tiers(one.terms)
    terms = []
    if one.terms.text("tier_mode") == "marginal":
        for tier in tiers:
            top = quantity if tier.end is None else min(quantity, tier.end)
            if top > tier.start:
                terms.append([_quantity(top - tier.start, unit), Factor(Fraction(tier.price), Unit.UNIT_PRICE, unit, "price_tiers")])
    else:
        tier = next((each for each in reversed(tiers) if quantity >= each.start), tiers[0])
        terms.append([_quantity(quantity, unit), Factor(Fraction(tier.price), Unit.UNIT_PRICE, unit, "price_tiers")])
    arithmetic = compute(terms, exponent, Rounding.HALF_EVEN, sign)
    return Derivation(what, arithmetic.result, arithmetic=arithmetic, quantity=quantity, unit=unit)


def _explain_quality(
    connection: Connection, log_id: int, one: Agreement, counted: CountedDelivery, rest: int, agreed: int, exponent: int
) -> Derivation:
    """Explain what quality did to a price when it was counted; what a later close has priced anew hides how."""
    quality = find_qualities(connection, log_id, [counted.delivery])[counted.delivery]
    found = find_certificate(connection, log_id, quality.certificate) if quality.certificate else None
    evidence = (Evidence(found.entry, "certificate.issued"),) if found else ()
    whole = Derivation(What.QUALITY, rest, agreement=one.agreement, name=quality.certificate or "", evidence=evidence)
    if rest == -agreed:
        return replace(whole, what=What.REFUSED, closed=Closed.METHOD)
    unit = one.terms.require_text("quantity_unit")
    factors = [_quantity(counted.quantity, unit), Factor(Fraction(counted.adjustment), Unit.UNIT_PRICE, unit, "quality_adjustment")]
    return make_leaf(whole, compute([factors], exponent, Rounding.HALF_EVEN))


def explain_repriced(connection: Connection, log_id: int, one: Agreement, period: str, of_period: str, rest: int) -> Derivation:
    """Explain what a close changed of prices that earlier ones had counted: delivery by delivery, where one close did it all."""
    counted = [each for each in list_counted(connection, log_id, agreement=one.agreement) if each.of_period == of_period]
    parts = []
    for row in join_deliveries(connection, log_id, [each for each in counted if each.period < period]):
        change = _price_now(one, row) - row.counted.price
        if change:
            quality = find_qualities(connection, log_id, [row.counted.delivery])[row.counted.delivery]
            found = find_certificate(connection, log_id, quality.certificate) if quality.certificate else None
            evidence = (Evidence(found.entry, "certificate.issued"),) if found else ()
            about = {"delivery": row.counted.delivery, "name": quality.certificate or "", "evidence": evidence}
            parts.append(Derivation(What.REPRICED, change, closed=Closed.METHOD, path=f"/why/deliveries/{row.counted.delivery}", **about))  # type: ignore[arg-type]  # names of the columns
    whole = Derivation(What.REPRICED, rest, agreement=one.agreement, period=of_period)
    if sum(part.amount for part in parts) == rest:
        return replace(whole, parts=tuple(parts))
    return replace(whole, closed=Closed.CHANGED)


def _price_now(one: Agreement, row: CountedRow) -> int:
    counted = row.counted
    handover = Handover(
        delivery=counted.delivery,
        agreement=counted.agreement,
        receiver=row.delivery.receiver,
        of_period=counted.of_period,
        quantity=counted.quantity,
        unit=row.delivery.settled_unit,
        adjustment=counted.adjustment,
        refused_price=counted.refused,
        taken_before=counted.taken_before,
    )
    return price_handover(one.terms, handover, one.terms.require_text("currency"))


def _quantity(amount: Decimal, unit: str) -> Factor:
    return Factor(Fraction(amount), Unit.QUANTITY, unit, "quantity")
