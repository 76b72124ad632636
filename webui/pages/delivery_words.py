"""Words of deliveries: what they are called, where they stand, whose figures agree, and what may happen next, in the reader's words."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.deliveries.delivery import Delivery, DeliveryKind, DeliveryState, Purpose, SettledBy
from contracts.deliveries.settling import Comparison
from contracts.deliveries.trade import Trade
from contracts.views.delivery_steps import Step, StepKind
from webui.access import get_member
from webui.pages.languages import write_day, write_moment, write_quantity
from webui.pages.rendering import name_organisation
from webui.pages.signing import list_signing_keys, read_authority
from webui.pages.signing_words import word_role

STATES = {
    DeliveryState.DISPATCHED: (_l("on its way"), "warn"),
    DeliveryState.SETTLED: (_l("settled"), "good"),
    DeliveryState.DISPUTED: (_l("disputed"), "bad"),
    DeliveryState.REVERSED: (_l("reversed"), "plain"),
}
QUALITIES = {
    "uncertified": (_l("not certified"), "plain"),
    "conform": (_l("as agreed"), "good"),
    "nonconform": (_l("not as agreed"), "bad"),
    "undecided": (_l("undecided"), "warn"),
    "suspended": (_l("certificate suspended"), "warn"),
}
_WAITING = {
    DeliveryState.DISPATCHED: _l("Handed over; the receiver has not recorded what arrived."),
    DeliveryState.DISPUTED: _l("In dispute: it ends when both sides have named the same quantity."),
}
_SETTLED = {
    SettledBy.MATCH: _l("Both figures agree within the tolerance."),
    SettledBy.RESOLUTION: _l("Both sides named this quantity after a dispute."),
    SettledBy.CORRECTION: _l("Proposed by one side and approved by the other."),
    SettledBy.SILENCE: _l("Nobody contested it in the agreed time."),
    SettledBy.OWN_USE: _l("The operator's own use: there is no other side."),
}
READING_QUALITIES = {"measured": _l("measured"), "substituted": _l("from the check meter"), "estimated": _l("estimated")}
#: title of the step, and what it does
_STEPS: dict[StepKind, tuple[Any, Any]] = {
    StepKind.RECEIVE: (_l("Record what arrived"), _l("Accept it wholly, in part, or refuse it, with your own figure.")),
    StepKind.CONTEST: (_l("Contest it"), _l("Say which quantity you hold to be right, and why. Both sides must then name the same one.")),
    StepKind.AGREE: (_l("Agree"), _l("Name the same quantity: that ends the dispute.")),
    StepKind.NAME: (_l("Name a quantity"), _l("Propose the quantity that ends the dispute; the other side answers.")),
    StepKind.APPROVE: (_l("Answer the correction"), _l("Approve what the other side proposed: reversal and replacement take effect.")),
    StepKind.CORRECT: (_l("Propose a correction"), _l("Ask to reverse the settled quantity and to put another in its place.")),
}
_PATHS = {
    StepKind.RECEIVE: "receive",
    StepKind.CONTEST: "contest",
    StepKind.AGREE: "resolve/",
    StepKind.NAME: "resolve",
    StepKind.APPROVE: "approve/",
    StepKind.CORRECT: "correct",
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step on the page."""

    title: str
    words: str
    path: str  #: after /deliveries/<id>/
    mine: bool  #: a key of the reader's may take it
    who: str  #: who else must


@dataclass(frozen=True, slots=True)
class Light:
    """A traffic light in words."""

    tone: str  #: good, warn or bad
    title: str
    words: str


def name_delivery(one: Delivery) -> str:
    """Call a delivery by what people know it by."""
    names = {
        DeliveryKind.LOAD: _("Load %(ticket)s", ticket=one.ticket or one.delivery),
        DeliveryKind.METERED: _("%(meter)s on %(day)s", meter=one.meter or one.delivery, day=write_day(one.day)),
        DeliveryKind.REVERSAL: _("Reversal of %(of)s", of=one.of),
        DeliveryKind.REPLACEMENT: _("Replacement of %(of)s", of=one.of),
    }
    return str(names[one.kind])


def word_state(one: Delivery) -> tuple[str, str]:
    """Say in a word or two where a delivery stands, with its tone."""
    words, tone = STATES[one.state]
    return str(words), tone


def explain_state(one: Delivery) -> str:
    """Say in a sentence where a delivery stands and how it came to that."""
    if one.state is DeliveryState.SETTLED:
        return explain_settled(one)
    if one.state is DeliveryState.REVERSED:
        return str(_("Reversed: %(other)s stands instead.", other=one.replaced_by))
    return str(_WAITING[one.state])


def explain_settled(one: Delivery) -> str:
    """Say how a quantity came to be settled."""
    if one.kind is DeliveryKind.REVERSAL:
        return str(_("The exact negative of what it reverses: the two cancel."))
    return str(_SETTLED[one.settled_by]) if one.settled_by else ""


def word_basis(trade: Trade | None) -> str:
    """Say which mass is paid."""
    if trade is None or not trade.moisture_counts:
        return str(_("as weighed or metered"))
    return str(_("dry mass") if trade.invoice_mass == "dry" else _("dry mass up to the agreed moisture"))


def show_light(comparison: Comparison | None) -> Light | None:
    """Show whether two figures agree, as a traffic light in words."""
    if comparison is None:
        return None
    apart = write_quantity(abs(comparison.difference), comparison.unit)
    allowed = write_quantity(comparison.tolerance, comparison.unit)
    words = _("The figures lie %(apart)s apart; the contract allows %(allowed)s.", apart=apart, allowed=allowed)
    if not comparison.within:
        return Light("bad", _("Red: more than the tolerance"), words)
    if comparison.near:
        return Light("warn", _("Amber: within the tolerance, but near its end"), words)
    return Light("good", _("Green: within the tolerance"), words)


def show_step(step: Step, unit: str) -> ShownStep:
    """Show a step to the reader: a way to take it, or who must; `unit` is that of settled quantities."""
    title, words = (str(text) for text in _STEPS[step.kind])
    path = _PATHS[step.kind] + (step.proposal.hash if step.proposal else "")
    who = _(" or ").join(name_organisation(side) for side in step.sides)
    member = get_member()
    mine = member.organisation in step.sides and may_say(step.fact)
    if member.organisation in step.sides and not mine:
        who = _(
            "%(organisation)s, with a key for the role %(role)s",
            organisation=name_organisation(member.organisation),
            role=word_roles(step.fact),
        )
    if step.proposal is not None:
        words = f"{_word_proposal(step, unit)} {words}"
    return ShownStep(title, words, path, mine, who)


def may_say(kind: str) -> bool:
    """Tell whether a key of the reader's may say a kind now."""
    return bool(list_signing_keys([kind]))


def word_roles(kind: str) -> str:
    """Name the roles whose keys may say a kind."""
    rights = read_authority().rights
    family = f"{kind.partition('.')[0]}.*"
    roles = [role for role, kinds in sorted(rights.items()) if kind in kinds or family in kinds]
    return str(_(" or ")).join(word_role(role).partition(":")[0] for role in roles)


def word_silence(one: Delivery) -> str:
    """Say when silence settles a delivery; empty where it does not."""
    if one.silent_from is None or one.state is not DeliveryState.DISPATCHED:
        return ""
    amount = write_quantity(one.silent_quantity, one.settled_unit)
    when = write_moment(one.silent_from)
    return str(_("If nobody contests it, %(amount)s counts as settled from %(when)s on.", amount=amount, when=when))


def _word_proposal(step: Step, unit: str) -> str:
    if step.proposal is None or step.proposal.quantity is None:
        return ""
    by, quantity = name_organisation(step.proposal.by), write_quantity(step.proposal.quantity, unit)
    if step.proposal.purpose is Purpose.CORRECTION:
        return str(_("%(by)s proposed %(quantity)s instead.", by=by, quantity=quantity))
    return str(_("%(by)s named %(quantity)s.", by=by, quantity=quantity))
