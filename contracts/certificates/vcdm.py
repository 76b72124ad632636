"""The form of any W3C credential or presentation, ours or a stranger's: the rules of the VC Data Model 2.0 as findings.

Source: W3C Verifiable Credentials Data Model v2.0 (2025-05-15), section 4. Structure alone: proofs are checked by
``proof``, and no address is fetched.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from contracts.certificates.contexts import BASE_CONTEXT, check_context, is_type_known, is_url
from contracts.errors import Finding

#: members whose value is an object, or a list of them, with a type; and whether it also needs an id (section 4.11 asks one)
_TYPED_MEMBERS = {
    "credentialStatus": False,
    "credentialSchema": True,
    "refreshService": False,
    "termsOfUse": False,
    "evidence": False,
    "proof": False,
}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
_LANGUAGE_VALUE = frozenset({"@value", "@language", "@direction"})


def check_credential(document: object) -> list[Finding]:
    """Return all faults of a credential's form; an empty list means that it is a VCDM 2.0 credential."""
    if not isinstance(document, dict):
        return [Finding("", "not-an-object", "a credential is a JSON object")]
    findings = check_context(document)
    findings += _check_id(document, "id")
    findings += _check_types(document, "VerifiableCredential")
    findings += _check_issuer(document)
    findings += _check_subject(document)
    findings += _check_validity(document)
    findings += _check_texts(document, "")
    for member, needs_id in _TYPED_MEMBERS.items():
        findings += _check_typed_member(document, member, needs_id=needs_id)
    return findings


def check_presentation(document: object) -> list[Finding]:
    """Return all faults of a presentation's form, those of the credentials in it included."""
    if not isinstance(document, dict):
        return [Finding("", "not-an-object", "a presentation is a JSON object")]
    findings = check_context(document)
    findings += _check_id(document, "id")
    findings += _check_types(document, "VerifiablePresentation")
    if "holder" in document:
        holder = document["holder"]
        if not is_url(holder.get("id") if isinstance(holder, dict) else holder):
            findings.append(Finding("holder", "not-a-url", "the holder is a URL, or an object with a URL as id"))
    findings += _check_typed_member(document, "proof", needs_id=False)
    for position, credential in enumerate(_as_list(document.get("verifiableCredential", []))):
        check = _check_enveloped if _is_enveloped(credential) else check_credential
        findings += _within(f"verifiableCredential.{position}", check, credential)
    return findings


def read_time(value: object) -> datetime | None:
    """Read an XSD dateTimeStamp (a time zone is required) as aware UTC; None for anything else."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _check_id(document: Mapping[str, Any], field: str) -> list[Finding]:
    if "id" in document and not is_url(document["id"]):
        return [Finding(field, "not-a-url", f"{field} must be one URL")]
    return []


def _check_types(document: Mapping[str, Any], required: str) -> list[Finding]:
    types = _as_list(document.get("type", []))
    if required not in types:
        return [Finding("type", "type-missing", f"type must name {required}")]
    strange = [kind for kind in types if not isinstance(kind, str) or not is_type_known(document, kind)]
    return [Finding("type", "type-unknown", f"no context defines the type {str(kind)[:60]!r}") for kind in strange]


def _check_issuer(document: Mapping[str, Any]) -> list[Finding]:
    issuer = document.get("issuer")
    if not is_url(issuer.get("id") if isinstance(issuer, dict) else issuer):
        return [Finding("issuer", "not-a-url", "the issuer is a URL, or an object with a URL as id")]
    return _check_texts(issuer, "issuer.") if isinstance(issuer, dict) else []


def _check_subject(document: Mapping[str, Any]) -> list[Finding]:
    subjects = _as_list(document.get("credentialSubject", []))
    if not subjects:
        return [Finding("credentialSubject", "missing", "a credential says something about a subject")]
    findings = []
    for position, subject in enumerate(subjects):
        field = f"credentialSubject.{position}"
        if not isinstance(subject, dict) or not subject:
            findings.append(Finding(field, "no-claims", "a subject is an object with at least one member"))
        else:
            findings += _check_id(subject, f"{field}.id")
    return findings


def _check_validity(document: Mapping[str, Any]) -> list[Finding]:
    findings = []
    times: dict[str, datetime] = {}
    for member in ("validFrom", "validUntil"):
        if member not in document:
            continue
        moment = read_time(document[member])
        if moment is None:
            findings.append(Finding(member, "not-a-time", f"{member} is a date and time with its time zone"))
        else:
            times[member] = moment
    if "validFrom" in times and "validUntil" in times and times["validUntil"] < times["validFrom"]:
        findings.append(Finding("validUntil", "ends-before-start", "validUntil lies before validFrom"))
    return findings


def _check_texts(document: Mapping[str, Any], prefix: str) -> list[Finding]:
    """Check ``name`` and ``description``: text, or text with its language and direction, in one or several languages."""
    return [
        Finding(f"{prefix}{member}", "not-a-text", f"{prefix}{member} is a text, or texts with language and direction only")
        for member in ("name", "description")
        if member in document and not all(_is_text(value) for value in _as_list(document[member]))
    ]


def _is_text(value: object) -> bool:
    if isinstance(value, dict):
        return (
            value.keys() <= _LANGUAGE_VALUE
            and all(isinstance(value.get(part, ""), str) for part in _LANGUAGE_VALUE)
            and ("@value" in value)
        )
    return isinstance(value, str)


def _check_typed_member(document: Mapping[str, Any], member: str, *, needs_id: bool) -> list[Finding]:
    findings = []
    for position, value in enumerate(_as_list(document.get(member, []))):
        field = f"{member}.{position}"
        if not isinstance(value, dict):
            findings.append(Finding(field, "not-an-object", f"{member} is an object or a list of objects"))
            continue
        kinds = _as_list(value.get("type", []))
        if not kinds or not all(isinstance(kind, str) and kind for kind in kinds):
            findings.append(Finding(f"{field}.type", "type-missing", f"each {member} names its type"))
        findings += _check_id(value, f"{field}.id")
        if needs_id and "id" not in value:
            findings.append(Finding(f"{field}.id", "id-missing", f"each {member} has a URL as id"))
    return findings


def _is_enveloped(credential: object) -> bool:
    return isinstance(credential, dict) and "EnvelopedVerifiableCredential" in _as_list(credential.get("type", []))


def _check_enveloped(credential: Mapping[str, Any]) -> list[Finding]:
    findings = []
    # Here the one context may stand without a list: the envelope is a wrapper, nothing is signed about it.
    if BASE_CONTEXT not in _as_list(credential.get("@context", []))[:1]:
        findings.append(Finding("@context", "base-context", f"@context must begin with {BASE_CONTEXT}"))
    if not is_url(credential.get("id")) or not credential["id"].startswith("data:"):
        findings.append(Finding("id", "not-a-data-url", "an enveloped credential is a data: URL"))
    return findings


def _within(field: str, check: Callable[[Any], list[Finding]], value: object) -> list[Finding]:
    return [Finding(f"{field}.{fault.field}".rstrip("."), fault.code, fault.message) for fault in check(value)]


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
