"""Reading: contents are open to their author, to those an entry was opened to, and to what a grant covers; readings by grant are kept."""

from datetime import date, timedelta

import pytest

from contracts.facts import Role
from contracts.parties.facts import GrantGiven, GrantScope, GrantWithdrawn, OrganisationKind, OrganisationLeft
from contracts.parties.reading import Asked, find_viewer, list_readings, may_read_entry, record_readings
from contracts.parties.rules import Reading
from tests.contracts.agreements.building import agree, see_agreement
from tests.network import OPERATOR, TestNetwork

CLOSED = Reading(allowed=False)
OPEN = Reading(allowed=True)


def a_grant(network: TestNetwork, to: str = "auditco", **changes: object) -> GrantGiven:
    values = {
        "grant": "g-1",
        "organisation": network.id(to),
        "scope": GrantScope.NETWORK,
        "agreement": None,
        "sealed": False,
        "valid_until": date(2025, 12, 31),
        "reason": "yearly audit",
    }
    return GrantGiven(**{**values, **changes})  # type: ignore[arg-type]  # names of the fact


def may_read(network: TestNetwork, who: str, index: int, *, kind: str | None = None) -> Reading:
    """Ask whether a member may read the contents of an entry; `kind` pretends that it is of another kind."""
    entry = network.log.read_entries(index, index + 1)[0]
    asked = Asked(index, kind or entry.kind, 1, entry.author)
    with network.connect() as connection:
        viewer = find_viewer(connection, network.log_id, network.id(who), network.clock.now())
        return may_read_entry(connection, network.log_id, viewer, asked)


@pytest.fixture
def traded(network: TestNetwork) -> TestNetwork:
    """A network with an agreement between two firms, a third one and an auditor."""
    agree(network, "a-1", parties=("powerco", "plasterco"))
    agree(network, "a-2", parties=("powerco", "cementco"))
    network.admit("auditco", kind=OrganisationKind.AUDITOR, roles=[Role.AUDITOR])
    return network


def test_an_agreement_is_read_by_its_parties_and_by_nobody_else(traded: TestNetwork) -> None:
    offer = see_agreement(traded, "a-1").offer_entry

    assert may_read(traded, "powerco", offer) == OPEN
    assert may_read(traded, "plasterco", offer) == OPEN
    for stranger in ("cementco", "auditco", OPERATOR):
        assert may_read(traded, stranger, offer) == CLOSED


def test_the_register_of_members_is_read_by_members_only(traded: TestNetwork) -> None:
    with traded.connect() as connection:
        admitted = find_viewer(connection, traded.log_id, traded.id("cementco"), traded.clock.now())
        stranger = find_viewer(connection, traded.log_id, "o-nobody", traded.clock.now())
        asked = Asked(1, "organisation.admitted", 1, traded.operator)

        assert may_read_entry(connection, traded.log_id, admitted, asked) == OPEN
        assert may_read_entry(connection, traded.log_id, stranger, asked) == CLOSED


def test_a_grant_for_the_network_opens_all_but_sealed_contents_until_its_last_day(traded: TestNetwork) -> None:
    offer = see_agreement(traded, "a-1").offer_entry
    traded.accept(a_grant(traded, valid_until=date(2025, 1, 3)), by=OPERATOR)

    assert may_read(traded, "auditco", offer) == Reading(allowed=True, grant="g-1")
    assert may_read(traded, "auditco", offer, kind="costs.reported") == CLOSED
    traded.clock.advance(timedelta(days=1))
    assert may_read(traded, "auditco", offer).allowed
    traded.clock.advance(timedelta(days=1))
    assert may_read(traded, "auditco", offer) == CLOSED


def test_sealed_contents_are_read_by_their_author_and_by_an_auditor_whose_grant_says_so(traded: TestNetwork) -> None:
    offer = see_agreement(traded, "a-1").offer_entry
    traded.accept(a_grant(traded, sealed=True), by=OPERATOR)

    assert may_read(traded, "powerco", offer, kind="costs.reported") == OPEN
    assert may_read(traded, "plasterco", offer, kind="costs.reported") == CLOSED
    assert may_read(traded, OPERATOR, offer, kind="costs.reported") == CLOSED
    assert may_read(traded, "auditco", offer, kind="costs.reported") == Reading(allowed=True, grant="g-1")


def test_contents_of_a_kind_that_is_unknown_here_are_treated_as_sealed(traded: TestNetwork) -> None:
    offer = see_agreement(traded, "a-1").offer_entry
    traded.accept(a_grant(traded), by=OPERATOR)

    assert may_read(traded, "plasterco", offer, kind="thing.unheard_of") == CLOSED
    assert may_read(traded, "auditco", offer, kind="thing.unheard_of") == CLOSED


def test_a_grant_for_one_agreement_opens_that_one_only_and_ends_when_withdrawn(traded: TestNetwork) -> None:
    first, second = see_agreement(traded, "a-1").offer_entry, see_agreement(traded, "a-2").offer_entry
    traded.accept(a_grant(traded, scope=GrantScope.AGREEMENT, agreement="a-1"), by=OPERATOR)

    assert may_read(traded, "auditco", first).grant == "g-1"
    assert may_read(traded, "auditco", second) == CLOSED
    traded.accept(GrantWithdrawn("g-1", "audit done"), by=OPERATOR)
    assert may_read(traded, "auditco", first) == CLOSED


def test_who_left_reads_what_it_was_party_to_but_no_longer_by_grant_or_as_a_member(traded: TestNetwork) -> None:
    offer = see_agreement(traded, "a-1").offer_entry
    traded.accept(a_grant(traded), by=OPERATOR)
    traded.accept(OrganisationLeft(traded.id("auditco"), "done"), by=OPERATOR)
    traded.accept(OrganisationLeft(traded.id("plasterco"), "closed"), by=OPERATOR)

    assert may_read(traded, "auditco", offer) == CLOSED
    assert may_read(traded, "plasterco", offer) == OPEN
    assert may_read(traded, "plasterco", 1) == CLOSED


def test_all_faults_of_a_grant_are_told_at_once(traded: TestNetwork) -> None:
    faulty = a_grant(traded, to="cementco", scope=GrantScope.AGREEMENT, agreement="a-9", sealed=True, valid_until=date(2024, 12, 31))

    codes = traded.refuse_codes(faulty, by=OPERATOR)

    assert codes == {("agreement", "unknown-agreement"), ("sealed", "not-an-auditor"), ("valid_until", "past")}


def test_a_grant_is_given_and_withdrawn_once(traded: TestNetwork) -> None:
    traded.accept(a_grant(traded), by=OPERATOR)
    twice = traded.refuse_codes(a_grant(traded), by=OPERATOR)
    traded.accept(GrantWithdrawn("g-1", "done"), by=OPERATOR)

    assert twice == {("grant", "already-given")}
    assert traded.refuse_codes(GrantWithdrawn("g-1", "done"), by=OPERATOR) == {("grant", "already-withdrawn")}
    assert traded.refuse_codes(GrantWithdrawn("g-2", "done"), by=OPERATOR) == {("grant", "unknown-grant")}


def test_readings_by_right_of_a_grant_are_kept(traded: TestNetwork) -> None:
    traded.accept(a_grant(traded), by=OPERATOR)
    reader = (traded.id("auditco"), traded.holder("auditco"))

    with traded.writing() as connection:
        record_readings(connection, traded.log_id, {7: "g-1"}, reader, traded.clock.now())
        found = list_readings(connection, traded.log_id, "g-1")

    assert [(one.organisation, one.holder, one.entry) for one in found] == [(*reader, 7)]
