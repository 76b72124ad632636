"""My tasks, the first page after the login: what a reader may do now stands there at once, and newcomers are shown where to begin."""

from contracts.facts import Role
from tests.contracts.agreements.building import a_signature, an_offer, publish_templates
from tests.contracts.deliveries.building import a_dispatch
from tests.contracts.governance.building import NAMES, seat_board
from tests.network import OPERATOR
from tests.site.deliveries.trading import Reader, begin_trade
from tests.site.live_site import LiveSite
from tests.webui.website import NETWORK


def read_tasks(site: LiveSite, by: str) -> str:
    """Read the page of somebody's tasks."""
    return Reader(site, by).client.get("/tasks", base_url="http://localhost").text


def test_an_offer_stands_among_the_tasks_of_who_may_sign_until_it_is_signed(site: LiveSite) -> None:
    network = site.network
    for name in ("powerco", "plasterco"):
        network.admit(name)
    network.enrol("plasterco/scale", roles=[Role.OPERATOR])
    publish_templates(network)
    offer = network.accept(an_offer(network), by="powerco").statement_hash

    offered, clerk = read_tasks(site, "plasterco"), read_tasks(site, "plasterco/scale")
    network.accept(a_signature(), by="plasterco", refs=[offer])

    door = f'href="/n/{NETWORK}/agreements/a-1"'
    assert (door in offered, door in clerk, door in read_tasks(site, "plasterco")) == (True, False, False)


def test_a_load_stands_among_the_receivers_tasks_as_soon_as_it_has_left(site: LiveSite) -> None:
    begin_trade(site)
    site.network.accept(a_dispatch(), by="powerco")

    receiver, supplier = read_tasks(site, "plasterco"), read_tasks(site, "powerco")

    door = f'href="/n/{NETWORK}/deliveries/d-1"'
    assert (door in receiver, door in supplier) == (True, False)


def test_a_facilitator_with_nothing_to_do_is_shown_how_to_begin(site: LiveSite) -> None:
    page = read_tasks(site, OPERATOR)

    assert "Nothing waits for you." in page
    assert f'<a class="button" href="/n/{NETWORK}/people">Invite somebody</a>' in page


def test_a_vote_is_named_by_what_it_is_about(site: LiveSite) -> None:
    seat_board(site.network, 3).open()

    page = read_tasks(site, NAMES[0])

    assert "Vote before the review closes" in page
    assert "organisation:o-" not in page
