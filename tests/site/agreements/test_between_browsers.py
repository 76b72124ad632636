"""Two firms in two browsers, each with its own key: an offer is countered, compared, signed by both and in force; another is declined."""

import pytest
from playwright.sync_api import expect

from tests.contracts.agreements.building import OFFICE, an_offer, publish_templates, see_agreement
from tests.site.agreements.acting import fill, fill_in_offer, give_signature, open_contract, sign_here
from tests.site.live_site import LiveSite
from tests.site.signing.acting import bring_key


@pytest.fixture(scope="module")
def market(shared_site: LiveSite) -> LiveSite:
    """A site where all standard contracts are published, with two offers that were signed before any browser counts a key's numbers on."""
    publish_templates(shared_site.network)
    for name, number in (("a-dear", "C-78"), ("a-paper", "C-79")):
        shared_site.network.accept(an_offer(shared_site.network, name, contract_no=number), by="powerco")
    return shared_site


def test_an_offer_is_countered_compared_signed_by_both_in_order_and_in_force(market: LiveSite) -> None:
    with market.visit("powerco") as first, market.visit("plasterco") as second:
        bring_key(market, first, "powerco")
        bring_key(market, second, "plasterco")

        fill_in_offer(first, **{"parameters.signatories.1.order": "2"})
        first.get_by_role("button", name="Show the contract's text").click()
        expect(first.get_by_text("Nothing is missing: you can go on to sign.")).to_be_visible()
        fill(first, "message", "As we said on Monday")
        sign_here(first)
        expect(first.get_by_text("offered", exact=True)).to_be_visible()

        open_contract(second, "C-77")
        expect(second.get_by_text("As we said on Monday")).to_be_visible()
        second.get_by_role("link", name="Make a counter-offer").click()
        fill(second, "parameters.base_price", "11.95")
        fill(second, "reply_by", "2025-01-25")
        sign_here(second)
        expect(second.get_by_text("Signs after Powerco A/S.")).to_be_visible()

        open_contract(first, "C-77")
        first.get_by_role("link", name="1 parameter changed: side by side").click()
        expect(first.get_by_role("row", name="Base price 12.40 EUR per t 11.95 EUR per t")).to_be_visible()
        first.get_by_role("link", name="C-77").click()
        give_signature(first, "director")

        second.reload()
        give_signature(second, "plant manager")
        expect(second.locator(".head .state")).to_have_text("in force")
        first.reload()
        expect(first.locator(".head .state")).to_have_text("in force")
        expect(first.locator(".signature", has_text="Plasterco A/S").get_by_text("plant manager")).to_be_visible()


def test_a_firm_declines_with_a_reason_that_the_other_reads(market: LiveSite) -> None:
    with market.visit("plasterco") as page:
        bring_key(market, page, "plasterco")
        open_contract(page, "C-78")
        page.get_by_role("link", name="Decline").click()
        page.get_by_role("button", name="Check and go on to sign").click()
        expect(page.get_by_role("alert")).to_contain_text("Reason")
        page.get_by_label("Reason").fill("We found a nearer quarry.")
        sign_here(page)
        expect(page.locator(".head .state")).to_have_text("declined")

    with market.visit("powerco") as page:
        page.goto(market.path("/agreements/a-dear"))
        expect(page.get_by_text("We found a nearer quarry.")).to_be_visible()
    assert see_agreement(market.network, "a-dear").state == "declined"


def test_a_contract_is_read_without_scripts_and_printed_with_its_signatures(market: LiveSite) -> None:
    with market.visit("plasterco", java_script_enabled=False, viewport={"width": 320, "height": 640}) as page:
        page.goto(market.path("/agreements/a-paper"))
        expect(page.get_by_role("link", name="Read and sign")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("link", name="Read and sign")).to_be_hidden()
        expect(page.get_by_text(f"statement hash {see_agreement(market.network, 'a-paper').offer_hash}")).to_be_visible()
        expect(page.get_by_text(OFFICE).first).to_be_visible()
