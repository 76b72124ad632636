"""Loads that are weighed while the network is away: kept in the browser, counted, refused twice, and signed when it is back."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from contracts.deliveries.delivery import Delivery
from contracts.deliveries.tables import list_deliveries
from tests.site.deliveries.trading import arrive, dispatch, sign
from tests.site.live_site import LiveSite


def type_load(page: Page, ticket: str) -> None:
    """Write a load into the form."""
    page.get_by_label("Ticket").fill(ticket)
    page.get_by_label("Gross").fill("40.10")
    page.get_by_label("Tare").fill("14.60")


def find_load(site: LiveSite, ticket: str) -> Delivery:
    """Find the one load with a ticket."""
    with site.network.connect() as connection:
        [found] = [one for one in list_deliveries(connection, site.network.log_id, limit=500) if one.ticket == ticket]
    return found


def test_loads_weighed_without_a_connection_are_signed_when_it_is_back(trade_site: LiveSite) -> None:
    site = trade_site
    with site.visit("powerco") as page:
        arrive(site, page, "powerco")
        page.goto(site.path("/weighbridge"))
        page.context.set_offline(True)
        expect(page.locator("#line")).to_contain_text("No connection")
        for ticket in ("T-away-1", "T-away-2"):
            type_load(page, ticket)
            page.get_by_role("button", name="Record the load").click()
            expect(page.locator("#unsent-list")).to_contain_text(ticket)
        weighed_at = site.network.clock.now()
        type_load(page, "T-away-1")
        page.get_by_role("button", name="Record the load").click()
        expect(page.locator("#line")).to_contain_text("stands among the unsent loads already")
        expect(page.locator("#unsent-count")).to_have_text("2")

        page.context.set_offline(False)
        expect(page.locator("#line")).to_contain_text("Connected")
        site.network.clock.advance(timedelta(hours=1))
        page.clock.fast_forward("01:00:00")
        page.get_by_role("button", name="Check and sign all of them").click()
        expect(page.locator("section.card")).to_have_count(2)
        sign(page, "/weighbridge")
        expect(page.locator("#unsent")).to_be_hidden()

    found = find_load(site, "T-away-2")
    assert str(found.sent.quantity) == "25.50"
    assert abs(found.dispatched_at - weighed_at) < timedelta(minutes=5)
    assert found.recorded_at - found.dispatched_at > timedelta(minutes=50)


def test_of_unsent_loads_the_good_ones_go_on_and_the_others_stay(trade_site: LiveSite) -> None:
    site = trade_site
    dispatch(site, "d-known", ticket="T-known")
    with site.visit("powerco") as page:
        arrive(site, page, "powerco")
        page.goto(site.path("/weighbridge"))
        for ticket in ("T-known", "T-later"):
            type_load(page, ticket)
            page.get_by_role("button", name="Keep, and sign later").click()
            expect(page.locator("#unsent-list")).to_contain_text(ticket)
        page.get_by_role("button", name="Check and sign all of them").click()
        expect(page.get_by_role("alert")).to_contain_text("ticket T-known is on the log under this agreement")
        page.get_by_role("button", name="Go on with the 1 good one").click()
        sign(page, "/weighbridge")
        expect(page.locator("#unsent-count")).to_have_text("1")

        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Remove").click()
        expect(page.locator("#unsent")).to_be_hidden()

    assert str(find_load(site, "T-later").sent.gross) == "40.10"


def test_a_kept_load_that_is_changed_stays_kept_until_it_is_on_the_log(trade_site: LiveSite) -> None:
    site = trade_site
    with site.visit("powerco") as page:
        arrive(site, page, "powerco")
        page.goto(site.path("/weighbridge"))
        type_load(page, "T-wrong")
        page.get_by_role("button", name="Keep, and sign later").click()
        page.get_by_role("button", name="Change").click()
        expect(page.locator("#net")).to_have_text("25.50 t")
        page.reload()
        expect(page.locator("#unsent-list")).to_contain_text("T-wrong")

        page.get_by_role("button", name="Change").click()
        page.get_by_label("Ticket").fill("T-right")
        page.get_by_role("button", name="Keep, and sign later").click()
        expect(page.locator("#unsent-list")).to_contain_text("T-right")
        expect(page.locator("#unsent-count")).to_have_text("1")
        type_load(page, "T-other")
        page.get_by_role("button", name="Keep, and sign later").click()
        expect(page.locator("#unsent-count")).to_have_text("2")

        page.locator("#unsent-list > li", has_text="T-right").get_by_role("button", name="Change").click()
        page.get_by_role("button", name="Record the load").click()
        sign(page, "/slip")
        page.goto(site.path("/weighbridge"))
        expect(page.locator("#unsent-count")).to_have_text("1")
        expect(page.locator("#unsent-list")).to_contain_text("T-other")

    assert str(find_load(site, "T-right").sent.gross) == "40.10"


def test_a_double_click_without_a_connection_keeps_a_load_once(trade_site: LiveSite) -> None:
    site = trade_site
    with site.visit("powerco") as page:
        arrive(site, page, "powerco")
        page.goto(site.path("/weighbridge"))
        page.context.set_offline(True)
        type_load(page, "T-twice")

        page.get_by_role("button", name="Record the load").dblclick()

        expect(page.locator("#unsent-list")).to_contain_text("T-twice")
        expect(page.locator("#unsent-list li")).to_have_count(1)


def test_the_net_is_that_of_the_numbers_as_the_server_reads_them(trade_site: LiveSite) -> None:
    site = trade_site
    with site.visit("powerco", locale="de-DE") as page:
        page.goto(site.path("/weighbridge"))
        shown = []
        for gross, tare in (("1.040,10", "1.014,60"), ("40,10", "14,60"), ("40.10", "14.60")):
            page.locator("#gross").fill(gross)
            page.locator("#tare").fill(tare)
            shown.append(page.locator("#net").inner_text())

    assert shown == ["25,50 t", "25,50 t", "–"]
