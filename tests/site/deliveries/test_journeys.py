"""Loads from the scale to the settled quantity, as clerks of two firms bring them there in their browsers."""

import re

from playwright.sync_api import Page, expect

from contracts.deliveries.delivery import DeliveryState, SettledBy
from tests.contracts.deliveries.building import see_delivery
from tests.site.deliveries.trading import arrive, deliver, dispatch, go_on_to_sign, sign
from tests.site.live_site import LiveSite


def weigh(page: Page, site: LiveSite, ticket: str) -> str:
    """Weigh a load of 25.5 t and sign it; gives its id."""
    page.goto(site.path("/weighbridge"))
    page.get_by_label("Ticket").fill(ticket)
    page.get_by_label("Vehicle").fill("AB 12 345")
    page.get_by_label("Gross").fill("40.10")
    page.get_by_label("Tare").fill("14.60")
    expect(page.locator("#net")).to_have_text("25.50 t")
    page.get_by_role("button", name="Record the load").click()
    expect(page.locator('[data-field="quantity"]')).to_contain_text("25.5")
    sign(page, "/slip")
    found = re.search(r"deliveries/([^/]+)/slip", page.url)
    assert found is not None
    return found[1]


def test_a_load_is_weighed_printed_received_and_settled(trade_site: LiveSite) -> None:
    site = trade_site
    with site.visit("powerco") as page:
        arrive(site, page, "powerco")
        delivery = weigh(page, site, "T-100")
        expect(page.locator("svg.code")).to_have_attribute("aria-label", re.compile(rf"/deliveries/{delivery}$"))
    with site.visit("plasterco") as page:
        arrive(site, page, "plasterco")
        page.goto(site.path("/weighbridge"))
        page.locator("#load").select_option(delivery)
        page.get_by_label("Gross").fill("40.00")
        page.get_by_label("Tare").fill("14.60")
        page.get_by_label("Moisture").fill("8.4")
        expect(page.locator("#net-light")).to_contain_text("Amber")
        page.get_by_role("button", name="Record the load").click()
        sign(page, "/slip")
        page.get_by_role("link", name="To the delivery").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("settled")
        expect(page.locator("#light")).to_contain_text("The figures lie 0.1 t apart")

    found = see_delivery(site.network, delivery)
    assert (found.state, found.settled_by, str(found.settled)) == (DeliveryState.SETTLED, SettledBy.MATCH, "25.40")


def test_a_part_is_refused_contested_and_settled_by_both_sides(trade_site: LiveSite) -> None:
    site = trade_site
    dispatch(site, "d-part")
    with site.visit("plasterco") as receiver, site.visit("powerco") as supplier:
        arrive(site, receiver, "plasterco")
        receiver.goto(site.path("/deliveries/d-part"))
        receiver.get_by_role("link", name="Record what arrived").click()
        receiver.get_by_label("Net").fill("25.40")
        receiver.get_by_label("Of this").select_option("part")
        receiver.get_by_label("Refused part").fill("5.40")
        receiver.get_by_label("Why refused").fill("wet <script>alert(1)</script>")
        go_on_to_sign(receiver)
        sign(receiver, "/deliveries/d-part")
        expect(receiver.locator("main")).to_contain_text("wet <script>alert(1)</script>")

        arrive(site, supplier, "powerco")
        supplier.goto(site.path("/deliveries/d-part"))
        supplier.get_by_role("link", name="Contest it").click()
        supplier.get_by_label("What you hold to be right").fill("25.40")
        supplier.get_by_label("Why").fill("It was dry when it left.")
        go_on_to_sign(supplier)
        sign(supplier, "/deliveries/d-part")
        supplier.get_by_role("link", name="Name a quantity").click()
        supplier.get_by_label("Quantity that ends the dispute").fill("23.00")
        supplier.get_by_label("Why").fill("We share the wet part.")
        go_on_to_sign(supplier)
        sign(supplier, "/deliveries/d-part")
        expect(supplier.locator("main")).to_contain_text("This is for Plasterco A/S.")

        receiver.reload()
        receiver.get_by_role("link", name="Agree").click()
        expect(receiver.locator("main")).to_contain_text("We share the wet part.")
        receiver.get_by_label("Why").fill("Agreed by telephone.")
        go_on_to_sign(receiver)
        sign(receiver, "/deliveries/d-part")

    replacement = see_delivery(site.network, "d-part.replacement")
    assert see_delivery(site.network, "d-part").state is DeliveryState.REVERSED
    assert (replacement.settled_by, str(replacement.settled)) == (SettledBy.RESOLUTION, "23.00")


def test_a_correction_takes_effect_once_the_other_side_approves(trade_site: LiveSite) -> None:
    site = trade_site
    deliver(site, "d-wrong")
    with site.visit("powerco") as page:
        arrive(site, page, "powerco")
        page.goto(site.path("/deliveries/d-wrong"))
        page.get_by_role("link", name="Propose a correction").click()
        page.get_by_label("Quantity that replaces it").fill("24.90")
        page.get_by_label("Why").fill("The tare was that of another trailer.")
        go_on_to_sign(page)
        sign(page, "/deliveries/d-wrong")
        expect(page.get_by_role("link", name="Answer the correction")).to_have_count(0)
    before = see_delivery(site.network, "d-wrong")
    with site.visit("plasterco") as page:
        arrive(site, page, "plasterco")
        page.goto(site.path("/deliveries/d-wrong"))
        page.get_by_role("link", name="Answer the correction").click()
        expect(page.locator("main")).to_contain_text("Powerco A/S names 24.9")
        go_on_to_sign(page)
        sign(page, "/deliveries/d-wrong")
        page.get_by_role("link", name=re.compile("^d-[0-9a-f]{32}$")).click()
        expect(page.locator("main")).to_contain_text("Proposed by one side and approved by the other.")

    after = see_delivery(site.network, "d-wrong")
    assert (before.state, after.state) == (DeliveryState.SETTLED, DeliveryState.REVERSED)
    assert str(see_delivery(site.network, after.replaced_by or "").settled) == "24.90"


def test_many_deliveries_are_confirmed_with_one_look(trade_site: LiveSite) -> None:
    site = trade_site
    for number in range(3):
        dispatch(site, f"d-many-{number}")
    with site.visit("plasterco") as page:
        arrive(site, page, "plasterco")
        page.goto(site.path("/deliveries/confirm"))
        page.get_by_role("checkbox", name="Load T-d-many-0").check()
        page.get_by_role("checkbox", name="Load T-d-many-2").check()
        go_on_to_sign(page)
        expect(page.locator("section.card")).to_have_count(2)
        sign(page, "/deliveries")

    states = [see_delivery(site.network, f"d-many-{number}").state for number in range(3)]
    assert states == [DeliveryState.SETTLED, DeliveryState.DISPATCHED, DeliveryState.SETTLED]
