"""The page for checking as strangers and members get it: nothing of a private network is told to whoever does not belong to it."""

import re

from playwright.sync_api import expect

from ledger.verdict import MEANINGS
from tests.architecture import ROOT
from tests.network import LOG
from tests.site.live_site import LiveSite
from webui.pages.checking_words import list_verdict_words


def test_a_stranger_learns_of_no_network(open_site: LiveSite) -> None:
    answer = open_site.website.app.test_client().get("/check", base_url="http://localhost")

    told = [name for name in (LOG, "kalundborg", "o-symbio", open_site.network.keys.log_verifier.to_text()) if name in answer.text]
    assert (answer.status_code, told) == (200, [])


def test_a_member_is_offered_the_networks_key_as_this_servers_word(open_site: LiveSite) -> None:
    with open_site.visit("symbio") as page:
        page.goto("/check")
        page.get_by_label("Fill in").select_option(LOG)

        expect(page.get_by_label("Key of the log")).to_have_value(open_site.network.keys.log_verifier.to_text())
        expect(page.get_by_label("Hash of entry 0")).to_have_value(open_site.network.log.read_entries(0, 1)[0].leaf_hash)
        expect(page.locator("#known optgroup").last).to_have_attribute("label", "As this server says: compare it with what you were given")


def test_a_session_without_its_second_factor_is_offered_nothing(open_site: LiveSite) -> None:
    settings = open_site.website.settings
    with open_site.visit("symbio") as page:
        object.__setattr__(settings, "second_factor", "required")
        try:
            page.goto("/check")
        finally:
            object.__setattr__(settings, "second_factor", "optional")

        expect(page.locator("#known option", has_text=LOG)).to_have_count(0)


def test_without_javascript_the_page_says_what_to_do(open_site: LiveSite) -> None:
    page = open_site.website.app.test_client().get("/check", base_url="http://localhost").text

    assert "The verification is a script of this page" in page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "python -m ledger verify audit.zip" in page


def test_verdicts_in_english_are_the_commands_and_every_reason_has_its_sentence(open_site: LiveSite) -> None:
    script = (ROOT / "webui" / "scripts" / "verifier" / "certificate.js").read_text("utf-8")
    found = re.findall(r'(?:return |"(?:holds|fails|unknown)", |why: |=> )"(\w+)"', script)

    with open_site.website.app.test_request_context("/", headers={"Accept-Language": "en"}):
        words = list_verdict_words()

    assert words["meanings"] == MEANINGS
    assert set(found) == set(words["reasons"])
