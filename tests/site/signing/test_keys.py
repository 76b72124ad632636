"""Keys in the browser: the same file as the command's, a backup that is proved, and nothing that could be read out again."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from ledger.authority import possession_message
from ledger.keyfile import open_key
from ledger.keys import decode_multikey, verify_signature
from tests.network import LOG
from tests.site.live_site import PASSPHRASE, LiveSite
from tests.site.signing.acting import make_key
from tests.site.signing.acting import open_key as open_on_page
from webui.pages.static_files import make_address

NEW = "Grüße ☂ an alle zusammen"
KEPT = """async (address) => {
  const { list } = await import(address);
  const tried = [];
  for (const { key, private: one } of await list("keys")) {
    const ways = ["pkcs8", "jwk", "raw"].map((form) => crypto.subtle.exportKey(form, one).then(() => form, () => null));
    tried.push([key, one.extractable, one.usages, (await Promise.all(ways)).filter(Boolean)]);
  }
  return tried;
}"""


def list_kept(page: Page) -> Any:
    """List the keys in the browser: key, whether extractable, usages, and in which forms it could be exported."""
    return page.evaluate(KEPT, make_address("store.js"))


def test_a_key_made_in_the_browser_is_opened_by_the_command(trial_site: LiveSite, tmp_path: Path) -> None:
    site = trial_site
    with site.visit("powerco") as page:
        page.goto(site.path("/keys"))
        path = make_key(page, tmp_path, NEW)
        expect(page.locator("#key-state")).to_contain_text("does not count yet")

        assert list_kept(page) == []

    opened = open_key(path.read_bytes(), NEW)
    assert (opened.log, opened.organisation, opened.holder) == (LOG, site.network.id("powerco"), site.network.holder("powerco"))
    assert path.read_bytes().endswith(b"}\n")


def test_a_key_counts_once_its_backup_was_opened_and_cannot_be_read_out_again(trial_site: LiveSite, tmp_path: Path) -> None:
    site = trial_site
    with site.visit("powerco") as page:
        page.goto(site.path("/keys"))
        path = make_key(page, tmp_path, NEW)
        open_on_page(page, path, NEW)
        expect(page.locator("#key-state")).to_contain_text("The backup opens")
        made = open_key(path.read_bytes(), NEW).key.multikey
        before = list_kept(page)
        page.reload()
        expect(page.get_by_label("Key of this browser that the log does not know yet")).to_contain_text(made)

        assert list_kept(page) == before == [[made, False, ["sign"], []]]


def test_a_key_file_of_the_command_opens_in_the_browser(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit("plasterco") as page:
        page.goto(site.path("/keys"))
        open_on_page(page, site.write_key_file("plasterco"))
        expect(page.locator("#key-state")).to_contain_text("The backup opens")

        row = page.locator(f'[data-key="{site.network.key("plasterco").multikey}"]')
        expect(row).to_contain_text("in this browser")
        assert list_kept(page) == [[site.network.key("plasterco").multikey, False, ["sign"], []]]


def test_a_wrong_passphrase_is_said_and_nothing_is_kept(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit("plasterco") as page:
        page.goto(site.path("/keys"))
        open_on_page(page, site.write_key_file("plasterco"), PASSPHRASE + "x")

        expect(page.locator("#key-state")).to_contain_text("This passphrase does not open this file")
        assert list_kept(page) == []


def test_a_key_file_of_somebody_else_is_not_taken(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit("plasterco") as page:
        page.goto(site.path("/keys"))
        open_on_page(page, site.write_key_file("powerco"))

        expect(page.locator("#key-state")).to_contain_text("made for another organisation, person or log")
        assert list_kept(page) == []


def test_a_form_that_asks_for_enrolment_carries_a_proof_that_holds(trial_site: LiveSite, tmp_path: Path) -> None:
    site = trial_site
    with site.visit("powerco") as page:
        page.goto(site.path("/keys"))
        path = make_key(page, tmp_path, NEW)
        open_on_page(page, path, NEW)
        expect(page.locator("#key-state")).to_contain_text("The backup opens")
        page.get_by_label("operator: weighs and records").check()
        page.get_by_label("finance: reports costs").check()
        with page.expect_request("**/keys/ask") as asked:
            page.get_by_role("button", name="Ask for enrolment").click()
        sent: Any = asked.value.post_data_json

    key = open_key(path.read_bytes(), NEW).key
    message = possession_message(LOG, site.network.id("powerco"), key.multikey, site.network.holder("powerco"), ["finance", "operator"])
    assert sent["key"] == key.multikey
    assert verify_signature(decode_multikey(key.multikey), bytes.fromhex(sent["possession"]), message)


def test_a_forgotten_key_is_gone(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit("plasterco") as page:
        page.goto(site.path("/keys"))
        open_on_page(page, site.write_key_file("plasterco"))
        expect(page.locator("#key-state")).to_contain_text("The backup opens")
        page.get_by_text("Forget what this browser holds").click()
        page.get_by_role("button", name="Forget this key here").click()
        expect(page.locator("#key-state")).to_contain_text("Forgotten")

        assert list_kept(page) == []


def test_plain_http_beyond_localhost_is_told_why_it_cannot_sign(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit("plasterco") as page:
        cookies = page.context.cookies()
        page.context.add_cookies([{**one, "domain": "ledger.test"} for one in cookies])  # type: ignore[typeddict-item]  # as they came
        page.route(
            "http://ledger.test/**", lambda route: route.fulfill(response=route.fetch(url=site.address + urlsplit(route.request.url).path))
        )
        page.goto("http://ledger.test/n/kalundborg/keys")

        expect(page.locator("#key-state")).to_contain_text("This page came over plain HTTP")
        expect(page.get_by_role("button", name="Make a key and save its backup")).to_be_disabled()


def test_a_passphrase_is_never_part_of_what_a_form_sends(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit("plasterco", java_script_enabled=False) as page:
        page.goto(site.path("/keys"))

        fields = page.locator("input[type=password]")
        assert fields.count() == 2
        assert [fields.nth(number).get_attribute("name") for number in range(2)] == [None, None]
        expect(page.get_by_role("button", name="Make a key and save its backup")).to_be_disabled()
