"""Weighing: one load as a clerk typed it, in the form or in a browser's list of unsent loads, becomes a draft with its faults."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from contracts.clock import format_instant
from contracts.views.weighbridge import Lane
from ledger.canonical import JSON
from webui.api.runtime_of import get_runtime
from webui.drafting import try_for_member
from webui.pages.forms import Field, Form, read_draft_form, sort_faults, word_missing

if TYPE_CHECKING:
    from contracts.errors import Finding

#: names of the form's fields that differ from the fact's
_RENAMED = {"dispatched_at": "moment", "received_at": "moment"}
_FIGURES = (
    Field("gross", _l("Gross"), "number", required=False),
    Field("tare", _l("Tare"), "number", required=False),
    Field("quantity", _l("Net"), "number", required=False),
    Field("moisture", _l("Moisture"), "number", required=False),
)
_OUT = (
    Field("delivery"),
    Field("agreement"),
    Field("ticket", _l("Ticket")),
    Field("vehicle", _l("Vehicle"), required=False),
    Field("driver", _l("Driver"), required=False),
    Field("batch", _l("Batch"), required=False),
    *_FIGURES,
)
_IN = (
    Field("delivery", _l("Load")),
    *_FIGURES,
    Field("refused", _l("Refused part"), "number", required=False),
    Field("reason", _l("Why refused"), required=False),
)
#: of the form; what else a browser sends is not read
NAMES: tuple[str, ...] = (
    *("agreement", "load", "new_id", "ticket", "vehicle", "driver", "batch"),
    *("gross", "tare", "quantity", "moisture", "moment", "refused", "reason"),
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One load as typed."""

    values: Mapping[str, str]  #: by the form's names
    draft: Mapping[str, JSON] | None  #: None where not even its contract is known
    delivery: str
    faults: Mapping[str, Sequence[str]]  #: by the form's names; "" is the load as a whole


def subtract_tare(fields: dict[str, JSON]) -> dict[str, JSON]:
    """Give the net where gross and tare were weighed and no net was written; otherwise leave the fields as they are."""
    done = dict(fields)
    if done.get("quantity") is None and done.get("gross") is not None and done.get("tare") is not None:
        with suppress(InvalidOperation):
            done["quantity"] = f"{Decimal(str(done['gross'])) - Decimal(str(done['tare'])):f}"
    return done


def read_load(sent: Mapping[str, Any], lanes: Sequence[Lane], loads: Mapping[str, str]) -> Weighed:
    """Read and try one load.

    Args:
        sent: by the form's names.
        lanes: the reader's contracts.
        loads: agreements of the loads that wait for the reader's receipt, by delivery.
    """
    values = {name: str(sent.get(name) or "").strip() for name in NAMES}
    lane = next((one for one in lanes if one.agreement == values["agreement"]), None)
    if lane is None:
        return Weighed(values, None, "", {"agreement": [_("Choose the contract.")]})
    delivery = values["new_id"] if lane.outgoing else values["load"]
    if not lane.outgoing and loads.get(delivery) != lane.agreement:
        return Weighed(values, None, delivery, {"load": [_("Choose the load that arrived under this contract.")]})
    moment = values["moment"] or format_instant(get_runtime().clock.now())
    form = make_form(lane, "text" if moment.endswith("Z") else "moment")  # a browser's clock gives instants, a person local time
    unread: list[Finding] = []
    draft = read_draft_form(form, MultiDict({**values, "delivery": delivery, "dispatched_at": moment, "received_at": moment}), unread)
    known = {finding.field for finding in unread}
    findings = [*unread, *(finding for finding in try_for_member(draft).findings if finding.field not in known)]
    faults = {_RENAMED.get(name, name): told for name, told in sort_faults(form, word_missing(form, values, findings)).items()}
    weighed = values["gross"] or values["tare"]
    if weighed and "quantity" in {finding.field for finding in findings if finding.code == "malformed"}:
        del faults["quantity"]  # what is wrong with gross or tare is said there
        faults = faults or {"tare": [_("Gross and tare belong together.")]}
    return Weighed(values, draft, delivery, faults)


def make_form(lane: Lane, time: str) -> Form:
    """Make the form of what a clerk says under a contract: a load handed over, or what arrived; `time` is the kind of its time."""
    when = Field("dispatched_at" if lane.outgoing else "received_at", _l("When"), time)
    if lane.outgoing:
        return Form("delivery.dispatched", _("A load is handed over"), (*_OUT, when), fixed={"unit": lane.unit}, finish=subtract_tare)
    return Form("delivery.received", _("A load arrived"), (*_IN, when), finish=finish_arrival)


def finish_arrival(fields: dict[str, JSON]) -> dict[str, JSON]:
    """Fill in net, and what is accepted: all but the refused part."""
    done = subtract_tare(fields)
    refused, quantity = done.get("refused") or "0", done.get("quantity")
    accepted = Decimal(str(quantity)) - Decimal(str(refused)) if quantity is not None else Decimal(0)
    return done | {"refused": refused, "accepted": f"{accepted:f}"}
