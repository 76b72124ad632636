"""The page on which facts are signed: in words, by a key of this browser, once, whatever happens to the line or the page."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from ledger.statement import read_signed
from tests.architecture import ROOT
from tests.network import OPERATOR
from tests.site.live_site import LiveSite
from tests.site.signing.acting import a_grant, bring_key, expect_entered, go_to_trial, press_sign


def count(site: LiveSite) -> int:
    """Count the entries of the log."""
    return site.website.count()


def read_entry(site: LiveSite, index: int) -> Any:
    """Read the statement of an entry."""
    return json.loads(site.network.log.read_entries(index, index + 1)[0].body)["statement"]


def test_a_fact_is_read_in_words_signed_and_entered(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        go_to_trial(site, page, a_grant(site, "g-1"))

        expect(page.locator('[data-field="about"]')).to_contain_text("g-1")
        expect(page.locator('[data-field="organisation"]')).to_contain_text("Auditco A/S (o-auditco)")
        expect(page.locator('[data-field="reason"]')).to_contain_text("Yearly audit <b>of all</b>")
        press_sign(page)
        index = expect_entered(page)

    said = read_entry(site, index)
    newest = site.network.log.latest_checkpoint()
    assert newest is not None
    assert (said["kind"], said["about"], said["key"]) == ("grant.given", "grant:g-1", site.network.key(OPERATOR).multikey)
    assert 0 < said["seen"]["size"] <= index


def test_the_bytes_that_are_shown_are_the_bytes_that_are_signed(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        go_to_trial(site, page, a_grant(site, "g-2"))
        page.get_by_text("The exact bytes that will be signed").click()
        expect(page.locator(".hash")).not_to_be_empty()
        shown, digest = page.locator(".bytes").inner_text(), page.locator(".hash").inner_text()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download these bytes").click()
        saved = download.value.path().read_bytes()
        press_sign(page)
        index = expect_entered(page)

    entry = json.loads(site.network.log.read_entries(index, index + 1)[0].body)
    signed = read_signed(entry["statement"], entry["signature"])
    assert shown.encode() == saved == b"symbiosis-ledger/statement/v1\n" + signed.encoded
    assert digest == signed.hash


def test_false_scripts_have_other_words_signed_than_the_page_shows(trial_site: LiveSite) -> None:
    """What FORMAT.md 21.1 says of a malicious operator, who serves the scripts too: the page cannot help, the log keeps what was signed."""
    site, honest = trial_site, "const fields = prepared.fields.map("
    false = (
        'prepared = { ...prepared, fields: prepared.fields.map((one) => (one.name === "reason" ? { ...one, value: "For ever" } : one)) };'
    )

    def lie(route: Route) -> None:
        script = (ROOT / "webui" / "scripts" / "statement.js").read_text("utf-8")
        assert honest in script
        route.fulfill(body=script.replace(honest, f"{false} {honest}"), content_type="text/javascript")

    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.route(re.compile(r"/statement\.js"), lie)
        go_to_trial(site, page, a_grant(site, "g-false"))
        expect(page.locator('[data-field="reason"]')).to_contain_text("Yearly audit <b>of all</b>")
        press_sign(page)
        index = expect_entered(page)

    contents = site.network.log.read_contents(index)
    assert contents is not None
    assert {field["name"]: field["value"] for field in contents["fields"]}["reason"] == "For ever"  # type: ignore[index, union-attr, call-overload]  # as the format has it


def test_many_are_signed_with_one_look(trial_site: LiveSite) -> None:
    site = trial_site
    before = count(site)
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        go_to_trial(site, page, [a_grant(site, f"g-many-{number}") for number in range(3)])
        expect(page.locator("section.card")).to_have_count(3)
        press_sign(page)
        index = expect_entered(page)

    assert index == before
    said = [read_entry(site, place) for place in range(before, before + 3)]
    assert [one["about"] for one in said] == [f"grant:g-many-{number}" for number in range(3)]
    assert said[0]["key_seq"] + 2 == said[1]["key_seq"] + 1 == said[2]["key_seq"]


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_bytes_after_a_reload_too(trial_site: LiveSite) -> None:
    site = trial_site
    before, sent = count(site), []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) < 3:
            if len(sent) == 1:
                route.fetch()  # it comes to the log, the answer does not come back
            route.abort("connectionreset")
        else:
            route.continue_()

    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.route("**/api/v1/statements", lose)
        go_to_trial(site, page, a_grant(site, "g-lost"))
        press_sign(page)
        expect(page.locator("#sign-state")).to_contain_text("nobody knows yet")
        expect(page.get_by_role("button", name="Sign and enter")).to_be_hidden()
        page.get_by_role("button", name="Ask again").click()
        expect(page.get_by_role("button", name="Ask again")).to_be_enabled()
        page.reload()
        expect(page.locator("#sign-state")).to_contain_text("has no answer yet")
        expect(page.get_by_role("button", name="Sign and enter")).to_be_hidden()
        page.get_by_role("button", name="Ask again").click()
        index = expect_entered(page)

    assert (index, count(site)) == (before, before + 1)
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]


def test_what_another_page_sent_is_answered_first(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.route("**/api/v1/statements", lambda route: route.abort("connectionreset"))
        go_to_trial(site, page, a_grant(site, "g-first"))
        press_sign(page)
        expect(page.locator("#sign-state")).to_contain_text("nobody knows yet")
        page.unroute("**/api/v1/statements")
        go_to_trial(site, page, a_grant(site, "g-second"))
        expect(page.get_by_role("button", name="Sign and enter")).to_be_hidden()
        page.get_by_role("button", name="Ask again").click()
        expect(page.locator("#sign-state")).to_contain_text("What was signed before is on the log")
        press_sign(page)
        index = expect_entered(page)

    assert [read_entry(site, index - 1)["about"], read_entry(site, index)["about"]] == ["grant:g-first", "grant:g-second"]


def test_a_number_that_another_tab_took_is_asked_anew_once(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        other = page.context.new_page()
        for tab, grant in ((page, "g-tab-1"), (other, "g-tab-2")):
            go_to_trial(site, tab, a_grant(site, grant))
            tab.get_by_text("The exact bytes that will be signed").click()
            expect(tab.locator(".hash")).not_to_be_empty()
        press_sign(page)
        first = expect_entered(page)
        press_sign(other)
        second = expect_entered(other)

    assert read_entry(site, first)["key_seq"] + 1 == read_entry(site, second)["key_seq"]


def test_a_refusal_is_shown_in_words_and_the_form_comes_back_as_it_was(trial_site: LiveSite) -> None:
    site = trial_site
    draft = a_grant(site, "g-twice")
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.goto("/tasks")
        post_trial(page, site.path("/trial"), json.dumps(draft))
        expect(page.get_by_role("button", name="Sign and enter")).to_be_visible()
        page.route("**/keys/*/next", lambda route: route.fulfill(json={**route.fetch().json(), "key_seq": 1}))
        press_sign(page)
        expect(page.locator("#sign-state")).to_contain_text("The log refused this")
        expect(page.locator("#sign-findings")).to_contain_text("key_seq")
        page.get_by_role("button", name="Back to the form").click()
        expect(page.get_by_role("heading", name="The form again")).to_be_visible()
        expect(page.locator("main")).to_contain_text(json.dumps(draft))


def test_what_cannot_be_entered_is_said_before_signing(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        answer = page.goto(site.path("/trial?draft=" + quote(json.dumps(a_grant(site, "g-3", valid_until="2024-01-01")))))

        assert answer is not None
        assert answer.status == 422
        expect(page.get_by_role("alert")).to_contain_text("This cannot be entered as it is")
        expect(page.locator("#sign-key option")).to_have_count(1)
        expect(page.get_by_role("button", name="Sign and enter")).to_be_hidden()


def test_without_a_key_the_page_leads_to_one_and_back(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit("town") as page:
        go_to_trial(site, page, a_grant(site, "g-4"))

        expect(page.get_by_role("button", name="Sign and enter")).to_be_hidden()


def test_the_page_after_signing_is_one_of_ours(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.goto("/tasks")
        post_trial(page, site.path("/trial"), json.dumps(a_grant(site, "g-5")))
        press_sign(page)
        page.wait_for_url("**?entry=*")

        assert page.url.startswith(site.path())


@pytest.mark.parametrize("shown", ["about", "organisation", "reason"])
def test_a_page_that_hides_a_field_signs_nothing(trial_site: LiveSite, shown: str) -> None:
    site = trial_site
    before = count(site)

    def hide(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(f'data-field="{shown}"', ""))

    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.route(re.compile("/trial"), hide)
        go_to_trial(site, page, a_grant(site, f"g-hide-{shown}"))

        expect(page.locator("#sign-state")).to_contain_text("does not show all")
        expect(page.get_by_role("button", name="Sign and enter")).to_be_hidden()
    assert count(site) == before


def test_a_service_whose_clock_is_far_ahead_gets_no_signature_before_the_button_is_pressed_again(trial_site: LiveSite) -> None:
    site = trial_site
    before = count(site)
    with site.visit(OPERATOR) as page:
        page.clock.set_fixed_time(site.network.clock.now() - timedelta(hours=1))
        bring_key(site, page)
        go_to_trial(site, page, a_grant(site, "g-ahead"))
        press_sign(page)
        expect(page.locator("#sign-state")).to_contain_text("far ahead of your device's")
        assert count(site) == before
        press_sign(page)

        assert expect_entered(page) == before


def post_trial(page: Page, address: str, draft: str) -> None:
    """Post a draft as a page's form would."""
    page.evaluate(
        """([address, draft]) => {
          const form = Object.assign(document.createElement("form"), { method: "post", action: address });
          const token = document.querySelector("[name=csrf_token]").value;
          for (const [name, value] of [["draft", draft], ["csrf_token", token]]) {
            form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
          }
          document.body.append(form);
          form.submit();
        }""",
        [address, draft],
    )
    page.wait_for_url(address)
