"""A laboratory sees the specifications that it needs and no other; trends show what the reader may see."""

import pytest

from contracts.certificates.facts import CertificateRevoked
from contracts.certificates.tables import CertificateChoice, CertificateState
from contracts.errors import NotFound
from contracts.views import certificates
from contracts.views.laboratory import find_bench, list_benches, list_samples
from contracts.views.sight import Reader, Sight, find_sight
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import WET, admit_lab, deliver, draft, some_results
from tests.contracts.deliveries.building import a_correction, an_approval
from tests.network import TestNetwork


def look(network: TestNetwork, connection: object, by: str, *roles: str) -> Sight:
    """Open a member's sight."""
    reader = Reader(network.id(by), network.holder(by), frozenset(roles))
    return find_sight(connection, network.log_id, reader, network.clock.now())  # type: ignore[arg-type]  # a connection


def list_names(network: TestNetwork, by: str, *roles: str) -> list[str]:
    """List the agreements under which a member may certify."""
    with network.connect() as connection:
        return [bench.agreement for bench in list_benches(look(network, connection, by, *roles))]


def test_a_laboratory_certifies_where_it_is_named_a_party_or_has_certified_before(network: TestNetwork) -> None:
    admit_lab(network)
    admit_lab(network, "fieldlab")
    agree(network, "a-1", **{**WET, "referee_lab": network.id("lab")})
    agree(network, "a-2", **{**WET, "contract_no": "C-2"})
    deliver(network, agreement="a-2")
    network.accept(draft(network, agreement="a-2", by="fieldlab"), by="fieldlab")

    found = {by: list_names(network, by, "lab") for by in ("lab", "fieldlab")}

    assert found == {"lab": ["a-1"], "fieldlab": ["a-2"]}
    assert list_names(network, "lab") == []
    with network.connect() as connection, pytest.raises(NotFound):
        find_bench(look(network, connection, "lab", "lab"), "a-2")


def test_a_bench_has_the_specification_and_the_deliveries_that_may_be_certified(network: TestNetwork) -> None:
    admit_lab(network)
    agree(network, "a-1", **{**WET, "referee_lab": network.id("lab")})
    for number in (1, 2):
        deliver(network, f"d-{number}")
    proposed = network.accept(a_correction(), by="powerco")
    network.accept(an_approval(), by="plasterco", refs=[proposed.statement_hash])

    with network.connect() as connection:
        sight = look(network, connection, "lab", "lab")
        bench, samples = find_bench(sight, "a-1"), list_samples(sight, "a-1")

    assert [row.parameter for row in bench.rows] == ["free moisture", "CaSO4.2H2O", "chloride", "pH", "mercury"]
    assert bench.is_referee
    assert [one.delivery for one in samples] == ["d-1b", "d-2"]


def test_a_trend_has_the_values_in_order_of_sampling_and_marks_what_stands_no_more(network: TestNetwork) -> None:
    admit_lab(network)
    agree(network, "a-1", **WET)
    for number, value in enumerate(("8.4", "11.2", "<0.5"), 1):
        deliver(network, f"d-{number}")
        network.accept(draft(network, f"c-{number}", some_results(moisture=value), deliveries=[f"d-{number}"]), by="lab")
    network.accept(CertificateRevoked("c-2", "wrong heap"), by="lab")

    with network.connect() as connection:
        trend = certificates.find_trend(look(network, connection, "plasterco"), "a-1", "free moisture")
        with pytest.raises(NotFound):
            certificates.find_trend(look(network, connection, "plasterco"), "a-1", "zinc")

    assert [(str(point.measured), point.outcome.value, point.stands) for point in trend.points] == [
        ("8.4", "conform", True),
        ("11.2", "nonconform", False),
        ("<0.5", "conform", True),
    ]
    assert (trend.minimum, str(trend.maximum)) == (None, "10")


def test_certificates_are_chosen_by_the_state_that_is_shown(network: TestNetwork) -> None:
    admit_lab(network)
    agree(network, "a-1", **WET)
    for number in (1, 2, 3):
        deliver(network, f"d-{number}")
        network.accept(draft(network, f"c-{number}", deliveries=[f"d-{number}"]), by="lab")
    network.accept(CertificateRevoked("c-2", "wrong heap"), by="lab")
    proposed = network.accept(a_correction(), by="powerco")
    network.accept(an_approval(), by="plasterco", refs=[proposed.statement_hash])

    with network.connect() as connection:
        sight = look(network, connection, "powerco")
        choices = {state.value: CertificateChoice(state=state) for state in CertificateState}
        found = {
            name: [one.certificate for one in certificates.list_chosen(sight, choice, down=True, after=None, limit=9)]
            for name, choice in choices.items()
        }

    assert found == {"issued": ["c-3"], "suspended": ["c-1"], "revoked": ["c-2"], "superseded": []}
