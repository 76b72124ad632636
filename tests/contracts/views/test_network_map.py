"""The map: every member, the agreements that the reader may see, and how many others there are."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.facts import Role
from contracts.views.network_map import NetworkMap, Position, find_map, read_position
from tests.contracts.agreements.building import agree
from tests.contracts.views.played import look
from tests.network import OPERATOR, TestNetwork


def see(network: TestNetwork, by: str) -> NetworkMap:
    with network.connect() as connection:
        return find_map(look(network, connection, by, Role.AUDITOR), network.clock.now().date())


@pytest.mark.parametrize(
    ("by", "agreements", "unseen"),
    [
        ("powerco", {"a-pool", "a-split", "a-tier", "a-pipe"}, 0),
        ("plasterco", {"a-pool", "a-tier", "a-pipe"}, 1),
        ("outsider", set(), 4),
        ("partial", {"a-pool"}, 3),
        ("auditco", {"a-pool", "a-split", "a-tier", "a-pipe"}, 0),
    ],
)
def test_links_are_the_agreements_that_the_reader_may_see(watched: TestNetwork, by: str, agreements: set[str], unseen: int) -> None:
    seen = see(watched, by)

    assert {name for link in seen.links for name in (link.agreement, *link.others)} == agreements
    assert seen.unseen == unseen


def test_every_member_is_on_everybodys_map(watched: TestNetwork) -> None:
    names = {one.organisation for one in see(watched, "outsider").members}

    assert names >= {watched.id(by) for by in ("powerco", "plasterco", "pharma", "outsider", "auditco", "symbio")}


def test_a_shared_asset_links_its_operator_with_each_user(watched: TestNetwork) -> None:
    links = [link for link in see(watched, "powerco").links if link.agreement == "a-pipe"]

    assert {(link.supplier, link.receiver) for link in links} == {
        (watched.id("powerco"), watched.id("plasterco")),
        (watched.id("powerco"), watched.id("pharma")),
    }
    assert {link.exchange_type for link in links} == {"pooling"}


def test_contracts_for_the_same_exchange_are_one_link_under_the_newest(network: TestNetwork) -> None:
    for name in ("a-1", "a-2"):
        agree(network, name, contract_no=f"C-{name}")
    agree(network, "a-3", contract_no="C-a-3", material_name="fly ash")

    links = [(link.agreement, link.others) for link in see(network, "powerco").links]

    assert links == [("a-2", ("a-1",)), ("a-3", ())]


def test_an_agreement_leaves_the_map_a_year_after_its_end(network: TestNetwork) -> None:
    agree(network, contract_no="C-1", renewal_mode="none", renewal_term=None, renewal_notice=None)  # 24 months from 2025-01-02

    def count(today: date) -> tuple[int, int]:
        with network.connect() as connection:
            found = find_map(look(network, connection, "powerco"), today)
            strangers = find_map(look(network, connection, OPERATOR), today)
        return len(found.links), strangers.unseen

    assert count(date(2028, 1, 1)) == (1, 1)
    assert count(date(2028, 1, 2)) == (0, 0)


def test_an_auditors_look_at_an_agreement_is_noted(watched: TestNetwork) -> None:
    with watched.connect() as connection:
        sight = look(watched, connection, "auditco", Role.AUDITOR)
        find_map(sight, watched.clock.now().date())

        assert len(sight.used) == 4


@pytest.mark.parametrize(
    ("place", "position"),
    [
        ("geo:55.6761,11.0886", Position(Decimal("55.6761"), Decimal("11.0886"))),
        (" geo:-33.9,-70 ", Position(Decimal("-33.9"), Decimal(-70))),
        ("geo:55.67,11.08;u=35", Position(Decimal("55.67"), Decimal("11.08"))),
        ("Kalundborg", None),
        ("geo:95.0,11.0", None),
        ("geo:55.0,181", None),
        ("geo:55,6761", None),
        ("geo:1e3,4", None),
    ],
)
def test_a_place_is_a_position_where_it_is_written_as_one(place: str, position: Position | None) -> None:
    assert read_position(place) == position
