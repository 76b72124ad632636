"""The whole way in, by clicks alone: from an invitation in a mailbox to a new firm's first signed statement and first contract in force."""

import re
from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.contracts.agreements.building import publish_templates
from tests.network import OPERATOR
from tests.site.agreements.acting import fill_in_offer, give_signature, sign_here
from tests.site.live_site import LiveSite
from tests.site.people.mail_sink import MailSink
from tests.site.signing.acting import bring_key, make_key, open_key, press_sign
from tests.webui.website import NETWORK, PASSWORD
from webui.mail_server import read_mail_server
from webui.people.totp import count_step, make_password

ANNA, WORDS, PHRASE = "anna@cement.example", "a long password of anna", "a passphrase of anna"


@pytest.fixture
def entry_site(database_url: str, tmp_path: Path, chromium: Browser, sink: MailSink) -> Iterator[LiveSite]:
    """A site with a mail server, where weighty roles must have a second factor."""
    server = read_mail_server(sink.url)
    site = LiveSite(database_url, tmp_path, chromium, second_factor="by-role", mail_server=server, mail_from="ledger@works.example")
    yield site
    site.network.verify()
    site.network.check_replay()
    site.close()


def set_up_authenticator(site: LiveSite, page: Page) -> None:
    """Set up an authenticator on its page, as an app would that was told the secret."""
    secret = b32decode(page.locator("li code").inner_text().replace(" ", ""))
    page.get_by_label("Code that the authenticator shows").fill(make_password(secret, count_step(site.network.clock.now())))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.get_by_role("link", name="I have kept them: go on").click()


def read_link(sink: MailSink) -> str:
    """Read the link from the mail to Anna."""
    text = sink.await_mail(ANNA).get_content()
    found = re.search(r"/join#\S+", text)
    assert found, text
    return found[0]


def enter(site: LiveSite, page: Page, by: str) -> None:
    """Log in as somebody who is led to a second factor, and bring the key."""
    email = site.add_login(by)
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    set_up_authenticator(site, page)
    bring_key(site, page, by)


def invite_cement_works(page: Page) -> None:
    """Invite Anna's new firm on the page of people."""
    page.goto(f"/n/{NETWORK}/people")
    page.get_by_label("For whom").select_option("new")
    page.get_by_label("E-mail address").fill(ANNA)
    page.get_by_label("Name of the new organisation").fill("Cement Works")
    page.get_by_label("What the new organisation is").select_option("partner")
    page.get_by_role("checkbox", name="signatory").check()
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_role("rowheader", name=ANNA)).to_be_visible()


def sign_task(page: Page, task: str) -> None:
    """Do a task that is a signature."""
    page.goto("/tasks")
    page.get_by_role("link", name=task).click()
    page.get_by_role("button", name="Check and go on to sign").click()
    press_sign(page)
    page.wait_for_url(re.compile(r"/tasks"))


def make_account(page: Page, link: str) -> None:
    """Follow the link of the mail and make an account."""
    page.goto(link)
    expect(page.get_by_label("Invitation code")).not_to_be_empty()
    expect(page).to_have_url(re.compile(r"/join$"))  # the code is out of the address
    page.get_by_label("Your name").fill("Anna Holm")
    page.get_by_label("Password", exact=False).last.fill(WORDS)
    page.get_by_role("button", name="Make my account").click()


def describe_firm(page: Page) -> None:
    """Fill in the organisation's details."""
    for label, text in {
        "Registered name": "Cement Works A/S",
        "Number in the public register": "DK12345678",
        "Country": "DK",
        "Main site": "North",
        "Town": "Aalborg",
    }.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Propose it to the facilitator").click()


def read_id(page: Page, name: str) -> str:
    """Read an organisation's id from the link behind its name."""
    address = page.get_by_role("link", name=name).first.get_attribute("href") or ""
    return address.rpartition("/")[2]


def ask_for_key(page: Page, folder: Path) -> None:
    """Make a key, prove its backup, and ask for its enrolment as a signatory."""
    open_key(page, make_key(page, folder, PHRASE), PHRASE)
    expect(page.locator("#key-state")).to_contain_text("The backup opens")
    page.locator("form.prove").get_by_role("checkbox", name="signatory").check()
    with page.expect_navigation():  # or the next step would come before the answer
        page.get_by_role("button", name="Ask for enrolment").click()


def test_an_invited_firm_comes_to_its_first_signed_agreement(entry_site: LiveSite, sink: MailSink, tmp_path: Path) -> None:
    site = entry_site
    publish_templates(site.network)
    site.network.admit("powerco")
    with site.visit() as facilitator, site.visit() as anna, site.visit() as partner:
        enter(site, facilitator, OPERATOR)
        invite_cement_works(facilitator)

        make_account(anna, read_link(sink))
        anna.get_by_role("link", name="Set it up").click()
        set_up_authenticator(site, anna)
        describe_firm(anna)
        ask_for_key(anna, tmp_path)
        expect(anna.get_by_text("Your key waits to be enrolled")).to_be_visible()

        sign_task(facilitator, "Admit an organisation")
        sign_task(facilitator, "Enrol a key")
        anna.goto("/join")
        expect(anna.get_by_text("Your key is on the log")).to_be_visible()

        anna.goto(f"/n/{NETWORK}/keys")
        ask_for_key(anna, tmp_path)
        sign_task(anna, "Enrol a key")
        anna.goto("/join")
        expect(anna.get_by_text("You have arrived")).to_be_visible()

        enter(site, partner, "powerco")
        partner.goto(site.path("/organisations"))
        cement = read_id(partner, "Cement Works A/S")
        fill_in_offer(partner, **{"parameters.receiver": cement, "parameters.signatories.1.organisation": cement})
        sign_here(partner)
        anna.goto("/tasks")
        anna.get_by_role("link", name="C-77").click()
        give_signature(anna, "plant manager")
        partner.reload()
        give_signature(partner, "director")
        expect(partner.locator(".head .state")).to_have_text("in force")
        anna.reload()
        expect(anna.locator(".head .state")).to_have_text("in force")
