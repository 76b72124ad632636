"""Words of decisions: matters, outcomes, interests and choices, a count with its arithmetic, a rulebook in sentences."""

import re
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from contracts.governance.facts import Choice, Interest, Outcome
from contracts.governance.rulebook import Majority, Rules, TieRule
from contracts.governance.rules import Review
from contracts.governance.tally import Tally
from webui.pages.languages import write_number, write_period
from webui.pages.rendering import name_organisation
from webui.pages.savings_words import RULES

OUTCOMES: dict[Outcome, tuple[Any, str]] = {
    Outcome.ADOPTED: (_l("adopted"), "good"),
    Outcome.REJECTED: (_l("rejected"), "bad"),
    Outcome.LAPSED: (_l("lapsed: no quorum"), "warn"),
}
OPEN = (_l("open"), "plain")
COUNTED = (_l("closed, awaits its resolution"), "warn")
CHOICES: dict[Choice, Any] = {Choice.FOR: _l("For"), Choice.AGAINST: _l("Against"), Choice.ABSTAIN: _l("Abstain")}
INTERESTS: dict[Interest, Any] = {
    Interest.NONE: _l("none"),
    Interest.GENERAL: _l("general: affected like everybody by the same rule; may vote"),
    Interest.SPECIFIC: _l("specific: a matter of one's own organisation; recused, does not vote"),
}
SHORT_INTERESTS: dict[Interest, Any] = {
    Interest.NONE: _l("none"),
    Interest.GENERAL: _l("general"),
    Interest.SPECIFIC: _l("specific: recused"),
}
_ALLOCATION = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2]))\.([a-z]+)\.[0-9]+")  #: ids that the service gives
_MATTERS: dict[str, Any] = {
    "allocation": _l("Allocation %(id)s"),
    "organisation": _l("Membership of %(id)s"),
    "rulebook": _l("Rulebook %(id)s"),
    "statement": _l("Statement %(id)s"),
    "recovery": _l("New key for %(id)s"),
    "rules": _l("Rights of roles %(id)s"),
}
_MAJORITIES: dict[Majority, Any] = {
    Majority.SIMPLE: _l("A proposal is adopted by more votes for than against."),
    Majority.ABSOLUTE: _l("A proposal is adopted by the votes of more than half of all seats that are not recused."),
    Majority.TWO_THIRDS: _l("A proposal is adopted by at least two thirds of the votes for and against."),
    Majority.UNANIMOUS: _l("A proposal is adopted if somebody votes for it and nobody against it."),
}


def word_state(review: Review, *, is_open: bool) -> tuple[Any, str]:
    """Say where a review stands."""
    return OUTCOMES[review.outcome] if review.outcome else OPEN if is_open else COUNTED


def word_matter(matter: str) -> str:
    """Say what a review or a resolution is about."""
    kind, _colon, rest = matter.partition(":")
    if kind in ("organisation", "recovery"):
        rest = name_organisation(rest)
    if kind == "allocation" and (named := _ALLOCATION.fullmatch(rest)) and named[2] in RULES:
        return str(_("Allocation of %(period)s, %(rule)s", period=write_period(named[1]), rule=RULES[named[2]]))
    shown = f"{rest[:12]}…" if kind == "statement" else rest
    return str(_MATTERS[kind]) % {"id": shown} if kind in _MATTERS else matter


def word_tally(tally: Tally) -> list[str]:
    """Say a count in words, with its arithmetic: seats, recusals, quorum, votes, majority."""
    said = [ngettext("%(num)s seat", "%(num)s seats", tally.seats)]
    if tally.recused:
        said[0] += ", " + _("%(recused)s of them recused, which leaves %(left)s", recused=tally.recused, left=tally.entitled)
    said.append(_word_quorum(tally))
    words = _("%(votes_for)s for, %(votes_against)s against", votes_for=tally.votes_for, votes_against=tally.votes_against)
    if tally.abstentions:
        words += "; " + ngettext(
            "%(num)s abstention, which counts for the quorum and not for the majority",
            "%(num)s abstentions, which count for the quorum and not for the majority",
            tally.abstentions,
        )
    said.append(words)
    said.append(_word_majority(tally))
    return [f"{one}." for one in said]


def _word_quorum(tally: Tally) -> str:
    product = write_number((Decimal(tally.quorum_percent * tally.entitled) / 100).normalize())
    call = _("Quorum of the second call") if tally.call > 1 and tally.rules.second_call_percent is not None else _("Quorum")
    reached = _("reached") if tally.cast >= tally.needed else _("not reached")
    return str(
        _(
            "%(call)s: %(percent)s %% of %(entitled)s = %(product)s; votes needed: %(needed)s, cast: %(cast)s, so it is %(reached)s",
            call=call,
            percent=tally.quorum_percent,
            entitled=tally.entitled,
            product=product,
            needed=tally.needed,
            cast=tally.cast,
            reached=reached,
        )
    )


def _word_majority(tally: Tally) -> str:
    cast = tally.votes_for + tally.votes_against
    if tally.outcome is Outcome.LAPSED:
        return str(_("Without a quorum nothing is decided, whatever the votes"))
    if tally.is_tie:
        return str(_("A tie: the chair's own vote decides") if tally.rules.tie is TieRule.CHAIR else _("A tie, which rejects"))
    words = {
        Majority.SIMPLE: _("Simple majority wants more for than against: %(a)s and %(b)s", a=tally.votes_for, b=tally.votes_against),
        Majority.ABSOLUTE: _(
            "Absolute majority: more than half of %(entitled)s seats, so at least %(needed)s; %(a)s are for it",
            entitled=tally.entitled,
            needed=tally.entitled // 2 + 1,
            a=tally.votes_for,
        ),
        Majority.TWO_THIRDS: _(
            "Two-thirds majority: 2/3 of %(cast)s votes for and against = at least %(needed)s; %(a)s are for it",
            cast=cast,
            needed=-(-2 * cast // 3),
            a=tally.votes_for,
        ),
        Majority.UNANIMOUS: _("Unanimity: somebody for, nobody against; %(b)s are against", b=tally.votes_against),
    }
    return str(words[tally.rules.majority])


def word_rulebook(rules: Rules) -> list[str]:
    """Say in plain words what a rulebook rules."""
    seats = rules.seats_per_organisation
    said = [
        _("Each holder of a board key of an active member has one seat.")
        if seats is None
        else _(
            "Each holder of a board key of an active member has one seat, up to %(seats)s for each organisation, the earliest first.",
            seats=seats,
        ),
        _("The seats are counted when a review opens. Who has a specific interest is recused: it does not vote and is not counted."),
        ngettext(
            "A review is open for at least %(num)s day; until it closes, a vote may be changed.",
            "A review is open for at least %(num)s days; until it closes, a vote may be changed.",
            rules.review_days,
        ),
        _(
            "It needs the votes of at least %(percent)s %% of the seats that are not recused, rounded up; an abstention is counted here.",
            percent=rules.quorum_percent,
        ),
        _("If too few vote, the matter lapses and may be called again.")
        if rules.second_call_percent is None
        else _("If too few vote, the matter lapses; when it is called again, %(percent)s %% suffice.", percent=rules.second_call_percent),
        str(_MAJORITIES[rules.majority]),
        _("Abstentions count neither way in the majority."),
    ]
    if rules.majority is Majority.SIMPLE:
        chair = rules.tie is TieRule.CHAIR
        said.append(_("The chair, %(chair)s, breaks a tie.", chair=rules.chair) if chair else _("A tie rejects."))
    said += [
        _("The pool's saving is shared by this rule, unless the board adopts another: %(rule)s.", rule=RULES[rules.allocation_rule]),
        _(
            "Of what each is allocated, %(fee)s %% pays the operator and %(reserve)s %% is kept as the network's reserve.",
            fee=write_number(Decimal(rules.fee_permille) / 10),
            reserve=write_number(Decimal(rules.reserve_permille) / 10),
        ),
    ]
    return [str(one) for one in said]
