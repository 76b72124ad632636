"""The map drawn: every member and link, by coordinates where there are any, and the same ring each time."""

from dataclasses import replace
from decimal import Decimal

from contracts.views.network_map import MapLink, MapMember, NetworkMap, Position
from tests.site.pictures.drawn import check_picture, list_texts, parse
from tests.site.pictures.figures import NAMES, WRITING, typical_map
from webui.pictures.network import DRAWN, draw_map
from webui.pictures.places import count_crossings, order_ring, place_geographically


def count_class(svg: object, part: str) -> int:
    return sum(1 for one in parse(str(svg)).iter() if part in one.attrib.get("class", "").split())


def make_members(*names: str) -> list[MapMember]:
    return [MapMember(name, name, "partner", "", None, suspended=False) for name in names]


def make_link(supplier: str, receiver: str) -> MapLink:
    return MapLink(f"{supplier}-{receiver}", "ash", "material", supplier, receiver)


def test_every_member_is_named_and_every_link_is_drawn_once() -> None:
    picture = draw_map(typical_map(), WRITING)

    for svg in (picture.wide, picture.narrow):
        words = [box.text for box in list_texts(str(svg))]
        assert set(NAMES.values()) <= set(words)
        assert count_class(svg, "pic-tip") == 3
        assert count_class(svg, "pic-site") == 5
        assert count_class(svg, "pic-own") == 1


def test_the_table_lists_every_link_and_every_member_without_one() -> None:
    table = draw_map(typical_map(), WRITING).table

    assert [(row[0].value, row[1].value, row[2].value) for row in table.rows[:3]] == [
        ("o-power0", "a-1", "o-gypsum"),
        ("o-power0", "a-2", "o-towns0"),
        ("o-towns0", "a-9", "o-power0"),
    ]
    assert [row[0].value for row in table.rows[3:]] == ["o-bioeng", "o-office"]


def test_agreements_that_the_reader_may_not_see_are_counted_in_a_note() -> None:
    assert draw_map(typical_map(), WRITING).notes == ("Agreements between others, which are not for you to see: 2.",)


def test_lines_of_different_kinds_are_told_apart_by_their_dashes_and_a_key() -> None:
    svg = draw_map(typical_map(), WRITING).wide

    words = [box.text for box in list_texts(str(svg))]
    assert {"material", "energy", "shared assets"} <= set(words)
    assert "water" not in words


def test_coordinates_put_north_up_and_east_right() -> None:
    members = typical_map(located=True).members[:4]

    spots = place_geographically(members, (0.0, 0.0, 400.0, 300.0), 20)

    order = [spots[one.organisation] for one in members]
    assert [spot.x for spot in order] == sorted(spot.x for spot in order)
    assert [spot.y for spot in order] == sorted((spot.y for spot in order), reverse=True)


def test_members_at_one_place_are_pushed_apart_inside_the_sheet() -> None:
    here = Position(Decimal("55.6"), Decimal("11.1"))
    members = [replace(one, position=here) for one in make_members("o-a", "o-b", "o-c", "o-d", "o-e")]

    spots = list(place_geographically(members, (0.0, 0.0, 400.0, 300.0), 20).values())

    gaps = [((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5 for n, one in enumerate(spots) for other in spots[n + 1 :]]
    assert min(gaps) > 19
    assert all(0 <= spot.x <= 400 and 0 <= spot.y <= 300 for spot in spots)


def test_members_without_coordinates_are_listed_beside_the_map() -> None:
    network = typical_map(located=True)

    picture = draw_map(network, WRITING)

    assert any(box.text.endswith("Office") for box in list_texts(str(picture.wide)))
    assert "Members without coordinates stand in the list only." in picture.notes


def test_a_ring_avoids_crossings_that_can_be_avoided() -> None:
    members = make_members("o-a", "o-b", "o-c", "o-d", "o-e", "o-f")
    links = [make_link("o-a", "o-d"), make_link("o-d", "o-b"), make_link("o-b", "o-e"), make_link("o-e", "o-c"), make_link("o-c", "o-f")]

    order = order_ring(members, links)

    assert count_crossings(order, [(link.supplier, link.receiver) for link in links]) == 0
    assert count_crossings(["o-a", "o-b", "o-c", "o-d"], [("o-a", "o-c"), ("o-b", "o-d")]) == 1


def test_the_order_of_members_and_links_does_not_change_the_ring() -> None:
    members = make_members("o-a", "o-b", "o-c", "o-d")
    links = [make_link("o-a", "o-c"), make_link("o-d", "o-b"), make_link("o-c", "o-d")]

    assert order_ring(members, links) == order_ring(members[::-1], links[::-1])


def test_of_many_members_those_with_most_agreements_are_drawn() -> None:
    members = make_members(*(f"o-{number:03d}" for number in range(DRAWN + 20)))
    links = [make_link(members[-1].organisation, members[-2].organisation)]

    picture = draw_map(NetworkMap("o-000", tuple(members), tuple(links), 0), WRITING)

    assert count_class(picture.wide, "pic-site") == DRAWN
    assert picture.table.rows[0][0].value == members[-1].organisation
    assert "Members with the fewest agreements, not drawn: 20." in picture.notes


def test_many_agreements_between_the_same_two_stay_inside_the_sheet() -> None:
    members = make_members("o-a", "o-b", "o-c")
    links = [*[make_link("o-a", "o-b")] * 40, make_link("o-c", "o-c")]

    picture = draw_map(NetworkMap("o-a", tuple(members), tuple(links), 0), WRITING)

    check_picture(picture)
    assert count_class(picture.wide, "pic-tip") == 41
