"""Forms about one delivery: what arrived, contesting it, naming a quantity, proposing and approving a correction."""

import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.deliveries.delivery import DeliveryKind, Proposal, Purpose
from contracts.deliveries.trade import Authority
from contracts.errors import NotFound
from contracts.units import UNITS
from contracts.views.deliveries import DeliveryItem, find_item
from ledger.canonical import JSON
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.deliveries import show_item
from webui.pages.delivery_words import word_basis
from webui.pages.forms import Field, Form, answer_form, type_value
from webui.pages.rendering import get_place
from webui.pages.routes import Pages
from webui.pages.weighing import subtract_tare

pages = Pages("delivery_forms")
DECISIONS = (("whole", _l("All of it is accepted")), ("part", _l("A part is refused")), ("none", _l("All of it is refused")))
NET = _l("Your own figure. Left empty, it is gross less tare.")
TEMPLATE = "deliveries/form.html"


def show_receipt(network: str, delivery: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the form of a receipt."""
    item = look(delivery)
    one, trade = item.delivery, item.trade
    is_load = one.kind is DeliveryKind.LOAD
    symbol = UNITS[one.unit].symbol
    weighed = (
        Field("gross", _l("Gross"), "number", required=False, unit=symbol),
        Field("tare", _l("Tare"), "number", required=False, unit=symbol),
    )
    wants_moisture = trade is not None and trade.moisture_counts
    needed = wants_moisture and trade is not None and trade.authority is not Authority.SUPPLIER
    moisture = (Field("moisture", _l("Moisture"), "number", required=needed, unit="%"),) if wants_moisture else ()
    fields = (
        Field("received_at", _l("Arrived"), "moment"),
        *(weighed if is_load else ()),
        Field("quantity", _l("Net"), "number", NET if is_load else _l("Your own figure."), required=not is_load, unit=symbol),
        *moisture,
        Field("accepted", _l("Of this"), "choice", choices=DECISIONS),
        Field("refused", _l("Refused part"), "number", _l("Where a part is refused; the rest is accepted."), required=False, unit=symbol),
        Field("reason", _l("Why refused"), "text", _l("Wanted where anything is refused; the other side reads it."), required=False),
    )
    form = Form("delivery.received", _("Record what arrived"), fields, fixed={"delivery": delivery}, finish=finish_receipt)
    initial = {"received_at": type_value("moment", get_runtime().clock.now())}
    return answer(form, item, initial)


def finish_receipt(fields: dict[str, JSON]) -> dict[str, JSON]:
    """Turn what the form asks into the fact's fields: net from gross and tare, accepted and refused from what was chosen.

    What is missing stays missing, so that it is found at its own field.
    """
    done = subtract_tare(fields)
    decision, quantity, refused = done.get("accepted"), done.get("quantity"), done.get("refused")
    if decision not in ("whole", "part", "none"):
        return done | {"refused": refused or "0"}
    whole = Decimal(str(quantity)) if quantity is not None else Decimal(0)
    if decision == "part" and refused is None:
        return done | {"accepted": f"{whole:f}"}
    part = {"whole": Decimal(0), "none": whole}.get(str(decision))
    taken = Decimal(str(refused)) if part is None else part
    return done | {"refused": f"{taken:f}", "accepted": f"{whole - taken:f}"}


def show_contest(network: str, delivery: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the form that contests a delivery."""
    item = look(delivery)
    fields = (
        quantity_field(item, _l("What you hold to be right")),
        Field("reason", _l("Why"), "long", _l("The other side reads it.")),
    )
    form = Form("delivery.disputed", _("Contest this delivery"), fields, fixed={"delivery": delivery})
    return answer(form, item, {})


def show_resolution(network: str, delivery: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the form that names the quantity which ends a dispute."""
    item = look(delivery)
    fields = (
        quantity_field(item, _l("Quantity that ends the dispute")),
        Field("reason", _l("Why"), "long", _l("The other side reads it.")),
    )
    return answer(Form("delivery.resolved", _("Name a quantity"), fields, fixed={"delivery": delivery}), item, {})


def show_agreement(network: str, delivery: str, proposal: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the form that names the same quantity as the other side."""
    item = look(delivery)
    named = find_proposal(item, proposal, Purpose.RESOLUTION)
    fixed = {"delivery": delivery, "quantity": f"{named.quantity:f}"}
    fields = (Field("reason", _l("Why"), "long", _l("The other side reads it.")),)
    form = Form("delivery.resolved", _("Agree to the quantity"), fields, refs=(named.hash,), fixed=fixed)
    return answer(form, item, {}, named)


def show_correction(network: str, delivery: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the form that proposes to reverse a settled delivery and to replace it."""
    item = look(delivery)
    fields = (
        Field("replacement", kind="hidden"),
        quantity_field(item, _l("Quantity that replaces it"), _l("0 where nothing stands instead.")),
        Field("reason", _l("Why"), "long", _l("The other side reads it and approves, or does not answer.")),
    )
    form = Form("delivery.correction_proposed", _("Propose a correction"), fields, fixed={"delivery": delivery})
    return answer(form, item, {"replacement": f"d-{secrets.token_hex(16)}"})


def show_approval(network: str, delivery: str, proposal: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the form that approves a correction."""
    item = look(delivery)
    named = find_proposal(item, proposal, Purpose.CORRECTION)
    fields = (Field("comment", _l("Comment"), "long", required=False),)
    form = Form("delivery.correction_approved", _("Approve the correction"), fields, refs=(named.hash,), fixed={"delivery": delivery})
    return answer(form, item, {}, named)


FORMS: Mapping[str, Callable[..., Response]] = {
    "receive": show_receipt,
    "contest": show_contest,
    "resolve": show_resolution,
    "resolve/<hash:proposal>": show_agreement,
    "correct": show_correction,
    "approve/<hash:proposal>": show_approval,
}
for _path, _handler in FORMS.items():
    for _method in ("GET", "POST"):
        pages.page(f"{_method} /n/<network:network>/deliveries/<name:delivery>/{_path}", MEMBER_PERSONS)(_handler)


def look(delivery: str) -> DeliveryItem:
    """Look at the delivery that a form is about; raises NotFound where the reader is no side of it: a grant reads, it does not write."""
    with see() as sight:
        item = find_item(sight, delivery)
    if not item.delivery.is_side(get_member().organisation):
        raise NotFound(_("You are no side of this delivery."))
    return item


def find_proposal(item: DeliveryItem, digest: str, purpose: Purpose) -> Proposal:
    """Find the open proposal that is answered; raises NotFound where it is gone."""
    found = next((one for one in item.proposals if one.hash == digest and one.purpose is purpose and one.quantity is not None), None)
    if found is None:
        raise NotFound(_("This proposal waits no more: look at the delivery again."))
    return found


def quantity_field(item: DeliveryItem, label: Any, more: Any = "") -> Field:  # noqa: ANN401 - lazy text
    """Make the field of a settled quantity: in the contract's unit and price basis."""
    one = item.delivery
    words = _("In %(unit)s, %(basis)s.", unit=UNITS[one.settled_unit].symbol, basis=word_basis(item.trade))
    return Field("quantity", label, "number", f"{words} {more}".strip(), unit=UNITS[one.settled_unit].symbol)


def answer(form: Form, item: DeliveryItem, initial: Mapping[str, str], proposal: Proposal | None = None) -> Response:
    """Answer a form about a delivery; its figures stand beside."""
    path = get_place().path(f"/deliveries/{item.delivery.delivery}")
    reason = item.reasons.get(proposal.hash) if proposal else None
    shown = {**show_item(item, []), "proposal": proposal, "proposal_reason": reason}
    return answer_form(form, then=path, initial=initial, back=path, template=TEMPLATE, **shown)
