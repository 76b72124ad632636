"""Membership: only active members speak, and their state follows the log."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.deliveries.delivery import DeliveryState
from contracts.facts import Role
from contracts.own_facts import KeyRevoked, RoleGranted
from contracts.parties.facts import (
    OrganisationAdmitted,
    OrganisationKind,
    OrganisationLeft,
    OrganisationResumed,
    OrganisationSuspended,
    Site,
)
from contracts.parties.rules import judge_settings
from contracts.parties.tables import MemberState, find_network, find_organisation, list_namesakes, list_organisations, list_roles
from ledger.log import FoundingRefused
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import a_dispatch, a_receipt, a_resolution, see_delivery
from tests.network import OPERATOR, SETTINGS, TestNetwork


def an_admission(network: TestNetwork, who: str = "plasterco", **changes: Any) -> OrganisationAdmitted:
    values = {
        "organisation": network.id(who),
        "name": who,
        "legal_id": f"DK-{who}",
        "country": "DK",
        "kind": OrganisationKind.PARTNER,
        "sites": (Site("hall", "Hall 3", "Kalundborg"),),
    }
    return OrganisationAdmitted(**{**values, **changes})


def find_state(network: TestNetwork, name: str) -> MemberState:
    with network.connect() as connection:
        found = find_organisation(connection, network.log_id, network.id(name))
    assert found is not None
    return found.state


def test_a_founding_makes_the_network_with_its_settings(network: TestNetwork) -> None:
    with network.connect() as connection:
        found = find_network(connection, network.log_id)

    assert found is not None
    assert (found.operator, found.currency, found.time_zone) == (network.operator, "EUR", "Europe/Copenhagen")
    assert (found.name, found.allocation_rule, found.zone.key) == ("kalundborg", "shapley", "Europe/Copenhagen")


def test_faulty_settings_refuse_a_founding_with_every_fault_at_once(database_url: str) -> None:
    with pytest.raises(FoundingRefused) as refused:
        TestNetwork(database_url, settings={"name": " ", "currency": "GLD", "time_zone": "Mars/Olympus", "colour": "red"})

    found = {(finding.field.rpartition(".")[2], finding.code) for finding in refused.value.findings}
    assert found == {
        ("name", "malformed"),
        ("currency", "unknown-currency"),
        ("time_zone", "unknown-time-zone"),
        ("colour", "unknown-setting"),
        ("allocation_rule", "missing"),
    }


@pytest.mark.parametrize("name", ["name", "currency", "time_zone", "allocation_rule"])
@pytest.mark.parametrize("value", [None, 7, [], {}, "", "../etc/passwd"])
def test_a_setting_of_another_type_is_a_finding_not_an_error(name: str, value: Any) -> None:
    findings = judge_settings({**SETTINGS, name: value})

    expected = [] if (name, value) == ("name", "../etc/passwd") else [name]
    assert [finding.field.rpartition(".")[2] for finding in findings] == expected


def test_an_admitted_organisation_is_an_active_member(network: TestNetwork) -> None:
    network.admit("lab", kind=OrganisationKind.LABORATORY, roles=[Role.LAB])

    with network.connect() as connection:
        found = find_organisation(connection, network.log_id, network.id("lab"))
        roles = list_roles(connection, network.log_id, network.id("lab"))
        listed = [one.organisation for one in list_organisations(connection, network.log_id)]
        after = list_organisations(connection, network.log_id, after=network.id("lab"))
    assert found is not None
    assert (found.name, found.kind, found.state) == ("Lab A/S", "laboratory", MemberState.ACTIVE)
    assert roles == {"lab"}
    assert listed == [network.id("lab"), network.operator]
    assert [one.organisation for one in after] == [network.operator]


def test_all_faults_of_an_admission_are_told_at_once(network: TestNetwork) -> None:
    network.accept(an_admission(network), by=OPERATOR)
    sites = (Site("hall", "Hall 3", "Kalundborg"), Site("hall", "Hall 4", "Kalundborg"))

    codes = network.refuse_codes(an_admission(network, kind=OrganisationKind.OPERATOR, sites=sites), by=OPERATOR)

    assert codes == {("organisation", "already-member"), ("kind", "not-the-operator"), ("sites.1.site", "duplicate")}


def test_one_legal_person_is_one_member_but_namesakes_are_two(network: TestNetwork) -> None:
    network.accept(an_admission(network, "plasterco", name="Gips A/S", legal_id="DK-1"), by=OPERATOR)

    codes = network.refuse_codes(an_admission(network, "boardco", legal_id="DK-1"), by=OPERATOR)
    network.accept(an_admission(network, "boardco", name="Gips A/S", legal_id="DK-2"), by=OPERATOR)

    assert codes == {("legal_id", "legal-id-taken")}
    with network.connect() as connection:
        assert list_namesakes(connection, network.log_id, "DK-1", but="o-nobody") == [network.id("plasterco")]


def test_no_key_and_no_role_before_admission(network: TestNetwork) -> None:
    stranger = network.id("stranger")

    codes = network.refuse_codes(RoleGranted(stranger, stranger, "lab"), by=OPERATOR)

    assert codes == {("statement.public.organisation", "not-a-member")}


def test_a_suspended_member_begins_nothing_and_shuts_its_keys(network: TestNetwork) -> None:
    network.admit("powerco")
    network.enrol("powerco/second", [Role.OPERATOR])
    network.accept(OrganisationSuspended(network.id("powerco"), "data withheld"), by=OPERATOR)
    second = network.key("powerco/second").multikey

    codes = network.refuse_codes(a_dispatch(), by="powerco")
    network.accept(KeyRevoked(second, second, "lost", None), by="powerco")

    assert ("statement.author", "member-suspended") in codes
    assert find_state(network, "powerco") is MemberState.SUSPENDED


def test_suspension_ends_by_resumption_and_membership_by_leaving(network: TestNetwork) -> None:
    network.admit("powerco")
    organisation = network.id("powerco")

    network.accept(OrganisationSuspended(organisation, "data withheld"), by=OPERATOR)
    wrong = network.refuse_codes(OrganisationSuspended(organisation, "again"), by=OPERATOR)
    network.accept(OrganisationResumed(organisation, "data came"), by=OPERATOR)
    network.accept(OrganisationLeft(organisation, "plant closed"), by="powerco")
    silent = network.refuse_codes(OrganisationLeft(organisation, "again"), by="powerco")

    assert wrong == {("organisation", "wrong-state")}
    assert ("statement.author", "member-left") in silent
    assert find_state(network, "powerco") is MemberState.LEFT


def test_who_left_can_be_admitted_again(network: TestNetwork) -> None:
    network.accept(an_admission(network), by=OPERATOR)
    network.accept(OrganisationLeft(network.id("plasterco"), "plant closed"), by=OPERATOR)

    network.accept(an_admission(network, name="Plasterco Ny"), by=OPERATOR)

    assert find_state(network, "plasterco") is MemberState.ACTIVE


def test_nobody_makes_another_member_leave(network: TestNetwork) -> None:
    network.admit("powerco")
    network.admit("plasterco")

    codes = network.refuse_codes(OrganisationLeft(network.id("plasterco"), "we want its gypsum"), by="powerco")

    assert codes == {("statement.author", "other-organisation")}


def test_a_suspended_member_answers_what_silence_would_settle(network: TestNetwork) -> None:
    agree(network, invoice_mass="wet", moisture_reference=None, permits=None, silent_accept=True)
    network.accept(a_dispatch(), by="powerco")
    network.accept(OrganisationSuspended(network.id("plasterco"), "fees unpaid"), by=OPERATOR)

    network.accept(a_receipt(quantity=Decimal("20.00")), by="plasterco")
    network.accept(a_resolution("20.00"), by="plasterco")
    begun = network.refuse_codes(a_dispatch(delivery="d-2", ticket="T-2"), by="plasterco")

    assert see_delivery(network).state is DeliveryState.DISPUTED
    assert ("statement.author", "member-suspended") in begun


def test_the_operator_can_neither_be_suspended_nor_leave(network: TestNetwork) -> None:
    suspended = network.refuse_codes(OrganisationSuspended(network.operator, "no"), by=OPERATOR)
    left = network.refuse_codes(OrganisationLeft(network.operator, "bye"), by=OPERATOR)

    assert suspended == left == {("organisation", "is-operator")}


def test_a_step_about_a_stranger_is_a_finding(network: TestNetwork) -> None:
    codes = network.refuse_codes(OrganisationSuspended("o-nobody", "who"), by=OPERATOR)

    assert codes == {("organisation", "unknown-organisation")}
