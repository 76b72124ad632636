"""Offers in the making: a draft that is complete but for its signature, and the contract's text while its parameters are still typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from contracts.agreements.facts import AgreementCountered, AgreementOffered
from contracts.agreements.rules import list_role_holders
from contracts.agreements.service import draft_offer
from contracts.drafts import write_draft
from contracts.errors import Finding, Refusal
from contracts.facts import type_of
from contracts.parties.tables import list_names
from contracts.templates.catalogue import check_parameters, find_template, list_parties, normalise_parameters, render_text, template_hash
from contracts.views.sight import Sight
from ledger.canonical import JSON


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be offered."""

    agreement: str
    template: str
    parameters: Mapping[str, JSON]  #: as given; defaults are filled in
    reply_by: date
    message: str | None
    answers: str | None = None  #: statement hash of the offer that a counter-offer answers


@dataclass(frozen=True, slots=True)
class DraftedOffer:
    """An offer, or counter-offer, as a draft."""

    draft: dict[str, JSON]
    findings: tuple[Finding, ...]  #: faults of the parameters; with any, the draft's text is not the contract's


def write_offer(sight: Sight, order: Order) -> DraftedOffer:
    """Write the draft of an offer, complete where its parameters are free of faults. Raises NotFound for an unknown template."""
    form = find_template(order.template)
    findings = check_parameters(form, order.parameters)
    if findings:
        normal = normalise_parameters(form, order.parameters)
        parties = list_role_holders(form, normal)
        fact = AgreementOffered(order.agreement, form.ref, template_hash(form), parties, normal, form.title, order.reply_by, order.message)
    else:
        fact = draft_offer(
            sight.connection,
            sight.log_id,
            order.agreement,
            form.ref,
            order.parameters,
            reply_by=order.reply_by,
            message=order.message,
        )
    if order.answers is None:
        return DraftedOffer(write_draft(fact, type_of(fact)), findings)
    counter = AgreementCountered(*(getattr(fact, name) for name in AgreementOffered.__slots__))
    return DraftedOffer(write_draft(counter, type_of(counter), [order.answers]), findings)


def preview_text(sight: Sight, template: str, parameters: Mapping[str, JSON]) -> str | None:
    """Write a contract's text from parameters that may lack some; None where they are too faulty for one. Raises NotFound."""
    form = find_template(template)
    normal = normalise_parameters(form, parameters)
    try:
        return render_text(form, normal, list_names(sight.connection, sight.log_id, list_parties(form, normal)))
    except Refusal:
        return None
