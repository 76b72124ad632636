"""Rules of agreements: who may offer, answer, sign and end what, and when all who must sign have signed.

Signing: each row of the parameter `signatories` is one way to bind its party. A row holds a contract whose value (estimate_contract_value:
annual quantity × price × term) lies within its limit; it is complete when `joint` different holders have signed in its office. A party
is bound when one of its rows is complete; the agreement is in force when every party is bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.agreements.facts import AgreementCountered, AgreementOffered, Party
from contracts.errors import Finding
from contracts.period import add_months
from contracts.templates.catalogue import Template, check_parameters, compare_parameters, find_template, normalise_parameters, render_text
from contracts.templates.pricing import estimate_contract_value
from contracts.templates.terms import Terms
from ledger.canonical import JSON

Offer = AgreementOffered | AgreementCountered


class AgreementState(StrEnum):
    """Where an agreement stands."""

    OFFERED = "offered"  #: an offer stands and is not yet signed by all
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"  #: with effect from `terminated_on`


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement as its newest version and the log stand."""

    agreement: str
    state: AgreementState
    template: str  #: such as material-supply@1
    parties: tuple[Party, ...]
    parameters: Mapping[str, JSON]  #: normalised
    version: int  #: counts offers, from 1
    offer_hash: str  #: statement hash of the standing offer
    offer_entry: int
    offered_by: str  #: organisation
    reply_by: date  #: last day for signatures, in the network's time zone
    in_force_entry: int | None  #: index of the last signature
    in_force_at: str | None  #: instant of the last signature
    terminated_on: date | None  #: first day after it
    suspended_by: str | None  #: organisation
    entry: int  #: index that changed it last

    @property
    def terms(self) -> Terms:
        """The parameters, read with their types."""
        return Terms(self.parameters)

    @property
    def exchange_type(self) -> str:
        """What is exchanged: material, energy, water or pooling."""
        return find_template(self.template).exchange_type

    @property
    def shared(self) -> bool:
        """Whether it is about a shared asset."""
        return self.exchange_type == "pooling"

    @property
    def supplier(self) -> str:
        """Who hands over; of a shared asset its operator."""
        return self.terms.require_text("operator" if self.shared else "supplier")

    @property
    def receivers(self) -> tuple[str, ...]:
        """Who takes: one receiver; of a shared asset its users, who hold a share of its capacity."""
        if not self.shared:
            return (self.terms.require_text("receiver"),)
        rows = self.terms.rows("shares")
        return tuple(row.require_text("organisation") for row in rows if row.require_decimal("capacity_share") > 0)

    @property
    def organisations(self) -> tuple[str, ...]:
        """The parties, each once, in the order of the template's roles."""
        return tuple(dict.fromkeys(party.organisation for party in self.parties))

    @property
    def effective_date(self) -> date:
        """The day from which it binds."""
        return self.terms.require_day("effective_date")

    @property
    def was_signed(self) -> bool:
        """Whether all have signed, whatever came later."""
        return self.in_force_entry is not None

    @property
    def end_day(self) -> date | None:
        """The first day without deliveries: termination, or the end of the initial term unless it renews itself; None: open."""
        ends = [] if self.terminated_on is None else [self.terminated_on]
        if self.terms.text("renewal_mode") != "auto":
            ends.append(add_months(self.effective_date, self.terms.require_integer("initial_term")))
        return min(ends, default=None)

    def holders(self, role: str) -> tuple[str, ...]:
        """Give who holds a role of the template."""
        return tuple(party.organisation for party in self.parties if party.role == role)

    def is_party(self, organisation: str) -> bool:
        """Tell whether an organisation is a party."""
        return organisation in self.organisations

    def allows_delivery(self, day: date) -> bool:
        """Tell whether a delivery may be made on a day, as the log stands."""
        if self.state not in (AgreementState.IN_FORCE, AgreementState.TERMINATED):
            return False
        start, end = self.terms.require_day("first_delivery_date"), self.end_day
        return self.was_signed and start <= day and (end is None or day < end)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature under the standing offer."""

    organisation: str
    holder: str  #: pseudonym
    capacity: str  #: office, as the row of signatories names it
    entry: int


@dataclass(frozen=True, slots=True)
class OfferContext:
    """What the tables know when an offer is judged."""

    author: str
    published_hash: str | None  #: of the template, as the network published it
    names: Mapping[str, str]  #: legal names of the organisations that the parameters mention
    active: frozenset[str]  #: active members among the parties
    currency: str
    today: date  #: in the network's time zone
    taken_by: str | None  #: another agreement with this contract number


@dataclass(frozen=True, slots=True)
class SignatoryRow:
    """One way to bind a party."""

    organisation: str
    office: str
    order: int
    limit: int | None  #: minor units; None: any
    joint: int  #: different holders

    def holds(self, value: int | None) -> bool:
        """Tell whether the row may bind its party to a contract of a value; a value that terms do not tell needs a row without limit."""
        return self.limit is None or (value is not None and value <= self.limit)


def judge_offer(offer: Offer, context: OfferContext) -> list[Finding]:
    """Judge an offer or a counter-offer by itself; all findings at once."""
    findings = _judge_template(offer, context)
    if findings:
        return findings
    template = find_template(offer.template)
    faults = [*check_parameters(template, offer.parameters), *_judge_normal_form(template, offer.parameters)]
    findings += faults
    if {finding.field.split(".")[1] for finding in faults}.isdisjoint(role.parameter.partition(".")[0] for role in template.roles):
        findings += _judge_parties(offer, template, context)
    if offer.parameters.get("currency") != context.currency:
        findings.append(Finding("parameters.currency", "other-currency", f"this network settles in {context.currency}"))
    if context.taken_by is not None:
        message = f"the agreement {context.taken_by} has this contract number: it is unique in the network"
        findings.append(Finding("parameters.contract_no", "contract-no-taken", message))
    if offer.reply_by < context.today:
        findings.append(Finding("reply_by", "past", f"{offer.reply_by} is past: a day from {context.today} on is wanted"))
    if not faults and offer.text != (wanted := render_text(template, offer.parameters, context.names)):
        findings.append(Finding("text", "text-differs", describe_difference(wanted, offer.text)))
    return findings


def _judge_template(offer: Offer, context: OfferContext) -> list[Finding]:
    if context.published_hash is None:
        return [Finding("template", "unpublished-template", f"{offer.template} was not published in this network")]
    if offer.template_hash != context.published_hash:
        return [Finding("template_hash", "other-template", f"{offer.template} was published with the hash {context.published_hash}")]
    return []


def _judge_normal_form(template: Template, parameters: Mapping[str, JSON]) -> list[Finding]:
    changes = compare_parameters(parameters, normalise_parameters(template, parameters))
    nulls = [name for name, value in parameters.items() if value is None]
    return [Finding(change.field, "not-normal", f"the form that is signed is {change.after!r}") for change in changes] + [
        Finding(f"parameters.{name}", "not-normal", "what is absent is left out") for name in nulls
    ]


def list_role_holders(template: Template, parameters: Mapping[str, JSON]) -> tuple[Party, ...]:
    """List the parties with their roles, as parameters name them, in the order of the template's roles."""
    parties: dict[Party, None] = {}
    for role in template.roles:
        name, _, column = role.parameter.partition(".")
        values = [row.values.get(column) for row in Terms(parameters).rows(name)] if column else [parameters.get(name)]
        parties.update({Party(value, role.name): None for value in values if isinstance(value, str)})
    return tuple(parties)


def _judge_parties(offer: Offer, template: Template, context: OfferContext) -> list[Finding]:
    findings = []
    wanted = list_role_holders(template, offer.parameters)
    if offer.parties != wanted:
        words = ", ".join(f"{party.organisation} as {party.role}" for party in wanted)
        findings.append(Finding("parties", "parties-differ", f"by the parameters the parties are, in this order: {words}"))
    for number, party in enumerate(offer.parties):
        if party.organisation not in context.active:
            findings.append(Finding(f"parties.{number}.organisation", "not-a-member", f"{party.organisation} is not an active member"))
    if context.author not in {party.organisation for party in offer.parties}:
        findings.append(Finding("statement.author", "not-a-party", f"{context.author} is no party to what it offers"))
    return findings


def describe_difference(wanted: str, given: str) -> str:
    """Say where a text first differs from the one that template and parameters give."""
    theirs, ours = given.split("\n"), wanted.split("\n")
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False), start=1):
        if one != other:
            return f"line {number} is not what template and parameters give: {one[:120]!r} is wanted"
    return f"the text has {len(theirs)} lines where template and parameters give {len(ours)}"


def judge_open(agreement: Agreement | None, asked: str, today: date) -> list[Finding]:
    """Judge whether an offer stands that can still be answered; None: there is none to which the author is a party."""
    if agreement is None:
        return [Finding("agreement", "unknown-agreement", f"you have no agreement {asked}")]
    if agreement.state is not AgreementState.OFFERED:
        return [Finding("agreement", "not-open", f"the agreement is {agreement.state.value.replace('_', ' ')}: no offer stands")]
    if today > agreement.reply_by:
        return [Finding("agreement", "lapsed", f"the offer could be answered until {agreement.reply_by}: it has lapsed")]
    return []


def judge_answer(agreement: Agreement, refs: Sequence[str]) -> list[Finding]:
    """Judge whether a party answers the offer that stands."""
    if refs and refs[0] == agreement.offer_hash:
        return []
    message = f"refs begin with the standing offer, {agreement.offer_hash} (entry {agreement.offer_entry})"
    return [Finding("statement.refs.0", "stale-offer", message)]


def judge_counter(agreement: Agreement, counter: AgreementCountered, author: str, refs: Sequence[str]) -> list[Finding]:
    """Judge a counter-offer against the offer that it answers."""
    findings = judge_answer(agreement, refs)
    if author == agreement.offered_by:
        findings.append(Finding("statement.author", "own-offer", "the standing offer is your own: withdraw it, or wait for an answer"))
    if {party.organisation for party in counter.parties} != set(agreement.organisations):
        message = f"the parties stay as they are: {', '.join(agreement.organisations)}"
        findings.append(Finding("parties", "parties-changed", message))
    return findings


def judge_decline(agreement: Agreement, author: str, signatures: Sequence[Signature]) -> list[Finding]:
    """Judge who declines: a party that neither made the standing offer nor signed it."""
    if author == agreement.offered_by:
        return [Finding("statement.author", "own-offer", "the standing offer is your own: withdraw it")]
    if any(signature.organisation == author for signature in signatures):
        return [Finding("statement.author", "already-signed", f"{author} has signed this offer and is bound by its word")]
    return []


def judge_own_offer(agreement: Agreement, author: str) -> list[Finding]:
    """Judge who withdraws: whoever made the standing offer."""
    if author == agreement.offered_by:
        return []
    return [
        Finding("statement.author", "other-offer", f"the standing offer is {agreement.offered_by}'s: decline it, or answer with another")
    ]


def read_signatories(terms: Terms) -> tuple[SignatoryRow, ...]:
    """Read the parameter `signatories`."""
    return tuple(
        SignatoryRow(
            row.require_text("organisation"),
            row.require_text("role"),
            row.require_integer("order"),
            row.integer("limit"),
            row.require_integer("joint"),
        )
        for row in terms.rows("signatories")
    )


def is_bound(organisation: str, rows: Sequence[SignatoryRow], value: int | None, signatures: Sequence[Signature]) -> bool:
    """Tell whether a party is bound: one of its rows that hold the value has as many different holders as it needs."""
    for row in rows:
        holders = {one.holder for one in signatures if one.organisation == organisation and one.capacity == row.office}
        if row.organisation == organisation and row.holds(value) and len(holders) >= row.joint:
            return True
    return False


def list_unbound(agreement: Agreement, signatures: Sequence[Signature]) -> tuple[str, ...]:
    """List the parties that are not bound yet, in the parties' order."""
    rows, value = read_signatories(agreement.terms), estimate_contract_value(agreement.terms)
    return tuple(party for party in agreement.organisations if not is_bound(party, rows, value, signatures))


def judge_signature(
    agreement: Agreement, new: Signature, key_limit: int | None, signatures: Sequence[Signature], today: date
) -> list[Finding]:
    """Judge a signature: office, limits of the row and of the key, order, each holder once, and the effective date."""
    rows, value = read_signatories(agreement.terms), estimate_contract_value(agreement.terms)
    worth = "a value that its terms do not tell" if value is None else f"a value of {value} minor units"
    findings = []
    own = [row for row in rows if row.organisation == new.organisation and row.office == new.capacity]
    fitting = [row for row in own if row.holds(value)]
    if not own:
        offices = ", ".join(row.office for row in rows if row.organisation == new.organisation) or "nobody"
        findings.append(Finding("capacity", "unknown-capacity", f"for {new.organisation} sign, by the contract: {offices}"))
    elif not fitting:
        message = f"as {new.capacity} one may sign up to {own[0].limit} minor units; the contract has {worth}"
        findings.append(Finding("capacity", "over-limit", message))
    if key_limit is not None and (value is None or value > key_limit):
        findings.append(Finding("statement.key", "over-limit", f"this key signs up to {key_limit} minor units; the contract has {worth}"))
    if any(one.organisation == new.organisation and one.holder == new.holder for one in signatures):
        findings.append(Finding("statement.author", "already-signed", f"{new.holder} has signed this offer for {new.organisation}"))
    elif is_bound(new.organisation, rows, value, signatures):
        findings.append(Finding("statement.author", "already-bound", f"{new.organisation} has given all the signatures it needs"))
    if fitting:
        findings += _judge_order(agreement, max(row.order for row in fitting), new, signatures)
    if is_retroactive(agreement, today):
        message = (
            f"it binds from {agreement.effective_date}, which is past: counter with a later day, or with a reason for acting back in time"
        )
        findings.append(Finding("agreement", "retroactive", message))
    return findings


def is_retroactive(agreement: Agreement, today: date) -> bool:
    """Tell whether an agreement would bind from a day that is past, and names no reason for it."""
    return today > agreement.effective_date and not agreement.terms.has("retroactive_reason")


def list_awaited(agreement: Agreement, organisation: str, order: int, signatures: Sequence[Signature]) -> list[str]:
    """List the other parties, all of whose ways to sign come earlier than an order, that are not bound yet."""
    rows, value = read_signatories(agreement.terms), estimate_contract_value(agreement.terms)
    waiting = []
    for party in agreement.organisations:
        orders = [row.order for row in rows if row.organisation == party and row.holds(value)]
        if party != organisation and orders and max(orders) < order and not is_bound(party, rows, value, signatures):
            waiting.append(party)
    return waiting


def _judge_order(agreement: Agreement, order: int, new: Signature, signatures: Sequence[Signature]) -> list[Finding]:
    """Hold back a signature while another party, all of whose ways to sign come earlier, is not bound."""
    waiting = list_awaited(agreement, new.organisation, order, signatures)
    if not waiting:
        return []
    return [Finding("statement.author", "not-your-turn", f"{', '.join(waiting)} signs first, by the contract's order")]


def read_key_limit(limits: Mapping[str, JSON]) -> int | None:
    """Read up to which contract value a key may sign, in minor units; None: any. A limit that cannot be read allows nothing."""
    of_role = limits.get("signatory")
    if of_role is None:
        return None
    amount = of_role.get("amount") if isinstance(of_role, Mapping) else 0
    if amount is None:
        return None
    return amount if isinstance(amount, int) and not isinstance(amount, bool) else 0


def judge_running(agreement: Agreement | None, asked: str, states: Sequence[AgreementState]) -> list[Finding]:
    """Judge a step in the life of a signed agreement: in one of these states; None: there is none to which the author is a party."""
    if agreement is None:
        return [Finding("agreement", "unknown-agreement", f"you have no agreement {asked}")]
    if agreement.state not in states:
        return [Finding("agreement", "wrong-state", f"the agreement is {agreement.state.value.replace('_', ' ')}")]
    return []


def judge_resumption(agreement: Agreement, author: str) -> list[Finding]:
    """Judge who resumes: whoever suspended."""
    if agreement.suspended_by in (None, author):
        return []
    return [Finding("statement.author", "other-suspension", f"{agreement.suspended_by} suspended the agreement, and resumes it")]


def judge_termination(effective: date, today: date) -> list[Finding]:
    """Judge the day of an end: what was delivered stays delivered."""
    if effective >= today:
        return []
    return [Finding("effective", "past", f"{effective} is past: a day from {today} on is wanted")]
