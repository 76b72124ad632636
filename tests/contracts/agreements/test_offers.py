"""Offers: complete, by a party, word for word what template and parameters give."""

import pytest

from contracts.agreements.tables import AgreementState
from tests.contracts.agreements.building import agree
from tests.network import TestNetwork


@pytest.mark.parametrize(
    ("ref", "parties"),
    [
        ("material-supply@1", ("powerco", "plasterco")),
        ("energy-supply@1", ("powerco", "refinery")),
        ("water-supply@1", ("lakeco", "powerco")),
        ("shared-infrastructure@1", ("utility", "powerco", "refinery")),
    ],
)
def test_each_standard_contract_comes_into_force_when_all_have_signed(network: TestNetwork, ref: str, parties: tuple[str, ...]) -> None:
    found = agree(network, "a-1", ref, parties=parties)

    assert found.state is AgreementState.IN_FORCE
    assert set(found.organisations) == {network.id(name) for name in parties}
