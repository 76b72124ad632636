"""Confirming many deliveries at once: ticks beside what waits for the reader's receipt, all signed with one look."""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from contracts.deliveries.delivery import Delivery, DeliveryState
from contracts.deliveries.trade import Authority, Trade
from contracts.errors import Invalid
from contracts.views.deliveries import DeliveryChoice, SortKey, find_trades, list_chosen
from contracts.views.sight import Sight
from ledger.canonical import JSON
from webui.access import MEMBER_PERSONS
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.drafting import try_for_member
from webui.pages.delivery_words import name_delivery
from webui.pages.forms import read_moment, type_value
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.signing import show_signing
from webui.pages.wording import word_finding

MOST = 100  #: deliveries on one page
pages = Pages("confirming")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that waits for the reader's receipt."""

    delivery: Delivery
    name: str
    tickable: bool  #: the supplier's figure alone makes a receipt


@pages.page("GET /n/<network:network>/deliveries/confirm", MEMBER_PERSONS)
def show_waiting(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show what waits for the reader's receipt."""
    return show_page(type_value("moment", get_runtime().clock.now()), frozenset(), {}, 200)


@pages.page("POST /n/<network:network>/deliveries/confirm", MEMBER_PERSONS)
def confirm_many(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the receipts of all that was ticked for signing, or what is wrong with each."""
    ticked, typed = request.form.getlist("delivery"), request.form.get("received_at", "")
    if "edit" in request.form:
        return show_page(typed, frozenset(ticked), {}, 200)
    faults: dict[str, list[str]] = {}
    moment = read_arrival(typed, faults)
    if not ticked:
        faults["delivery"] = [_("Tick one at least.")]
    drafts: list[dict[str, JSON]] = []
    if moment is not None:
        with see() as sight:
            waiting = {one.delivery.delivery: one for one in list_waiting(sight)}
        for name in dict.fromkeys(ticked):
            found = waiting.get(name)
            if found is None or not found.tickable:
                faults.setdefault(name, []).append(_("This one no longer waits for you, or wants a figure of your own."))
                continue
            draft = draft_receipt(found.delivery, moment)
            drafts.append(draft)
            findings = [word_finding(finding) for finding in try_for_member(draft).findings]
            if findings:
                faults[name] = findings
    if faults:
        return show_page(typed, frozenset(ticked), faults, 422)
    kept = [("received_at", typed), *(("delivery", name) for name in ticked)]
    return show_signing(drafts, then=get_place().path("/deliveries?side=in"), title=_("Confirm what arrived"), typed=kept)


def read_arrival(typed: str, faults: dict[str, list[str]]) -> str | None:
    """Read when everything that was ticked had arrived; None, with a fault, where that cannot be read."""
    try:
        return read_moment(typed)
    except Invalid as refusal:
        faults["received_at"] = [refusal.message]
        return None


def list_waiting(sight: Sight) -> list[Waiting]:
    """List what waits for the reader's receipt, the newest first."""
    choice = DeliveryChoice(state=DeliveryState.DISPATCHED, receiver=sight.organisation, unreceived=True)
    found = list_chosen(sight, choice, by=SortKey.RECORDED, down=True, after=None, limit=MOST)
    trades = find_trades(sight, found)
    return [Waiting(one, name_delivery(one), tickable=is_tickable(one, trades[one.agreement])) for one in found]


def is_tickable(one: Delivery, trade: Trade | None) -> bool:
    """Tell whether the supplier's figure alone makes a receipt: where dry mass is paid by the receiver's figure, it wants its moisture."""
    if trade is None or one.sent.quantity is None:
        return False
    return not trade.moisture_counts or trade.authority is Authority.SUPPLIER


def draft_receipt(one: Delivery, received_at: str) -> dict[str, JSON]:
    """Draft a receipt that takes the supplier's figure as the receiver's own and accepts all of it."""
    quantity = f"{one.sent.quantity:f}"
    fields: dict[str, JSON] = {
        "delivery": one.delivery,
        "received_at": received_at,
        "quantity": quantity,
        "accepted": quantity,
        "refused": "0",
    }
    return {"kind": "delivery.received", "refs": [], "fields": fields}


def show_page(typed: str, ticked: frozenset[str], faults: dict[str, list[Any]], status: int) -> Response:
    """Show the list with its ticks and faults."""
    with see() as sight:
        waiting = list_waiting(sight)
    labels = {one.delivery.delivery: one.name for one in waiting} | {"received_at": _("Arrived"), "delivery": _("Deliveries")}
    return render(
        "deliveries/confirm.html", status=status, waiting=waiting, typed=typed, ticked=ticked, faults=faults, labels=labels, most=MOST
    )
