"""The signing page, which no link leads to, and the key pages: accessible, no wider than any screen, reached by keyboard."""

import json
from urllib.parse import quote

from playwright.sync_api import expect

from contracts.drafts import write_draft
from contracts.facts import type_of
from tests.contracts.deliveries.building import a_metered_day
from tests.contracts.test_words import OFFER
from tests.network import OPERATOR
from tests.site.demo.test_every_page import axe, look_at
from tests.site.live_site import LiveSite
from tests.site.signing.acting import a_grant, bring_key, go_to_trial

__all__ = ["axe"]  # the fixture


def test_the_signing_page_is_accessible_narrow_and_reached_by_keyboard(trial_site: LiveSite, axe: str) -> None:
    site = trial_site
    with site.visit(OPERATOR, reduced_motion="reduce") as page:
        bring_key(site, page)
        go_to_trial(site, page, [a_grant(site, "g-1", reason="Long. " * 60), a_grant(site, "g-2")])
        page.get_by_text("The exact bytes that will be signed").first.click()
        expect(page.locator(".hash").first).not_to_be_empty()

        assert look_at(page, axe) == []


def test_a_page_that_shows_faults_and_long_lists_is_too(trial_site: LiveSite, axe: str) -> None:
    site = trial_site
    with site.visit(OPERATOR, reduced_motion="reduce") as page:
        for fact in (a_metered_day(), OFFER):
            page.goto(site.path("/trial?draft=" + quote(json.dumps(write_draft(fact, type_of(fact))))))
            for part in page.locator("dd details summary").all():
                part.click()

            assert look_at(page, axe) == []


def test_the_key_pages_are_too(trial_site: LiveSite, axe: str) -> None:
    site = trial_site
    with site.visit(OPERATOR, reduced_motion="reduce") as page:
        bring_key(site, page)
        for part in page.locator("main summary").all():
            part.click()

        assert look_at(page, axe) == []
        page.goto(site.path(f"/keys/{site.network.key('lab').multikey}"))
        assert look_at(page, axe) == []
