"""What is said about quality certificates: issued by a lab's own key, suspended, revoked, superseded."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from contracts.facts import Role, fact
from contracts.fields import About, Digest, Id, Line, Personal, Public, Text, UnitCode


class Verdict(StrEnum):
    """Does the delivery conform to the agreed specification."""

    CONFORM = "conform"
    NONCONFORM = "nonconform"
    UNDECIDED = "undecided"  #: inside the zone of uncertainty, or a result is missing


@dataclass(frozen=True, slots=True)
class Result:
    """One measured parameter; limits come from the agreement."""

    parameter: Line  #: as the agreement's quality_spec names it
    value: Line  #: a decimal such as "8.4", or below a detection limit such as "<0.05"
    unit: UnitCode
    method: Line
    uncertainty: Decimal | None  #: expanded, k = 2, in the same unit


@fact("certificate.issued", about="certificate", by=(Role.LAB,))
@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """A laboratory certifies the quality of deliveries against their agreement's specification."""

    certificate: About[Id]
    credential_hash: Public[Digest]  #: SHA-256 of the credential's bytes
    number: Line
    agreement: Id
    deliveries: tuple[Id, ...]
    batch: Id | None
    sampled_at: datetime
    results: tuple[Result, ...]
    verdict: Verdict  #: must follow from results, specification and the agreement's decision rule
    replaces: Id | None
    credential: Text  #: the W3C credential as JSON, signed by the same lab key (eddsa-jcs-2022)


@fact("certificate.suspended", about="certificate", by=(Role.LAB,))
@dataclass(frozen=True, slots=True)
class CertificateSuspended:
    """A certificate is not to be relied on until it is reinstated or revoked."""

    certificate: About[Id]
    reason: Personal[Text]


@fact("certificate.reinstated", about="certificate", by=(Role.LAB,))
@dataclass(frozen=True, slots=True)
class CertificateReinstated:
    """A suspended certificate holds again."""

    certificate: About[Id]
    reason: Personal[Text]


@fact("certificate.revoked", about="certificate", by=(Role.LAB,))
@dataclass(frozen=True, slots=True)
class CertificateRevoked:
    """A certificate is taken back for good."""

    certificate: About[Id]
    reason: Personal[Text]
