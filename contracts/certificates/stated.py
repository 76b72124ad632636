"""A fact and its credential must say the same: the certificate that a fact stands for, and what another one says differently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts.certificates.conformity import Measured, ResultRow, judge_goods, parse_measured
from contracts.certificates.credential import Party, QualityCertificate, certify_results, name_thing
from contracts.certificates.facts import CertificateIssued, Result, Verdict
from contracts.certificates.proof import name_did_key
from contracts.certificates.specification import read_decision_rule, read_specification
from contracts.certificates.status_list import StatusEntry
from contracts.errors import Finding, Invalid
from contracts.templates.terms import Terms

#: fields of the certificate that follow from the fact, and the field of the fact that they follow from
_BOUND: Mapping[str, str] = {
    "id": "certificate",
    "number": "number",
    "agreement": "agreement",
    "deliveries": "deliveries",
    "batch": "batch",
    "verdict": "verdict",
    "replaces": "replaces",
    "decision_rule": "agreement",
    "results": "results",
    "issuer": "credential",
    "receiver": "credential",
    "assessor_level": "credential",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the log knows about who certifies what for whom."""

    agreement: str
    terms: Terms
    parties: tuple[str, ...]
    lab: str  #: organisation that certifies
    lab_key: str  #: Multikey text of its key that signs
    receiver: str  #: organisation that the goods go to
    names: Mapping[str, str]  #: legal names by organisation


@dataclass(frozen=True, slots=True)
class Wording:
    """What a laboratory may say in its own way: it does not follow from the fact."""

    certificate_type: str  #: of EN 10204
    issued_at: datetime  #: from when the credential is valid
    tested_on: date
    product: str
    valid_until: datetime | None = None
    status: tuple[StatusEntry, ...] = ()


def read_results(results: Sequence[Result]) -> tuple[ResultRow, ...]:
    """Read a fact's results; raises Invalid with all findings."""
    findings: list[Finding] = []
    rows = []
    for number, result in enumerate(results):
        measured = _read_value(result.value, f"results.{number}.value", findings)
        rows.append(ResultRow(result.parameter, measured, result.unit, result.method, result.uncertainty))
    if findings:
        raise Invalid("results cannot be read", findings)
    return tuple(rows)


def find_verdict(terms: Terms, results: Sequence[ResultRow]) -> Verdict:
    """Find the verdict that follows from results by the agreement's specification and decision rule."""
    rows = certify_results(read_specification(terms), results, read_decision_rule(terms))
    return judge_goods([row.outcome for row in rows])


def state_certificate(fact: CertificateIssued, setting: Setting, wording: Wording) -> QualityCertificate:
    """State what a fact says as the certificate that its credential must hold; raises Invalid for results that cannot be read.

    Of the fact `verdict`, `credential` and `credential_hash` are not read: the verdict follows.
    """
    rule = read_decision_rule(setting.terms)
    rows = certify_results(read_specification(setting.terms), read_results(fact.results), rule)
    return QualityCertificate(
        id=name_thing("certificate", fact.certificate),
        number=fact.number,
        certificate_type=wording.certificate_type,
        issuer=Party(name_did_key(setting.lab_key), setting.names.get(setting.lab, setting.lab)),
        receiver=Party(name_thing("organisation", setting.receiver), setting.names.get(setting.receiver, setting.receiver)),
        agreement=fact.agreement,
        deliveries=fact.deliveries,
        batch=fact.batch or "",
        decision_rule=rule,
        results=rows,
        verdict=judge_goods([row.outcome for row in rows]),
        issued_at=wording.issued_at,
        valid_until=wording.valid_until,
        product=wording.product,
        tested_on=wording.tested_on,
        status=wording.status,
        replaces=name_thing("certificate", fact.replaces) if fact.replaces else "",
        assessor_level="self" if setting.lab in setting.parties else "3rdParty",
    )


def compare_certificates(wanted: QualityCertificate, given: QualityCertificate) -> list[Finding]:
    """Name what a credential's certificate says otherwise than its fact, the agreement and the log."""
    return [
        Finding(field, "credential-differs", f"the credential says {_show(getattr(given, name))}, wanted is {_show(getattr(wanted, name))}")
        for name, field in _BOUND.items()
        if getattr(wanted, name) != getattr(given, name)
    ]


def _read_value(text: str, path: str, findings: list[Finding]) -> Measured:
    try:
        return parse_measured(text)
    except Invalid as refusal:
        findings.append(Finding(path, "not-a-value", refusal.message))
        return parse_measured("0")


def _show(value: object) -> str:
    if isinstance(value, Party):
        return f"{value.name} ({value.id})"
    if isinstance(value, tuple):
        return f"{len(value)} rows: {', '.join(str(getattr(one, 'measured', one)) for one in value)}"[:200]
    return str(value)[:200] or "none"
