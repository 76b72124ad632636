"""What clients draft by themselves before they sign: from what the service shows over HTTP, and the published rules in this package."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.agreements.facts import AgreementCountered, AgreementOffered
from contracts.agreements.rules import list_role_holders
from contracts.certificates.credential import build_credential
from contracts.certificates.facts import CertificateIssued, Result, Verdict
from contracts.certificates.jcs import canonical_bytes
from contracts.certificates.proof import name_did_key_method, secure_document
from contracts.certificates.specification import name_product
from contracts.certificates.stated import Setting, Wording, find_verdict, read_results, state_certificate
from contracts.clock import SystemClock
from contracts.facts import Role
from contracts.governance.facts import Dissent, Outcome, ResolutionRecorded
from contracts.own_facts import KeyEnrolled
from contracts.templates.catalogue import find_template, template_hash
from contracts.templates.terms import Terms
from ledger.authority import prove_possession
from ledger.canonical import JSON
from ledger.keyfile import KeyFile
from tests.journey.client import Client, Signer

ZONE = ZoneInfo("Europe/Copenhagen")
OFFICE = "managing director"


@dataclass(frozen=True, slots=True)
class Month:
    """The last month that has ended, in the network's time zone."""

    first_day: date

    @property
    def name(self) -> str:
        """As periods are named."""
        return f"{self.first_day:%Y-%m}"

    def at(self, day: int, hour: int = 9) -> datetime:
        """Give an hour (UTC) of one of its days."""
        return datetime(self.first_day.year, self.first_day.month, day, hour, tzinfo=UTC)


def find_last_month() -> Month:
    """Find the last month that has ended."""
    today = SystemClock().now().astimezone(ZONE).date()
    return Month((today.replace(day=1) - timedelta(days=1)).replace(day=1))


def request_key(keys: KeyFile, roles: Sequence[Role]) -> KeyEnrolled:
    """Make the request to enrol a key, with its own proof of possession."""
    named, key = sorted(role.value for role in roles), keys.key.multikey
    possession = prove_possession(keys.log, keys.organisation, key, keys.holder, named, keys.key.sign)
    return KeyEnrolled(key, keys.organisation, key, keys.holder, tuple(named), {}, None, possession)


def fill_in(template: str, parties: tuple[str, str], month: Month, **changes: JSON) -> dict[str, JSON]:
    """Fill a supply contract in: its examples, the two parties, in force from the month's first day; None takes a parameter away."""
    form = find_template(template)
    values: dict[str, JSON] = {one.name: one.example for one in form.parameters if one.example is not None}
    values |= {
        "supplier": parties[0],
        "receiver": parties[1],
        "asset": None,
        "effective_date": month.first_day.isoformat(),
        "first_delivery_date": month.first_day.isoformat(),
        "retroactive_reason": "the parties exchanged on trial before",
        "initial_term": 24,
        "signatories": [{"organisation": one, "role": OFFICE, "order": 1, "limit": None, "joint": 1} for one in parties],
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def draft_offer(client: Client, agreement: str, template: str, parameters: Mapping[str, JSON]) -> AgreementOffered:
    """Have parameters checked and put into words by the service, and make the offer of them."""
    answer = client.ask("POST", f"/networks/kalundborg/templates/{template}/check", {"parameters": parameters})
    assert answer.status == 200, answer.body
    assert answer.json["findings"] == []
    form, normal = find_template(template), answer.json["parameters"]
    reply_by = SystemClock().now().date() + timedelta(days=14)
    return AgreementOffered(
        agreement, template, template_hash(form), list_role_holders(form, normal), normal, answer.json["text"], reply_by, None
    )


def draft_counter(client: Client, agreement: str, **changes: JSON) -> tuple[AgreementCountered, list[str]]:
    """Answer the standing offer with changes; gives the counter-offer and the refs that name what it answers."""
    standing = client.read(f"/agreements/{agreement}")["agreement"]
    draft = draft_offer(client, agreement, standing["template"], {**standing["parameters"], **changes})
    return AgreementCountered(*(getattr(draft, name) for name in AgreementOffered.__slots__)), [standing["offer_hash"]]


def draft_certificate(lab: Signer, certificate: str, agreement: str, delivery: str, results: tuple[Result, ...]) -> CertificateIssued:
    """Judge results against the agreed specification and sign the credential with the laboratory's key."""
    found, load = lab.client.read(f"/agreements/{agreement}")["agreement"], lab.client.read(f"/deliveries/{delivery}")["delivery"]
    names = {one["organisation"]: one["name"] for one in lab.client.list_all("/organisations")}
    terms, key, now = Terms(found["parameters"]), lab.keys.key, SystemClock().now()
    parties = tuple(party["organisation"] for party in found["parties"])
    setting = Setting(agreement, terms, parties, lab.organisation, key.multikey, load["receiver"], names)
    sampled = datetime.fromisoformat(load["received_at"])
    verdict = find_verdict(terms, read_results(results))
    shape = CertificateIssued(
        certificate, "0" * 64, f"QC-{certificate}", agreement, (delivery,), None, sampled, results, Verdict.UNDECIDED, None, "{}"
    )
    document = build_credential(state_certificate(shape, setting, Wording("3.1", now, sampled.date(), name_product(terms))))
    credential = canonical_bytes(secure_document(document, key.sign, name_did_key_method(key.multikey), now)).decode()
    values = {name: getattr(shape, name) for name in CertificateIssued.__slots__}
    values |= {"credential": credential, "credential_hash": hashlib.sha256(credential.encode()).hexdigest(), "verdict": verdict}
    return CertificateIssued(**values)


def draft_resolution(client: Client, review: str, number: str) -> ResolutionRecorded:
    """Word the resolution that the count gives, as the service shows it to the board."""
    seen: Any = client.read(f"/reviews/{review}")
    tally = seen["tally"]
    dissents = tuple(Dissent(one["holder"], one["statement"]) for one in tally["dissents"])
    cast = tally["votes_for"] + tally["votes_against"]
    outcome = Outcome.ADOPTED if tally["votes_for"] * 2 > cast else Outcome.REJECTED
    counted = (tally["votes_for"], tally["votes_against"], tally["abstentions"], tally["recused"])
    return ResolutionRecorded(seen["review"]["matter"], outcome, review, number, *counted, dissents, seen["words"])
