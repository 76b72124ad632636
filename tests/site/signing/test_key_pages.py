"""Keys on the log by pages: asked for and enrolled, replaced, revoked; what others may not."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.network import OPERATOR
from tests.site.live_site import LiveSite
from tests.site.signing.acting import a_grant, bring_key, expect_entered, go_to_trial, make_key, open_key, press_sign

NEW = "a passphrase for the new key"


def make_and_keep(site: LiveSite, page: Page, folder: Path) -> str:
    """Make a key and prove its backup; gives its text."""
    page.goto(site.path("/keys"))
    open_key(page, make_key(page, folder, NEW), NEW)
    expect(page.locator("#key-state")).to_contain_text("The backup opens")
    expect(page.locator("#ask-key")).not_to_have_value("")
    return page.locator("#ask-key").input_value()


def test_a_further_key_is_made_asked_for_enrolled_and_signs(trial_site: LiveSite, tmp_path: Path) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        new = make_and_keep(site, page, tmp_path)
        page.get_by_label("facilitator: runs the network").check()
        page.get_by_role("button", name="Ask for enrolment").click()
        page.get_by_role("link", name="Sign it yourself").click()
        page.get_by_role("button", name="Check and go on to sign").click()
        press_sign(page)
        page.wait_for_url("**?entry=*")
        go_to_trial(site, page, a_grant(site, "g-new-key"))
        expect(page.locator("#sign-key option", has_text=new[-8:])).to_have_count(1)
        choices = page.locator("#sign-key option").all_inner_texts()
        page.get_by_label("Signed with the key").select_option(index=[words[-8:] for words in choices].index(new[-8:]))
        press_sign(page)
        index = expect_entered(page)

    assert site.network.log.read_authority().keys[new].roles == {"facilitator"}
    assert new.encode() in site.network.log.read_entries(index, index + 1)[0].body


def test_a_key_is_replaced_by_a_new_one_with_the_same_holder_and_roles(trial_site: LiveSite, tmp_path: Path) -> None:
    site = trial_site
    old = site.network.key("powerco").multikey
    with site.visit("powerco") as page:
        bring_key(site, page, "powerco")
        new = make_and_keep(site, page, tmp_path)
        page.get_by_text("Replace a key by a new one").click()
        page.get_by_label("New key, in this browser").select_option(new)
        page.locator("details", has_text="Replace a key").get_by_role("button", name="Check and go on to sign").click()
        press_sign(page)
        expect_entered(page)
        expect(page.locator(f'[data-key="{old}"]')).to_contain_text("revoked by entry")
        expect(page.locator(f'[data-key="{new}"]')).to_contain_text("in this browser")

    keys = site.network.log.read_authority().keys
    assert (keys[new].roles, keys[new].holder, keys[new].organisation) == (keys[old].roles, keys[old].holder, keys[old].organisation)


def test_the_facilitator_revokes_a_key_and_faults_are_said_beside_the_fields(trial_site: LiveSite) -> None:
    site = trial_site
    key = site.network.key("lab").multikey
    enrolled = site.network.log.read_authority().keys[key].enrolled_at
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.goto(site.path(f"/keys/{key}"))
        page.get_by_label("First entry in doubt").fill("0")
        page.get_by_role("button", name="Check and go on to sign").click()
        expect(page.locator("#fault-reason")).to_contain_text("Choose one")
        expect(page.locator("#fault-since")).to_contain_text(f"from {enrolled} on")
        page.get_by_label("Why").select_option("compromised")
        page.get_by_label("First entry in doubt").fill(str(enrolled + 1))
        page.get_by_role("button", name="Check and go on to sign").click()
        press_sign(page)
        expect_entered(page)

    record = site.network.log.read_authority().keys[key]
    assert (record.revoked_at is not None, record.compromised_since) == (True, enrolled + 1)


def test_another_firm_s_key_cannot_be_revoked_on_the_page(trial_site: LiveSite) -> None:
    site = trial_site
    key = site.network.key("town").multikey
    with site.visit("plasterco") as page:
        page.goto(site.path(f"/keys/{key}"))
        token = page.locator("[name=csrf_token]").first.input_value()

        expect(page.get_by_role("heading", name="Revoke it")).to_have_count(0)
        form: dict[str, str | float | bool] = {"csrf_token": token, "reason": "lost"}
        assert page.request.post(site.path(f"/keys/{key}/revoke"), form=form).status == 403
        form = {"csrf_token": token, "old": key, "key": key, "possession": ""}
        assert page.request.post(site.path("/keys/rotate"), form=form).status == 404
