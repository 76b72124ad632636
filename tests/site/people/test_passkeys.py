"""Passkeys in a real browser with a virtual authenticator: made, found without a name, refused when replayed or removed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from webauthn.helpers import bytes_to_base64url

from contracts.facts import Role
from tests.network import OPERATOR
from tests.site.live_site import LiveSite
from tests.site.people.people import HERE
from tests.webui.website import PASSWORD
from webui.people.factors import read_factors
from webui.people.passkeys import (
    LOGIN,
    MINUTES,
    Site,
    begin_registration,
    find_site,
    finish_passkey_login,
    make_challenge,
    read_challenge,
)
from webui.people.persons import find_person
from webui.people.tables import challenges, passkeys
from webui.problems import NoLogin

WEIGHER = "powerco/scales"


@pytest.fixture
def passkey_site(database_url: str, tmp_path: Path, chromium: Browser) -> Iterator[LiveSite]:
    """A site whose weighty roles must have a second factor."""
    site = LiveSite(database_url, tmp_path, chromium, second_factor="by-role")
    site.network.admit("powerco")
    site.network.enrol(WEIGHER, [Role.OPERATOR])
    yield site
    site.close()


@contextmanager
def visit_with_authenticator(site: LiveSite) -> Iterator[Page]:
    """Open a page whose browser has an authenticator built in, with PIN or finger always right."""
    with site.visit() as page:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield page


def log_in(page: Page, email: str) -> None:
    """Log in by the password."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Log in", exact=True).click()


def make_passkey(page: Page, name: str = "laptop") -> None:
    """Make a passkey on the page that sets up second factors."""
    page.goto("/account/factor?next=/account")
    page.get_by_label("What you call it").fill(name)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()


def test_a_passkey_opens_a_session_by_itself_and_counts_as_two_factors(passkey_site: LiveSite) -> None:
    email = passkey_site.add_login(OPERATOR)
    with visit_with_authenticator(passkey_site) as page:
        log_in(page, email)
        expect(page).to_have_url(f"{passkey_site.address}/account/factor")  # a facilitator must have a second factor
        make_passkey(page)
        page.get_by_role("link", name="I have kept them: go on").click()
        expect(page.get_by_role("rowheader", name="laptop")).to_be_visible()
        log_out(page)

        page.goto("/login")
        page.get_by_role("button", name="Log in with a passkey").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("My tasks")


def test_after_the_password_a_passkey_is_the_second_factor(passkey_site: LiveSite) -> None:
    email = passkey_site.add_login(WEIGHER)
    with visit_with_authenticator(passkey_site) as page:
        log_in(page, email)
        make_passkey(page)
        log_out(page)
        log_in(page, email)
        expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")

        page.get_by_role("button", name="Use a passkey").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("My tasks")


def test_an_answer_is_worth_nothing_a_second_time_nor_for_another_site(passkey_site: LiveSite) -> None:
    email = passkey_site.add_login(WEIGHER)
    sent: list[dict[str, Any]] = []

    def hear(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/login/passkey"):
            sent.append(json.loads(parse_qs(request.post_data or "")["credential"][0]))

    with visit_with_authenticator(passkey_site) as page:
        log_in(page, email)
        make_passkey(page)
        log_out(page)
        page.on("request", hear)
        page.goto("/login")
        page.get_by_role("button", name="Log in with a passkey").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("My tasks")
    runtime, [answer] = passkey_site.website.runtime, sent
    with runtime.writing() as connection:
        connection.execute(passkeys.update().values(sign_count=0))
        spent = connection.execute(challenges.delete()).rowcount

    for site in (Site("localhost", "http://localhost:1"), Site("evil.test", passkey_site.address)):
        with pytest.raises(NoLogin):
            finish_passkey_login(runtime, site, answer, HERE)
    own = Site("localhost", passkey_site.address)
    again = finish_passkey_login(runtime, own, answer, HERE)  # as if it had never been answered
    with pytest.raises(NoLogin):
        finish_passkey_login(runtime, own, answer, HERE)

    assert (spent, again.email) == (2, email)


def test_a_removed_passkey_opens_nothing(passkey_site: LiveSite) -> None:
    email = passkey_site.add_login(WEIGHER)
    with visit_with_authenticator(passkey_site) as page:
        log_in(page, email)
        make_passkey(page)
        page.goto("/account")
        page.get_by_role("button", name="Remove laptop").click()
        expect(page.get_by_text("None is set up")).to_be_visible()
        log_out(page)
        page.goto("/login")

        page.get_by_role("button", name="Log in with a passkey").click()

        expect(page.locator("#faults")).to_contain_text("This passkey opens nothing here")
    with passkey_site.website.runtime.reading() as connection:
        assert read_factors(connection, 1).recovery_codes == 0


def test_a_browser_without_a_passkey_says_so(passkey_site: LiveSite) -> None:
    with visit_with_authenticator(passkey_site) as page:
        page.goto("/login")

        page.get_by_role("button", name="Log in with a passkey").click()

        expect(page.locator("form[data-options] [role=status]")).to_contain_text("The browser gave no passkey")


def test_a_challenge_is_for_its_purpose_and_for_some_minutes(passkey_site: LiveSite) -> None:
    runtime = passkey_site.website.runtime

    def read(challenge: bytes, purpose: str) -> bytes:

        data = json.dumps({"challenge": bytes_to_base64url(challenge)}).encode()
        return read_challenge(runtime, {"response": {"clientDataJSON": bytes_to_base64url(data)}}, purpose)

    challenge = make_challenge(runtime, LOGIN)

    assert read(challenge, LOGIN) == challenge
    with pytest.raises(NoLogin):
        read(challenge, "add:1")
    with pytest.raises(NoLogin):
        read(b"\0" * len(challenge), LOGIN)
    passkey_site.network.clock.advance(timedelta(minutes=MINUTES, seconds=2))
    with pytest.raises(NoLogin):
        read(challenge, LOGIN)


def test_a_passkey_is_asked_to_be_found_without_a_name_and_to_verify_its_user(passkey_site: LiveSite) -> None:
    passkey_site.add_login(WEIGHER)
    runtime = passkey_site.website.runtime
    with runtime.reading() as connection:
        person = find_person(connection, 1)
    assert person is not None

    options = begin_registration(runtime, Site("localhost", passkey_site.address), person)

    wanted = options["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["requireResidentKey"], wanted["userVerification"]) == ("required", True, "required")
    assert person.email not in str(options["user"]["id"])


@pytest.mark.parametrize(
    ("public", "host", "found"),
    [
        ("https://ledger.example", "http://evil.test/", Site("ledger.example", "https://ledger.example")),
        ("", "http://localhost:8000/", Site("localhost", "http://localhost:8000")),
        ("", "http://evil.test/", None),
        ("", "http://127.0.0.1:8000/", None),
    ],
)
def test_the_site_of_passkeys_is_never_what_a_host_header_says(public: str, host: str, found: Site | None) -> None:
    assert find_site(public, host) == found
