"""Deliveries: the list, one delivery with both sides' figures and its history, and the slip that goes with the load."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.deliveries.delivery import Delivery, DeliveryState
from contracts.deliveries.listing import Place
from contracts.errors import Finding, Invalid
from contracts.views import deliveries
from contracts.views.agreements import list_agreements
from contracts.views.certificates import Certificate, list_certificates
from contracts.views.deliveries import DeliveryChoice, DeliveryItem, SortKey
from contracts.views.delivery_steps import list_steps
from contracts.views.sight import Sight
from webui.access import MEMBER_PERSONS, get_member
from webui.api.seeing import see
from webui.pages import delivery_words as words
from webui.pages.history import read_history
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.qr_code import draw_code, make_public_address
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages

pages = Pages("deliveries")
FEW = 100  #: agreements up to which the filter is a choice
MOST_CERTIFICATES = 20

COLUMNS: Sequence[Column[Delivery]] = (
    Column("name", _l("Delivery"), words.name_delivery, link=lambda one: f"/deliveries/{one.delivery}"),
    Column("agreement", _l("Contract"), lambda one: one.agreement, Kind.ID, link=lambda one: f"/agreements/{one.agreement}"),
    Column("supplier", _l("Hands over"), lambda one: one.supplier, Kind.ORGANISATION),
    Column("receiver", _l("Receives"), lambda one: one.receiver, Kind.ORGANISATION),
    Column("handed_over", _l("Handed over"), lambda one: one.dispatched_at, Kind.MOMENT, sort=True),
    Column("sent", _l("Sent"), lambda one: _pair(one.sent.quantity, one.unit), Kind.QUANTITY),
    Column("got", _l("Received"), lambda one: _pair(one.got.quantity, one.unit), Kind.QUANTITY),
    Column("settled", _l("Settled"), lambda one: _pair(one.settled, one.settled_unit), Kind.QUANTITY),
    Column("period", _l("Period"), lambda one: one.period, Kind.PERIOD),
    Column("state", _l("State"), words.word_state, Kind.STATE),
    Column("recorded", _l("Recorded"), lambda one: one.recorded_at, Kind.MOMENT, sort=True),
)
SIDES = (("out", _l("We hand over")), ("in", _l("We receive")), ("wait", _l("Waits for our receipt")))


@pages.page("GET /n/<network:network>/deliveries", MEMBER_PERSONS)
def list_deliveries(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List deliveries."""
    with see() as sight:
        agreements = [one.agreement for one in list_agreements(sight, state=None, after="", limit=FEW + 1)]
    return answer_list(make_listing(agreements), template="deliveries/list.html", may_weigh=words.may_say("delivery.received"))


@pages.page("GET /n/<network:network>/deliveries/<name:delivery>", MEMBER_PERSONS)
def show_delivery(network: str, delivery: str) -> Response:
    """Show a delivery: both figures, what was settled and how, quality, what may happen next, history."""
    with see() as sight:
        item = deliveries.find_item(sight, delivery)
        certificates = list_certificates(sight, delivery=delivery, agreement=None, after=-1, limit=MOST_CERTIFICATES)
    return render("deliveries/show.html", **show_item(item, certificates), history=read_history(network, f"delivery:{delivery}"))


@pages.page("GET /n/<network:network>/deliveries/<name:delivery>/slip", MEMBER_PERSONS)
def show_slip(network: str, delivery: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the slip of a load, to be printed, with a code that opens its page."""
    with see() as sight:
        item = deliveries.find_item(sight, delivery)
    address = make_public_address(get_place().path(f"/deliveries/{delivery}"))
    return render("deliveries/slip.html", **show_item(item, []), address=address, code=draw_code(address))


def make_listing(agreements: Sequence[str]) -> Listing[Delivery]:
    """Make the list, with the reader's contracts as a choice where they are few."""
    choices = [(one, one) for one in agreements] if len(agreements) <= FEW else []
    chosen = request.args.get("agreement", "")
    if choices and chosen and chosen not in agreements:
        choices.append((chosen, chosen))
    return Listing(
        name="deliveries",
        title=_l("Deliveries"),
        columns=COLUMNS,
        fetch=fetch_deliveries,
        place=lambda row, wanted: "{}:{}".format(*deliveries.place_delivery(row, read_order(wanted))),
        filters=(
            Filter("agreement", _l("Contract"), "choice" if choices else "text", choices),
            Filter("period", _l("Period"), "period"),
            Filter("state", _l("State"), "choice", [(state.value, label) for state, (label, _tone) in words.STATES.items()]),
            Filter("side", _l("Side"), "choice", SIDES),
        ),
        sort="-recorded",
        nothing=_l("Nothing that you may see was handed over yet."),
        nothing_more=_l("Loads are recorded at the weighbridge, many at once and metered days by import."),
    )


def fetch_deliveries(sight: Sight, wanted: Wanted) -> Sequence[Delivery]:
    """Fetch one page of the list."""
    chosen, side = wanted.chosen, wanted.chosen.get("side")
    choice = DeliveryChoice(
        agreement=chosen.get("agreement"),
        period=chosen.get("period"),
        state=DeliveryState(chosen["state"]) if "state" in chosen else DeliveryState.DISPATCHED if side == "wait" else None,
        supplier=sight.organisation if side == "out" else None,
        receiver=sight.organisation if side in ("in", "wait") else None,
        unreceived=side == "wait",
    )
    by = read_order(wanted)
    return deliveries.list_chosen(sight, choice, by=by, down=wanted.down, after=read_cursor(wanted.after, by), limit=wanted.limit)


def read_order(wanted: Wanted) -> SortKey:
    """Read what the list is sorted by."""
    return SortKey(wanted.sort or SortKey.RECORDED)


def read_cursor(text: str, by: SortKey) -> Place | None:
    """Read a cursor; raises Invalid."""
    if not text:
        return None
    first, _mark, delivery = text.rpartition(":")
    if by is SortKey.RECORDED and not (first.isascii() and first.isdecimal() and len(first) < 16):  # noqa: PLR2004 - below 2^53, as any index
        raise Invalid(
            _("the list cannot be shown like this"), [Finding("after", "malformed", _("take the address of the next page as it is given"))]
        )
    return (int(first) if by is SortKey.RECORDED else first, delivery)


def show_item(item: DeliveryItem, certificates: Sequence[Certificate]) -> dict[str, Any]:
    """Give what the templates of one delivery show."""
    one = item.delivery
    return {
        "item": item,
        "delivery": one,
        "name": words.name_delivery(one),
        "state_words": words.word_state(one),
        "explained": words.explain_state(one),
        "settled_how": words.explain_settled(one),
        "light": words.show_light(item.comparison),
        "basis": words.word_basis(item.trade),
        "silence": words.word_silence(one),
        "quality": words.QUALITIES[item.quality.state],
        "reading_qualities": words.READING_QUALITIES,
        "certificates": certificates,
        "steps": [words.show_step(step, one.settled_unit) for step in list_steps(one, item.proposals)],
        "me": get_member().organisation,
    }


def _pair(amount: Any, unit: str) -> Any:  # noqa: ANN401 - a Decimal with its unit, or nothing
    return None if amount is None else (amount, unit)
