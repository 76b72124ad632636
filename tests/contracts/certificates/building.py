"""Certificates for tests of the stage: a settled load of gypsum, a laboratory, results, and certificates drafted with its key."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from contracts.agreements.tables import Agreement
from contracts.certificates.facts import CertificateIssued, Result
from contracts.certificates.service import draft_certificate
from contracts.certificates.tables import Adjustment, Certificate, Quality, find_adjustments, find_certificate, find_qualities
from contracts.facts import Role
from contracts.parties.facts import OrganisationKind
from ledger.canonical import JSON
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import a_dispatch, a_receipt
from tests.network import TestNetwork

WET: dict[str, Any] = {"invoice_mass": "wet", "moisture_reference": None, "permits": None}


def admit_lab(network: TestNetwork, name: str = "lab") -> None:
    """Admit a laboratory with the role to certify."""
    network.admit(name, kind=OrganisationKind.LABORATORY, roles=[Role.LAB])


def deliver(network: TestNetwork, delivery: str = "d-1", **changes: Any) -> None:
    """Hand over a load and receive it."""
    network.accept(a_dispatch(delivery=delivery, ticket=f"T-{delivery}", **changes), by="powerco")
    network.accept(a_receipt(delivery=delivery), by="plasterco")


def set_up(network: TestNetwork, **changes: JSON) -> Agreement:
    """Bring a supply of gypsum into force, settle d-1 and admit the laboratory."""
    agreement = agree(network, "a-1", "material-supply@1", **{**WET, **changes})
    deliver(network)
    admit_lab(network)
    return agreement


def some_results(**values: str) -> tuple[Result, ...]:
    """Make conforming results for every property of the example specification; changes by moisture=, purity=, chloride=, mercury=."""
    chosen = {"moisture": "8.4", "purity": "96.25", "chloride": "62", "ph": "7.1", "mercury": "<0.05", **values}
    rows = {
        "moisture": Result("free moisture", chosen["moisture"], "P1", "EN 13454-2", Decimal("0.2")),
        "purity": Result("CaSO4.2H2O", chosen["purity"], "P1", "EN 13454-2", Decimal("0.5")),
        "chloride": Result("chloride", chosen["chloride"], "NA", "EN 196-2", Decimal(5)),
        "ph": Result("pH", chosen["ph"], "Q30", "ISO 10523", Decimal("0.2")),
        "mercury": Result("mercury", chosen["mercury"], "NA", "EN ISO 12846", Decimal("0.1")),
    }
    return tuple(rows.values())


def draft(
    network: TestNetwork,
    certificate: str = "c-1",
    results: Sequence[Result] | None = None,
    *,
    deliveries: Sequence[str] = ("d-1",),
    by: str = "lab",
    **changes: Any,
) -> CertificateIssued:  # fmt: skip
    """Draft a certificate with the laboratory's key; changes are those of `draft_certificate`."""
    now = network.clock.now()
    given = {"number": f"QC-{certificate}", "agreement": "a-1", "sampled_at": now, "issued_at": now, **changes}
    with network.connect() as connection:
        return draft_certificate(
            connection,
            network.log_id,
            certificate=certificate,
            deliveries=deliveries,
            results=some_results() if results is None else results,
            key=network.key(by),
            **given,
        )


def with_credential(fact: CertificateIssued, credential: str) -> CertificateIssued:
    """Put another credential into a fact, with its hash."""
    return replace(fact, credential=credential, credential_hash=hashlib.sha256(credential.encode()).hexdigest())


def see_certificate(network: TestNetwork, certificate: str = "c-1") -> Certificate:
    """Read a certificate that is there."""
    with network.connect() as connection:
        found = find_certificate(connection, network.log_id, certificate)
    assert found is not None
    return found


def see_adjustments(network: TestNetwork, *deliveries: str) -> dict[str, Adjustment]:
    """Read what certificates do to prices."""
    with network.connect() as connection:
        return find_adjustments(connection, network.log_id, deliveries)


def see_quality(network: TestNetwork, delivery: str = "d-1") -> Quality:
    """Read what is certified about a delivery."""
    with network.connect() as connection:
        return find_qualities(connection, network.log_id, [delivery])[delivery]
