"""Agreements for tests: offers from the standard contracts' own examples, and the whole way to an agreement in force."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.agreements.facts import AgreementCountered, AgreementOffered, AgreementSigned, TemplatePublished
from contracts.agreements.service import draft_counter, draft_offer
from contracts.agreements.tables import Agreement, find_agreement
from contracts.templates.catalogue import find_template, load_templates, template_hash
from ledger.canonical import JSON
from ledger.outcome import Receipt
from tests.network import OPERATOR, TestNetwork

REPLY_BY = date(2025, 1, 31)
OFFICE = "managing director"  #: in which everybody signs here


def publish_templates(network: TestNetwork) -> None:
    """Publish every standard contract."""
    facts = [TemplatePublished(ref, template_hash(template)) for ref, template in load_templates().items()]
    outcomes = network.log.submit_many([network.sign(fact, by=OPERATOR) for fact in facts])
    assert all(isinstance(outcome, Receipt) for outcome in outcomes), outcomes
    network.published.update(load_templates())


def admit_parties(network: TestNetwork, *names: str) -> None:
    """Admit partner firms, unless they are members already."""
    for name in names:
        if name not in network.members:
            network.admit(name)


def some_parameters(
    network: TestNetwork, ref: str = "material-supply@1", *, parties: tuple[str, ...] = ("powerco", "plasterco"), **changes: JSON
) -> dict[str, JSON]:
    """Give valid parameters from a template's examples: parties are supplier and receiver, or owner and users (the owner operates).

    It binds from 2025-01-02 for 24 months; one managing director signs on each side. Changes replace parameters; None takes one away.
    """
    template = find_template(ref)
    ids = [network.id(name) for name in parties]
    parameters: dict[str, JSON] = {one.name: one.example for one in template.parameters if one.example is not None}
    if template.find_parameter("supplier"):
        parameters |= {"supplier": ids[0], "receiver": ids[1]}
    else:
        users = ids[1:]
        parameters |= {
            "owner": ids[0],
            "operator": ids[0],
            "shares": [{"organisation": one, "capacity_share": str(60 // len(users)), "vote": 1} for one in users],
            "stand_alone_cost": [{"organisation": one, "cost": 10_000_000} for one in users],
        }
    parameters |= {
        "contract_no": f"C-{'-'.join(parties)}",
        "effective_date": "2025-01-02",
        "first_delivery_date": "2025-01-02",
        "retroactive_reason": "the parties exchanged on trial before",
        "initial_term": 24,
        "signatories": [{"organisation": one, "role": OFFICE, "order": 1, "limit": None, "joint": 1} for one in ids],
    }
    return {name: value for name, value in {**parameters, **changes}.items() if value is not None}


def an_offer(network: TestNetwork, agreement: str = "a-1", ref: str = "material-supply@1", **changes: Any) -> AgreementOffered:
    """Draft an offer; changes are those of `some_parameters`."""
    return draft(network, some_parameters(network, ref, **changes), agreement, ref)


def draft(network: TestNetwork, parameters: Mapping[str, JSON], agreement: str = "a-1", ref: str = "material-supply@1") -> AgreementOffered:
    """Draft an offer of given parameters."""
    with network.connect() as connection:
        return draft_offer(connection, network.log_id, agreement, ref, parameters, reply_by=REPLY_BY)


def a_counter(network: TestNetwork, agreement: str = "a-1", **changes: JSON) -> AgreementCountered:
    """Draft a counter-offer to the standing offer."""
    with network.connect() as connection:
        return draft_counter(connection, network.log_id, agreement, changes, reply_by=REPLY_BY)


def a_signature(agreement: str = "a-1", capacity: str = OFFICE) -> AgreementSigned:
    """Make a signature."""
    return AgreementSigned(agreement, capacity)


def see_agreement(network: TestNetwork, agreement: str = "a-1") -> Agreement:
    """Read an agreement that is there."""
    with network.connect() as connection:
        found = find_agreement(connection, network.log_id, agreement)
    assert found is not None
    return found


def sign_by_all(network: TestNetwork, agreement: str = "a-1") -> Receipt:
    """Have every party sign the standing offer; gives the last receipt."""
    found = see_agreement(network, agreement)
    names = {member.id: name for name, member in network.members.items()}
    signed = [
        network.accept(a_signature(agreement), by=names[organisation], refs=[found.offer_hash]) for organisation in found.organisations
    ]
    return signed[-1]


def agree(
    network: TestNetwork,
    agreement: str = "a-1",
    ref: str = "material-supply@1",
    *,
    parties: tuple[str, ...] = ("powerco", "plasterco"),
    **changes: JSON,
) -> Agreement:
    """Bring an agreement into force: publish and admit what is missing, offer, sign by all; gives it as it stands."""
    if ref not in network.published:
        publish_templates(network)
    admit_parties(network, *parties)
    network.accept(an_offer(network, agreement, ref, parties=parties, **changes), by=parties[0])
    sign_by_all(network, agreement)
    return see_agreement(network, agreement)
