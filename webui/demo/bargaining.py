"""Bargaining: offers, one counter-offer, one refusal with its reason, and each party's own signature."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from contracts.agreements.facts import AgreementDeclined, AgreementSigned
from contracts.agreements.service import draft_counter, draft_offer
from contracts.facts import Role
from webui.demo.cast import Cast
from webui.demo.figures import Declined, ExchangeFigures, Figures
from webui.demo.player import Player

OFFICE = "managing director"  #: in which everybody signs


def offer_exchanges(player: Player) -> dict[str, str]:
    """Have each supplier offer its agreement; gives the statement hash of each standing offer."""
    standing = {}
    for number, one in enumerate(player.figures.exchanges, start=1):
        changes = dict(one.countered["first"]) if one.countered else {}
        standing[one.agreement] = _offer(player, one, number, changes)
    standing[player.figures.pipeline.agreement] = _offer_pipeline(player)
    player.submit()
    return standing


def answer_offers(player: Player, standing: dict[str, str]) -> None:
    """Counter one offer, decline another, and sign the others."""
    for one in player.figures.exchanges:
        if one.countered:
            standing[one.agreement] = _counter(player, one, standing[one.agreement])
    declined = player.figures.declined
    _offer(player, declined, len(player.figures.exchanges) + 1, {})
    player.say(AgreementDeclined(declined.agreement, declined.reason), player.cast.find(declined.receiver, Role.SIGNATORY))
    player.submit()


def sign_agreements(player: Player, standing: Mapping[str, str]) -> None:
    """Have each party sign the standing offer, whose hash stands first in `refs`."""
    for one in player.figures.exchanges:
        _sign(player, one.agreement, standing[one.agreement], [one.supplier, one.receiver])
    pipeline = player.figures.pipeline
    _sign(player, pipeline.agreement, standing[pipeline.agreement], [pipeline.owner, *(user.short for user in pipeline.users)])
    player.submit()


def _sign(player: Player, agreement: str, offer: str, parties: Sequence[str]) -> None:
    for party in parties:
        player.say(AgreementSigned(agreement, OFFICE), player.cast.find(party, Role.SIGNATORY), refs=[offer])


def write_parameters(
    figures: Figures, cast: Cast, one: ExchangeFigures | Declined, number: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the parameters of a supply: its terms, what all agreements share, its number, its parties and who signs for them."""
    supplier, receiver = cast.id(one.supplier), cast.id(one.receiver)
    return {
        **figures.common_terms,
        **one.terms,
        **changes,
        "contract_no": f"KAL-{figures.year}-{number:02d}",
        "supplier": supplier,
        "receiver": receiver,
        "signatories": _write_signatories([supplier, receiver]),
    }


def write_pipeline_parameters(figures: Figures, cast: Cast) -> dict[str, Any]:
    """Write the parameters of the shared pipeline."""
    one = figures.pipeline
    owner = cast.id(one.owner)
    return {
        **figures.common_terms,
        **one.terms,
        "contract_no": f"KAL-{figures.year}-00",
        "owner": owner,
        "operator": owner,
        "shares": [{"organisation": cast.id(user.short), "capacity_share": user.capacity_share, "vote": user.vote} for user in one.users],
        "stand_alone_cost": [{"organisation": cast.id(user.short), "cost": user.alone} for user in one.users],
        "signatories": _write_signatories([owner, *(cast.id(user.short) for user in one.users)]),
    }


def _offer(player: Player, one: ExchangeFigures | Declined, number: int, changes: Mapping[str, Any]) -> str:
    parameters = write_parameters(player.figures, player.cast, one, number, changes)
    return _say_offer(player, one.agreement, one.template, parameters, one.supplier)


def _offer_pipeline(player: Player) -> str:
    one = player.figures.pipeline
    return _say_offer(player, one.agreement, one.template, write_pipeline_parameters(player.figures, player.cast), one.owner)


def _say_offer(player: Player, agreement: str, template: str, parameters: Mapping[str, Any], short: str) -> str:
    fact = player.draft(draft_offer, agreement, template, parameters, reply_by=_reply_by(player))
    return player.say(fact, player.cast.find(short, Role.SIGNATORY))


def _counter(player: Player, one: ExchangeFigures, offer: str) -> str:
    changed = {name: one.terms[name] for name in one.countered["first"]} if one.countered else {}
    message = one.countered["message"] if one.countered else None
    fact = player.draft(draft_counter, one.agreement, changed, reply_by=_reply_by(player), message=message)
    return player.say(fact, player.cast.find(one.receiver, Role.SIGNATORY), refs=[offer])


def _write_signatories(parties: Sequence[str]) -> list[dict[str, Any]]:
    return [{"organisation": party, "role": OFFICE, "order": 1, "limit": None, "joint": 1} for party in parties]


def _reply_by(player: Player) -> date:
    return date(player.figures.year - 1, 12, 31)
