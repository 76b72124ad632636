"""Data Integrity proofs of the suite eddsa-jcs-2022: sign a document, and check every proof that it carries.

Source: W3C Data Integrity EdDSA Cryptosuites v1.0 (2025-05-15), section 3.3. The signed bytes are 64: the SHA-256 of the
canonical proof configuration, then that of the canonical document without its proof. They carry no prefix, so the keys of
laboratories that sign certificates are told apart by their role, not by the message.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.certificates.jcs import canonical_bytes
from contracts.clock import format_instant
from contracts.errors import Finding, Invalid
from ledger.errors import Malformed
from ledger.keys import SIGNATURE_BYTES, Sign, base58_decode, base58_encode, decode_multikey, verify_signature

CRYPTOSUITE = "eddsa-jcs-2022"
PROOF_TYPE = "DataIntegrityProof"
#: proofs in one document: EN 10204 type 3.2 has two
MAX_PROOFS = 8

_DID_KEY = "did:key:"


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """One key as its controller's document shows it."""

    #: URL such as ``did:key:z6Mk…#z6Mk…``
    id: str
    #: DID or URL of who answers for the key
    controller: str
    #: 32 bytes, Ed25519
    public: bytes
    #: what the controller lets the key do, such as ``assertionMethod``
    purposes: frozenset[str]


#: finds the key behind a verification method's URL; None = not known here
Resolve = Callable[[str], VerificationMethod | None]


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """What was found about one proof."""

    verification_method: str
    #: who that key belongs to; empty where the key is not known
    controller: str
    #: None where the proof says no readable time
    created: datetime | None
    #: empty = the proof holds
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ProofResult:
    """What was found about all proofs of one document."""

    checks: tuple[ProofCheck, ...]
    #: faults of the document as a whole, such as no proof by its issuer
    findings: tuple[Finding, ...]

    @property
    def verified(self) -> bool:
        """Every proof holds, there is one, and the issuer made one."""
        return not self.all_findings and bool(self.checks)

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """The faults of the document and of each proof."""
        return self.findings + tuple(finding for check in self.checks for finding in check.findings)


def secure_document(
    document: Mapping[str, Any],
    sign: Sign,
    verification_method: str,
    created: datetime,
    purpose: str = "assertionMethod",
) -> dict[str, Any]:
    """Return a copy of the document with one more proof; a document that has one gets a proof set.

    ``sign`` is given the 64 bytes of ``hash_for_proof`` and returns the Ed25519 signature. ``created`` is aware UTC of
    whole seconds. Raises ``Invalid`` for a document without canonical form.
    """
    proof = build_proof_configuration(document, verification_method, created, purpose)
    signature = sign(hash_for_proof(document, proof))
    proof["proofValue"] = "z" + base58_encode(signature)
    earlier = document.get("proof")
    secured = {name: value for name, value in document.items() if name != "proof"}
    if earlier is None:
        secured["proof"] = proof
    else:
        secured["proof"] = [*(earlier if isinstance(earlier, list) else [earlier]), proof]
    return secured


def build_proof_configuration(document: Mapping[str, Any], verification_method: str, created: datetime, purpose: str) -> dict[str, Any]:
    """Return the proof without its value (section 3.3.5): it repeats the document's ``@context``."""
    configuration: dict[str, Any] = {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": format_instant(created),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
    }
    if "@context" in document:
        configuration["@context"] = document["@context"]
    return configuration


def hash_for_proof(document: Mapping[str, Any], configuration: Mapping[str, Any]) -> bytes:
    """Return the 64 bytes that are signed: hash of the configuration, then of the document without proof (3.3.4)."""
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in configuration.items() if name != "proofValue"}
    return hashlib.sha256(canonical_bytes(options)).digest() + hashlib.sha256(canonical_bytes(unsecured)).digest()


def verify_proof(document: Mapping[str, Any], resolve: Resolve, now: datetime, purpose: str = "assertionMethod") -> ProofResult:
    """Check every proof of a document and that its issuer made one of them.

    Per proof: suite and form, purpose, the proof's ``@context`` begins the document's, the key is known and its controller
    lets it do this, ``created`` is not after ``now``, the signature holds. Nothing is raised for a bad document.
    """
    proofs = document.get("proof")
    listed = proofs if isinstance(proofs, list) else [proofs]
    if proofs is None or not listed:
        return ProofResult((), (Finding("proof", "no-proof", "the document carries no proof"),))
    if len(listed) > MAX_PROOFS:
        message = f"the document carries {len(listed)} proofs; at most {MAX_PROOFS} are checked"
        return ProofResult((), (Finding("proof", "too-many-proofs", message),))
    checks = tuple(_check_proof(document, proof, f"proof.{position}", resolve, now, purpose) for position, proof in enumerate(listed))
    issuer = read_issuer(document)
    findings = []
    if any(proof in listed[:position] for position, proof in enumerate(listed)):
        findings.append(Finding("proof", "proof-twice", "the same proof stands there twice"))
    if not any(check.controller == issuer for check in checks if check.controller):
        message = f"no proof is by a key of the issuer {issuer[:100] or '(none)'}"
        findings.append(Finding("proof", "not-by-issuer", message))
    return ProofResult(checks, tuple(findings))


def read_issuer(document: Mapping[str, Any]) -> str:
    """Return the issuer's id, whether written as text or as an object; empty where there is none."""
    issuer = document.get("issuer")
    if isinstance(issuer, dict):
        issuer = issuer.get("id")
    return issuer if isinstance(issuer, str) else ""


def name_did_key(multikey: str) -> str:
    """Return the DID of a Multikey text, ``did:key:z6Mk…``."""
    return _DID_KEY + multikey


def name_did_key_method(multikey: str) -> str:
    """Return the verification method of a Multikey text, ``did:key:z6Mk…#z6Mk…``."""
    return f"{_DID_KEY}{multikey}#{multikey}"


def resolve_did_key(method: str) -> VerificationMethod | None:
    """Read the key out of ``did:key:z6Mk…#z6Mk…``: the name is the key, nobody need be asked; None for anything else."""
    did, _, fragment = method.partition("#")
    if not did.startswith(_DID_KEY) or did != _DID_KEY + fragment:
        return None
    try:
        public = decode_multikey(fragment)
    except Malformed:
        return None
    return VerificationMethod(method, did, public, frozenset({"assertionMethod", "authentication"}))


def build_resolver(keys: Mapping[str, frozenset[str]]) -> Resolve:
    """Return a resolver that knows did:key by itself and other DIDs by the Multikey texts handed in.

    The part after # is the Multikey text, as this product writes it; where one key alone is given, any name stands for it.
    """

    def resolve(method: str) -> VerificationMethod | None:
        did, _, fragment = method.partition("#")
        if did.startswith(_DID_KEY):
            return resolve_did_key(method)
        known = keys.get(did, frozenset())
        multikey = fragment if fragment in known else next(iter(known)) if len(known) == 1 else ""
        if not fragment or not multikey:
            return None
        try:
            return VerificationMethod(method, did, decode_multikey(multikey), frozenset({"assertionMethod"}))
        except Malformed:
            return None

    return resolve


def _check_proof(document: Mapping[str, Any], proof: object, field: str, resolve: Resolve, now: datetime, purpose: str) -> ProofCheck:
    if not isinstance(proof, dict):
        return ProofCheck("", "", None, (Finding(field, "not-a-proof", "a proof is an object"),))
    findings = _check_form(document, proof, field, purpose)
    created = _read_time(proof.get("created"))
    if created is None:
        findings.append(Finding(f"{field}.created", "not-a-time", "the proof says no time of its making"))
    elif created > now:
        findings.append(Finding(f"{field}.created", "in-the-future", f"the proof is dated {proof['created']}, later than now"))
    if "expires" in proof:
        expires = _read_time(proof["expires"])
        if expires is None or expires <= now:
            findings.append(Finding(f"{field}.expires", "expired", "the proof has expired"))
    name = proof.get("verificationMethod")
    method = resolve(name) if isinstance(name, str) else None
    if method is None:
        findings.append(Finding(f"{field}.verificationMethod", "key-unknown", f"the key {str(name)[:160]} is not known here"))
    elif purpose not in method.purposes:
        message = f"{method.controller} does not let this key make an {purpose}"
        findings.append(Finding(f"{field}.verificationMethod", "key-not-authorised", message))
    if method is not None and not findings:
        findings += _check_signature(document, proof, field, method.public)
    controller = method.controller if method else ""
    return ProofCheck(name if isinstance(name, str) else "", controller, created, tuple(findings))


def _check_form(document: Mapping[str, Any], proof: Mapping[str, Any], field: str, purpose: str) -> list[Finding]:
    findings = []
    if proof.get("type") != PROOF_TYPE or proof.get("cryptosuite") != CRYPTOSUITE:
        message = f"only {PROOF_TYPE} with {CRYPTOSUITE} is checked here"
        findings.append(Finding(f"{field}.cryptosuite", "other-suite", message))
    if proof.get("proofPurpose") != purpose:
        findings.append(Finding(f"{field}.proofPurpose", "other-purpose", f"the proof's purpose must be {purpose}"))
    if "previousProof" in proof:
        findings.append(Finding(f"{field}.previousProof", "proof-chain", "proof chains are not supported, proof sets are"))
    if "@context" in proof:
        ours, whole = _as_list(proof["@context"]), _as_list(document.get("@context"))
        if whole[: len(ours)] != ours:
            message = "the document's @context does not begin with the one that was signed"
            findings.append(Finding(f"{field}.@context", "other-context", message))
    return findings


def _check_signature(document: Mapping[str, Any], proof: Mapping[str, Any], field: str, public: bytes) -> list[Finding]:
    value = proof.get("proofValue")
    try:
        signature = base58_decode(value[1:]) if isinstance(value, str) and value.startswith("z") else b""
    except Malformed:
        signature = b""
    if len(signature) != SIGNATURE_BYTES:
        return [Finding(f"{field}.proofValue", "not-a-signature", "the proof value is not z and 64 bytes in base58")]
    # Section 3.3.2, step 4: what was signed is the document under the proof's own @context.
    signed = {**document, "@context": proof["@context"]} if "@context" in proof else document
    try:
        if verify_signature(public, signature, hash_for_proof(signed, proof)):
            return []
    except Malformed as error:
        return [Finding(f"{field}.verificationMethod", "key-refused", str(error))]
    except Invalid as refusal:
        return list(refusal.findings)
    return [Finding(f"{field}.proofValue", "bad-signature", "the signature does not fit the document: one of them was changed")]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _read_time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
