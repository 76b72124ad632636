"""Membership: only active members speak, and their state follows the log."""

from contracts.facts import Role
from contracts.parties.facts import (
    OrganisationAdmitted,
    OrganisationKind,
    OrganisationLeft,
    OrganisationResumed,
    OrganisationSuspended,
    Site,
)
from contracts.parties.tables import MemberState, find_network, find_organisation, list_organisations, list_roles
from tests.network import OPERATOR, TestNetwork


def test_a_founding_makes_the_network_with_its_settings(network: TestNetwork) -> None:
    with network.connect() as connection:
        found = find_network(connection, network.log_id)

    assert found is not None
    assert (found.operator, found.currency, found.time_zone) == (network.operator, "EUR", "Europe/Copenhagen")
    assert found.allocation_rule == "shapley"
