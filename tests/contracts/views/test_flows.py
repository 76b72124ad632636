"""Flows: parties see their own, grants open the rest, everybody else sums over three or more; nothing is counted twice or lost."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts.errors import Invalid
from contracts.facts import Role
from contracts.savings.tables import list_lines
from contracts.settlement.facts import LineKind
from contracts.settlement.tables import list_accounts
from contracts.views.flows import Flow, Flows, find_flows
from contracts.views.sight import Reader, find_sight
from tests.contracts.views.played import look
from tests.network import OPERATOR, TestNetwork

JANUARY, FEBRUARY, MARCH = "2025-01", "2025-02", "2025-03"


def see(network: TestNetwork, by: str, first: str = JANUARY, last: str = "") -> Flows:
    with network.connect() as connection:
        return find_flows(look(network, connection, by, Role.AUDITOR, Role.BOARD), first, last or first)


def list_single(flows: Flows) -> list[tuple[str | None, str | None, str | None, Decimal, int | None]]:
    return [(one.agreement, one.supplier, one.receiver, one.quantity, one.paid) for one in flows.flows if one.agreement]


def list_sums(flows: Flows) -> list[Flow]:
    return [one for one in flows.flows if one.agreement is None]


def test_an_auditor_with_a_grant_sees_every_flow_of_a_closed_month(watched: TestNetwork) -> None:
    flows = see(watched, "auditco")

    power, plaster, pharma = watched.id("powerco"), watched.id("plasterco"), watched.id("pharma")
    assert list_single(flows) == [
        ("a-pool", power, plaster, Decimal("45.36"), 550_46),
        ("a-split", power, pharma, Decimal(10), 124_00),
        ("a-tier", power, plaster, Decimal(12), 99_20),
        ("a-pipe", power, pharma, Decimal(0), 20_000_00),
        ("a-pipe", power, plaster, Decimal(0), 20_000_00),
    ]
    assert flows.complete
    assert flows.names[power] == "Powerco A/S"
    assert flows.currency == "EUR"
    assert {one.agreement: one.what for one in flows.flows}["a-pool"] is not None


def test_the_reading_of_an_auditor_is_noted_and_that_of_a_party_is_not(watched: TestNetwork) -> None:
    with watched.connect() as connection:
        auditor, party = look(watched, connection, "auditco", Role.AUDITOR), look(watched, connection, "powerco")
        find_flows(auditor, JANUARY, JANUARY)
        find_flows(party, JANUARY, JANUARY)

        assert list(auditor.used.values()) == ["g-auditco"]
        assert party.used == {}


@pytest.mark.parametrize("by", ["powerco", "plasterco", "pharma"])
def test_a_party_sees_its_own_flows_one_by_one_and_no_others(watched: TestNetwork, by: str) -> None:
    whole, own = list_single(see(watched, "auditco")), list_single(see(watched, by))

    assert own == [row for row in whole if watched.id(by) in row[1:3]]


def test_the_users_of_a_shared_asset_do_not_see_what_the_others_took(watched: TestNetwork) -> None:
    pipes = [one for one in see(watched, "pharma").flows if one.exchange_type == "pooling"]

    assert [one.receiver for one in pipes] == [watched.id("pharma")]


def test_a_member_without_a_part_sees_sums_over_three_organisations_only(watched: TestNetwork) -> None:
    flows = see(watched, "outsider")

    assert list_single(flows) == []
    assert [(one.exchange_type, one.quantity, one.paid, one.organisations) for one in list_sums(flows)] == [
        ("material", Decimal("67.36"), 773_66, 3),
        ("pooling", Decimal(0), 40_000_00, 3),
    ]
    assert all(one.supplier is one.receiver is one.what is None for one in list_sums(flows))
    assert not flows.complete


def test_a_sum_over_two_organisations_is_withheld(watched: TestNetwork) -> None:
    flows = see(watched, "outsider", FEBRUARY)

    assert [one.exchange_type for one in list_sums(flows)] == ["pooling"]
    assert flows.withheld


def test_a_range_of_months_gives_away_no_month_that_is_withheld_alone(watched: TestNetwork) -> None:
    one_month, both = see(watched, "outsider"), see(watched, "outsider", JANUARY, FEBRUARY)

    material = {one.exchange_type: one.quantity for one in list_sums(one_month)}["material"]
    assert {one.exchange_type: one.quantity for one in list_sums(both)}["material"] == material
    assert both.withheld


def test_what_a_party_sees_of_others_leaves_its_own_flows_out(watched: TestNetwork) -> None:
    flows = see(watched, "pharma")

    assert list_sums(flows) == []  # the rest is between two others
    assert flows.withheld


def test_a_grant_on_one_agreement_opens_just_that(watched: TestNetwork) -> None:
    flows = see(watched, "partial")

    assert [row[0] for row in list_single(flows)] == ["a-pool"]
    assert [one.exchange_type for one in list_sums(flows)] == ["material", "pooling"]
    with watched.connect() as connection:
        sight = look(watched, connection, "partial", Role.AUDITOR)
        find_flows(sight, JANUARY, JANUARY)
        assert set(sight.used.values()) == {"g-partial"}


def test_the_facilitator_sees_by_grant_and_only_while_it_holds(watched: TestNetwork) -> None:
    reader = Reader(watched.operator, watched.holder(OPERATOR), frozenset({Role.FACILITATOR.value}))
    with watched.connect() as connection:
        during = find_flows(find_sight(connection, watched.log_id, reader, watched.clock.now()), JANUARY, JANUARY)
        after = find_flows(find_sight(connection, watched.log_id, reader, datetime(2025, 4, 1, 12, tzinfo=UTC)), JANUARY, JANUARY)

    assert during.complete
    assert len(list_single(during)) == 5
    assert list_single(after) == []


def test_a_grant_on_one_agreement_that_has_ended_opens_nothing(watched: TestNetwork) -> None:
    reader = Reader(watched.id("partial"), watched.holder("partial"), frozenset({Role.AUDITOR.value}))
    with watched.connect() as connection:
        after = find_flows(find_sight(connection, watched.log_id, reader, datetime(2025, 4, 1, 12, tzinfo=UTC)), JANUARY, MARCH)

    assert list_single(after) == []


def test_paid_amounts_are_those_of_the_accounts_to_the_cent(watched: TestNetwork) -> None:
    for period in (JANUARY, FEBRUARY):
        flows = see(watched, "auditco", period)
        with watched.connect() as connection:
            accounts = list_accounts(connection, watched.log_id, period=period)

        for account in accounts:
            owed = sum(line.amount for line in account.lines if line.kind is LineKind.PRICE)
            me = account.organisation
            paid = sum((one.paid or 0) * ((one.supplier == me) - (one.receiver == me)) for one in flows.flows)
            assert paid == owed


def test_quantities_are_those_of_the_close_each_counted_once(watched: TestNetwork) -> None:
    with watched.connect() as connection:
        lines = list_lines(connection, watched.log_id, JANUARY, organisation=watched.id("plasterco"))

    wanted = sum(line.quantity for line in lines if line.unit == "TNE")
    assert sum(row[3] for row in list_single(see(watched, "plasterco"))) == wanted


def test_a_running_month_shows_what_is_settled_so_far_without_prices(watched: TestNetwork) -> None:
    flows = see(watched, "powerco", MARCH)

    power, plaster, pharma = watched.id("powerco"), watched.id("plasterco"), watched.id("pharma")
    assert list_single(flows) == [("a-pool", power, plaster, Decimal(12), None), ("a-split", power, pharma, Decimal("7.5"), None)]
    assert [one.deliveries for one in flows.flows] == [2, 1]
    assert flows.running == (MARCH,)


@pytest.mark.parametrize(
    ("by", "agreements"),
    [("plasterco", ["a-pool"]), ("pharma", ["a-split"]), ("outsider", []), ("partial", ["a-pool"]), ("auditco", ["a-pool", "a-split"])],
)
def test_a_running_month_is_for_those_whom_it_concerns(watched: TestNetwork, by: str, agreements: list[str]) -> None:
    flows = see(watched, by, MARCH)

    assert [one.agreement for one in flows.flows] == agreements  # no sums: they would grow by one delivery at a time
    assert flows.complete is (by == "auditco")


def test_closed_and_running_months_are_shown_together(watched: TestNetwork) -> None:
    flows = see(watched, "powerco", JANUARY, MARCH)

    pool = [(one.quantity, one.paid) for one in flows.flows if one.agreement == "a-pool"]
    assert pool == [(Decimal("75.86"), 550_46 + 362_98), (Decimal(12), None)]


@pytest.mark.parametrize(("first", "last"), [("2025-03", "2025-01"), ("2024-01", "2025-01"), ("2025-13", "2025-13")])
def test_other_ranges_than_one_to_twelve_months_are_refused(watched: TestNetwork, first: str, last: str) -> None:
    with pytest.raises(Invalid):
        see(watched, "powerco", first, last)
