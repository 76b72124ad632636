"""Where the page on which facts are signed leads: to the keys where there is none, and never back to what was signed."""

from playwright.sync_api import expect

from tests.network import OPERATOR
from tests.site.live_site import LiveSite
from tests.site.signing.acting import a_grant, bring_key, expect_entered, go_to_trial, press_sign


def test_who_has_no_key_in_this_browser_is_led_to_the_keys(trial_site: LiveSite) -> None:
    with trial_site.visit(OPERATOR) as page:
        go_to_trial(trial_site, page, a_grant(trial_site, "g-way-1"))

        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Make a key, or open your key file").click()

        expect(opened.value.get_by_role("heading", level=1)).to_have_text("My keys")


def test_back_after_signing_leads_to_the_page_before_and_not_to_what_was_signed(trial_site: LiveSite) -> None:
    with trial_site.visit(OPERATOR) as page:
        bring_key(trial_site, page)
        page.goto(trial_site.path("/people"))
        go_to_trial(trial_site, page, a_grant(trial_site, "g-way-2"))
        press_sign(page)
        expect_entered(page)

        page.go_back()

        expect(page).to_have_url(trial_site.path("/people"))
