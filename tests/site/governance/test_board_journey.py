"""From a month's end to a payment, by clicks and keys alone: closed, proposed, reviewed by two browsers, resolved, stated, paid."""

from playwright.sync_api import Page, expect

from contracts.governance.facts import Choice as Vote
from contracts.governance.facts import Interest, InterestDeclared, VoteCast
from tests.contracts.settlement.closing import FEBRUARY, trade
from tests.network import OPERATOR
from tests.site.live_site import LiveSite
from tests.site.signing.acting import bring_key, press_sign

DISSENT = "The discount for wet gypsum counts, the day on which our line stood does not."


def go_to(page: Page, *links: str) -> None:
    """Follow links by their words."""
    for link in links:
        page.get_by_role("link", name=link, exact=True).first.click()


def sign_and_return(page: Page, path: str) -> None:
    """Sign what stands on the page, and come back."""
    press_sign(page)
    page.wait_for_url(f"**{path}?entry=*")


def declare_and_vote(page: Page, choice: str, reason: str = "") -> None:
    """Declare a general interest, then vote in two taps."""
    page.get_by_label("general: affected like everybody").check()
    page.get_by_role("button", name="Declare it").click()
    sign_and_return(page, "/reviews/*")
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=choice, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Vote: {choice}")
    sign_and_return(page, "/reviews/*")
    expect(page.get_by_text(f"You voted: {choice}.")).to_be_visible()


def open_review(page: Page) -> None:
    """Open a review of the newest allocation, with the question that is proposed."""
    go_to(page, "Decisions", "Open a review")
    page.get_by_role("link", name="Allocation of January 2025").click()
    page.get_by_role("button", name="Check and go on to sign").click()
    sign_and_return(page, "/reviews/*")
    expect(page.get_by_text("First say what interest you have yourself")).to_be_visible()


def close_and_propose(page: Page) -> None:
    """Have January closed and its allocation proposed."""
    go_to(page, "Savings and shares", "January 2025")
    page.get_by_role("button", name="Close the period now").click()
    expect(page.get_by_text("closed", exact=True)).to_be_visible()
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("proposed, not adopted")).to_be_visible()


def record_resolution(page: Page) -> None:
    """Record the resolution of the review that is shown."""
    page.reload()
    expect(page.get_by_text("2 for, 1 against.")).to_be_visible()
    go_to(page, "Record the resolution")
    expect(page.get_by_text(DISSENT)).to_be_visible()
    page.get_by_role("button", name="Check and go on to sign").click()
    sign_and_return(page, "/resolutions/R-2025-01")
    expect(page.locator(".document").get_by_text(DISSENT)).to_be_visible()


def confirm_payment(page: Page) -> None:
    """Confirm what came from plasterco for January."""
    go_to(page, "Accounts", "January 2025")
    expect(page.get_by_text("The transfers of all 3 organisations add up to €0.00.")).to_be_visible()
    page.get_by_role("row", name="Plasterco A/S").get_by_role("link", name="Confirm the payment").click()
    page.get_by_role("button", name="Check and go on to sign").click()
    sign_and_return(page, "/accounts/*")
    expect(page.get_by_role("row", name="Plasterco A/S").get_by_text("confirmed")).to_be_visible()


def test_a_month_is_closed_reviewed_voted_resolved_stated_and_paid(site: LiveSite) -> None:
    trade(site.network)
    site.network.clock.set_to(FEBRUARY)

    with site.visit(OPERATOR) as facilitator, site.visit("powerco") as first, site.visit("plasterco") as second:
        facilitator.goto(site.path("/savings"))
        close_and_propose(facilitator)
        bring_key(site, first, "powerco")
        open_review(first)
        declare_and_vote(first, "For")
        review = first.url.partition("?")[0].rpartition("/")[2]

        bring_key(site, second, "plasterco")
        go_to(second, "Decisions")
        second.get_by_role("link", name="Allocation of January 2025").click()
        declare_and_vote(second, "Against", DISSENT)
        expect(second.get_by_text("The resolution may be recorded when all entitled have voted")).to_be_visible()
        for fact in (InterestDeclared(review, Interest.GENERAL, None), VoteCast(review, Vote.FOR, None)):
            site.network.accept(fact, by="pharma")

        record_resolution(first)
        go_to(facilitator, "Savings and shares", "January 2025")
        facilitator.get_by_role("button", name="State the accounts now").click()
        expect(facilitator.get_by_role("heading", level=1)).to_have_text("Statements of account")
        confirm_payment(first)
        go_to(second, "Accounts", "January 2025")
        expect(second.get_by_role("row", name="Powerco A/S").get_by_text("confirmed")).to_be_visible()


def test_a_number_is_followed_down_to_the_entries_of_a_delivery(played_site: LiveSite) -> None:
    with played_site.visit("plasterco") as page:
        page.goto(played_site.path("/accounts?period=2025-01"))
        go_to(page, "January 2025")
        page.get_by_role("row", name="a-pool").get_by_role("link", name="Why?").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Why -€550.46?")
        page.get_by_role("link", name="On a page of its own Delivery d-2").click()

        expect(page.get_by_text("20 t × 12.40 EUR/t (price of a unit) = €248.00")).to_be_visible()
        expect(page.get_by_text("20 t × -0.60 EUR/t (change by quality for a unit) = -€12.00")).to_be_visible()
        page.get_by_role("link", name="Entry 31").click()
        expect(page).to_have_url(played_site.path("/entries/31"))


def test_a_vote_and_a_derivation_are_reached_by_the_keyboard_alone(played_site: LiveSite) -> None:
    with played_site.visit("plasterco") as page:
        page.goto(played_site.path("/reviews/rv-open"))
        page.get_by_label("Reason").focus()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="For", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Vote: For")

        page.goto(played_site.path("/periods/2025-01"))
        page.get_by_role("row", name="a-pool").get_by_role("link", name="Why?").first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Why €324.01?")
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("details").first).not_to_have_attribute("open", "")
