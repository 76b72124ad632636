"""How an agreement stands: which steps a party may take now, who has signed, and who signs next; judged by the rules of each step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.agreements import rules
from contracts.agreements.rules import Agreement, AgreementState, Signature
from contracts.templates.pricing import estimate_contract_value

_UNKNOWN = 0  #: index of a signature that is not given yet


class Step(StrEnum):
    """What a party may do with an agreement."""

    SIGN = "sign"
    COUNTER = "counter"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to bind a party, as a row of signatories has it."""

    office: str
    order: int
    limit: int | None  #: minor units; None: any
    joint: int  #: different holders that must sign
    given: int  #: signatures given so far
    holds: bool  #: whether the contract's value lies within the limit


@dataclass(frozen=True, slots=True)
class PartyStanding:
    """Where one party stands with its signatures."""

    organisation: str
    roles: tuple[str, ...]  #: as the template names them
    ways: tuple[Way, ...]
    bound: bool  #: all that it must sign is signed
    awaits: tuple[str, ...]  #: parties that sign before it, by the contract's order


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an agreement stands, for one reader."""

    lapsed: bool  #: the offer can be answered no more
    parties: tuple[PartyStanding, ...]
    steps: tuple[Step, ...]  #: that the reader's organisation may take
    offices: tuple[str, ...]  #: in which the reader may sign now
    past: bool  #: it would bind from a day that is past, without a reason for acting back in time: nobody can sign it
    value: int | None  #: of the contract over its term, minor units; None where its terms do not tell


def find_standing(agreement: Agreement, organisation: str, holder: str, signatures: Sequence[Signature], today: date) -> Standing:
    """Find where an agreement stands, and what an organisation, by one of its holders, may do today."""
    offices = list_offices(agreement, organisation, holder, signatures, today)
    steps = [*([Step.SIGN] if offices else []), *_list_steps(agreement, organisation, signatures, today)]
    return Standing(
        lapsed=agreement.state is AgreementState.OFFERED and today > agreement.reply_by,
        parties=tuple(_find_party(agreement, one, signatures) for one in agreement.organisations),
        steps=tuple(steps) if agreement.is_party(organisation) else (),
        offices=offices,
        past=agreement.state is AgreementState.OFFERED and rules.is_retroactive(agreement, today),
        value=estimate_contract_value(agreement.terms),
    )


def list_offices(
    agreement: Agreement, organisation: str, holder: str, signatures: Sequence[Signature], today: date
) -> tuple[str, ...]:  # fmt: skip
    """List the offices in which a holder may sign for an organisation today; limits of single keys are judged when it signs."""
    if not agreement.is_party(organisation) or rules.judge_open(agreement, agreement.agreement, today):
        return ()
    offices = [row.office for row in rules.read_signatories(agreement.terms) if row.organisation == organisation]
    free = [
        office
        for office in dict.fromkeys(offices)
        if not rules.judge_signature(agreement, Signature(organisation, holder, office, _UNKNOWN), None, signatures, today)
    ]
    return tuple(free)


def _list_steps(agreement: Agreement, organisation: str, signatures: Sequence[Signature], today: date) -> list[Step]:
    """List the steps other than a signature; what needs another party's word is not among them."""
    name = agreement.agreement
    if not rules.judge_open(agreement, name, today):
        if not rules.judge_own_offer(agreement, organisation):
            return [Step.WITHDRAW]
        declines = [] if rules.judge_decline(agreement, organisation, signatures) else [Step.DECLINE]
        return [Step.COUNTER, *declines]
    running = (AgreementState.IN_FORCE, AgreementState.SUSPENDED)
    steps = []
    if not rules.judge_running(agreement, name, [AgreementState.IN_FORCE]):
        steps.append(Step.SUSPEND)
    if not rules.judge_running(agreement, name, [AgreementState.SUSPENDED]) and not rules.judge_resumption(agreement, organisation):
        steps.append(Step.RESUME)
    return steps if rules.judge_running(agreement, name, running) else [*steps, Step.TERMINATE]


def _find_party(agreement: Agreement, organisation: str, signatures: Sequence[Signature]) -> PartyStanding:
    rows, value = rules.read_signatories(agreement.terms), estimate_contract_value(agreement.terms)
    own = [row for row in rows if row.organisation == organisation]
    ways = tuple(
        Way(row.office, row.order, row.limit, row.joint, _count_given(organisation, row.office, signatures), row.holds(value))
        for row in own
    )
    bound = rules.is_bound(organisation, rows, value, signatures)
    fitting = [row.order for row in own if row.holds(value)]
    awaits = () if bound or not fitting else tuple(rules.list_awaited(agreement, organisation, min(fitting), signatures))
    roles = tuple(party.role for party in agreement.parties if party.organisation == organisation)
    return PartyStanding(organisation, roles, ways, bound, awaits)


def _count_given(organisation: str, office: str, signatures: Sequence[Signature]) -> int:
    return len({one.holder for one in signatures if one.organisation == organisation and one.capacity == office})
