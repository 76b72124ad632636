"""The guided tour, walked by a browser from its first step to its last: one full cycle, in the roles of everybody who takes part."""

import pytest
from playwright.sync_api import Page, expect

from tests.site.demo.conftest import ServedDemo, become

pytestmark = pytest.mark.slow

WAIT = 60_000  #: milliseconds that a step may take on a busy machine


def go_to_step(page: Page, number: int) -> None:
    """Become whom a step names and go where it leads."""
    page.goto("/demo/tour")
    page.locator(".steps > li").nth(number - 1).get_by_role("button").first.click()
    page.wait_for_url(lambda url: "/demo/" not in url, timeout=WAIT)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()


def check_and_sign(page: Page, button: str = "Check and go on to sign") -> None:
    """Send a form, read what is about to be signed, and sign it."""
    page.get_by_role("button", name=button, exact=True).click()
    sign(page)


def sign(page: Page) -> None:
    """Sign what the page shows, and wait until it is on the log."""
    page.locator("#sign-button").click()
    page.wait_for_url(lambda url: "entry=" in url, timeout=WAIT)


def let_time_pass(page: Page, button: str) -> None:
    """Move the demo's clock, and wait for its answer."""
    with page.expect_navigation(timeout=WAIT):
        page.get_by_role("button", name=button).click()


def offer_and_sign(page: Page) -> None:
    """Steps 1 to 3: the power station offers and signs, the plasterboard works sign."""
    go_to_step(page, 1)
    for clause in page.locator("main details").all():
        clause.evaluate("(details) => { details.open = true; }")
    page.locator('[name="parameters.contract_no"]').fill("KAL-2026-01")
    page.locator('[name="parameters.base_price"]').fill("8.20")
    page.locator('[name="reply_by"]').fill("2026-01-31")
    check_and_sign(page)
    for number in (2, 3):
        go_to_step(page, number)
        page.locator("main").get_by_role("link", name="Read and sign").click()
        check_and_sign(page)
    expect(page.locator("main")).to_contain_text("in force")


def weigh_receive_and_certify(page: Page) -> None:
    """Steps 4 to 6: a load leaves, arrives, and is certified."""
    go_to_step(page, 4)
    for name, value in {"ticket": "G-2026-1", "vehicle": "AB 12 345", "gross": "40.00", "tare": "14.00", "moisture": "8.0"}.items():
        page.locator(f'[name="{name}"]').fill(value)
    check_and_sign(page, "Record the load")
    go_to_step(page, 5)
    page.locator("main").get_by_role("link", name="Record what arrived").click()
    arrived = page.locator('[name="received_at"]').input_value()
    for name, value in {"gross": "40.02", "tare": "14.00", "moisture": "8.1"}.items():
        page.locator(f'[name="{name}"]').fill(value)
    page.locator("#accepted").select_option(label="All of it is accepted")
    check_and_sign(page)
    go_to_step(page, 6)
    page.locator('[name="number"]').fill("WL-2026-1")
    page.locator('[name="sampled_at"]').fill(arrived)
    for row, value in enumerate(("8.1", "96.5", "40")):
        page.locator(f'[name="results.{row}.value"]').fill(value)
        page.locator(f'[name="results.{row}.uncertainty"]').fill("0.2")
    page.locator('[name="deliveries"]').first.check()
    page.get_by_role("button", name="Check and go on to sign").click()
    page.get_by_role("button", name="Sign the certificate").click()
    sign(page)


def close_and_decide(page: Page) -> None:
    """Steps 7 to 10: the month ends, the board reviews the split, votes and resolves."""
    page.goto("/demo/tour")
    let_time_pass(page, "Let the month end")
    go_to_step(page, 8)
    page.locator("main").get_by_role("link", name="Open a review").click()
    check_and_sign(page)
    review = page.url.partition("?")[0]
    for visitor in ("board", "gyproc-board", "novonordisk-board"):
        become(page, visitor)
        page.goto(review)
        page.locator('[name="interest"][value="general"]').check()
        page.get_by_role("button", name="Declare it").click()
        sign(page)
        page.goto(review)
        page.get_by_role("button", name="For", exact=True).click()
        sign(page)
    for _ in range(5):
        let_time_pass(page, "A day passes")
    go_to_step(page, 10)
    page.locator("main").get_by_role("link", name="Record the resolution").click()
    check_and_sign(page)


def settle(page: Page) -> None:
    """Steps 11 to 13: accounts are stated, a payment is confirmed, the auditor is led to the desk."""
    go_to_step(page, 11)
    page.get_by_role("button", name="State the accounts now").click()
    expect(page.get_by_role("heading", level=1).first).to_have_text("Statements of account")
    go_to_step(page, 12)
    page.locator("tbody a").first.click()
    page.locator("main").get_by_role("link", name="Confirm").first.click()
    check_and_sign(page)
    go_to_step(page, 13)
    expect(page.get_by_role("heading", level=1).first).to_have_text("Audit desk")


def test_the_tour_leads_through_one_full_cycle(demo: ServedDemo) -> None:
    page = demo.open()
    page.set_default_timeout(WAIT)
    page.goto("/demo/tour")
    page.get_by_role("button", name="Begin").click()

    for walk in (offer_and_sign, weigh_receive_and_certify, close_and_decide, settle):
        walk(page)

    page.goto("/demo/tour")
    expect(page.locator(".steps > li.done")).to_have_count(12)
    assert not demo.faults
