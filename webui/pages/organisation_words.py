"""Organisations and grants in words: kinds, states, scopes, and the steps of a membership."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.parties.facts import GrantScope, OrganisationKind
from contracts.parties.rules import Grant, MemberState

KINDS = {
    OrganisationKind.PARTNER.value: _l("partner firm"),
    OrganisationKind.LABORATORY.value: _l("laboratory"),
    OrganisationKind.AUDITOR.value: _l("auditor"),
    OrganisationKind.MUNICIPALITY.value: _l("municipality"),
    OrganisationKind.OPERATOR.value: _l("operator"),
}
STATES = {
    MemberState.ACTIVE: (_l("member"), "good"),
    MemberState.SUSPENDED: (_l("suspended"), "warn"),
    MemberState.LEFT: (_l("has left"), "plain"),
}
SCOPES = {
    GrantScope.NETWORK.value: _l("everything in the network, but sealed costs"),
    GrantScope.AGREEMENT.value: _l("one agreement and what follows from it"),
}


@dataclass(frozen=True, slots=True)
class MemberStep:
    """One step of a membership, in words."""

    button: Any
    title: Any
    words: Any  #: what it does
    kind: str  #: of the fact
    states: tuple[MemberState, ...]  #: from which it leads on
    roles: frozenset[str]  #: who may take it
    own: frozenset[str] = frozenset()  #: who may take it for its own organisation
    danger: bool = True
    other: Any = ""  #: the button where somebody else's membership ends


STEPS = {
    "suspend": MemberStep(
        _l("Suspend"),
        _l("Suspend a member"),
        _l("Its keys may say nothing new until it is resumed; it may still defend itself and shut keys. Every member reads the reason."),
        "organisation.suspended",
        (MemberState.ACTIVE,),
        frozenset({"facilitator", "board"}),
    ),
    "resume": MemberStep(
        _l("Resume"),
        _l("Resume a member"),
        _l("Its keys speak again. Every member reads the reason."),
        "organisation.resumed",
        (MemberState.SUSPENDED,),
        frozenset({"facilitator", "board"}),
        danger=False,
    ),
    "leave": MemberStep(
        _l("Leave the network"),
        _l("The end of a membership"),
        _l("From then on it says nothing more but what it owes. What it agreed to and owes stays. Every member reads the reason."),
        "organisation.left",
        (MemberState.ACTIVE, MemberState.SUSPENDED),
        frozenset({"facilitator"}),
        own=frozenset({"signatory"}),
        other=_l("Record that it has left"),
    ),
}


def word_member(state: MemberState) -> tuple[str, str]:
    """Say where an organisation stands: words and tone."""
    words, tone = STATES[state]
    return str(words), tone


def word_grant(grant: Grant, today: Any) -> tuple[str, str]:  # noqa: ANN401 - a day
    """Say whether a grant may be used: words and tone."""
    if grant.withdrawn_entry is not None:
        return str(_("withdrawn")), "plain"
    if grant.holds_on(today):
        return str(_("holds")), "good"
    return str(_("expired")), "plain"


def word_scope(grant: Grant) -> str:
    """Say what a grant opens."""
    words = str(SCOPES[grant.scope.value])
    if grant.agreement:
        words = str(_("the agreement %(agreement)s and what follows from it", agreement=grant.agreement))
    return str(_("%(scope)s, sealed costs too", scope=words.removesuffix(_(", but sealed costs")))) if grant.sealed else words
